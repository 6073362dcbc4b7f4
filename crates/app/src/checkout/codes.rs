//! Coupons and gift cards on a checkout: entered when it is made or on its page, looked at again when
//! payment starts. What is scarce about them is held only then.

use std::net::IpAddr;

use tradepost_db::{Conn, Tx, checkout as db, coupons, gift_cards, orders, payments, stock};
use tradepost_model::Timestamp;
use tradepost_model::checkout::{Amounts, AppliedCoupon, Session};
use tradepost_model::coupons::{Coupon, CouponCode, CouponStatus};
use tradepost_model::fields::FieldErrors;
use tradepost_model::gift_cards::{GiftCard, GiftCardStatus};
use tradepost_model::ids::{SessionId, StoreId};
use tradepost_model::money::MoneyError;
use tradepost_model::payments::PaymentStatus;
use tradepost_model::pricing::{CouponOutcome, PriceLine, Quote, price};
use tradepost_model::stores::Store;

use super::NewSession;
use super::tries::tries;
use crate::gift_cards::by_code;
use crate::{App, Error, Result};

const COUPON: &str = "couponCode";
const GIFT_CARD: &str = "giftCardCode";
const NOT_FOUND: &str = "not found";

/// The coupon and the gift card on a checkout, as they stand now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codes {
    pub(crate) coupon: Option<Coupon>,
    pub(crate) gift_card: Option<GiftCard>,
}

impl Codes {
    /// Prices lines with these codes, noting what stands in the way of them. A code that cannot be used
    /// changes nothing.
    async fn price(
        &mut self,
        conn: &mut Conn,
        session: &Session,
        now: Timestamp,
        errors: &mut FieldErrors,
    ) -> Result<Quote> {
        let lines: Vec<_> = session.items.iter().map(|item| item.line.clone()).collect();
        if let Some(coupon) = &self.coupon
            && let Some(reason) = refusal(conn, session, coupon, now).await?
        {
            errors.add(COUPON, reason);
            self.coupon = None;
        }
        if let Some(card) = &self.gift_card
            && let Some(reason) = card_refusal(card, now)
        {
            errors.add(GIFT_CARD, reason);
            self.gift_card = None;
        }
        let mut quote = self.quote(&lines, session)?;
        let reason = match quote.coupon {
            CouponOutcome::BelowMinimum { .. } => Some("does not meet minimum"),
            CouponOutcome::NotForTheseItems => Some("not valid for these items"),
            CouponOutcome::None | CouponOutcome::Applied => None,
        };
        if let Some(reason) = reason {
            errors.add(COUPON, reason);
            self.coupon = None;
            quote = self.quote(&lines, session)?;
        }
        if self.gift_card.is_some() && quote.gift_card.is_zero() && !quote.total.is_zero() {
            errors.add(GIFT_CARD, "not valid for these items");
            self.gift_card = None;
            quote = self.quote(&lines, session)?;
        }
        Ok(quote)
    }

    fn quote(&self, lines: &[PriceLine], session: &Session) -> Result<Quote> {
        let coupon = self.coupon.as_ref().map(Coupon::rule);
        let card = self.gift_card.as_ref().map(GiftCard::rule);
        let currency = session.amounts.total.currency();
        price(lines, coupon.as_ref(), card.as_ref(), currency).map_err(too_much)
    }
}

/// Why a coupon cannot be used now by this buyer, whatever is bought.
async fn refusal(
    conn: &mut Conn,
    session: &Session,
    coupon: &Coupon,
    now: Timestamp,
) -> Result<Option<String>> {
    let reason = match coupon.status_at(now) {
        CouponStatus::Active if coupon.is_taken() => Some("exhausted"),
        CouponStatus::Active => None,
        CouponStatus::Expired => Some("expired"),
        CouponStatus::Exhausted => Some("exhausted"),
        CouponStatus::Inactive | CouponStatus::Scheduled => Some(NOT_FOUND),
    };
    if let Some(reason) = reason {
        return Ok(Some(reason.to_owned()));
    }
    let Some(limit) = coupon.max_uses_per_user else {
        return Ok(None);
    };
    // The receiver of a gift as well: what a buyer is called is theirs to say.
    let people = [&session.buyer, &session.receiver()];
    let used = coupons::used_by_customer(conn, session.store, coupon.id, &people).await?;
    Ok((used >= limit).then(|| "limit per customer reached".to_owned()))
}

