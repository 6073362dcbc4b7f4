//! How a server's deliveries go: what waits, how long they take, how the last ones ended. It is read
//! from the server's newest commands, so it costs the same however many there were.

use jiff::{SignedDuration, ToSpan as _};
use tradepost_db::{commands, reports as db, schedule, servers as db_servers};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus};
use tradepost_model::ids::ServerId;
use tradepost_model::permissions::{Access, Area};

use crate::servers::{Queue, ServerState};
use crate::{Actor, App, Error, Result};

/// How many of a server's newest commands are looked at.
pub const WINDOW: u32 = 20_000;
/// Of how many finished ones the latency is told.
const LATENCIES: usize = 1000;
const RESULTS: u32 = 20;
const DELAYED: u32 = 20;
/// The upper ends of the histogram's buckets, in milliseconds: 10 ms to 10 min.
const BUCKETS: [i64; 14] = [
    10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000,
];

/// How long commands took from when they were due to their end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// How many commands this is about.
    pub count: usize,
    /// How many took at most so many milliseconds, and more than the bucket before; the last bucket,
    /// without an end, has the rest.
    pub buckets: Vec<(Option<i64>, usize)>,
    /// Half of them took at most this, in milliseconds.
    pub p50_ms: Option<i64>,
    /// 95 of 100.
    pub p95_ms: Option<i64>,
    /// 99 of 100.
    pub p99_ms: Option<i64>,
}

/// How a server's deliveries go.
#[derive(Clone, Debug)]
pub struct DeliveryReport {
    /// The server.
    pub state: ServerState,
    /// What waits.
    pub queue: Queue,
    /// Since when the oldest command waits that could be sent.
    pub waiting_since: Option<Timestamp>,
    /// How long the last 1,000 that ended took.
    pub latency: Latency,
    /// How many completed in the last 24 hours, of the newest [`WINDOW`] commands.
    pub completed: usize,
    /// How many failed in that time.
    pub failed: usize,
    /// The last 20 results with their output, latest first; none for who may not see commands.
    pub results: Vec<Command>,
    /// The next 20 that become due, soonest first; none for who may not see commands.
    pub delayed: Vec<Command>,
}

/// How a server's deliveries go; single commands are told to who may see commands. Errors: no such server.
pub async fn delivery_report(app: &App, actor: &Actor, server: ServerId) -> Result<DeliveryReport> {
    actor.require(Area::Servers, Access::View)?;
    let (store, now) = (actor.store, app.now());
    let shows_commands = actor.may(Area::Commands, Access::View);
    let found = app
        .scan(async move |conn| {
            let Some(found) = db_servers::find(conn, store, server).await? else {
                return Ok(None);
            };
            let live = db_servers::connections(conn, store, now).await?;
            let [pending, delivered, awaiting] = commands::queue(conn, store, server).await?;
            let next = commands::next_due(conn, store, server).await?;
            let mut runs = db::runs(conn, store, server, WINDOW).await?;
            runs.sort_by_key(|run| std::cmp::Reverse(run.finished_at));
            let day_ago = now - 24.hours();
            let of_day = |status| {
                let of_day = runs.iter().take_while(|run| run.finished_at >= day_ago);
                of_day.filter(|run| run.status == status).count()
            };
            let took = runs.iter().take(LATENCIES);
            let took = took.map(|run| run.finished_at.duration_since(run.due_at));
            let later = now + SignedDuration::from_micros(1);
            let (mut results, mut delayed) = (Vec::new(), Vec::new());
            if shows_commands {
                results = db::results(conn, store, server, WINDOW, RESULTS).await?;
                delayed =
                    schedule::due(conn, store, server, later, Timestamp::MAX, DELAYED).await?;
            }
            Ok(Some(DeliveryReport {
                state: ServerState::of(found, &live),
                queue: Queue {
                    pending,
                    delivered,
                    awaiting,
                },
                waiting_since: next.filter(|due_at| *due_at <= now),
                latency: latency(took),
                completed: of_day(CommandStatus::Completed),
                failed: of_day(CommandStatus::Failed),
                results,
                delayed,
            }))
        })
        .await?;
    found.ok_or(Error::NotFound("server"))
}

fn latency(took: impl Iterator<Item = SignedDuration>) -> Latency {
    let mut millis: Vec<_> = took
        .map(|it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX).max(0))
        .collect();
    millis.sort_unstable();
    let ends = BUCKETS.into_iter().map(Some).chain([None]);
    let mut below = 0;
    let buckets = ends
        .map(|end| {
            let up_to = millis.partition_point(|it| end.is_none_or(|end| *it <= end));
            let inside = up_to - below;
            below = up_to;
            (end, inside)
        })
        .collect();
    let rank = |percent: usize| {
        let place = (millis.len() * percent).div_ceil(100);
        millis.get(place.checked_sub(1)?).copied()
    };
    Latency {
        count: millis.len(),
        buckets,
        p50_ms: rank(50),
        p95_ms: rank(95),
        p99_ms: rank(99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_is_in_one_bucket_and_ranks_are_exact() {
        let of = |millis: &[i64]| {
            let took: Vec<_> = millis
                .iter()
                .map(|it| SignedDuration::from_millis(*it))
                .collect();
            latency(took.into_iter())
        };
        assert_eq!((of(&[]).count, of(&[]).p50_ms), (0, None));
        let some = of(&[700_000, 10, 11, -5]);
        let filled: Vec<_> = some
            .buckets
            .iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(filled, [&(Some(10), 2), &(Some(25), 1), &(None, 1)]);
        assert_eq!((some.p50_ms, some.p99_ms), (Some(10), Some(700_000)));
        let hundred: Vec<_> = (1..=100).collect();
        let hundred = of(&hundred);
        let ranks = (hundred.p50_ms, hundred.p95_ms, hundred.p99_ms);
        assert_eq!(ranks, (Some(50), Some(95), Some(99)));
    }
}
