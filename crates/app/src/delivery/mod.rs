//! The delivery engine: hands queued commands to whatever speaks for a game server.
//!
//! The database is the truth. A command in `Delivered` is leased to a connection; the lease is worth
//! as much as that connection's row. This node keeps in memory only what it can lose: which
//! connections it holds, and which commands on them wait for an acknowledgement. At most [`WINDOW`]
//! of those are sent at a time, so a slow plugin is never flooded, and the rest waits in the queue.

mod connections;
mod dispatch;
mod plugin;
mod poll;
mod tick;
mod tokens;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use tradepost_model::Timestamp;
use tradepost_model::commands::Command;
use tradepost_model::ids::{CommandId, ConnectionId, ServerId, StoreId};

pub use connections::{connect, disconnect};
pub(crate) use connections::{end_all, look_after};
pub use plugin::{
    FetchLimit, Hello, Joined, PlayerName, Report, Welcome, ack, fetch_pending, hello,
    player_joined, players_online, report_results,
};
pub use poll::{Polled, poll};
pub use tick::{keep_leases, prepare, run, shut_down, sweep, tick};
pub use tokens::{authenticate, authenticate_from};

/// How many commands may wait for their acknowledgement on one connection.
pub const WINDOW: usize = 100;
/// After how long an unacknowledged command is sent again, in seconds.
pub const RESEND_SECONDS: i64 = 10;
/// How long a connection counts as live unless renewed, in seconds.
pub const LEASE_SECONDS: i64 = 60;
/// How often a node renews its leases, in seconds.
const RENEW_SECONDS: i64 = 20;
/// How many connections of a server may wait on a node for the one that receives to go.
const WAITING_AT_MOST: usize = 4;
/// What a plugin is told to wait between looks, in seconds.
pub const NEXT_CHECK_SECONDS: u32 = 15;

/// The way to one game server. Nothing here waits.
pub trait Outlet: Send + Sync {
    /// Hands over commands, in order, and tells how many of them there was room for. The rest is sent
    /// again later.
    fn execute(&self, commands: &[Command]) -> usize;
    /// The hash of the connection token it came with; `None` where it needs none.
    fn token(&self) -> Option<[u8; 32]> {
        None
    }
    /// Tells the plugin what its server is called now.
    fn renamed(&self, _name: &str) {}
    /// Ends the connection.
    fn close(&self, error: Option<&str>, allow_reconnect: bool);
}

/// A plugin's place: its server and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The store.
    pub store: StoreId,
    /// The server.
    pub server: ServerId,
    /// The connection.
    pub connection: ConnectionId,
}

impl Plugin {
    /// The place of a plugin that speaks by single requests, which belong to no connection.
    pub const fn by_request(store: StoreId, server: ServerId) -> Self {
        let connection = ConnectionId(uuid::Uuid::nil());
        Self {
            store,
            server,
            connection,
        }
    }

    fn is_by_request(self) -> bool {
        self.connection.0.is_nil()
    }
}

/// A connection that waits for the one that receives to go.
type Waiting = (Plugin, Arc<dyn Outlet>);

/// A connection that receives.
struct Slot {
    plugin: Plugin,
    outlet: Arc<dyn Outlet>,
    /// What was sent and is not acknowledged, with when.
    unacked: Mutex<HashMap<CommandId, Timestamp>>,
    /// Whether more was due than the window let through.
    more: AtomicBool,
    /// Whether the server lets players choose their names, so that UUIDs mean nothing.
    offline_mode: AtomicBool,
    /// Held while commands are claimed, so that they are handed over in order.
    claiming: tokio::sync::Mutex<()>,
}

impl Slot {
    fn room(&self) -> usize {
        WINDOW.saturating_sub(self.unacked.lock().len())
    }

    fn hand_over(&self, commands: &[Command], now: Timestamp) {
        if commands.is_empty() {
            return;
        }
        // Before they go out, since the answer may come at once.
        self.unacked
            .lock()
            .extend(commands.iter().map(|command| (command.id, now)));
        let taken = self.outlet.execute(commands);
        metrics::counter!("tradepost_commands_sent_total").increment(taken as u64);
        let mut unacked = self.unacked.lock();
        for command in &commands[taken..] {
            unacked.remove(&command.id);
        }
    }

    fn answered(&self, command: CommandId) {
        self.unacked.lock().remove(&command);
    }

    fn has_unacked_since(&self, before: Timestamp) -> bool {
        self.unacked
            .lock()
            .values()
            .any(|sent_at| *sent_at <= before)
    }
}

/// What this node knows of its connections.
pub struct Delivery {
    slots: RwLock<HashMap<ServerId, Arc<Slot>>>,
    /// Connections that wait for the one that receives to go, newest last.
    waiting: Mutex<HashMap<ServerId, Vec<Waiting>>>,
    /// When pending commands become due, by server.
    due: Mutex<BTreeSet<(Timestamp, ServerId)>>,
    /// Taken by whoever changes which connection of a server receives.
    turns: Mutex<HashMap<ServerId, Arc<tokio::sync::Mutex<()>>>>,
    /// When this node's leases are renewed next.
    next_renewal: Mutex<Timestamp>,
    /// The hashes of tokens that were good when they were last used here.
    known_tokens: Mutex<HashMap<ServerId, [u8; 32]>>,
}

