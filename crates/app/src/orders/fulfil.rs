//! What follows from a paid order, inside the transaction that pays it: the customer's count, the
//! time that was bought, the commands with their leases, the session's end, the event.

use tradepost_db::commands::NewCommand;
use tradepost_db::{Tx, checkout, commands, customers, events, orders as db};
use tradepost_model::commands::CommandType;
use tradepost_model::events::Event;
use tradepost_model::ids::StoreId;
use tradepost_model::orders::{Order, OrderItem};

use super::occasion::{self, Occasion};
use super::start::facts;
use super::times;
use crate::{App, Error, Result};

/// How an order was paid.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    /// The gateway's name for the payment.
    pub(super) transaction: String,
    /// The gateway's word, as in events: `test`, `manual`.
    pub(super) gateway: &'static str,
    /// The gateway's public word: `Test`, `Manual`.
    pub(super) provider: &'static str,
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
    if !db::pay(tx, store, order.id, paid.provider, now).await? {
        return Err(Error::refused(
            "order_not_open",
            "This order can no longer be paid.",
        ));
    }
    customers::buys(tx, store, app.id(), &order.player, order.total.minor(), now).await?;
    if let Some(session) = &order.session {
        checkout::complete(tx, store, session, order.id, now).await?;
    }
    let lines = occasion::lines(tx, store, items).await?;
    times::begin(app, tx, store, order, &lines).await?;
    let occasion = Occasion {
        order,
        transaction: &paid.transaction,
        kind: CommandType::Initial,
        redelivery: None,
    };
    let reach = occasion::reach(tx, store, occasion.kind, &lines).await?;
    occasion::refuse_undeliverable(&lines, &reach.servers)?;
    let made = occasion.of_order(app, &lines, &reach);
    let queued = occasion::leased(app, tx, store, made).await?;
    commands::insert(tx, store, 0, &queued).await?;
    let event = Event::OrderCompleted {
        facts: facts(order, items),
        transaction: paid.transaction.clone(),
        gateway: paid.gateway.to_owned(),
    };
    events::emit(tx, store, app.id(), &event, now).await?;
    Ok(queued)
}
