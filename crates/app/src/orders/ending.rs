//! How what was bought ends: its time is over, the order is refunded, or the buyer's bank takes the
//! money back. Each is one transaction with the commands that take the goods back.

use tradepost_db::commands::NewCommand;
use tradepost_db::entitlements::{self, Holding};
use tradepost_db::{
    Tx, commands, customers, events, orders as db, payments as db_payments, staff_commands,
    subscriptions as db_subscriptions, users,
};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, CommandType, Transition};
use tradepost_model::events::Event;
use tradepost_model::ids::{CommandId, OrderId, OrderItemId, StoreId};
use tradepost_model::names;
use tradepost_model::orders::{EndReason, Order, OrderItem, OrderStatus};
use tradepost_model::payments::{Dispute, PaymentStatus};
use tradepost_model::permissions::{Access, Area, Flag};
use tradepost_model::subscriptions::{Subscription, SubscriptionStatus};

use super::occasion::{self, Occasion};
use super::start::facts;
use super::{reservation, settle, times};
use crate::jobs::{self, Kind};
use crate::live::Change;
use crate::{Actor, App, Error, Result, subscriptions};

/// What refunding an order would do, for people to agree to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundPreview {
    /// How many commands were not sent yet and would be taken back.
    pub taken_back: usize,
    /// The refund commands that would run: the server's name and how many there.
    pub runs: Vec<(String, usize)>,
    /// Whether a subscription would end.
    pub ends_subscription: bool,
}

/// What refunding an order would do. Errors: no such order, one that cannot be refunded.
pub async fn preview_refund(app: &App, actor: &Actor, order: OrderId) -> Result<RefundPreview> {
    actor.require(Area::Orders, Access::View)?;
    let (store, app_) = (actor.store, app.clone());
    app.read(async move |conn| {
        let found = db::find(conn, store, order).await?;
        if let Some(found) = &found
            && matches!(found.status, OrderStatus::Pending | OrderStatus::Cancelled)
        {
            let attempts = db_payments::of_order(conn, store, order).await?;
            let looked_at = |status| status == PaymentStatus::Review;
            if attempts.iter().any(|it| looked_at(it.payment.status)) {
                // Only money goes back: nothing was given for it.
                return Ok(RefundPreview::default());
            }
        }
        let order = refundable(found)?;
        let items = db::items(conn, store, order.id, order.total.currency()).await?;
        let lines = occasion::lines(conn, store, &items).await?;
        let occasion = Occasion {
            order: &order,
            transaction: "",
            kind: CommandType::Refund,
            redelivery: None,
        };
        let reach = occasion::reach(conn, store, occasion.kind, &lines).await?;
        let made = occasion.of_order(&app_, &lines, &reach);
        let unsent = |command: &&tradepost_model::commands::Command| {
            goods(command.kind)
                && match command.status {
                    CommandStatus::AwaitingPlayer => true,
                    CommandStatus::Pending => command.sent_at.is_none(),
                    _ => false,
                }
        };
        let known = commands::of_order(conn, store, order.id).await?;
        let subscription = match db_subscriptions::of_order(conn, store, order.id).await? {
            Some(id) => db_subscriptions::find(conn, store, id).await?,
            None => None,
        };
        // An order before the last one leaves the time that is paid for since.
        let ends = |it: Subscription| match it.status {
            SubscriptionStatus::Expired => false,
            SubscriptionStatus::PastDue => true,
            _ => items.iter().any(|line| line.id == it.item),
        };
        Ok(RefundPreview {
            ends_subscription: subscription.is_some_and(ends),
            taken_back: known.iter().filter(unsent).count(),
            runs: reach
                .servers
                .iter()
                .map(|server| {
                    let count = made.iter().filter(|it| it.server == server.id).count();
                    (server.name.clone(), count)
                })
                .filter(|(_, count)| *count > 0)
                .collect(),
        })
    })
    .await
}

