//! The only place with SQL: two engines behind one executor, and one file of functions per noun.
//!
//! [`Db`] opens SQLite or PostgreSQL by URL. [`Db::read`] and [`Db::scan`] lend a [`Conn`],
//! [`Db::write`] a [`Tx`]. Statements are the same text for both wherever they can be; each is
//! named by [`statements!`], so that a test prepares every one of them on both engines.

#![warn(missing_docs)]

mod codec;
mod conn;
mod database;
mod error;
mod faults;
mod migrate;
mod migrations;
mod postgres;
mod row;
pub mod span;
mod sqlite;
mod statement;
mod value;

pub use conn::{Conn, Tx};
pub use database::{Db, Engine, Options};
pub use error::{Cause, Error, Result};
pub use migrate::Migration;
pub use migrations::MIGRATIONS;
pub use postgres::{Hint, Hints};
pub use row::{Cell, FromValue, Row};
pub use statement::Stmt;
#[doc(hidden)]
pub use statement::Text;
pub use value::Value;

/// Declares one module per noun and gathers its statements.
macro_rules! nouns {
    ($($(#[$meta:meta])* $noun:ident),* $(,)?) => {
        $($(#[$meta])* pub mod $noun;)*

        /// The statements of every noun.
        pub(crate) fn registry() -> impl Iterator<Item = &'static [Stmt]> {
            let files: &[&'static [Stmt]] = &[$($noun::STATEMENTS),*];
            files.iter().copied()
        }
    };
}

nouns! {
    applies_to,
    bans,
    categories,
    checkout,
    checkout_lists,
    commands,
    coupons,
    customers,
    entitlements,
    events,
    gift_card_ledger,
    gift_cards,
    global_commands,
    idempotency,
    images,
    installation,
    jobs,
    keys,
    orders,
    packages,
    payments,
    polls,
    rates,
    redeliveries,
    reports,
    sales,
    schedule,
    servers,
    staff_commands,
    stats,
    stock,
    stores,
    subscriptions,
    users,
}
