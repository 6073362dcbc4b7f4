//! What clients see on the wire.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod closing;
mod handshake;
mod http;
mod hub;
mod long_polling;
mod messagepack;
mod messages;
mod negotiate;
mod peer;
mod posts;
mod requests;
mod sending;
mod server_sent_events;
mod timers;
