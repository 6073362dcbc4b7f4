//! Attempts to pay, and what gateways told us about them.

use tradepost_model::Timestamp;
use tradepost_model::ids::{OrderId, PaymentId, StoreId};
use tradepost_model::payments::{Notification, Outcome, Payment, PaymentStatus};

use crate::codec::{money, word};
use crate::{Conn, Result, Row, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO payments
        (id, store_id, order_id, gateway, reference, status, amount, currency, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        ON CONFLICT DO NOTHING";
    FIND = "SELECT id, order_id, gateway, reference, status, amount, currency, note, updated_at
        FROM payments WHERE store_id = $1 AND id = $2";
    BY_REFERENCE = "SELECT id, order_id, gateway, reference, status, amount, currency, store_id
        FROM payments WHERE gateway = $1 AND reference = $2";
    OF_ORDER = "SELECT id, order_id, gateway, reference, status, amount, currency, note, updated_at
        FROM payments WHERE store_id = $1 AND order_id = $2 ORDER BY id";
    SET_STATUS = "UPDATE payments SET status = $4, note = $5, updated_at = $6
        WHERE store_id = $1 AND id = $2 AND status = $3";
    INSERT_EVENT = "INSERT INTO gateway_events
        (gateway, event_id, store_id, payment_id, outcome, amount, currency, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING";
    FIND_EVENT = "SELECT gateway, event_id, payment_id, outcome, amount, currency
        FROM gateway_events WHERE store_id = $1 AND gateway = $2 AND event_id = $3";
    CLAIM_EVENT = "UPDATE gateway_events SET processed_at = $4
        WHERE store_id = $1 AND gateway = $2 AND event_id = $3 AND processed_at IS NULL";
    EVENT_RESULT = "UPDATE gateway_events SET result = $4 WHERE store_id = $1 AND gateway = $2 AND event_id = $3";
}

/// A line of an order's payment history.
#[derive(Clone, Debug)]
pub struct PaymentRecord {
    /// The attempt.
    pub payment: Payment,
    /// What there is to say about it.
    pub note: Option<String>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Adds an attempt; `false` where another attempt to pay the order is under way.
pub async fn insert(tx: &mut Tx, store: StoreId, payment: &Payment, now: Timestamp) -> Result<bool> {
    let Payment { id, order, gateway, reference, status, amount } = payment;
    let values = params![
        *id,
        store,
        *order,
        gateway,
        reference,
        status.word(),
        amount.minor(),
        amount.currency().code(),
        now,
    ];
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// An attempt by identity.
pub async fn find(conn: &mut Conn, store: StoreId, payment: PaymentId) -> Result<Option<Payment>> {
    conn.query_opt(FIND, &params![store, payment]).await?.map(|row| read(&row)).transpose()
}

/// Whose attempt a gateway means. The gateway's word is all there is, so no store is asked for.
pub async fn by_reference(conn: &mut Conn, gateway: &str, reference: &str) -> Result<Option<(StoreId, Payment)>> {
    let Some(row) = conn.query_opt(BY_REFERENCE, &params![gateway, reference]).await? else { return Ok(None) };
    Ok(Some((row.get("store_id")?, read(&row)?)))
}

/// All attempts to pay an order, oldest first.
pub async fn of_order(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Vec<PaymentRecord>> {
    let rows = conn.query(OF_ORDER, &params![store, order]).await?;
    rows.iter()
        .map(|row| {
            Ok(PaymentRecord { payment: read(row)?, note: row.get("note")?, updated_at: row.get("updated_at")? })
        })
        .collect()
}

/// Moves an attempt from one status to another; `false` where it stands elsewhere.
pub async fn set_status(
    tx: &mut Tx,
    store: StoreId,
    payment: PaymentId,
    from: PaymentStatus,
    to: PaymentStatus,
    note: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let values = params![store, payment, from.word(), to.word(), note, now];
    Ok(tx.exec(SET_STATUS, &values).await? == 1)
}

/// Keeps a notification; `false` where the gateway told it before.
pub async fn insert_event(
    tx: &mut Tx,
    store: StoreId,
    gateway: &str,
    payment: PaymentId,
    told: &Notification,
    now: Timestamp,
) -> Result<bool> {
    let Notification { event_id, reference: _, outcome, amount_minor, currency } = told;
    let values =
        params![gateway, event_id, store, payment, outcome_word(*outcome), *amount_minor, currency, now];
    Ok(tx.exec(INSERT_EVENT, &values).await? == 1)
}

/// A kept notification and the attempt it is about.
pub async fn find_event(
    conn: &mut Conn,
    store: StoreId,
    gateway: &str,
    event_id: &str,
) -> Result<Option<(PaymentId, Outcome, i64, String)>> {
    let Some(row) = conn.query_opt(FIND_EVENT, &params![store, gateway, event_id]).await? else {
        return Ok(None);
    };
    let outcome = word(&row, "outcome", parse_outcome)?;
    Ok(Some((row.get("payment_id")?, outcome, row.get("amount")?, row.get("currency")?)))
}

/// Marks a notification as processed; `false` where it was.
pub async fn claim_event(
    tx: &mut Tx,
    store: StoreId,
    gateway: &str,
    event_id: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(CLAIM_EVENT, &params![store, gateway, event_id, now]).await? == 1)
}

/// Notes what processing a notification did.
pub async fn set_event_result(
    tx: &mut Tx,
    store: StoreId,
    gateway: &str,
    event_id: &str,
    result: &str,
) -> Result<()> {
    tx.exec(EVENT_RESULT, &params![store, gateway, event_id, result]).await.map(|_| ())
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Paid => "paid",
        Outcome::Declined => "declined",
        Outcome::Pending => "pending",
    }
}

fn parse_outcome(word: &str) -> Option<Outcome> {
    [Outcome::Paid, Outcome::Declined, Outcome::Pending].into_iter().find(|it| outcome_word(*it) == word)
}

fn read(row: &Row) -> Result<Payment> {
    Ok(Payment {
        id: row.get("id")?,
        order: row.get("order_id")?,
        gateway: row.get("gateway")?,
        reference: row.get("reference")?,
        status: word(row, "status", PaymentStatus::parse)?,
        amount: money(row, "amount")?,
    })
}
