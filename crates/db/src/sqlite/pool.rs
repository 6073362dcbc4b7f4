//! Read-only connections for reads inline on the caller's thread. A read never waits, so there are
//! at most as many connections in use as there are threads.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::Mutex;

use super::{closed, open::File};
use crate::{Conn, Error, Result, conn::Link};

pub(super) struct Pool {
    file: File,
    idle: Mutex<Vec<Conn>>,
    keep: usize,
    closed: AtomicBool,
}

impl Pool {
    pub(super) fn new(file: File, keep: usize) -> Self {
        Self {
            file,
            idle: Mutex::default(),
            keep: keep.max(16),
            closed: AtomicBool::new(false),
        }
    }

    /// Runs `f` with an idle connection or a new one. A connection whose `f` panics is dropped.
    pub(super) fn with<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.closed.load(Relaxed) {
            return Err(closed().into());
        }
        let idle = self.idle.lock().pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => self.open()?,
        };
        let result = f(&mut conn);
        let mut idle = self.idle.lock();
        if idle.len() < self.keep && !self.closed.load(Relaxed) {
            idle.push(conn);
        }
        result
    }

    pub(super) fn open(&self) -> Result<Conn> {
        Ok(Conn::new(Link::Sqlite(Box::new(self.file.read_only()?))))
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Relaxed);
        let idle = std::mem::take(&mut *self.idle.lock());
        drop(idle);
    }
}
