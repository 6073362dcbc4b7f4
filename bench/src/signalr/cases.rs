//! What is measured on one server.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use super::{
    connection::{Connection, PATIENCE, Result},
    report::{Sample, Unit},
    server::{Process, Server},
};

/// Opened at the same time where it is not the opening that is measured.
const GENTLE: usize = 64;
const RETRY: Duration = Duration::from_millis(100);
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Memory of connections on which nothing happens.
pub(super) async fn idle(server: &Server, count: usize) -> Result<Vec<Sample>> {
    let process = server.process;
    let empty = process.memory()?;
    let connections = open(server.address, count, GENTLE, Way::Direct).await?;
    sleep(Duration::from_secs(3)).await;
    let full = process.memory()?;
    drop(connections);
    sleep(Duration::from_secs(5)).await;
    let left = process.memory()?;
    let connections = u32::try_from(count)?;
    Ok(vec![
        sample(
            "memory without connections",
            Unit::Megabytes,
            empty / MEBIBYTE,
        ),
        sample(
            &format!("memory of each of {count} idle connections"),
            Unit::BytesPerConnection,
            (full - empty) / f64::from(connections),
        ),
        sample(
            "memory 5 s after they left",
            Unit::Megabytes,
            left / MEBIBYTE,
        ),
    ])
}

/// Who is sent to, and who calls for it.
#[derive(Clone, Copy)]
pub(super) enum Push {
    /// Every connection calls for messages to itself.
    Burst,
    /// One connection calls for messages to all.
    Fan,
}

/// Messages per second to some connections, each of which gets `messages`.
pub(super) async fn push(
    server: &Server,
    push: Push,
    count: usize,
    messages: u64,
) -> Result<Vec<Sample>> {
    let name = match push {
        Push::Burst => format!("burst to {count} connections"),
        Push::Fan => format!("fan-out to {count} connections"),
    };
    let mut connections = open(server.address, count, GENTLE, Way::Direct).await?;
    // A server that compiles as it goes has done so after the second time.
    for _ in 0..2 {
        connections = push_once(connections, push, messages).await?.0;
    }
    let busy = Busy::new(server.process)?;
    let (_connections, took) = push_once(connections, push, messages).await?;
    let [server, generator] = busy.used()?.map(|it| it.as_secs_f64());
    let all = messages as f64 * count as f64;
    let took = took.as_secs_f64();
    Ok(vec![
        sample(&name, Unit::PerSecond, all / took),
        // What others do on this machine changes this little.
        sample(
            &format!("{name}, by the server's processor time"),
            Unit::PerSecond,
            all / server,
        ),
        sample(
            &format!("{name}: share of the generator's core"),
            Unit::PercentOfCore,
            100.0 * generator / took,
        ),
    ])
}

async fn push_once(
    connections: Vec<Connection>,
    push: Push,
    messages: u64,
) -> Result<(Vec<Connection>, Duration)> {
    let size = (16 << 20) / connections.len();
    let size = size.clamp(4 << 10, 256 << 10);
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for (i, mut connection) in connections.into_iter().enumerate() {
        tasks.spawn(async move {
            match push {
                Push::Burst => connection.call("Burst", &messages.to_string()).await?,
                Push::Fan if i == 0 => connection.call("Fan", &messages.to_string()).await?,
                Push::Fan => {}
            }
            connection.receive(messages, &mut vec![0; size]).await?;
            Result::Ok(connection)
        });
    }
    let connections: Result<Vec<_>> = tasks.join_all().await.into_iter().collect();
    Ok((connections?, began.elapsed()))
}

/// Everybody comes at once, is thrown out, and comes again at once.
pub(super) async fn storm(server: &Server, count: usize, in_flight: usize) -> Result<Vec<Sample>> {
    let of = if in_flight >= count {
        format!("{count} connect at once")
    } else {
        format!("{count} connect, {in_flight} at a time")
    };
    let busy = Busy::new(server.process)?;
    let began = Instant::now();
    let connections = open(server.address, count, in_flight, Way::Negotiated).await?;
    let first = began.elapsed();
    let [used, _] = busy.used()?;
    sleep(Duration::from_secs(1)).await;
    drop(connections);
    let began = Instant::now();
    let connections = open(server.address, count, in_flight, Way::Negotiated).await?;
    let again = began.elapsed();
    drop(connections);
    Ok(vec![
        sample(&of, Unit::Seconds, first.as_secs_f64()),
        sample(
            &format!("{of}: the server's processor time"),
            Unit::Seconds,
            used.as_secs_f64(),
        ),
        sample(
            &format!("{of}, after all were cut"),
            Unit::Seconds,
            again.as_secs_f64(),
        ),
    ])
}

#[derive(Clone, Copy)]
pub(super) enum Way {
    Direct,
    Negotiated,
}

/// Opens `count` connections, `in_flight` at a time. All of them are served when it is done.
pub(super) async fn open(
    server: SocketAddr,
    count: usize,
    in_flight: usize,
    way: Way,
) -> Result<Vec<Connection>> {
    let places = Arc::new(Semaphore::new(in_flight));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let places = places.clone();
        tasks.spawn(async move {
            let _place = places.acquire().await?;
            loop {
                let connection = match way {
                    Way::Direct => Connection::open(server).await,
                    Way::Negotiated => Connection::negotiate(server).await,
                };
                // Who is refused or kept waiting for too long tries again, as the clients do.
                match connection {
                    Err(_) if began.elapsed() < 3 * PATIENCE => sleep(RETRY).await,
                    result => return result,
                }
            }
        });
    }
    tasks.join_all().await.into_iter().collect()
}

pub(super) fn sample(case: &str, unit: Unit, value: f64) -> Sample {
    Sample {
        case: case.to_owned(),
        value,
        unit,
    }
}

/// The processor time of server and generator since it was made.
pub(super) struct Busy {
    processes: [Process; 2],
    before: [Duration; 2],
}

impl Busy {
    pub(super) fn new(server: Process) -> Result<Self> {
        let processes = [server, Process(std::process::id())];
        Ok(Self {
            processes,
            before: [processes[0].processor()?, processes[1].processor()?],
        })
    }

    pub(super) fn used(&self) -> Result<[Duration; 2]> {
        let used = |i: usize| -> Result<Duration> {
            Ok(self.processes[i]
                .processor()?
                .saturating_sub(self.before[i]))
        };
        Ok([used(0)?, used(1)?])
    }
}
