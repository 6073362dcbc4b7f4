//! Numbers for the dashboard's first page. These may look at many rows: `Db::scan`.

use tradepost_model::Timestamp;
use tradepost_model::ids::StoreId;

use crate::{Conn, Result, params};

crate::statements! {
    PAID = "SELECT paid_at, total FROM orders
        WHERE store_id = $1 AND paid_at >= $2 AND paid_at < $3 AND status = 'Paid'";
    DELIVERY = "SELECT o.paid_at, MAX(c.finished_at) AS done_at
        FROM orders o
        JOIN commands c ON c.order_id = o.id
        WHERE o.store_id = $1 AND o.paid_at >= $2 AND o.paid_at < $3 AND c.status = 'Completed'
        GROUP BY o.id, o.paid_at";
    EVER_SOLD = "SELECT id FROM orders WHERE store_id = $1 AND paid_at IS NOT NULL LIMIT 1";
    RECENT_PURCHASES = "SELECT o.username, i.package_name, o.paid_at
        FROM orders o
        JOIN order_items i ON i.order_id = o.id AND i.position = 0
        WHERE o.store_id = $1 AND o.status = 'Paid' AND o.paid_at >= $2
        ORDER BY o.paid_at DESC
        LIMIT $3";
}

/// When and how much was paid in a time, in minor units.
pub async fn paid(conn: &mut Conn, store: StoreId, from: Timestamp, to: Timestamp) -> Result<Vec<(Timestamp, i64)>> {
    let rows = conn.query(PAID, &params![store, from, to]).await?;
    rows.iter().map(|row| Ok((row.get("paid_at")?, row.get("total")?))).collect()
}

/// For each order paid in a time and delivered at least in part: when it was paid, and when its last
/// command ended.
pub async fn deliveries(
    conn: &mut Conn,
    store: StoreId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Timestamp, Timestamp)>> {
    let rows = conn.query(DELIVERY, &params![store, from, to]).await?;
    rows.iter().map(|row| Ok((row.get("paid_at")?, row.get("done_at")?))).collect()
}

/// Whether the store has ever sold anything.
pub async fn ever_sold(conn: &mut Conn, store: StoreId) -> Result<bool> {
    Ok(conn.query_opt(EVER_SOLD, &params![store]).await?.is_some())
}

/// The last purchases since a time, newest first: who, the first thing they bought, when.
pub async fn recent_purchases(
    conn: &mut Conn,
    store: StoreId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<(String, String, Timestamp)>> {
    let rows = conn.query(RECENT_PURCHASES, &params![store, since, limit]).await?;
    rows.iter().map(|row| Ok((row.get("username")?, row.get("package_name")?, row.get("paid_at")?))).collect()
}
