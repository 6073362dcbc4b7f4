//! What the bytes of a connection mean: records, the handshake, hub messages.

pub(crate) mod handshake;
pub(crate) mod json;
pub(crate) mod records;

use serde_json::Value;

/// A hub message of a client, as far as it asks anything of a server.
#[derive(Debug, PartialEq)]
pub(crate) enum Message {
    Invocation(Call),
    /// A call whose results are expected one by one.
    StreamInvocation(Call),
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
    /// How many streams the client announces to send.
    pub(crate) streams: usize,
}

/// The client broke the protocol, and its connection ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;
