//! Hub messages as JSON.
//!
//! Clients read the members as they come, and some of them fail on `null` or on members that have
//! no business in a message. So messages are written with the type first, then the id, and with
//! nothing that is absent.

use super::{Call, Malformed, Message, records::SEPARATOR};
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use std::{borrow::Cow, collections::HashMap, fmt};

pub(crate) const PING: &[u8] = b"{\"type\":6}\x1e";

/// Every member of every message; those a message has no use for are checked all the same.
#[derive(Default)]
struct Envelope<'r> {
    kind: Option<i32>,
    invocation_id: Option<String>,
    target: Option<String>,
    arguments: Option<&'r RawValue>,
    streams: usize,
    has_item: bool,
    has_result: bool,
    has_error: bool,
    has_sequence: bool,
}

pub(crate) fn decode(record: &[u8]) -> Result<Message, Malformed> {
    let envelope: Envelope<'_> = object(record).ok_or(Malformed)?;
    let has_id = envelope
        .invocation_id
        .as_ref()
        .is_some_and(|id| !id.is_empty());
    let complete = match envelope.kind.ok_or(Malformed)? {
        1 => return call(envelope),
        4 if has_id => return call(envelope),
        2 => has_id && envelope.has_item,
        3 => has_id && !(envelope.has_result && envelope.has_error),
        4 | 5 => has_id,
        6 => return Ok(Message::Ping),
        7 => return Ok(Message::Close),
        8 | 9 => envelope.has_sequence,
        _ => true,
    };
    complete.then_some(Message::Other).ok_or(Malformed)
}

/// Written by hand because the last of two members of one name counts, as in other parsers.
impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hub message")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Self::Value, M::Error> {
        let mut envelope = Envelope::default();
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            match &*name {
                "type" => envelope.kind = Some(members.next_value()?),
                "invocationId" => envelope.invocation_id = Some(members.next_value()?),
                "target" => envelope.target = Some(members.next_value()?),
                "arguments" => envelope.arguments = Some(array(members.next_value()?)?),
                "streamIds" => envelope.streams = members.next_value::<Vec<String>>()?.len(),
                "item" => envelope.has_item = skip::<IgnoredAny, _>(&mut members)?,
                "result" => envelope.has_result = skip::<IgnoredAny, _>(&mut members)?,
                "error" => envelope.has_error = skip::<String, _>(&mut members)?,
                "sequenceId" => envelope.has_sequence = skip::<i64, _>(&mut members)?,
                "allowReconnect" => drop(skip::<bool, _>(&mut members)?),
                // Some clients repeat their HTTP headers here, credentials included.
                "headers" => drop(skip::<HashMap<String, String>, _>(&mut members)?),
                _ => drop(skip::<IgnoredAny, _>(&mut members)?),
            }
        }
        Ok(envelope)
    }
}

/// A member that only has to be of its type.
fn skip<'de, T: Deserialize<'de>, M: MapAccess<'de>>(members: &mut M) -> Result<bool, M::Error> {
    members.next_value::<T>().map(|_| true)
}

fn array<E: Error>(raw: &RawValue) -> Result<&RawValue, E> {
    if raw.get().starts_with('[') {
        return Ok(raw);
    }
    Err(E::custom("arguments are not an array"))
}

fn call(envelope: Envelope<'_>) -> Result<Message, Malformed> {
    let (Some(method), Some(arguments)) = (envelope.target, envelope.arguments) else {
        return Err(Malformed);
    };
    Ok(Message::Invocation(Call {
        id: envelope.invocation_id.filter(|id| !id.is_empty()),
        method,
        wants_stream: envelope.kind == Some(4),
        arguments: serde_json::from_str(arguments.get()).ok(),
        streams: envelope.streams,
    }))
}

/// Reads a record that has to begin with an object; what follows it is ignored.
///
/// Left to itself the parser would take an array of the members' values too, and would not look
/// whether members it skips are text.
pub(super) fn object<'r, T: Deserialize<'r>>(record: &'r [u8]) -> Option<T> {
    let text = std::str::from_utf8(record).ok()?;
    if !text.trim_start().starts_with('{') {
        return None;
    }
    T::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}

