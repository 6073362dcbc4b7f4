//! What will happen by itself, by time: entitlements that expire and commands that become due.

use jiff::SignedDuration;
use tradepost_db::{
    commands as db_commands, entitlements, events, jobs as db_jobs, orders, schedule,
    staff_commands,
};
use tradepost_model::Timestamp;
use tradepost_model::commands::CommandType;
use tradepost_model::events::Event;
use tradepost_model::ids::{CommandId, OrderId, OrderItemId, ServerId};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::players::Player;

use crate::commands::{name_of, server_names};
use crate::jobs::Kind;
use crate::live::Change;
use crate::{Actor, App, Error, Result};

/// What will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// An entitlement expires; stopped with [`cancel_expiry`].
    Expiry {
        /// The line of the order.
        item: OrderItemId,
        /// How many were bought.
        quantity: u32,
    },
    /// A delayed command is sent; stopped with [`crate::commands::cancel`].
    Command {
        /// The command.
        command: CommandId,
        /// What made it.
        kind: CommandType,
        /// Its text.
        text: String,
    },
}

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EntryKind,
    /// The order.
    pub order: OrderId,
    /// The order's number.
    pub order_number: i64,
    /// Whose it is.
    pub player: Player,
    /// The package's name.
    pub package_name: String,
    /// The server, where it is about one.
    pub server: Option<ServerId>,
    /// The server's name.
    pub server_name: Option<String>,
}

/// What will happen from `from` on (from now on, where that is earlier) and before `to`, soonest
/// first, at most `limit`.
pub async fn upcoming(
    app: &App,
    actor: &Actor,
    from: Timestamp,
    to: Timestamp,
    limit: u32,
) -> Result<Vec<Entry>> {
    actor.require(Area::Commands, Access::View)?;
    let (store, now) = (actor.store, app.now());
    // What is due now is not to come any more, it waits.
    let from = from.max(now + SignedDuration::from_micros(1));
    app.scan(async move |conn| {
        let names = server_names(conn, store).await?;
        let mut entries = Vec::new();
        for expiry in schedule::expiries(conn, store, from, to, limit).await? {
            entries.push(Entry {
                at: expiry.at,
                kind: EntryKind::Expiry {
                    item: expiry.item,
                    quantity: expiry.quantity,
                },
                order: expiry.order,
                order_number: expiry.order_number,
                player: expiry.player,
                package_name: expiry.package_name,
                server: expiry.server,
                server_name: expiry.server.and_then(|id| names.get(&id).cloned()),
            });
        }
        for command in schedule::due_in_store(conn, store, from, to, limit).await? {
            entries.push(Entry {
                at: command.due_at,
                kind: EntryKind::Command {
                    command: command.id,
                    kind: command.kind,
                    text: command.text,
                },
                order: command.order,
                order_number: command.order_number,
                player: command.player,
                package_name: command.package_name,
                server: Some(command.server),
                server_name: names.get(&command.server).cloned(),
            });
        }
        entries.sort_by_key(|entry| (entry.at, entry.order_number));
        entries.truncate(limit as usize);
        Ok(entries)
    })
    .await
}

/// Lets an entitlement last for ever. Who did it is told by an event, and noted in the history of the
/// commands that gave it. Errors: no such line; one that has ended, or has no end.
pub async fn cancel_expiry(app: &App, actor: &Actor, item: OrderItemId) -> Result<()> {
    actor.require(Area::Orders, Access::Edit)?;
    let (app_, store, user, now) = (app.clone(), actor.store, actor.user, app.now());
    let order = app
        .write(async move |tx| {
            const NONE: Error = Error::NotFound("expiry");
            let order = entitlements::order_of(tx, store, item).await?.ok_or(NONE)?;
            let order = orders::find(tx, store, order).await?.ok_or(NONE)?;
            let items = orders::items(tx, store, order.id, order.total.currency()).await?;
            let line = items.iter().find(|it| it.id == item).ok_or(NONE)?;
            if !entitlements::keep(tx, store, item).await? {
                let message = match (line.ended, line.expires_at) {
                    (Some(_), _) => "It has ended already.",
                    (None, _) => "It has no end.",
                };
                return Err(Error::conflict("no_expiry", message));
            }
            db_jobs::done_for(tx, store, Kind::Expire.word(), &item.to_string()).await?;
            let name = name_of(tx, user).await?;
            let reason = format!("expiry cancelled by {name}: what was bought lasts for ever");
            for command in db_commands::of_order(tx, store, order.id).await? {
                if command.item == Some(item) && command.kind == CommandType::Initial {
                    // Whatever else is noted in its history waits for this, or is waited for here.
                    staff_commands::locked(tx, store, command.id).await?;
                    db_commands::note(tx, store, command.id, &reason, now).await?;
                }
            }
            let event = Event::ExpiryCancelled {
                order: order.id,
                item,
                package: line.package,
                player: order.player.clone(),
                by: name,
            };
            events::emit(tx, store, app_.id(), &event, now).await?;
            Ok(order.id)
        })
        .await?;
    app.live.changed(actor.store, Change::Order(order));
    Ok(())
}
