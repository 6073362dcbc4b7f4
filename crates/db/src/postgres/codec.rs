//! Values to and from PostgreSQL's binary format, directed by the type the server names.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};

use crate::{Value, row::Cell};

/// A parameter, encoded as the type that the statement gives it.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Text(text) if text_like(ty) => out.extend_from_slice(text.as_bytes()),
            Value::Json(json) if text_like(ty) => {
                out.extend_from_slice(json.to_string().as_bytes());
            }
            Value::Int(int) => integer(*int, ty, out)?,
            Value::Time(time) => integer(time.as_microsecond(), ty, out)?,
            Value::Bool(bool) if *ty == Type::BOOL => out.extend_from_slice(&[(*bool).into()]),
            Value::Bytes(bytes) if *ty == Type::BYTEA => out.extend_from_slice(bytes),
            Value::Uuid(uuid) if *ty == Type::UUID => out.extend_from_slice(uuid.as_bytes()),
            _ => return Err(format!("the parameter is of type {ty}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn integer(int: i64, ty: &Type, out: &mut BytesMut) -> Result<(), Box<dyn Error + Sync + Send>> {
    match *ty {
        Type::INT8 => out.extend_from_slice(&int.to_be_bytes()),
        Type::INT4 => out.extend_from_slice(&i32::try_from(int)?.to_be_bytes()),
        Type::INT2 => out.extend_from_slice(&i16::try_from(int)?.to_be_bytes()),
        _ => return Err(format!("the parameter is of type {ty}").into()),
    }
    Ok(())
}

fn text_like(ty: &Type) -> bool {
    [
        Type::TEXT,
        Type::VARCHAR,
        Type::BPCHAR,
        Type::NAME,
        Type::UNKNOWN,
    ]
    .contains(ty)
}

/// A cell of a row.
pub(crate) fn cell(row: &Row, place: usize) -> Cell<'_> {
    row.try_get(place).unwrap_or(Cell::Other)
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Self::Int(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT2 => Self::Int(i16::from_be_bytes(raw.try_into()?).into()),
            Type::BOOL => Self::Bool(raw.first() == Some(&1)),
            Type::UUID | Type::BYTEA => Self::Bytes(raw),
            _ if text_like(ty) => Self::Text(std::str::from_utf8(raw)?),
            _ => Self::Other,
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
