//! Threads for reads that may look at many rows, so that these hold up nobody.

use std::{sync::Arc, thread};

use tokio::sync::watch;

use super::{pool::Pool, queue::Queue};
use crate::{Conn, Error, Result};

pub(super) type Job = Box<dyn FnOnce(&mut Conn) + Send>;

pub(super) struct Scans {
    queue: Arc<Queue<Job>>,
    alive: watch::Sender<()>,
}

impl Scans {
    pub(super) fn start(pool: &Pool, threads: usize) -> Result<Self> {
        // Made first, so that the threads already started end if the next cannot.
        let scans = Self {
            queue: Arc::new(Queue::new()),
            alive: watch::Sender::new(()),
        };
        for _ in 0..threads.max(1) {
            let mut conn = pool.open()?;
            let (queue, alive) = (scans.queue.clone(), scans.alive.subscribe());
            let work = move || {
                while let Some(job) = queue.pop() {
                    job(&mut conn);
                }
                drop((conn, alive));
            };
            thread::Builder::new()
                .name("tradepost-scan".to_owned())
                .spawn(work)
                .map_err(|e| Error::unavailable(e.to_string()))?;
        }
        Ok(scans)
    }

    pub(super) fn push(&self, job: Job) -> Result<()> {
        Ok(self.queue.push(job)?)
    }

    pub(super) async fn close(&self) {
        self.queue.close();
        self.alive.closed().await;
    }
}

impl Drop for Scans {
    fn drop(&mut self) {
        self.queue.close();
    }
}
