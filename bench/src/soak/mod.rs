//! The soak: purchases while everything is killed. Servers and agents get SIGKILL at random moments
//! and come back, connections are cut, and what agents say is swallowed for a while. Two kinds of
//! fake games count what they run: one obeys keys (HTTP), one cannot (RCON).
//!
//! In the end every command has run exactly once where the game obeys keys. Where it cannot, none has
//! run twice, every completed one ran, and only the ones that were under way when their agent was
//! killed may be left, reported as interrupted.

mod chaos;
mod game;
mod process;
mod shopper;
mod verdict;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;

pub use verdict::Counts;

/// Any failure of the soak itself.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the soak can be told.
#[derive(ClapArgs, Clone, Debug)]
pub struct Args {
    /// How many commands are bought
    #[arg(long, default_value_t = 100_000)]
    pub commands: usize,
    /// How many commands are bought per second, over which the killing goes on
    #[arg(long, default_value_t = 400)]
    pub per_second: usize,
    /// How many game servers there are; half obey keys
    #[arg(long, default_value_t = 4)]
    pub games: usize,
    /// PostgreSQL to run two server nodes on, e.g. postgres://test@127.0.0.1:5432/postgres; without it
    /// one node runs on SQLite
    #[arg(long)]
    pub postgres: Option<String>,
    /// The program to run
    #[arg(long, default_value = "target/release/tradepost")]
    pub program: PathBuf,
    /// Where chance starts
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// How many commands one purchase has.
pub(crate) const PER_ORDER: usize = 5;
/// How long the last commands may take once nothing is killed any more.
const DRAIN: Duration = Duration::from_secs(180);

/// Runs the soak and prints what it counted. Errors: something was lost or doubled, or it did not
/// run at all.
pub async fn run(args: &Args) -> Result<Counts, Failure> {
    let world = world::World::make(args).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let chaos = tokio::spawn(chaos::run(world.clone(), args.seed, stop.clone()));

    let began = Instant::now();
    let bought = shopper::buy(&world, args).await?;
    stop.store(true, Ordering::Relaxed);
    let kills = chaos.await??;
    let bought_in = began.elapsed();
    println!(
        "{} purchases answered in {:.0} s; killed {} agents (where the game has no keys: {}) and {} servers, \
         cut all connections {} times, swallowed what agents said {} times",
        bought.len(),
        bought_in.as_secs_f64(),
        kills.agents,
        kills.keyless_agents,
        kills.servers,
        kills.cuts,
        kills.swallows,
    );
    let drained = world.drain(DRAIN).await?;
    println!(
        "the last command ended {:.1} s later",
        drained.as_secs_f64()
    );
    world.stop().await?;
    let counts = verdict::judge(&world, &bought, &kills).await?;
    println!("{counts}");
    counts.check()?;
    Ok(counts)
}
