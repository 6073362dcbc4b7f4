//! The renewal job: at the end of a period it makes the order and the payment for the next one, and asks
//! the gateway. What the gateway answers is kept and settled like anything a gateway tells. The payment's
//! name says which period and which try, and the subscription's row is locked while it is made: so a
//! crash anywhere, and any number of nodes, end in one renewal.

use jiff::ToSpan as _;
use tradepost_db::{Tx, orders, payments as db_payments, stores, subscriptions as db};
use tradepost_model::Timestamp;
use tradepost_model::ids::{StoreId, SubscriptionId};
use tradepost_model::money::Money;
use tradepost_model::orders::{Order, OrderItem, OrderStatus};
use tradepost_model::payments::{Payment, PaymentStatus};
use tradepost_model::stores::Store;
use tradepost_model::subscriptions::Subscription;

use super::life;
use crate::live::Change;
use crate::orders::fulfil::Paid;
use crate::{After, App, Error, Result, payments};

/// How long a gateway has to decide before it is asked again.
const ASK_AGAIN_MINUTES: i64 = 60;

/// What is to be done now.
enum Work {
    /// Nothing, any more.
    Over,
    /// Nothing before this time.
    Later(Timestamp),
    /// The gateway is asked for this payment.
    Ask(Box<(Payment, Subscription)>),
}

/// Job: renews or ends a subscription whose time has come. Gives when to look again.
pub(crate) async fn renew(
    app: &App,
    store: StoreId,
    id: SubscriptionId,
) -> Result<Option<Timestamp>> {
    let app_ = app.clone();
    let (work, after) = app
        .write(async move |tx| prepare(&app_, tx, store, id).await)
        .await?;
    after.run(app, store).await;
    let (payment, subscription) = match work {
        Work::Over => return Ok(None),
        Work::Later(at) => return Ok(Some(at)),
        Work::Ask(asked) => *asked,
    };
    let gateway = app.gateways.by_word(&payment.gateway)?;
    if let Some((signature, body)) = gateway.charge(&payment, &subscription)? {
        let received = payments::receive(app, &payment.gateway, &signature, &body).await?;
        payments::settle_now(app, &received).await?;
    }
    let now = app.now();
    let found = app
        .read(async move |conn| Ok(db::find(conn, store, id).await?))
        .await?;
    let due_at = found.and_then(|it| it.due_at);
    // Where it is still due, the gateway has not decided yet.
    Ok(due_at.map(|due_at| match due_at > now {
        true => due_at,
        false => now + ASK_AGAIN_MINUTES.minutes(),
    }))
}

async fn prepare(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    id: SubscriptionId,
) -> Result<(Work, After)> {
    let now = app.now();
    let found = db::locked(tx, store, id).await?;
    let Some((subscription, due_at)) = found.and_then(|it| it.due_at.map(|due_at| (it, due_at)))
    else {
        return Ok((Work::Over, After::default()));
    };
    if due_at > now {
        return Ok((Work::Later(due_at), After::default()));
    }
    let mut after = After {
        changes: vec![Change::Order(subscription.order)],
        ..After::default()
    };
    if subscription.cancel_at_period_end {
        after.handed = life::end(app, tx, store, subscription, None).await?;
        return Ok((Work::Over, after));
    }
    let (gateway, reference) = (&subscription.gateway, subscription.next_reference());
    if let Some((_, payment)) = db_payments::by_reference(tx, gateway, &reference).await? {
        let work = match payment.status {
            PaymentStatus::Pending => Work::Ask(Box::new((payment, subscription))),
            // Somebody must look first.
            PaymentStatus::Review => Work::Later(now + 24.hours()),
            _ => {
                after.handed = life::failed(app, tx, store, subscription, None).await?;
                due(tx, store, id).await?
            }
        };
        return Ok((work, after));
    }
    let row = stores::find(tx, store)
        .await?
        .ok_or(Error::NotFound("store"))?;
    let (order, items) = order_of(app, tx, &row, &subscription).await?;
    after.changes.push(Change::Order(order.id));
    if subscription.price.is_zero() {
        let paid = Paid {
            transaction: order.id.to_string(),
            gateway: "free",
            provider: "Free",
        };
        after.handed = life::renewed(app, tx, store, id, (&order, &items), &paid).await?;
        return Ok((due(tx, store, id).await?, after));
    }
    let payment = Payment {
        id: app.id(),
        order: order.id,
        gateway: subscription.gateway.clone(),
        reference,
        status: PaymentStatus::Pending,
        amount: subscription.price,
    };
    if !db_payments::insert(tx, store, &payment, now).await? {
        return Err(Error::internal("a renewal's payment exists already"));
    }
    if app.gateways.for_store(&row, &payment.gateway).is_ok() {
        return Ok((Work::Ask(Box::new((payment, subscription))), after));
    }
    let reason = "The store no longer takes this kind of payment.";
    let (from, to) = (PaymentStatus::Pending, PaymentStatus::Declined);
    db_payments::set_status(tx, store, payment.id, from, to, Some(reason), now).await?;
    after.handed = life::declined(app, tx, store, id, (&order, &items), reason).await?;
    Ok((due(tx, store, id).await?, after))
}

/// When something is to be done next.
async fn due(tx: &mut Tx, store: StoreId, id: SubscriptionId) -> Result<Work> {
    let found = db::find(tx, store, id).await?;
    Ok(match found.and_then(|it| it.due_at) {
        Some(due_at) => Work::Later(due_at),
        None => Work::Over,
    })
}

/// The order of a renewal: what is held now, once more, at the subscription's price.
async fn order_of(
    app: &App,
    tx: &mut Tx,
    store: &Store,
    subscription: &Subscription,
) -> Result<(Order, Vec<OrderItem>)> {
    const GONE: Error = Error::NotFound("order");
    let (now, price) = (app.now(), subscription.price);
    let first = orders::find(tx, store.id, subscription.order)
        .await?
        .ok_or(GONE)?;
    let held = tradepost_db::entitlements::order_of(tx, store.id, subscription.item).await?;
    let held = orders::items(tx, store.id, held.ok_or(GONE)?, price.currency()).await?;
    let held = held
        .into_iter()
        .find(|it| it.id == subscription.item)
        .ok_or(GONE)?;
    let gateway = app.gateways.by_word(&subscription.gateway);
    let order = Order {
        id: app.id(),
        number: stores::next(tx, store.id, "orders").await?,
        status: OrderStatus::Pending,
        total: price,
        provider: match gateway {
            Ok(gateway) if !price.is_zero() => gateway.provider().to_owned(),
            _ => "Free".to_owned(),
        },
        session: None,
        tax: Money::zero(price.currency()),
        coupon: None,
        gift_card: None,
        subscription: Some(subscription.id),
        reason: None,
        created_at: now,
        updated_at: now,
        paid_at: None,
        ..first
    };
    let line = OrderItem {
        id: app.id(),
        package_name: subscription.package_name.clone(),
        quantity: 1,
        unit_price: price,
        discount: Money::zero(price.currency()),
        total: price,
        expires_at: None,
        ended: None,
        limit_period: None,
        ..held
    };
    let items = vec![line];
    orders::insert(tx, store.id, &order, &items).await?;
    db::attach(tx, store.id, order.id, subscription.id).await?;
    Ok((order, items))
}
