//! Integration tests of the program: its HTTP interfaces on both engines, and the binary itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api;
mod bans;
mod categories;
mod client;
mod coupons;
mod customers;
mod events;
mod every_operation;
mod gift_cards;
mod hosts;
mod keys;
mod limits;
mod origins;
mod packages;
mod poll;
mod program;
mod sales;
mod sessions;
#[expect(dead_code, reason = "the tests of the operations use the rest")]
#[path = "../../../app/tests/it/shop.rs"]
mod shop;
mod stores;
