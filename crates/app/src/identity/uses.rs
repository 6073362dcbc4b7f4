//! When keys were last used: gathered in memory and written now and then, so that a request that only
//! reads writes nothing. What a crash loses is half a minute of it.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tradepost_db::keys as db;
use tradepost_model::Timestamp;
use tradepost_model::ids::{ApiKeyId, StoreId};
use tradepost_model::keys::ApiKey;

use crate::{App, Result};

/// How often uses are written.
const WRITE: Duration = Duration::from_secs(30);

/// Uses of keys on this node that are still to be written.
#[derive(Debug, Default)]
pub struct KeyUses {
    waiting: Mutex<HashMap<ApiKeyId, (StoreId, Timestamp)>>,
}

impl KeyUses {
    pub(super) fn note(&self, key: &ApiKey, now: Timestamp) {
        self.waiting.lock().insert(key.id, (key.store, now));
    }

    /// When a key was last used, as far as anybody knows here.
    pub(super) fn complete(&self, key: &mut ApiKey) {
        let here = self.waiting.lock().get(&key.id).map(|(_, at)| *at);
        key.last_used_at = key.last_used_at.max(here);
    }
}

/// Writes uses until the process stops.
pub async fn keep_key_uses(app: App) {
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(WRITE) => {}
        }
        if let Err(error) = write_key_uses(&app).await {
            tracing::warn!(error = ?error, "could not write when keys were used, will try again");
        }
    }
}

/// Writes the uses that wait, in one transaction. Those of a failure wait on.
pub async fn write_key_uses(app: &App) -> Result<()> {
    let mut uses: Vec<_> = {
        let waiting = app.key_uses.waiting.lock();
        let uses = waiting.iter();
        uses.map(|(key, (store, at))| (*store, *key, *at)).collect()
    };
    if uses.is_empty() {
        return Ok(());
    }
    uses.sort_by_key(|(_, key, _)| *key);
    let rows = uses.clone();
    app.write(async move |tx| Ok(db::used(tx, &rows).await?))
        .await?;
    let mut waiting = app.key_uses.waiting.lock();
    for (store, key, at) in uses {
        if waiting.get(&key) == Some(&(store, at)) {
            waiting.remove(&key);
        }
    }
    Ok(())
}