/// The arguments have to be a sequence.
pub(crate) fn invocation<T: Serialize + ?Sized>(
    target: &str,
    arguments: &T,
) -> Result<Bytes, serde_json::Error> {
    let mut record = Vec::with_capacity(128);
    record.extend_from_slice(b"{\"type\":1,\"target\":");
    serde_json::to_writer(&mut record, target)?;
    record.extend_from_slice(b",\"arguments\":");
    let start = record.len();
    serde_json::to_writer(&mut record, arguments)?;
    if record[start] != b'[' {
        return Err(serde::ser::Error::custom("arguments are not a sequence"));
    }
    record.push(b'}');
    record.push(SEPARATOR);
    Ok(record.into())
}

/// The answer to a call.
pub(crate) fn completion(id: &str, outcome: &Result<Option<Value>, String>) -> Bytes {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Completion<'c> {
        r#type: u8,
        invocation_id: &'c str,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<&'c Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'c str>,
    }
    let (result, error) = match outcome {
        Ok(result) => (result.as_ref(), None),
        Err(sentence) => (None, Some(sentence.as_str())),
    };
    record(&Completion {
        r#type: 3,
        invocation_id: id,
        result,
        error,
    })
}

pub(crate) fn close(error: Option<&str>, allow_reconnect: bool) -> Bytes {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Close<'c> {
        r#type: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'c str>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        allow_reconnect: bool,
    }
    record(&Close {
        r#type: 7,
        error,
        allow_reconnect,
    })
}

