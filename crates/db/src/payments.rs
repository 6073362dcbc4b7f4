//! Attempts to pay, and what gateways told us about them.

use tradepost_model::Timestamp;
use tradepost_model::ids::{OrderId, PaymentId, StoreId};
use tradepost_model::payments::{Dispute, Notification, Outcome, Payment, PaymentStatus};

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
        (gateway, event_id, store_id, payment_id, outcome, amount, currency, received_at, dispute_id, dispute_reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT DO NOTHING";
    FIND_EVENT = "SELECT gateway, event_id, payment_id, outcome, amount, currency, dispute_id, dispute_reason
        FROM gateway_events WHERE store_id = $1 AND gateway = $2 AND event_id = $3";
    DISPUTE_END = "SELECT outcome FROM gateway_events
        WHERE store_id = $1 AND payment_id = $2 AND dispute_id = $3 AND outcome IN ('dispute_won', 'dispute_lost')
        ORDER BY received_at DESC
        LIMIT 1";
    TOLD_EARLIER = "SELECT gateway, event_id, payment_id, outcome, amount, currency, dispute_id, dispute_reason
        FROM gateway_events
        WHERE store_id = $1 AND payment_id = $2 AND outcome IN ('refunded', 'disputed')
        ORDER BY received_at, event_id";
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
    let Notification { event_id, reference: _, outcome, amount_minor, currency, dispute } = told;
    let values = params![
        gateway,
        event_id,
        store,
        payment,
        outcome.word(),
        *amount_minor,
        currency,
        now,
        dispute.as_ref().map(|dispute| dispute.id.as_str()),
        dispute.as_ref().map(|dispute| dispute.reason.as_str()),
    ];
    Ok(tx.exec(INSERT_EVENT, &values).await? == 1)
}

/// What a kept notification says.
#[derive(Clone, Debug)]
pub struct Told {
    /// The attempt it is about.
    pub payment: PaymentId,
    /// What happened.
    pub outcome: Outcome,
    /// The amount in minor units, as the gateway tells it.
    pub amount_minor: i64,
    /// The currency's code, as the gateway tells it.
    pub currency: String,
    /// The dispute it is about.
    pub dispute: Option<Dispute>,
}

/// A kept notification.
pub async fn find_event(
    conn: &mut Conn,
    store: StoreId,
    gateway: &str,
    event_id: &str,
) -> Result<Option<Told>> {
    let Some(row) = conn.query_opt(FIND_EVENT, &params![store, gateway, event_id]).await? else {
        return Ok(None);
    };
    read_told(&row).map(Some)
}

/// What was told of a payment's refund and disputes, before or after its success: gateways promise no
/// order.
pub async fn told_earlier(conn: &mut Conn, store: StoreId, payment: PaymentId) -> Result<Vec<Told>> {
    conn.query(TOLD_EARLIER, &params![store, payment]).await?.iter().map(read_told).collect()
}

/// How a dispute ended, where its end was told already: gateways promise no order.
pub async fn dispute_end(
    conn: &mut Conn,
    store: StoreId,
    payment: PaymentId,
    dispute: &str,
) -> Result<Option<Outcome>> {
    let row = conn.query_opt(DISPUTE_END, &params![store, payment, dispute]).await?;
    row.map(|row| word(&row, "outcome", Outcome::parse)).transpose()
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

fn read_told(row: &Row) -> Result<Told> {
    let dispute = row.get::<Option<String>>("dispute_id")?;
    let reason = row.get::<Option<String>>("dispute_reason")?;
    Ok(Told {
        payment: row.get("payment_id")?,
        outcome: word(row, "outcome", Outcome::parse)?,
        amount_minor: row.get("amount")?,
        currency: row.get("currency")?,
        dispute: dispute.map(|id| Dispute { id, reason: reason.unwrap_or_default() }),
    })
}
