//! Game servers: adding them, their tokens, and whether they are online.

use tradepost_db::servers::ServerConnection;
use tradepost_db::{events, servers as db};
use tradepost_model::Timestamp;
use tradepost_model::commands::Command;
use tradepost_model::events::Event;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::ServerId;
use tradepost_model::names;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::servers::{SECRET, Server, Transport, token};

use crate::delivery;
use crate::live::Change;
use crate::secrets::hash;
use crate::{Actor, App, Error, Result};

/// Whether a server's plugin is there, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Connected: commands arrive at once.
    Online {
        /// Since when.
        since: Timestamp,
    },
    /// It asks from time to time, and did so lately.
    Polling {
        /// Since when.
        since: Timestamp,
    },
    /// Not there.
    Offline,
}

/// A server and whether it is there.
#[derive(Clone, Debug)]
pub struct ServerState {
    /// The server.
    pub server: Server,
    /// Whether it is there.
    pub presence: Presence,
}

impl ServerState {
    pub(crate) fn of(server: Server, live: &[ServerConnection]) -> Self {
        let presence = match live.iter().find(|it| it.server == server.id) {
            Some(it) if it.transport == Transport::Poll => Presence::Polling { since: it.since },
            Some(it) => Presence::Online { since: it.since },
            None => Presence::Offline,
        };
        Self { server, presence }
    }

    /// Whether its plugin is there, in whatever way.
    pub fn is_there(&self) -> bool {
        self.presence != Presence::Offline
    }
}

/// How many commands wait at a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// To be sent.
    pub pending: i64,
    /// Sent, not answered.
    pub delivered: i64,
    /// Waiting for their player.
    pub awaiting: i64,
}

/// A server that was made, or got a new token; the token is told once.
#[derive(Debug)]
pub struct NewServer {
    /// The server.
    pub server: Server,
    /// Its connection token.
    pub token: String,
}

/// Adds a server. Errors: fields that do not fit.
pub async fn create(
    app: &App,
    actor: &Actor,
    name: &str,
    address: &str,
    game: &str,
) -> Result<NewServer> {
    actor.require(Area::Servers, Access::Edit)?;
    let [name, address, game] = check(name, address, game)?;
    let server = Server {
        id: app.id(),
        name,
        address,
        game,
        first_seen_at: None,
        last_seen_at: None,
        software: String::new(),
        created_at: app.now(),
    };
    let secret = app.ids.token(SECRET);
    let (row, store, token_hash) = (server.clone(), actor.store, hash(&secret));
    app.write(async move |tx| Ok(db::insert(tx, store, &row, &token_hash).await?))
        .await?;
    let token = token(server.id, &secret);
    Ok(NewServer { server, token })
}

/// Changes what the owner says of a server; its plugin is told. Errors: fields that do not fit, no
/// such server.
pub async fn update(
    app: &App,
    actor: &Actor,
    server: ServerId,
    name: &str,
    address: &str,
    game: &str,
) -> Result<()> {
    actor.require(Area::Servers, Access::Edit)?;
    let (fields, store, now) = (check(name, address, game)?, actor.store, app.now());
    let name = fields[0].clone();
    let known = app
        .write(async move |tx| {
            let fields = [&*fields[0], &*fields[1], &*fields[2]];
            Ok(db::update(tx, store, server, fields, now).await?)
        })
        .await?;
    if !known {
        return Err(Error::NotFound("server"));
    }
    app.delivery.renamed(server, &name);
    app.live.changed(store, Change::Server(server));
    Ok(())
}

fn check(name: &str, address: &str, game: &str) -> Result<[String; 3]> {
    let mut errors = FieldErrors::default();
    let name = errors.check("name", names::line(name, 1, 64));
    let address = errors.check("address", names::line(address, 0, 120));
    let game = errors.check("game", names::line(game, 0, 64));
    match (name, address, game) {
        (Some(name), Some(address), Some(game)) => Ok([name, address, game]),
        _ => Err(errors.into()),
    }
}

/// Gives a server a new token. The old one is void at once and its connection ends. Errors: no such
/// server.
pub async fn regenerate_token(app: &App, actor: &Actor, server: ServerId) -> Result<NewServer> {
    actor.require(Area::Servers, Access::Edit)?;
    let secret = app.ids.token(SECRET);
    let (store, token_hash, now) = (actor.store, hash(&secret), app.now());
    let (work, app_) = (app.clone(), app.clone());
    let change = async move {
        let found = work
            .write(async move |tx| {
                let set = db::set_token(tx, store, server, &token_hash, now).await?;
                let Some(was_connected) = set else {
                    return Ok(None);
                };
                let found = db::find(tx, store, server).await?;
                if was_connected {
                    let event = Event::ServerOffline(server);
                    events::emit(tx, store, app_.id(), &event, now).await?;
                }
                Ok(found)
            })
            .await?;
        found.ok_or(Error::NotFound("server"))
    };
    let found = delivery::end_all(app, server, change).await?;
    app.live.changed(store, Change::Server(server));
    Ok(NewServer {
        token: token(server, &secret),
        server: found,
    })
}

/// A store's servers with their queues, oldest first.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<(ServerState, Queue)>> {
    actor.require(Area::Servers, Access::View)?;
    let (store, now) = (actor.store, app.now());
    app.read(async move |conn| {
        let live = db::connections(conn, store, now).await?;
        let mut list = Vec::new();
        for server in db::list(conn, store).await? {
            let [pending, delivered, awaiting] =
                tradepost_db::commands::queue(conn, store, server.id).await?;
            list.push((
                ServerState::of(server, &live),
                Queue {
                    pending,
                    delivered,
                    awaiting,
                },
            ));
        }
        Ok(list)
    })
    .await
}

/// One server with its queue and last commands, newest first. Errors: no such server.
pub async fn find(
    app: &App,
    actor: &Actor,
    server: ServerId,
) -> Result<(ServerState, Queue, Vec<Command>)> {
    actor.require(Area::Servers, Access::View)?;
    let (store, now) = (actor.store, app.now());
    let found = app
        .read(async move |conn| {
            let Some(found) = db::find(conn, store, server).await? else {
                return Ok(None);
            };
            let live = db::connections(conn, store, now).await?;
            let [pending, delivered, awaiting] =
                tradepost_db::commands::queue(conn, store, server).await?;
            let commands = tradepost_db::commands::of_server(conn, store, server, 20).await?;
            Ok(Some((
                ServerState::of(found, &live),
                Queue {
                    pending,
                    delivered,
                    awaiting,
                },
                commands,
            )))
        })
        .await?;
    found.ok_or(Error::NotFound("server"))
}