/// Refunds an order in full through its gateway: commands not sent yet are taken back, its refund
/// commands run. Errors: no permission, no such order, one that is not paid.
pub async fn refund_order(
    app: &App,
    actor: &Actor,
    order: OrderId,
    reason: Option<&str>,
) -> Result<()> {
    actor.require(Area::Orders, Access::Edit)?;
    actor.require_flag(Flag::IssueRefunds)?;
    let reason = match reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        Some(reason) => {
            let checked = names::line(reason, 1, 200);
            Some(checked.map_err(|error| Error::invalid("reason", error.to_string()))?)
        }
        None => None,
    };
    let (app_, store, user) = (app.clone(), actor.store, actor.user);
    let work = async move {
        let transaction = app_.clone();
        let pushes = app_
            .write(async move |tx| {
                let app = &transaction;
                let order = settle::locked(tx, store, order).await?;
                if let Some(order) = &order
                    && send_back_reviewed(app, tx, store, order).await?
                    && order.status != OrderStatus::Paid
                {
                    return Ok(Vec::new());
                }
                let order = refundable(order)?;
                let by = match user {
                    Some(user) => users::find(tx, user).await?.map(|user| user.name),
                    None => None,
                };
                let why = match (&reason, by) {
                    (Some(reason), _) => reason.clone(),
                    (None, Some(name)) => format!("Refunded by {name}."),
                    (None, None) => "Refunded.".to_owned(),
                };
                let pushes = refunded(app, tx, store, &order, &why).await?;
                if !send_back(app, tx, store, &order).await? {
                    tell_refund(app, tx, store, &order).await?;
                }
                Ok(pushes)
            })
            .await?;
        app_.delivery.handed(&app_, store, pushes).await;
        app_.live.changed(store, Change::Order(order));
        app_.jobs.nudge();
        Ok(())
    };
    app.to_the_end(work).await
}

/// Sends the money back that came at another amount than was asked for, and cancels an order that waited for
/// it. Whether there was such money.
async fn send_back_reviewed(app: &App, tx: &mut Tx, store: StoreId, order: &Order) -> Result<bool> {
    let now = app.now();
    let mut found = false;
    for attempt in db_payments::of_order(tx, store, order.id).await? {
        let id = attempt.payment.id;
        let (from, to) = (PaymentStatus::Review, PaymentStatus::Refunding);
        if db_payments::set_status(tx, store, id, from, to, None, now).await? {
            let (kind, subject) = (Kind::Refund, id.to_string());
            jobs::enqueue(tx, store, app.id(), kind, &subject, now, now).await?;
            found = true;
        }
    }
    if found && db::cancel(tx, store, order.id, settle::REVIEWED, now).await? {
        reservation::let_go(app, tx, store, order).await?;
    }
    Ok(found)
}

fn refundable(order: Option<Order>) -> Result<Order> {
    let order = order.ok_or(Error::NotFound("order"))?;
    let message = match order.status {
        OrderStatus::Paid => return Ok(order),
        OrderStatus::Refunded => "This order was refunded already.",
        OrderStatus::Chargeback => "The buyer's bank has taken this payment back already.",
        OrderStatus::Pending | OrderStatus::Cancelled => "This order was never paid.",
    };
    Err(Error::conflict("order_not_refundable", message))
}

/// Why a dispute takes back what was not sent yet; told apart by it when the dispute is won.
pub(crate) const DISPUTED: &str = "taken back: the payment is disputed";

/// Whether commands of this type give something to the player.
const fn goods(kind: CommandType) -> bool {
    matches!(kind, CommandType::Initial | CommandType::Renewal)
}

