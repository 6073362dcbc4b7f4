//! Commands that staff add to an order.

use jiff::SignedDuration;
use tradepost_db::{Conn, orders, servers, staff_commands as db};
use tradepost_model::commands::{Command, CommandOrigin, CommandStatus, CommandType};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{CommandId, OrderId, OrderItemId, ServerId, StoreId};
use tradepost_model::inputs;
use tradepost_model::orders::{Order, OrderItem, OrderStatus};
use tradepost_model::packages::{MAX_DELAY, MAX_SLOTS};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::servers::Server;
use tradepost_model::templates::{Template, Values};

use super::name_of;
use crate::live::Change;
use crate::orders::occasion;
use crate::{Actor, App, Error, Result};

/// A command that staff add. Errors name these fields as the API does: `serverId`, `text`, `type`,
/// `requiredSlots`, `delaySeconds`, `itemId`.
#[derive(Clone, Debug)]
pub struct NewCommand {
    /// Where it runs.
    pub server: ServerId,
    /// Its text; variables are those of packages' commands.
    pub text: String,
    /// What it counts as; what fits the order where nothing is said.
    pub kind: Option<CommandType>,
    /// Whether the player must be on the server.
    pub require_online: bool,
    /// How many free inventory slots the player needs.
    pub required_slots: u32,
    /// How long it waits, in seconds.
    pub delay_seconds: u32,
    /// The line of the order that it belongs to; none = the order as a whole.
    pub item: Option<OrderItemId>,
}

/// Adds a command to an order that was paid, also where it was refunded or charged back since.
/// Errors: fields that do not fit; no such order; one that was never paid.
pub async fn add(app: &App, actor: &Actor, order: OrderId, new: NewCommand) -> Result<CommandId> {
    actor.require(Area::Commands, Access::Edit)?;
    let (app_, store, user, id) = (app.clone(), actor.store, actor.user, app.id());
    let work = async move {
        let transaction = app_.clone();
        let queued = app_
            .write(async move |tx| {
                let app = &transaction;
                db::lock_order(tx, store, order).await?;
                let found = orders::find(tx, store, order).await?;
                let order = found.ok_or(Error::NotFound("order"))?;
                let command = check(app, tx, store, &order, id, &new).await?;
                let made = vec![command];
                let queued = occasion::queue_more(app, tx, store, &order, made).await?;
                let reason = format!("added by {}", name_of(tx, user).await?);
                db::set_first_reason(tx, store, id, &reason).await?;
                Ok(queued)
            })
            .await?;
        app_.delivery.handed(&app_, store, queued).await;
        app_.live.changed(store, Change::Order(order));
        Ok(id)
    };
    app.to_the_end(work).await
}

async fn check(
    app: &App,
    conn: &mut Conn,
    store: StoreId,
    order: &Order,
    id: CommandId,
    new: &NewCommand,
) -> Result<Command> {
    let ended = match order.status {
        OrderStatus::Paid => CommandType::Initial,
        OrderStatus::Refunded => CommandType::Refund,
        OrderStatus::Chargeback => CommandType::Chargeback,
        OrderStatus::Pending | OrderStatus::Cancelled => {
            let message = "This order was never paid, so no command can be added to it.";
            return Err(Error::conflict("order_not_paid", message));
        }
    };
    let items = orders::items(conn, store, order.id, order.total.currency()).await?;
    let mut errors = FieldErrors::default();
    let kind = new.kind.unwrap_or(ended);
    if order.status != OrderStatus::Paid && goods(kind) {
        let reason = format!("must be {} here: the money went back", ended.word());
        errors.add("type", reason);
    }
    let item = new.item.and_then(|id| items.iter().find(|it| it.id == id));
    if new.item.is_some() && item.is_none() {
        errors.add("itemId", "is not a line of this order");
    }
    let server = servers::find(conn, store, new.server).await?;
    if server.is_none() {
        errors.add("serverId", "names a server that does not exist");
    }
    slots(&mut errors, new.required_slots);
    if new.delay_seconds > MAX_DELAY {
        errors.add("delaySeconds", format!("must be at most {MAX_DELAY}"));
    }
    let transaction = occasion::transaction(conn, store, order).await?;
    let about = About {
        order,
        item,
        items: &items,
        server: server.as_ref(),
        transaction: &transaction,
    };
    let text = about.text(app, &mut errors, &new.text);
    errors.into_result()?;
    let first = items.first().ok_or(Error::NotFound("line of the order"))?;
    let now = app.now();
    Ok(Command {
        id,
        order: order.id,
        order_number: order.number,
        item: item.map(|item| item.id),
        origin: CommandOrigin::Staff,
        redelivery: None,
        package: item.unwrap_or(first).package,
        package_name: item.unwrap_or(first).package_name.clone(),
        server: new.server,
        kind,
        text: text.unwrap_or_default(),
        player: order.player.clone(),
        require_online: new.require_online,
        required_slots: new.required_slots,
        status: CommandStatus::Pending,
        attempt: 1,
        failures: 0,
        due_at: now + SignedDuration::from_secs(i64::from(new.delay_seconds)),
        sent_at: None,
        acked_at: None,
        finished_at: None,
        last_error: None,
        output: None,
        duration_ms: None,
        created_at: now,
    })
}

/// Whether commands of this type give something to the player.
pub(crate) const fn goods(kind: CommandType) -> bool {
    matches!(kind, CommandType::Initial | CommandType::Renewal)
}

pub(super) fn slots(errors: &mut FieldErrors, slots: u32) {
    if slots > MAX_SLOTS {
        errors.add("requiredSlots", format!("must be at most {MAX_SLOTS}"));
    }
}

/// What the variables of a text stand for.
pub(super) struct About<'a> {
    pub(super) order: &'a Order,
    pub(super) item: Option<&'a OrderItem>,
    pub(super) items: &'a [OrderItem],
    pub(super) server: Option<&'a Server>,
    pub(super) transaction: &'a str,
}

impl About<'_> {
    /// The final text of what somebody wrote.
    pub(super) fn text(&self, app: &App, errors: &mut FieldErrors, text: &str) -> Option<String> {
        let template = errors.check("text", Template::parse(text))?;
        let line = self.item.or(self.items.first())?;
        let Order { player, .. } = self.order;
        let (paid, quantity) = match self.item {
            Some(item) => (item.total, item.quantity),
            None => {
                let all = self.items.iter().map(|item| item.quantity).sum();
                (self.order.total, all)
            }
        };
        let text = template.render(&Values {
            player,
            gifter: self.order.gifter.as_ref().map(|gifter| &gifter.username),
            paid,
            package: &line.package_name,
            package_id: line.package,
            quantity,
            order_id: self.order.id,
            order_number: self.order.number,
            transaction: self.transaction,
            server: self.server.map_or("", |server| &server.name),
            at: self.order.paid_at.unwrap_or_else(|| app.now()),
            inputs: self.item.map_or(&inputs::NONE, |item| &item.inputs),
        });
        errors.check("text", text)
    }
}
