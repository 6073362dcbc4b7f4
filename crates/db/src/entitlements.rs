//! Entitlements: what a paid line of an order stands for, until it expires, is refunded or is charged
//! back.

use tradepost_model::Timestamp;
use tradepost_model::ids::{OrderId, OrderItemId, PackageId, ServerId, StoreId};
use tradepost_model::orders::EndReason;

use crate::{Conn, Result, Row, Tx, params};

// `NOT (... <> ...)`: SQLite goes by the player's orders, which are few, and not by a package's lines.
crate::statements! {
    LOCK_PLAYER = sqlite "SELECT $1 IS NULL AS held" postgres "SELECT pg_advisory_xact_lock($1) IS NULL AS held";
    SET_TIME = "UPDATE order_items SET starts_at = $3, expires_at = $4 WHERE store_id = $1 AND id = $2";
    LATER = "SELECT i.id, i.starts_at, i.expires_at
        FROM orders o CROSS JOIN order_items i
        WHERE o.store_id = $1 AND o.username_key = $2 AND o.status = 'Paid'
            AND i.order_id = o.id AND NOT (i.package_id <> $3) AND i.ended_at IS NULL
            AND (i.server_id = $4 OR ($4 IS NULL AND i.server_id IS NULL))
            AND i.expires_at > $5";
    TIMED = "SELECT id, package_id, server_id, starts_at, expires_at, ended_at
        FROM order_items
        WHERE store_id = $1 AND order_id = $2 AND expires_at IS NOT NULL
            AND (ended_at IS NULL OR end_reason = 'chargeback')
        ORDER BY id";
    LAST_EXPIRY = "SELECT MAX(i.expires_at) AS expires_at
        FROM orders o CROSS JOIN order_items i
        WHERE o.store_id = $1 AND o.username_key = $2 AND o.status = 'Paid'
            AND i.order_id = o.id AND NOT (i.package_id <> $3) AND i.ended_at IS NULL
            AND (i.server_id = $4 OR ($4 IS NULL AND i.server_id IS NULL))";
    HELD_OTHERWISE = "SELECT i.id
        FROM orders o CROSS JOIN order_items i
        WHERE o.store_id = $1 AND o.username_key = $2 AND o.status = 'Paid'
            AND i.order_id = o.id AND NOT (i.package_id <> $3) AND i.ended_at IS NULL
            AND (i.server_id = $4 OR ($4 IS NULL AND i.server_id IS NULL))
            AND i.id <> $5
        LIMIT 1";
    HOLDS = "SELECT i.id
        FROM orders o CROSS JOIN order_items i
        WHERE o.store_id = $1 AND o.username_key = $2 AND o.status = 'Paid'
            AND i.order_id = o.id AND NOT (i.package_id <> $3) AND i.ended_at IS NULL
        LIMIT 1";
    EVER_BOUGHT = "SELECT i.id
        FROM orders o CROSS JOIN order_items i
        WHERE o.store_id = $1 AND o.username_key = $2 AND o.paid_at IS NOT NULL
            AND i.order_id = o.id AND NOT (i.package_id <> $3)
        LIMIT 1";
    ORDER_OF = "SELECT order_id FROM order_items WHERE store_id = $1 AND id = $2";
    EXPIRE = "UPDATE order_items SET ended_at = $3, end_reason = 'expired'
        WHERE store_id = $1 AND id = $2 AND ended_at IS NULL AND expires_at <= $3";
    KEEP = "UPDATE order_items SET expires_at = NULL
        WHERE store_id = $1 AND id = $2 AND ended_at IS NULL AND expires_at IS NOT NULL";
    END_ALL = "UPDATE order_items SET ended_at = $3, end_reason = $4
        WHERE store_id = $1 AND order_id = $2 AND ended_at IS NULL";
    RESTORE_ALL = "UPDATE order_items SET ended_at = NULL, end_reason = NULL
        WHERE store_id = $1 AND order_id = $2 AND end_reason = 'chargeback'";
}

/// What tells whose entitlement to what it is: one player's, to one package, on one server where the
/// buyer chose one.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// The player's name, lower-cased.
    pub username_key: &'a str,
    /// The package.
    pub package: PackageId,
    /// The server the buyer chose.
    pub server: Option<ServerId>,
}

/// The time of a line's entitlement.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// The line.
    pub item: OrderItemId,
    /// When it begins to be used.
    pub starts_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A line that was bought for a time.
