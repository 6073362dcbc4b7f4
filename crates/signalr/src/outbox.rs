//! The records waiting to be sent to a client, between whoever writes them and its transport.
//!
//! The queue is bounded by bytes. What is being written counts until it is written, so a client
//! that does not read cannot make it grow; a single record may be longer than the bound, provided
//! that it is alone.

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use std::{collections::VecDeque, time::Duration};
use tokio::{sync::Notify, time::Instant};

pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    filled: Notify,
    drained: Notify,
    limit: usize,
}

struct Queue {
    records: VecDeque<Bytes>,
    /// Bytes of the records, and of the batch being written.
    unsent: usize,
    batch: usize,
    state: State,
    /// When anything last began to wait, or was taken, or was written.
    moved: Instant,
}

#[derive(PartialEq, Eq)]
enum State {
    Open,
    /// Nothing more is accepted, the rest is still sent.
    Finishing,
    /// Nothing more is sent either.
    Ended,
}

/// Why a record was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Closed,
    Full,
}

impl Outbox {
    pub(crate) fn new(limit: usize) -> Self {
        let queue = Queue {
            records: VecDeque::new(),
            unsent: 0,
            batch: 0,
            state: State::Open,
            moved: Instant::now(),
        };
        Self {
            queue: Mutex::new(queue),
            filled: Notify::new(),
            drained: Notify::new(),
            limit,
        }
    }

    pub(crate) fn push(&self, record: &Bytes) -> Result<(), Refused> {
        let mut queue = self.queue.lock();
        if queue.state != State::Open {
            return Err(Refused::Closed);
        }
        if queue.unsent > 0 && queue.unsent + record.len() > self.limit {
            return Err(Refused::Full);
        }
        self.append(&mut queue, record.clone());
        Ok(())
    }

    pub(crate) async fn push_when_room(&self, record: &Bytes) -> Result<(), Refused> {
        loop {
            // A waiter takes its place before it looks, or it could miss the only notice.
            let drained = self.drained.notified();
            match self.push(record) {
                Err(Refused::Full) => drained.await,
                settled => return settled,
            }
        }
    }

    /// Adds a record if nothing has been sent for `interval` and nothing waits.
    pub(crate) fn push_if_idle(&self, record: &Bytes, interval: Duration, now: Instant) {
        let mut queue = self.queue.lock();
        let idle = queue.unsent == 0 && now.saturating_duration_since(queue.moved) >= interval;
        if idle && queue.state == State::Open {
            self.append(&mut queue, record.clone());
        }
    }

    /// Accepts nothing after this last record, which needs no room.
    pub(crate) fn finish(&self, last: Bytes) {
        let mut queue = self.queue.lock();
        if queue.state == State::Open {
            self.append(&mut queue, last);
            queue.state = State::Finishing;
            self.drained.notify_waiters();
        }
    }

    /// Forgets what has not been sent.
    pub(crate) fn abort(&self) {
        let mut queue = self.queue.lock();
        queue.records = VecDeque::new();
        queue.unsent = queue.batch;
        queue.state = State::Ended;
        self.filled.notify_one();
        self.drained.notify_waiters();
    }

    /// The next records, as many as fit into `max` bytes and at least one; `None` after the last.
    /// To be followed by [`batch_sent`](Self::batch_sent).
    pub(crate) async fn next_batch(&self, max: usize) -> Option<Bytes> {
        loop {
            {
                let mut queue = self.queue.lock();
                if let Some(batch) = queue.take(max) {
                    return Some(batch);
                }
                if queue.state != State::Open {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    pub(crate) fn batch_sent(&self) {
        let mut queue = self.queue.lock();
        queue.unsent -= queue.batch;
        queue.batch = 0;
        queue.moved = Instant::now();
        self.drained.notify_waiters();
    }

    /// Waits until no batch is being written; `false` if it never will be.
    pub(crate) async fn written(&self) -> bool {
        loop {
            let drained = self.drained.notified();
            {
                let queue = self.queue.lock();
                if queue.state == State::Ended {
                    return false;
                }
                if queue.batch == 0 {
                    return true;
                }
            }
            drained.await;
        }
    }

    pub(crate) fn is_aborted(&self) -> bool {
        self.queue.lock().state == State::Ended
    }

    /// Whether nothing has moved for `timeout` although something should. Where the client has to
    /// come for it, that is only what is being written.
    pub(crate) fn is_stuck(&self, timeout: Duration, polled: bool, now: Instant) -> bool {
        let queue = self.queue.lock();
        let due = if polled { queue.batch } else { queue.unsent };
        due > 0 && now.saturating_duration_since(queue.moved) >= timeout
    }

    fn append(&self, queue: &mut Queue, record: Bytes) {
        if queue.unsent == 0 {
            queue.moved = Instant::now();
        }
        queue.unsent += record.len();
        queue.records.push_back(record);
        self.filled.notify_one();
    }
}

impl Queue {
    fn take(&mut self, max: usize) -> Option<Bytes> {
        let first = self.records.pop_front()?;
        let fits = |len: usize, next: Option<&Bytes>| next.is_some_and(|r| len + r.len() <= max);
        let batch = if fits(first.len(), self.records.front()) {
            let mut joined = BytesMut::from(&first[..]);
            while fits(joined.len(), self.records.front())
                && let Some(record) = self.records.pop_front()
            {
                joined.extend_from_slice(&record);
            }
            joined.freeze()
        } else {
            first
        };
        if self.records.is_empty() {
            self.records = VecDeque::new();
        }
        self.batch = batch.len();
        self.moved = Instant::now();
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(len: usize) -> Bytes {
        Bytes::from(vec![b'x'; len])
    }

    #[tokio::test]
    async fn records_are_batched_up_to_the_limit_and_a_longer_one_goes_alone() {
        let outbox = Outbox::new(1000);
        for len in [40, 40, 40, 300] {
            outbox.push(&record(len)).unwrap();
        }
        let mut batches = Vec::new();
        outbox.finish(record(10));
        while let Some(batch) = outbox.next_batch(100).await {
            batches.push(batch.len());
            outbox.batch_sent();
        }
        assert_eq!(batches, [80, 40, 300, 10]);
    }

    #[tokio::test]
    async fn what_is_being_written_counts_until_it_is_written() {
        let outbox = Outbox::new(100);
        outbox.push(&record(100)).unwrap();
        let _ = outbox.next_batch(1000).await;
        assert_eq!(outbox.push(&record(1)), Err(Refused::Full));
        outbox.batch_sent();
        assert_eq!(outbox.push(&record(1)), Ok(()));
    }

    #[test]
    fn a_record_over_the_limit_is_accepted_only_when_alone() {
        let outbox = Outbox::new(100);
        assert_eq!(outbox.push(&record(500)), Ok(()));
        assert_eq!(outbox.push(&record(1)), Err(Refused::Full));
        outbox.abort();
        assert_eq!(outbox.push(&record(1)), Err(Refused::Closed));
    }
}
