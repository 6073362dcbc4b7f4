//! The executor from outside, on SQLite always and on PostgreSQL where `TEST_POSTGRES_URL` says so.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broken_connections;
mod child;
mod crash;
mod faults;
mod full_disk;
mod migrations;
mod product;
mod send;
mod shop;
mod sync;
mod transactions;
mod values;
