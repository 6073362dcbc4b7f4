//! The steps of a subscription that follow from payments and their ends, each inside the transaction that
//! makes it so.

use jiff::SignedDuration;
use tradepost_db::commands::NewCommand;
use tradepost_db::entitlements::{self, Period};
use tradepost_db::{Tx, commands, orders, payments, subscriptions as db};
use tradepost_model::clock::later;
use tradepost_model::commands::CommandType;
use tradepost_model::events::Event;
use tradepost_model::ids::{StoreId, SubscriptionId};
use tradepost_model::money::Money;
use tradepost_model::orders::{EndReason, Order, OrderItem};
use tradepost_model::packages::Billing;
use tradepost_model::payments::PaymentStatus;
use tradepost_model::subscriptions::{Every, NotAllowed, Step, Subscription, SubscriptionStatus};

use super::{emit, keep};
use crate::jobs::{self, Kind};
use crate::orders::facts;
use crate::orders::fulfil::{self, Paid};
use crate::{App, Error, Result};

/// Why goods are taken back that were not sent when a subscription ended.
const OVER: &str = "taken back: the subscription has ended";

/// A subscription begins with a line of an order that is paid now, by the terms of its checkout: with the trial
/// that was promised, and renewals at that price. What no gateway can charge is given for one period.
pub(crate) async fn begin(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    (order, item): (&Order, &OrderItem),
    (billing, price): (Billing, Money),
    paid: &Paid,
) -> Result<()> {
    let now = app.now();
    let every = Every::from(billing);
    let trial = billing.trial_days.filter(|days| *days > 0);
    let trial_end = trial.map(|days| later(now, SignedDuration::from_hours(24 * i64::from(days))));
    let period_end = trial_end.unwrap_or_else(|| every.next_end(now, now));
    let mut begun = Subscription {
        id: app.id(),
        order: order.id,
        item: item.id,
        player: order.player.clone(),
        package: item.package,
        package_name: item.package_name.clone(),
        server: item.server,
        status: match trial_end {
            Some(_) => SubscriptionStatus::Trialing,
            None => SubscriptionStatus::Active,
        },
        every,
        price,
        gateway: paid.gateway.to_owned(),
        reference: paid.transaction.clone(),
        declines: false,
        anchor: trial_end.unwrap_or(now),
        trial_end,
        period_start: now,
        period_end,
        due_at: Some(period_end),
        cancel_at_period_end: false,
        renewal_count: 0,
        failures: 0,
        ended_at: None,
        created_at: now,
        updated_at: now,
    };
    if !chargeable(app, &begun) {
        begun = begun.cancel(now).map_err(Error::internal)?;
    }
    db::insert(tx, store, &begun).await?;
    db::attach(tx, store, order.id, begun.id).await?;
    let (kind, subject) = (Kind::Renew, begun.id.to_string());
    jobs::enqueue(tx, store, app.id(), kind, &subject, period_end, now).await?;
    emit(app, tx, store, Event::SubscriptionStarted(Box::new(begun))).await
}

/// Whether a renewal can be paid for at all.
pub(super) fn chargeable(app: &App, it: &Subscription) -> bool {
    it.price.is_zero() || app.gateways.by_word(&it.gateway).is_ok()
}

/// The subscription that an order renews; `None` for one that a buyer made at a checkout.
pub(crate) async fn renewal_of(
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
) -> Result<Option<SubscriptionId>> {
    if order.session.is_some() {
        return Ok(None);
    }
    let Some(id) = db::of_order(tx, store, order.id).await? else {
        return Ok(None);
    };
    let found = db::find(tx, store, id).await?;
    Ok(found.filter(|it| it.order != order.id).map(|it| it.id))
}

/// Whether a payment can still buy a period of it.
pub(crate) async fn may_renew(tx: &mut Tx, store: StoreId, id: SubscriptionId) -> Result<bool> {
    let found = db::find(tx, store, id).await?;
    Ok(found.is_some_and(|it| it.status.after(Step::Renew).is_some()))
}

/// The next period is paid by this order: its line is what the player holds from now on. Gives the commands.
pub(crate) async fn renewed(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    id: SubscriptionId,
    (order, items): (&Order, &[OrderItem]),
    paid: &Paid,
) -> Result<Vec<NewCommand>> {
    let now = app.now();
    let before = db::locked(tx, store, id).await?;
    let (Some(before), Some(line)) = (before, items.first()) else {
        return Err(Error::internal(
            "a renewal without its subscription or line",
        ));
    };
    let next = before
        .clone()
        .renew(line.id, now)
        .map_err(Error::internal)?;
    let queued = fulfil::renew(app, tx, store, order, items, paid).await?;
    db::end_line(tx, store, before.item, EndReason::Renewed, now).await?;
    keep(tx, store, &before, &next).await?;
    let event = Event::SubscriptionRenewed {
        subscription: Box::new(next),
        order: order.id,
    };
    emit(app, tx, store, event).await?;
    Ok(queued)
}

