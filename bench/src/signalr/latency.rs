//! How long a pushed message takes at a steady rate.
//!
//! Neither server has a method that pushes at a rate, so the generator calls `EchoBack` at that rate,
//! with the time in it: what is measured is the way there and the way back as an event. Calls are sent
//! when they are due, whatever has come back by then.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use super::{
    cases::{Busy, Way, open, sample},
    connection::{Reader, Result, Writer},
    report::{Sample, Unit},
    server::Server,
};

const CONNECTIONS: usize = 100;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURE: Duration = Duration::from_secs(5);
/// Calls leave in groups, as often as this.
const TICK: Duration = Duration::from_millis(1);

pub(super) async fn measure(server: &Server, per_second: u32) -> Result<Vec<Sample>> {
    let mut readers = Vec::new();
    let mut writers = Vec::new();
    for connection in open(server.address, CONNECTIONS, CONNECTIONS, Way::Direct).await? {
        let (reader, writer) = connection.split();
        readers.push(reader);
        writers.push(writer);
    }
    let zero = Arc::new(Instant::now());
    let mut tasks = JoinSet::new();
    for reader in readers {
        tasks.spawn(read(reader, zero.clone()));
    }
    let busy = Busy::new(server.process)?;
    let sent = send(writers, *zero, per_second).await?;
    let [used, _] = busy.used()?;

    let mut times = Vec::new();
    for result in tasks.join_all().await {
        times.extend(result?);
    }
    if times.len() != sent {
        return Err(format!("{} of {sent} events came", times.len()).into());
    }
    times.retain(|(left, _)| *left > WARM_UP);
    let mut times: Vec<Duration> = times.into_iter().map(|(_, took)| took).collect();
    times.sort_unstable();
    let name =
        format!("{per_second} calls a second on {CONNECTIONS} connections, each pushed back");
    let time = |percent| crate::measure::quantile(&times, percent).as_secs_f64() * 1000.0;
    Ok(vec![
        sample(&format!("{name}: median"), Unit::Milliseconds, time(50)),
        sample(&format!("{name}: p99"), Unit::Milliseconds, time(99)),
        sample(
            &format!("{name}: the server's processor time for each"),
            Unit::Milliseconds,
            used.as_secs_f64() * 1000.0 / sent as f64,
        ),
    ])
}

/// Sends what is due at every tick, to one connection after another. Gives how many calls that were.
async fn send(mut writers: Vec<Writer>, zero: Instant, per_second: u32) -> Result<usize> {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent = 0;
    loop {
        ticks.tick().await;
        let now = zero.elapsed();
        if now > WARM_UP + MEASURE {
            // The readers end by themselves, as long as the connections are there.
            tokio::time::sleep(Duration::from_secs(2)).await;
            return Ok(sent);
        }
        let due = now.as_micros() * u128::from(per_second) / 1_000_000;
        while (sent as u128) < due {
            let writer = sent % writers.len();
            let time = format!("\"{}\"", zero.elapsed().as_nanos());
            writers[writer].call("EchoBack", &time).await?;
            sent += 1;
        }
    }
}

/// When each event's call was sent, and how long it took until it was back.
async fn read(mut reader: Reader, zero: Arc<Instant>) -> Result<Vec<(Duration, Duration)>> {
    let mut times = Vec::new();
    loop {
        let mut strange = None;
        let more = reader
            .next(|record| {
                let now = zero.elapsed();
                match time_in(record) {
                    Some(left) => times.push((left, now.saturating_sub(left))),
                    None => strange = Some(String::from_utf8_lossy(record).into_owned()),
                }
            })
            .await?;
        if let Some(record) = strange.filter(|it| !it.contains("\"type\":6")) {
            return Err(format!("not an event: {record}").into());
        }
        if !more && zero.elapsed() > WARM_UP + MEASURE {
            return Ok(times);
        }
    }
}

/// The time in `…,"arguments":["123"]}`.
fn time_in(record: &[u8]) -> Option<Duration> {
    let (_, rest) = str::from_utf8(record).ok()?.split_once("[\"")?;
    let (time, _) = rest.split_once('"')?;
    Some(Duration::from_nanos(time.parse().ok()?))
}
