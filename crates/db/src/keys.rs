//! Keys of the Management API. Only a hash of the secret is kept.

use tradepost_model::Timestamp;
use tradepost_model::ids::{ApiKeyId, StoreId};
use tradepost_model::keys::ApiKey;
use tradepost_model::plans::Subscribed;

use crate::stores::read_plan;
use crate::users::{permissions_json, read_permissions};
use crate::{Conn, Result, Row, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO api_keys (id, store_id, name, prefix, secret_hash, permissions, expires_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    BY_HASH = "SELECT k.id, k.store_id, k.name, k.prefix, k.permissions, k.expires_at, k.revoked_at,
            k.last_used_at, k.created_at, s.short_id, s.plan, s.plan_expires_at
        FROM api_keys k
        JOIN stores s ON s.id = k.store_id
        WHERE k.secret_hash = $1";
    LIST = "SELECT id, store_id, name, prefix, permissions, expires_at, revoked_at, last_used_at, created_at
        FROM api_keys
        WHERE store_id = $1
        ORDER BY id DESC";
    FIND = "SELECT id, store_id, name, prefix, permissions, expires_at, revoked_at, last_used_at, created_at
        FROM api_keys
        WHERE store_id = $1 AND id = $2";
    REGENERATE = "UPDATE api_keys SET prefix = $3, secret_hash = $4
        WHERE store_id = $1 AND id = $2 AND revoked_at IS NULL";
    USED = "UPDATE api_keys SET last_used_at = $3
        WHERE store_id = $1 AND id = $2 AND (last_used_at < $3 OR last_used_at IS NULL)";
    REVOKE = "UPDATE api_keys SET revoked_at = $3 WHERE store_id = $1 AND id = $2 AND revoked_at IS NULL";
}

/// Adds a key.
pub async fn insert(tx: &mut Tx, key: &ApiKey, secret_hash: &[u8]) -> Result<()> {
    let ApiKey { id, store, name, prefix, permissions, expires_at, revoked_at: _, last_used_at: _, created_at } = key;
    let values =
        params![*id, *store, name, prefix, secret_hash, permissions_json(permissions), *expires_at, *created_at];
    tx.exec(INSERT, &values).await.map(|_| ())
}

/// A key by the hash of its secret, where it belongs to the store of that short id, and the store's plan.
/// Revoked and expired keys are found too.
pub async fn by_hash(
    conn: &mut Conn,
    short_id: &str,
    secret_hash: &[u8],
) -> Result<Option<(ApiKey, Subscribed)>> {
    let Some(row) = conn.query_opt(BY_HASH, &params![secret_hash]).await? else { return Ok(None) };
    if row.text("short_id")? != short_id {
        return Ok(None);
    }
    Ok(Some((read(&row)?, read_plan(&row)?)))
}

/// A key, revoked or not.
pub async fn find(conn: &mut Conn, store: StoreId, key: ApiKeyId) -> Result<Option<ApiKey>> {
    conn.query_opt(FIND, &params![store, key]).await?.map(|row| read(&row)).transpose()
}

/// A store's keys, newest first.
pub async fn list(conn: &mut Conn, store: StoreId) -> Result<Vec<ApiKey>> {
    conn.query(LIST, &params![store]).await?.iter().map(read).collect()
}

/// Revokes a key; `false` where there is none to revoke.
pub async fn revoke(tx: &mut Tx, store: StoreId, key: ApiKeyId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(REVOKE, &params![store, key, now]).await? == 1)
}

/// Gives a key another secret; `false` where there is none, or it was revoked.
pub async fn regenerate(
    tx: &mut Tx,
    store: StoreId,
    key: ApiKeyId,
    prefix: &str,
    secret_hash: &[u8],
) -> Result<bool> {
    Ok(tx.exec(REGENERATE, &params![store, key, prefix, secret_hash]).await? == 1)
}

/// Notes when keys of any stores were used. They come in the order of their ids, so that two nodes do not
/// wait for each other.
pub async fn used(tx: &mut Tx, uses: &[(StoreId, ApiKeyId, Timestamp)]) -> Result<()> {
    let rows = uses.iter().map(|(store, key, at)| params![*store, *key, *at].to_vec());
    tx.exec_many(USED, rows.collect()).await.map(|_| ())
}

fn read(row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.get("id")?,
        store: row.get("store_id")?,
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        permissions: read_permissions(row)?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
        last_used_at: row.get("last_used_at")?,
        created_at: row.get("created_at")?,
    })
}
