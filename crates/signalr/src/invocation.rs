//! A call of a client's method, written once and sent to any number of connections.

use crate::{
    SendError,
    protocol::{Message, Protocol, json, messagepack},
};
use bytes::Bytes;
use serde::{Serialize, ser::Error};
use std::sync::{Arc, OnceLock};

/// The longest invocation in bytes; at least one client refuses anything longer.
pub const MAX_INVOCATION: usize = 1024 * 1024;

/// A call of a client's method, written once and sent to any number of connections.
///
/// It is written once for each protocol its connections speak, whenever the first of them is met.
/// A clone shares the written bytes.
#[derive(Debug, Clone)]
pub struct Invocation {
    written: Arc<Written>,
}

#[derive(Debug)]
struct Written {
    json: Bytes,
    /// `None` where a reader of the JSON would not understand it either.
    messagepack: OnceLock<Option<Bytes>>,
}

impl Invocation {
    /// Writes a call of the method `target` with one argument.
    ///
    /// Some clients compare the name exactly, and lose a call whose number of arguments is not the
    /// one they expect: keep one spelling, and put what may grow into the one argument.
    ///
    /// # Errors
    /// [`SendError::Unserializable`], or [`SendError::TooLong`] above [`MAX_INVOCATION`].
    pub fn new<T: Serialize + ?Sized>(target: &str, argument: &T) -> Result<Self, SendError> {
        Self::with_arguments(target, &[argument])
    }

    /// Writes a call with any number of arguments: the items of a tuple, an array or a slice.
    ///
    /// ```
    /// # use signalr_server::Invocation;
    /// let moved = Invocation::with_arguments("Moved", &("king", 5, true))?;
    /// # Ok::<(), signalr_server::SendError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`new`](Self::new); anything but a sequence is [`SendError::Unserializable`].
    pub fn with_arguments<T: Serialize + ?Sized>(
        target: &str,
        arguments: &T,
    ) -> Result<Self, SendError> {
        let json = json::invocation(target, arguments).map_err(SendError::Unserializable)?;
        if json.len() > MAX_INVOCATION {
            return Err(SendError::TooLong);
        }
        let messagepack = OnceLock::new();
        Ok(Self {
            written: Arc::new(Written { json, messagepack }),
        })
    }

    pub(crate) fn record(&self, protocol: Protocol) -> Result<&Bytes, SendError> {
        let Written { json, messagepack } = &*self.written;
        if protocol == Protocol::Json {
            return Ok(json);
        }
        let record = messagepack.get_or_init(|| rewritten(json)).as_ref();
        let record = record.ok_or_else(|| {
            let reason = "argument is nested too deep, or holds a number out of range";
            SendError::Unserializable(serde_json::Error::custom(reason))
        })?;
        if record.len() > MAX_INVOCATION {
            return Err(SendError::TooLong);
        }
        Ok(record)
    }
}

/// The same call as MessagePack.
fn rewritten(json: &Bytes) -> Option<Bytes> {
    let Ok(Message::Invocation(call)) = json::decode(&json[..json.len() - 1]) else {
        return None;
    };
    Some(messagepack::invocation(&call.method, &call.arguments?))
}
