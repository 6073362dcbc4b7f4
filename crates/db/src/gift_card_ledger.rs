//! The money of gift cards. A card's balances change by conditional updates alone, and each change is
//! a row of its ledger in the same transaction: so a balance is what its ledger adds up to.

use tradepost_model::Timestamp;
use tradepost_model::gift_cards::{Account, LedgerEntry};
use tradepost_model::ids::{GiftCardId, LedgerEntryId, OrderId, StoreId};
use tradepost_model::money::Money;

use crate::codec::{money, word};
use crate::{Conn, Result, Stmt, Tx, params};

crate::statements! {
    ISSUE = "UPDATE gift_cards
        SET balance = balance + $3
        WHERE store_id = $1 AND id = $2 AND currency = $4 AND voided_at IS NULL";
    HOLD = "UPDATE gift_cards
        SET balance = balance - $3, held = held + $3
        WHERE store_id = $1 AND id = $2 AND currency = $4 AND balance >= $3 AND voided_at IS NULL
            AND (expires_at IS NULL OR expires_at > $5)";
    RELEASE = "UPDATE gift_cards
        SET held = held - $3, balance = balance + $3
        WHERE store_id = $1 AND id = $2 AND currency = $4 AND held >= $3 AND voided_at IS NULL";
    RELEASE_VOID = "UPDATE gift_cards
        SET held = held - $3
        WHERE store_id = $1 AND id = $2 AND currency = $4 AND held >= $3 AND voided_at IS NOT NULL";
    SPEND_HELD = "UPDATE gift_cards
        SET held = held - $3
        WHERE store_id = $1 AND id = $2 AND currency = $4 AND held >= $3";
    SPEND = "UPDATE gift_cards
        SET balance = balance - $3
        WHERE store_id = $1 AND id = $2 AND currency = $4 AND balance >= $3 AND voided_at IS NULL";
    /// What is void takes nothing: the ledger alone tells where the money went.
    REFUND_VOID = "UPDATE gift_cards
        SET balance = balance
        WHERE store_id = $1 AND id = $2 AND currency = $4 AND voided_at IS NOT NULL AND CAST($3 AS bigint) > 0";
    VOID = "UPDATE gift_cards
        SET balance = 0, voided_at = $4, updated_at = $4, version = version + 1
        WHERE store_id = $1 AND id = $2 AND balance = $3 AND voided_at IS NULL";
    ENTER = "INSERT INTO gift_card_entries (id, store_id, gift_card_id, order_id, debit, credit, amount, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    LEDGER = "SELECT e.id, e.order_id, e.debit, e.credit, e.amount, e.created_at, g.currency
        FROM gift_card_entries e
        JOIN gift_cards g ON g.id = e.gift_card_id
        WHERE e.store_id = $1 AND e.gift_card_id = $2
        ORDER BY e.created_at, e.id";
    NUMBERS = "SELECT DISTINCT o.id, o.number
        FROM gift_card_entries e
        JOIN orders o ON o.id = e.order_id AND o.store_id = e.store_id
        WHERE e.store_id = $1 AND e.gift_card_id = $2";
}

