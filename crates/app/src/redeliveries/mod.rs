//! Redeliveries: staff send many things again, at a pace that servers bear. Commands of a time that
//! went wrong, each as a new attempt; or, after a wipe, what players hold, on one server.
//!
//! A job takes batch after batch. Each is one transaction that moves the redelivery's place on, from
//! where it found it, together with all that it queues: so whatever crashes, and however many nodes
//! run the job, nothing is left out and nothing is sent twice. Only what existed when the redelivery
//! started counts, and only as long as it stands as it did then.

mod batch;
mod preview;

use tradepost_db::redeliveries as db;
use tradepost_db::{Tx, servers};
use tradepost_model::Timestamp;
use tradepost_model::commands::CommandStatus;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{RedeliveryId, ServerId, StoreId, UserId};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::redeliveries::MAX_PER_MINUTE;

pub use tradepost_model::redeliveries::{
    DEFAULT_PER_MINUTE, Redelivery, RedeliveryFilter, RedeliveryKind, RedeliveryState,
};

use crate::commands::{may_look, name_of, server_names};
use crate::jobs::{self, Kind};
use crate::live::Change;
use crate::{Actor, App, Error, Result};

pub(crate) use batch::go_on;
pub use preview::{Preview, preview};

/// The most packages that a filter names.
const MAX_PACKAGES: usize = 100;
/// How many commands are taken back in one transaction.
const CANCEL_BATCH: u32 = 200;

/// What is asked for. Errors name these fields as the API does: `serverId`, `statuses`, `packageIds`,
/// `to`, `perMinute`.
#[derive(Clone, Debug)]
pub struct NewRedelivery {
    /// What is sent again.
    pub kind: RedeliveryKind,
    /// Where. Needed for entitlements; of commands it is a filter.
    pub server: Option<ServerId>,
    /// What it is limited to. Commands that failed, where it names no status.
    pub filter: RedeliveryFilter,
    /// How many commands a minute.
    pub per_minute: u32,
}

/// A redelivery with what became of its commands.
#[derive(Clone, Debug)]
pub struct RedeliveryView {
    /// The redelivery.
    pub redelivery: Redelivery,
    /// The name of its server.
    pub server_name: Option<String>,
    /// How many of its commands have completed.
    pub completed: i64,
    /// How many have failed.
    pub failed: i64,
    /// How many wait to be sent, were sent, or wait for their player.
    pub waiting: i64,
    /// How many were taken back.
    pub cancelled: i64,
}

/// Starts a redelivery. Errors: fields that do not fit; a server whose entitlements are being
/// redelivered already.
pub async fn start(app: &App, actor: &Actor, new: NewRedelivery) -> Result<RedeliveryId> {
    actor.require(Area::Commands, Access::Edit)?;
    let draft = check(app, actor, new).await?;
    let (store, user, id) = (actor.store, actor.user, draft.id);
    let (counted, alone) = (draft.clone(), preview::alone(store).await);
    let total = app
        .scan(async move |conn| {
            let _alone = &alone;
            preview::total(conn, store, &counted).await
        })
        .await?;
    let app_ = app.clone();
    app.write(async move |tx| {
        let redelivery = Redelivery {
            total,
            requested_by: name_of(tx, user).await?,
            ..draft.clone()
        };
        if !db::insert(tx, store, &redelivery).await? {
            let message = "A redelivery to this server has not ended. Wait for it, or cancel it.";
            return Err(Error::conflict("redelivery_running", message));
        }
        enqueue(&app_, tx, store, id).await
    })
    .await?;
    app.jobs.nudge();
    Ok(id)
}

/// Redeliveries, newest first, at most `limit`.
pub async fn list(
    app: &App,
    actor: &Actor,
    before: Option<RedeliveryId>,
    limit: u32,
) -> Result<Vec<RedeliveryView>> {
    actor.require(Area::Commands, Access::View)?;
    let store = actor.store;
    app.scan(async move |conn| {
        let names = server_names(conn, store).await?;
        let mut views = Vec::new();
        for redelivery in db::newest(conn, store, before, limit).await? {
            let counts = db::counts(conn, store, redelivery.id).await?;
            let name = redelivery.server.and_then(|id| names.get(&id).cloned());
            views.push(RedeliveryView::of(redelivery, name, &counts));
        }
        Ok(views)
    })
    .await
}

