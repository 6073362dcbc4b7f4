//! Connections: who may speak for a server, and which of several receives.
//!
//! Exactly one connection per server receives. A new one replaces an older one that never said
//! `Hello`. Beside one that did, a new one waits until its own `Hello` decides.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::ToSpan as _;
use parking_lot::Mutex;
use tradepost_db::servers::NewConnection;
use tradepost_db::{Tx, commands as db_commands, events, servers as db};
use tradepost_model::commands::Command;
use tradepost_model::events::Event;
use tradepost_model::ids::{ServerId, StoreId};
use tradepost_model::servers::parse_token;

use super::{Delivery, LEASE_SECONDS, Outlet, Plugin, Slot, dispatch};
use crate::live::Change;
use crate::secrets::{hash, same};
use crate::{App, Error, Result};

/// Whose connection token it is. Errors: [`Error::Unauthenticated`], in words for the log of a game
/// server.
pub async fn authenticate(app: &App, token: Option<&str>) -> Result<(StoreId, ServerId)> {
    const FORM: Error = Error::Unauthenticated(
        "This is not a connection token. Copy the whole token from the Servers page of your dashboard.",
    );
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(Error::Unauthenticated(
            "A connection token is needed: send it as 'Authorization: Bearer <token>'. The Servers page of your dashboard shows it.",
        ));
    };
    let (server, secret) = parse_token(token).ok_or(FORM)?;
    let found = app
        .read(async move |conn| Ok(db::by_token(conn, server).await?))
        .await?;
    found.filter(|(_, kept)| same(kept, &hash(secret))).map(|(store, _)| (store, server)).ok_or(
        Error::Unauthenticated(
            "This connection token is not valid. It may have been regenerated: copy the new one from the Servers page of your dashboard.",
        ),
    )
}

/// A connection has come. It receives at once, unless one that said `Hello` is live.
pub async fn connect(app: &App, plugin: Plugin, outlet: Arc<dyn Outlet>) -> Result<()> {
    let Plugin {
        store,
        server,
        connection,
    } = plugin;
    let now = app.now();
    let live = app
        .read(async move |conn| Ok(db::connection(conn, store, server, now).await?))
        .await?;
    if live.is_some_and(|(live, instance)| instance.is_some() && live.connection != connection) {
        app.delivery
            .waiting
            .lock()
            .entry(server)
            .or_default()
            .push((plugin, outlet));
        return Ok(());
    }
    promote(app, plugin, outlet, None).await
}

/// Makes a connection the one that receives: it takes over what older ones were sent.
pub(super) async fn promote(
    app: &App,
    plugin: Plugin,
    outlet: Arc<dyn Outlet>,
    instance: Option<String>,
) -> Result<()> {
    let Plugin {
        store,
        server,
        connection,
    } = plugin;
    let slot = Arc::new(Slot {
        plugin,
        outlet,
        unacked: Mutex::default(),
        more: AtomicBool::new(true),
        offline_mode: AtomicBool::new(false),
        claiming: tokio::sync::Mutex::default(),
    });
    let turn = slot.claiming.lock().await;
    let older = app.delivery.slots.write().insert(server, slot.clone());
    if let Some(older) = older {
        older
            .outlet
            .close(Some("Another connection of this server took over."), false);
    }
    let (app_, now) = (app.clone(), app.now());
    let taken = app
        .write(async move |tx| {
            let new = NewConnection {
                connection,
                instance: instance.as_deref(),
                node: &app_.settings.node,
                now,
                until: now + LEASE_SECONDS.seconds(),
            };
            let was_live = db::connection(tx, store, server, now).await?.is_some();
            db::connect(tx, store, server, &new).await?;
            let taken = db_commands::take_over(tx, store, server, connection, now).await?;
            if !was_live {
                online(&app_, tx, store, &Event::ServerOnline(server)).await?;
            }
            Ok(taken)
        })
        .await;
    let taken: Vec<Command> = match taken {
        Ok(taken) => taken,
        Err(error) => {
            drop(turn);
            forget(&app.delivery, plugin);
            return Err(error);
        }
    };
    slot.hand_over(&taken, now);
    drop(turn);
    app.live.changed(store, Change::Server(server));
    dispatch::dispatch(app, &slot).await
}

/// A connection has gone. One that waited takes its place.
pub async fn disconnect(app: &App, plugin: Plugin) -> Result<()> {
    let Plugin {
        store,
        server,
        connection,
    } = plugin;
    let received = forget(&app.delivery, plugin);
    if !received {
        return Ok(());
    }
    let (app_, now) = (app.clone(), app.now());
    let ended = app
        .write(async move |tx| {
            let ended = db::disconnect(tx, store, server, connection, now).await?;
            if ended {
                online(&app_, tx, store, &Event::ServerOffline(server)).await?;
            }
            Ok(ended)
        })
        .await?;
    if ended {
        app.live.changed(store, Change::Server(server));
    }
    if let Some((plugin, outlet)) = app.delivery.next_waiting(server) {
        Box::pin(promote(app, plugin, outlet, None)).await?;
    }
    Ok(())
}

/// Takes a connection out of memory; whether it was the one that received.
fn forget(delivery: &Delivery, plugin: Plugin) -> bool {
    if let Some(waiting) = delivery.waiting.lock().get_mut(&plugin.server) {
        waiting.retain(|(other, _)| other.connection != plugin.connection);
    }
    let mut slots = delivery.slots.write();
    let receives = slots
        .get(&plugin.server)
        .is_some_and(|slot| slot.plugin.connection == plugin.connection);
    if receives {
        slots.remove(&plugin.server);
    }
    receives
}

async fn online(app: &App, tx: &mut Tx, store: StoreId, event: &Event) -> Result<()> {
    Ok(events::emit(tx, store, app.id(), event, app.now()).await?)
}
