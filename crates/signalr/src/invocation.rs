//! A call of a client's method, written once and sent to any number of connections.

use crate::{SendError, protocol::json};
use bytes::Bytes;
use serde::Serialize;

/// The longest invocation in bytes; at least one client refuses anything longer.
pub const MAX_INVOCATION: usize = 1024 * 1024;

/// A call of a client's method, written once and sent to any number of connections.
///
/// A clone shares the written bytes.
#[derive(Debug, Clone)]
pub struct Invocation {
    json: Bytes,
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
        let json = json::invocation(target, argument).map_err(SendError::Unserializable)?;
        if json.len() > MAX_INVOCATION {
            return Err(SendError::TooLong);
        }
        Ok(Self { json })
    }

    pub(crate) fn record(&self) -> &Bytes {
        &self.json
    }
}
