//! Running one statement on a connection of SQLite.

use rusqlite::{
    CachedStatement, Connection, ErrorCode, ToSql,
    ffi::{
        SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID,
        SQLITE_CONSTRAINT_UNIQUE,
    },
    types::{ToSqlOutput, ValueRef},
};

use crate::{Error, Result, Stmt, Value, error::Cause, row::Cell};

/// A row: the texts and byte strings of all its cells lie in one buffer.
#[derive(Debug)]
pub(crate) struct Cells {
    columns: &'static [String],
    slots: Vec<Slot>,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Null,
    Int(i64),
    Text(usize, usize),
    Bytes(usize, usize),
    Other,
}

pub(crate) fn query(connection: &Connection, stmt: Stmt, params: &[Value]) -> Result<Vec<Cells>> {
    let fail = |e| error(stmt.name(), e);
    let mut prepared = prepare(connection, stmt, params)?;
    let columns = stmt.columns(|| prepared.column_names().map(str::to_owned).collect());
    let mut rows = prepared.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(fail)? {
        out.push(Cells::copy(columns, row).map_err(fail)?);
    }
    Ok(out)
}

pub(crate) fn exec(connection: &Connection, stmt: Stmt, params: &[Value]) -> Result<u64> {
    let fail = |e| error(stmt.name(), e);
    let mut prepared = prepare(connection, stmt, params)?;
    if prepared.column_count() == 0 {
        return prepared
            .raw_execute()
            .map(|changed| changed as u64)
            .map_err(fail);
    }
    // With RETURNING, a statement is done when its last row has been fetched.
    let mut rows = prepared.raw_query();
    while rows.next().map_err(fail)?.is_some() {}
    Ok(connection.changes())
}

/// Runs a statement without parameters whose rows nobody wants.
pub(crate) fn run(connection: &Connection, text: &'static str) -> Result<()> {
    let run = || {
        let mut statement = connection.prepare_cached(text)?;
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    };
    run().map_err(|e| error(text, e))
}

pub(super) fn check(connection: &Connection, stmt: Stmt) -> Result<()> {
    connection
        .prepare(stmt.sqlite())
        .map(drop)
        .map_err(|e| error(stmt.name(), e))
}

fn prepare<'a>(
    connection: &'a Connection,
    stmt: Stmt,
    params: &[Value],
) -> Result<CachedStatement<'a>> {
    let fail = |e| error(stmt.name(), e);
    let mut prepared = connection.prepare_cached(stmt.sqlite()).map_err(fail)?;
    if prepared.parameter_count() != params.len() {
        let text = format!(
            "it has {} parameters, {} were given",
            prepared.parameter_count(),
            params.len()
        );
        let source = Cause {
            code: "parameters".to_owned(),
            text,
        };
        return Err(Error::Statement {
            name: stmt.name(),
            source,
        });
    }
    for (i, value) in params.iter().enumerate() {
        prepared
            .raw_bind_parameter(i + 1, Bound(value))
            .map_err(fail)?;
    }
    Ok(prepared)
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Bool(bool) => ValueRef::Integer((*bool).into()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
            Value::Time(time) => ValueRef::Integer(time.as_microsecond()),
            Value::Json(json) => return Ok(ToSqlOutput::Owned(json.to_string().into())),
        }))
    }
}

impl Cells {
    fn copy(columns: &'static [String], row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let mut slots = Vec::with_capacity(columns.len());
        // Most rows fit, ids having 16 bytes.
        let mut bytes = Vec::with_capacity(columns.len() * 16);
        let mut keep = |part: &[u8]| {
            let start = bytes.len();
            bytes.extend_from_slice(part);
            (start, bytes.len())
        };
        for i in 0..columns.len() {
            slots.push(match row.get_ref(i)? {
                ValueRef::Null => Slot::Null,
                ValueRef::Integer(int) => Slot::Int(int),
                ValueRef::Real(_) => Slot::Other,
                ValueRef::Text(text) => {
                    let (start, end) = keep(text);
                    Slot::Text(start, end)
                }
                ValueRef::Blob(blob) => {
                    let (start, end) = keep(blob);
                    Slot::Bytes(start, end)
                }
            });
        }
        Ok(Self {
            columns,
            slots,
            bytes,
        })
    }

    pub(crate) fn columns(&self) -> &'static [String] {
        self.columns
    }

    pub(crate) fn get(&self, place: usize) -> Cell<'_> {
        match self.slots.get(place).copied() {
            Some(Slot::Null) => Cell::Null,
            Some(Slot::Int(int)) => Cell::Int(int),
            Some(Slot::Text(start, end)) => {
                std::str::from_utf8(&self.bytes[start..end]).map_or(Cell::Other, Cell::Text)
            }
            Some(Slot::Bytes(start, end)) => Cell::Bytes(&self.bytes[start..end]),
            Some(Slot::Other) | None => Cell::Other,
        }
    }
}

/// What SQLite says, in our words. Its messages name tables and columns, never values.
pub(crate) fn error(name: &'static str, e: rusqlite::Error) -> Error {
    let (failure, text) = match e {
        rusqlite::Error::SqliteFailure(failure, text) => (failure, text),
        rusqlite::Error::SqlInputError { error, msg, .. } => (error, Some(msg)),
        other => {
            let source = Cause {
                code: "rusqlite".to_owned(),
                text: other.to_string(),
            };
            return Error::Statement { name, source };
        }
    };
    let text = text.unwrap_or_else(|| failure.to_string());
    match failure.code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::OutOfMemory
        | ErrorCode::FileLockingProtocolFailed => return Error::Unavailable { why: text },
        _ => {}
    }
    match failure.extended_code {
        SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_ROWID => {
            let constraint = text
                .strip_prefix("UNIQUE constraint failed: ")
                .unwrap_or(&text);
            Error::UniqueViolation {
                constraint: constraint.to_owned(),
            }
        }
        SQLITE_CONSTRAINT_FOREIGNKEY => Error::ForeignKey,
        code => Error::Statement {
            name,
            source: Cause {
                code: code.to_string(),
                text,
            },
        },
    }
}
