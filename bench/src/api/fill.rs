//! What a store has sold: finished orders of one line and one command each, and their customers. A million
//! of them, so they do not go through the operations: a row of parameters for each order and customer, and
//! the rest is made of those inside the database.

use tradepost_app::App;
use tradepost_bench::store::Failure;
use tradepost_db::{Stmt, Value, params, statements};
use tradepost_model::Timestamp;
use tradepost_model::ids::{CustomerId, OrderId, ServerId, StoreId};
use uuid::Uuid;

use super::names;
use crate::measure::Chance;

/// How many packages the store has; their place is their number.
pub(super) const PACKAGES: u32 = 30;
/// How many rows are written in one transaction. What SQLite keeps to undo one is a list that each statement
/// walks.
const BATCH: u32 = 1_000;
/// When the first order was made: the beginning of 2024.
const FIRST: i64 = 1_704_067_200_000;
/// Milliseconds from one order to the next: a million in a year.
const BETWEEN: i64 = 30_000;

const _: &[Stmt] = STATEMENTS;

statements! {
    CUSTOMER = "INSERT INTO customers
        (id, store_id, customer_key, username, username_key, total_spent, orders_count, last_purchase_at, created_at)
        VALUES ($1, $2, $3, $4, $3, $5, $6, $7, $8)";
    ORDER = "INSERT INTO orders
        (id, store_id, number, status, username, username_key, total, currency, provider, created_at, updated_at,
            paid_at)
        VALUES ($1, $2, $3, 'Paid', $4, $5, $6, 'EUR', 'Manual', $7, $7, $7)";
    NUMBERS = "INSERT INTO counters (store_id, name, value) VALUES ($1, 'orders', $2)";
    /// Lines and commands have the ids of their orders, which are of other tables.
    LINES = "INSERT INTO order_items
        (id, store_id, order_id, position, package_id, package_name, quantity, unit_price, total)
        SELECT o.id, o.store_id, o.id, 0, p.id, p.name, 1, p.price, p.price
        FROM orders o
        JOIN packages p ON p.store_id = o.store_id AND p.sort_order = o.number % 30
        WHERE o.store_id = $1 AND o.number > $2 AND o.number <= $3";
    COMMANDS = "INSERT INTO commands
        (id, store_id, order_id, order_number, item_id, package_id, package_name, server_id, position, kind, content,
            username, username_key, require_online, required_slots, status, attempt, failures, due_at, sent_at,
            acked_at, finished_at, duration_ms, created_at, updated_at)
        SELECT o.id, o.store_id, o.id, o.number, o.id, p.id, p.name, s.id, 0, 'initial',
            'give ' || o.username || ' diamond 1', o.username, o.username_key, 1 = 0, 0, 'Completed', 1, 0,
            o.paid_at, o.paid_at, o.paid_at, o.paid_at, 1, o.paid_at, o.paid_at
        FROM orders o
        JOIN packages p ON p.store_id = o.store_id AND p.sort_order = o.number % 30
        JOIN servers s ON s.id = $4
        WHERE o.store_id = $1 AND o.number > $2 AND o.number <= $3";
    STEPS = "INSERT INTO command_transitions (command_id, position, store_id, status, attempt, reason, at)
        SELECT o.id, step.position, o.store_id, step.status, 1, step.reason, o.paid_at
        FROM orders o
        CROSS JOIN (
            SELECT 0 AS position, 'Pending' AS status, 'queued' AS reason
            UNION ALL SELECT 1 AS position, 'Delivered' AS status, 'sent' AS reason
            UNION ALL SELECT 2 AS position, 'Completed' AS status, 'completed' AS reason
        ) step
        WHERE o.store_id = $1 AND o.number > $2 AND o.number <= $3";
}

/// How many customers made so many orders.
pub(super) fn customers(orders: u32) -> u32 {
    (orders / 5).max(1)
}

/// What a package costs, in cents.
pub(super) fn price(package: u32) -> u32 {
    199 + 50 * package
}

