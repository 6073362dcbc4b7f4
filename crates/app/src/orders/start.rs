//! The start of a payment: what is scarce is held, the order and the attempt to pay it are written,
//! and the buyer is sent to the gateway. A double click, a second tab and a reload all end at the
//! one attempt that is under way.

use std::net::IpAddr;

use tradepost_db::commands::NewCommand;
use tradepost_db::{
    Tx, checkout as db_checkout, events, orders as db, packages as db_packages,
    payments as db_payments, stock, stores,
};
use tradepost_model::Timestamp;
use tradepost_model::checkout::{Session, SessionItem, SessionStatus};
use tradepost_model::events::{Event, EventItem, OrderFacts};
use tradepost_model::ids::{OrderId, SessionId};
use tradepost_model::money::Money;
use tradepost_model::orders::{Order, OrderCoupon, OrderGiftCard, OrderItem, OrderStatus};
use tradepost_model::payments::{Payment, PaymentStatus};
use tradepost_model::stores::Store;

use super::fulfil::{self, Paid};
use super::reservation;
use crate::bans::{self, Who};
use crate::jobs::{self, Kind};
use crate::live::Change;
use crate::{App, Error, Result};

/// Who "takes the payment" where nothing is to pay.
const FREE: &str = "Free";
/// Where a gift card pays all of it.
const GIFT_CARD: &str = "GiftCard";

/// Where a buyer goes now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// To the gateway's page.
    Gateway(String),
    /// Nothing was to pay: the order is complete.
    Complete,
}

/// How a buyer pays.
#[derive(Clone, Debug, Default)]
pub struct Paying {
    /// The gateway's word; nothing where nothing is to pay.
    pub method: String,
    /// The buyer's address, where they gave one.
    pub email: Option<String>,
    /// Where the buyer is.
    pub ip: Option<IpAddr>,
}

impl Paying {
    /// Paying through a gateway, and nothing more told.
    pub fn by(method: &str) -> Self {
        Self {
            method: method.to_owned(),
            ..Self::default()
        }
    }
}

/// Starts the payment of a session. Errors: a session that is not open, goods that are no longer there, a
/// price that is not what the buyer was shown.
pub async fn start_payment(app: &App, session: &SessionId, paying: Paying) -> Result<Started> {
    let (app_, session) = (app.clone(), session.clone());
    let work = async move {
        let started = start(&app_, &session, paying).await;
        if let Err(Error::Refused { code, .. }) = &started
            && matches!(*code, "price_changed" | "coupon_gone" | "gift_card_gone")
        {
            crate::checkout::refresh(&app_, &session).await?;
        }
        started
    };
    app.to_the_end(work).await
}

/// What a transaction that starts a payment leaves to be done after it.
enum Ready {
    /// Nothing was to pay.
    Complete(OrderId, Vec<NewCommand>),
    /// The buyer goes to the gateway.
    Pay(OrderId, Payment),
}

async fn start(app: &App, session: &SessionId, paying: Paying) -> Result<Started> {
    let session = crate::checkout::find(app, session).await?;
    let store = crate::stores::find(app, session.store).await?;
    let now = app.now();
    refuse_unless_open(&session, now)?;
    let reference = app.ids.token(24);
    let (app_, id, store_) = (app.clone(), session.id, store.clone());
    let ready = app
        .write(async move |tx| {
            let app = &app_;
            if !db_checkout::lock_open(tx, store_.id, &id, now).await? {
                return Err(Error::refused(
                    "session_not_open",
                    "This checkout has ended.",
                ));
            }
            // Behind the lock, since its price may have changed.
            let session = db_checkout::find(tx, &id).await?;
            let session = session.ok_or(Error::NotFound("checkout session"))?;
            let who = Who {
                players: &[&session.buyer, &session.receiver()],
                ip: paying.ip,
            };
            bans::refuse(tx, store_.id, &who, now).await?;
            let email = paying.email.as_deref();
            db_checkout::set_email(tx, store_.id, &id, email, now).await?;
            let asked = method(app, &store_, &session, session.amounts.due, &paying.method)?;
            let (order, items, is_new) =
                order_of(app, tx, &session, email, &asked.provider, now).await?;
            if order.status != OrderStatus::Pending {
                return Err(Error::refused(
                    "order_not_open",
                    "This order can no longer be paid.",
                ));
            }
            reservation::hold(app, tx, store_.id, &order, &items, now).await?;
            refuse_changed(tx, &session, now).await?;
            // What is to pay is the order's to say: one whose payment is under way keeps its price.
            let method = method(app, &store_, &session, order.due(), &paying.method)?;
            let Some(gateway) = &method.gateway else {
                give_up_attempts(tx, &session, &order, now).await?;
                reservation::sell(app, tx, store_.id, &order, &items, now).await?;
                let paid = Paid {
                    transaction: order.id.to_string(),
                    gateway: "free",
                    provider: match order.gift_card {
                        Some(_) => GIFT_CARD,
                        None => FREE,
                    },
                };
                let pushes = fulfil::complete(app, tx, store_.id, &order, &items, &paid).await?;
                return Ok(Ready::Complete(order.id, pushes));
            };
            let payment = attempt(app, tx, &session, &order, gateway, &reference, now).await?;
            let (kind, subject) = (Kind::ReleaseReservation, order.id.to_string());
            let due_at = reservation::expiry(now);
            jobs::enqueue(tx, store_.id, app.id(), kind, &subject, due_at, now).await?;
            if is_new {
                let event = Event::OrderCreated(facts(&order, &items));
                events::emit(tx, store_.id, app.id(), &event, now).await?;
            }
            Ok(Ready::Pay(order.id, payment))
        })
        .await?;
    match ready {
        Ready::Complete(order, pushes) => {
            app.delivery.handed(app, store.id, pushes).await;
            app.live.changed(store.id, Change::Order(order));
            app.jobs.nudge();
            Ok(Started::Complete)
        }
        Ready::Pay(order, payment) => {
            app.live.changed(store.id, Change::Order(order));
            // The attempt that is under way may be another gateway's than the one just chosen.
            let gateway = app.gateways.by_word(&payment.gateway)?;
            gateway.start(&payment).map(Started::Gateway)
        }
    }
}

