//! Integration tests of the operations: on a real database, each on both engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bans;
mod codes;
mod customers;
mod delivery;
mod discounts;
mod endings;
mod faults;
mod guesses;
mod hardship;
mod identity;
mod keys;
mod limits;
mod lists;
mod nodes;
mod packages;
mod periods;
mod players;
mod poll;
mod poll_hardship;
mod rates;
mod redeliveries;
mod settlement;
mod shop;
mod staff;
mod stock;
mod subscriptions;
mod times;
