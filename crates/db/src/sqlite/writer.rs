//! The one writer, and group commit.
//!
//! A commit costs an fsync, a transaction a few microseconds. So the writer opens a batch, runs
//! each waiting transaction in a savepoint of its own, commits all of them with one fsync, and only
//! then answers their callers. Transactions in a batch see those before them, as if each had been
//! committed. If the batch cannot be committed (disk full, I/O error), nobody has been answered
//! yet: it is rolled back and each transaction is run again by itself, once, for its own answer.

use std::{sync::Arc, thread};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::{drive, queue::Queue, run};
use crate::{Error, Result, Tx, conn::Link, faults::Faults};

/// Transactions committed with one fsync, at most: bounds how long the first waits for the last.
const BATCH: usize = 64;

pub(super) struct Writer {
    queue: Arc<Queue<Box<dyn Job>>>,
    alive: watch::Sender<()>,
}

/// A transaction waiting for its turn and then for its batch.
trait Job: Send {
    /// Runs the closure, keeps what it returns, and tells whether to keep what it did.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Gives the caller what the closure returned, or the reason why that is void.
    fn answer(self: Box<Self>, committed: Result<()>);
    /// Whether the caller has gone.
    fn abandoned(&self) -> bool;
}

struct Write<T, E, F> {
    f: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, faults: Arc<Faults>) -> Result<Self> {
        let writer = Self {
            queue: Arc::new(Queue::new()),
            alive: watch::Sender::new(()),
        };
        let (queue, alive) = (writer.queue.clone(), writer.alive.subscribe());
        let work = move || {
            let mut tx = Tx::new(Link::Sqlite(Box::new(connection)), faults);
            while let Some(job) = queue.pop() {
                batch(&mut tx, job, &queue);
            }
            if let Err(e) = sql(&mut tx, "PRAGMA wal_checkpoint(TRUNCATE)") {
                tracing::warn!(
                    error = &e as &dyn std::error::Error,
                    "last checkpoint failed"
                );
            }
            drop((tx, alive));
        };
        thread::Builder::new()
            .name("tradepost-write".to_owned())
            .spawn(work)
            .map_err(|e| Error::unavailable(e.to_string()))?;
        Ok(writer)
    }

    pub(super) fn push<T, E, F>(&self, f: F) -> Result<oneshot::Receiver<Result<T, E>>>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue.push(Box::new(Write {
            f,
            result: None,
            reply,
        }))?;
        Ok(answer)
    }

    /// Finishes what is queued, copies the log into the database and closes it.
    pub(super) async fn close(&self) {
        self.queue.close();
        self.alive.closed().await;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl<T, E, F> Job for Write<T, E, F>
where
    T: Send,
    E: From<Error> + Send,
    F: AsyncFn(&mut Tx) -> Result<T, E> + Send,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        let result = drive((self.f)(tx))
            .and_then(|value| tx.ready_to_commit().map(|()| value).map_err(E::from));
        tx.reset();
        self.result.insert(result).is_ok()
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(e), _) => Err(e.into()),
            (Ok(()), None) => Err(Error::Aborted.into()),
        };
        // The caller may have gone; the transaction stands all the same.
        let _ = self.reply.send(result);
    }

    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

fn batch(tx: &mut Tx, first: Box<dyn Job>, queue: &Queue<Box<dyn Job>>) {
    if first.abandoned() {
        return;
    }
    if let Err(e) = sql(tx, "BEGIN IMMEDIATE") {
        return first.answer(Err(e));
    }
    let mut jobs = Vec::with_capacity(BATCH);
    let mut next = Some(first);
    let mut outcome = Ok(());
    while let Some(mut job) = next {
        if !job.abandoned() {
            outcome = in_savepoint(tx, &mut *job);
            jobs.push(job);
        }
        if outcome.is_err() {
            break;
        }
        next = if jobs.len() < BATCH {
            queue.try_pop()
        } else {
            None
        };
    }
    match outcome.and_then(|()| sql(tx, "COMMIT")) {
        Ok(()) => jobs.into_iter().for_each(|job| job.answer(Ok(()))),
        Err(e) => {
            tracing::warn!(
                error = &e as &dyn std::error::Error,
                jobs = jobs.len(),
                "batch failed"
            );
            roll_back(tx);
            jobs.into_iter().for_each(|job| alone(tx, job));
        }
    }
}

/// Runs one transaction within the batch. An error means that the batch as a whole is lost.
fn in_savepoint(tx: &mut Tx, job: &mut dyn Job) -> Result<()> {
    sql(tx, "SAVEPOINT job")?;
    let keep = job.run(tx);
    // A full disk or a failed read may have made SQLite roll back everything by itself.
    if !in_transaction(tx) {
        return Err(Error::unavailable("the batch was rolled back"));
    }
    if !keep {
        sql(tx, "ROLLBACK TO job")?;
    }
    sql(tx, "RELEASE job")
}

/// Runs one transaction with a commit of its own, after its batch has failed.
fn alone(tx: &mut Tx, mut job: Box<dyn Job>) {
    let outcome = sql(tx, "BEGIN IMMEDIATE").and_then(|()| match job.run(tx) {
        true => sql(tx, "COMMIT"),
        false => Ok(()),
    });
    roll_back(tx);
    job.answer(outcome);
}

/// Ends the transaction if one is still open.
fn roll_back(tx: &mut Tx) {
    if in_transaction(tx)
        && let Err(e) = sql(tx, "ROLLBACK")
    {
        tracing::error!(error = &e as &dyn std::error::Error, "rollback failed");
    }
}

fn in_transaction(tx: &mut Tx) -> bool {
    matches!(tx.link(), Link::Sqlite(connection) if !connection.is_autocommit())
}

fn sql(tx: &mut Tx, text: &'static str) -> Result<()> {
    match tx.link() {
        Link::Sqlite(connection) => run(connection, text),
        Link::Postgres(_) => Ok(()),
    }
}
