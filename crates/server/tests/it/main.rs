//! Integration tests of the program: its HTTP interfaces on both engines, and the binary itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api;
mod hosts;
mod poll;
mod program;
#[expect(dead_code, reason = "the tests of the operations use the rest")]
#[path = "../../../app/tests/it/shop.rs"]
mod shop;
mod stores;
