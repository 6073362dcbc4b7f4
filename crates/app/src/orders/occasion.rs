//! What makes commands run: a purchase, its end, a refund, a chargeback, a wipe. The commands are
//! rendered to final text inside the transaction that makes them necessary.

use std::collections::BTreeSet;

use tradepost_db::commands::NewCommand;
use tradepost_db::{Conn, Tx, commands, global_commands, packages, payments, servers};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandOrigin, CommandStatus, CommandType};
use tradepost_model::ids::{ConnectionId, OrderItemId, PackageId, RedeliveryId, ServerId, StoreId};
use tradepost_model::inputs::{self, Inputs};
use tradepost_model::money::Money;
use tradepost_model::orders::{Order, OrderItem};
use tradepost_model::packages::{Execute, Package, PackageCommand, Target};
use tradepost_model::payments::PaymentStatus;
use tradepost_model::servers::Server;
use tradepost_model::templates::Values;

use crate::{App, Error, Result};

/// Something that happened to an order, for which commands are to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    /// The order.
    pub(crate) order: &'a Order,
    /// The payment's name at the gateway.
    pub(crate) transaction: &'a str,
    /// Which of the packages' commands run.
    pub(crate) kind: CommandType,
    /// The redelivery it belongs to.
    pub(crate) redelivery: Option<RedeliveryId>,
}

/// A line of an order with its package and that package's commands.
pub(crate) struct Line<'a> {
    pub(crate) item: &'a OrderItem,
    pub(crate) package: Package,
    commands: Vec<PackageCommand>,
}

/// Loads what the lines of an order are delivered by.
pub(crate) async fn lines<'a>(
    conn: &mut Conn,
    store: StoreId,
    items: &'a [OrderItem],
) -> Result<Vec<Line<'a>>> {
    let mut lines = Vec::with_capacity(items.len());
    for item in items {
        let currency = item.total.currency();
        let package = packages::find_ever(conn, store, item.package, currency).await?;
        lines.push(Line {
            package: package.ok_or_else(|| undeliverable(item))?,
            commands: packages::commands(conn, store, item.package).await?,
            item,
        });
    }
    Ok(lines)
}

/// What the commands of an occasion can concern: servers, oldest first, and the store's global commands.
pub(crate) struct Reach {
    pub(crate) servers: Vec<Server>,
    global: Vec<PackageCommand>,
}

