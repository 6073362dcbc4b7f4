//! What a statement gives back: rows whose cells are decoded to the type the caller asks for.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Error, Result, postgres, sqlite};

/// One row, with columns by name.
#[derive(Debug)]
pub struct Row {
    cells: Cells,
    /// Where the column is looked for first: rows are read in the order of their columns, mostly.
    next: AtomicUsize,
}

#[derive(Debug)]
pub(crate) enum Cells {
    Sqlite(sqlite::Cells),
    Postgres(tokio_postgres::Row),
}

impl Row {
    pub(crate) fn new(cells: Cells) -> Self {
        let next = AtomicUsize::new(0);
        Self { cells, next }
    }

    /// The value of a column.
    pub fn get<T: FromValue>(&self, column: &str) -> Result<T> {
        let cell = self.cell(column).and_then(T::from_cell);
        cell.ok_or_else(|| undecoded(column))
    }

    /// The text in a column.
    pub(crate) fn text(&self, column: &str) -> Result<&str> {
        match self.cell(column) {
            Some(Cell::Text(text)) => Ok(text),
            _ => Err(undecoded(column)),
        }
    }

    fn cell(&self, column: &str) -> Option<Cell<'_>> {
        let place = self.place(column)?;
        Some(match &self.cells {
            Cells::Sqlite(cells) => cells.get(place),
            Cells::Postgres(row) => postgres::cell(row, place),
        })
    }

    fn place(&self, column: &str) -> Option<usize> {
        let next = self.next.load(Relaxed);
        let place = if self.cells.name(next) == Some(column) {
            next
        } else {
            let names = (0..).map_while(|place| self.cells.name(place));
            names.into_iter().position(|name| name == column)?
        };
        self.next.store(place + 1, Relaxed);
        Some(place)
    }
}

impl Cells {
    fn name(&self, place: usize) -> Option<&str> {
        match self {
            Self::Sqlite(cells) => cells.columns().get(place).map(String::as_str),
            Self::Postgres(row) => row.columns().get(place).map(|column| column.name()),
        }
    }
}

fn undecoded(column: &str) -> Error {
    Error::Decode {
        column: column.to_owned(),
    }
}

/// A cell as its engine stores it. Engines differ in types (a `bool` is an integer on SQLite), so
/// the type asked for decides, not the type found.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// Any integer.
    Int(i64),
    /// A `boolean` of PostgreSQL.
    Bool(bool),
    /// Text, which may hold JSON.
    Text(&'a str),
    /// Bytes, which may be a UUID.
    Bytes(&'a [u8]),
    /// A type we do not use.
    Other,
}

/// A type a cell can be decoded to. New types delegate:
/// `Uuid::from_cell(cell).map(OrderId::from)`.
pub trait FromValue: Sized {
    /// `None` when the cell holds something else.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

macro_rules! from_cell {
    ($($type:ty => $($cell:pat => $value:expr),+ ;)*) => {
        $(impl FromValue for $type {
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    $($cell => $value,)+
                    _ => None,
                }
            }
        })*
    };
}

from_cell! {
    String => Cell::Text(text) => Some(text.to_owned());
    i64 => Cell::Int(int) => Some(int);
    i32 => Cell::Int(int) => int.try_into().ok();
    u32 => Cell::Int(int) => int.try_into().ok();
    bool => Cell::Bool(bool) => Some(bool), Cell::Int(0) => Some(false), Cell::Int(1) => Some(true);
    Uuid => Cell::Bytes(bytes) => Uuid::from_slice(bytes).ok();
    Timestamp => Cell::Int(micros) => Timestamp::from_microsecond(micros).ok();
    Vec<u8> => Cell::Bytes(bytes) => Some(bytes.to_vec());
    serde_json::Value => Cell::Text(text) => serde_json::from_str(text).ok();
}
