//! The engine's clockwork: one task for all connections. Every quarter of a second it sends what has
//! become due or was not acknowledged, and every 20 s it renews the leases of this node's
//! connections; every 30 s it sweeps up what anything else has missed.

use std::time::Duration;

use jiff::ToSpan as _;
use tradepost_db::{commands as db, servers as db_servers};
use tradepost_model::ids::ServerId;

use super::{LEASE_SECONDS, Plugin, RESEND_SECONDS, Slot, WINDOW, connections, dispatch, poll};
use crate::{App, Result};

const LEASE_CHECK: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(250);
const SWEEP_TICKS: u64 = 120;
const SWEEP_BATCH: u32 = 500;

/// Forgets connections that an earlier run of this node left behind, and gives their commands back.
pub async fn prepare(app: &App) -> Result<()> {
    forget_node(app).await?;
    sweep(app).await
}

/// Runs until the process stops.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut count: u64 = 0;
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            _ = ticks.tick() => {
                count += 1;
                log("renew leases and send what is due", tick(&app).await);
                if count.is_multiple_of(SWEEP_TICKS) {
                    log("sweep", sweep(&app).await);
                }
            }
        }
    }
}

/// Keeps this node's leases alive until the process stops, whatever else takes long.
pub async fn keep_leases(app: App) {
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(LEASE_CHECK) => log("renew leases", renew_if_due(&app).await),
        }
    }
}

/// Renews leases, and sends what has become due or was not acknowledged.
pub async fn tick(app: &App) -> Result<()> {
    log("renew leases", renew_if_due(app).await);
    let now = app.now();
    for server in due_servers(app) {
        app.delivery.wake(app, server).await;
    }
    for slot in app.delivery.all() {
        if slot.has_unacked_since(now - RESEND_SECONDS.seconds()) {
            log("send again", resend(app, &slot).await);
        }
    }
    Ok(())
}

/// Catches what anything else has missed: memory and database are made to agree, commands whose
/// connection is gone go back into the queue, and every connected server is looked after, by what
/// the database says.
pub async fn sweep(app: &App) -> Result<()> {
    log("reconcile connections", connections::reconcile(app).await);
    log(
        "end connections that stopped asking",
        poll::end_lapsed(app).await,
    );
    let now = app.now();
    let orphans = app
        .scan(async move |conn| Ok(db::orphans(conn, now, SWEEP_BATCH).await?))
        .await?;
    for (store, _, command) in orphans {
        let given = app
            .write(async move |tx| Ok(db::give_back(tx, store, command, now).await?))
            .await;
        log("queue a command again", given.map(|_| ()));
    }
    for slot in app.delivery.all() {
        log("send again", resend(app, &slot).await);
        app.delivery.wake(app, slot.plugin.server).await;
    }
    Ok(())
}

/// Ends this node's connections in a way that lets plugins come back to the next process.
pub async fn shut_down(app: &App) -> Result<()> {
    let waiting = std::mem::take(&mut *app.delivery.waiting.lock());
    for (_, outlet) in waiting.into_values().flatten() {
        outlet.close(None, true);
    }
    for slot in app.delivery.all() {
        slot.outlet.close(None, true);
    }
    forget_node(app).await
}

async fn forget_node(app: &App) -> Result<()> {
    let node = app.settings.node.clone();
    app.write(async move |tx| Ok(db_servers::forget_node(tx, &node).await?))
        .await
        .map(|_| ())
}

/// Lets the connections that receive here count as live for another while, where it is time.
async fn renew_if_due(app: &App) -> Result<()> {
    let now = app.now();
    if !app.delivery.renewal_is_due(now) {
        return Ok(());
    }
    let connections: Vec<_> = app
        .delivery
        .all()
        .iter()
        .map(|slot| {
            (
                slot.plugin.store,
                slot.plugin.server,
                slot.plugin.connection,
            )
        })
        .collect();
    if !connections.is_empty() {
        let until = now + LEASE_SECONDS.seconds();
        app.write(async move |tx| Ok(db_servers::renew(tx, &connections, until).await?))
            .await?;
    }
    app.delivery.renewed(now);
    Ok(())
}

async fn resend(app: &App, slot: &Slot) -> Result<()> {
    let (plugin, now) = (slot.plugin, app.now());
    let before = now - RESEND_SECONDS.seconds();
    let Plugin {
        store,
        server,
        connection,
    } = plugin;
    // Mostly there is nothing, and a look costs less than a transaction.
    let waits = app
        .read(async move |conn| Ok(db::has_unacked(conn, store, server, connection, before).await?))
        .await?;
    if !waits {
        slot.unacked.lock().retain(|_, sent_at| *sent_at > before);
        return Ok(());
    }
    let limit = u32::try_from(WINDOW).unwrap_or(u32::MAX);
    let again = app
        .write(async move |tx| {
            Ok(db::resend(tx, store, server, connection, now, before, limit).await?)
        })
        .await?;
    // What the database no longer waits for is not waited for here either.
    slot.unacked.lock().retain(|_, sent_at| *sent_at > before);
    slot.hand_over(&again, now);
    dispatch::changed(app, plugin.store, &again);
    Ok(())
}

fn due_servers(app: &App) -> Vec<ServerId> {
    let now = app.now();
    let mut due = app.delivery.due.lock();
    let later = due.split_off(&(now + 1.microsecond(), ServerId(uuid::Uuid::nil())));
    let ready = std::mem::replace(&mut *due, later);
    drop(due);
    let mut servers: Vec<_> = ready.into_iter().map(|(_, server)| server).collect();
    servers.sort();
    servers.dedup();
    servers
}

pub(super) fn log(what: &str, result: Result<()>) {
    if let Err(error) = result {
        tracing::error!(error = ?error, "could not {what}, will try again");
    }
}