/// A redelivery and how far it has come. Errors: no such redelivery.
pub async fn find(app: &App, actor: &Actor, id: RedeliveryId) -> Result<RedeliveryView> {
    may_look(actor)?;
    let store = actor.store;
    let found = app
        .scan(async move |conn| {
            let Some(redelivery) = db::find(conn, store, id).await? else {
                return Ok(None);
            };
            let server = match redelivery.server {
                Some(server) => servers::find(conn, store, server).await?,
                None => None,
            };
            let counts = db::counts(conn, store, id).await?;
            let name = server.map(|server| server.name);
            Ok(Some(RedeliveryView::of(redelivery, name, &counts)))
        })
        .await?;
    found.ok_or(Error::NotFound("redelivery"))
}

/// Lets a redelivery wait; what is queued goes out. Errors: no such redelivery, one that does not run.
pub async fn pause(app: &App, actor: &Actor, id: RedeliveryId) -> Result<()> {
    let step = (RedeliveryState::Running, RedeliveryState::Paused);
    change(app, actor, id, step).await
}

/// Lets a redelivery go on where it stood. Errors: no such redelivery, one that does not wait.
pub async fn resume(app: &App, actor: &Actor, id: RedeliveryId) -> Result<()> {
    let step = (RedeliveryState::Paused, RedeliveryState::Running);
    change(app, actor, id, step).await?;
    app.jobs.nudge();
    Ok(())
}

/// Ends a redelivery. What it has queued stays, unless `cancel_queued`: then what was not sent is taken
/// back, also of one that has ended. Errors: no such redelivery, one that has ended.
pub async fn cancel(app: &App, actor: &Actor, id: RedeliveryId, cancel_queued: bool) -> Result<()> {
    actor.require(Area::Commands, Access::Edit)?;
    let (app_, store, user) = (app.clone(), actor.store, actor.user);
    let work = async move {
        let app = &app_;
        let now = app.now();
        app.write(async move |tx| {
            let to = RedeliveryState::Cancelled;
            for from in [RedeliveryState::Running, RedeliveryState::Paused] {
                if db::set_state(tx, store, id, (from, to), now).await? {
                    return Ok(());
                }
            }
            match db::find(tx, store, id).await? {
                None => Err(Error::NotFound("redelivery")),
                Some(_) if cancel_queued => Ok(()),
                Some(it) => Err(not_in(it.state)),
            }
        })
        .await?;
        if cancel_queued {
            take_back(app, store, user, id).await?;
        }
        Ok(())
    };
    app.to_the_end(work).await
}

/// Takes back what a redelivery has queued and what was not sent.
async fn take_back(
    app: &App,
    store: StoreId,
    user: Option<UserId>,
    id: RedeliveryId,
) -> Result<()> {
    let now = app.now();
    loop {
        let gone = app
            .write(async move |tx| {
                let name = name_of(tx, user).await?;
                let reason = format!("taken back with its redelivery by {name}");
                let gone = db::cancel_queued(tx, store, id, now, CANCEL_BATCH).await?;
                for (command, ..) in &gone {
                    tradepost_db::commands::note(tx, store, *command, &reason, now).await?;
                }
                Ok(gone)
            })
            .await?;
        if gone.is_empty() {
            return Ok(());
        }
        for (_, order, server) in gone {
            app.live.changed(store, Change::Order(order));
            app.live.changed(store, Change::Server(server));
        }
    }
}

impl RedeliveryView {
    fn of(
        redelivery: Redelivery,
        server_name: Option<String>,
        counts: &[(CommandStatus, i64)],
    ) -> Self {
        let of = |statuses: &[CommandStatus]| {
            let fits = counts
                .iter()
                .filter(|(status, _)| statuses.contains(status));
            fits.map(|(_, count)| count).sum()
        };
        Self {
            completed: of(&[CommandStatus::Completed]),
            failed: of(&[CommandStatus::Failed]),
            waiting: of(&[
                CommandStatus::Pending,
                CommandStatus::Delivered,
                CommandStatus::AwaitingPlayer,
            ]),
            cancelled: of(&[CommandStatus::Cancelled]),
            redelivery,
            server_name,
        }
    }
}

