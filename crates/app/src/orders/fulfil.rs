//! What follows from a paid order, inside the transaction that pays it: the customer's count, the
//! time that was bought, the commands with their leases, the session's end, the event.

use tradepost_db::commands::NewCommand;
use tradepost_db::{Tx, checkout, commands, customers, events, orders as db};
use tradepost_model::commands::CommandType;
use tradepost_model::events::Event;
use tradepost_model::ids::StoreId;
use tradepost_model::orders::{Order, OrderItem};

use super::occasion::{self, Line, Occasion};
use super::start::facts;
use super::terms::Terms;
use super::times;
use crate::{App, Error, Result, subscriptions};

/// How an order was paid.
#[derive(Clone, Debug)]
pub(crate) struct Paid {
    /// The gateway's name for the payment.
    pub(crate) transaction: String,
    /// The gateway's word, as in events: `test`, `manual`.
    pub(crate) gateway: &'static str,
    /// The gateway's public word: `Test`, `Manual`.
    pub(crate) provider: &'static str,
}

/// Makes a pending order a paid one with everything that follows. Gives the commands, to be handed
/// to the delivery engine after the commit. Errors: an order that is not pending.
pub(super) async fn complete(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
    paid: &Paid,
) -> Result<Vec<NewCommand>> {
    let now = app.now();
    let terms = Terms::of(tx, order).await?;
    let initial = (order, CommandType::Initial);
    let (lines, queued) = pay(app, tx, store, initial, (items, &terms), paid).await?;
    for Line { item, package, .. } in &lines {
        if let Some(sold) = terms.subscription(package) {
            subscriptions::begin(app, tx, store, (order, item), sold, paid).await?;
        }
    }
    let event = Event::OrderCompleted {
        facts: facts(order, items),
        transaction: paid.transaction.clone(),
        gateway: paid.gateway.to_owned(),
    };
    events::emit(tx, store, app.id(), &event, now).await?;
    Ok(queued)
}

/// Makes a subscription's pending order a paid one, and queues what a renewal runs. What follows for the
/// subscription is its own business. Errors: an order that is not pending.
pub(crate) async fn renew(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
    paid: &Paid,
) -> Result<Vec<NewCommand>> {
    let (renewal, terms) = ((order, CommandType::Renewal), Terms::default());
    let (_, queued) = pay(app, tx, store, renewal, (items, &terms), paid).await?;
    Ok(queued)
}

async fn pay<'a>(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    (order, kind): (&Order, CommandType),
    (items, terms): (&'a [OrderItem], &Terms),
    paid: &Paid,
) -> Result<(Vec<Line<'a>>, Vec<NewCommand>)> {
    let now = app.now();
    if !db::pay(tx, store, order.id, paid.provider, now).await? {
        return Err(Error::refused(
            "order_not_open",
            "This order can no longer be paid.",
        ));
    }
    if let Some(session) = &order.session {
        checkout::complete(tx, store, session, order.id, now).await?;
    }
    let lines = occasion::lines(tx, store, items).await?;
    times::begin(app, tx, store, order, (&lines, terms)).await?;
    customers::buys(tx, store, app.id(), order.buyer(), order.total.minor(), now).await?;
    let occasion = Occasion {
        order,
        transaction: &paid.transaction,
        kind,
        redelivery: None,
    };
    let reach = occasion::reach(tx, store, occasion.kind, &lines).await?;
    if kind == CommandType::Initial {
        occasion::refuse_undeliverable(&lines, &reach.servers)?;
    }
    let made = occasion.of_order(app, &lines, &reach);
    let queued = occasion::leased(app, tx, store, made).await?;
    commands::insert(tx, store, 0, &queued).await?;
    Ok((lines, queued))
}
