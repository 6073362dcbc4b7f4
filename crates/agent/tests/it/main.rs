//! The agent against a real hub and games that keep count.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(
    clippy::disallowed_methods,
    reason = "what a test starts ends with its runtime"
)]

mod console;
mod delivery;
mod encrypted;
mod game;
mod http;
mod players;
mod store;
mod trouble;
