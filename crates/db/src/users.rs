//! Users, their memberships and their sessions on our pages.

use std::collections::BTreeMap;

use tradepost_model::Timestamp;
use tradepost_model::ids::{StoreId, UserId};
use tradepost_model::permissions::Permissions;
use tradepost_model::users::User;

use crate::{Conn, Error, Result, Row, Tx, Value, params};

crate::statements! {
    INSERT = "INSERT INTO users (id, email, email_key, name, password_hash, token_epoch, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6, $6)
        ON CONFLICT (email_key) DO NOTHING";
    FIND = "SELECT id, email, name, password_hash, token_epoch, created_at FROM users WHERE id = $1";
    BY_EMAIL = "SELECT id, email, name, password_hash, token_epoch, created_at FROM users WHERE email_key = $1";
    SET_PASSWORD = "UPDATE users
        SET password_hash = $2, token_epoch = token_epoch + 1, updated_at = $3
        WHERE id = $1";
    BUMP_EPOCH = "UPDATE users SET token_epoch = token_epoch + 1, updated_at = $2 WHERE id = $1";
    JOIN = "INSERT INTO memberships (store_id, user_id, permissions, created_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (store_id, user_id) DO UPDATE SET permissions = excluded.permissions";
    MEMBERSHIP = "SELECT permissions FROM memberships WHERE store_id = $1 AND user_id = $2";
    OPEN_SESSION = "INSERT INTO web_sessions (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    BY_SESSION = "SELECT u.id, u.email, u.name, u.password_hash, u.token_epoch, u.created_at
        FROM web_sessions w
        JOIN users u ON u.id = w.user_id
        WHERE w.token_hash = $1 AND w.expires_at > $2";
    CLOSE_SESSION = "DELETE FROM web_sessions WHERE token_hash = $1";
    CLOSE_SESSIONS = "DELETE FROM web_sessions WHERE user_id = $1";
    PURGE_SESSIONS = "DELETE FROM web_sessions WHERE expires_at <= $1";
}

/// Adds a user; `false` where the address is taken.
pub async fn insert(tx: &mut Tx, user: &User, password_hash: &str) -> Result<bool> {
    let User { id, email, name, token_epoch: _, created_at } = user;
    let values = params![*id, email, email_key(email), name, password_hash, *created_at];
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// A user by identity.
pub async fn find(conn: &mut Conn, user: UserId) -> Result<Option<User>> {
    conn.query_opt(FIND, &params![user]).await?.map(|row| read(&row)).transpose()
}

/// A user and the password hash, by address, ignoring case.
pub async fn by_email(conn: &mut Conn, email: &str) -> Result<Option<(User, String)>> {
    let Some(row) = conn.query_opt(BY_EMAIL, &params![email_key(email)]).await? else { return Ok(None) };
    Ok(Some((read(&row)?, row.get("password_hash")?)))
}

/// Sets a new password hash and voids every token and session of the user.
pub async fn set_password(tx: &mut Tx, user: UserId, password_hash: &str, now: Timestamp) -> Result<()> {
    tx.exec(SET_PASSWORD, &params![user, password_hash, now]).await?;
    tx.exec(CLOSE_SESSIONS, &params![user]).await.map(|_| ())
}

/// Voids every token of the user.
pub async fn void_tokens(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<()> {
    tx.exec(BUMP_EPOCH, &params![user, now]).await.map(|_| ())
}

/// Makes a user a member of a store, or changes what the member may do.
pub async fn join(
    tx: &mut Tx,
    store: StoreId,
    user: UserId,
    permissions: &Permissions,
    now: Timestamp,
) -> Result<()> {
    let values = params![store, user, permissions_json(permissions), now];
    tx.exec(JOIN, &values).await.map(|_| ())
}

/// What a user may do in a store; `None` for somebody who is no member.
pub async fn membership(conn: &mut Conn, store: StoreId, user: UserId) -> Result<Option<Permissions>> {
    let row = conn.query_opt(MEMBERSHIP, &params![store, user]).await?;
    row.map(|row| read_permissions(&row)).transpose()
}

/// Opens a session on our pages.
pub async fn open_session(
    tx: &mut Tx,
    token_hash: &[u8],
    user: UserId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.exec(PURGE_SESSIONS, &params![now]).await?;
    tx.exec(OPEN_SESSION, &params![token_hash, user, now, expires_at]).await.map(|_| ())
}

/// Whose session it is, while it lasts.
pub async fn by_session(conn: &mut Conn, token_hash: &[u8], now: Timestamp) -> Result<Option<User>> {
    conn.query_opt(BY_SESSION, &params![token_hash, now]).await?.map(|row| read(&row)).transpose()
}

/// Ends a session.
pub async fn close_session(tx: &mut Tx, token_hash: &[u8]) -> Result<()> {
    tx.exec(CLOSE_SESSION, &params![token_hash]).await.map(|_| ())
}

/// Permissions as they are stored.
pub(crate) fn permissions_json(permissions: &Permissions) -> Value {
    Value::Json(serde_json::json!(permissions.to_words()))
}

/// Permissions from the column `permissions`.
pub(crate) fn read_permissions(row: &Row) -> Result<Permissions> {
    let words = serde_json::from_str::<BTreeMap<&str, Vec<&str>>>(row.text("permissions")?);
    let words = words.map_err(|_| Error::Decode { column: "permissions".to_owned() })?;
    Ok(Permissions::from_words(words))
}

fn email_key(email: &str) -> String {
    email.to_lowercase()
}

fn read(row: &Row) -> Result<User> {
    Ok(User {
        id: row.get("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        token_epoch: row.get("token_epoch")?,
        created_at: row.get("created_at")?,
    })
}