impl Delivery {
    pub(crate) fn new() -> Self {
        Self {
            slots: RwLock::default(),
            waiting: Mutex::default(),
            due: Mutex::default(),
            turns: Mutex::default(),
            next_renewal: Mutex::new(Timestamp::UNIX_EPOCH),
            known_tokens: Mutex::default(),
        }
    }

    /// The connection of a server on this node and how many commands it can take at once, where that
    /// is any. While older ones wait for room, new ones queue behind them.
    pub(crate) fn ready_connection(&self, server: ServerId) -> Option<(ConnectionId, usize)> {
        let slots = self.slots.read();
        let slot = slots.get(&server)?;
        let room = slot.room();
        let ready = room > 0 && !slot.more.load(Ordering::Relaxed);
        ready.then_some((slot.plugin.connection, room))
    }

    /// Whether this node's leases are to be renewed now.
    fn renewal_is_due(&self, now: Timestamp) -> bool {
        let next = self.next_renewal.lock();
        // A clock that was set back must not stop it.
        let pause = jiff::SignedDuration::from_secs(RENEW_SECONDS);
        *next <= now || *next > now + pause
    }

    /// Notes that this node's leases were renewed.
    fn renewed(&self, now: Timestamp) {
        *self.next_renewal.lock() = now + jiff::SignedDuration::from_secs(RENEW_SECONDS);
    }

    /// The right to change which connection of a server receives.
    async fn turn(&self, server: ServerId) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock();
            // Nobody holds or awaits a turn that is here alone.
            if turns.len() > 2 * self.slots.read().len() + 1000 {
                turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            turns.entry(server).or_default().clone()
        };
        turn.lock_owned().await
    }

    /// Tells a server's plugin, where it is connected here, what the server is called now.
    pub(crate) fn renamed(&self, server: ServerId, name: &str) {
        if let Some(slot) = self.slot(server) {
            slot.outlet.renamed(name);
        }
    }

    /// How many servers are connected to this node.
    pub fn connected(&self) -> usize {
        self.slots.read().len()
    }

    /// Ends every connection of a server on this node.
    fn close(&self, server: ServerId, error: Option<&str>, allow_reconnect: bool) {
        if let Some(slot) = self.slot(server) {
            slot.outlet.close(error, allow_reconnect);
        }
        for (_, outlet) in self.waiting.lock().remove(&server).into_iter().flatten() {
            outlet.close(error, allow_reconnect);
        }
    }

    fn slot(&self, server: ServerId) -> Option<Arc<Slot>> {
        self.slots.read().get(&server).cloned()
    }

    /// The slot of a connection, where it is the one that receives.
    fn slot_of(&self, plugin: Plugin) -> Option<Arc<Slot>> {
        self.slot(plugin.server)
            .filter(|slot| slot.plugin.connection == plugin.connection)
    }

    /// Lets a connection wait. Where too many do, the oldest is closed.
    fn wait(&self, new: Waiting) {
        let oldest = {
            let mut waiting = self.waiting.lock();
            let list = waiting.entry(new.0.server).or_default();
            list.push(new);
            (list.len() > WAITING_AT_MOST).then(|| list.remove(0))
        };
        if let Some((_, outlet)) = oldest {
            let sentence = "Too many connections of this server wait, this was the oldest.";
            outlet.close(Some(sentence), true);
        }
    }

    /// Takes a connection out of those that wait.
    fn take_waiting(&self, plugin: Plugin) -> Option<Waiting> {
        let mut waiting = self.waiting.lock();
        let list = waiting.get_mut(&plugin.server)?;
        let place = list
            .iter()
            .position(|(other, _)| other.connection == plugin.connection)?;
        Some(list.remove(place))
    }

    /// Whether any connection of a server is here.
    pub(crate) fn knows(&self, server: ServerId) -> bool {
        self.slots.read().contains_key(&server) || self.waiting.lock().contains_key(&server)
    }

    /// The servers for which a connection waits.
    fn servers_waited_for(&self) -> Vec<ServerId> {
        self.waiting.lock().keys().copied().collect()
    }

    /// The newest connection of a server that waits.
    fn next_waiting(&self, server: ServerId) -> Option<Waiting> {
        let mut waiting = self.waiting.lock();
        let next = waiting.get_mut(&server).and_then(Vec::pop);
        waiting.retain(|_, list| !list.is_empty());
        next
    }

    /// Takes a connection that receives out of memory; `false` where it is not the one.
    fn forget(&self, plugin: Plugin) -> bool {
        let mut slots = self.slots.write();
        let receives = slots
            .get(&plugin.server)
            .is_some_and(|slot| slot.plugin.connection == plugin.connection);
        if receives {
            slots.remove(&plugin.server);
        }
        receives
    }

    fn all(&self) -> Vec<Arc<Slot>> {
        self.slots.read().values().cloned().collect()
    }

    fn set_more(slot: &Slot, more: bool) {
        slot.more.store(more, Ordering::Relaxed);
    }
}
