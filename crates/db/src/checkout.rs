//! Checkout sessions.

use serde_json::{Value as Json, json};
use tradepost_model::Timestamp;
use tradepost_model::checkout::{Origin, Session, SessionItem, SessionStatus};
use tradepost_model::ids::{OrderId, PackageId, ServerId, SessionId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::pricing::Rule;

use crate::codec::{money, player, word};
use crate::{Conn, Error, Result, Row, Tx, Value, params};

crate::statements! {
    INSERT = "INSERT INTO checkout_sessions
        (id, store_id, status, success_url, cancel_url, username, uuid, email, items, total, currency,
            client_reference, metadata, idempotency_key, expires_at, created_at, updated_at)
        VALUES ($1, $2, 'Open', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
        ON CONFLICT (store_id, idempotency_key) DO NOTHING";
    FIND = "SELECT id, store_id, status, success_url, cancel_url, username, uuid, email, items, total, currency,
            client_reference, metadata, order_id, expires_at, created_at
        FROM checkout_sessions
        WHERE id = $1";
    BY_KEY = "SELECT id, store_id, status, success_url, cancel_url, username, uuid, email, items, total, currency,
            client_reference, metadata, order_id, expires_at, created_at
        FROM checkout_sessions
        WHERE store_id = $1 AND idempotency_key = $2";
    SET_EMAIL = "UPDATE checkout_sessions SET email = $3, updated_at = $4
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
        session.player.username.as_str(),
        session.player.uuid,
        session.email.as_deref(),
        items_json(&session.items),
        session.total.minor(),
        session.total.currency().code(),
        session.client_reference.as_deref(),
        session.metadata.clone(),
        idempotency_key,
        session.expires_at,
        session.created_at,
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
    let items: Json = row.get("items")?;
    let items = items.as_array().into_iter().flatten().map(|item| read_item(item, currency));
    let origin = match (row.get("success_url")?, row.get("cancel_url")?) {
        (Some(success_url), Some(cancel_url)) => Origin::Api { success_url, cancel_url },
        _ => Origin::Storefront,
    };
    Ok(Session {
        id: row.get("id")?,
        store: row.get("store_id")?,
        status: word(row, "status", SessionStatus::parse)?,
        origin,
        player: player(row)?,
        email: row.get("email")?,
        items: items.collect::<Option<_>>().ok_or_else(|| Error::Decode { column: "items".to_owned() })?,
        total: money(row, "total")?,
        client_reference: row.get("client_reference")?,
        metadata: row.get("metadata")?,
        order: row.get("order_id")?,
        expires_at: row.get("expires_at")?,
        created_at: row.get("created_at")?,
    })
}

fn items_json(items: &[SessionItem]) -> Value {
    let items: Vec<_> = items
        .iter()
        .map(|item| {
            let SessionItem { package, name, quantity, server, unit_price, total, rules } = item;
            let rules: Vec<_> = rules
                .iter()
                .map(|rule| match rule {
                    Rule::ListPrice { unit, quantity } => {
                        json!({"rule": "listPrice", "unit": unit.minor(), "quantity": quantity})
                    }
                })
                .collect();
            json!({
                "package": package, "name": name, "quantity": quantity, "server": server,
                "unitPrice": unit_price.minor(), "total": total.minor(), "rules": rules,
            })
        })
        .collect();
    Value::Json(Json::Array(items))
}

fn read_item(json: &Json, currency: Currency) -> Option<SessionItem> {
    let amount = |json: &Json| json.as_i64().map(|minor| Money::new(minor, currency));
    let quantity = |json: &Json| json.as_u64().and_then(|quantity| u32::try_from(quantity).ok());
    let rules = json["rules"].as_array()?.iter().map(|rule| match rule["rule"].as_str()? {
        "listPrice" => {
            Some(Rule::ListPrice { unit: amount(&rule["unit"])?, quantity: quantity(&rule["quantity"])? })
        }
        _ => None,
    });
    Some(SessionItem {
        package: json["package"].as_str()?.parse::<PackageId>().ok()?,
        name: json["name"].as_str()?.to_owned(),
        quantity: quantity(&json["quantity"])?,
        server: json["server"].as_str().map(str::parse::<ServerId>).transpose().ok()?,
        unit_price: amount(&json["unitPrice"])?,
        total: amount(&json["total"])?,
        rules: rules.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_survive_their_storage() {
        let currency = Currency::parse("EUR").unwrap();
        let unit = Money::new(999, currency);
        let item = SessionItem {
            package: PackageId(uuid::Uuid::from_u128(1)),
            name: "VIP".to_owned(),
            quantity: 2,
            server: Some(ServerId(uuid::Uuid::from_u128(2))),
            unit_price: unit,
            total: Money::new(1998, currency),
            rules: vec![Rule::ListPrice { unit, quantity: 2 }],
        };
        let Value::Json(json) = items_json(std::slice::from_ref(&item)) else { panic!("items are JSON") };
        assert_eq!(read_item(&json[0], currency), Some(item));
    }
}
