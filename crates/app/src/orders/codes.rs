//! What an order takes of a coupon and a gift card: held while its payment is under way, used up when it
//! is paid. The order's reservation says which; each step here is one conditional update, or the operation
//! fails as a whole.

use tradepost_db::gift_card_ledger::{self as ledger, Movement};
use tradepost_db::{Tx, coupons};
use tradepost_model::Timestamp;
use tradepost_model::ids::StoreId;
use tradepost_model::orders::{Order, OrderGiftCard};
use tradepost_model::players::Player;

use crate::{App, Error, Result};

/// Holds a use of the coupon and the part of the gift card. Errors: the coupon is used up, the gift card
/// no longer covers it.
pub(super) async fn hold(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    now: Timestamp,
) -> Result<()> {
    if let Some(coupon) = &order.coupon {
        if !coupons::reserve(tx, store, coupon.id, now).await? {
            return Err(coupon_gone("it was used up or has ended"));
        }
        take_for_customer(tx, store, order).await?;
    }
    if let Some(card) = order.gift_card
        && !ledger::hold(tx, store, &movement(app, order, card, now)).await?
    {
        return Err(card_gone());
    }
    Ok(())
}

/// Uses up what is held.
pub(super) async fn use_held(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    now: Timestamp,
) -> Result<()> {
    if let Some(coupon) = &order.coupon {
        coupons::redeem_reserved(tx, store, coupon.id).await?;
    }
    if let Some(card) = order.gift_card
        && !ledger::spend_held(tx, store, &movement(app, order, card, now)).await?
    {
        return Err(Error::internal("a gift card lost what it held"));
    }
    Ok(())
}

/// Uses up what is not held any more, for a payment that came late. Errors as for [`hold`].
pub(super) async fn use_now(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    now: Timestamp,
) -> Result<()> {
    if let Some(coupon) = &order.coupon {
        if !coupons::redeem(tx, store, coupon.id).await? {
            return Err(coupon_gone("it was used up"));
        }
        take_for_customer(tx, store, order).await?;
    }
    if let Some(card) = order.gift_card
        && !ledger::spend(tx, store, &movement(app, order, card, now)).await?
    {
        return Err(card_gone());
    }
    Ok(())
}

/// Gives back what is held.
pub(super) async fn release(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    now: Timestamp,
) -> Result<()> {
    if let Some(coupon) = &order.coupon {
        coupons::release(tx, store, coupon.id).await?;
        coupons::release_for_customer(tx, store, coupon.id, &people(order)).await?;
    }
    if let Some(card) = order.gift_card
        && !ledger::release(tx, store, &movement(app, order, card, now)).await?
    {
        return Err(Error::internal("a gift card lost what it held"));
    }
    Ok(())
}

/// Gives the gift card back what it paid for an order that is refunded. The coupon stays used.
pub(super) async fn refund(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    now: Timestamp,
) -> Result<()> {
    let Some(card) = order.gift_card else {
        return Ok(());
    };
    if ledger::refund(tx, store, &movement(app, order, card, now)).await? {
        Ok(())
    } else {
        Err(Error::internal("a gift card that paid is gone"))
    }
}

fn movement(app: &App, order: &Order, card: OrderGiftCard, now: Timestamp) -> Movement {
    Movement {
        entry: app.id(),
        card: card.id,
        order: order.id,
        amount: card.amount,
        at: now,
    }
}

async fn take_for_customer(tx: &mut Tx, store: StoreId, order: &Order) -> Result<()> {
    let Some(coupon) = &order.coupon else {
        return Ok(());
    };
    let found = coupons::find(tx, store, coupon.id).await?;
    let limit = found.and_then(|coupon| coupon.max_uses_per_user);
    if coupons::reserve_for_customer(tx, store, coupon.id, &people(order), limit).await? {
        Ok(())
    } else {
        Err(coupon_gone("limit per customer reached"))
    }
}

/// Whose use of a coupon it is. Of a gift also the receiver's: what a buyer is called is theirs to say.
fn people(order: &Order) -> [&Player; 2] {
    [order.buyer(), &order.player]
}

fn coupon_gone(why: &str) -> Error {
    let message = format!("The coupon cannot be used any more: {why}.");
    Error::refused("coupon_gone", message)
}

fn card_gone() -> Error {
    let message = "The gift card no longer covers its part of the price.";
    Error::refused("gift_card_gone", message)
}