/// Why a gift card cannot be used now.
fn card_refusal(card: &GiftCard, now: Timestamp) -> Option<&'static str> {
    match card.status_at(now) {
        GiftCardStatus::Void => Some(NOT_FOUND),
        GiftCardStatus::Expired => Some("expired"),
        GiftCardStatus::Redeemed => Some("nothing is left on it"),
        GiftCardStatus::Active if card.balance.is_zero() => {
            Some("what is left on it is held by a payment under way")
        }
        GiftCardStatus::Active => None,
    }
}

/// Enters the codes that a new session was asked for, each error under its own field.
pub(super) async fn enter(
    app: &App,
    store: &Store,
    new: &NewSession,
    session: Session,
    errors: &mut FieldErrors,
) -> Result<Session> {
    let (coupon, card) = (new.coupon_code.clone(), new.gift_card_code.clone());
    if coupon.is_none() && card.is_none() {
        return Ok(session);
    }
    let (app_, id, now) = (app.clone(), store.id, app.now());
    let (entered, found) = app
        .read(async move |conn| {
            let mut errors = FieldErrors::default();
            let mut codes = Codes::default();
            if let Some(code) = &coupon {
                codes.coupon = coupon_of(conn, id, code).await?;
                if codes.coupon.is_none() {
                    errors.add(COUPON, NOT_FOUND);
                }
            }
            if let Some(code) = &card {
                codes.gift_card = by_code(&app_, conn, id, code).await?;
                if codes.gift_card.is_none() {
                    errors.add(GIFT_CARD, NOT_FOUND);
                }
            }
            let mut session = session.clone();
            let quote = codes.price(conn, &session, now, &mut errors).await?;
            put(&mut session, &codes, quote);
            Ok((session, errors))
        })
        .await?;
    errors.0.extend(found.0);
    Ok(entered)
}

/// Prices a session anew inside the transaction that starts its payment. Errors: a code that cannot be
/// used any more, or another price than the buyer was shown.
pub(crate) async fn of_session(tx: &mut Tx, session: &Session, now: Timestamp) -> Result<Codes> {
    let (codes, quote, errors) = look_again(tx, session, now).await?;
    let told = if let Some(reason) = errors.of(COUPON) {
        Some(format!("The coupon cannot be used any more: {reason}."))
    } else if let Some(reason) = errors.of(GIFT_CARD) {
        Some(format!("The gift card cannot be used any more: {reason}."))
    } else if Amounts::from(&quote) != session.amounts {
        Some("The price has changed, look at it once more.".to_owned())
    } else {
        None
    };
    match told {
        Some(message) => Err(Error::refused("price_changed", message)),
        None => Ok(codes),
    }
}

async fn look_again(
    conn: &mut Conn,
    session: &Session,
    now: Timestamp,
) -> Result<(Codes, Quote, FieldErrors)> {
    let mut errors = FieldErrors::default();
    let mut codes = Codes::default();
    if let Some(applied) = &session.coupon {
        codes.coupon = coupons::find(conn, session.store, applied.id).await?;
        if codes.coupon.is_none() {
            errors.add(COUPON, NOT_FOUND);
        }
    }
    if let Some(card) = session.gift_card {
        codes.gift_card = gift_cards::find(conn, session.store, card).await?;
    }
    let quote = codes.price(conn, session, now, &mut errors).await?;
    Ok((codes, quote, errors))
}

/// Takes a code that cannot be used any more off a session, so that its buyer sees what it costs now.
pub(crate) async fn refresh(app: &App, session: &SessionId) -> Result<()> {
    let (id, now) = (session.clone(), app.now());
    app.write(async move |tx| {
        let Some(mut session) = open(tx, &id, now).await? else {
            return Ok(());
        };
        if let Some(order) = orders::by_session(tx, session.store, &id).await?
            && stock::expiry(tx, session.store, order.id).await?.is_some()
        {
            // What is held for a payment under way keeps its price.
            return Ok(());
        }
        let (codes, quote, _) = look_again(tx, &session, now).await?;
        put(&mut session, &codes, quote);
        db::set_prices(tx, &session, now).await?;
        Ok(())
    })
    .await
}

