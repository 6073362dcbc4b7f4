//! Connections: who may speak for a server, and which of several receives.
//!
//! Exactly one connection per server receives. A new one replaces an older one that never said
//! `Hello`. Beside one that did, a new one waits until its own `Hello` decides.

use std::collections::HashSet;
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
use tradepost_model::servers::Transport;

use super::tick::log;
use super::tokens::{VOID_TOKEN, has_token};
use super::{LEASE_SECONDS, Outlet, Plugin, Slot, WINDOW};
use crate::live::Change;
use crate::{App, Error, Result};

/// What a connection is told that another one replaced. Were it told to come back, the two would
/// replace each other for ever.
const TAKEN_OVER: &str = "Another connection of this server took over.";

/// A connection has come. It receives at once, unless one that said `Hello` is live.
pub async fn connect(app: &App, plugin: Plugin, outlet: Arc<dyn Outlet>) -> Result<()> {
    let _turn = app.delivery.turn(plugin.server).await;
    refuse_void_token(app, plugin.server, &outlet).await?;
    let live = live(app, plugin).await?;
    let another = live
        .is_some_and(|(live, instance)| instance.is_some() && live.connection != plugin.connection);
    if another {
        app.delivery.wait((plugin, outlet));
        return Ok(());
    }
    promote(app, plugin, outlet, None).await
}

/// A connection may have come with a token that was good then and is void now.
async fn refuse_void_token(app: &App, server: ServerId, outlet: &Arc<dyn Outlet>) -> Result<()> {
    let Some(token) = outlet.token() else {
        return Ok(());
    };
    let known = app
        .read(async move |conn| has_token(conn, server, &token).await)
        .await?;
    if known {
        return Ok(());
    }
    outlet.close(Some(VOID_TOKEN), false);
    Err(Error::Unauthenticated(VOID_TOKEN))
}

/// Does something to a server's token and ends the connections that used it, before any other can
/// come.
pub(crate) async fn end_all<T>(
    app: &App,
    server: ServerId,
    change: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let _turn = app.delivery.turn(server).await;
    let changed = change.await?;
    app.delivery.close(server, Some(VOID_TOKEN), false);
    Ok(changed)
}

/// The live hub connection of a plugin's server, as the database has it. One that polls gives way to any.
pub(super) async fn live(
    app: &App,
    plugin: Plugin,
) -> Result<Option<(ServerConnection, Option<String>)>> {
    let Plugin { store, server, .. } = plugin;
    let now = app.now();
    let live = app
        .read(async move |conn| Ok(db::connection(conn, store, server, now).await?))
        .await?;
    Ok(live.filter(|(live, _)| live.transport == Transport::Hub))
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
    let token = slot.outlet.token();
    let taken = match take_over(app, plugin, instance, token, now).await {
        Ok(taken) => taken,
        Err(error @ Error::Unauthenticated(_)) => {
            slot.outlet.close(Some(VOID_TOKEN), false);
            return Err(error);
        }
        Err(error) => {
            let sentence = "The store is busy, connect again in a moment.";
            slot.outlet.close(Some(sentence), true);
            return Err(error);
        }
    };
    let older = app
        .delivery
        .slots
        .write()
        .insert(plugin.server, slot.clone());
    if let Some(older) = older {
        older.outlet.close(Some(TAKEN_OVER), false);
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
    token: Option<[u8; 32]>,
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
        db::lock(tx, store, server).await?;
        let holder = db::holder(tx, store, server).await?;
        db::connect(tx, store, server, &new).await?;
        if let Some(token) = token
            && !has_token(tx, server, &token).await?
        {
            return Err(Error::Unauthenticated(VOID_TOKEN));
        }
        let limit = u32::try_from(WINDOW).unwrap_or(u32::MAX);
        let taken = db_commands::take_over(tx, store, server, connection, now, limit).await?;
        if !is_known_to_be_there(holder, now) {
            told(&app_, tx, store, &Event::ServerOnline(server)).await?;
        }
        Ok(taken)
    })
    .await
}

