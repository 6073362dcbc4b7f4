//! Checkout sessions.

mod items;

use tradepost_model::Timestamp;
use tradepost_model::checkout::{Amounts, AppliedCoupon, Origin, Session, SessionStatus};
use tradepost_model::ids::{OrderId, SessionId, StoreId};
use tradepost_model::money::Money;
use tradepost_model::players::Username;

use crate::codec::{player, word};
use crate::{Conn, Error, Result, Row, Tx, params};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, store_id, status, success_url, cancel_url, username, uuid, gift_username, email, items, subtotal,
            discount, tax, total, gift_card_amount, currency, coupon_id, coupon_code, gift_card_id, client_reference,
            metadata, order_id, expires_at, created_at"
    };
}

crate::statements! {
    INSERT = "INSERT INTO checkout_sessions
        (id, store_id, status, success_url, cancel_url, username, uuid, email, items, total, currency,
            client_reference, metadata, idempotency_key, expires_at, created_at, updated_at, gift_username, subtotal,
            discount, tax, gift_card_amount, coupon_id, coupon_code, gift_card_id)
        VALUES ($1, $2, 'Open', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16, $17, $18, $19, $20,
            $21, $22, $23)
        ON CONFLICT (store_id, idempotency_key) DO NOTHING";
    FIND = concat!("SELECT ", columns!(), "
        FROM checkout_sessions
        WHERE id = $1");
    BY_KEY = concat!("SELECT ", columns!(), "
        FROM checkout_sessions
        WHERE store_id = $1 AND idempotency_key = $2");
    SET_EMAIL = "UPDATE checkout_sessions SET email = $3, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND status = 'Open'";
    SET_PRICES = "UPDATE checkout_sessions
        SET items = $3, subtotal = $4, discount = $5, tax = $6, total = $7, gift_card_amount = $8, coupon_id = $9,
            coupon_code = $10, gift_card_id = $11, updated_at = $12
        WHERE store_id = $1 AND id = $2 AND status = 'Open'";
    LOCK_OPEN = "UPDATE checkout_sessions SET updated_at = $3
        WHERE store_id = $1 AND id = $2 AND status = 'Open' AND expires_at > $3";
    LOCK = "UPDATE checkout_sessions SET updated_at = updated_at WHERE store_id = $1 AND id = $2";
    COMPLETE = "UPDATE checkout_sessions SET status = 'Completed', order_id = $3, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND status <> 'Completed'";
    CANCEL = "UPDATE checkout_sessions SET status = 'Cancelled', updated_at = $3
        WHERE store_id = $1 AND id = $2 AND status = 'Open' AND expires_at > $3";
    EXPIRE = "UPDATE checkout_sessions SET status = 'Expired', updated_at = $3
        WHERE store_id = $1 AND id = $2 AND status = 'Open' AND expires_at <= $3";
}

/// Adds an open session; `false` where the idempotency key was used before.
pub async fn insert(tx: &mut Tx, session: &Session, idempotency_key: Option<&str>) -> Result<bool> {
    let (success_url, cancel_url) = match &session.origin {
        Origin::Storefront => (None, None),
        Origin::Api { success_url, cancel_url } => (Some(success_url.as_str()), Some(cancel_url.as_str())),
    };
    let values = params![
        &session.id,
        session.store,
        success_url,
        cancel_url,
        session.buyer.username.as_str(),
        session.buyer.uuid,
        session.email.as_deref(),
        items::to_json(&session.items),
        session.amounts.total.minor(),
        session.amounts.total.currency().code(),
        session.client_reference.as_deref(),
        session.metadata.clone(),
        idempotency_key,
        session.expires_at,
        session.created_at,
        session.gift.as_ref().map(Username::as_str),
        session.amounts.subtotal.minor(),
        session.amounts.discount.minor(),
        session.amounts.tax.minor(),
        session.amounts.gift_card.minor(),
        session.coupon.as_ref().map(|coupon| coupon.id),
        session.coupon.as_ref().map(|coupon| coupon.code.as_str()),
        session.gift_card,
    ];
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// A session by its identity, which is a secret: whoever knows it is its buyer, so no store is asked for.
pub async fn find(conn: &mut Conn, session: &SessionId) -> Result<Option<Session>> {
    conn.query_opt(FIND, &params![session]).await?.map(|row| read(&row)).transpose()
}

/// The session that an idempotency key made.
pub async fn by_key(conn: &mut Conn, store: StoreId, idempotency_key: &str) -> Result<Option<Session>> {
    conn.query_opt(BY_KEY, &params![store, idempotency_key]).await?.map(|row| read(&row)).transpose()
}

/// Sets the buyer's address on an open session.
pub async fn set_email(
    tx: &mut Tx,
    store: StoreId,
    session: &SessionId,
    email: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    tx.exec(SET_EMAIL, &params![store, session, email, now]).await.map(|_| ())
}

/// Prices an open session anew, with another coupon or gift card; `false` where it is not open.
pub async fn set_prices(tx: &mut Tx, session: &Session, now: Timestamp) -> Result<bool> {
    let Amounts { subtotal, discount, tax, total, gift_card, due: _ } = session.amounts;
    let values = params![
        session.store,
        &session.id,
        items::to_json(&session.items),
        subtotal.minor(),
        discount.minor(),
        tax.minor(),
        total.minor(),
        gift_card.minor(),
        session.coupon.as_ref().map(|coupon| coupon.id),
        session.coupon.as_ref().map(|coupon| coupon.code.as_str()),
        session.gift_card,
        now,
    ];
    Ok(tx.exec(SET_PRICES, &values).await? == 1)
}

/// Locks a session that can still be paid until the transaction ends; `false` where it cannot.
pub async fn lock_open(tx: &mut Tx, store: StoreId, session: &SessionId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(LOCK_OPEN, &params![store, session, now]).await? == 1)
}

/// Locks a session until the transaction ends. Whoever changes a session and its order locks the
/// session first, so that two never wait for each other in a circle.
pub async fn lock(tx: &mut Tx, store: StoreId, session: &SessionId) -> Result<()> {
    tx.exec(LOCK, &params![store, session]).await.map(|_| ())
}

/// Completes a session, even one that expired before the payment came; `false` where it was done before.
pub async fn complete(
    tx: &mut Tx,
    store: StoreId,
    session: &SessionId,
    order: OrderId,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(COMPLETE, &params![store, session, order, now]).await? == 1)
}

/// Cancels an open session; `false` where it is not open.
pub async fn cancel(tx: &mut Tx, store: StoreId, session: &SessionId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(CANCEL, &params![store, session, now]).await? == 1)
}

