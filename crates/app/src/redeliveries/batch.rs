//! One batch of a redelivery.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use tradepost_db::commands::NewCommand;
use tradepost_db::redeliveries::{self as db, Candidate, HeldLine};
use tradepost_db::{Conn, Tx, commands, orders, servers, staff_commands, subscriptions};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, CommandType};
use tradepost_model::ids::{OrderId, RedeliveryId, ServerId, StoreId};
use tradepost_model::orders::{Order, OrderStatus};
use tradepost_model::redeliveries::{Redelivery, RedeliveryKind, RedeliveryState};
use tradepost_model::servers::Server;
use uuid::Uuid;

use crate::live::Change;
use crate::orders::occasion::{self, Occasion};
use crate::{App, Result};

/// The most commands or lines of a batch.
const MOST: u32 = 100;
/// How many batches a minute there are at most, as far as their size allows.
const BATCHES_PER_MINUTE: u32 = 12;
/// How many lines are looked at in search of those of certain packages.
const LOOKED_AT: u32 = 2000;
/// When a batch that failed is tried again, in seconds.
const AGAIN_SECONDS: i64 = 5;

/// Job: the next batch of a redelivery. Gives when the one after it is due; `None` where there is
/// nothing more to do.
pub(crate) async fn go_on(
    app: &App,
    store: StoreId,
    id: RedeliveryId,
) -> Result<Option<Timestamp>> {
    match batch(app, store, id).await {
        // The runner's own pause grows with every batch there was, and would become an hour.
        Err(error) => {
            tracing::warn!(error = ?error, redelivery.id = %id, "a batch will be tried again");
            Ok(Some(app.now() + SignedDuration::from_secs(AGAIN_SECONDS)))
        }
        next => next,
    }
}

/// What comes next: commands or lines, the place behind them, and whether they are the last.
struct Page {
    next: Next,
    place: Option<Uuid>,
    last: bool,
}

enum Next {
    Commands(Vec<Candidate>),
    Lines(Vec<HeldLine>),
}

/// What a batch did.
#[derive(Default)]
struct Done {
    /// Whether there is nothing left.
    ended: bool,
    queued: i64,
    pushes: Vec<NewCommand>,
    servers: BTreeSet<ServerId>,
    orders: BTreeSet<OrderId>,
}

async fn batch(app: &App, store: StoreId, id: RedeliveryId) -> Result<Option<Timestamp>> {
    let found = app
        .scan(async move |conn| match db::find(conn, store, id).await? {
            Some(it) if it.state == RedeliveryState::Running => {
                let page = next(conn, store, &it).await?;
                Ok(Some((it, page)))
            }
            _ => Ok(None),
        })
        .await?;
    let Some((it, Page { next, place, last })) = found else {
        return Ok(None);
    };
    let (app_, now, per_minute) = (app.clone(), app.now(), i64::from(it.per_minute));
    let Some(place) = place else {
        let ended = app
            .write(async move |tx| Ok(db::finish(tx, store, &it, now).await?))
            .await?;
        // Where it moved on meanwhile, there may be more.
        return Ok((!ended).then_some(now));
    };
    let done = app
        .write(async move |tx| {
            let count = match &next {
                Next::Commands(some) => some.len(),
                Next::Lines(some) => some.len(),
            };
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            if !db::advance(tx, store, &it, place, count, now).await? {
                return Ok(Done::default());
            }
            let mut done = match &next {
                Next::Commands(some) => send_again(tx, store, &it, some, now).await?,
                Next::Lines(some) => deliver(&app_, tx, store, &it, some).await?,
            };
            db::add_queued(tx, store, it.id, done.queued).await?;
            if last {
                let moved = Redelivery {
                    place,
                    ..it.clone()
                };
                done.ended = db::finish(tx, store, &moved, now).await?;
            }
            Ok(done)
        })
        .await?;
    app.delivery.handed(app, store, done.pushes).await;
    for server in done.servers {
        app.delivery.wake(app, server).await;
        app.live.changed(store, Change::Server(server));
    }
    for order in done.orders {
        app.live.changed(store, Change::Order(order));
    }
    if done.ended {
        return Ok(None);
    }
    let pause = SignedDuration::from_millis(done.queued * 60_000 / per_minute);
    Ok(Some(now + pause))
}

