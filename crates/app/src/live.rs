//! Tells pages that look on that something changed. Only a hint: a page that misses one is right
//! again after its next look.

use std::sync::Arc;

use tokio::sync::broadcast;
use tradepost_model::ids::{OrderId, ServerId, StoreId};

use crate::nodes::Outbox;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// An order or one of its commands.
    Order(OrderId),
    /// A server: it came, went, or its queue changed.
    Server(ServerId),
}

/// The channel of changes.
#[derive(Clone, Debug)]
pub struct Live {
    sender: broadcast::Sender<(StoreId, Change)>,
    /// Where other nodes are told, where there may be any.
    outbox: Option<Arc<Outbox>>,
}

impl Live {
    pub(crate) fn new(outbox: Option<Arc<Outbox>>) -> Self {
        Self {
            sender: broadcast::channel(1024).0,
            outbox,
        }
    }

    /// Tells everybody who listens, on every node. What changed is committed by now.
    pub fn changed(&self, store: StoreId, change: Change) {
        self.heard(store, change);
        if let Some(outbox) = &self.outbox {
            outbox.changed(store, change);
        }
    }

    /// Lets the node that a server is connected to look for commands that are due.
    pub(crate) fn wake_elsewhere(&self, server: ServerId) {
        if let Some(outbox) = &self.outbox {
            outbox.wake(server);
        }
    }

    pub(crate) fn outbox(&self) -> Option<&Outbox> {
        self.outbox.as_deref()
    }

    /// Tells everybody who listens on this node.
    pub(crate) fn heard(&self, store: StoreId, change: Change) {
        // Nobody listening is fine.
        self.sender.send((store, change)).ok();
    }

    /// Listens from now on. A listener too slow for the channel gets `Lagged` and looks again.
    pub fn listen(&self) -> broadcast::Receiver<(StoreId, Change)> {
        self.sender.subscribe()
    }
}
