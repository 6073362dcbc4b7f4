//! What staff do with a command that exists. Its order is locked before it, and its line where it
//! gives goods: so a refund or an expiry comes before and is seen, or comes after and sees this.

use jiff::SignedDuration;
use tradepost_db::entitlements::{self, Holding};
use tradepost_db::{Conn, Tx, commands as db_commands, orders, servers, staff_commands as db};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, CommandType};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{CommandId, ServerId, StoreId, UserId};
use tradepost_model::orders::{EndReason, Order, OrderStatus};
use tradepost_model::permissions::{Access, Area};

use super::add::{About, goods, slots};
use super::name_of;
use crate::live::Change;
use crate::orders::occasion;
use crate::{Actor, App, Error, Result};

/// How far ahead a command can be put off, in days.
const MOST_DAYS: i64 = 365;
/// How much of a replaced text is kept in the history, in characters.
const KEPT_TEXT: usize = 200;

/// What is to be different; nothing = as it is. Errors name these fields as the API does: `text`,
/// `requiredSlots`, `dueAt`, `serverId`.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Its text; variables are those of packages' commands.
    pub text: Option<String>,
    /// Whether the player must be on the server.
    pub require_online: Option<bool>,
    /// How many free inventory slots the player needs.
    pub required_slots: Option<u32>,
    /// When it may be sent; what lies behind us means now.
    pub due_at: Option<Timestamp>,
    /// Where it runs.
    pub server: Option<ServerId>,
}

/// Changes a command that waits and was not sent in this attempt. Errors: fields that do not fit; no
/// such command; one that was sent or is over.
pub async fn edit(app: &App, actor: &Actor, command: CommandId, edit: Edit) -> Result<()> {
    act(app, actor, command, Act::Edit(edit)).await
}

/// Sends a command again: one that is over or waits for its player as a new attempt, one that is not
/// due yet now. Errors: no such command; one that is under way; goods of an order whose money went
/// back, or of a line that has ended; what takes goods away that the player holds by right.
pub async fn resend(app: &App, actor: &Actor, command: CommandId) -> Result<()> {
    act(app, actor, command, Act::Resend).await
}

/// Takes a command back that waits. Errors: no such command; one that is being run or is over.
pub async fn cancel(app: &App, actor: &Actor, command: CommandId) -> Result<()> {
    act(app, actor, command, Act::Cancel).await
}

enum Act {
    Edit(Edit),
    Resend,
    Cancel,
}

async fn act(app: &App, actor: &Actor, command: CommandId, act: Act) -> Result<()> {
    actor.require(Area::Commands, Access::Edit)?;
    let (app_, store, user) = (app.clone(), actor.store, actor.user);
    let work = async move {
        let transaction = app_.clone();
        let (order, servers) = app_
            .write(async move |tx| {
                let app = &transaction;
                let seen = look(app, tx, store, command, user).await?;
                let reason = match &act {
                    Act::Edit(edit) => seen.edit(app, tx, edit).await?,
                    Act::Resend => Some(seen.resend(tx).await?),
                    Act::Cancel => Some(seen.cancel(tx).await?),
                };
                if let Some(reason) = reason {
                    db_commands::note(tx, store, command, &reason, seen.now).await?;
                }
                let server = match &act {
                    Act::Edit(edit) => edit.server.unwrap_or(seen.command.server),
                    _ => seen.command.server,
                };
                Ok((seen.order.id, [server, seen.command.server]))
            })
            .await?;
        app_.delivery.wake(&app_, servers[0]).await;
        app_.live.changed(store, Change::Order(order));
        for server in servers {
            app_.live.changed(store, Change::Server(server));
        }
        Ok(())
    };
    app.to_the_end(work).await
}

/// A command behind its lock, and who acts on it.
struct Seen {
    store: StoreId,
    order: Order,
    command: Command,
    name: String,
    now: Timestamp,
    /// Why it must not run again, where it must not.
    not_again: Option<(&'static str, &'static str)>,
}