/// Lets the money of an order go back: through its gateway, where it came through one. Whether it did,
/// so that the event follows when it is there.
async fn send_back(app: &App, tx: &mut Tx, store: StoreId, order: &Order) -> Result<bool> {
    let now = app.now();
    let mut on_its_way = false;
    for attempt in db_payments::of_order(tx, store, order.id).await? {
        let payment = attempt.payment;
        let through_gateway = app.gateways.by_word(&payment.gateway).is_ok();
        let to = if through_gateway {
            PaymentStatus::Refunding
        } else {
            PaymentStatus::Refunded
        };
        let paid = PaymentStatus::Paid;
        let moved = db_payments::set_status(tx, store, payment.id, paid, to, None, now).await?;
        if moved && through_gateway {
            let (kind, subject) = (Kind::Refund, payment.id.to_string());
            jobs::enqueue(tx, store, app.id(), kind, &subject, now, now).await?;
            on_its_way = true;
        }
    }
    Ok(on_its_way)
}

/// Tells that an order's money is back with the buyer.
pub(super) async fn tell_refund(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
) -> Result<()> {
    // An order that another payment has paid, or still can, is not refunded: only what came too much went back.
    let Some(order) = db::find(tx, store, order.id).await? else {
        return Ok(());
    };
    let attempts = db_payments::of_order(tx, store, order.id).await?;
    let kept = |status| matches!(status, PaymentStatus::Paid | PaymentStatus::Disputed);
    if order.status == OrderStatus::Pending || attempts.iter().any(|it| kept(it.payment.status)) {
        return Ok(());
    }
    let items = db::items(tx, store, order.id, order.total.currency()).await?;
    let event = Event::PaymentRefunded(facts(&order, &items));
    Ok(events::emit(tx, store, app.id(), &event, app.now()).await?)
}

/// What follows from a refund that is decided, here or at the gateway. Gives the commands. Errors: an
/// order that is not paid.
pub(super) async fn refunded(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    reason: &str,
) -> Result<Vec<NewCommand>> {
    let now = app.now();
    if !db::refund(tx, store, order.id, Some(reason), now).await? {
        refundable(db::find(tx, store, order.id).await?)?;
    }
    let items = db::items(tx, store, order.id, order.total.currency()).await?;
    if subscriptions::renewal_of(tx, store, order).await?.is_none() {
        reservation::take_back(app, tx, store, order, &items).await?;
    }
    let end = (EndReason::Refunded, CommandType::Refund);
    let mut queued = take_away(app, tx, store, order, &items, end).await?;
    queued.extend(subscriptions::went_back(app, tx, store, order, EndReason::Refunded).await?);
    Ok(queued)
}

/// What follows from a dispute that was opened. Gives the commands; none where the order is not paid.
pub(super) async fn charged_back(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    dispute: &Dispute,
) -> Result<Vec<NewCommand>> {
    let now = app.now();
    let reason = match dispute.reason.as_str() {
        "" => "The buyer's bank asks for the money back.".to_owned(),
        reason => format!("The buyer's bank asks for the money back: {reason}"),
    };
    if !db::charge_back(tx, store, order.id, &reason, now).await? {
        return Ok(Vec::new());
    }
    let items = db::items(tx, store, order.id, order.total.currency()).await?;
    let end = (EndReason::Chargeback, CommandType::Chargeback);
    let mut queued = take_away(app, tx, store, order, &items, end).await?;
    queued.extend(subscriptions::went_back(app, tx, store, order, EndReason::Chargeback).await?);
    let event = Event::DisputeOpened(facts(order, &items), dispute.clone());
    events::emit(tx, store, app.id(), &event, now).await?;
    Ok(queued)
}

