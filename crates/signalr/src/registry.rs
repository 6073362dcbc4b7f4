//! Every connection of a hub, by the secret that names it.

use crate::{Options, id::Id, link::Link};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::time::Instant;

pub(crate) struct Registry<I> {
    links: Mutex<HashMap<Id, Arc<Link<I>>>>,
}

impl<I> Registry<I> {
    pub(crate) fn new() -> Self {
        Self {
            links: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn add(&self, link: Arc<Link<I>>) {
        self.links.lock().insert(link.key, link);
    }

    pub(crate) fn find(&self, key: Id) -> Option<Arc<Link<I>>> {
        self.links.lock().get(&key).cloned()
    }

    pub(crate) fn remove(&self, key: Id) {
        let mut links = self.links.lock();
        links.remove(&key);
        // After a peak, give its memory back.
        if links.capacity() > 4 * links.len() + 64 {
            let len = links.len();
            links.shrink_to(2 * len);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.links.lock().is_empty()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Link<I>>> {
        self.links.lock().values().cloned().collect()
    }

    pub(crate) fn tick(&self, options: &Options) {
        let now = Instant::now();
        for link in self.all() {
            if link.tick(now, options) {
                self.remove(link.key);
            }
        }
    }
}
