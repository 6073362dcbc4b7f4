//! Customers and what they have spent.

use tradepost_model::Timestamp;
use tradepost_model::customers::{Customer, CustomerSort, PART};
use tradepost_model::ids::{CustomerId, StoreId};
use tradepost_model::players::{Player, username_key};

use crate::codec::player;
use crate::span::Span;
use crate::{Conn, Result, Row, Tx, params};

/// What is read of a customer.
macro_rules! columns {
    () => {
        "id, username, uuid, total_spent, orders_count, last_purchase_at, created_at"
    };
}

crate::statements! {
    BUYS = "INSERT INTO customers
        (id, store_id, customer_key, username, username_key, uuid, total_spent, orders_count, last_purchase_at,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)
        ON CONFLICT (store_id, customer_key) DO UPDATE
        SET username = excluded.username, username_key = excluded.username_key,
            total_spent = customers.total_spent + excluded.total_spent,
            orders_count = customers.orders_count + 1, last_purchase_at = excluded.last_purchase_at";
    ADJUST = "UPDATE customers SET total_spent = total_spent + $3 WHERE store_id = $1 AND customer_key = $2";
    FIND = concat!("SELECT ", columns!(), " FROM customers WHERE store_id = $1 AND id = $2");
    MOST_SPENT = concat!("SELECT ", columns!(), " FROM customers
        WHERE store_id = $1 AND (total_spent, id) < ($2, $3)
        ORDER BY total_spent DESC, id DESC
        LIMIT $4 OFFSET $5");
    LEAST_SPENT = concat!("SELECT ", columns!(), " FROM customers
        WHERE store_id = $1 AND (total_spent, id) > ($2, $3)
        ORDER BY total_spent, id
        LIMIT $4 OFFSET $5");
    /// The first comparison says nothing new: it is the one that SQLite takes to the index.
    LATEST_PURCHASE = concat!("SELECT ", columns!(), " FROM customers
        WHERE store_id = $1 AND COALESCE(last_purchase_at, 0) <= $2 AND (COALESCE(last_purchase_at, 0), id) < ($2, $3)
        ORDER BY COALESCE(last_purchase_at, 0) DESC, id DESC
        LIMIT $4 OFFSET $5");
    /// Seldom asked for, so no index is kept for it: the store's customers are sorted.
    EARLIEST_PURCHASE = concat!("SELECT ", columns!(), " FROM customers
        WHERE store_id = $1 AND (COALESCE(last_purchase_at, 9223372036854775807), id) > ($2, $3)
        ORDER BY COALESCE(last_purchase_at, 9223372036854775807), id
        LIMIT $4 OFFSET $5");
    NEWEST = concat!("SELECT ", columns!(), " FROM customers
        WHERE store_id = $1 AND (created_at, id) < ($2, $3)
        ORDER BY created_at DESC, id DESC
        LIMIT $4 OFFSET $5");
    OLDEST = concat!("SELECT ", columns!(), " FROM customers
        WHERE store_id = $1 AND (created_at, id) > ($2, $3)
        ORDER BY created_at, id
        LIMIT $4 OFFSET $5");
    /// Here and below $3 is the sort, $4 its direction as 1 or -1, $5 what stands for never having bought.
    BEGINNING = "SELECT id, username, uuid, total_spent, orders_count, last_purchase_at, created_at
        FROM (
            SELECT CAST($4 AS bigint) * CASE CAST($3 AS text)
                    WHEN 'totalSpent' THEN c.total_spent
                    WHEN 'lastPurchaseAt' THEN COALESCE(c.last_purchase_at, $5)
                    ELSE c.created_at
                END AS place,
                c.id, c.username, c.uuid, c.total_spent, c.orders_count, c.last_purchase_at, c.created_at
            FROM customers c
            WHERE c.store_id = $1 AND c.username_key >= $2 AND c.username_key < $10
        ) AS found
        WHERE (place, id) > ($6, $7)
        ORDER BY place, id
        LIMIT $8 OFFSET $9";
    CONTAINING = sqlite "SELECT id, username, uuid, total_spent, orders_count, last_purchase_at, created_at
        FROM (
            SELECT $4 * CASE $3
                    WHEN 'totalSpent' THEN c.total_spent
                    WHEN 'lastPurchaseAt' THEN COALESCE(c.last_purchase_at, $5)
                    ELSE c.created_at
                END AS place,
                c.id, c.username, c.uuid, c.total_spent, c.orders_count, c.last_purchase_at, c.created_at
            FROM customer_names n
            CROSS JOIN customers c ON c.id = n.customer_id
            WHERE n.username_key MATCH $2 AND n.store_id = $1 AND c.store_id = $1
        ) AS found
        WHERE (place, id) > ($6, $7)
        ORDER BY place, id
        LIMIT $8 OFFSET $9"
        postgres "SELECT id, username, uuid, total_spent, orders_count, last_purchase_at, created_at
        FROM (
            SELECT CAST($4 AS bigint) * CASE CAST($3 AS text)
                    WHEN 'totalSpent' THEN c.total_spent
                    WHEN 'lastPurchaseAt' THEN COALESCE(c.last_purchase_at, $5)
                    ELSE c.created_at
                END AS place,
                c.id, c.username, c.uuid, c.total_spent, c.orders_count, c.last_purchase_at, c.created_at
            FROM customers c
            WHERE c.username_key LIKE $2 AND c.store_id = $1
        ) AS found
        WHERE (place, id) > ($6, $7)
        ORDER BY place, id
        LIMIT $8 OFFSET $9";
    COUNT = "SELECT COUNT(*) AS count
        FROM (SELECT 1 AS one FROM customers WHERE store_id = $1 LIMIT 10001) AS counted";
    COUNT_BEGINNING = "SELECT COUNT(*) AS count
        FROM (
            SELECT 1 AS one FROM customers
            WHERE store_id = $1 AND username_key >= $2 AND username_key < $3
            LIMIT 10001
        ) AS counted";
    COUNT_CONTAINING = sqlite "SELECT COUNT(*) AS count
        FROM (SELECT 1 FROM customer_names WHERE username_key MATCH $2 AND store_id = $1 LIMIT 10001)"
        postgres "SELECT COUNT(*) AS count
        FROM (SELECT 1 FROM customers WHERE username_key LIKE $2 AND store_id = $1 LIMIT 10001) AS counted";
}

/// What customers are looked for by. Made of what was typed, in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// All of them.
    All,
    /// Their name begins so.
    Beginning(String),
    /// It is somewhere in their name.
    Containing(String),
}

impl Search {
    /// What a text looks for; nothing typed looks for all.
    pub fn new(text: &str) -> Self {
        let key = username_key(text.trim());
        match key.chars().count() {
            0 => Self::All,
            n if n < PART => Self::Beginning(key),
            _ => Self::Containing(key),
        }
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// What by.
    pub by: CustomerSort,
    /// The largest, or latest, first.
    pub descending: bool,
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
    let values = params![
        new_id,
        store,
        player.customer_key(),
        player.username.as_str(),
        player.username.key(),
        player.uuid,
        total_minor,
        now,
    ];
    tx.exec(BUYS, &values).await.map(|_| ())
}

/// Counts money that went back, or came back: minor units, with their sign.
pub async fn adjust(tx: &mut Tx, store: StoreId, player: &Player, minor: i64) -> Result<()> {
    tx.exec(ADJUST, &params![store, player.customer_key(), minor]).await.map(|_| ())
}

/// A customer by identity.
pub async fn find(conn: &mut Conn, store: StoreId, customer: CustomerId) -> Result<Option<Customer>> {
    conn.query_opt(FIND, &params![store, customer]).await?.map(|row| read(&row)).transpose()
}

/// Customers in an order, after one of them where `after` is given.
pub async fn page(
    conn: &mut Conn,
    store: StoreId,
    search: &Search,
    order: Order,
    after: Option<&Customer>,
    span: Span,
) -> Result<Vec<Customer>> {
    let Order { by, descending } = order;
    let rows = if let Search::All = search {
        let stmt = match (by, descending) {
            (CustomerSort::TotalSpent, true) => MOST_SPENT,
            (CustomerSort::TotalSpent, false) => LEAST_SPENT,
            (CustomerSort::LastPurchaseAt, true) => LATEST_PURCHASE,
            (CustomerSort::LastPurchaseAt, false) => EARLIEST_PURCHASE,
            (CustomerSort::CreatedAt, true) => NEWEST,
            (CustomerSort::CreatedAt, false) => OLDEST,
        };
        let (place, id) = match (after, descending) {
            (Some(customer), _) => (value(customer, order), customer.id.0),
            (None, true) => (i64::MAX, uuid::Uuid::max()),
            (None, false) => (i64::MIN, uuid::Uuid::nil()),
        };
        conn.query(stmt, &params![store, place, id, span.take, span.skip]).await?
    } else {
        let direction = if descending { -1_i64 } else { 1 };
        let (place, id) = match after {
            Some(customer) => (direction * value(customer, order), customer.id.0),
            None => (i64::MIN, uuid::Uuid::nil()),
        };
        let word = by.word();
        let mut values = params![store, "", word, direction, never(descending), place, id, span.take, span.skip];
        match search {
            Search::Beginning(key) => {
                values[1] = key.into();
                let values = [&values[..], &params![last(key)]].concat();
                conn.query(BEGINNING, &values).await?
            }
            _ => {
                values[1] = pattern(conn, search).into();
                conn.query(CONTAINING, &values).await?
            }
        }
    };
    rows.iter().map(read).collect()
}

/// How many there are, up to one more than a list is counted.
pub async fn count(conn: &mut Conn, store: StoreId, search: &Search) -> Result<u32> {
    let row = match search {
        Search::All => conn.query_one(COUNT, &params![store]).await?,
        Search::Beginning(key) => conn.query_one(COUNT_BEGINNING, &params![store, key, last(key)]).await?,
        Search::Containing(_) => {
            let pattern = pattern(conn, search);
            conn.query_one(COUNT_CONTAINING, &params![store, pattern]).await?
        }
    };
    row.get("count")
}

/// What a customer is sorted by.
fn value(customer: &Customer, order: Order) -> i64 {
    match order.by {
        CustomerSort::TotalSpent => customer.total_spent_minor,
        CustomerSort::LastPurchaseAt => {
            customer.last_purchase_at.map_or(never(order.descending), Timestamp::as_microsecond)
        }
        CustomerSort::CreatedAt => customer.created_at.as_microsecond(),
    }
}

/// What stands for never having bought, so that it comes last.
fn never(descending: bool) -> i64 {
    if descending { 0 } else { i64::MAX }
}

/// Names that begin with a key are below this: no name has the last of all characters.
fn last(key: &str) -> String {
    format!("{key}{}", char::MAX)
}

/// What the engine looks for, with nothing in it that means something to the engine.
fn pattern(conn: &Conn, search: &Search) -> String {
    let (Search::Containing(key) | Search::Beginning(key)) = search else { return String::new() };
    match conn.engine() {
        crate::Engine::Sqlite => format!("\"{}\"", key.replace('"', "\"\"")),
        crate::Engine::Postgres => {
            let escaped = key.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            format!("%{escaped}%")
        }
    }
}

fn read(row: &Row) -> Result<Customer> {
    Ok(Customer {
        id: row.get("id")?,
        player: player(row)?,
        total_spent_minor: row.get("total_spent")?,
        orders_count: row.get("orders_count")?,
        last_purchase_at: row.get("last_purchase_at")?,
        created_at: row.get("created_at")?,
    })
}
