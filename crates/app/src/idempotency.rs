//! Requests that may be repeated: who sends a key with a request gets one answer for it, however often it
//! arrives within a day.
//!
//! The key's row is the first thing an operation's transaction writes, and its answer the last. So a crash
//! leaves both or neither, and a twin that comes meanwhile waits for the row and then finds the answer.
//! An operation that fails rolls the row back with all else: its request may be mended and sent again.

use jiff::ToSpan as _;
use sha2::{Digest as _, Sha256};
use tradepost_db::{Tx, idempotency as db};
use tradepost_model::Timestamp;
use tradepost_model::ids::StoreId;

pub use tradepost_db::idempotency::Kept;

use crate::{App, Error, Result};

/// How long a key is remembered.
const HOURS: i64 = 24;
const FORGET_EVERY: std::time::Duration = std::time::Duration::from_secs(600);
const FORGET_BATCH: u32 = 1000;

/// A request that is to be done once.
#[derive(Clone, Debug)]
pub struct Once {
    /// Whose key it is.
    pub store: StoreId,
    /// The key.
    pub key: String,
    /// Tells this request from others; see [`fingerprint`].
    pub fingerprint: [u8; 32],
}

/// SHA-256 over some parts, each with its length, so that nothing can move from one to the next.
pub fn fingerprint(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl Once {
    /// The answer, where this was done before. Errors: the key was used for another request.
    pub async fn find(&self, app: &App) -> Result<Option<Kept>> {
        let (once, cutoff) = (self.clone(), cutoff(app.now()));
        let used = app
            .read(async move |conn| Ok(db::find(conn, once.store, &once.key, cutoff).await?))
            .await?;
        used.map(|used| self.same(used)).transpose()
    }

    /// Takes the key before anything else happens in a transaction. Gives the answer, where a twin was
    /// faster. Errors: the key was used for another request.
    pub async fn claim(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<Kept>> {
        let Self { store, key, .. } = self;
        // Between a claim that was refused and the look at who has it, the row may be forgotten.
        for _ in 0..3 {
            if db::claim(tx, *store, key, &self.fingerprint, now, cutoff(now)).await? {
                return Ok(None);
            }
            if let Some(used) = db::find(tx, *store, key, cutoff(now)).await? {
                return self.same(used).map(Some);
            }
        }
        Err(Error::internal(
            "an idempotency key is neither free nor taken",
        ))
    }

    /// Keeps the answer, at the end of the transaction that took the key.
    pub async fn keep(&self, tx: &mut Tx, answer: &Kept) -> Result<()> {
        Ok(db::keep(tx, self.store, &self.key, answer).await?)
    }

    fn same(&self, used: db::Used) -> Result<Kept> {
        if used.fingerprint == self.fingerprint {
            return Ok(used.kept);
        }
        Err(Error::conflict(
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request, choose a new one",
        ))
    }
}

fn cutoff(now: Timestamp) -> Timestamp {
    now - HOURS.hours()
}

/// Forgets old keys until the process stops.
pub async fn run(app: App) {
    loop {
        if let Err(error) = forget_old(&app).await {
            tracing::warn!(error = ?error, "could not forget old idempotency keys, will try again");
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(FORGET_EVERY) => {}
        }
    }
}

/// Forgets the keys that are too old to count.
pub async fn forget_old(app: &App) -> Result<()> {
    let cutoff = cutoff(app.now());
    loop {
        let forgotten = app
            .write(async move |tx| Ok(db::forget(tx, cutoff, FORGET_BATCH).await?))
            .await?;
        if forgotten < u64::from(FORGET_BATCH) {
            return Ok(());
        }
    }
}