/// Enters a coupon on an open session, or takes it off. Errors: why it cannot be used, under
/// `couponCode`; a payment that is under way.
pub async fn set_coupon(
    app: &App,
    session: &SessionId,
    code: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<()> {
    let (id, code, now) = (session.clone(), trimmed(code), app.now());
    let tries = tries(app, session, code.as_deref(), ip).await?;
    let entered = app
        .write(async move |tx| {
            let mut session = editable(tx, &id, now).await?;
            let store = session.store;
            let mut errors = FieldErrors::default();
            let (mut codes, _, _) = look_again(tx, &session, now).await?;
            codes.coupon = match &code {
                Some(code) => coupon_of(tx, store, code).await?,
                None => None,
            };
            if code.is_some() && codes.coupon.is_none() {
                errors.add(COUPON, NOT_FOUND);
            }
            change(tx, &mut session, codes, now, errors, COUPON).await
        })
        .await;
    tries.end(app, &entered);
    entered
}

/// Enters a gift card on an open session, or takes it off. Errors: why it cannot be used, under
/// `giftCardCode`; a payment that is under way.
pub async fn set_gift_card(
    app: &App,
    session: &SessionId,
    code: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<()> {
    let (app_, id, code, now) = (app.clone(), session.clone(), trimmed(code), app.now());
    let tries = tries(app, session, code.as_deref(), ip).await?;
    let entered = app
        .write(async move |tx| {
            let mut session = editable(tx, &id, now).await?;
            let mut errors = FieldErrors::default();
            let (mut codes, _, _) = look_again(tx, &session, now).await?;
            codes.gift_card = match &code {
                Some(code) => by_code(&app_, tx, session.store, code).await?,
                None => None,
            };
            if code.is_some() && codes.gift_card.is_none() {
                errors.add(GIFT_CARD, NOT_FOUND);
            }
            change(tx, &mut session, codes, now, errors, GIFT_CARD).await
        })
        .await;
    tries.end(app, &entered);
    entered
}

async fn change(
    tx: &mut Tx,
    session: &mut Session,
    mut codes: Codes,
    now: Timestamp,
    mut errors: FieldErrors,
    field: &str,
) -> Result<()> {
    let quote = codes.price(tx, session, now, &mut errors).await?;
    if errors.of(field).is_some() {
        return Err(errors.into());
    }
    put(session, &codes, quote);
    db::set_prices(tx, session, now).await?;
    Ok(())
}

fn put(session: &mut Session, codes: &Codes, quote: Quote) {
    session.amounts = Amounts::from(&quote);
    session.coupon = codes.coupon.as_ref().map(|coupon| AppliedCoupon {
        id: coupon.id,
        code: coupon.code.as_str().to_owned(),
    });
    session.gift_card = codes.gift_card.as_ref().map(|card| card.id);
    for (item, priced) in session.items.iter_mut().zip(quote.lines) {
        item.priced = priced;
    }
}

/// An open session behind its lock.
async fn open(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<Option<Session>> {
    let Some(session) = db::find(tx, id).await? else {
        return Ok(None);
    };
    if !db::lock_open(tx, session.store, id, now).await? {
        return Ok(None);
    }
    Ok(db::find(tx, id).await?)
}

/// An open session behind its lock, whose price can still change. Errors: it has ended; a payment is
/// under way.
async fn editable(tx: &mut Tx, id: &SessionId, now: Timestamp) -> Result<Session> {
    let Some(session) = open(tx, id, now).await? else {
        return Err(Error::refused(
            "session_not_open",
            "This checkout has ended.",
        ));
    };
    let Some(order) = orders::by_session(tx, session.store, id).await? else {
        return Ok(session);
    };
    let attempts = payments::of_order(tx, session.store, order.id).await?;
    let settled = |status| matches!(status, PaymentStatus::Declined | PaymentStatus::Refunded);
    if attempts
        .iter()
        .all(|attempt| settled(attempt.payment.status))
    {
        return Ok(session);
    }
    Err(Error::refused(
        "payment_under_way",
        "The payment has been started, so the price is final. Finish it, or go back to the basket.",
    ))
}

/// The coupon of a code; none where it is no code.
async fn coupon_of(conn: &mut Conn, store: StoreId, code: &str) -> Result<Option<Coupon>> {
    match CouponCode::parse(code.trim()) {
        Ok(code) => Ok(coupons::find_by_code(conn, store, &code).await?),
        Err(_) => Ok(None),
    }
}

fn trimmed(code: Option<&str>) -> Option<String> {
    let code = code.map(str::trim).filter(|code| !code.is_empty());
    code.map(str::to_owned)
}

pub(super) fn too_much(error: MoneyError) -> Error {
    let message = format!("This basket costs too much for one order: {error}.");
    Error::refused("total_too_large", message)
}
