//! Customers and what they have spent.

use tradepost_model::Timestamp;
use tradepost_model::ids::{CustomerId, StoreId};
use tradepost_model::players::Player;

use crate::{Result, Tx, params};

crate::statements! {
    BUYS = "INSERT INTO customers
        (id, store_id, customer_key, username, uuid, total_spent, orders_count, last_purchase_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)
        ON CONFLICT (store_id, customer_key) DO UPDATE
        SET username = excluded.username, total_spent = customers.total_spent + excluded.total_spent,
            orders_count = customers.orders_count + 1, last_purchase_at = excluded.last_purchase_at";
    ADJUST = "UPDATE customers SET total_spent = total_spent + $3 WHERE store_id = $1 AND customer_key = $2";
}

/// Counts a paid order, adding the customer where it is the first.
pub async fn buys(
    tx: &mut Tx,
    store: StoreId,
    new_id: CustomerId,
    player: &Player,
    total_minor: i64,
    now: Timestamp,
) -> Result<()> {
    let values =
        params![new_id, store, player.customer_key(), player.username.as_str(), player.uuid, total_minor, now];
    tx.exec(BUYS, &values).await.map(|_| ())
}

/// Counts money that went back, or came back: minor units, with their sign.
pub async fn adjust(tx: &mut Tx, store: StoreId, player: &Player, minor: i64) -> Result<()> {
    tx.exec(ADJUST, &params![store, player.customer_key(), minor]).await.map(|_| ())
}
