//! What a statement takes as a parameter.

use jiff::Timestamp;
use uuid::Uuid;

/// One parameter of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value, of any type.
    Null,
    /// TEXT.
    Text(String),
    /// Any integer column.
    Int(i64),
    /// `boolean`; 0 or 1 on SQLite.
    Bool(bool),
    /// `bytea`; BLOB on SQLite.
    Bytes(Vec<u8>),
    /// `uuid`; BLOB of 16 bytes on SQLite.
    Uuid(Uuid),
    /// Microseconds since 1970, UTC, as an integer.
    Time(Timestamp),
    /// TEXT that holds JSON.
    Json(serde_json::Value),
}

/// The parameters of a statement: `params![store, "slug", 3]`, each through `Value::from`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::Value::from($value)),*] };
}

macro_rules! from {
    ($($type:ty => |$it:ident| $value:expr),* $(,)?) => {
        $(impl From<$type> for Value {
            fn from($it: $type) -> Self {
                $value
            }
        })*
    };
}

from! {
    &str => |it| Value::Text(it.to_owned()),
    String => |it| Value::Text(it),
    &String => |it| Value::Text(it.clone()),
    i64 => |it| Value::Int(it),
    i32 => |it| Value::Int(it.into()),
    u32 => |it| Value::Int(it.into()),
    bool => |it| Value::Bool(it),
    Uuid => |it| Value::Uuid(it),
    Timestamp => |it| Value::Time(it),
    Vec<u8> => |it| Value::Bytes(it),
    &[u8] => |it| Value::Bytes(it.to_vec()),
    serde_json::Value => |it| Value::Json(it),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
