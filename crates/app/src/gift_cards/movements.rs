//! What moved on a gift card, and gift cards by how they stand: for the people of a store.

use std::collections::HashMap;

use tradepost_db::{gift_card_ledger as ledger, gift_cards as db};
use tradepost_model::gift_cards::{GiftCard, GiftCardStatus, LedgerEntry};
use tradepost_model::ids::GiftCardId;
use tradepost_model::permissions::{Access, Area};

use crate::lists::{Slice, Span};
use crate::{Actor, App, Error, Result};

/// A movement of a gift card's money, and the number of the order it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// What moved, from where to where.
    pub entry: LedgerEntry,
    /// The number of its order.
    pub order_number: Option<i64>,
}

/// All movements of a gift card's money, oldest first. Errors: no such gift card.
pub async fn movements(app: &App, actor: &Actor, card: GiftCardId) -> Result<Vec<Movement>> {
    actor.require(Area::GiftCards, Access::View)?;
    let store = actor.store;
    app.read(async move |conn| {
        let found = db::find(conn, store, card).await?;
        found.ok_or(Error::NotFound("gift card"))?;
        let numbers = ledger::order_numbers(conn, store, card).await?;
        let numbers: HashMap<_, _> = numbers.into_iter().collect();
        let entries = ledger::ledger(conn, store, card).await?;
        let movement = |entry: LedgerEntry| Movement {
            order_number: entry.order.and_then(|id| numbers.get(&id).copied()),
            entry,
        };
        Ok(entries.into_iter().map(movement).collect())
    })
    .await
}

/// Gift cards that stand like this now, newest first; they are not counted.
pub async fn of_status(
    app: &App,
    actor: &Actor,
    status: GiftCardStatus,
    span: Span,
) -> Result<Slice<GiftCard>> {
    actor.require(Area::GiftCards, Access::View)?;
    let (store, now) = (actor.store, app.now());
    app.scan(async move |conn| {
        let rows = db::of_status(conn, store, status, now, span.and_one_more()).await?;
        Ok(Slice::new(rows, span.take, None))
    })
    .await
}
