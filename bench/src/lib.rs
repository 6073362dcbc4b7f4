//! The part of the bench that tests use as well: the soak.

pub mod soak;
