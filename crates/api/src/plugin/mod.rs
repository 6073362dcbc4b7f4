//! The plugin protocol (`docs/plugin-protocol.md`): over SignalR at `/plugin-hub`, and by single requests
//! under `/api/plugin`.

mod hub;
mod messages;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use signalr_server::{Options, Server};
use tradepost_app::App;

use hub::PluginHub;

/// The hub's path.
pub const HUB_PATH: &str = "/plugin-hub";

/// Messages up to 256 KiB.
const MESSAGE_BYTES: usize = 256 * 1024;
/// How many entries one list may have.
const MOST_PLAYERS: usize = 200;
const MOST_AT_ONCE: usize = 200;
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
