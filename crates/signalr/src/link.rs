//! A connection as its transport, its session and the timer share it.
//!
//! ```text
//! Negotiated -> Handshaking -> Live -> Closing -> Closed
//!      \_____________\___________\_________________/
//! ```
//! `Closing` sends what is queued; `Closed` waits for the client to take leave of its transport.
//! A link goes only forward, and each step ends by itself after a time.

use crate::{
    Options,
    id::Id,
    inbox::{End, Inbox},
    outbox::Outbox,
    protocol::{handshake, json},
};
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, futures::Notified},
    time::Instant,
};

pub(crate) const ERROR: &str = "Connection closed with an error.";

pub(crate) struct Link<I> {
    /// The secret by which requests name the connection.
    pub(crate) key: Id,
    /// The public id.
    pub(crate) id: String,
    pub(crate) identity: I,
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Outbox,
    life: Mutex<Life>,
    aborted: Notify,
}

struct Life {
    phase: Phase,
    since: Instant,
    /// When the client last sent anything.
    heard: Instant,
    /// Clients that never ping are not expected to.
    pings: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Negotiated,
    Handshaking,
    Live,
    Closing,
    Closed,
}

impl<I> Link<I> {
    pub(crate) fn new(key: Id, id: String, identity: I, options: &Options) -> Self {
        let now = Instant::now();
        Self {
            key,
            id,
            identity,
            inbox: Inbox::new(options.max_message, options.send_buffer),
            outbox: Outbox::new(options.send_buffer),
            life: Mutex::new(Life {
                phase: Phase::Negotiated,
                since: now,
                heard: now,
                pings: false,
            }),
            aborted: Notify::new(),
        }
    }

    /// Gives the link its transport; `false` if it has one already.
    pub(crate) fn attach(&self) -> bool {
        self.step(Phase::Negotiated, Phase::Handshaking)
    }

    /// The handshake is done; `false` if the connection has ended meanwhile.
    pub(crate) fn go_live(&self) -> bool {
        self.step(Phase::Handshaking, Phase::Live)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.life.lock().phase == Phase::Live
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.life.lock().phase >= Phase::Closing
    }

    pub(crate) fn heard(&self) {
        self.life.lock().heard = Instant::now();
    }

    pub(crate) fn pinged(&self) {
        self.life.lock().pings = true;
    }

    /// Stops listening, sends what is queued and this last record, then ends.
    pub(crate) fn close(&self, last: Bytes) {
        if self.advance(Phase::Closing) {
            self.outbox.finish(last);
            self.inbox.discard();
        }
    }

    /// The transport has sent everything and said good-bye.
    pub(crate) fn said_goodbye(&self) {
        self.advance(Phase::Closed);
    }

    /// Takes the transport away at once.
    pub(crate) fn abort(&self) {
        self.transport_gone();
        self.aborted.notify_one();
    }

    /// The client has left; what has arrived is still worked off.
    pub(crate) fn transport_gone(&self) {
        self.advance(Phase::Closed);
        self.inbox.end(End::Left);
        self.outbox.abort();
    }

    /// Comes about when whatever the transport is doing has to stop.
    pub(crate) fn aborted(&self) -> Notified<'_> {
        self.aborted.notified()
    }

    /// Does what is due; `true` if nobody came for a negotiated id and it is to be forgotten.
    pub(crate) fn tick(&self, now: Instant, options: &Options) -> bool {
        let (phase, since, heard, pings) = {
            let life = self.life.lock();
            (life.phase, life.since, life.heard, life.pings)
        };
        let lasted = |limit| now.saturating_duration_since(since) > limit;
        match phase {
            Phase::Negotiated => return lasted(options.negotiate_lifetime) && self.expire(),
            Phase::Handshaking if lasted(options.handshake_timeout) => {
                self.close(handshake::error(handshake::CANCELED));
            }
            Phase::Handshaking => {}
            Phase::Live if self.outbox.is_stuck(options.send_timeout, now) => self.abort(),
            Phase::Live => {
                // While the inbox is full nobody listens, so silence proves nothing.
                let silent = now.saturating_duration_since(heard) >= options.client_timeout;
                if pings && silent && self.inbox.has_room() {
                    self.close(json::close(Some(ERROR), true));
                } else {
                    let ping = Bytes::from_static(json::PING);
                    self.outbox.push_if_idle(&ping, options.keep_alive, now);
                }
            }
            Phase::Closing if lasted(options.send_timeout) => self.abort(),
            Phase::Closed if lasted(options.close_timeout) => self.abort(),
            Phase::Closing | Phase::Closed => {}
        }
        false
    }

    fn expire(&self) -> bool {
        self.step(Phase::Negotiated, Phase::Closed)
    }

    fn step(&self, from: Phase, to: Phase) -> bool {
        let mut life = self.life.lock();
        let fits = life.phase == from;
        if fits {
            life.enter(to);
        }
        fits
    }

    fn advance(&self, to: Phase) -> bool {
        let mut life = self.life.lock();
        let later = life.phase < to;
        if later {
            life.enter(to);
        }
        later
    }
}

impl Life {
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
        self.heard = self.since;
    }
}
