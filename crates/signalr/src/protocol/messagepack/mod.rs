//! Hub messages as MessagePack: arrays whose first element is the kind of message.
//!
//! Arguments and results are the values JSON has, so that a hub need not know what its clients speak.

mod input;

use super::{Call, Malformed, Message, records::with_length};
use bytes::Bytes;
use input::Input;
use rmp::encode::{
    ValueWriteError, write_array_len, write_bool, write_f64, write_map_len, write_nil, write_sint,
    write_str, write_uint,
};
use serde_json::Value;

pub(crate) const PING: &[u8] = b"\x02\x91\x06";

/// Longer arrays are accepted: what newer clients add at the end is skipped.
pub(crate) fn decode(record: &[u8]) -> Result<Message, Malformed> {
    let mut input = Input::new(record);
    let mut left = input.array()?;
    let mut next = || {
        left = left.checked_sub(1).ok_or(Malformed)?;
        Ok(())
    };
    next()?;
    let kind = input.int()?;
    let message = match kind {
        1 | 4 => {
            for _ in 0..4 {
                next()?;
            }
            input.headers()?;
            let id = input.text()?.filter(|id| !id.is_empty());
            let method = input.text()?.ok_or(Malformed)?;
            let arguments = input.arguments()?;
            let streams = if next().is_ok() { input.streams()? } else { 0 };
            let call = Call {
                id: id.map(str::to_owned),
                method: method.to_owned(),
                arguments,
                wants_stream: kind == 4,
                streams,
            };
            if call.wants_stream && call.id.is_none() {
                return Err(Malformed);
            }
            Message::Invocation(call)
        }
        2 | 3 | 5 => {
            next()?;
            input.headers()?;
            next()?;
            input.text()?.filter(|id| !id.is_empty()).ok_or(Malformed)?;
            Message::Other
        }
        6 => Message::Ping,
        7 => Message::Close,
        _ => Message::Other,
    };
    for _ in 0..left {
        input.skip()?;
    }
    input.ends()?;
    Ok(message)
}

pub(crate) fn invocation(target: &str, arguments: &[Value]) -> Bytes {
    written(|out| {
        write_array_len(out, 6)?;
        write_uint(out, 1)?;
        write_map_len(out, 0)?;
        write_nil(out).map_err(ValueWriteError::InvalidMarkerWrite)?;
        write_str(out, target)?;
        write_array_len(out, count(arguments.len()))?;
        for argument in arguments {
            write_value(out, argument)?;
        }
        write_array_len(out, 0).map(drop)
    })
}

pub(crate) fn completion(id: &str, outcome: &Result<Option<Value>, String>) -> Bytes {
    let (kind, len) = match outcome {
        Err(_) => (1, 5),
        Ok(None) => (2, 4),
        Ok(Some(_)) => (3, 5),
    };
    written(|out| {
        write_array_len(out, len)?;
        write_uint(out, 3)?;
        write_map_len(out, 0)?;
        write_str(out, id)?;
        write_uint(out, kind)?;
        match outcome {
            Err(sentence) => write_str(out, sentence),
            Ok(None) => Ok(()),
            Ok(Some(result)) => write_value(out, result),
        }
    })
}

pub(crate) fn close(error: Option<&str>, allow_reconnect: bool) -> Bytes {
    written(|out| {
        write_array_len(out, 3)?;
        write_uint(out, 7)?;
        match error {
            Some(error) => write_str(out, error)?,
            None => write_nil(out).map_err(ValueWriteError::InvalidMarkerWrite)?,
        }
        write_bool(out, allow_reconnect).map_err(ValueWriteError::InvalidMarkerWrite)
    })
}

type Outcome = Result<(), ValueWriteError>;

fn written(write: impl FnOnce(&mut Vec<u8>) -> Outcome) -> Bytes {
    let mut record = Vec::with_capacity(128);
    write(&mut record).expect("memory can be written");
    with_length(&record)
}

