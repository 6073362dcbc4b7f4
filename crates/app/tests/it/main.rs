//! Integration tests of the operations: on a real database, each on both engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod delivery;
mod endings;
mod faults;
mod hardship;
mod identity;
mod limits;
mod nodes;
mod poll;
mod poll_hardship;
mod redeliveries;
mod settlement;
mod shop;
mod staff;
mod stock;
