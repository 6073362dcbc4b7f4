//! What the bytes of a connection mean: records, the handshake, hub messages.

pub(crate) mod handshake;
pub(crate) mod json;
pub(crate) mod messagepack;
pub(crate) mod records;

use bytes::Bytes;
use records::Framing;
use serde_json::Value;

/// How hub messages are written; a client names it in its handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Json,
    MessagePack,
}

impl Protocol {
    fn of(name: &str) -> Option<Self> {
        [Self::Json, Self::MessagePack]
            .into_iter()
            .find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::MessagePack => "messagepack",
        }
    }

    /// Whether its messages need a transport for arbitrary bytes.
    pub(crate) fn is_binary(self) -> bool {
        self == Self::MessagePack
    }

    pub(crate) fn framing(self) -> Framing {
        match self {
            Self::Json => Framing::Separator,
            Self::MessagePack => Framing::Length,
        }
    }

    pub(crate) fn decode(self, record: &[u8]) -> Result<Message, Malformed> {
        match self {
            Self::Json => json::decode(record),
            Self::MessagePack => messagepack::decode(record),
        }
    }

    /// The answer to a call.
    pub(crate) fn completion(self, id: &str, outcome: &Result<Option<Value>, String>) -> Bytes {
        match self {
            Self::Json => json::completion(id, outcome),
            Self::MessagePack => messagepack::completion(id, outcome),
        }
    }

    pub(crate) fn close(self, error: Option<&str>, allow_reconnect: bool) -> Bytes {
        match self {
            Self::Json => json::close(error, allow_reconnect),
            Self::MessagePack => messagepack::close(error, allow_reconnect),
        }
    }

    pub(crate) fn ping(self) -> Bytes {
        Bytes::from_static(match self {
            Self::Json => json::PING,
            Self::MessagePack => messagepack::PING,
        })
    }
}

/// A hub message of a client, as far as it asks anything of a server.
#[derive(Debug, PartialEq)]
pub(crate) enum Message {
    Invocation(Call),
    Ping,
    Close,
    /// A kind that is unknown, or that answers something never asked.
    Other,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    /// Absent where the client wants no answer.
    pub(crate) id: Option<String>,
    pub(crate) method: String,
    /// `None` where they are well-formed but cannot be represented.
    pub(crate) arguments: Option<Vec<Value>>,
    /// Whether its results are expected one by one.
    pub(crate) wants_stream: bool,
    /// How many streams the client announces to send.
    pub(crate) streams: usize,
}

/// The client broke the protocol, and its connection ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;
