//! Plugins that ask by single requests, where no connection can stay open.
//!
//! Such a plugin has a connection like any other, only that it is kept in the database alone and lasts
//! from poll to poll: its row names it, and `until` is twice what the plugin was told to wait. So leases,
//! takeovers and orphans work as they do for the hub, whichever node is asked.
//!
//! A poll is one transaction, behind a lock on the server's pace. It gives again, with the same key,
//! what the plugin was given and did not acknowledge. So an answer that is lost on the way, a process
//! that dies between its commit and its answer, and two polls at once all come to the same: the next
//! answer has everything that the last one had.

use jiff::{SignedDuration, ToSpan as _};
use tradepost_db::polls::{self, Pace};
use tradepost_db::{Tx, commands, servers as db};
use tradepost_model::Timestamp;
use tradepost_model::commands::Command;
use tradepost_model::events::Event;
use tradepost_model::ids::{ConnectionId, ServerId, StoreId};
use tradepost_model::servers::Transport;

use super::connections::{is_known_to_be_there, told};
use super::tick::log;
use super::tokens::{VOID_TOKEN, has_token};
use super::{LEASE_SECONDS, NEXT_CHECK_SECONDS, WINDOW, dispatch};
use crate::live::Change;
use crate::{App, Error, Result};

/// What a plugin is told to wait at most, in seconds.
const LAST_CHECK_SECONDS: u32 = 300;
/// How long after commands came it is told to ask often, in seconds.
const BUSY_SECONDS: i64 = 300;
/// The hasty poll that is refused: the third running.
const HASTY: u32 = 3;
/// Polls of one server that look at the database, on one node.
const POLLS_PER_MINUTE: u32 = 60;
const LAPSED_BATCH: u32 = 500;

/// What a poll gives.
#[derive(Clone, Debug)]
pub struct Polled {
    /// What is to be run, oldest first; some of it may have been given before.
    pub commands: Vec<Command>,
    /// After how many seconds to ask again.
    pub next_check: u32,
    /// Whether more waits, so that the plugin may ask at once.
    pub more: bool,
}

/// A plugin asks for its commands, at most `limit`. Errors: it asked too often, or its token was
/// regenerated meanwhile.
pub async fn poll(
    app: &App,
    store: StoreId,
    server: ServerId,
    token: [u8; 32],
    limit: usize,
) -> Result<Polled> {
    let now = app.now();
    app.windows
        .check(&format!("poll:{server}"), POLLS_PER_MINUTE, now)?;
    let one = One {
        store,
        server,
        token,
        now,
        new: app.id(),
        limit: limit.clamp(1, WINDOW),
    };
    let app_ = app.clone();
    let done = app.write(async move |tx| one.run(&app_, tx).await).await?;
    let Done { polled, came } = match done {
        Ok(done) => done,
        Err(retry_seconds) => return Err(Error::TooMany { retry_seconds }),
    };
    metrics::counter!("tradepost_commands_sent_total").increment(polled.commands.len() as u64);
    if came || !polled.commands.is_empty() {
        app.live.changed(store, Change::Server(server));
    }
    dispatch::changed(app, store, &polled.commands);
    Ok(polled)
}

struct Done {
    polled: Polled,
    /// Whether the plugin has just come.
    came: bool,
}

/// One poll.
#[derive(Clone, Copy)]
struct One {
    store: StoreId,
    server: ServerId,
    token: [u8; 32],
    now: Timestamp,
    /// The connection, should the plugin have none.
    new: ConnectionId,
    limit: usize,
}

impl One {
    /// Errors inside: how many seconds too early it came.
    async fn run(&self, app: &App, tx: &mut Tx) -> Result<Result<Done, i64>> {
        let Self {
            store, server, now, ..
        } = *self;
        let mut pace = polls::lock(tx, store, server, self.new).await?;
        if let Some(seconds) = too_early(&mut pace, now) {
            polls::save(tx, store, server, &pace).await?;
            return Ok(Err(seconds));
        }
        // This locks the server: from here on its token and its connection stay what they are.
        db::seen(tx, store, server, now).await?;
        if !has_token(tx, server, &self.token).await? {
            return Err(Error::Unauthenticated(VOID_TOKEN));
        }
        let holder = db::holder(tx, store, server).await?;
        let hub_is_live = holder.is_some_and(|it| it.is_live_hub(now));
        let lasts = holder
            .is_some_and(|it| it.transport == Transport::Poll && it.connection == pace.connection);
        if !lasts && !hub_is_live {
            pace.connection = self.new;
            pace.next_check = 0;
        }
        let (due_at, sent) = polls::waiting(tx, store, server).await?;
        let due = due_at.is_some_and(|due_at| due_at <= now);
        if due {
            pace.busy_until = now + BUSY_SECONDS.seconds();
        }
        pace.next_check = next_check(&pace, due || sent, due_at, now);
        let holds = !hub_is_live && self.hold(app, tx, &pace).await?;
        let (commands, more) = match holds {
            true => self.take(tx, pace.connection, lasts, sent).await?,
            false => (Vec::new(), false),
        };
        pace.polled_at = (!more).then_some(now);
        polls::save(tx, store, server, &pace).await?;
        let came = holds && !is_known_to_be_there(holder, now);
        if came {
            told(app, tx, store, &Event::ServerOnline(server)).await?;
        }
        let polled = Polled {
            commands,
            next_check: pace.next_check,
            more,
        };
        Ok(Ok(Done { polled, came }))
    }

