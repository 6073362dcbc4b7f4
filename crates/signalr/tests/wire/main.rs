//! What clients see on the wire.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod closing;
mod handshake;
mod http;
mod hub;
mod messages;
mod negotiate;
mod peer;
mod sending;
mod timers;
