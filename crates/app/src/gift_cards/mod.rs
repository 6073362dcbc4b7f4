//! Gift cards: making, changing, finding and voiding them, and reading their codes. Spending them is
//! part of an order.

mod codes;
mod movements;

use tradepost_db::{Tx, events, gift_card_ledger as ledger, gift_cards as db, stores};
use tradepost_model::applies_to::AppliesTo;
use tradepost_model::events::Event;
use tradepost_model::fields::FieldErrors;
use tradepost_model::gift_cards::{GiftCard, GiftCardDraft};
use tradepost_model::ids::GiftCardId;
use tradepost_model::permissions::{Access, Area};

use crate::lists::{Slice, Span, slice};
use crate::{Actor, App, Error, Expect, Result, applies_to};

pub use codes::{by_code, readings, reveal};
pub use db::Reading;
pub use movements::{Movement, movements, of_status};

/// Gift cards, newest first.
pub async fn list(app: &App, actor: &Actor, span: Span) -> Result<Slice<GiftCard>> {
    actor.require(Area::GiftCards, Access::View)?;
    let store = actor.store;
    app.scan(async move |conn| {
        Ok(slice!(
            span,
            |part| db::page(conn, store, part),
            db::count(conn, store)
        ))
    })
    .await
}

/// A gift card, also a void one. Errors: no such gift card.
pub async fn find(app: &App, actor: &Actor, card: GiftCardId) -> Result<GiftCard> {
    actor.require(Area::GiftCards, Access::View)?;
    let store = actor.store;
    let found = app
        .read(async move |conn| Ok(db::find(conn, store, card).await?))
        .await?;
    found.ok_or(Error::NotFound("gift card"))
}

/// Makes a gift card with a code of its own, which only [`reveal`] tells. Errors: fields that do not fit.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    draft: GiftCardDraft,
) -> Result<GiftCard> {
    actor.require(Area::GiftCards, Access::Edit)?;
    let store = stores::find(tx, actor.store).await?;
    let store = store.ok_or(Error::NotFound("store"))?;
    let (now, nothing) = (app.now(), AppliesTo::Store);
    let mut errors = FieldErrors::default();
    let card = GiftCard::create(app.id(), draft, store.currency, now, &mut errors);
    applies_to::check(tx, store.id, &nothing, &card.applies_to, &mut errors).await?;
    errors.into_result()?;
    let code = codes::draw(app, store.id, card.id);
    let is_whole = db::insert(tx, store.id, &card, &code).await?
        && ledger::issue(tx, store.id, card.id, card.amount, app.id(), now).await?;
    if !is_whole {
        // One of 2^99 codes was drawn twice, or the amount is none, which was checked.
        return Err(Error::internal("a new gift card could not be issued"));
    }
    let event = Event::GiftCardCreated {
        card: card.id,
        amount: card.amount,
        expires_at: card.expires_at,
    };
    events::emit(tx, store.id, app.id(), &event, now).await?;
    Ok(card)
}

/// Changes whom a gift card is for, its message and its end. Errors: no such gift card, changed
/// meanwhile, void, fields that do not fit or cannot change.
pub async fn update(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    card: GiftCardId,
    draft: GiftCardDraft,
    expect: &Expect,
) -> Result<GiftCard> {
    actor.require(Area::GiftCards, Access::Edit)?;
    let (store, now) = (actor.store, app.now());
    let card = db::locked(tx, store, card).await?;
    let mut card = card.ok_or(Error::NotFound("gift card"))?;
    expect.check(card.version)?;
    let mut errors = FieldErrors::default();
    card.apply(draft, now, &mut errors);
    errors.into_result()?;
    (card.version, card.updated_at) = (card.version + 1, now);
    if db::update(tx, store, &card).await? {
        Ok(card)
    } else {
        let message = "this gift card is void and cannot be changed";
        Err(Error::conflict("gift_card_void", message))
    }
}

/// Voids a gift card: what is on it is gone, what payments under way hold can still be spent by them. It
/// can be read as before, and voided again, which changes nothing. Errors: no such gift card, changed
/// meanwhile.
pub async fn delete(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    card: GiftCardId,
    expect: &Expect,
) -> Result<()> {
    actor.require(Area::GiftCards, Access::Delete)?;
    let store = actor.store;
    let card = db::locked(tx, store, card).await?;
    let card = card.ok_or(Error::NotFound("gift card"))?;
    expect.check(card.version)?;
    if card.voided_at.is_none() {
        ledger::void(tx, store, card.id, card.balance, app.id(), app.now()).await?;
    }
    Ok(())
}
