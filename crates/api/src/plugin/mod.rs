//! The plugin protocol (`docs/plugin-protocol.md`): over SignalR at `/plugin-hub`, and by single requests
//! under `/api/plugin`.

mod hub;
mod messages;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use signalr_server::{Options, Server};
use tradepost_app::{App, Result};
use tradepost_model::ids::ServerId;

use hub::PluginHub;

/// The hub's path.
pub const HUB_PATH: &str = "/plugin-hub";

/// Messages up to 256 KiB.
const MESSAGE_BYTES: usize = 256 * 1024;
/// How many entries one list may have.
const MOST_PLAYERS: usize = 200;
const MOST_AT_ONCE: usize = 200;
/// What one server may ask for on one node, in calls of the hub; far more than a plugin needs. Answers
/// to commands are not counted there: their number is that of the commands.
const CALLS_PER_MINUTE: u32 = 6000;
/// What a `Hello` counts, which always writes.
const HELLO_CALLS: u32 = 20;
/// What a single request counts: 1,200 a minute.
const REQUEST_CALLS: u32 = 5;
/// How many players of a list count as one more call.
const PLAYERS_PER_CALL: usize = 4;
/// Room for a full window of the longest commands; what has none is offered again later.
const SEND_BYTES: usize = 1024 * 1024;

/// The handle of the hub's connections.
#[derive(Clone)]
pub struct PluginServer(Server<PluginHub>);

impl PluginServer {
    /// Ends all connections so that plugins come back, spread over a while, and waits for them.
    pub async fn shutdown(&self, over: Duration) {
        self.0.shutdown(over).await;
    }

    /// How many plugins are connected.
    pub fn connections(&self) -> usize {
        self.0.connections()
    }
}

/// Counts calls of a server's plugin, whichever way it speaks. Errors: there were too many.
fn count(app: &App, server: ServerId, calls: u32) -> Result<()> {
    let key = format!("requests:{server}");
    app.windows
        .check_many(&key, calls, CALLS_PER_MINUTE, app.now())
}

/// Counts the players of a list, beside the call that brought it. Errors: there were too many.
fn count_players(app: &App, server: ServerId, players: usize) -> Result<()> {
    match u32::try_from(players / PLAYERS_PER_CALL).unwrap_or(u32::MAX) {
        0 => Ok(()),
        calls => count(app, server, calls),
    }
}

/// The routes under `/api/plugin`.
pub(crate) fn requests() -> Router<App> {
    requests::router()
}

pub(crate) fn router(app: &App) -> (Router, PluginServer) {
    let options = Options {
        max_message: MESSAGE_BYTES,
        send_buffer: SEND_BYTES,
        ..Options::default()
    };
    let (router, server) =
        signalr_server::router(HUB_PATH, Arc::new(PluginHub::new(app.clone())), options);
    (router, PluginServer(server))
}
