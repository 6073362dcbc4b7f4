//! The part of the bench that tests use as well: the soak, and the store it begins with.

#![expect(
    clippy::disallowed_methods,
    reason = "its tasks end with the process; nobody waits for them"
)]

pub mod soak;
pub mod store;
