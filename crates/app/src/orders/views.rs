//! Orders as they are looked at: by staff, by integrations, and by the buyer on the receipt.

use std::collections::HashMap;

use tradepost_db::orders::Filter;
use tradepost_db::payments::PaymentRecord;
use tradepost_db::{Conn, commands as db_commands, orders as db, payments as db_payments, servers};
use tradepost_model::checkout::Session;
use tradepost_model::commands::{Command, Transition};
use tradepost_model::ids::{OrderId, StoreId};
use tradepost_model::orders::{Order, OrderItem};
use tradepost_model::permissions::{Access, Area};

use crate::lists::{Slice, Span, slice};
use crate::{Actor, App, Error, Result};

/// A command with its history and the name of its server.
#[derive(Clone, Debug)]
pub struct CommandView {
    /// The command.
    pub command: Command,
    /// The name of its server.
    pub server_name: String,
    /// Whether the server is connected.
    pub server_online: bool,
    /// Its history, oldest first.
    pub steps: Vec<Transition>,
}

/// An order with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Details {
    /// The order.
    pub order: Order,
    /// Its lines.
    pub items: Vec<OrderItem>,
    /// The attempts to pay it.
    pub payments: Vec<PaymentRecord>,
    /// Its commands, in their order.
    pub commands: Vec<CommandView>,
}

/// An order with all that belongs to it. Errors: no such order.
pub async fn find(app: &App, actor: &Actor, order: OrderId) -> Result<Details> {
    actor.require(Area::Orders, Access::View)?;
    let (store, now) = (actor.store, app.now());
    let found = app
        .read(async move |conn| {
            let Some(order) = db::find(conn, store, order).await? else {
                return Ok(None);
            };
            details(conn, store, order, now).await.map(Some)
        })
        .await?;
    found.ok_or(Error::NotFound("order"))
}

/// An order as programs read it: its commands with the names of their servers, without their histories.
#[derive(Clone, Debug)]
pub struct Told {
    /// The order.
    pub order: Order,
    /// Its lines.
    pub items: Vec<OrderItem>,
    /// Its commands, in their order, each with the name of its server.
    pub commands: Vec<(Command, String)>,
}

/// An order as programs read it. Errors: no such order.
pub async fn tell(app: &App, actor: &Actor, order: OrderId) -> Result<Told> {
    actor.require(Area::Orders, Access::View)?;
    let store = actor.store;
    app.read(async move |conn| tell_made(conn, store, order).await)
        .await
}

/// The same for the answer to whoever has just made or changed it: that was allowed, so no further permission
/// is asked for.
pub async fn tell_made(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Told> {
    let found = db::find(conn, store, order).await?;
    let order = found.ok_or(Error::NotFound("order"))?;
    Ok(Told {
        items: db::items(conn, store, order.id, order.total.currency()).await?,
        commands: db_commands::told_of_order(conn, store, order.id).await?,
        order,
    })
}

/// Orders, newest first, at most `limit`.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: Filter,
    limit: u32,
) -> Result<Vec<(Order, Vec<OrderItem>)>> {
    actor.require(Area::Orders, Access::View)?;
    let store = actor.store;
    app.read(async move |conn| {
        let orders = db::newest(conn, store, &filter, limit).await?;
        with_items(conn, store, orders).await
    })
    .await
}

/// Orders with their lines, newest first.
pub async fn page(
    app: &App,
    actor: &Actor,
    filter: Filter,
    span: Span,
) -> Result<Slice<(Order, Vec<OrderItem>)>> {
    actor.require(Area::Orders, Access::View)?;
    let store = actor.store;
    app.scan(async move |conn| {
        let Slice {
            items: orders,
            total,
            capped,
            more,
        } = slice!(
            span,
            |part| db::page(conn, store, &filter, part),
            db::count(conn, store, &filter)
        );
        Ok(Slice {
            items: with_items(conn, store, orders).await?,
            total,
            capped,
            more,
        })
    })
    .await
}

async fn with_items(
    conn: &mut Conn,
    store: StoreId,
    orders: Vec<Order>,
) -> Result<Vec<(Order, Vec<OrderItem>)>> {
    let items = db::items_of_each(conn, store, &orders).await?;
    Ok(orders.into_iter().zip(items).collect())
}

/// The order of a session with all that belongs to it, once payment has started.
pub async fn of_session(app: &App, session: &Session) -> Result<Option<Details>> {
    let (store, id, now) = (session.store, session.id.clone(), app.now());
    app.read(async move |conn| {
        let Some(order) = db::by_session(conn, store, &id).await? else {
            return Ok(None);
        };
        details(conn, store, order, now).await.map(Some)
    })
    .await
}

/// The commands of an order with their histories.
pub async fn delivery(app: &App, store: StoreId, order: OrderId) -> Result<Vec<CommandView>> {
    let now = app.now();
    app.read(async move |conn| commands(conn, store, order, now).await)
        .await
}

async fn details(
    conn: &mut Conn,
    store: StoreId,
    order: Order,
    now: tradepost_model::Timestamp,
) -> Result<Details> {
    Ok(Details {
        items: db::items(conn, store, order.id, order.total.currency()).await?,
        payments: db_payments::of_order(conn, store, order.id).await?,
        commands: commands(conn, store, order.id, now).await?,
        order,
    })
}

async fn commands(
    conn: &mut Conn,
    store: StoreId,
    order: OrderId,
    now: tradepost_model::Timestamp,
) -> Result<Vec<CommandView>> {
    let all = servers::list(conn, store).await?;
    let live = servers::connections(conn, store, now).await?;
    let mut steps: HashMap<_, Vec<_>> = HashMap::new();
    for (command, step) in db_commands::steps_of_order(conn, store, order).await? {
        steps.entry(command).or_default().push(step);
    }
    let commands = db_commands::of_order(conn, store, order).await?;
    let views = commands.into_iter().map(|command| CommandView {
        server_name: all
            .iter()
            .find(|server| server.id == command.server)
            .map(|server| server.name.clone())
            .unwrap_or_default(),
        server_online: live
            .iter()
            .any(|connection| connection.server == command.server),
        steps: steps.remove(&command.id).unwrap_or_default(),
        command,
    });
    Ok(views.collect())
}
