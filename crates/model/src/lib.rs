//! What a store is: types and rules. No I/O, no async, no SQL, no HTTP and no wall clock.
#![warn(missing_docs)]
#![warn(clippy::float_arithmetic)]

pub mod applies_to;
pub mod bans;
pub mod categories;
pub mod checkout;
pub mod clock;
pub mod commands;
pub mod coupons;
pub mod customers;
pub mod events;
pub mod fields;
pub mod gift_cards;
pub mod ids;
pub mod images;
pub mod inputs;
pub mod keys;
pub mod money;
pub mod names;
pub mod orders;
pub mod packages;
pub mod payments;
pub mod percent;
pub mod permissions;
pub mod plans;
pub mod players;
pub mod pricing;
pub mod redeliveries;
pub mod sales;
pub mod servers;
pub mod stores;
pub mod subscriptions;
pub mod templates;
pub mod users;

pub use jiff::Timestamp;