/// Whether it was told that a server is there: its connection lives, or has lapsed and nobody has
/// noticed, which for one that polls is told when the row goes.
pub(super) fn is_known_to_be_there(holder: Option<db::Holder>, now: Timestamp) -> bool {
    holder.is_some_and(|it| it.transport == Transport::Poll || it.until > now)
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
            db::lock(tx, store, server).await?;
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
/// stands for end; a connection whose row is gone is closed, so that its plugin comes back, and one
/// whose row is another's for good; and where none receives, one that waits does. A lease that lapsed is no reason to close: the
/// next renewal revives it.
pub(super) async fn reconcile(app: &App) -> Result<()> {
    let node = app.settings.node.clone();
    let rows = app
        .scan(async move |conn| Ok(db::of_node(conn, &node).await?))
        .await?;
    for (store, server, connection) in &rows {
        let plugin = Plugin {
            store: *store,
            server: *server,
            connection: *connection,
        };
        if app.delivery.slot_of(plugin).is_none() {
            log(
                "end a connection that is gone",
                end_unless_held(app, plugin).await,
            );
        }
    }
    let rows: HashSet<_> = rows.into_iter().collect();
    for slot in app.delivery.all() {
        let Plugin {
            store,
            server,
            connection,
        } = slot.plugin;
        if !rows.contains(&(store, server, connection)) {
            log(
                "close a connection that was replaced",
                close_unless_held(app, &slot).await,
            );
        }
    }
    for server in app.delivery.servers_waited_for() {
        log(
            "let a waiting connection receive",
            promote_if_alone(app, server).await,
        );
    }
    Ok(())
}

/// Another node tells that something about a server changed: what is due goes out, and where the server
/// is another connection's now, the one here ends, as at the next sweep.
pub(crate) async fn look_after(app: &App, server: ServerId) {
    if let Some(slot) = app.delivery.slot(server) {
        log(
            "close a connection that was replaced",
            close_unless_held(app, &slot).await,
        );
        if app.delivery.slot_of(slot.plugin).is_some() {
            app.delivery.wake(app, server).await;
        }
    }
    log(
        "let a waiting connection receive",
        promote_if_alone(app, server).await,
    );
}

async fn end_unless_held(app: &App, plugin: Plugin) -> Result<()> {
    let _turn = app.delivery.turn(plugin.server).await;
    match app.delivery.slot_of(plugin) {
        Some(_) => Ok(()),
        None => end(app, plugin).await,
    }
}

async fn close_unless_held(app: &App, slot: &Slot) -> Result<()> {
    let Plugin {
        store,
        server,
        connection,
    } = slot.plugin;
    let _turn = app.delivery.turn(server).await;
    let holder = app
        .read(async move |conn| Ok(db::holder(conn, store, server).await?))
        .await?;
    if holder.is_none_or(|holder| holder.connection != connection)
        && app.delivery.forget(slot.plugin)
    {
        let is_replaced = holder.is_some_and(|holder| holder.is_live_hub(app.now()));
        match refuse_void_token(app, server, &slot.outlet).await {
            // It has been closed, with the reason.
            Err(Error::Unauthenticated(_)) => {}
            _ if is_replaced => slot.outlet.close(Some(TAKEN_OVER), false),
            _ => slot.outlet.close(None, true),
        }
    }
    Ok(())
}

async fn promote_if_alone(app: &App, server: ServerId) -> Result<()> {
    let _turn = app.delivery.turn(server).await;
    let Some((plugin, outlet)) = app.delivery.next_waiting(server) else {
        return Ok(());
    };
    if app.delivery.slot(server).is_none() && live(app, plugin).await?.is_none() {
        return promote(app, plugin, outlet, None).await;
    }
    app.delivery.wait((plugin, outlet));
    Ok(())
}

/// Writes an event.
pub(super) async fn told(app: &App, tx: &mut Tx, store: StoreId, event: &Event) -> Result<()> {
    Ok(events::emit(tx, store, app.id(), event, app.now()).await?)
}
