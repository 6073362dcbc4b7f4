//! SignalR's JSON records: each is one JSON object and the byte 0x1E.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::message::Command;

const END: u8 = 0x1e;
/// No store sends a longer record.
const LONGEST: usize = 4 * 1024 * 1024;

pub(super) const HANDSHAKE: &str = "{\"protocol\":\"json\",\"version\":1}\u{1e}";
pub(super) const PING: &str = "{\"type\":6}\u{1e}";
pub(super) const CLOSE: &str = "{\"type\":7}\u{1e}";

/// What the store says.
#[derive(Debug)]
pub(super) enum Incoming {
    Commands(Vec<Command>),
    Answered {
        id: String,
        answer: Result<Value, String>,
    },
    Closing {
        error: Option<String>,
        come_back: bool,
    },
    /// A ping, or what this agent does not know.
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(rename = "type")]
    kind: u8,
    target: Option<String>,
    arguments: Option<Vec<Value>>,
    invocation_id: Option<String>,
    result: Option<Value>,
    error: Option<String>,
    #[serde(default)]
    allow_reconnect: bool,
}

#[derive(Deserialize)]
struct Handshake {
    error: Option<String>,
}

/// Collects bytes into records.
#[derive(Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
}

impl Records {
    /// Takes bytes over and gives the records that are whole with them.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > LONGEST {
            return Err("it sends endless messages".to_owned());
        }
        let mut records: Vec<Vec<u8>> = self
            .bytes
            .split(|it| *it == END)
            .map(<[u8]>::to_vec)
            .collect();
        self.bytes = records.pop().unwrap_or_default();
        Ok(records)
    }
}

/// Reads the answer to the handshake.
pub(super) fn read_handshake(record: &[u8]) -> Result<(), String> {
    let answer = serde_json::from_slice::<Handshake>(record);
    match answer
        .map_err(|_| "it does not speak SignalR".to_owned())?
        .error
    {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

pub(super) fn read(record: &[u8]) -> Result<Incoming, String> {
    let record: Record =
        serde_json::from_slice(record).map_err(|error| format!("it sends nonsense: {error}"))?;
    Ok(match (record.kind, record.invocation_id) {
        (1, _) if record.target.as_deref() == Some("ExecuteCommands") => {
            Incoming::Commands(commands(record.arguments.unwrap_or_default()))
        }
        (3, Some(id)) => Incoming::Answered {
            id,
            answer: match record.error {
                Some(error) => Err(error),
                None => Ok(record.result.unwrap_or_default()),
            },
        },
        (7, _) => Incoming::Closing {
            error: record.error,
            come_back: record.allow_reconnect,
        },
        _ => Incoming::Other,
    })
}

/// The commands of a message. One that cannot be read holds no other back; it is not acknowledged,
/// so that the store sends it again.
fn commands(arguments: Vec<Value>) -> Vec<Command> {
    let lists = arguments.into_iter().filter_map(|mut argument| {
        let list = argument.get_mut("commands")?.take();
        serde_json::from_value::<Vec<Value>>(list).ok()
    });
    let commands = lists.flatten().filter_map(|command| {
        let read = serde_json::from_value(command);
        read.inspect_err(|error| tracing::error!(error = %error, "a command cannot be read"))
            .ok()
    });
    commands.collect()
}

/// A call of one of the store's methods.
pub(super) fn call<T: Serialize + ?Sized>(id: &str, method: &str, argument: &T) -> String {
    #[derive(Serialize)]
    struct Call<'a, T: ?Sized> {
        #[serde(rename = "type")]
        kind: u8,
        #[serde(rename = "invocationId")]
        id: &'a str,
        target: &'a str,
        arguments: [&'a T; 1],
    }
    let call = Call {
        kind: 1,
        id,
        target: method,
        arguments: [argument],
    };
    let mut text = serde_json::to_string(&call).expect("a call is plain data");
    text.push(char::from(END));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_however_they_arrive() {
        let mut records = Records::default();
        assert!(records.take(b"{}").unwrap().is_empty());
        assert_eq!(
            records.take(b"\x1e{\"type\":6}\x1e{").unwrap(),
            [b"{}".to_vec(), b"{\"type\":6}".to_vec()]
        );
        assert_eq!(records.take(b"}\x1e").unwrap(), [b"{}".to_vec()]);
    }

    #[test]
    fn a_command_that_cannot_be_read_holds_no_other_back() {
        let text = r#"{"type":1,"target":"ExecuteCommands","arguments":[{"commands":[
            {"id":"a"},
            {"id":"b","attempt":2,"idempotencyKey":"b:2","command":"say","new":1,"player":{"username":"Steve"}}
        ]}]}"#;
        let Incoming::Commands(commands) = read(text.as_bytes()).unwrap() else {
            panic!("no commands");
        };
        assert_eq!(commands.len(), 1);
        assert_eq!(commands[0].idempotency_key, "b:2");
        assert_eq!(commands[0].player.username, "Steve");
        assert!(!commands[0].require_online);
    }

    #[test]
    fn answers_and_refusals_are_told_apart() {
        let read = |text: &str| read(text.as_bytes()).unwrap();
        assert!(matches!(
            read(r#"{"type":3,"invocationId":"1","result":{"accepted":1}}"#),
            Incoming::Answered { answer: Ok(_), .. }
        ));
        assert!(matches!(
            read(r#"{"type":3,"invocationId":"1","error":"no"}"#),
            Incoming::Answered { answer: Err(_), .. }
        ));
        assert!(matches!(
            read(r#"{"type":7,"allowReconnect":true}"#),
            Incoming::Closing {
                come_back: true,
                ..
            }
        ));
        assert!(read_handshake(b"{}").is_ok());
        assert!(read_handshake(br#"{"error":"x"}"#).is_err());
        assert!(read_handshake(b"<html>").is_err());
    }
}
