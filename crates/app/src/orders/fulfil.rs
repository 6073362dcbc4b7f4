//! What follows from a paid order, inside the transaction that pays it: the customer's count, the
//! commands with their leases, the session's end, the event.

use tradepost_db::commands::NewCommand;
use tradepost_db::{Tx, checkout, commands, customers, events, orders as db, packages, servers};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, CommandType};
use tradepost_model::events::Event;
use tradepost_model::ids::{ConnectionId, ServerId, StoreId};
use tradepost_model::orders::{Order, OrderItem};
use tradepost_model::packages::{Execute, PackageCommand};
use tradepost_model::servers::Server;
use tradepost_model::templates::Values;

use super::start::facts;
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
    let queued = queue(app, tx, store, order, items, paid, now).await?;
    commands::insert(tx, store, &queued).await?;
    let event = Event::OrderCompleted {
        facts: facts(order, items),
        transaction: paid.transaction.clone(),
        gateway: paid.gateway.to_owned(),
    };
    events::emit(tx, store, app.id(), &event, now).await?;
    Ok(queued)
}

/// The commands of an order as final text, each leased to its server's connection where there is one.
async fn queue(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
    paid: &Paid,
    now: Timestamp,
) -> Result<Vec<NewCommand>> {
    let all_servers = servers::list(tx, store).await?;
    let mut leases = Leases::default();
    let mut queued = Vec::new();
    for item in items {
        let package = packages::find(tx, store, item.package, order.total.currency()).await?;
        let package = package.ok_or_else(|| undeliverable(item))?;
        for template in packages::commands(tx, store, item.package).await? {
            if template.kind != CommandType::Initial {
                continue;
            }
            let servers = template.targets(&package, item.server, &all_servers);
            if servers.is_empty() {
                return Err(undeliverable(item));
            }
            for server in servers {
                for _ in 0..template.runs(item.quantity) {
                    let command = render(app, order, item, &template, server, paid, now);
                    let at_once = command.status == CommandStatus::Pending
                        && command.due_at <= command.created_at;
                    let lease = if at_once {
                        leases.take(app, tx, store, server.id).await?
                    } else {
                        None
                    };
                    queued.push(NewCommand { command, lease });
                }
            }
        }
    }
    Ok(queued)
}

/// Nothing is taken for what cannot be delivered: the payment goes back.
fn undeliverable(item: &OrderItem) -> Error {
    let message = format!(
        "Package '{}' cannot be delivered: no server is set for it.",
        item.package_name
    );
    Error::refused("undeliverable", message)
}

/// A command in its final text. One that cannot be rendered is kept as failed, with the reason, so
/// that staff see it.
fn render(
    app: &App,
    order: &Order,
    item: &OrderItem,
    template: &PackageCommand,
    server: &Server,
    paid: &Paid,
    now: Timestamp,
) -> Command {
    let text = template.template.render(&Values {
        player: &order.player,
        gifter: None,
        paid: item.total,
        package: &item.package_name,
        package_id: item.package,
        quantity: item.quantity,
        order_id: order.id,
        order_number: order.number,
        transaction: &paid.transaction,
        server: &server.name,
        at: now,
    });
    let (text, error) = match text {
        Ok(text) => (text, None),
        Err(error) => (
            template.template.source().to_owned(),
            Some(error.to_string()),
        ),
    };
    Command {
        id: app.id(),
        order: order.id,
        order_number: order.number,
        package: item.package,
        package_name: item.package_name.clone(),
        server: server.id,
        kind: template.kind,
        text,
        player: order.player.clone(),
        require_online: template.execute == Execute::WhenOnline,
        required_slots: template.required_slots,
        status: if error.is_some() {
            CommandStatus::Failed
        } else {
            CommandStatus::Pending
        },
        attempt: 1,
        failures: 0,
        due_at: now + jiff::SignedDuration::from_secs(i64::from(template.delay_seconds)),
        sent_at: None,
        acked_at: None,
        finished_at: error.is_some().then_some(now),
        last_error: error,
        output: None,
        created_at: now,
    }
}

/// The connections that commands can be leased to at once: held by this node, still the server's live
/// one inside this transaction, and with room for so many.
#[derive(Default)]
struct Leases {
    known: Vec<(ServerId, ConnectionId, usize)>,
    none: Vec<ServerId>,
}

impl Leases {
    async fn take(
        &mut self,
        app: &App,
        tx: &mut Tx,
        store: StoreId,
        server: ServerId,
    ) -> Result<Option<ConnectionId>> {
        if let Some((_, connection, room)) = self.known.iter_mut().find(|(id, ..)| *id == server) {
            let has_room = *room > 0;
            *room = room.saturating_sub(1);
            return Ok(has_room.then_some(*connection));
        }
        if self.none.contains(&server) {
            return Ok(None);
        }
        if let Some((connection, room)) = app.delivery.ready_connection(server) {
            let live = servers::connection(tx, store, server, app.now()).await?;
            if live.is_some_and(|(live, _)| live.connection == connection) {
                self.known.push((server, connection, room - 1));
                return Ok(Some(connection));
            }
        }
        self.none.push(server);
        Ok(None)
    }
}
