//! Answers to requests that carried an Idempotency-Key, by store and key.

use tradepost_model::Timestamp;
use tradepost_model::ids::StoreId;

use crate::{Conn, Result, Tx, params};

crate::statements! {
    CLAIM = "INSERT INTO idempotency_keys (store_id, key, fingerprint, created_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (store_id, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, status = NULL, etag = NULL, body = NULL,
            created_at = excluded.created_at
        WHERE idempotency_keys.created_at < $5";
    FIND = "SELECT fingerprint, status, etag, body
        FROM idempotency_keys
        WHERE store_id = $1 AND key = $2 AND created_at >= $3";
    KEEP = "UPDATE idempotency_keys SET status = $3, etag = $4, body = $5 WHERE store_id = $1 AND key = $2";
    FORGET = "DELETE FROM idempotency_keys
        WHERE (store_id, key) IN (
            SELECT store_id, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The HTTP status.
    pub status: u32,
    /// The entity tag, where the answer had one.
    pub etag: Option<String>,
    /// The body.
    pub body: String,
}

/// A key that was used: for which request, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Of the request.
    pub fingerprint: Vec<u8>,
    /// The answer.
    pub kept: Kept,
}

/// Takes a key, also over from a request before `cutoff`. `false` where a later request has it; one that is
/// under way is waited for. What takes it has to [`keep`] its answer in the same transaction.
pub async fn claim(
    tx: &mut Tx,
    store: StoreId,
    key: &str,
    fingerprint: &[u8],
    now: Timestamp,
    cutoff: Timestamp,
) -> Result<bool> {
    let values = params![store, key, fingerprint, now, cutoff];
    Ok(tx.exec(CLAIM, &values).await? == 1)
}

/// What a key was used for since `cutoff`.
pub async fn find(conn: &mut Conn, store: StoreId, key: &str, cutoff: Timestamp) -> Result<Option<Used>> {
    let row = conn.query_opt(FIND, &params![store, key, cutoff]).await?;
    row.map(|row| {
        Ok(Used {
            fingerprint: row.get("fingerprint")?,
            kept: Kept {
                status: row.get("status")?,
                etag: row.get("etag")?,
                body: row.get("body")?,
            },
        })
    })
    .transpose()
}

/// Keeps the answer to the request that has taken the key.
pub async fn keep(tx: &mut Tx, store: StoreId, key: &str, answer: &Kept) -> Result<()> {
    let Kept { status, etag, body } = answer;
    let values = params![store, key, *status, etag.as_deref(), body];
    tx.exec(KEEP, &values).await.map(|_| ())
}

/// Forgets keys of all stores that were used before `cutoff`, at most so many, and tells how many they were.
pub async fn forget(tx: &mut Tx, cutoff: Timestamp, most: u32) -> Result<u64> {
    tx.exec(FORGET, &params![cutoff, most]).await
}
