//! Handing over: what settlement leased goes out at once; what waits is claimed and goes out in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradepost_db::commands as db;
use tradepost_db::commands::NewCommand;
use tradepost_model::commands::Command;
use tradepost_model::ids::{ServerId, StoreId};

use super::{Delivery, Slot};
use crate::live::Change;
use crate::{App, Result};

/// How many commands are claimed in one transaction.
const BATCH: usize = 50;

impl Delivery {
    /// Commands were committed: those with a lease go out now, the servers of the others are woken.
    pub(crate) async fn handed(&self, app: &App, store: StoreId, commands: Vec<NewCommand>) {
        let now = app.now();
        let mut leased: BTreeMap<ServerId, Vec<Command>> = BTreeMap::new();
        let mut to_wake = Vec::new();
        for NewCommand { command, lease } in commands {
            match lease {
                Some(_) => leased.entry(command.server).or_default().push(command),
                None => {
                    self.due.lock().insert((command.due_at, command.server));
                    to_wake.push(command.server);
                }
            }
        }
        for (server, commands) in leased {
            if let Some(slot) = self.slot(server) {
                slot.hand_over(&commands, now);
            }
            app.live.changed(store, Change::Server(server));
        }
        to_wake.sort();
        to_wake.dedup();
        for server in to_wake {
            self.wake(app, server).await;
            app.live.changed(store, Change::Server(server));
        }
    }

    /// Claims and hands over what is due for a server, here or where it is connected.
    pub(crate) async fn wake(&self, app: &App, server: ServerId) {
        let Some(slot) = self.slot(server) else {
            app.live.wake_elsewhere(server);
            return;
        };
        if let Err(error) = dispatch(app, &slot).await {
            // The next sweep tries again.
            tracing::warn!(error = ?error, server.id = %server, "could not hand over commands");
        }
    }
}

/// Claims and hands over what is due, as far as the window allows.
pub(super) async fn dispatch(app: &App, slot: &Arc<Slot>) -> Result<()> {
    let _turn = slot.claiming.lock().await;
    loop {
        let limit = slot.room().min(BATCH);
        Delivery::set_more(slot, limit == 0);
        if limit == 0 {
            return Ok(());
        }
        let claimed = claim(app, slot, limit).await?;
        let count = claimed.len();
        slot.hand_over(&claimed, app.now());
        changed(app, slot.plugin.store, &claimed);
        if count < limit {
            break;
        }
    }
    let (store, server) = (slot.plugin.store, slot.plugin.server);
    let next = app
        .read(async move |conn| Ok(db::next_due(conn, store, server).await?))
        .await?;
    if let Some(due_at) = next {
        app.delivery.due.lock().insert((due_at, server));
    }
    Ok(())
}

/// Claims up to `limit` due commands for the slot's connection.
pub(super) async fn claim(app: &App, slot: &Slot, limit: usize) -> Result<Vec<Command>> {
    let (plugin, now) = (slot.plugin, app.now());
    let (store, server) = (plugin.store, plugin.server);
    // Most wake-ups find nothing, and a look costs less than a transaction.
    let next = app
        .read(async move |conn| Ok(db::next_due(conn, store, server).await?))
        .await?;
    if next.is_none_or(|due_at| due_at > now) {
        return Ok(Vec::new());
    }
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    app.write(
        async move |tx| Ok(db::claim(tx, store, server, plugin.connection, now, limit).await?),
    )
    .await
}

/// Tells the pages of the orders concerned.
pub(super) fn changed(app: &App, store: StoreId, commands: &[Command]) {
    let mut orders: Vec<_> = commands.iter().map(|command| command.order).collect();
    orders.sort();
    orders.dedup();
    orders
        .into_iter()
        .for_each(|order| app.live.changed(store, Change::Order(order)));
}
