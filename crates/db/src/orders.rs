//! Orders and their lines.

use tradepost_model::Timestamp;
use tradepost_model::ids::{OrderId, SessionId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::orders::{EndReason, Order, OrderItem, OrderStatus};
use tradepost_model::players::username_key;

use crate::codec::{money, player, word};
use crate::{Conn, Result, Row, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO orders
        (id, store_id, number, status, username, username_key, uuid, email, total, currency, provider, session_id,
            created_at, updated_at, paid_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)";
    INSERT_ITEM = "INSERT INTO order_items
        (id, store_id, order_id, position, package_id, package_name, quantity, unit_price, total, server_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    FIND = "SELECT id, number, status, username, uuid, email, total, currency, provider, session_id, reason,
            created_at, updated_at, paid_at
        FROM orders
        WHERE store_id = $1 AND id = $2";
    BY_SESSION = "SELECT id, number, status, username, uuid, email, total, currency, provider, session_id, reason,
            created_at, updated_at, paid_at
        FROM orders
        WHERE store_id = $1 AND session_id = $2";
    NEWEST = "SELECT id, number, status, username, uuid, email, total, currency, provider, session_id, reason,
            created_at, updated_at, paid_at
        FROM orders
        WHERE store_id = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3";
    NEWEST_OF_STATUS = "SELECT id, number, status, username, uuid, email, total, currency, provider, session_id,
            reason, created_at, updated_at, paid_at
        FROM orders
        WHERE store_id = $1 AND id < $2 AND status = $4
        ORDER BY id DESC
        LIMIT $3";
    NEWEST_OF_PLAYER = "SELECT id, number, status, username, uuid, email, total, currency, provider, session_id,
            reason, created_at, updated_at, paid_at
        FROM orders
        WHERE store_id = $1 AND id < $2 AND username_key = $4 AND (status = $5 OR $5 IS NULL)
        ORDER BY id DESC
        LIMIT $3";
    ITEMS = "SELECT id, package_id, package_name, quantity, unit_price, total, server_id, expires_at, ended_at,
            end_reason
        FROM order_items
        WHERE store_id = $1 AND order_id = $2
        ORDER BY position";
    REFUND = "UPDATE orders SET status = 'Refunded', reason = $3, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND status = 'Paid'";
    CHARGE_BACK = "UPDATE orders SET status = 'Chargeback', reason = $3, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND status = 'Paid'";
    REFUND_CHARGED_BACK = "UPDATE orders SET status = 'Refunded', reason = $3, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND status = 'Chargeback'";
    WIN_BACK = "UPDATE orders SET status = 'Paid', reason = NULL, updated_at = $3
        WHERE store_id = $1 AND id = $2 AND status = 'Chargeback'";
    SET_EMAIL = "UPDATE orders SET email = $3, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND status = 'Pending'";
    PAY = "UPDATE orders SET status = 'Paid', provider = $3, paid_at = $4, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND status = 'Pending'";
    CANCEL = "UPDATE orders SET status = 'Cancelled', reason = $3, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND status = 'Pending'";
}

/// What a page of orders is filtered by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this player's, by name, ignoring case.
    pub username: Option<String>,
    /// Only those that stand here.
    pub status: Option<OrderStatus>,
    /// Only those older than this one.
    pub before: Option<OrderId>,
}

/// Adds an order with its lines.
pub async fn insert(tx: &mut Tx, store: StoreId, order: &Order, items: &[OrderItem]) -> Result<()> {
    let values = params![
        order.id,
        store,
        order.number,
        order.status.word(),
        order.player.username.as_str(),
        order.player.username.key(),
        order.player.uuid,
        order.email.as_deref(),
        order.total.minor(),
        order.total.currency().code(),
        &order.provider,
        order.session.as_ref(),
        order.created_at,
        order.paid_at,
    ];
    tx.exec(INSERT, &values).await?;
    let rows = (0_i64..).zip(items).map(|(position, item)| {
        let OrderItem { id, package, package_name, quantity, unit_price, total, server, expires_at: _, ended: _ } =
            item;
        params![
            *id,
            store,
            order.id,
            position,
            *package,
            package_name,
            *quantity,
            unit_price.minor(),
            total.minor(),
            *server,
        ]
        .to_vec()
    });
    tx.exec_many(INSERT_ITEM, rows.collect()).await.map(|_| ())
}

/// An order by identity.
pub async fn find(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Option<Order>> {
    conn.query_opt(FIND, &params![store, order]).await?.map(|row| read(&row)).transpose()
}

/// The order of a checkout session, once payment has started.
pub async fn by_session(conn: &mut Conn, store: StoreId, session: &SessionId) -> Result<Option<Order>> {
    conn.query_opt(BY_SESSION, &params![store, session]).await?.map(|row| read(&row)).transpose()
}

/// Orders, newest first.
pub async fn newest(conn: &mut Conn, store: StoreId, filter: &Filter, limit: u32) -> Result<Vec<Order>> {
    let before = filter.before.unwrap_or(OrderId(uuid::Uuid::max()));
    let status = filter.status.map(OrderStatus::word);
    let rows = match (&filter.username, status) {
        (Some(username), status) => {
            let values = params![store, before, limit, username_key(username), status];
            conn.query(NEWEST_OF_PLAYER, &values).await?
        }
        (None, Some(status)) => conn.query(NEWEST_OF_STATUS, &params![store, before, limit, status]).await?,
        (None, None) => conn.query(NEWEST, &params![store, before, limit]).await?,
    };
    rows.iter().map(read).collect()
}

/// The lines of an order.
pub async fn items(conn: &mut Conn, store: StoreId, order: OrderId, currency: Currency) -> Result<Vec<OrderItem>> {
    let rows = conn.query(ITEMS, &params![store, order]).await?;
    rows.iter().map(|row| read_item(row, currency)).collect()
}

/// Sets the buyer's address on an order that is not paid yet.
pub async fn set_email(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    email: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    tx.exec(SET_EMAIL, &params![store, order, email, now]).await.map(|_| ())
}

/// Pending -> Paid; `false` where it is not pending.
pub async fn pay(tx: &mut Tx, store: StoreId, order: OrderId, provider: &str, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(PAY, &params![store, order, provider, now]).await? == 1)
}

/// Pending -> Cancelled; `false` where it is not pending.
pub async fn cancel(tx: &mut Tx, store: StoreId, order: OrderId, reason: &str, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(CANCEL, &params![store, order, reason, now]).await? == 1)
}

