//! Jobs: a row, a due time, a lease, attempts. Written in the transaction that needs the work done.

use tradepost_model::Timestamp;
use tradepost_model::ids::{JobId, StoreId};

use crate::{Conn, Result, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO jobs (id, kind, subject, store_id, due_at, attempts, created_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6)
        ON CONFLICT (kind, subject) DO UPDATE SET attempts = jobs.attempts + 1,
            due_at = CASE WHEN excluded.due_at < jobs.due_at THEN excluded.due_at ELSE jobs.due_at END";
    CLAIM = sqlite "UPDATE jobs SET lease_until = $2, attempts = attempts + 1
        WHERE id IN (
            SELECT id FROM jobs
            WHERE due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
            ORDER BY due_at LIMIT $3)
        RETURNING id, kind, subject, store_id, attempts"
    postgres "UPDATE jobs SET lease_until = $2, attempts = attempts + 1
        WHERE id IN (
            SELECT id FROM jobs
            WHERE due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
            ORDER BY due_at LIMIT $3
            FOR UPDATE SKIP LOCKED)
        RETURNING id, kind, subject, store_id, attempts";
    DONE = "DELETE FROM jobs WHERE id = $1 AND attempts = $2";
    DONE_FOR = "DELETE FROM jobs WHERE store_id = $1 AND kind = $2 AND subject = $3";
    POSTPONE = "UPDATE jobs SET due_at = $3, lease_until = NULL, last_error = $4
        WHERE id = $1 AND attempts = $2";
    NEXT_DUE = "SELECT MIN(due_at) AS due_at FROM jobs WHERE lease_until IS NULL OR lease_until <= $1";
}

/// A claimed job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Identity.
    pub id: JobId,
    /// What kind of work.
    pub kind: String,
    /// On what: an id, as text.
    pub subject: String,
    /// Whose.
    pub store: StoreId,
    /// Which attempt this is, from 1.
    pub attempts: u32,
}

/// Adds a job. Where the same is there it stays, is due at the earlier time, and counts as asked for anew:
/// a run under way can no longer remove it.
pub async fn enqueue(
    tx: &mut Tx,
    store: StoreId,
    id: JobId,
    kind: &str,
    subject: &str,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    tx.exec(INSERT, &params![id, kind, subject, store, due_at, now]).await.map(|_| ())
}

/// Claims up to `limit` due jobs, of any store, until `lease_until`.
pub async fn claim(tx: &mut Tx, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<Job>> {
    let rows = tx.query(CLAIM, &params![now, lease_until, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(Job {
                id: row.get("id")?,
                kind: row.get("kind")?,
                subject: row.get("subject")?,
                store: row.get("store_id")?,
                attempts: row.get("attempts")?,
            })
        })
        .collect()
}

/// Removes a job that is done, unless it was asked for anew meanwhile or another claimed it.
pub async fn done(tx: &mut Tx, job: &Job) -> Result<()> {
    tx.exec(DONE, &params![job.id, job.attempts]).await.map(|_| ())
}

/// Removes a job whose work was done elsewhere.
pub async fn done_for(tx: &mut Tx, store: StoreId, kind: &str, subject: &str) -> Result<()> {
    tx.exec(DONE_FOR, &params![store, kind, subject]).await.map(|_| ())
}

/// Gives a job back, to be tried again at `due_at`.
pub async fn postpone(tx: &mut Tx, job: &Job, due_at: Timestamp, error: &str) -> Result<()> {
    let values = params![job.id, job.attempts, due_at, error];
    tx.exec(POSTPONE, &values).await.map(|_| ())
}

/// When the next job is due that nobody runs now.
pub async fn next_due(conn: &mut Conn, now: Timestamp) -> Result<Option<Timestamp>> {
    conn.query_one(NEXT_DUE, &params![now]).await?.get("due_at")
}
