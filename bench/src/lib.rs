//! The part of the bench that tests use as well: the soak.

#![expect(
    clippy::disallowed_methods,
    reason = "its tasks end with the process; nobody waits for them"
)]

pub mod soak;