/// Expires an open session whose time ran out; `false` where it is not one.
pub async fn expire(tx: &mut Tx, store: StoreId, session: &SessionId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(EXPIRE, &params![store, session, now]).await? == 1)
}

fn read(row: &Row) -> Result<Session> {
    let currency = row.get("currency")?;
    let money = |column: &str| Ok::<_, Error>(Money::new(row.get(column)?, currency));
    let (total, gift_card) = (money("total")?, money("gift_card_amount")?);
    let coupon = match row.get("coupon_id")? {
        Some(id) => Some(AppliedCoupon { id, code: row.get::<Option<_>>("coupon_code")?.unwrap_or_default() }),
        None => None,
    };
    let origin = match (row.get("success_url")?, row.get("cancel_url")?) {
        (Some(success_url), Some(cancel_url)) => Origin::Api { success_url, cancel_url },
        _ => Origin::Storefront,
    };
    Ok(Session {
        id: row.get("id")?,
        store: row.get("store_id")?,
        status: word(row, "status", SessionStatus::parse)?,
        origin,
        buyer: player(row)?,
        gift: row.get::<Option<_>>("gift_username")?.map(Username::from_stored),
        email: row.get("email")?,
        items: items::from_json(&row.get("items")?, currency)
            .ok_or_else(|| Error::Decode { column: "items".to_owned() })?,
        amounts: Amounts {
            subtotal: money("subtotal")?,
            discount: money("discount")?,
            tax: money("tax")?,
            total,
            gift_card,
            due: Money::new(total.minor() - gift_card.minor(), currency),
        },
        coupon,
        gift_card: row.get("gift_card_id")?,
        client_reference: row.get("client_reference")?,
        metadata: row.get("metadata")?,
        order: row.get("order_id")?,
        expires_at: row.get("expires_at")?,
        created_at: row.get("created_at")?,
    })
}