async fn change(
    app: &App,
    actor: &Actor,
    id: RedeliveryId,
    step: (RedeliveryState, RedeliveryState),
) -> Result<()> {
    actor.require(Area::Commands, Access::Edit)?;
    let (app_, store, now) = (app.clone(), actor.store, app.now());
    app.write(async move |tx| {
        if !db::set_state(tx, store, id, step, now).await? {
            let found = db::find(tx, store, id).await?;
            let found = found.ok_or(Error::NotFound("redelivery"))?;
            return Err(not_in(found.state));
        }
        match step.1 {
            RedeliveryState::Running => enqueue(&app_, tx, store, id).await,
            _ => Ok(()),
        }
    })
    .await
}

async fn enqueue(app: &App, tx: &mut Tx, store: StoreId, id: RedeliveryId) -> Result<()> {
    let now = app.now();
    let subject = id.to_string();
    jobs::enqueue(tx, store, app.id(), Kind::Redeliver, &subject, now, now).await
}

fn not_in(state: RedeliveryState) -> Error {
    let message = match state {
        RedeliveryState::Running => "This redelivery is running.",
        RedeliveryState::Paused => "This redelivery is paused.",
        RedeliveryState::Done => "This redelivery has ended.",
        RedeliveryState::Cancelled => "This redelivery was cancelled.",
    };
    Error::conflict("redelivery_state", message)
}

/// Checks everything that was asked for, and tells all that does not fit.
async fn check(app: &App, actor: &Actor, new: NewRedelivery) -> Result<Redelivery> {
    let (store, server, kind) = (actor.store, new.server, new.kind);
    let packages = new.filter.packages.clone();
    let named = packages.len();
    let (server_known, known) = app
        .read(async move |conn| {
            let server = match server {
                Some(server) => servers::find(conn, store, server).await?.is_some(),
                None => kind == RedeliveryKind::Commands,
            };
            let mut known = 0;
            for package in packages.iter().take(MAX_PACKAGES) {
                known += usize::from(preview::knows_package(conn, store, *package).await?);
            }
            Ok((server, known))
        })
        .await?;
    let mut errors = FieldErrors::default();
    match (server, server_known) {
        (Some(_), false) => errors.add("serverId", "names a server that does not exist"),
        (None, false) => errors.add("serverId", "is required"),
        _ => {}
    }
    if named > MAX_PACKAGES {
        errors.add("packageIds", format!("must be at most {MAX_PACKAGES}"));
    } else if known < named {
        errors.add("packageIds", "names a package that does not exist");
    }
    let mut filter = new.filter;
    match kind {
        RedeliveryKind::Commands => {
            if filter.statuses.is_empty() {
                filter.statuses.push(CommandStatus::Failed);
            }
            if filter.statuses.iter().any(|it| !over(*it)) {
                errors.add(
                    "statuses",
                    "must be Failed, Completed, AwaitingPlayer or Cancelled",
                );
            }
            if !filter.packages.is_empty() {
                errors.add("packageIds", "is for entitlements only");
            }
        }
        RedeliveryKind::Entitlements if !filter.statuses.is_empty() => {
            errors.add("statuses", "is for commands only");
        }
        RedeliveryKind::Entitlements => {}
    }
    filter.statuses.sort_unstable_by_key(|it| it.word());
    filter.statuses.dedup();
    if let (Some(from), Some(to)) = (filter.from, filter.to)
        && from >= to
    {
        errors.add("to", "must be after from");
    }
    if !(1..=MAX_PER_MINUTE).contains(&new.per_minute) {
        errors.add(
            "perMinute",
            format!("must be a whole number from 1 to {MAX_PER_MINUTE}"),
        );
    }
    errors.into_result()?;
    let now: Timestamp = app.now();
    Ok(Redelivery {
        id: app.id(),
        kind,
        server,
        place: db::beginning(kind, &filter),
        filter,
        per_minute: new.per_minute,
        state: RedeliveryState::Running,
        total: 0,
        seen: 0,
        queued: 0,
        requested_by: String::new(),
        created_at: now,
        updated_at: now,
        finished_at: None,
    })
}

/// Whether a command that stands here can be sent again in bulk.
const fn over(status: CommandStatus) -> bool {
    matches!(
        status,
        CommandStatus::Failed
            | CommandStatus::Completed
            | CommandStatus::AwaitingPlayer
            | CommandStatus::Cancelled
    )
}
