//! The ways bytes travel between a client and its link.

mod body;
pub(crate) mod long_polling;
pub(crate) mod posts;
pub(crate) mod server_sent_events;
pub(crate) mod websockets;

use crate::{Hub, link::Link, server::Shared, session};
use serde::Serialize;
use std::{fmt, sync::Arc};

/// A way for messages to travel; see [`Options::transports`](crate::Options::transports).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A WebSocket in both directions. The only one that needs no negotiation.
    WebSockets,
    /// An endless response to the client, and a request for what the client sends. Text only, so
    /// without MessagePack.
    ServerSentEvents,
    /// A request that waits for messages, again and again, and another for what the client sends.
    LongPolling,
}

/// A transport as negotiation names it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offer {
    transport: String,
    transfer_formats: &'static [&'static str],
}

impl Transport {
    /// All of them, the best first.
    pub const ALL: [Self; 3] = [Self::WebSockets, Self::ServerSentEvents, Self::LongPolling];

    pub(crate) fn offer(self) -> Offer {
        Offer {
            transport: self.to_string(),
            transfer_formats: match self {
                Self::WebSockets | Self::LongPolling => &["Text", "Binary"],
                Self::ServerSentEvents => &["Text"],
            },
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WebSockets => "WebSockets",
            Self::ServerSentEvents => "ServerSentEvents",
            Self::LongPolling => "LongPolling",
        })
    }
}

/// An attached link, forgotten by the server when its transport is gone, or never came to be.
struct Attached<H: Hub> {
    shared: Arc<Shared<H>>,
    link: Arc<Link<H::Identity>>,
}

impl<H: Hub> Drop for Attached<H> {
    fn drop(&mut self) {
        self.shared.registry.remove(self.link.key);
        self.link.abort();
    }
}

/// Runs the session of a link whose bytes are moved by requests that come and go.
fn serve<H: Hub>(shared: Arc<Shared<H>>, link: Arc<Link<H::Identity>>) {
    let tasks = shared.tasks.clone();
    let attached = Attached { shared, link };
    tasks.spawn(async move {
        let link = &attached.link;
        tokio::join!(link.aborted(), session::run(&*attached.shared.hub, link));
        drop(attached);
    });
}