/// Who takes a payment: the gateway's word, where one is needed, and the public word.
struct Method {
    gateway: Option<String>,
    provider: String,
}

/// What costs nothing needs no gateway, unless it is to be paid for later.
fn method(app: &App, store: &Store, session: &Session, due: Money, asked: &str) -> Result<Method> {
    if due.is_zero() && !session.is_paid_for_later() {
        let by_card = !session.amounts.gift_card.is_zero();
        return Ok(Method {
            gateway: None,
            provider: if by_card { GIFT_CARD } else { FREE }.to_owned(),
        });
    }
    let gateway = app.gateways.for_store(store, asked)?;
    Ok(Method {
        gateway: Some(gateway.word().to_owned()),
        provider: gateway.provider().to_owned(),
    })
}

/// Errors: something bought can no longer be bought as it was shown. Its packages are locked by what they
/// hold.
async fn refuse_changed(tx: &mut Tx, session: &Session, now: Timestamp) -> Result<()> {
    let currency = session.amounts.total.currency();
    for item in &session.items {
        let found = db_packages::find(tx, session.store, item.package, currency).await?;
        let Some(package) = found.filter(|it| it.is_buyable_at(now)) else {
            let message = format!("Package '{}' is no longer sold.", item.name);
            return Err(Error::refused("package_gone", message));
        };
        // Sessions of an older version know less of how it was sold.
        let known = !matches!(item.shape.as_str(), "" | "timed");
        if known && item.shape != crate::checkout::shape(&package) {
            let message = format!(
                "Package '{}' is now sold in another way. Go back and choose it again.",
                item.name
            );
            return Err(Error::refused("package_changed", message));
        }
    }
    crate::checkout::refuse_unmet(tx, session).await?;
    Ok(())
}

fn refuse_unless_open(session: &Session, now: Timestamp) -> Result<()> {
    match session.status_at(now) {
        SessionStatus::Open => Ok(()),
        SessionStatus::Completed => Err(Error::refused(
            "session_completed",
            "This order was paid already.",
        )),
        SessionStatus::Cancelled => Err(Error::refused(
            "session_cancelled",
            "This checkout was cancelled.",
        )),
        SessionStatus::Expired => Err(Error::refused(
            "session_expired",
            "This checkout has expired.",
        )),
    }
}