async fn look(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    command: CommandId,
    user: Option<UserId>,
) -> Result<Seen> {
    const NONE: Error = Error::NotFound("command");
    let (order, item) = db::order_of(tx, store, command).await?.ok_or(NONE)?;
    db::lock_order(tx, store, order).await?;
    let live = match item {
        Some(item) => db::lock_item(tx, store, item).await?,
        None => true,
    };
    let command = db::locked(tx, store, command).await?.ok_or(NONE)?;
    let order = orders::find(tx, store, order).await?.ok_or(NONE)?;
    let not_again = if goods(command.kind) {
        taken_away(&order, live).map(|why| ("goods_taken_away", why))
    } else {
        still_held(tx, store, &order, &command)
            .await?
            .map(|why| ("goods_still_held", why))
    };
    Ok(Seen {
        name: name_of(tx, user).await?,
        now: app.now(),
        store,
        order,
        command,
        not_again,
    })
}

/// Why goods are not sent again, where they were taken away.
fn taken_away(order: &Order, live: bool) -> Option<&'static str> {
    match order.status {
        OrderStatus::Refunded => Some("This order was refunded, so its goods are not sent again."),
        OrderStatus::Chargeback => {
            Some("The buyer's bank took this payment back, so the goods are not sent again.")
        }
        _ if !live => Some("The time of what was bought is over, so it is not sent again."),
        _ => None,
    }
}

/// Why what takes goods away is not sent again, where the player holds them by right.
async fn still_held(
    conn: &mut Conn,
    store: StoreId,
    order: &Order,
    command: &Command,
) -> Result<Option<&'static str>> {
    if command.kind != CommandType::Expiry {
        let went_back = matches!(
            order.status,
            OrderStatus::Refunded | OrderStatus::Chargeback
        );
        let message = "This order is paid, so what takes its goods away is not sent again.";
        return Ok((!went_back).then_some(message));
    }
    let items = orders::items(conn, store, order.id, order.total.currency()).await?;
    let line = items.iter().find(|it| Some(it.id) == command.item);
    let Some(line) = line.filter(|it| matches!(it.ended, Some((_, EndReason::Expired)))) else {
        let message = "What was bought has not expired, so what takes it away is not sent again.";
        return Ok(Some(message));
    };
    let key = order.player.username.key();
    let holding = Holding {
        username_key: &key,
        package: line.package,
        server: line.server,
    };
    let held = entitlements::held_otherwise(conn, store, holding, line.id).await?;
    let message = "The player holds the same by another purchase, so it is not taken away again.";
    Ok(held.then_some(message))
}

impl Seen {
    async fn edit(&self, app: &App, tx: &mut Tx, edit: &Edit) -> Result<Option<String>> {
        let (changed, what) = self.edited(app, tx, edit).await?;
        let message = match (self.command.status, self.command.sent_at) {
            (CommandStatus::Pending, None) => None,
            (CommandStatus::Pending | CommandStatus::Delivered, _) => {
                Some("It was sent, so it can no longer be changed.")
            }
            (CommandStatus::AwaitingPlayer, _) => Some(
                "It waits for its player, so it can no longer be changed. Cancel it and add another.",
            ),
            _ => Some("It is over, so it can no longer be changed. Add another."),
        };
        if let Some(message) = message {
            return Err(Error::conflict("command_not_editable", message));
        }
        if what.is_empty() {
            return Ok(None);
        }
        applied(db::edit(tx, self.store, &changed, self.now).await?)?;
        Ok(Some(format!(
            "changed by {}: {}",
            self.name,
            what.join("; ")
        )))
    }