fn write_value(out: &mut Vec<u8>, value: &Value) -> Outcome {
    match value {
        Value::Null => write_nil(out).map_err(ValueWriteError::InvalidMarkerWrite),
        Value::Bool(bool) => write_bool(out, *bool).map_err(ValueWriteError::InvalidMarkerWrite),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => write_uint(out, number).map(drop),
            (None, Some(number)) => write_sint(out, number).map(drop),
            (None, None) => write_f64(out, number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => write_str(out, text),
        Value::Array(items) => {
            write_array_len(out, count(items.len()))?;
            items.iter().try_for_each(|item| write_value(out, item))
        }
        Value::Object(members) => {
            write_map_len(out, count(members.len()))?;
            members.iter().try_for_each(|(name, value)| {
                write_str(out, name)?;
                write_value(out, value)
            })
        }
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).expect("fewer than four thousand million")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::records::{Framing, Records};
    use serde_json::json;

    fn unframed(record: &Bytes) -> Bytes {
        let mut records = Records::new(1024 * 1024);
        records.reframe(Framing::Length);
        records.push(record);
        let body = records.next().unwrap().unwrap();
        assert_eq!(records.len(), 0);
        body
    }

    fn call(body: &[u8]) -> Call {
        match decode(body) {
            Ok(Message::Invocation(call)) => call,
            other => panic!("{body:x?} gave {other:?}"),
        }
    }

    #[test]
    fn a_call_is_read_with_and_without_streams_headers_and_id() {
        let plain = call(b"\x95\x01\x80\xc0\xa4Echo\x91\xa1a");
        assert_eq!(
            plain,
            Call {
                id: None,
                method: "Echo".to_owned(),
                arguments: Some(vec![json!("a")]),
                wants_stream: false,
                streams: 0,
            }
        );
        assert_eq!(call(b"\x96\x01\x80\xa0\xa4Echo\x91\xa1a\x90"), plain);
        let more = call(b"\x97\x04\x81\xa1h\xa1v\xa17\xa1T\x90\x92\xa1s\xa1t\xc3");
        assert_eq!(more.id.as_deref(), Some("7"));
        assert_eq!((more.wants_stream, more.streams), (true, 2));
    }

    #[test]
    fn every_json_value_survives() {
        let values = vec![
            json!(null),
            json!(true),
            json!([0, 127, 128, 65_535, 65_536, u64::MAX]),
            json!([-1, -32, -33, -129, -32_769, i64::MIN]),
            json!([1.5, -0.25, 1e300]),
            json!("x".repeat(31)),
            json!("ü".repeat(70_000)),
            json!({"a": {"b": [[], {}]}, "": "c"}),
            json!(vec![1; 70_000]),
        ];
        let record = invocation("Do", &values);
        assert_eq!(call(&unframed(&record)).arguments, Some(values));
    }

    #[test]
    fn bytes_are_read_as_json_clients_send_them() {
        let call = call(b"\x95\x01\x80\xc0\xa1T\x91\xc4\x02\xff\x00");
        assert_eq!(call.arguments, Some(vec![json!("/wA=")]));
    }

    #[test]
    fn arguments_that_json_cannot_represent_fail_their_call_only() {
        for argument in [
            &b"\xcb\x7f\xf8\0\0\0\0\0\0"[..],
            b"\xd4\x05\x00",
            b"\xc7\x03\x01abc",
            b"\x81\x01\x02",
            b"\xa1\xff",
        ] {
            let body = [b"\x95\x01\x80\xa11\xa1T\x92", argument, b"\x01"].concat();
            assert_eq!(call(&body).arguments, None, "{argument:x?}");
        }
    }

    #[test]
    fn the_other_kinds_are_told_apart() {
        for (body, message) in [
            (&b"\x91\x06"[..], Message::Ping),
            (b"\x91\x07", Message::Close),
            (b"\x92\x07\xc0", Message::Close),
            (b"\x93\x07\xa1e\xc3", Message::Close),
            (b"\x94\x02\x80\xa11\x05", Message::Other),
            (b"\x94\x03\x80\xa11\x02", Message::Other),
            (b"\x95\x03\x80\xa11\x03\x90", Message::Other),
            (b"\x93\x05\x80\xa11", Message::Other),
            (b"\x92\x08\x01", Message::Other),
            (b"\x91\x2a", Message::Other),
        ] {
            assert_eq!(decode(body), Ok(message), "{body:x?}");
        }
    }

    #[test]
    fn malformed_messages_are_refused() {
        let deep = [&b"\x95\x01\x80\xc0\xa1T\x91"[..], &[0x91; 200], b"\x90"].concat();
        for body in [
            &b""[..],
            b"\x90",
            b"\x06",
            b"\x80",
            b"\x91",
            b"\x91\xa16",
            b"\x91\xc1",
            b"\x91\x06\x00",
            b"\x92\x06",
            b"\x94\x01\x80\xc0\xa1T",
            b"\x95\x01\xc0\xc0\xa1T\x90",
            b"\x95\x01\x81\xa1a\x01\xc0\xa1T\x90",
            b"\x95\x01\x80\x01\xa1T\x90",
            b"\x95\x01\x80\xc0\xc0\x90",
            b"\x95\x01\x80\xc0\xa1\xff\x90",
            b"\x95\x01\x80\xc0\xa1T\x80",
            b"\x95\x01\x80\xc0\xa1T\x91\xa2a",
            b"\x95\x01\x80\xc0\xa1T\xdd\xff\xff\xff\xff",
            b"\x95\x01\x80\xc0\xa1T\x91\xdf\xff\xff\xff\xff",
            b"\x95\x01\x80\xc0\xa1T\x91\xdb\xff\xff\xff\xffa",
            b"\xdf\xff\xff\xff\xff",
            b"\xdd\xff\xff\xff\xff\x06",
            b"\x95\x04\x80\xc0\xa1T\x90",
            b"\x93\x05\x80\xc0",
            b"\x93\x05\x80",
            &deep,
        ] {
            assert_eq!(decode(body), Err(Malformed), "{body:x?}");
        }
    }

    #[test]
    fn messages_are_written_as_clients_know_them() {
        for (record, bytes) in [
            (
                invocation("Do", &[json!("a")]),
                &b"\x0b\x96\x01\x80\xc0\xa2Do\x91\xa1a\x90"[..],
            ),
            (completion("1", &Ok(None)), b"\x06\x94\x03\x80\xa11\x02"),
            (
                completion("1", &Ok(Some(Value::Null))),
                b"\x07\x95\x03\x80\xa11\x03\xc0",
            ),
            (
                completion("1", &Err("no".to_owned())),
                b"\x09\x95\x03\x80\xa11\x01\xa2no",
            ),
            (close(None, true), b"\x04\x93\x07\xc0\xc3"),
            (close(Some("e"), false), b"\x05\x93\x07\xa1e\xc2"),
        ] {
            assert_eq!(record, bytes);
        }
    }
}