async fn next(conn: &mut Conn, store: StoreId, it: &Redelivery) -> Result<Page> {
    let size = (it.per_minute / BATCHES_PER_MINUTE).clamp(1, MOST);
    match it.kind {
        RedeliveryKind::Commands => {
            let some = db::candidates(conn, store, it, it.place, size).await?;
            Ok(Page {
                place: some.last().map(|it| it.id.0),
                last: some.len() < size as usize,
                next: Next::Commands(some),
            })
        }
        RedeliveryKind::Entitlements => {
            let limit = if it.filter.packages.is_empty() {
                size
            } else {
                LOOKED_AT
            };
            let page = db::lines(conn, store, it, it.place, limit).await?;
            let end = page.last().map(|it| it.id.0);
            let is_all = page.len() < limit as usize;
            let mut some: Vec<_> = page.into_iter().filter(|line| fits(it, line)).collect();
            let rest = some.split_off(some.len().min(size as usize));
            Ok(Page {
                place: match rest.is_empty() {
                    true => end,
                    false => some.last().map(|line| line.id.0),
                },
                last: is_all && rest.is_empty(),
                next: Next::Lines(some),
            })
        }
    }
}

/// Whether a line is of a package that is asked for.
pub(super) fn fits(it: &Redelivery, line: &HeldLine) -> bool {
    it.filter.packages.is_empty() || it.filter.packages.contains(&line.package)
}

/// Queues commands as new attempts. Orders and lines are locked before, so that goods that are taken
/// away at the same time are either seen when it is queued, or see what is queued here.
async fn send_again(
    tx: &mut Tx,
    store: StoreId,
    it: &Redelivery,
    some: &[Candidate],
    now: Timestamp,
) -> Result<Done> {
    let mut done = Done::default();
    let orders: BTreeSet<_> = some.iter().map(|it| it.order).collect();
    for order in orders {
        staff_commands::lock_order(tx, store, order).await?;
    }
    let items: BTreeSet<_> = some.iter().filter_map(|it| it.item).collect();
    for item in items {
        staff_commands::lock_item(tx, store, item).await?;
    }
    let reason = format!("{}{}", db::RESENT, it.requested_by);
    for candidate in some {
        if let Some(server) = db::send_again(tx, store, it, candidate.id, now).await? {
            commands::note(tx, store, candidate.id, &reason, now).await?;
            done.queued += 1;
            done.servers.insert(server);
            done.orders.insert(candidate.order);
        }
    }
    Ok(done)
}

/// Queues the initial commands of lines that still stand for something.
async fn deliver(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    it: &Redelivery,
    some: &[HeldLine],
) -> Result<Done> {
    let mut done = Done::default();
    let server = match it.server {
        Some(server) => servers::find(tx, store, server).await?,
        None => None,
    };
    let targets: Vec<_> = server.into_iter().collect();
    let reason = format!("redelivered by {}", it.requested_by);
    for line in some {
        if !staff_commands::lock_item(tx, store, line.id).await? {
            continue;
        }
        let Some(order) = orders::find(tx, store, line.order).await? else {
            continue;
        };
        if order.status != OrderStatus::Paid {
            continue;
        }
        let made = made(app, tx, store, it, line, &order, &targets).await?;
        if made.is_empty() {
            continue;
        }
        let queued = occasion::queue_more(app, tx, store, &order, made).await?;
        for NewCommand { command, .. } in &queued {
            staff_commands::set_first_reason(tx, store, command.id, &reason).await?;
            done.queued += i64::from(command.status == CommandStatus::Pending);
        }
        done.pushes.extend(queued);
        done.orders.insert(order.id);
    }
    Ok(done)
}

/// The initial commands of a line for the server, without those that arrive anyway: after a wipe what
/// was not delivered before it is not to come twice.
pub(super) async fn made(
    app: &App,
    conn: &mut Conn,
    store: StoreId,
    it: &Redelivery,
    line: &HeldLine,
    order: &Order,
    targets: &[Server],
) -> Result<Vec<Command>> {
    let items = orders::items(conn, store, order.id, order.total.currency()).await?;
    let Some(item) = items.iter().find(|item| item.id == line.id) else {
        return Ok(Vec::new());
    };
    let transaction = occasion::transaction(conn, store, order).await?;
    let occasion = Occasion {
        order,
        transaction: &transaction,
        kind: CommandType::Initial,
        redelivery: Some(it.id),
    };
    let lines = occasion::lines(conn, store, std::slice::from_ref(item)).await?;
    let mut made: Vec<_> = lines
        .iter()
        .flat_map(|line| occasion.of_line(app, line, targets))
        .collect();
    let mut under_way = db::under_way(conn, store, it, line).await?;
    // What a subscription's earlier payments were for may still be on its way.
    if let Some(subscription) = subscriptions::of_order(conn, store, order.id).await? {
        for earlier in subscriptions::unsent(conn, store, subscription).await? {
            for item in orders::items(conn, store, earlier, order.total.currency()).await? {
                let before = HeldLine {
                    id: item.id,
                    order: earlier,
                    ..line.clone()
                };
                if item.id != line.id {
                    under_way.extend(db::under_way(conn, store, it, &before).await?);
                }
            }
        }
    }
    for text in under_way {
        if let Some(place) = made.iter().position(|command| command.text == text) {
            made.remove(place);
        }
    }
    Ok(made)
}