/// The payment for the next period failed, which is told: its order is over, and another is tried later, or
/// never. Gives the commands of its end.
pub(crate) async fn declined(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    id: SubscriptionId,
    (order, items): (&Order, &[OrderItem]),
    reason: &str,
) -> Result<Vec<NewCommand>> {
    let now = app.now();
    let before = db::locked(tx, store, id).await?;
    let was_open = orders::cancel(tx, store, order.id, reason, now).await?;
    let said = Event::PaymentDeclined {
        facts: facts(order, items),
        reason: reason.to_owned(),
    };
    match before.filter(|_| was_open) {
        Some(before) => failed(app, tx, store, before, Some(said)).await,
        None => {
            emit(app, tx, store, said).await?;
            Ok(Vec::new())
        }
    }
}

/// The money for the next period had gone back before it came, and its order was just cancelled for that: it
/// counts as a payment that failed. Gives the commands of its end.
pub(crate) async fn came_and_went(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
) -> Result<Vec<NewCommand>> {
    let Some(id) = renewal_of(tx, store, order).await? else {
        return Ok(Vec::new());
    };
    let found = db::locked(tx, store, id).await?;
    match found.filter(|it| it.status != SubscriptionStatus::Expired) {
        Some(before) => failed(app, tx, store, before, None).await,
        None => Ok(Vec::new()),
    }
}

/// Counts a payment that failed. `said` is told of it once everything is written.
pub(super) async fn failed(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    before: Subscription,
    said: Option<Event>,
) -> Result<Vec<NewCommand>> {
    let next = before.clone().decline(app.now()).map_err(Error::internal)?;
    if next.status == SubscriptionStatus::Expired {
        return end(app, tx, store, before, said).await;
    }
    keep(tx, store, &before, &next).await?;
    if let Some(said) = said {
        emit(app, tx, store, said).await?;
    }
    Ok(Vec::new())
}

/// Nobody wants it any more, as `next` says: it ends with the period that is paid for, or at once where none
/// is. Gives the commands of its end.
pub(super) async fn stop(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    before: Subscription,
    next: Subscription,
) -> Result<Vec<NewCommand>> {
    if next.status == SubscriptionStatus::Expired {
        let said = Event::SubscriptionCancelled(Box::new(Subscription {
            cancel_at_period_end: false,
            ..before.clone()
        }));
        return end(app, tx, store, before, Some(said)).await;
    }
    keep(tx, store, &before, &next).await?;
    emit(app, tx, store, Event::SubscriptionCancelled(Box::new(next))).await?;
    Ok(Vec::new())
}

/// A subscription's time is over: what the player holds by it expires. `said` is told before its end, once
/// everything is written. Gives the commands.
pub(super) async fn end(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    before: Subscription,
    said: Option<Event>,
) -> Result<Vec<NewCommand>> {
    let pushes = crate::orders::expire_line(app, tx, store, before.item).await?;
    finish(app, tx, store, before, said).await?;
    Ok(pushes)
}

/// The money of one of its orders went back. Was it the one that pays for the time that runs, the subscription
/// is over, and what is held by it ends; the commands that take the goods back are the order's. After any
/// other order's the time that runs is paid for still: it ends with that. Gives the commands of its end.
pub(crate) async fn went_back(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    reason: EndReason,
) -> Result<Vec<NewCommand>> {
    let Some(id) = db::of_order(tx, store, order.id).await? else {
        return Ok(Vec::new());
    };
    let Some(before) = db::locked(tx, store, id).await? else {
        return Ok(Vec::new());
    };
    if before.status == SubscriptionStatus::Expired {
        return Ok(Vec::new());
    }
    if entitlements::order_of(tx, store, before.item).await? != Some(order.id) {
        // `Err`: it was cancelled already.
        return match before.clone().cancel(app.now()) {
            Ok(next) => stop(app, tx, store, before, next).await,
            Err(NotAllowed(_)) => Ok(Vec::new()),
        };
    }
    db::end_line(tx, store, before.item, reason, app.now()).await?;
    // Should a dispute be won, the goods come back for the rest of the time that was paid for.
    let period = Period {
        item: before.item,
        starts_at: before.period_start,
        expires_at: before.period_end,
    };
    entitlements::set_time(tx, store, period).await?;
    finish(app, tx, store, before, None).await?;
    Ok(Vec::new())
}

/// Writes the end: nothing is charged and nothing is given any more. `said` is told before it. Telling comes
/// last, since it keeps all others of the store from telling anything.
async fn finish(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    before: Subscription,
    said: Option<Event>,
) -> Result<()> {
    let now = app.now();
    for order in db::under_way(tx, store, before.id).await? {
        let reason = "The subscription has ended.";
        orders::cancel(tx, store, order, reason, now).await?;
        for attempt in payments::of_order(tx, store, order).await? {
            let (from, to) = (PaymentStatus::Pending, PaymentStatus::Declined);
            let payment = attempt.payment.id;
            payments::set_status(tx, store, payment, from, to, Some(reason), now).await?;
        }
    }
    for order in db::unsent(tx, store, before.id).await? {
        for goods in [CommandType::Initial, CommandType::Renewal] {
            commands::cancel_unsent(tx, store, order, goods, OVER, now).await?;
        }
    }
    let next = before.clone().end(now).map_err(Error::internal)?;
    keep(tx, store, &before, &next).await?;
    let subject = next.id.to_string();
    tradepost_db::jobs::done_for(tx, store, Kind::Renew.word(), &subject).await?;
    if let Some(said) = said {
        emit(app, tx, store, said).await?;
    }
    emit(app, tx, store, Event::SubscriptionEnded(Box::new(next))).await
}
