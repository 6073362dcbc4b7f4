//! The bytes a client has sent, between its transport and its session.

use crate::protocol::records::{Framing, Records, TooLong};
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// A byte stream with one reader. Whoever fills it waits for room first, so that a busy hub slows
/// its clients down instead of storing what they send.
pub(crate) struct Inbox {
    incoming: Mutex<Incoming>,
    arrived: Notify,
    taken: Notify,
    room: usize,
}

struct Incoming {
    records: Records,
    end: Option<End>,
}

/// How a stream of bytes comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client has left, or is not listened to any more.
    Left,
    /// It sent something its transport could not accept.
    Broken,
}

/// What a session finds when it asks for the next message.
pub(crate) enum Next {
    Record(Bytes),
    TooLong,
    End(End),
}

impl Inbox {
    pub(crate) fn new(max_message: usize, room: usize) -> Self {
        Self {
            incoming: Mutex::new(Incoming {
                records: Records::new(max_message),
                end: None,
            }),
            arrived: Notify::new(),
            taken: Notify::new(),
            // Below the limit of one message a reader could wait for its end forever.
            room: room.max(max_message),
        }
    }

    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut incoming = self.incoming.lock();
        if incoming.end.is_none() {
            incoming.records.push(bytes);
            self.arrived.notify_one();
        }
    }

    /// How the records not yet taken are framed.
    pub(crate) fn reframe(&self, framing: Framing) {
        self.incoming.lock().records.reframe(framing);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.incoming.lock().end.is_some()
    }

    pub(crate) fn has_room(&self) -> bool {
        let incoming = self.incoming.lock();
        incoming.end.is_some() || incoming.records.len() < self.room
    }

    pub(crate) async fn room(&self) {
        loop {
            let taken = self.taken.notified();
            if self.has_room() {
                return;
            }
            taken.await;
        }
    }

    /// Ends the stream; what has arrived can still be read.
    pub(crate) fn end(&self, end: End) {
        self.incoming.lock().end.get_or_insert(end);
        self.arrived.notify_one();
        self.taken.notify_waiters();
    }

    /// Ends the stream and forgets what has arrived.
    pub(crate) fn discard(&self) {
        self.incoming.lock().records.clear();
        self.end(End::Left);
    }

    pub(crate) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                self.taken.notify_waiters();
                return next;
            }
            self.arrived.notified().await;
        }
    }

    fn take(&self) -> Option<Next> {
        let mut incoming = self.incoming.lock();
        match incoming.records.next() {
            Ok(Some(record)) => Some(Next::Record(record)),
            Ok(None) => incoming.end.map(Next::End),
            Err(TooLong) => Some(Next::TooLong),
        }
    }
}