/// Loads what commands of this type on these lines concern. A store may have a thousand servers, of which
/// a purchase concerns one: all are loaded only where all are meant.
pub(crate) async fn reach(
    conn: &mut Conn,
    store: StoreId,
    kind: CommandType,
    lines: &[Line<'_>],
) -> Result<Reach> {
    let mut global = global_commands::list(conn, store).await?;
    global.retain(|command| command.kind == kind);
    let mut named = BTreeSet::new();
    let mut all = false;
    for command in &global {
        match command.target {
            Target::Server(server) => _ = named.insert(server),
            Target::All | Target::CustomerChoice => all = true,
        }
    }
    for line in lines {
        for command in line.commands.iter().filter(|command| command.kind == kind) {
            match command.target {
                Target::Server(server) => _ = named.insert(server),
                Target::CustomerChoice => named.extend(line.item.server),
                Target::All if line.package.servers.is_empty() => all = true,
                Target::All => named.extend(&line.package.servers),
            }
        }
    }
    if all {
        let servers = servers::list(conn, store).await?;
        return Ok(Reach { servers, global });
    }
    let mut found = Vec::with_capacity(named.len());
    for server in named {
        found.extend(servers::find(conn, store, server).await?);
    }
    found.sort_by_key(|server| (server.created_at, server.id));
    Ok(Reach {
        servers: found,
        global,
    })
}

/// The payment of an order as its gateway names it; the order's id where nothing was paid.
pub(crate) async fn transaction(conn: &mut Conn, store: StoreId, order: &Order) -> Result<String> {
    let attempts = payments::of_order(conn, store, order.id).await?;
    let paid = attempts.into_iter().map(|it| it.payment).rfind(|payment| {
        !matches!(
            payment.status,
            PaymentStatus::Pending | PaymentStatus::Declined | PaymentStatus::Review
        )
    });
    Ok(paid.map_or_else(|| order.id.to_string(), |payment| payment.reference))
}

impl Occasion<'_> {
    /// The commands of these lines, and then the store's global ones.
    pub(crate) fn of_order(&self, app: &App, lines: &[Line<'_>], reach: &Reach) -> Vec<Command> {
        let of_lines = lines
            .iter()
            .flat_map(|line| self.of_line(app, line, &reach.servers));
        let mut made: Vec<_> = of_lines.collect();
        made.extend(self.global(app, &reach.global, lines, &reach.servers));
        made
    }

    /// The commands of one line.
    pub(crate) fn of_line(&self, app: &App, line: &Line<'_>, servers: &[Server]) -> Vec<Command> {
        let (item, now) = (line.item, app.now());
        let mut made = Vec::new();
        for template in &line.commands {
            if template.kind != self.kind {
                continue;
            }
            let subject = Subject {
                item: Some(item.id),
                origin: match self.redelivery {
                    Some(_) => CommandOrigin::Redelivery,
                    None => CommandOrigin::Package,
                },
                package: item.package,
                package_name: &item.package_name,
                quantity: item.quantity,
                paid: item.total,
                inputs: &item.inputs,
            };
            for server in template.targets(&line.package, item.server, servers) {
                for _ in 0..template.runs(item.quantity) {
                    made.push(self.render(app, &subject, template, server, now));
                }
            }
        }
        made
    }

    fn global(
        &self,
        app: &App,
        templates: &[PackageCommand],
        lines: &[Line<'_>],
        servers: &[Server],
    ) -> Vec<Command> {
        let Some(first) = lines.first() else {
            return Vec::new();
        };
        let name = match lines.len() - 1 {
            0 => first.item.package_name.clone(),
            more => format!("{} and {more} more", first.item.package_name),
        };
        let subject = Subject {
            item: None,
            origin: CommandOrigin::Global,
            package: first.item.package,
            package_name: &name,
            quantity: lines.iter().map(|line| line.item.quantity).sum(),
            paid: self.order.total,
            inputs: &inputs::NONE,
        };
        let runs = templates.iter().flat_map(|template| {
            let targets = servers.iter().filter(|server| template.runs_on(server.id));
            targets.map(move |server| (template, server))
        });
        runs.map(|(template, server)| self.render(app, &subject, template, server, app.now()))
            .collect()
    }

    /// A command in its final text. One that cannot be rendered is kept as failed, with the reason,
    /// so that staff see it.
    fn render(
        &self,
        app: &App,
        subject: &Subject<'_>,
        template: &PackageCommand,
        server: &Server,
        now: Timestamp,
    ) -> Command {
        let order = self.order;
        let text = template.template.render(&Values {
            player: &order.player,
            gifter: order.gifter.as_ref().map(|gifter| &gifter.username),
            paid: subject.paid,
            package: subject.package_name,
            package_id: subject.package,
            quantity: subject.quantity,
            order_id: order.id,
            order_number: order.number,
            transaction: self.transaction,
            server: &server.name,
            at: order.paid_at.unwrap_or(now),
            inputs: subject.inputs,
        });
        let (text, error) = match text {
            Ok(text) => (text, None),
            Err(error) => (
                template.template.source().to_owned(),
                Some(error.to_string()),
            ),
        };
        let status = match error {
            Some(_) => CommandStatus::Failed,
            None => CommandStatus::Pending,
        };
        Command {
            id: app.id(),
            order: order.id,
            order_number: order.number,
            item: subject.item,
            origin: subject.origin,
            redelivery: self.redelivery,
            package: subject.package,
            package_name: subject.package_name.to_owned(),
            server: server.id,
            kind: template.kind,
            text,
            player: order.player.clone(),
            require_online: template.execute == Execute::WhenOnline,
            required_slots: template.required_slots,
            status,
            attempt: 1,
            failures: 0,
            due_at: now + jiff::SignedDuration::from_secs(i64::from(template.delay_seconds)),
            sent_at: None,
            acked_at: None,
            finished_at: error.is_some().then_some(now),
            last_error: error,
            output: None,
            duration_ms: None,
            created_at: now,
        }
    }
}

/// What a command is about.
struct Subject<'a> {
    item: Option<OrderItemId>,
    origin: CommandOrigin,
    package: PackageId,
    package_name: &'a str,
    quantity: u32,
    paid: Money,
    inputs: &'a Inputs,
}

/// Queues commands behind those that their order has, each leased to its server's connection where
/// there is one. They are handed to the delivery engine after the commit.
pub(crate) async fn queue_more(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    made: Vec<Command>,
) -> Result<Vec<NewCommand>> {
    let queued = leased(app, tx, store, made).await?;
    let first = commands::next_position(tx, store, order.id).await?;
    commands::insert(tx, store, first, &queued).await?;
    Ok(queued)
}

/// Errors: a line has an initial command that no server is set for. Nothing is taken for what cannot
/// be delivered: the payment goes back.
pub(crate) fn refuse_undeliverable(lines: &[Line<'_>], servers: &[Server]) -> Result<()> {
    for Line {
        item,
        package,
        commands,
    } in lines
    {
        let nowhere = |command: &&PackageCommand| {
            command.kind == CommandType::Initial
                && command.targets(package, item.server, servers).is_empty()
        };
        if commands.iter().any(|command| nowhere(&command)) {
            return Err(undeliverable(item));
        }
    }
    Ok(())
}

fn undeliverable(item: &OrderItem) -> Error {
    let message = format!(
        "Package '{}' cannot be delivered: no server is set for it.",
        item.package_name
    );
    Error::refused("undeliverable", message)
}

/// Gives each command that is due at once the connection of its server as its lease: where this node
/// holds one that is still the server's live one inside this transaction, and has room.
pub(crate) async fn leased(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    made: Vec<Command>,
) -> Result<Vec<NewCommand>> {
    let mut leases = Leases::default();
    let mut queued = Vec::with_capacity(made.len());
    for command in made {
        let at_once =
            command.status == CommandStatus::Pending && command.due_at <= command.created_at;
        let lease = if at_once {
            leases.take(app, tx, store, command.server).await?
        } else {
            None
        };
        queued.push(NewCommand { command, lease });
    }
    Ok(queued)
}

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