/// The identity of an order, by its place among the store's orders: as one made then would have.
pub(super) fn order_id(place: u32) -> OrderId {
    OrderId(id(made(place), 1 + u64::from(place)))
}

/// Writes so many orders with all that belongs to them.
pub(super) async fn write(
    app: &App,
    store: StoreId,
    server: ServerId,
    orders: u32,
) -> Result<(), Failure> {
    let of_each = bought(orders);
    for first in (0..customers(orders)).step_by(BATCH as usize) {
        let last = customers(orders).min(first + BATCH);
        let rows: Vec<_> = (first..last)
            .filter_map(|number| customer(store, number, of_each[number as usize]))
            .collect();
        app.write(async move |tx| Ok(tx.exec_many(CUSTOMER, rows.clone()).await?))
            .await?;
    }
    for first in (0..orders).step_by(BATCH as usize) {
        let last = orders.min(first + BATCH);
        eprint!("\r{last} of {orders} orders");
        app.write(async move |tx| {
            let rows = (first..last).map(|place| order(store, place, orders));
            tx.exec_many(ORDER, rows.collect()).await?;
            // Numbers begin with 1.
            let range = params![store, first, last];
            tx.exec(LINES, &range).await?;
            let commands = [&range[..], &params![server]].concat();
            tx.exec(COMMANDS, &commands).await?;
            Ok(tx.exec(STEPS, &range).await?)
        })
        .await?;
    }
    eprintln!();
    app.write(async move |tx| Ok(tx.exec(NUMBERS, &params![store, orders]).await?))
        .await?;
    Ok(())
}

/// What one customer bought.
#[derive(Clone, Copy, Default)]
struct Bought {
    orders: u32,
    cents: i64,
    first: u32,
    last: u32,
}

fn bought(orders: u32) -> Vec<Bought> {
    let mut of_each = vec![Bought::default(); customers(orders) as usize];
    for place in 0..orders {
        let bought = &mut of_each[buyer(place, orders) as usize];
        if bought.orders == 0 {
            bought.first = place;
        }
        bought.orders += 1;
        bought.cents += i64::from(price((place + 1) % PACKAGES));
        bought.last = place;
    }
    of_each
}

/// Who made an order.
fn buyer(place: u32, orders: u32) -> u32 {
    let chance = Chance::new(place.into()).next();
    u32::try_from(chance % u64::from(customers(orders))).expect("below another")
}

/// Those who have not bought are no customers.
fn customer(store: StoreId, number: u32, bought: Bought) -> Option<Vec<Value>> {
    let (name, first) = (names::of(number), made(bought.first));
    let id = CustomerId(id(first, u64::from(number) << 32));
    let values = params![
        id,
        store,
        name.to_lowercase(),
        name,
        bought.cents,
        bought.orders,
        time(made(bought.last)),
        time(first),
    ];
    (bought.orders > 0).then(|| values.to_vec())
}

fn order(store: StoreId, place: u32, orders: u32) -> Vec<Value> {
    let name = names::of(buyer(place, orders));
    let key = name.to_lowercase();
    params![
        order_id(place),
        store,
        place + 1,
        name,
        key,
        price((place + 1) % PACKAGES),
        time(made(place)),
    ]
    .to_vec()
}

/// When an order was made, in milliseconds since 1970.
fn made(place: u32) -> i64 {
    FIRST + BETWEEN * i64::from(place)
}

fn time(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).expect("a time of this century")
}

/// A time-ordered id whose chance is always the same.
fn id(millisecond: i64, seed: u64) -> Uuid {
    let mut chance = Chance::new(seed);
    let mut random = [0; 10];
    random[..8].copy_from_slice(&chance.next().to_le_bytes());
    random[8..].copy_from_slice(&chance.next().to_le_bytes()[..2]);
    let millisecond = u64::try_from(millisecond).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millisecond, &random).into_uuid()
}
