//! Lost updates: whoever changes a thing can say which version of it they have read.

use crate::{Error, Result};

/// What a caller expects of the version of the thing it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Any version.
    #[default]
    Any,
    /// One of these.
    OneOf(Vec<i64>),
}

impl Expect {
    /// Errors: [`Error::Stale`] where the thing has another version.
    pub fn check(&self, version: i64) -> Result<()> {
        match self {
            Self::OneOf(versions) if !versions.contains(&version) => Err(Error::Stale),
            Self::Any | Self::OneOf(_) => Ok(()),
        }
    }
}
