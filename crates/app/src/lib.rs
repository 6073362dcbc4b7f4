//! What one can do with a store. Every permission check is here, every operation is one
//! transaction, and nothing is sent before that transaction has committed.
#![warn(missing_docs)]

pub mod access;
pub mod after;
mod applies_to;
pub mod bans;
pub mod calendar;
pub mod catalog;
pub mod categories;
pub mod checkout;
pub mod commands;
pub mod coupons;
pub mod customers;
pub mod delivery;
pub mod error;
pub mod events;
pub mod gift_cards;
pub mod global_commands;
pub mod idempotency;
pub mod identity;
pub mod images;
pub mod jobs;
pub mod lists;
pub mod live;
pub mod nodes;
pub mod orders;
pub mod origins;
pub mod packages;
pub mod payments;
pub mod rate;
pub mod redeliveries;
pub mod reports;
pub mod sales;
pub mod secrets;
pub mod servers;
pub mod state;
pub mod stats;
pub mod stores;
pub mod subscriptions;
pub mod versions;

pub use access::Actor;
pub use after::After;
pub use error::{Error, Result};
pub use state::{App, Settings};
pub use tradepost_db::Tx;
pub use versions::Expect;
