//! From an approved payment to the plugin: a store with many connected servers, payments that are
//! approved at a steady pace, and how long each command takes from the gateway's notification to the
//! plugin's socket. The program is the real one, on SQLite with full durability.

mod history;
mod plugins;
mod shop;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use tradepost_bench::store::Failure;

use crate::db::disk;
use crate::measure::quantile;

/// What the measurement can be told.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// How many game servers are connected
    #[arg(long, default_value_t = 1000)]
    servers: usize,
    /// How many payments are approved per second
    #[arg(long, default_value_t = 500)]
    per_second: usize,
    /// For how many seconds, in each round
    #[arg(long, default_value_t = 10)]
    seconds: usize,
    /// How many rounds
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many finished commands the store has already
    #[arg(long, default_value_t = 0)]
    finished: usize,
    /// The program to run
    #[arg(long, default_value = "target/release/tradepost")]
    program: PathBuf,
    /// Where to put the data folder
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Runs the rounds and prints what they gave.
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let folder = match &args.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let shop = shop::Shop::make(args, folder.path()).await?;
    println!(
        "{} connected servers, {} approvals per second for {} s, {} finished commands before",
        args.servers, args.per_second, args.seconds, args.finished
    );
    let running = shop.start(&args.program).await?;
    let seen = plugins::connect(running.address, &shop.tokens).await?;
    for round in 1..=args.rounds {
        let sync = disk::sync(&folder.path().join(format!("sync-{round}")))?.median;
        let began = Instant::now();
        let payments = shop.payments(args.per_second * args.seconds).await?;
        let prepared = began.elapsed();
        let sent = shop::approve(running.address, &payments, args.per_second).await?;
        let mut times = seen.since(&sent).await;
        times.sort();
        let at = |percent| quantile(&times, percent);
        println!(
            "round {round}: {} of {} commands received; p50 {}, p90 {}, p99 {}, most {}; fdatasync {} \
             (p50 = {:.1} syncs + 1 ms); payments started at {:.0}/s before",
            times.len(),
            sent.len(),
            milliseconds(at(50)),
            milliseconds(at(90)),
            milliseconds(at(99)),
            milliseconds(at(100)),
            milliseconds(sync),
            (at(50).as_secs_f64() - 0.001).max(0.0) / sync.as_secs_f64(),
            payments.len() as f64 / prepared.as_secs_f64(),
        );
    }
    println!("memory of the program: {:.1} MB", running.memory()? / 1e6);
    Ok(())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
