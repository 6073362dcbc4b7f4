//! What is scarce: how many of a package are left, in all and for one player. Every change is a
//! conditional update; nothing is checked first and written later.

use tradepost_model::Timestamp;
use tradepost_model::ids::{OrderId, PackageId, StoreId};

use crate::{Conn, Result, Tx, params};

crate::statements! {
    RESERVE = "UPDATE packages
        SET reserved = reserved + $3
        WHERE store_id = $1 AND id = $2 AND (global_limit IS NULL OR sold + reserved + $3 <= global_limit)";
    SELL_RESERVED = "UPDATE packages
        SET reserved = reserved - $3, sold = sold + $3
        WHERE store_id = $1 AND id = $2";
    SELL = "UPDATE packages
        SET sold = sold + $3
        WHERE store_id = $1 AND id = $2 AND (global_limit IS NULL OR sold + reserved + $3 <= global_limit)";
    RELEASE = "UPDATE packages SET reserved = reserved - $3 WHERE store_id = $1 AND id = $2";
    TAKE_FOR_PLAYER = "INSERT INTO player_limits (store_id, package_id, customer_key, used)
        SELECT $1, $2, $3, CAST($4 AS bigint) WHERE CAST($4 AS bigint) <= CAST($5 AS bigint)
        ON CONFLICT (package_id, customer_key) DO UPDATE SET used = player_limits.used + excluded.used
        WHERE player_limits.used + excluded.used <= CAST($5 AS bigint)";
    GIVE_BACK_FOR_PLAYER = "UPDATE player_limits
        SET used = used - $4
        WHERE store_id = $1 AND package_id = $2 AND customer_key = $3";
    UNSELL = "UPDATE packages SET sold = sold - $3 WHERE store_id = $1 AND id = $2";
    USED_BY_PLAYER = "SELECT used FROM player_limits WHERE store_id = $1 AND package_id = $2 AND customer_key = $3";
    HOLD = "INSERT INTO reservations (store_id, order_id, state, expires_at)
        VALUES ($1, $2, 'held', $3)
        ON CONFLICT (order_id) DO UPDATE SET state = 'held', expires_at = excluded.expires_at
        WHERE reservations.state = 'released'";
    EXTEND = "UPDATE reservations SET expires_at = $3 WHERE store_id = $1 AND order_id = $2 AND state = 'held'";
    USE = "UPDATE reservations SET state = 'used' WHERE store_id = $1 AND order_id = $2 AND state = 'held'";
    USE_RELEASED = "UPDATE reservations SET state = 'used' WHERE store_id = $1 AND order_id = $2 AND state = 'released'";
    LET_GO_EXPIRED = "UPDATE reservations SET state = 'released'
        WHERE store_id = $1 AND order_id = $2 AND state = 'held' AND expires_at <= $3";
    LET_GO = "UPDATE reservations SET state = 'released' WHERE store_id = $1 AND order_id = $2 AND state = 'held'";
    EXPIRY = "SELECT expires_at FROM reservations WHERE store_id = $1 AND order_id = $2 AND state = 'held'";
}

/// Reserves some of a package; `false` where not so many are left.
pub async fn reserve(tx: &mut Tx, store: StoreId, package: PackageId, quantity: u32) -> Result<bool> {
    Ok(tx.exec(RESERVE, &params![store, package, quantity]).await? == 1)
}

/// Turns reserved ones into sold ones.
pub async fn sell_reserved(tx: &mut Tx, store: StoreId, package: PackageId, quantity: u32) -> Result<()> {
    tx.exec(SELL_RESERVED, &params![store, package, quantity]).await.map(|_| ())
}

/// Sells without a reservation; `false` where not so many are left.
pub async fn sell(tx: &mut Tx, store: StoreId, package: PackageId, quantity: u32) -> Result<bool> {
    Ok(tx.exec(SELL, &params![store, package, quantity]).await? == 1)
}

/// Gives reserved ones back.
pub async fn release(tx: &mut Tx, store: StoreId, package: PackageId, quantity: u32) -> Result<()> {
    tx.exec(RELEASE, &params![store, package, quantity]).await.map(|_| ())
}

/// Takes sold ones back.
pub async fn unsell(tx: &mut Tx, store: StoreId, package: PackageId, quantity: u32) -> Result<()> {
    tx.exec(UNSELL, &params![store, package, quantity]).await.map(|_| ())
}

/// Counts a purchase towards a player's limit; `false` where it would go over.
pub async fn take_for_player(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    customer_key: &str,
    quantity: u32,
    limit: u32,
) -> Result<bool> {
    Ok(tx.exec(TAKE_FOR_PLAYER, &params![store, package, customer_key, quantity, limit]).await? == 1)
}

/// Takes a purchase off a player's count.
pub async fn give_back_for_player(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    customer_key: &str,
    quantity: u32,
) -> Result<()> {
    tx.exec(GIVE_BACK_FOR_PLAYER, &params![store, package, customer_key, quantity]).await.map(|_| ())
}

/// How many a player has bought or reserved. For showing; the limit itself is held by
/// [`take_for_player`].
pub async fn used_by_player(
    conn: &mut Conn,
    store: StoreId,
    package: PackageId,
    customer_key: &str,
) -> Result<u32> {
    let row = conn.query_opt(USED_BY_PLAYER, &params![store, package, customer_key]).await?;
    row.map_or(Ok(0), |row| row.get("used"))
}

/// Notes that an order holds its goods; `false` where it holds or has used them already.
pub async fn hold(tx: &mut Tx, store: StoreId, order: OrderId, expires_at: Timestamp) -> Result<bool> {
    Ok(tx.exec(HOLD, &params![store, order, expires_at]).await? == 1)
}

/// Lets a held reservation last longer; `false` where none is held.
pub async fn extend(tx: &mut Tx, store: StoreId, order: OrderId, expires_at: Timestamp) -> Result<bool> {
    Ok(tx.exec(EXTEND, &params![store, order, expires_at]).await? == 1)
}

/// Uses a held reservation up; `false` where none is held.
pub async fn consume(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<bool> {
    Ok(tx.exec(USE, &params![store, order]).await? == 1)
}

/// Uses up a reservation that was let go, for a payment that came late; `false` where there is none.
pub async fn consume_released(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<bool> {
    Ok(tx.exec(USE_RELEASED, &params![store, order]).await? == 1)
}

/// Lets a held reservation go; `false` where none is held.
pub async fn let_go(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<bool> {
    Ok(tx.exec(LET_GO, &params![store, order]).await? == 1)
}

/// Lets a held reservation go whose time is over; `false` where there is none.
pub async fn let_go_expired(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(LET_GO_EXPIRED, &params![store, order, now]).await? == 1)
}

/// When a held reservation expires; `None` where none is held.
pub async fn expiry(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Option<Timestamp>> {
    let row = conn.query_opt(EXPIRY, &params![store, order]).await?;
    row.map(|row| row.get("expires_at")).transpose()
}
