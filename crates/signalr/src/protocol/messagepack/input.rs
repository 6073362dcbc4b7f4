//! Reads MessagePack from what a client has sent.
//!
//! Every length is checked against the bytes there are before anything is reserved for it, so one
//! that promises more costs nothing.

use crate::protocol::Malformed;
use base64::{Engine, prelude::BASE64_STANDARD};
use rmp::{
    Marker,
    decode::{read_marker, read_str_from_slice},
};
use serde_json::{Map, Number, Value};

/// As deep as the JSON parser goes.
const MAX_DEPTH: usize = 128;

/// What is left of a record.
pub(super) struct Input<'r>(&'r [u8]);

impl<'r> Input<'r> {
    pub(super) fn new(record: &'r [u8]) -> Self {
        Self(record)
    }

    pub(super) fn ends(&self) -> Result<(), Malformed> {
        self.0.is_empty().then_some(()).ok_or(Malformed)
    }

    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        self.value(MAX_DEPTH).map(drop)
    }

    pub(super) fn array(&mut self) -> Result<usize, Malformed> {
        match self.marker()? {
            Marker::FixArray(len) => Ok(len.into()),
            Marker::Array16 => self.length(2),
            Marker::Array32 => self.length(4),
            _ => Err(Malformed),
        }
    }

    pub(super) fn int(&mut self) -> Result<i64, Malformed> {
        let number = self.value(0)?;
        number.and_then(|number| number.as_i64()).ok_or(Malformed)
    }

    pub(super) fn text(&mut self) -> Result<Option<&'r str>, Malformed> {
        if self.skip_nil() {
            return Ok(None);
        }
        let (text, rest) = read_str_from_slice(self.0).map_err(|_| Malformed)?;
        self.0 = rest;
        Ok(Some(text))
    }

    /// Dropped: some clients repeat their HTTP headers here, credentials included.
    pub(super) fn headers(&mut self) -> Result<(), Malformed> {
        let len = match self.marker()? {
            Marker::FixMap(len) => len.into(),
            Marker::Map16 => self.length(2)?,
            Marker::Map32 => self.length(4)?,
            _ => return Err(Malformed),
        };
        for _ in 0..len {
            self.text()?.ok_or(Malformed)?;
            self.text()?;
        }
        Ok(())
    }

    pub(super) fn arguments(&mut self) -> Result<Option<Vec<Value>>, Malformed> {
        let len = self.array()?;
        self.items(len, MAX_DEPTH)
    }

    pub(super) fn streams(&mut self) -> Result<usize, Malformed> {
        if self.skip_nil() {
            return Ok(0);
        }
        let len = self.array()?;
        for _ in 0..len {
            self.text()?.ok_or(Malformed)?;
        }
        Ok(len)
    }

    /// `None` where the value is well-formed but JSON has nothing like it.
    fn value(&mut self, depth: usize) -> Result<Option<Value>, Malformed> {
        Ok(match self.marker()? {
            Marker::Null => Some(Value::Null),
            Marker::True => Some(true.into()),
            Marker::False => Some(false.into()),
            Marker::FixPos(number) => Some(number.into()),
            Marker::FixNeg(number) => Some(number.into()),
            Marker::U8 => Some(u8::from_be_bytes(self.take()?).into()),
            Marker::U16 => Some(u16::from_be_bytes(self.take()?).into()),
            Marker::U32 => Some(u32::from_be_bytes(self.take()?).into()),
            Marker::U64 => Some(u64::from_be_bytes(self.take()?).into()),
            Marker::I8 => Some(i8::from_be_bytes(self.take()?).into()),
            Marker::I16 => Some(i16::from_be_bytes(self.take()?).into()),
            Marker::I32 => Some(i32::from_be_bytes(self.take()?).into()),
            Marker::I64 => Some(i64::from_be_bytes(self.take()?).into()),
            Marker::F32 => float(f32::from_be_bytes(self.take()?).into()),
            Marker::F64 => float(f64::from_be_bytes(self.take()?)),
            Marker::FixStr(len) => self.string(len.into())?,
            Marker::Str8 => self.measured(1, Self::string)?,
            Marker::Str16 => self.measured(2, Self::string)?,
            Marker::Str32 => self.measured(4, Self::string)?,
            Marker::Bin8 => self.measured(1, Self::binary)?,
            Marker::Bin16 => self.measured(2, Self::binary)?,
            Marker::Bin32 => self.measured(4, Self::binary)?,
            Marker::FixArray(len) => self.list(len.into(), depth)?,
            Marker::Array16 => self.measured(2, |input, len| input.list(len, depth))?,
            Marker::Array32 => self.measured(4, |input, len| input.list(len, depth))?,
            Marker::FixMap(len) => self.map(len.into(), depth)?,
            Marker::Map16 => self.measured(2, |input, len| input.map(len, depth))?,
            Marker::Map32 => self.measured(4, |input, len| input.map(len, depth))?,
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.measured(1, Self::extension)?,
            Marker::Ext16 => self.measured(2, Self::extension)?,
            Marker::Ext32 => self.measured(4, Self::extension)?,
            Marker::Reserved => return Err(Malformed),
        })
    }

    fn string(&mut self, len: usize) -> Result<Option<Value>, Malformed> {
        let text = std::str::from_utf8(self.bytes(len)?);
        Ok(text.ok().map(Value::from))
    }

    /// As JSON clients send bytes.
    fn binary(&mut self, len: usize) -> Result<Option<Value>, Malformed> {
        Ok(Some(BASE64_STANDARD.encode(self.bytes(len)?).into()))
    }

    fn list(&mut self, len: usize, depth: usize) -> Result<Option<Value>, Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        Ok(self.items(len, depth)?.map(Value::from))
    }

    /// All of them, read to the end even where one cannot be represented.
    fn items(&mut self, len: usize, depth: usize) -> Result<Option<Vec<Value>>, Malformed> {
        self.holds(len)?;
        let mut items = Some(Vec::with_capacity(len));
        for _ in 0..len {
            let item = self.value(depth)?;
            items = items.zip(item).map(|(mut items, item)| {
                items.push(item);
                items
            });
        }
        Ok(items)
    }

    fn map(&mut self, len: usize, depth: usize) -> Result<Option<Value>, Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        self.holds(len.saturating_mul(2))?;
        let mut members = Some(Map::new());
        for _ in 0..len {
            let name = self.value(depth)?;
            let value = self.value(depth)?;
            members = match (members, name, value) {
                (Some(mut members), Some(Value::String(name)), Some(value)) => {
                    members.insert(name, value);
                    Some(members)
                }
                _ => None,
            };
        }
        Ok(members.map(Value::from))
    }

    fn extension(&mut self, len: usize) -> Result<Option<Value>, Malformed> {
        self.bytes(1)?;
        self.bytes(len)?;
        Ok(None)
    }

    fn measured<T>(
        &mut self,
        bytes: usize,
        read: impl FnOnce(&mut Self, usize) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        let len = self.length(bytes)?;
        read(self, len)
    }

    fn length(&mut self, bytes: usize) -> Result<usize, Malformed> {
        let bytes = self.bytes(bytes)?;
        Ok(bytes
            .iter()
            .fold(0, |len, byte| len << 8 | usize::from(*byte)))
    }

    fn marker(&mut self) -> Result<Marker, Malformed> {
        read_marker(&mut self.0).map_err(|_| Malformed)
    }

    fn skip_nil(&mut self) -> bool {
        let nil = self.0.first() == Some(&Marker::Null.to_u8());
        if nil {
            self.0 = &self.0[1..];
        }
        nil
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn bytes(&mut self, len: usize) -> Result<&'r [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Every value takes a byte at least.
    fn holds(&self, values: usize) -> Result<(), Malformed> {
        (values <= self.0.len()).then_some(()).ok_or(Malformed)
    }
}

fn float(number: f64) -> Option<Value> {
    Number::from_f64(number).map(Value::Number)
}