    /// `false` where a hub connection has the server after all.
    async fn hold(&self, app: &App, tx: &mut Tx, pace: &Pace) -> Result<bool> {
        let until = self.now + (2 * i64::from(pace.next_check)).seconds();
        let (node, connection) = (&app.settings.node, pace.connection);
        let held = polls::hold(
            tx,
            self.store,
            self.server,
            connection,
            node,
            self.now,
            until,
        );
        Ok(held.await?)
    }

    /// What the plugin is given: first what it or an older connection was given and has not answered,
    /// then what is due. With it, whether it may ask for more at once.
    async fn take(
        &self,
        tx: &mut Tx,
        connection: ConnectionId,
        lasts: bool,
        sent: bool,
    ) -> Result<(Vec<Command>, bool)> {
        let Self {
            store, server, now, ..
        } = *self;
        let limit = count(self.limit);
        let mut given = Vec::new();
        if !lasts {
            given = commands::take_over(tx, store, server, connection, now, limit).await?;
        } else if sent {
            let before = now - LEASE_SECONDS.seconds();
            polls::forget_acks(tx, store, server, connection, now, before).await?;
            given = commands::resend(tx, store, server, connection, now, now, limit).await?;
        }
        let room = self.limit - given.len();
        if room == 0 {
            return Ok((given, false));
        }
        let new = commands::claim(tx, store, server, connection, now, count(room)).await?;
        let full = new.len() == room;
        given.extend(new);
        let more = full
            && commands::next_due(tx, store, server)
                .await?
                .is_some_and(|due_at| due_at <= now);
        Ok((given, more))
    }
}

/// Counts a poll that came before half of the time was over. How many seconds too early it is, where it
/// is refused.
fn too_early(pace: &mut Pace, now: Timestamp) -> Option<i64> {
    let told = SignedDuration::from_secs(i64::from(pace.next_check));
    let passed = pace.polled_at.map(|at| now.duration_since(at));
    // A clock that was set back locks nobody out.
    let early = passed.filter(|passed| *passed < told / 2 && *passed > -told);
    let Some(passed) = early else {
        pace.hasty = 0;
        return None;
    };
    pace.hasty = (pace.hasty + 1).min(HASTY);
    let left = told / 2 - passed + SignedDuration::from_nanos(999_999_999);
    (pace.hasty == HASTY).then_some(left.as_secs().max(1))
}

/// What a plugin is told to wait: little while there is something to do, then twice as long each time.
/// It is back when the next command is due.
fn next_check(pace: &Pace, busy: bool, due_at: Option<Timestamp>, now: Timestamp) -> u32 {
    let seconds = match pace.next_check {
        _ if busy || now < pace.busy_until => NEXT_CHECK_SECONDS,
        0 => NEXT_CHECK_SECONDS,
        told if pace.hasty > 0 => told,
        told => (2 * told).min(LAST_CHECK_SECONDS),
    };
    let due_in = due_at.map_or(i64::MAX, |due_at| {
        now.duration_since(due_at).as_secs().saturating_neg() + 1
    });
    let due_in = u32::try_from(due_in.max(0)).unwrap_or(u32::MAX);
    seconds.min(due_in.max(NEXT_CHECK_SECONDS))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Ends the connections of plugins that have stopped asking. Every node does; one of them counts.
pub(super) async fn end_lapsed(app: &App) -> Result<()> {
    let now = app.now();
    let lapsed = app
        .scan(async move |conn| Ok(polls::lapsed(conn, now, LAPSED_BATCH).await?))
        .await?;
    for (store, server, connection) in lapsed {
        let app_ = app.clone();
        let ended = app
            .write(async move |tx| {
                db::lock(tx, store, server).await?;
                let ended = polls::lapse(tx, store, server, connection, now).await?;
                if ended {
                    told(&app_, tx, store, &Event::ServerOffline(server)).await?;
                }
                Ok(ended)
            })
            .await;
        if let Ok(true) = ended {
            app.live.changed(store, Change::Server(server));
        }
        log("end a connection that stopped asking", ended.map(|_| ()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(next_check: u32) -> Pace {
        Pace {
            connection: ConnectionId(uuid::Uuid::nil()),
            next_check,
            hasty: 0,
            polled_at: None,
            busy_until: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_idle_plugin_asks_half_as_often_each_time() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut pace = pace(0);
        let mut told = Vec::new();
        for _ in 0..7 {
            pace.next_check = next_check(&pace, false, None, now);
            told.push(pace.next_check);
        }
        assert_eq!(told, [15, 30, 60, 120, 240, 300, 300]);
        assert_eq!(next_check(&pace, true, None, now), 15);
        let later = |seconds: i64| Some(now + seconds.seconds());
        assert_eq!(next_check(&pace, false, later(100), now), 101);
        assert_eq!(next_check(&pace, false, later(3), now), 15);
        assert_eq!(next_check(&pace, false, later(86_400), now), 300);
        pace.busy_until = now + 1.second();
        assert_eq!(next_check(&pace, false, None, now), 15);
    }

    #[test]
    fn the_third_hasty_poll_is_refused_until_half_the_time_is_over() {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let at = |seconds: i64| start + seconds.seconds();
        let mut pace = pace(60);
        pace.polled_at = Some(start);
        assert_eq!(too_early(&mut pace, at(29)), None);
        pace.polled_at = Some(at(29));
        assert_eq!(too_early(&mut pace, at(40)), None);
        pace.polled_at = Some(at(40));
        assert_eq!(too_early(&mut pace, at(41)), Some(29));
        assert_eq!(too_early(&mut pace, at(69)), Some(1));
        assert_eq!(too_early(&mut pace, at(70)), None);
        assert_eq!(pace.hasty, 0, "the right pace makes it good");
        pace.polled_at = Some(at(7200));
        assert_eq!(too_early(&mut pace, at(71)), None, "the clock was set back");
    }
}
