//! Bodies of responses that know when what they gave away has been written.
//!
//! An HTTP server takes parts of a body as long as its own buffers have room, and says nothing about
//! how far they got. But it drops each part once the socket has taken it. So each part tells when it
//! is dropped, and the next one waits for that: a client that does not read costs one batch, its link
//! sees that it is stuck, and the server, which waits for the rest of the body, can be told to hang up.

use crate::link::Link;
use bytes::Bytes;
use std::{io, sync::Arc};

/// A batch until it is written.
pub(super) struct InFlight<I> {
    bytes: Bytes,
    link: Arc<Link<I>>,
}

impl<I: Send + Sync + 'static> InFlight<I> {
    pub(super) fn part(bytes: Bytes, link: &Arc<Link<I>>) -> Bytes {
        Bytes::from_owner(Self {
            bytes,
            link: link.clone(),
        })
    }
}

impl<I> AsRef<[u8]> for InFlight<I> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<I> Drop for InFlight<I> {
    fn drop(&mut self) {
        self.link.outbox.batch_sent();
    }
}

/// Makes the HTTP server hang up.
pub(super) fn hang_up() -> io::Error {
    io::Error::other("connection was aborted")
}
