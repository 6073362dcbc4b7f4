//! Callers that do the same thing over and over, and how often they manage.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

/// What one round gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Operations per second of all callers together.
    pub(crate) per_second: f64,
    /// The time that one operation in two exceeds.
    pub(crate) p50: Duration,
    /// The time that one operation in a hundred exceeds.
    pub(crate) p99: Duration,
}

const WARM_UP: u8 = 0;
const MEASURE: u8 = 1;
const STOP: u8 = 2;

/// Lets `callers` repeat `operation` for some seconds, after a quarter of that to warm up.
pub(crate) async fn rate(callers: u64, time: Duration, operation: impl Caller) -> Rate {
    let phase = Arc::new(AtomicU8::new(WARM_UP));
    let mut tasks = JoinSet::new();
    for seed in 1..=callers {
        tasks.spawn(operation.clone().repeat(Chance::new(seed), phase.clone()));
    }
    tokio::time::sleep(time / 4).await;
    phase.store(MEASURE, Relaxed);
    let began = Instant::now();
    tokio::time::sleep(time).await;
    phase.store(STOP, Relaxed);
    let took = began.elapsed();
    let mut times: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    let count = u32::try_from(times.len()).expect("fewer operations than that");
    Rate {
        per_second: f64::from(count) / took.as_secs_f64(),
        p50: quantile(&times, 50),
        p99: quantile(&times, 99),
    }
}

/// The median round.
pub(crate) fn median(mut rounds: Vec<Rate>) -> Rate {
    rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    rounds[rounds.len() / 2]
}

/// The value that `percent` of the sorted values do not exceed.
pub(crate) fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    let i = sorted.len() * percent / 100;
    sorted.get(i).or(sorted.last()).copied().unwrap_or_default()
}

/// Something that can be done over and over.
pub(crate) trait Caller: Clone + Send + Sync + 'static {
    /// Does it once.
    fn once(&mut self, chance: &mut Chance) -> impl Future<Output = ()> + Send;

    /// Does it until told to stop and gives the times it took while measuring.
    fn repeat(
        mut self,
        mut chance: Chance,
        phase: Arc<AtomicU8>,
    ) -> impl Future<Output = Vec<Duration>> + Send {
        async move {
            let mut times = Vec::with_capacity(1 << 16);
            loop {
                let began = Instant::now();
                self.once(&mut chance).await;
                match phase.load(Relaxed) {
                    WARM_UP => {}
                    MEASURE => times.push(began.elapsed()),
                    _ => return times,
                }
            }
        }
    }
}

/// Numbers without a pattern, the same in every run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
