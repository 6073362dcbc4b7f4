//! Failures on demand: a test makes the n-th statement fail and looks at what is left.
//!
//! Without the feature `fault-injection` all of this is empty.

#[cfg(feature = "fault-injection")]
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

#[cfg(feature = "fault-injection")]
use crate::Error;
use crate::Result;

/// Shared by a `Db` and its connections.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// How many statements until one fails; 0 is never.
    #[cfg(feature = "fault-injection")]
    left: AtomicU64,
    #[cfg(feature = "fault-injection")]
    last_write: AtomicU64,
}

#[cfg(feature = "fault-injection")]
impl Faults {
    pub(crate) fn fail_at(&self, n: Option<u64>) {
        self.left.store(n.unwrap_or(0), SeqCst);
    }

    pub(crate) fn last_write(&self) -> u64 {
        self.last_write.load(SeqCst)
    }

    /// Called before each statement of a transaction and before its commit.
    pub(crate) fn statement(&self) -> Result<()> {
        match self
            .left
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
        {
            Ok(1) => Err(Error::Injected),
            _ => Ok(()),
        }
    }

    pub(crate) fn written(&self, statements: u64) {
        self.last_write.store(statements, SeqCst);
    }
}

#[cfg(not(feature = "fault-injection"))]
impl Faults {
    #[inline]
    pub(crate) fn statement(&self) -> Result<()> {
        Ok(())
    }

    #[inline]
    pub(crate) fn written(&self, _statements: u64) {}
}
