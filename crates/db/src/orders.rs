//! Orders and their lines.

use tradepost_model::Timestamp;
use tradepost_model::ids::{OrderId, SessionId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::orders::{EndReason, Order, OrderCoupon, OrderGiftCard, OrderItem, OrderStatus};
use tradepost_model::players::{Player, Username, username_key};
use uuid::Uuid;

use crate::codec::{entered, entered_json, money, player, word};
use crate::span::Span;
use crate::{Conn, Result, Row, Tx, Value, params};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, number, status, username, uuid, gifter, gifter_uuid, email, total, tax, currency, coupon_id, coupon_code,
            coupon_discount, gift_card_id, gift_card_amount, subscription_id, provider, session_id, reason,
            created_at, updated_at, paid_at"
    };
}

crate::statements! {
    INSERT = "INSERT INTO orders
        (id, store_id, number, status, username, username_key, uuid, email, total, currency, provider, session_id,
            created_at, updated_at, paid_at, gifter, gifter_uuid, tax, coupon_id, coupon_code, coupon_discount,
            gift_card_id, gift_card_amount, subscription_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17, $18, $19, $20, $21,
            $22, $23)";
    INSERT_ITEM = "INSERT INTO order_items
        (id, store_id, order_id, position, package_id, package_name, quantity, unit_price, total, server_id, discount,
            inputs)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    SET_PRICES = "UPDATE orders
        SET total = $3, tax = $4, coupon_id = $5, coupon_code = $6, coupon_discount = $7, gift_card_id = $8,
            gift_card_amount = $9, provider = $10, updated_at = $11
        WHERE store_id = $1 AND id = $2 AND status = 'Pending'";
    SET_ITEM_PRICE = "UPDATE order_items SET discount = $3, total = $4 WHERE store_id = $1 AND id = $2";
    FIND = concat!("SELECT ", columns!(), "
        FROM orders
        WHERE store_id = $1 AND id = $2");
    BY_SESSION = concat!("SELECT ", columns!(), "
        FROM orders
        WHERE store_id = $1 AND session_id = $2");
    NEWEST = "SELECT id FROM orders
        WHERE store_id = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3 OFFSET $4";
    NEWEST_OF_STATUS = "SELECT id FROM orders
        WHERE store_id = $1 AND id < $2 AND status = $5
        ORDER BY id DESC
        LIMIT $3 OFFSET $4";
    NEWEST_OF_PLAYER = "SELECT id FROM orders
        WHERE store_id = $1 AND id < $2 AND username_key = $6 AND (status = $5 OR $5 IS NULL)
        ORDER BY id DESC
        LIMIT $3 OFFSET $4";
    NEWEST_OF_UUID = "SELECT id FROM orders
        WHERE store_id = $1 AND id < $2 AND uuid = $7 AND (username_key = $6 OR $6 IS NULL)
            AND (status = $5 OR $5 IS NULL)
        ORDER BY id DESC
        LIMIT $3 OFFSET $4";
    COUNT = "SELECT COUNT(*) AS count
        FROM (SELECT 1 AS one FROM orders WHERE store_id = $1 LIMIT 10001) AS counted";
    COUNT_OF_STATUS = "SELECT COUNT(*) AS count
        FROM (SELECT 1 AS one FROM orders WHERE store_id = $1 AND status = $2 LIMIT 10001) AS counted";
    COUNT_OF_PLAYER = "SELECT COUNT(*) AS count
        FROM (
            SELECT 1 AS one FROM orders
            WHERE store_id = $1 AND username_key = $3 AND (status = $2 OR $2 IS NULL)
            LIMIT 10001
        ) AS counted";
    COUNT_OF_UUID = "SELECT COUNT(*) AS count
        FROM (
            SELECT 1 AS one FROM orders
            WHERE store_id = $1 AND uuid = $4 AND (username_key = $3 OR $3 IS NULL) AND (status = $2 OR $2 IS NULL)
            LIMIT 10001
        ) AS counted";
    ITEMS = "SELECT id, package_id, package_name, quantity, unit_price, discount, total, server_id, inputs, expires_at,
            ended_at, end_reason, limit_period
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
    /// Only this player's, by UUID.
    pub uuid: Option<Uuid>,
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
        order.gifter.as_ref().map(|gifter| gifter.username.as_str()),
        order.gifter.as_ref().and_then(|gifter| gifter.uuid),
        order.tax.minor(),
        order.coupon.as_ref().map(|coupon| coupon.id),
        order.coupon.as_ref().map(|coupon| coupon.code.as_str()),
        order.coupon.as_ref().map(|coupon| coupon.discount.minor()),
        order.gift_card.map(|card| card.id),
        order.gift_card.map(|card| card.amount.minor()),
        order.subscription,
    ];
    tx.exec(INSERT, &values).await?;
    let rows = (0_i64..).zip(items).map(|(position, item)| {
        let OrderItem {
            id,
            package,
            package_name,
            quantity,
            unit_price,
            discount,
            total,
            server,
            inputs,
            expires_at: _,
            ended: _,
            limit_period: _,
        } = item;
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
            discount.minor(),
            entered_json(inputs),
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
    page(conn, store, filter, Span::first(limit)).await
}

/// Orders, newest first.
pub async fn page(conn: &mut Conn, store: StoreId, filter: &Filter, span: Span) -> Result<Vec<Order>> {
    let mut orders = Vec::new();
    for row in ids(conn, store, filter, span).await? {
        orders.extend(find(conn, store, row.get("id")?).await?);
    }
    Ok(orders)
}

/// How many there are, up to one more than a list is counted. `filter.before` says nothing here.
pub async fn count(conn: &mut Conn, store: StoreId, filter: &Filter) -> Result<u32> {
    let Filter { username, uuid, status, before: _ } = filter;
    let (key, status) = (username.as_deref().map(username_key), status.map(OrderStatus::word));
    let row = match (*uuid, key, status) {
        (Some(uuid), key, status) => conn.query_one(COUNT_OF_UUID, &params![store, status, key, uuid]).await?,
        (None, Some(key), status) => conn.query_one(COUNT_OF_PLAYER, &params![store, status, key]).await?,
        (None, None, Some(status)) => conn.query_one(COUNT_OF_STATUS, &params![store, status]).await?,
        (None, None, None) => conn.query_one(COUNT, &params![store]).await?,
    };
    row.get("count")
}

async fn ids(conn: &mut Conn, store: StoreId, filter: &Filter, span: Span) -> Result<Vec<Row>> {
    let Filter { username, uuid, status, before } = filter;
    let before = span.before().min(before.map_or(Uuid::max(), |order| order.0));
    let place = params![store, before, span.take, span.skip];
    let more = |values: &[Value]| [&place[..], values].concat();
    let (key, status) = (username.as_deref().map(username_key), status.map(OrderStatus::word));
    match (*uuid, key, status) {
        (Some(uuid), key, status) => conn.query(NEWEST_OF_UUID, &more(&params![status, key, uuid])).await,
        (None, Some(key), status) => conn.query(NEWEST_OF_PLAYER, &more(&params![status, key])).await,
        (None, None, Some(status)) => conn.query(NEWEST_OF_STATUS, &more(&params![status])).await,
        (None, None, None) => conn.query(NEWEST, &place).await,
    }
}

/// The lines of an order.
pub async fn items(conn: &mut Conn, store: StoreId, order: OrderId, currency: Currency) -> Result<Vec<OrderItem>> {
    let rows = conn.query(ITEMS, &params![store, order]).await?;
    rows.iter().map(|row| read_item(row, currency)).collect()
}

/// The lines of several orders, in their order.
pub async fn items_of_each(conn: &mut Conn, store: StoreId, orders: &[Order]) -> Result<Vec<Vec<OrderItem>>> {
    let params: Vec<_> = orders.iter().map(|order| params![store, order.id].to_vec()).collect();
    let rows = conn.query_many(ITEMS, &params).await?;
    let lines = orders.iter().zip(rows).map(|(order, rows)| {
        let currency = order.total.currency();
        rows.iter().map(|row| read_item(row, currency)).collect()
    });
    lines.collect()
}

/// Prices a pending order and its lines anew; `false` where it is not pending.
pub async fn set_prices(
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
    now: Timestamp,
) -> Result<bool> {
    let values = params![
        store,
        order.id,
        order.total.minor(),
        order.tax.minor(),
        order.coupon.as_ref().map(|coupon| coupon.id),
        order.coupon.as_ref().map(|coupon| coupon.code.as_str()),
        order.coupon.as_ref().map(|coupon| coupon.discount.minor()),
        order.gift_card.map(|card| card.id),
        order.gift_card.map(|card| card.amount.minor()),
        &order.provider,
        now,
    ];
    if tx.exec(SET_PRICES, &values).await? == 0 {
        return Ok(false);
    }
    let rows = items.iter().map(|item| {
        params![store, item.id, item.discount.minor(), item.total.minor()].to_vec()
    });
    tx.exec_many(SET_ITEM_PRICE, rows.collect()).await?;
    Ok(true)
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
    let currency = row.get("currency")?;
    let gifter = row.get::<Option<String>>("gifter")?;
    let gifter_uuid = row.get("gifter_uuid")?;
    let coupon = match row.get("coupon_id")? {
        Some(id) => Some(OrderCoupon {
            id,
            code: row.get::<Option<_>>("coupon_code")?.unwrap_or_default(),
            discount: Money::new(row.get::<Option<_>>("coupon_discount")?.unwrap_or_default(), currency),
        }),
        None => None,
    };
    let gift_card = match row.get("gift_card_id")? {
        Some(id) => Some(OrderGiftCard {
            id,
            amount: Money::new(row.get::<Option<_>>("gift_card_amount")?.unwrap_or_default(), currency),
        }),
        None => None,
    };
    Ok(Order {
        gifter: gifter.map(|name| Player { username: Username::from_stored(name), uuid: gifter_uuid }),
        tax: Money::new(row.get("tax")?, currency),
        coupon,
        gift_card,
        subscription: row.get("subscription_id")?,
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
        discount: Money::new(row.get("discount")?, currency),
        total: Money::new(row.get("total")?, currency),
        server: row.get("server_id")?,
        inputs: entered(row.get::<Option<_>>("inputs")?.as_ref()),
        expires_at: row.get("expires_at")?,
        ended,
        limit_period: row.get("limit_period")?,
    })
}
