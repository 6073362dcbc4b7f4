//! Subscriptions. A subscription's row is the lock of all that happens to it.

use tradepost_model::Timestamp;
use tradepost_model::ids::{OrderId, OrderItemId, StoreId, SubscriptionId};
use tradepost_model::orders::EndReason;
use tradepost_model::players::username_key;
use tradepost_model::packages::Interval;
use tradepost_model::subscriptions::{Every, Subscription, SubscriptionStatus};

use crate::codec::{money, player, word};
use crate::span::{COUNTED, Span};
use crate::{Conn, Result, Row, Tx, params};

macro_rules! columns {
    () => {
        "id, order_id, item_id, username, uuid, package_id, package_name, server_id, status, billing_interval,
            billing_count, price, currency, gateway, gateway_reference, declines, anchor, trial_end, period_start,
            current_period_end, due_at, cancel_at_period_end, renewal_count, failures, ended_at, created_at, updated_at"
    };
}

crate::statements! {
    INSERT = "INSERT INTO subscriptions
        (id, store_id, order_id, item_id, username, username_key, uuid, package_id, package_name, server_id, status,
            billing_interval, billing_count, price, currency, gateway, gateway_reference, declines, anchor, trial_end,
            period_start, current_period_end, due_at, cancel_at_period_end, renewal_count, failures, ended_at,
            created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $28)";
    ATTACH = "UPDATE orders SET subscription_id = $3 WHERE store_id = $1 AND id = $2";
    FIND = concat!("SELECT ", columns!(), " FROM subscriptions WHERE store_id = $1 AND id = $2");
    BY_FIRST_ORDER = concat!("SELECT ", columns!(), " FROM subscriptions WHERE store_id = $1 AND order_id = $2");
    OF_ORDER = "SELECT subscription_id FROM orders WHERE store_id = $1 AND id = $2";
    LOCK = "UPDATE subscriptions SET updated_at = updated_at WHERE store_id = $1 AND id = $2";
    LOCK_OF_ORDER = "UPDATE subscriptions SET updated_at = updated_at
        WHERE store_id = $1 AND id = (SELECT o.subscription_id FROM orders o WHERE o.store_id = $1 AND o.id = $2)";
    SAVE = "UPDATE subscriptions
        SET status = $6, item_id = $7, declines = $8, anchor = $9, trial_end = $10, period_start = $11,
            current_period_end = $12, due_at = $13, cancel_at_period_end = $14, renewal_count = $15, failures = $16,
            ended_at = $17, updated_at = $18
        WHERE store_id = $1 AND id = $2 AND status = $3 AND renewal_count = $4 AND failures = $5";
    PAGE = concat!("SELECT ", columns!(), "
        FROM subscriptions
        WHERE store_id = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3 OFFSET $4");
    PAGE_OF_PLAYER = concat!("SELECT ", columns!(), "
        FROM subscriptions
        WHERE store_id = $1 AND id < $2 AND username_key = $5
        ORDER BY id DESC
        LIMIT $3 OFFSET $4");
    COUNT = "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM subscriptions WHERE store_id = $1 LIMIT $2) c";
    COUNT_OF_PLAYER = "SELECT COUNT(*) AS count
        FROM (SELECT 1 AS one FROM subscriptions WHERE store_id = $1 AND username_key = $3 LIMIT $2) c";
    UNDER_WAY = "SELECT id FROM orders WHERE store_id = $1 AND subscription_id = $2 AND status = 'Pending' ORDER BY id";
    UNSENT = "SELECT DISTINCT c.order_id
        FROM orders o CROSS JOIN commands c
        WHERE o.store_id = $1 AND o.subscription_id = $2 AND c.order_id = o.id AND c.kind IN ('initial', 'renewal')
            AND (c.status = 'AwaitingPlayer' OR (c.status = 'Pending' AND c.sent_at IS NULL))";
    END_LINE = "UPDATE order_items SET ended_at = $3, end_reason = $4
        WHERE store_id = $1 AND id = $2 AND ended_at IS NULL";
}

/// Adds one.
pub async fn insert(tx: &mut Tx, store: StoreId, it: &Subscription) -> Result<()> {
    let values = params![
        it.id,
        store,
        it.order,
        it.item,
        it.player.username.as_str(),
        it.player.username.key(),
        it.player.uuid,
        it.package,
        &it.package_name,
        it.server,
        it.status.word(),
        it.every.interval.word(),
        it.every.count,
        it.price.minor(),
        it.price.currency().code(),
        &it.gateway,
        &it.reference,
        it.declines,
        it.anchor,
        it.trial_end,
        it.period_start,
        it.period_end,
        it.due_at,
        it.cancel_at_period_end,
        it.renewal_count,
        it.failures,
        it.ended_at,
        it.created_at,
    ];
    tx.exec(INSERT, &values).await.map(|_| ())
}

/// Says that an order pays for a subscription.
pub async fn attach(tx: &mut Tx, store: StoreId, order: OrderId, subscription: SubscriptionId) -> Result<()> {
    tx.exec(ATTACH, &params![store, order, subscription]).await.map(|_| ())
}

/// One by identity.
pub async fn find(conn: &mut Conn, store: StoreId, id: SubscriptionId) -> Result<Option<Subscription>> {
    conn.query_opt(FIND, &params![store, id]).await?.map(|row| read(&row)).transpose()
}

/// The one that began with an order.
pub async fn by_first_order(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Option<Subscription>> {
    conn.query_opt(BY_FIRST_ORDER, &params![store, order]).await?.map(|row| read(&row)).transpose()
}

/// The one that an order pays for, be it its first or a renewal.
pub async fn of_order(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Option<SubscriptionId>> {
    match conn.query_opt(OF_ORDER, &params![store, order]).await? {
        Some(row) => row.get("subscription_id"),
        None => Ok(None),
    }
}

/// One behind its lock.
pub async fn locked(tx: &mut Tx, store: StoreId, id: SubscriptionId) -> Result<Option<Subscription>> {
    tx.exec(LOCK, &params![store, id]).await?;
    find(tx, store, id).await
}

/// Takes the lock of the subscription that an order pays for; `false` where it pays for none.
pub async fn lock_of_order(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<bool> {
    Ok(tx.exec(LOCK_OF_ORDER, &params![store, order]).await? == 1)
}

/// Writes what one has become; `false` where it does not stand any more where it did before.
pub async fn save(tx: &mut Tx, store: StoreId, before: &Subscription, it: &Subscription) -> Result<bool> {
    let values = params![
        store,
        it.id,
        before.status.word(),
        before.renewal_count,
        before.failures,
        it.status.word(),
        it.item,
        it.declines,
        it.anchor,
        it.trial_end,
        it.period_start,
        it.period_end,
        it.due_at,
        it.cancel_at_period_end,
        it.renewal_count,
        it.failures,
        it.ended_at,
        it.updated_at,
    ];
    Ok(tx.exec(SAVE, &values).await? == 1)
}

/// A page of a store's subscriptions, newest first; of one player, by name, where one is named.
pub async fn page(
    conn: &mut Conn,
    store: StoreId,
    username: Option<&str>,
    span: Span,
) -> Result<Vec<Subscription>> {
    let before = span.before();
    let rows = match username {
        Some(username) => {
            let values = params![store, before, span.take, span.skip, username_key(username)];
            conn.query(PAGE_OF_PLAYER, &values).await?
        }
        None => conn.query(PAGE, &params![store, before, span.take, span.skip]).await?,
    };
    rows.iter().map(read).collect()
}

/// How many there are, up to one more than [`COUNTED`].
pub async fn count(conn: &mut Conn, store: StoreId, username: Option<&str>) -> Result<u32> {
    let most = COUNTED + 1;
    let row = match username {
        Some(username) => {
            conn.query_one(COUNT_OF_PLAYER, &params![store, most, username_key(username)]).await?
        }
        None => conn.query_one(COUNT, &params![store, most]).await?,
    };
    row.get("count")
}

/// Its orders whose payment is under way.
pub async fn under_way(conn: &mut Conn, store: StoreId, id: SubscriptionId) -> Result<Vec<OrderId>> {
    let rows = conn.query(UNDER_WAY, &params![store, id]).await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Its orders with goods that were not sent yet.
pub async fn unsent(conn: &mut Conn, store: StoreId, id: SubscriptionId) -> Result<Vec<OrderId>> {
    let rows = conn.query(UNSENT, &params![store, id]).await?;
    let mut orders = rows.iter().map(|row| row.get("order_id")).collect::<Result<Vec<OrderId>>>()?;
    orders.sort();
    Ok(orders)
}

/// Ends a line for this reason; `false` where it had ended.
pub async fn end_line(
    tx: &mut Tx,
    store: StoreId,
    item: OrderItemId,
    reason: EndReason,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(END_LINE, &params![store, item, now, reason.word()]).await? == 1)
}

fn read_every(row: &Row) -> Result<Every> {
    Ok(Every { interval: word(row, "billing_interval", Interval::parse)?, count: row.get("billing_count")? })
}

fn read(row: &Row) -> Result<Subscription> {
    Ok(Subscription {
        id: row.get("id")?,
        order: row.get("order_id")?,
        item: row.get("item_id")?,
        player: player(row)?,
        package: row.get("package_id")?,
        package_name: row.get("package_name")?,
        server: row.get("server_id")?,
        status: word(row, "status", SubscriptionStatus::parse)?,
        every: read_every(row)?,
        price: money(row, "price")?,
        gateway: row.get("gateway")?,
        reference: row.get("gateway_reference")?,
        declines: row.get("declines")?,
        anchor: row.get("anchor")?,
        trial_end: row.get("trial_end")?,
        period_start: row.get("period_start")?,
        period_end: row.get("current_period_end")?,
        due_at: row.get("due_at")?,
        cancel_at_period_end: row.get("cancel_at_period_end")?,
        renewal_count: row.get("renewal_count")?,
        failures: row.get("failures")?,
        ended_at: row.get("ended_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