#[derive(Clone, Copy, Debug)]
pub struct TimedLine {
    /// Its time.
    pub period: Period,
    /// What.
    pub package: PackageId,
    /// Where, if the buyer chose.
    pub server: Option<ServerId>,
    /// When it was charged back, where it was.
    pub ended_at: Option<Timestamp>,
}

/// Keeps every other transaction from reckoning with the times of one player, whom this number stands
/// for, until this one ends. SQLite has one writer anyway.
pub async fn lock_player(tx: &mut Tx, number: i64) -> Result<()> {
    tx.query_one(LOCK_PLAYER, &params![number]).await.map(|_| ())
}

/// Sets the time of a line's entitlement.
pub async fn set_time(tx: &mut Tx, store: StoreId, period: Period) -> Result<()> {
    let Period { item, starts_at, expires_at } = period;
    tx.exec(SET_TIME, &params![store, item, starts_at, expires_at]).await.map(|_| ())
}

/// The active entitlements of a player to a package that expire after this time.
pub async fn later(
    conn: &mut Conn,
    store: StoreId,
    holding: Holding<'_>,
    after: Timestamp,
) -> Result<Vec<Period>> {
    let values = params![store, holding.username_key, holding.package, holding.server, after];
    conn.query(LATER, &values).await?.iter().map(read_period).collect()
}

/// The lines of an order that were bought for a time, and are active or were charged back.
pub async fn timed(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Vec<TimedLine>> {
    let rows = conn.query(TIMED, &params![store, order]).await?;
    rows.iter()
        .map(|row| {
            Ok(TimedLine {
                period: read_period(row)?,
                package: row.get("package_id")?,
                server: row.get("server_id")?,
                ended_at: row.get("ended_at")?,
            })
        })
        .collect()
}

fn read_period(row: &Row) -> Result<Period> {
    let expires_at: Timestamp = row.get("expires_at")?;
    let starts_at: Option<Timestamp> = row.get("starts_at")?;
    Ok(Period { item: row.get("id")?, starts_at: starts_at.unwrap_or(expires_at), expires_at })
}

/// When the last of a player's active entitlements to a package expires.
pub async fn last_expiry(conn: &mut Conn, store: StoreId, holding: Holding<'_>) -> Result<Option<Timestamp>> {
    let values = params![store, holding.username_key, holding.package, holding.server];
    conn.query_one(LAST_EXPIRY, &values).await?.get("expires_at")
}

/// Whether a player holds a package through another line than this one.
pub async fn held_otherwise(
    conn: &mut Conn,
    store: StoreId,
    holding: Holding<'_>,
    item: OrderItemId,
) -> Result<bool> {
    let values = params![store, holding.username_key, holding.package, holding.server, item];
    Ok(conn.query_opt(HELD_OTHERWISE, &values).await?.is_some())
}

/// The order of a line.
pub async fn order_of(conn: &mut Conn, store: StoreId, item: OrderItemId) -> Result<Option<OrderId>> {
    let row = conn.query_opt(ORDER_OF, &params![store, item]).await?;
    row.map(|row| row.get("order_id")).transpose()
}

/// Ends an entitlement whose time is over; `false` where it is not, or has ended.
pub async fn expire(tx: &mut Tx, store: StoreId, item: OrderItemId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(EXPIRE, &params![store, item, now]).await? == 1)
}

/// Lets an entitlement last for ever; `false` where it has ended or has no end.
pub async fn keep(tx: &mut Tx, store: StoreId, item: OrderItemId) -> Result<bool> {
    Ok(tx.exec(KEEP, &params![store, item]).await? == 1)
}

/// Ends all entitlements of an order.
pub async fn end_all(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    reason: EndReason,
    now: Timestamp,
) -> Result<()> {
    tx.exec(END_ALL, &params![store, order, now, reason.word()]).await.map(|_| ())
}

/// Lets the entitlements live again that a chargeback had ended.
pub async fn restore_all(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<()> {
    tx.exec(RESTORE_ALL, &params![store, order]).await.map(|_| ())
}

/// Whether a player has a package now, wherever.
pub async fn holds(conn: &mut Conn, store: StoreId, username_key: &str, package: PackageId) -> Result<bool> {
    Ok(conn.query_opt(HOLDS, &params![store, username_key, package]).await?.is_some())
}

/// Whether a player was ever given a package, even if it ended since.
pub async fn ever_bought(conn: &mut Conn, store: StoreId, username_key: &str, package: PackageId) -> Result<bool> {
    Ok(conn.query_opt(EVER_BOUGHT, &params![store, username_key, package]).await?.is_some())
}
