//! Connections: who may speak for a server, and which of several receives.
//!
//! Exactly one connection per server receives. A new one replaces an older one that never said
//! `Hello`. Beside one that did, a new one waits until its own `Hello` decides.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::ToSpan as _;
use parking_lot::Mutex;
use tradepost_db::servers::{NewConnection, ServerConnection};
use tradepost_db::{Tx, commands as db_commands, events, servers as db};
use tradepost_model::Timestamp;
use tradepost_model::commands::Command;
use tradepost_model::events::Event;
use tradepost_model::ids::{ServerId, StoreId};
use tradepost_model::servers::parse_token;

use super::{LEASE_SECONDS, Outlet, Plugin, Slot, WINDOW};
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
    let _turn = app.delivery.turn(plugin.server).await;
    let live = live(app, plugin).await?;
    let another = live
        .is_some_and(|(live, instance)| instance.is_some() && live.connection != plugin.connection);
    if another {
        let mut waiting = app.delivery.waiting.lock();
        waiting
            .entry(plugin.server)
            .or_default()
            .push((plugin, outlet));
        return Ok(());
    }
    promote(app, plugin, outlet, None).await
}

/// The live connection of a plugin's server, as the database has it.
pub(super) async fn live(
    app: &App,
    plugin: Plugin,
) -> Result<Option<(ServerConnection, Option<String>)>> {
    let Plugin { store, server, .. } = plugin;
    let now = app.now();
    app.read(async move |conn| Ok(db::connection(conn, store, server, now).await?))
        .await
}

/// Makes a connection the one that receives: it takes over what older ones were sent. The caller has
/// the server's turn. A connection that cannot be promoted is closed, so that its plugin comes back.
pub(super) async fn promote(
    app: &App,
    plugin: Plugin,
    outlet: Arc<dyn Outlet>,
    instance: Option<String>,
) -> Result<()> {
    if app.stop.is_cancelled() {
        outlet.close(None, true);
        return Ok(());
    }
    let slot = Arc::new(Slot {
        plugin,
        outlet,
        unacked: Mutex::default(),
        more: AtomicBool::new(true),
        offline_mode: AtomicBool::new(false),
        claiming: tokio::sync::Mutex::default(),
    });
    let claiming = slot.claiming.lock().await;
    let now = app.now();
    let taken = match take_over(app, plugin, instance, now).await {
        Ok(taken) => taken,
        Err(error) => {
            slot.outlet
                .close(Some("The store is busy, connect again in a moment."), true);
            return Err(error);
        }
    };
    let older = app
        .delivery
        .slots
        .write()
        .insert(plugin.server, slot.clone());
    if let Some(older) = older {
        older
            .outlet
            .close(Some("Another connection of this server took over."), false);
    }
    slot.hand_over(&taken, now);
    drop(claiming);
    app.live
        .changed(plugin.store, Change::Server(plugin.server));
    app.delivery.wake(app, plugin.server).await;
    Ok(())
}

/// Writes the connection as the server's live one; what older ones had not answered is now its own.
async fn take_over(
    app: &App,
    plugin: Plugin,
    instance: Option<String>,
    now: Timestamp,
) -> Result<Vec<Command>> {
    let Plugin {
        store,
        server,
        connection,
    } = plugin;
    let app_ = app.clone();
    app.write(async move |tx| {
        let new = NewConnection {
            connection,
            instance: instance.as_deref(),
            node: &app_.settings.node,
            now,
            until: now + LEASE_SECONDS.seconds(),
        };
        let was_live = db::connection(tx, store, server, now).await?.is_some();
        db::connect(tx, store, server, &new).await?;
        let limit = u32::try_from(WINDOW).unwrap_or(u32::MAX);
        let taken = db_commands::take_over(tx, store, server, connection, now, limit).await?;
        if !was_live {
            told(&app_, tx, store, &Event::ServerOnline(server)).await?;
        }
        Ok(taken)
    })
    .await
}

/// A connection has gone. One that waited takes its place.
pub async fn disconnect(app: &App, plugin: Plugin) -> Result<()> {
    let _turn = app.delivery.turn(plugin.server).await;
    if app.delivery.take_waiting(plugin).is_some() {
        return Ok(());
    }
    app.delivery.forget(plugin);
    // What cannot be written now the next sweep finds.
    let ended = end(app, plugin).await;
    fill(app, plugin.server).await?;
    ended
}

/// Lets the newest connection that waits receive, where none does.
async fn fill(app: &App, server: ServerId) -> Result<()> {
    if app.delivery.slot(server).is_some() {
        return Ok(());
    }
    match app.delivery.next_waiting(server) {
        Some((plugin, outlet)) => promote(app, plugin, outlet, None).await,
        None => Ok(()),
    }
}

/// Ends a connection in the database, where it is still the live one there.
async fn end(app: &App, plugin: Plugin) -> Result<()> {
    let Plugin {
        store,
        server,
        connection,
    } = plugin;
    let (app_, now) = (app.clone(), app.now());
    let ended = app
        .write(async move |tx| {
            let ended = db::disconnect(tx, store, server, connection, now).await?;
            if ended {
                told(&app_, tx, store, &Event::ServerOffline(server)).await?;
            }
            Ok(ended)
        })
        .await?;
    if ended {
        app.live.changed(store, Change::Server(server));
    }
    Ok(())
}

/// Makes memory and database agree again, whatever came between: rows of this node that no connection
/// stands for end; a connection whose row is gone or another's is closed, so that its plugin comes
/// back; and where none receives, one that waits does.
pub(super) async fn reconcile(app: &App) -> Result<()> {
    let node = app.settings.node.clone();
    let rows = app
        .read(async move |conn| Ok(db::of_node(conn, &node).await?))
        .await?;
    for (store, server, connection) in rows {
        let plugin = Plugin {
            store,
            server,
            connection,
        };
        let _turn = app.delivery.turn(server).await;
        if app.delivery.slot_of(plugin).is_none() {
            end(app, plugin).await?;
        }
    }
    for slot in app.delivery.all() {
        let _turn = app.delivery.turn(slot.plugin.server).await;
        let live = live(app, slot.plugin).await?;
        if live.is_none_or(|(live, _)| live.connection != slot.plugin.connection)
            && app.delivery.forget(slot.plugin)
        {
            slot.outlet.close(None, true);
        }
    }
    for server in app.delivery.servers_waited_for() {
        let _turn = app.delivery.turn(server).await;
        let Some((plugin, outlet)) = app.delivery.next_waiting(server) else {
            continue;
        };
        let alone = app.delivery.slot(server).is_none() && live(app, plugin).await?.is_none();
        if alone {
            promote(app, plugin, outlet, None).await?;
        } else {
            app.delivery
                .waiting
                .lock()
                .entry(server)
                .or_default()
                .push((plugin, outlet));
        }
    }
    Ok(())
}

async fn told(app: &App, tx: &mut Tx, store: StoreId, event: &Event) -> Result<()> {
    Ok(events::emit(tx, store, app.id(), event, app.now()).await?)
}