/// Ends what an order stands for: entitlements end, what was not sent yet is taken back, and the
/// commands of this type run.
async fn take_away(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
    (end, kind): (EndReason, CommandType),
) -> Result<Vec<NewCommand>> {
    let now = app.now();
    times::give_up(app, tx, store, order).await?;
    customers::adjust(tx, store, order.buyer(), -order.total.minor()).await?;
    entitlements::end_all(tx, store, order.id, end, now).await?;
    let reason = match end {
        EndReason::Chargeback => DISPUTED,
        _ => "taken back: the order was refunded",
    };
    for goods in [CommandType::Initial, CommandType::Renewal] {
        commands::cancel_unsent(tx, store, order.id, goods, reason, now).await?;
    }
    // What a later payment of a subscription has taken over is that one's to take away.
    let lives = |item: &&OrderItem| !matches!(item.ended, Some((_, EndReason::Renewed)));
    let items: Vec<_> = items.iter().filter(lives).cloned().collect();
    let transaction = occasion::transaction(tx, store, order).await?;
    let occasion = Occasion {
        order,
        transaction: &transaction,
        kind,
        redelivery: None,
    };
    let lines = occasion::lines(tx, store, &items).await?;
    let reach = occasion::reach(tx, store, kind, &lines).await?;
    let made = occasion.of_order(app, &lines, &reach);
    occasion::queue_more(app, tx, store, order, made).await
}

/// A dispute was won: the order is paid again, and what the dispute took away is given again. What it had
/// not taken yet stays where it is.
pub(super) async fn won_back(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    dispute: &Dispute,
) -> Result<Vec<NewCommand>> {
    let now = app.now();
    let ended = db::items(tx, store, order.id, order.total.currency()).await?;
    if !db::win_back(tx, store, order.id, now).await? {
        return Ok(Vec::new());
    }
    times::go_on(app, tx, store, order).await?;
    customers::adjust(tx, store, order.buyer(), order.total.minor()).await?;
    entitlements::restore_all(tx, store, order.id).await?;
    let reason = "taken back: the dispute was won";
    commands::cancel_unsent(tx, store, order.id, CommandType::Chargeback, reason, now).await?;
    let queued = give_again(app, tx, store, order, &ended).await?;
    let event = Event::DisputeWon(facts(order, &ended), dispute.clone());
    events::emit(tx, store, app.id(), &event, now).await?;
    Ok(queued)
}

/// Queues what the dispute had taken back before it ran, and makes the initial commands of those lines
/// again for which a chargeback command of this dispute was sent. `ended`: the lines as it left them.
async fn give_again(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    ended: &[OrderItem],
) -> Result<Vec<NewCommand>> {
    let now = app.now();
    let reason = "queued again: the dispute was won";
    let again = commands::queue_again(tx, store, order.id, DISPUTED, reason, now).await?;
    let known = commands::of_order(tx, store, order.id).await?;
    let given: Vec<_> = known
        .iter()
        .filter(|it| again.contains(&it.id))
        .cloned()
        .collect();
    let steps = commands::steps_of_order(tx, store, order.id).await?;
    let was_sent = |command: &Command| {
        let sent = |(id, step): &(CommandId, Transition)| {
            *id == command.id && step.status == CommandStatus::Delivered
        };
        steps.iter().any(sent)
    };
    let taken = |line: &&OrderItem| {
        // A line that had expired before stays ended.
        let Some((since, EndReason::Chargeback)) = line.ended else {
            return false;
        };
        let by = known
            .iter()
            .filter(|it| it.item == Some(line.id) && it.created_at >= since);
        by.filter(|it| it.kind == CommandType::Chargeback)
            .any(was_sent)
    };
    let items: Vec<_> = ended.iter().filter(taken).cloned().collect();
    let transaction = occasion::transaction(tx, store, order).await?;
    let occasion = Occasion {
        order,
        transaction: &transaction,
        kind: CommandType::Initial,
        redelivery: None,
    };
    let lines = occasion::lines(tx, store, &items).await?;
    let reach = occasion::reach(tx, store, occasion.kind, &lines).await?;
    let mut rest = given.clone();
    let mut made = Vec::new();
    for command in lines
        .iter()
        .flat_map(|line| occasion.of_line(app, line, &reach.servers))
    {
        let same = |it: &Command| {
            (it.item, it.server, &it.text) == (command.item, command.server, &command.text)
        };
        match rest.iter().position(same) {
            // It is on its way already.
            Some(place) => drop(rest.swap_remove(place)),
            None => made.push(command),
        }
    }
    let mut queued = occasion::queue_more(app, tx, store, order, made).await?;
    queued.extend(given.into_iter().map(|command| NewCommand {
        command,
        lease: None,
    }));
    Ok(queued)
}

