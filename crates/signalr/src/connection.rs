//! The handle by which a hub speaks to one client.

use crate::{Invocation, link::Link, outbox::Refused};
use serde::Serialize;
use std::{fmt, sync::Arc};

/// One connected client. A clone is the same connection.
pub struct Connection<I> {
    link: Arc<Link<I>>,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The connection is closed.
    #[error("connection is closed")]
    Closed,
    /// The client does not read fast enough, and has been disconnected for it.
    #[error("client does not read what it is sent")]
    Stalled,
    /// The message is longer than [`MAX_INVOCATION`](crate::MAX_INVOCATION).
    #[error("message is too long")]
    TooLong,
    /// The argument cannot be written.
    #[error("argument cannot be serialized")]
    Unserializable(#[source] serde_json::Error),
}

impl<I> Connection<I> {
    pub(crate) fn new(link: Arc<Link<I>>) -> Self {
        Self { link }
    }

    /// The public id; the secret one of the negotiation is another.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.link.id
    }

    /// Whose connection it is.
    #[must_use]
    pub fn identity(&self) -> &I {
        &self.link.identity
    }

    /// Calls the client's method `target` with one argument; see [`Invocation::new`].
    ///
    /// # Errors
    /// As for [`Invocation::new`] and [`send_invocation`](Self::send_invocation).
    pub fn send<T: Serialize + ?Sized>(&self, target: &str, argument: &T) -> Result<(), SendError> {
        self.send_invocation(&Invocation::new(target, argument)?)
    }

    /// Puts a call into the client's queue and returns at once.
    ///
    /// # Errors
    /// [`SendError::Closed`], or [`SendError::Stalled`] where it would exceed
    /// [`Options::send_buffer`](crate::Options::send_buffer): then the client is disconnected, so
    /// that it comes back instead of missing one message in the middle. Much at a time is sent with
    /// [`send_when_room`](Self::send_when_room). For a client that speaks MessagePack also what
    /// [`Invocation::new`] could not know: [`SendError::TooLong`], and
    /// [`SendError::Unserializable`] for an argument that cannot be read back from JSON.
    pub fn send_invocation(&self, invocation: &Invocation) -> Result<(), SendError> {
        self.link
            .outbox
            .push(invocation.record(self.link.protocol())?)
            .map_err(|refused| match refused {
                Refused::Closed => SendError::Closed,
                Refused::Full => {
                    tracing::info!("dropping a client that does not read what it is sent");
                    self.link.abort();
                    SendError::Stalled
                }
            })
    }

    /// Puts a call into the client's queue where it has room: `Ok(false)` where it has none now, and
    /// the client stays connected. For what can be offered again later.
    ///
    /// # Errors
    /// As for [`send_invocation`](Self::send_invocation), without [`SendError::Stalled`].
    pub fn offer_invocation(&self, invocation: &Invocation) -> Result<bool, SendError> {
        let record = invocation.record(self.link.protocol())?;
        match self.link.outbox.push(record) {
            Ok(()) => Ok(true),
            Err(Refused::Full) => Ok(false),
            Err(Refused::Closed) => Err(SendError::Closed),
        }
    }

    /// Waits until the client's queue has room for a call, and puts it there.
    ///
    /// The wait is bounded by [`Options::send_timeout`](crate::Options::send_timeout), after which
    /// a client that takes nothing is disconnected.
    ///
    /// # Errors
    /// As for [`send_invocation`](Self::send_invocation), without [`SendError::Stalled`].
    pub async fn send_when_room(&self, invocation: &Invocation) -> Result<(), SendError>
    where
        I: Send + Sync,
    {
        let record = invocation.record(self.link.protocol())?;
        let pushed = self.link.outbox.push_when_room(record).await;
        pushed.map_err(|_| SendError::Closed)
    }

    /// Ends the connection after what is queued has been sent.
    ///
    /// Clients that reconnect by themselves do so only with `allow_reconnect`; without it they stay
    /// disconnected for good.
    pub fn close(&self, error: Option<&str>, allow_reconnect: bool) {
        self.link.close(error, allow_reconnect);
    }

    /// Whether the connection has ended or is about to.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.link.is_closed()
    }
}

impl<I> Clone for Connection<I> {
    fn clone(&self) -> Self {
        Self {
            link: self.link.clone(),
        }
    }
}

impl<I> fmt::Debug for Connection<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
