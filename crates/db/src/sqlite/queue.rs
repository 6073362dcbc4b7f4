//! A queue between async callers and a thread.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};

/// More waiting jobs than this and callers are told to come back: a database this far behind
/// would answer long after they have given up.
const LIMIT: usize = 16_384;

pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
}

struct State<T> {
    jobs: VecDeque<T>,
    closed: bool,
}

/// Why a job was not taken.
pub(super) enum Refused {
    Full,
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        let state = State {
            jobs: VecDeque::new(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            arrived: Condvar::new(),
        }
    }

    pub(super) fn push(&self, job: T) -> Result<(), Refused> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.jobs.len() >= LIMIT {
            return Err(Refused::Full);
        }
        state.jobs.push_back(job);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next job, waiting for it; `None` when the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<T> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            self.arrived.wait(&mut state);
        }
    }

    /// The next job if there is one.
    pub(super) fn try_pop(&self) -> Option<T> {
        self.state.lock().jobs.pop_front()
    }

    /// Takes no more jobs; those waiting are still given out.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.arrived.notify_all();
    }
}

impl From<Refused> for crate::Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::unavailable("too much work is waiting"),
            Refused::Closed => super::closed(),
        }
    }
}
