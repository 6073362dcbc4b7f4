//! What will happen by itself: entitlements that expire, commands that become due.

use tradepost_model::Timestamp;
use tradepost_model::commands::Command;
use tradepost_model::ids::{OrderId, OrderItemId, ServerId, StoreId};
use tradepost_model::players::Player;

use crate::codec::player;
use crate::commands::{columns, read};
use crate::{Conn, Result, params};

crate::statements! {
    EXPIRIES = "SELECT i.id, i.order_id, o.number, o.username, o.uuid, i.package_name, i.quantity, i.server_id,
            i.expires_at
        FROM order_items i
        JOIN orders o ON o.id = i.order_id
        WHERE i.store_id = $1 AND i.ended_at IS NULL AND i.expires_at IS NOT NULL AND i.expires_at >= $2
            AND i.expires_at < $3
        ORDER BY i.expires_at, i.id
        LIMIT $4";
    DUE = concat!("SELECT ", columns!(), "
        FROM commands
        WHERE store_id = $1 AND server_id = $2 AND status = 'Pending' AND sent_at IS NULL AND due_at >= $3
            AND due_at < $4
        ORDER BY due_at, position
        LIMIT $5");
    DUE_IN_STORE = concat!("SELECT ", columns!(), "
        FROM commands
        WHERE store_id = $1 AND id IN (
            SELECT c.id
            FROM servers s CROSS JOIN commands c
            WHERE s.store_id = $1 AND c.server_id = s.id AND c.status = 'Pending' AND c.sent_at IS NULL
                AND c.due_at >= $2 AND c.due_at < $3
            ORDER BY c.due_at, c.id
            LIMIT $4)
        ORDER BY due_at, id");
}

/// An entitlement that will expire.
#[derive(Clone, Debug)]
pub struct Expiry {
    /// The line.
    pub item: OrderItemId,
    /// Its order.
    pub order: OrderId,
    /// The order's number.
    pub order_number: i64,
    /// Whose it is.
    pub player: Player,
    /// The package's name.
    pub package_name: String,
    /// How many.
    pub quantity: u32,
    /// The server the buyer chose.
    pub server: Option<ServerId>,
    /// When.
    pub at: Timestamp,
}

/// The entitlements that expire from `from` on and before `to`, soonest first.
pub async fn expiries(
    conn: &mut Conn,
    store: StoreId,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
) -> Result<Vec<Expiry>> {
    let rows = conn.query(EXPIRIES, &params![store, from, to, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(Expiry {
                item: row.get("id")?,
                order: row.get("order_id")?,
                order_number: row.get("number")?,
                player: player(row)?,
                package_name: row.get("package_name")?,
                quantity: row.get("quantity")?,
                server: row.get("server_id")?,
                at: row.get("expires_at")?,
            })
        })
        .collect()
}

/// A server's commands that become due from `from` on and before `to`, soonest first.
pub async fn due(
    conn: &mut Conn,
    store: StoreId,
    server: ServerId,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
) -> Result<Vec<Command>> {
    let rows = conn.query(DUE, &params![store, server, from, to, limit]).await?;
    rows.iter().map(read).collect()
}

/// The commands of all servers that become due from `from` on and before `to`, soonest first.
pub async fn due_in_store(
    conn: &mut Conn,
    store: StoreId,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
) -> Result<Vec<Command>> {
    let rows = conn.query(DUE_IN_STORE, &params![store, from, to, limit]).await?;
    rows.iter().map(read).collect()
}