/// Paid -> Refunded; `false` where it is not paid.
pub async fn refund(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(REFUND, &params![store, order, reason, now]).await? == 1)
}

/// Paid -> Chargeback; `false` where it is not paid.
pub async fn charge_back(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(CHARGE_BACK, &params![store, order, reason, now]).await? == 1)
}

/// Chargeback -> Refunded; `false` where it is not charged back.
pub async fn refund_charged_back(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(REFUND_CHARGED_BACK, &params![store, order, reason, now]).await? == 1)
}

/// Chargeback -> Paid; `false` where it is not charged back.
pub async fn win_back(tx: &mut Tx, store: StoreId, order: OrderId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(WIN_BACK, &params![store, order, now]).await? == 1)
}

fn read(row: &Row) -> Result<Order> {
    Ok(Order {
        id: row.get("id")?,
        number: row.get("number")?,
        status: word(row, "status", OrderStatus::parse)?,
        player: player(row)?,
        email: row.get("email")?,
        total: money(row, "total")?,
        provider: row.get("provider")?,
        session: row.get("session_id")?,
        reason: row.get("reason")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        paid_at: row.get("paid_at")?,
    })
}

pub(crate) fn read_item(row: &Row, currency: Currency) -> Result<OrderItem> {
    let ended_at = row.get::<Option<Timestamp>>("ended_at")?;
    let ended = match ended_at {
        Some(at) => Some((at, word(row, "end_reason", EndReason::parse)?)),
        None => None,
    };
    Ok(OrderItem {
        id: row.get("id")?,
        package: row.get("package_id")?,
        package_name: row.get("package_name")?,
        quantity: row.get("quantity")?,
        unit_price: Money::new(row.get("unit_price")?, currency),
        total: Money::new(row.get("total")?, currency),
        server: row.get("server_id")?,
        expires_at: row.get("expires_at")?,
        ended,
    })
}