/// Job: the time of a line is over. Its expiry commands run, unless the player holds the same through
/// another purchase. Gives when to look again, where its time was made longer.
pub(crate) async fn expire(
    app: &App,
    store: StoreId,
    item: OrderItemId,
) -> Result<Option<Timestamp>> {
    let app_ = app.clone();
    let (order, pushes, later) = app
        .write(async move |tx| {
            let app = &app_;
            const NOTHING: (Option<OrderId>, Vec<NewCommand>, Option<Timestamp>) =
                (None, Vec::new(), None);
            let Some(order) = entitlements::order_of(tx, store, item).await? else {
                return Ok(NOTHING);
            };
            let Some(order) = settle::locked(tx, store, order).await? else {
                return Ok(NOTHING);
            };
            let currency = order.total.currency();
            let items = db::items(tx, store, order.id, currency).await?;
            let Some(line) = items.iter().find(|it| it.id == item) else {
                return Ok(NOTHING);
            };
            let key = order.player.username.key();
            times::alone(tx, store, &key).await?;
            if !entitlements::expire(tx, store, item, app.now()).await? {
                let items = db::items(tx, store, order.id, currency).await?;
                let line = items.iter().find(|it| it.id == item);
                let later = line
                    .filter(|it| it.ended.is_none())
                    .and_then(|it| it.expires_at);
                return Ok((None, Vec::new(), later));
            }
            let pushes = expired(app, tx, store, &order, line).await?;
            Ok((Some(order.id), pushes, None))
        })
        .await?;
    app.delivery.handed(app, store, pushes).await;
    if let Some(order) = order {
        app.live.changed(store, Change::Order(order));
    }
    Ok(later)
}

/// Ends a line of a subscription whose time is over, with all that follows. Gives the commands.
pub(crate) async fn expire_line(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    item: OrderItemId,
) -> Result<Vec<NewCommand>> {
    let Some(order) = entitlements::order_of(tx, store, item).await? else {
        return Ok(Vec::new());
    };
    let Some(order) = db::find(tx, store, order).await? else {
        return Ok(Vec::new());
    };
    let items = db::items(tx, store, order.id, order.total.currency()).await?;
    let Some(line) = items.iter().find(|it| it.id == item) else {
        return Ok(Vec::new());
    };
    times::alone(tx, store, &order.player.username.key()).await?;
    staff_commands::lock_order(tx, store, order.id).await?;
    if !db_subscriptions::end_line(tx, store, item, EndReason::Expired, app.now()).await? {
        return Ok(Vec::new());
    }
    expired(app, tx, store, &order, line).await
}

/// What follows for a line that has just expired: what it would still give is taken back, and its expiry
/// commands run, unless the player holds the same through another line.
async fn expired(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    line: &OrderItem,
) -> Result<Vec<NewCommand>> {
    let reason = "taken back: the time of what was bought is over";
    commands::cancel_unsent_of_item(tx, store, order.id, line.id, reason, app.now()).await?;
    let key = order.player.username.key();
    let holding = Holding {
        username_key: &key,
        package: line.package,
        server: line.server,
    };
    if entitlements::held_otherwise(tx, store, holding, line.id).await? {
        return Ok(Vec::new());
    }
    let transaction = occasion::transaction(tx, store, order).await?;
    let occasion = Occasion {
        order,
        transaction: &transaction,
        kind: CommandType::Expiry,
        redelivery: None,
    };
    let lines = occasion::lines(tx, store, std::slice::from_ref(line)).await?;
    let reach = occasion::reach(tx, store, occasion.kind, &lines).await?;
    let made = lines
        .iter()
        .flat_map(|line| occasion.of_line(app, line, &reach.servers))
        .collect();
    occasion::queue_more(app, tx, store, order, made).await
}