/// The session's order, made on its first attempt to pay. One that was made before, and whose payment
/// failed, is priced anew.
async fn order_of(
    app: &App,
    tx: &mut Tx,
    session: &Session,
    email: Option<&str>,
    provider: &str,
    now: Timestamp,
) -> Result<(Order, Vec<OrderItem>, bool)> {
    let known = db::by_session(tx, session.store, &session.id).await?;
    if let Some(order) = &known {
        db::set_email(tx, session.store, order.id, email, now).await?;
        // What is under way was priced when it began, and stays as it is.
        if order.status != OrderStatus::Pending
            || stock::expiry(tx, session.store, order.id).await?.is_some()
        {
            let items = db::items(tx, session.store, order.id, order.total.currency()).await?;
            return Ok((order.clone(), items, false));
        }
    }
    let codes = crate::checkout::of_session(tx, session, now).await?;
    let amounts = session.amounts;
    let coupon = codes.coupon.map(|coupon| OrderCoupon {
        id: coupon.id,
        code: coupon.code.as_str().to_owned(),
        discount: amounts.discount,
    });
    let gift_card = codes.gift_card.filter(|_| !amounts.gift_card.is_zero());
    let gift_card = gift_card.map(|card| OrderGiftCard {
        id: card.id,
        amount: amounts.gift_card,
    });
    if let Some(known) = known {
        let order = Order {
            total: amounts.total,
            tax: amounts.tax,
            coupon,
            gift_card,
            provider: provider.to_owned(),
            ..known
        };
        let mut items = db::items(tx, session.store, order.id, order.total.currency()).await?;
        for (item, now_costs) in items.iter_mut().zip(&session.items) {
            item.discount = now_costs.priced.discount;
            item.total = now_costs.priced.total;
        }
        db::set_prices(tx, session.store, &order, &items, now).await?;
        return Ok((order, items, false));
    }
    let items: Vec<_> = session
        .items
        .iter()
        .map(|item| line_of(app, item))
        .collect();
    let order = Order {
        id: app.id(),
        number: stores::next(tx, session.store, "orders").await?,
        status: OrderStatus::Pending,
        player: session.receiver(),
        gifter: session.gift.is_some().then(|| session.buyer.clone()),
        email: email.map(str::to_owned).or_else(|| session.email.clone()),
        total: amounts.total,
        tax: amounts.tax,
        coupon,
        gift_card,
        subscription: None,
        provider: provider.to_owned(),
        session: Some(session.id.clone()),
        reason: None,
        created_at: now,
        updated_at: now,
        paid_at: None,
    };
    db::insert(tx, session.store, &order, &items).await?;
    Ok((order, items, true))
}

/// The line of an order that a session's line becomes.
fn line_of(app: &App, item: &SessionItem) -> OrderItem {
    OrderItem {
        id: app.id(),
        package: item.package,
        package_name: item.name.clone(),
        quantity: item.quantity,
        unit_price: item.priced.unit_price,
        discount: item.priced.discount,
        total: item.priced.total,
        server: item.server,
        inputs: item.inputs.clone(),
        expires_at: None,
        ended: None,
        limit_period: None,
    }
}

/// The attempt to pay that is under way, or a new one.
async fn attempt(
    app: &App,
    tx: &mut Tx,
    session: &Session,
    order: &Order,
    gateway: &str,
    reference: &str,
    now: Timestamp,
) -> Result<Payment> {
    let attempts = db_payments::of_order(tx, session.store, order.id).await?;
    let attempts = attempts.into_iter().map(|record| record.payment);
    let (under_way, taken): (Vec<_>, Vec<_>) = attempts
        .filter(|payment| payment.status != PaymentStatus::Declined)
        .partition(|payment| payment.status == PaymentStatus::Pending);
    // Money came that is being looked at or is on its way back: no more is taken meanwhile.
    if taken
        .iter()
        .any(|payment| payment.status != PaymentStatus::Refunded)
    {
        return Err(Error::refused(
            "payment_in_review",
            "A payment for this order has arrived and is being looked at. Contact the store before you pay again.",
        ));
    }
    if let Some(payment) = under_way.into_iter().find(|it| it.amount == order.due()) {
        return Ok(payment);
    }
    give_up_attempts(tx, session, order, now).await?;
    let payment = Payment {
        id: app.id(),
        order: order.id,
        gateway: gateway.to_owned(),
        reference: reference.to_owned(),
        status: PaymentStatus::Pending,
        amount: order.due(),
    };
    if db_payments::insert(tx, session.store, &payment, now).await? {
        Ok(payment)
    } else {
        Err(Error::conflict(
            "payment_under_way",
            "Another payment for this order has just started.",
        ))
    }
}

/// Gives up attempts at another price than the order has now. Should their money come nevertheless, it goes
/// back.
async fn give_up_attempts(
    tx: &mut Tx,
    session: &Session,
    order: &Order,
    now: Timestamp,
) -> Result<()> {
    let (from, to) = (PaymentStatus::Pending, PaymentStatus::Declined);
    let note = Some("Given up: the price has changed.");
    for attempt in db_payments::of_order(tx, session.store, order.id).await? {
        let id = attempt.payment.id;
        db_payments::set_status(tx, session.store, id, from, to, note, now).await?;
    }
    Ok(())
}

/// What events tell of an order.
pub(crate) fn facts(order: &Order, items: &[OrderItem]) -> OrderFacts {
    OrderFacts {
        order: order.id,
        session: order.session.clone(),
        player: order.player.clone(),
        total: order.total,
        items: items
            .iter()
            .map(|item| EventItem {
                package: item.package,
                name: item.package_name.clone(),
                quantity: item.quantity,
                price: item.unit_price,
            })
            .collect(),
    }
}
