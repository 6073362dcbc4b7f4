//! Integration tests of the operations: on a real database, each on both engines.

mod delivery;
mod faults;
mod settlement;
mod shop;
mod stock;
