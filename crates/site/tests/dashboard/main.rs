//! The dashboard as its users meet it: through requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/browser.rs"]
mod browser;
#[path = "../support/database.rs"]
mod database;
mod endings;
mod entering;
mod gift_cards;
mod keys;
mod orders;
mod packages;
mod paying;
mod planning;
mod redeliveries;
mod servers;
mod shop;
mod staff;
