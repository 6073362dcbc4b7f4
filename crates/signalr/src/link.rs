//! A connection as its transport, its session and the timer share it.
//!
//! ```text
//! Negotiated -> Handshaking -> Live -> Closing -> Closed
//!      \_____________\___________\_________________/
//! ```
//! `Closing` sends what is queued; `Closed` waits for the client to take leave of its transport.
//! A link goes only forward, and each step ends by itself after a time.

use crate::{
    Options, Transport,
    id::Id,
    inbox::{End, Inbox},
    outbox::Outbox,
    protocol::{Protocol, handshake},
    transport::long_polling::Polls,
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::OnceLock;
use tokio::{
    sync::{Mutex as Turns, Notify, futures::Notified},
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
    pub(crate) polls: Polls,
    /// Bodies that arrive at the same time go into the inbox one after the other.
    pub(crate) posts: Turns<()>,
    protocol: OnceLock<Protocol>,
    life: Mutex<Life>,
    aborted: Notify,
}

struct Life {
    phase: Phase,
    transport: Option<Transport>,
    since: Instant,
    /// When the client last sent anything.
    heard: Instant,
    /// Clients that never ping are not expected to.
    pings: bool,
    /// The client has ended the connection, and its id names nothing any more.
    terminated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Negotiated,
    Handshaking,
    Live,
    Closing,
    Closed,
}

/// What an attempt to use a link by some transport comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attached {
    /// The link has its transport now, and is to be served.
    First,
    /// It had this transport already.
    Again,
    /// It has another one.
    Otherwise,
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
            polls: Polls::new(),
            posts: Turns::new(()),
            protocol: OnceLock::new(),
            life: Mutex::new(Life {
                phase: Phase::Negotiated,
                transport: None,
                since: now,
                heard: now,
                pings: false,
                terminated: false,
            }),
            aborted: Notify::new(),
        }
    }

    /// Gives the link its transport, once.
    pub(crate) fn attach(&self, transport: Transport) -> Attached {
        let mut life = self.life.lock();
        match life.transport {
            None if life.phase == Phase::Negotiated => {
                life.transport = Some(transport);
                life.enter(Phase::Handshaking);
                Attached::First
            }
            Some(mine) if mine != transport => Attached::Otherwise,
            None | Some(_) => Attached::Again,
        }
    }

    pub(crate) fn transport(&self) -> Option<Transport> {
        self.life.lock().transport
    }

    pub(crate) fn is_text_only(&self) -> bool {
        self.transport() == Some(Transport::ServerSentEvents)
    }

    /// All messages after the handshake are in this protocol.
    pub(crate) fn speak(&self, protocol: Protocol) {
        self.protocol.get_or_init(|| protocol);
        self.inbox.reframe(protocol.framing());
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol.get().copied().unwrap_or(Protocol::Json)
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

    pub(crate) fn is_terminated(&self) -> bool {
        self.life.lock().terminated
    }

    pub(crate) fn heard(&self) {
        self.life.lock().heard = Instant::now();
    }

    pub(crate) fn pinged(&self) {
        self.life.lock().pings = true;
    }

    /// Stops listening, sends what is queued and why it ends, then ends.
    pub(crate) fn close(&self, error: Option<&str>, allow_reconnect: bool) {
        self.close_with(self.protocol().close(error, allow_reconnect));
    }

    /// Ends the handshake with a sentence.
    pub(crate) fn refuse(&self, sentence: &str) {
        self.close_with(handshake::error(sentence));
    }

    fn close_with(&self, last: Bytes) {
        if self.advance(Phase::Closing) {
            self.outbox.finish(last);
            self.inbox.discard();
        }
    }

    /// The client takes leave by a request of its own: what it has sent is still worked off.
    pub(crate) fn terminate(&self) {
        let greeted = self.is_live();
        self.life.lock().terminated = true;
        if self.advance(Phase::Closing) {
            if greeted {
                self.outbox.finish(self.protocol().close(None, true));
            } else {
                self.outbox.abort();
            }
            self.inbox.end(End::Left);
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

    /// Does what is due; `true` if nobody comes for the link any more and it is to be forgotten.
    pub(crate) fn tick(&self, now: Instant, options: &Options) -> bool {
        let (phase, transport, since, heard, pings) = {
            let life = self.life.lock();
            (
                life.phase,
                life.transport,
                life.since,
                life.heard,
                life.pings,
            )
        };
        let lasted = |limit| now.saturating_duration_since(since) > limit;
        let polled = transport == Some(Transport::LongPolling);
        if polled && self.polls.idle(now) > options.negotiate_lifetime {
            self.abort();
            return true;
        }
        match phase {
            Phase::Negotiated => return lasted(options.negotiate_lifetime) && self.expire(),
            Phase::Handshaking if lasted(options.handshake_timeout) => {
                self.refuse(handshake::CANCELED);
            }
            Phase::Handshaking => {}
            Phase::Live if self.outbox.is_stuck(options.send_timeout, polled, now) => self.abort(),
            Phase::Live => {
                // While the inbox is full nobody listens, so silence proves nothing.
                let silent = now.saturating_duration_since(heard) >= options.client_timeout;
                if pings && silent && self.inbox.has_room() {
                    self.close(Some(ERROR), true);
                } else if !polled {
                    let ping = self.protocol().ping();
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
        let expired = self.step(Phase::Negotiated, Phase::Closed);
        if expired {
            // Somebody may be waiting to put something into it.
            self.inbox.discard();
        }
        expired
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
