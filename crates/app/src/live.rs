//! Tells pages that look on that something changed. Only a hint: a page that misses one is right
//! again after its next look.

use tokio::sync::broadcast;
use tradepost_model::ids::{OrderId, ServerId, StoreId};

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
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            sender: broadcast::channel(1024).0,
        }
    }

    /// Tells everybody who listens.
    pub fn changed(&self, store: StoreId, change: Change) {
        // Nobody listening is fine.
        self.sender.send((store, change)).ok();
    }

    /// Listens from now on. A listener too slow for the channel gets `Lagged` and looks again.
    pub fn listen(&self) -> broadcast::Receiver<(StoreId, Change)> {
        self.sender.subscribe()
    }
}