/// Money of a gift card that moves for an order.
#[derive(Clone, Copy, Debug)]
pub struct Movement {
    /// The identity of its row in the ledger.
    pub entry: LedgerEntryId,
    /// The card.
    pub card: GiftCardId,
    /// The order.
    pub order: OrderId,
    /// How much. Nothing that is not above zero moves.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

impl Movement {
    fn between(&self, debit: Account, credit: Account) -> LedgerEntry {
        let Self { entry, card: _, order, amount, at } = *self;
        LedgerEntry { id: entry, order: Some(order), debit, credit, amount, at }
    }
}

/// Puts the first money on a new card; `false` where there is none, or nothing to put on it.
pub async fn issue(
    tx: &mut Tx,
    store: StoreId,
    card: GiftCardId,
    amount: Money,
    entry: LedgerEntryId,
    now: Timestamp,
) -> Result<bool> {
    let values = params![store, card, amount.minor(), amount.currency().code()];
    if amount.minor() <= 0 || tx.exec(ISSUE, &values).await? == 0 {
        return Ok(false);
    }
    let entry =
        LedgerEntry { id: entry, order: None, debit: Account::Issued, credit: Account::Card, amount, at: now };
    enter(tx, store, card, &entry).await.map(|()| true)
}

/// Holds money for a payment under way; `false` where the card has not so much, or it is void or expired.
pub async fn hold(tx: &mut Tx, store: StoreId, movement: &Movement) -> Result<bool> {
    if movement.amount.minor() <= 0 {
        return Ok(false);
    }
    let currency = movement.amount.currency().code();
    let values = params![store, movement.card, movement.amount.minor(), currency, movement.at];
    if tx.exec(HOLD, &values).await? == 0 {
        return Ok(false);
    }
    let entry = movement.between(Account::Card, Account::Held);
    enter(tx, store, movement.card, &entry).await.map(|()| true)
}

/// Gives held money back to the card. Of a card that is void meanwhile it is void, too. `false` where so
/// much is not held.
pub async fn release(tx: &mut Tx, store: StoreId, movement: &Movement) -> Result<bool> {
    // Void is for ever: a card that the first statement finds void is so for the second, too.
    Ok(change(tx, store, movement, RELEASE, Account::Held, Account::Card).await?
        || change(tx, store, movement, RELEASE_VOID, Account::Held, Account::Void).await?)
}

/// Spends held money, also of a card that is void or expired meanwhile; `false` where so much is not held.
pub async fn spend_held(tx: &mut Tx, store: StoreId, movement: &Movement) -> Result<bool> {
    change(tx, store, movement, SPEND_HELD, Account::Held, Account::Spent).await
}

/// Spends money that is not held, for a payment that came late: the card may have expired. `false` where
/// the card has not so much or is void.
pub async fn spend(tx: &mut Tx, store: StoreId, movement: &Movement) -> Result<bool> {
    change(tx, store, movement, SPEND, Account::Card, Account::Spent).await
}

/// Gives spent money back to the card, also to one that has expired. What goes back to a void card is
/// void. `false` where there is no such card in this currency.
pub async fn refund(tx: &mut Tx, store: StoreId, movement: &Movement) -> Result<bool> {
    Ok(change(tx, store, movement, ISSUE, Account::Spent, Account::Card).await?
        || change(tx, store, movement, REFUND_VOID, Account::Spent, Account::Void).await?)
}

/// Takes a card back with what is on it, which is `balance`; held money stays held. `false` where it is void
/// already or has another balance by now: it is locked before.
pub async fn void(
    tx: &mut Tx,
    store: StoreId,
    card: GiftCardId,
    balance: Money,
    entry: LedgerEntryId,
    now: Timestamp,
) -> Result<bool> {
    if tx.exec(VOID, &params![store, card, balance.minor(), now]).await? == 0 {
        return Ok(false);
    }
    if balance.minor() > 0 {
        let amount = balance;
        let entry =
            LedgerEntry { id: entry, order: None, debit: Account::Card, credit: Account::Void, amount, at: now };
        enter(tx, store, card, &entry).await?;
    }
    Ok(true)
}

/// All movements of a card's money, oldest first.
pub async fn ledger(conn: &mut Conn, store: StoreId, card: GiftCardId) -> Result<Vec<LedgerEntry>> {
    let rows = conn.query(LEDGER, &params![store, card]).await?;
    rows.iter()
        .map(|row| {
            Ok(LedgerEntry {
                id: row.get("id")?,
                order: row.get("order_id")?,
                debit: word(row, "debit", Account::parse)?,
                credit: word(row, "credit", Account::parse)?,
                amount: money(row, "amount")?,
                at: row.get("created_at")?,
            })
        })
        .collect()
}

/// The numbers of the orders that a card's money moved for.
pub async fn order_numbers(conn: &mut Conn, store: StoreId, card: GiftCardId) -> Result<Vec<(OrderId, i64)>> {
    let rows = conn.query(NUMBERS, &params![store, card]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("number")?))).collect()
}

async fn change(
    tx: &mut Tx,
    store: StoreId,
    movement: &Movement,
    stmt: Stmt,
    debit: Account,
    credit: Account,
) -> Result<bool> {
    if movement.amount.minor() <= 0 {
        return Ok(false);
    }
    let currency = movement.amount.currency().code();
    let values = params![store, movement.card, movement.amount.minor(), currency];
    if tx.exec(stmt, &values).await? == 0 {
        return Ok(false);
    }
    enter(tx, store, movement.card, &movement.between(debit, credit)).await.map(|()| true)
}

async fn enter(tx: &mut Tx, store: StoreId, card: GiftCardId, entry: &LedgerEntry) -> Result<()> {
    let LedgerEntry { id, order, debit, credit, amount, at } = entry;
    let values = params![*id, store, card, *order, debit.word(), credit.word(), amount.minor(), *at];
    tx.exec(ENTER, &values).await.map(|_| ())
}
