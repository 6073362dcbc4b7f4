//! Gift cards, without their money: that moves in [`crate::gift_card_ledger`].

use tradepost_model::Timestamp;
use tradepost_model::applies_to::Vocabulary;
use tradepost_model::gift_cards::{GiftCard, GiftCardStatus};
use tradepost_model::ids::{GiftCardId, StoreId, UserId};
use uuid::Uuid;

use crate::codec::money;
use crate::span::{COUNTED, Span};
use crate::{Conn, Result, Row, Tx, applies_to, params};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, amount, balance, held, currency, application_scope, package_ids, category_ids, recipient_name,
            recipient_email, message, expires_at, voided_at, version, created_at, updated_at"
    };
}

crate::statements! {
    /// Nothing is on it yet: that comes by the ledger.
    INSERT = "INSERT INTO gift_cards
        (id, store_id, code_hash, code_sealed, amount, balance, held, currency, application_scope, package_ids,
            category_ids, recipient_name, recipient_email, message, expires_at, version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $14)
        ON CONFLICT (store_id, code_hash) DO NOTHING";
    UPDATE = "UPDATE gift_cards
        SET recipient_name = $3, recipient_email = $4, message = $5, expires_at = $6, updated_at = $7,
            version = version + 1
        WHERE store_id = $1 AND id = $2 AND voided_at IS NULL";
    FIND = concat!("SELECT ", columns!(), " FROM gift_cards WHERE store_id = $1 AND id = $2");
    BY_HASH = concat!("SELECT ", columns!(), " FROM gift_cards WHERE store_id = $1 AND code_hash = $2");
    SEALED = "SELECT code_sealed FROM gift_cards WHERE store_id = $1 AND id = $2";
    LOCK = sqlite "SELECT id FROM gift_cards WHERE store_id = $1 AND id = $2"
        postgres "SELECT id FROM gift_cards WHERE store_id = $1 AND id = $2 FOR NO KEY UPDATE";
    PAGE = concat!("SELECT ", columns!(), "
        FROM gift_cards
        WHERE store_id = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3 OFFSET $4");
    OF_STATUS = concat!("SELECT ", columns!(), "
        FROM gift_cards
        WHERE store_id = $1 AND id < $2
            AND CASE WHEN voided_at IS NOT NULL THEN 'void'
                    WHEN balance = 0 AND held = 0 THEN 'redeemed'
                    WHEN expires_at <= $5 THEN 'expired'
                    ELSE 'active' END = $6
        ORDER BY id DESC
        LIMIT $3 OFFSET $4");
    COUNT = "SELECT COUNT(*) AS counted FROM (SELECT 1 FROM gift_cards WHERE store_id = $1 LIMIT $2) AS matching";
    NOTE_READING = "INSERT INTO gift_card_readings (id, store_id, gift_card_id, user_id, read_at)
        VALUES ($1, $2, $3, $4, $5)";
    READINGS = "SELECT r.user_id, u.name, r.read_at
        FROM gift_card_readings r
        JOIN users u ON u.id = r.user_id
        WHERE r.store_id = $1 AND r.gift_card_id = $2
        ORDER BY r.id DESC
        LIMIT $3";
}

/// A code, as it is kept.
#[derive(Clone)]
pub struct KeptCode {
    /// What it is found by.
    pub hash: [u8; 32],
    /// What it is read from.
    pub sealed: Vec<u8>,
}

/// That somebody has read a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// Adds a gift card with nothing on it; `false` where its code exists.
pub async fn insert(tx: &mut Tx, store: StoreId, card: &GiftCard, code: &KeptCode) -> Result<bool> {
    let (packages, categories) = applies_to::lists(&card.applies_to);
    let values = params![
        card.id,
        store,
        &code.hash[..],
        &code.sealed[..],
        card.amount.minor(),
        card.amount.currency().code(),
        card.applies_to.application_scope(Vocabulary::Others),
        packages,
        categories,
        card.recipient_name.as_deref(),
        card.recipient_email.as_deref(),
        card.message.as_deref(),
        card.expires_at,
        card.created_at,
    ];
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// Changes whom a gift card is for, its message and its end; `false` where it does not exist or is void.
pub async fn update(tx: &mut Tx, store: StoreId, card: &GiftCard) -> Result<bool> {
    let values = params![
        store,
        card.id,
        card.recipient_name.as_deref(),
        card.recipient_email.as_deref(),
        card.message.as_deref(),
        card.expires_at,
        card.updated_at,
    ];
    Ok(tx.exec(UPDATE, &values).await? == 1)
}

/// A gift card by identity.
pub async fn find(conn: &mut Conn, store: StoreId, card: GiftCardId) -> Result<Option<GiftCard>> {
    conn.query_opt(FIND, &params![store, card]).await?.map(|row| read(&row)).transpose()
}

/// A gift card by the hash of its code.
pub async fn find_by_hash(conn: &mut Conn, store: StoreId, hash: &[u8; 32]) -> Result<Option<GiftCard>> {
    conn.query_opt(BY_HASH, &params![store, &hash[..]]).await?.map(|row| read(&row)).transpose()
}

/// The sealed code of a gift card.
pub async fn sealed(conn: &mut Conn, store: StoreId, card: GiftCardId) -> Result<Option<Vec<u8>>> {
    conn.query_opt(SEALED, &params![store, card]).await?.map(|row| row.get("code_sealed")).transpose()
}

/// A gift card, which stays as it is until the transaction ends.
pub async fn locked(tx: &mut Tx, store: StoreId, card: GiftCardId) -> Result<Option<GiftCard>> {
    // The row is read after the lock is there, by a statement of its own that sees what came before.
    match tx.query_opt(LOCK, &params![store, card]).await? {
        Some(_) => find(tx, store, card).await,
        None => Ok(None),
    }
}

/// Gift cards, newest first.
pub async fn page(conn: &mut Conn, store: StoreId, span: Span) -> Result<Vec<GiftCard>> {
    let values = params![store, span.before(), span.take, span.skip];
    conn.query(PAGE, &values).await?.iter().map(read).collect()
}

/// Gift cards that stand like this now, newest first.
pub async fn of_status(
    conn: &mut Conn,
    store: StoreId,
    status: GiftCardStatus,
    now: Timestamp,
    span: Span,
) -> Result<Vec<GiftCard>> {
    let values = params![store, span.before(), span.take, span.skip, now, status.word()];
    conn.query(OF_STATUS, &values).await?.iter().map(read).collect()
}

/// How many gift cards there are, counted up to one above [`COUNTED`].
pub async fn count(conn: &mut Conn, store: StoreId) -> Result<u32> {
    conn.query_one(COUNT, &params![store, COUNTED + 1]).await?.get("counted")
}

/// Notes that somebody reads a code.
pub async fn note_reading(
    tx: &mut Tx,
    store: StoreId,
    id: Uuid,
    card: GiftCardId,
    user: UserId,
    now: Timestamp,
) -> Result<()> {
    tx.exec(NOTE_READING, &params![id, store, card, user, now]).await.map(|_| ())
}

/// Who has read a code, the last first.
pub async fn readings(conn: &mut Conn, store: StoreId, card: GiftCardId, limit: u32) -> Result<Vec<Reading>> {
    let rows = conn.query(READINGS, &params![store, card, limit]).await?;
    rows.iter()
        .map(|row| Ok(Reading { user: row.get("user_id")?, name: row.get("name")?, at: row.get("read_at")? }))
        .collect()
}

fn read(row: &Row) -> Result<GiftCard> {
    Ok(GiftCard {
        id: row.get("id")?,
        amount: money(row, "amount")?,
        balance: money(row, "balance")?,
        held: money(row, "held")?,
        applies_to: applies_to::read(row, Vocabulary::Others)?,
        recipient_name: row.get("recipient_name")?,
        recipient_email: row.get("recipient_email")?,
        message: row.get("message")?,
        expires_at: row.get("expires_at")?,
        voided_at: row.get("voided_at")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