    /// The command as it is to be, and what is different.
    async fn edited(
        &self,
        app: &App,
        conn: &mut Conn,
        edit: &Edit,
    ) -> Result<(Command, Vec<String>)> {
        let mut changed = self.command.clone();
        let (mut errors, mut what) = (FieldErrors::default(), Vec::new());
        let server = servers::find(conn, self.store, edit.server.unwrap_or(changed.server)).await?;
        match &server {
            None => errors.add("serverId", "names a server that does not exist"),
            Some(server) if server.id != changed.server => {
                what.push(format!("runs on {}", server.name));
                changed.server = server.id;
            }
            Some(_) => {}
        }
        if let Some(text) = &edit.text {
            let currency = self.order.total.currency();
            let items = orders::items(conn, self.store, self.order.id, currency).await?;
            let transaction = occasion::transaction(conn, self.store, &self.order).await?;
            let about = About {
                order: &self.order,
                item: items.iter().find(|it| Some(it.id) == changed.item),
                items: &items,
                server: server.as_ref(),
                transaction: &transaction,
            };
            let text = about.text(app, &mut errors, text);
            if let Some(text) = text.filter(|text| *text != changed.text) {
                let old: String = changed.text.chars().take(KEPT_TEXT).collect();
                what.push(format!("the text, it was '{old}'"));
                changed.text = text;
            }
        }
        if let Some(required) = edit
            .require_online
            .filter(|it| *it != changed.require_online)
        {
            let word = if required { "with" } else { "without" };
            what.push(format!("runs {word} its player on the server"));
            changed.require_online = required;
        }
        if let Some(number) = edit
            .required_slots
            .filter(|it| *it != changed.required_slots)
        {
            slots(&mut errors, number);
            what.push(format!("needs {number} free slots"));
            changed.required_slots = number;
        }
        if let Some(at) = edit.due_at.map(|at| at.max(self.now)) {
            if at > self.now + SignedDuration::from_hours(24 * MOST_DAYS) {
                errors.add("dueAt", format!("must be within {MOST_DAYS} days"));
            }
            if at != changed.due_at {
                what.push(format!("due at {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")));
                changed.due_at = at;
            }
        }
        errors.into_result()?;
        Ok((changed, what))
    }

    async fn resend(&self, tx: &mut Tx) -> Result<String> {
        let (command, name) = (&self.command, &self.name);
        if let Some((code, message)) = self.not_again {
            return Err(Error::conflict(code, message));
        }
        match (command.status, command.sent_at) {
            (CommandStatus::Failed, None) => {
                let why = command.last_error.as_deref().unwrap_or("does not fit");
                let message = format!("Its text could not be made: it {why}. Add another command.");
                Err(Error::conflict("command_without_text", message))
            }
            (CommandStatus::Delivered, _) | (CommandStatus::Pending, Some(_)) => {
                let message = "It was sent and its answer is awaited.";
                Err(Error::conflict("command_under_way", message))
            }
            (CommandStatus::Pending, None) if command.due_at <= self.now => {
                let message = "It is queued already, and goes out as soon as its server takes it.";
                Err(Error::conflict("command_queued", message))
            }
            (CommandStatus::Pending, None) => {
                applied(db::hasten(tx, self.store, command, self.now).await?)?;
                Ok(format!("sent early by {name}"))
            }
            _ => {
                applied(db::resend(tx, self.store, command, self.now).await?)?;
                Ok(format!("resent by {name}"))
            }
        }
    }

    async fn cancel(&self, tx: &mut Tx) -> Result<String> {
        let (command, name) = (&self.command, &self.name);
        let reason = match (command.status, command.sent_at) {
            (CommandStatus::Pending, Some(_)) => {
                format!("cancelled by {name}: it was sent before and may have run")
            }
            (CommandStatus::Pending | CommandStatus::AwaitingPlayer, _) => {
                format!("cancelled by {name}")
            }
            (CommandStatus::Delivered, _) => {
                let message = "It was sent and its answer is awaited, so it cannot be taken back.";
                return Err(Error::conflict("command_under_way", message));
            }
            (status, _) => {
                let message = format!("It is over already: {}.", status.word());
                return Err(Error::conflict("command_over", message));
            }
        };
        applied(db::cancel(tx, self.store, command, self.now).await?)?;
        Ok(reason)
    }
}

/// Behind its lock a command stays as it was seen; should it not, nothing is done.
fn applied(done: bool) -> Result<()> {
    let message = "It changed in the meantime. Look again.";
    done.then_some(())
        .ok_or_else(|| Error::conflict("command_changed", message))
}
