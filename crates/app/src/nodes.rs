//! Several nodes on one database: what changed on one is told to the others, as hints.
//!
//! A command queued here for a server that is connected elsewhere goes out there at once, and a page
//! here changes when the plugin there reports. The database stays the truth: whoever misses a hint finds
//! the same at its next sweep or look. Hints are gathered and sent on, outside of any transaction, by a
//! task of their own, so that telling costs its caller nothing. A database of one node has none.

use std::collections::BTreeSet;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tradepost_db::Hint as Heard;
use tradepost_model::ids::{OrderId, ServerId, StoreId};
use uuid::Uuid;

use crate::App;
use crate::delivery;
use crate::live::Change;

/// How long hints are gathered.
const GATHER: Duration = Duration::from_millis(2);
/// How long they are gathered after they could not be sent.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How many different hints wait at most; beyond it, one that says everything changed.
const MOST: usize = 4096;
/// How many hints one message carries: each has 66 bytes, and a message at most 7,900.
const PER_MESSAGE: usize = 100;

/// What a node tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hint {
    /// Too much to tell.
    Everything,
    Order(StoreId, OrderId),
    Server(StoreId, ServerId),
    /// Commands of a server may be due.
    Wake(ServerId),
}

/// Hints that are still to be sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<BTreeSet<Hint>>,
    ready: Notify,
}

impl Outbox {
    pub(crate) fn changed(&self, store: StoreId, change: Change) {
        self.tell(match change {
            Change::Order(order) => Hint::Order(store, order),
            Change::Server(server) => Hint::Server(store, server),
        });
    }

    pub(crate) fn wake(&self, server: ServerId) {
        self.tell(Hint::Wake(server));
    }

    fn tell(&self, hint: Hint) {
        let mut waiting = self.waiting.lock();
        if waiting.len() >= MOST {
            waiting.clear();
            waiting.insert(Hint::Everything);
        }
        waiting.insert(hint);
        drop(waiting);
        self.ready.notify_one();
    }

    fn take(&self) -> BTreeSet<Hint> {
        std::mem::take(&mut self.waiting.lock())
    }
}

/// Tells the other nodes and listens to them until the process stops.
pub async fn run(app: App) {
    tokio::join!(send(&app), receive(&app));
}

async fn send(app: &App) {
    let Some(outbox) = app.live.outbox() else {
        return;
    };
    let mut pause = GATHER;
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = outbox.ready.notified() => {}
        }
        tokio::time::sleep(pause).await;
        let hints: Vec<_> = outbox.take().into_iter().collect();
        let messages: Vec<_> = hints
            .chunks(PER_MESSAGE)
            .map(|hints| write(&app.settings.node, hints))
            .collect();
        pause = match app.db.notify(&messages).await {
            Ok(()) => GATHER,
            // The others find it at their next sweep.
            Err(error) => {
                tracing::warn!(error = ?error, "could not tell the other nodes");
                AFTER_FAILURE
            }
        };
    }
}

async fn receive(app: &App) {
    let Some(mut hints) = app.db.hints() else {
        return;
    };
    loop {
        let heard = tokio::select! {
            () = app.stop.cancelled() => return,
            heard = hints.next() => heard,
        };
        let hints = match heard {
            Heard::Missed => vec![Hint::Everything],
            Heard::Told(message) => read(&app.settings.node, &message),
        };
        act(app, hints).await;
    }
}

/// Does what hints of other nodes ask for.
async fn act(app: &App, hints: Vec<Hint>) {
    let mut servers = BTreeSet::new();
    for hint in hints {
        match hint {
            Hint::Everything => {
                if let Err(error) = delivery::sweep(app).await {
                    tracing::error!(error = ?error, "could not sweep, will try again");
                }
            }
            Hint::Order(store, order) => app.live.heard(store, Change::Order(order)),
            Hint::Server(store, server) => {
                app.live.heard(store, Change::Server(server));
                servers.insert(server);
            }
            Hint::Wake(server) => {
                servers.insert(server);
            }
        }
    }
    // A server that takes long must not hold up the others.
    let looks: Vec<_> = servers
        .into_iter()
        .filter(|server| app.delivery.knows(*server))
        .map(|server| {
            let app_ = app.clone();
            app.tasks
                .spawn(async move { delivery::look_after(&app_, server).await })
        })
        .collect();
    for look in looks {
        look.await.ok();
    }
}

/// A message: this node's name, then a line for each hint.
fn write(node: &str, hints: &[Hint]) -> String {
    let mut message = node.to_owned();
    for hint in hints {
        message.push('\n');
        message.push_str(&match hint {
            Hint::Everything => "*".to_owned(),
            Hint::Order(store, order) => format!("o{}{}", store.0.simple(), order.0.simple()),
            Hint::Server(store, server) => format!("s{}{}", store.0.simple(), server.0.simple()),
            Hint::Wake(server) => format!("w{}", server.0.simple()),
        });
    }
    message
}

/// The hints of another node; none of this one's own, and none that a later version knows.
fn read(node: &str, message: &str) -> Vec<Hint> {
    let mut lines = message.lines();
    if lines.next() == Some(node) {
        return Vec::new();
    }
    lines.filter_map(hint).collect()
}

fn hint(line: &str) -> Option<Hint> {
    let (kind, ids) = line.split_at_checked(1)?;
    let id = |at: usize| Uuid::try_parse(ids.get(at..at + 32)?).ok();
    match kind {
        "*" => Some(Hint::Everything),
        "o" => Some(Hint::Order(StoreId(id(0)?), OrderId(id(32)?))),
        "s" => Some(Hint::Server(StoreId(id(0)?), ServerId(id(32)?))),
        "w" => Some(Hint::Wake(ServerId(id(0)?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(number: u128) -> Vec<Hint> {
        let [a, b] = [Uuid::from_u128(number), Uuid::from_u128(u128::MAX - number)];
        vec![
            Hint::Everything,
            Hint::Order(StoreId(a), OrderId(b)),
            Hint::Server(StoreId(a), ServerId(b)),
            Hint::Wake(ServerId(a)),
        ]
    }

    #[test]
    fn what_one_node_writes_the_others_read() {
        let message = write("one", &some(7));
        assert_eq!(read("two", &message), some(7));
        assert!(read("one", &message).is_empty(), "its own");
        let odd = format!("{message}\nz\n\no12\nsää");
        assert_eq!(read("two", &odd), some(7));
    }

    #[test]
    fn a_full_message_fits() {
        let hint = some(1)[1];
        assert!(write(&"n".repeat(64), &[hint; PER_MESSAGE]).len() < 7900);
    }

    #[test]
    fn too_much_to_tell_is_one_hint() {
        let outbox = Outbox::default();
        for number in 0..=u128::try_from(MOST).unwrap() {
            outbox.wake(ServerId(Uuid::from_u128(number)));
        }
        let told = outbox.take();
        assert!(told.contains(&Hint::Everything) && told.len() == 2);
    }
}
