//! The start of a payment: what is scarce is held, the order and the attempt to pay it are written,
//! and the buyer is sent to the gateway. A double click, a second tab and a reload all end at the
//! one attempt that is under way.

use tradepost_db::{
    Tx, checkout as db_checkout, events, orders as db, payments as db_payments, stores,
};
use tradepost_model::Timestamp;
use tradepost_model::checkout::{Session, SessionStatus};
use tradepost_model::events::{Event, EventItem, OrderFacts};
use tradepost_model::ids::SessionId;
use tradepost_model::orders::{Order, OrderItem, OrderStatus};
use tradepost_model::payments::{Payment, PaymentStatus};

use super::fulfil::{self, Paid};
use super::reservation;
use crate::jobs::{self, Kind};
use crate::live::Change;
use crate::{App, Error, Result};

/// Where a buyer goes now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// To the gateway's page.
    Gateway(String),
    /// Nothing was to pay: the order is complete.
    Complete,
}

/// Starts the payment of a session through a gateway. Errors: a session that is not open, goods that
/// are no longer there.
pub async fn start_payment(
    app: &App,
    session: &SessionId,
    gateway: &str,
    email: Option<String>,
) -> Result<Started> {
    let (app_, session, gateway) = (app.clone(), session.clone(), gateway.to_owned());
    let work = async move { start(&app_, &session, &gateway, email).await };
    app.to_the_end(work).await
}

async fn start(
    app: &App,
    session: &SessionId,
    gateway: &str,
    email: Option<String>,
) -> Result<Started> {
    let session = crate::checkout::find(app, session).await?;
    let store = crate::stores::find(app, session.store).await?;
    let now = app.now();
    refuse_unless_open(&session, now)?;
    let (word, provider) = if session.total.is_zero() {
        // What costs nothing needs no gateway.
        ("free".to_owned(), "Free".to_owned())
    } else {
        let gateway = app.gateways.for_store(&store, gateway)?;
        // Owned: a transaction's closure cannot capture references.
        (gateway.word().to_owned(), gateway.provider().to_owned())
    };
    let reference = app.ids.token(24);
    let app_ = app.clone();
    let (pushes, payment) = app
        .write(async move |tx| {
            let app = &app_;
            if !db_checkout::lock_open(tx, session.store, &session.id, now).await? {
                return Err(Error::refused(
                    "session_not_open",
                    "This checkout has ended.",
                ));
            }
            db_checkout::set_email(tx, session.store, &session.id, email.as_deref(), now).await?;
            let (order, items, is_new) =
                order_of(app, tx, &session, email.as_deref(), &provider, now).await?;
            if order.status != OrderStatus::Pending {
                return Err(Error::refused(
                    "order_not_open",
                    "This order can no longer be paid.",
                ));
            }
            reservation::hold(tx, session.store, &order, &items, now).await?;
            if session.total.is_zero() {
                reservation::sell(tx, session.store, &order, &items).await?;
                let paid = Paid {
                    transaction: order.id.to_string(),
                    gateway: "free",
                    provider: "Free",
                };
                let pushes =
                    fulfil::complete(app, tx, session.store, &order, &items, &paid).await?;
                return Ok((Some((order.id, pushes)), None));
            }
            let payment = attempt(app, tx, &session, &order, &word, &reference, now).await?;
            let due_at = reservation::expiry(now);
            let subject = order.id.to_string();
            jobs::enqueue(
                tx,
                session.store,
                app.id(),
                Kind::ReleaseReservation,
                &subject,
                due_at,
                now,
            )
            .await?;
            if is_new {
                let event = Event::OrderCreated(facts(&order, &items));
                events::emit(tx, session.store, app.id(), &event, now).await?;
            }
            Ok((None, Some((order.id, payment))))
        })
        .await?;
    if let Some((order, pushes)) = pushes {
        app.delivery.handed(app, store.id, pushes).await;
        app.live.changed(store.id, Change::Order(order));
    }
    let Some((order, payment)) = payment else {
        return Ok(Started::Complete);
    };
    app.live.changed(store.id, Change::Order(order));
    // The attempt that is under way may be another gateway's than the one just chosen.
    let gateway = app.gateways.by_word(&payment.gateway)?;
    gateway.start(&payment).map(Started::Gateway)
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

/// The session's order, made on its first attempt to pay.
async fn order_of(
    app: &App,
    tx: &mut Tx,
    session: &Session,
    email: Option<&str>,
    provider: &str,
    now: Timestamp,
) -> Result<(Order, Vec<OrderItem>, bool)> {
    if let Some(order) = db::by_session(tx, session.store, &session.id).await? {
        db::set_email(tx, session.store, order.id, email, now).await?;
        let items = db::items(tx, session.store, order.id, order.total.currency()).await?;
        return Ok((order, items, false));
    }
    let items: Vec<_> = session
        .items
        .iter()
        .map(|item| OrderItem {
            id: app.id(),
            package: item.package,
            package_name: item.name.clone(),
            quantity: item.quantity,
            unit_price: item.unit_price,
            total: item.total,
            server: item.server,
            expires_at: None,
            ended: None,
        })
        .collect();
    let order = Order {
        id: app.id(),
        number: stores::next(tx, session.store, "orders").await?,
        status: OrderStatus::Pending,
        player: session.player.clone(),
        email: email.map(str::to_owned).or_else(|| session.email.clone()),
        total: session.total,
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
    if let Some(payment) = under_way.into_iter().next() {
        return Ok(payment);
    }
    let payment = Payment {
        id: app.id(),
        order: order.id,
        gateway: gateway.to_owned(),
        reference: reference.to_owned(),
        status: PaymentStatus::Pending,
        amount: order.total,
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

/// What events tell of an order.
pub(super) fn facts(order: &Order, items: &[OrderItem]) -> OrderFacts {
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