fn record<T: Serialize>(message: &T) -> Bytes {
    let mut record = serde_json::to_vec(message).expect("text and JSON values can be written");
    record.push(SEPARATOR);
    record.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn invocation_of(record: &str) -> Call {
        match decode(record.as_bytes()) {
            Ok(Message::Invocation(call)) => call,
            other => panic!("{record} gave {other:?}"),
        }
    }

    #[test]
    fn calls_are_read_with_members_in_any_order_and_unknown_ones_skipped() {
        let call = invocation_of(
            r#" {"x":null,"arguments":["a",{"b":1}],"headers":{"Authorization":"s"},"target":"Echo","invocationId":"7","type":1}"#,
        );
        assert_eq!(call.id.as_deref(), Some("7"));
        assert_eq!(call.method, "Echo");
        assert_eq!(call.arguments, Some(vec![json!("a"), json!({"b": 1})]));
        assert_eq!(call.streams, 0);
    }

    #[test]
    fn an_empty_id_is_no_id() {
        assert_eq!(
            invocation_of(r#"{"type":1,"invocationId":"","target":"T","arguments":[]}"#).id,
            None
        );
    }

    #[test]
    fn arguments_that_cannot_be_represented_fail_their_call_only() {
        for argument in [r#""\ud800""#, "1e999"] {
            let record = format!(r#"{{"type":1,"target":"T","arguments":[{argument}]}}"#);
            assert_eq!(invocation_of(&record).arguments, None, "{argument}");
        }
    }

    #[test]
    fn the_last_of_two_members_counts_and_what_follows_the_object_does_not() {
        let record = r#"{"type":6,"type":1,"target":"A","target":"B","arguments":[]}}{"#;
        assert_eq!(invocation_of(record).method, "B");
    }

    #[test]
    fn announced_streams_are_counted() {
        let call = invocation_of(r#"{"type":1,"target":"T","arguments":[],"streamIds":["a","b"]}"#);
        assert_eq!(call.streams, 2);
    }

    #[test]
    fn pings_closes_and_the_rest_are_told_apart() {
        for (record, message) in [
            (r#"{"type":6}"#, Message::Ping),
            (r#"{"type":7}"#, Message::Close),
            (
                r#"{"type":7,"error":"e","allowReconnect":true}"#,
                Message::Close,
            ),
            (
                r#"{"type":2,"invocationId":"1","item":null}"#,
                Message::Other,
            ),
            (
                r#"{"type":3,"invocationId":"1","result":null}"#,
                Message::Other,
            ),
            (
                r#"{"type":3,"invocationId":"1","error":"e"}"#,
                Message::Other,
            ),
            (r#"{"type":3,"invocationId":"1"}"#, Message::Other),
            (r#"{"type":5,"invocationId":"1"}"#, Message::Other),
            (r#"{"type":8,"sequenceId":1}"#, Message::Other),
            (r#"{"type":9,"sequenceId":1}"#, Message::Other),
            (r#"{"type":42}"#, Message::Other),
            (r#"{"type":-1}"#, Message::Other),
        ] {
            assert_eq!(decode(record.as_bytes()), Ok(message), "{record}");
        }
    }

    #[test]
    fn malformed_messages_are_refused() {
        for record in [
            "",
            " ",
            "[]",
            "{}",
            "null",
            "6",
            "not json",
            r#"{"type":6"#,
            r#"{"type":2,"invocationId":"1"}"#,
            r#"{"type":8}"#,
            r#"{"type":9,"sequenceId":"1"}"#,
            r#"[1,"1","T",[]]"#,
            r#"{"Type":6}"#,
            r#"{"type":"1"}"#,
            r#"{"type":null}"#,
            r#"{"type":1.5}"#,
            r#"{"type":1,"target":"T"}"#,
            r#"{"type":1,"arguments":[]}"#,
            r#"{"type":1,"target":null,"arguments":[]}"#,
            r#"{"type":1,"target":1,"arguments":[]}"#,
            r#"{"type":1,"target":"T","arguments":null}"#,
            r#"{"type":1,"target":"T","arguments":{}}"#,
            r#"{"type":1,"target":"T","arguments":"[]"}"#,
            r#"{"type":1,"target":"T","arguments":[],"invocationId":null}"#,
            r#"{"type":1,"target":"T","arguments":[],"invocationId":1}"#,
            r#"{"type":1,"target":"T","arguments":[],"streamIds":"a"}"#,
            r#"{"type":1,"target":"T","arguments":[],"streamIds":[1]}"#,
            r#"{"type":1,"target":"T","arguments":[],"headers":null}"#,
            r#"{"type":1,"target":"T","arguments":[],"headers":[]}"#,
            r#"{"type":1,"target":"T","arguments":[],"headers":{"a":1}}"#,
            r#"{"type":1,"target":"T","arguments":[],"headers":{"a":null}}"#,
            r#"{"type":2,"item":1}"#,
            r#"{"type":3,"result":1}"#,
            r#"{"type":3,"invocationId":"1","result":null,"error":"e"}"#,
            r#"{"type":3,"invocationId":"1","error":null}"#,
            r#"{"type":4,"target":"T","arguments":[]}"#,
            r#"{"type":4,"invocationId":"","target":"T","arguments":[]}"#,
            r#"{"type":4,"invocationId":"1","target":"T"}"#,
            r#"{"type":5}"#,
            r#"{"type":6,"invocationId":null}"#,
            r#"{"type":7,"allowReconnect":1}"#,
        ] {
            assert_eq!(decode(record.as_bytes()), Err(Malformed), "{record}");
        }
        assert_eq!(decode(b"{\"type\":6,\"x\":\"\xff\"}"), Err(Malformed));
    }

    #[test]
    fn messages_are_written_in_the_order_clients_read_best() {
        for (record, text) in [
            (
                invocation("Do\u{1e}", &[json!({"a": "\u{1e}"})]).unwrap(),
                r#"{"type":1,"target":"Do\u001e","arguments":[{"a":"\u001e"}]}"#,
            ),
            (
                completion("1", &Ok(None)),
                r#"{"type":3,"invocationId":"1"}"#,
            ),
            (
                completion("1", &Ok(Some(Value::Null))),
                r#"{"type":3,"invocationId":"1","result":null}"#,
            ),
            (
                completion("1", &Err("no".to_owned())),
                r#"{"type":3,"invocationId":"1","error":"no"}"#,
            ),
            (close(None, false), r#"{"type":7}"#),
            (
                close(Some("e"), true),
                r#"{"type":7,"error":"e","allowReconnect":true}"#,
            ),
        ] {
            assert_eq!(record, format!("{text}\u{1e}"));
        }
    }
}
