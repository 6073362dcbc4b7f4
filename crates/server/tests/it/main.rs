//! Integration tests of the program: its HTTP interfaces on both engines, and the binary itself.

mod api;
mod hosts;
mod program;
#[path = "../../../app/tests/it/shop.rs"]
mod shop;
