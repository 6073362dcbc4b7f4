//! The Management API from socket to database: requests per second and how long they take, for a store
//! with many orders behind it, beside a bare handler that answers the same bytes over the same HTTP
//! library. The program is the real one, with the durability it has in production.

pub(crate) mod bare;
mod cases;
mod client;
mod engine;
mod fill;
mod names;
mod process;
mod shop;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tradepost_bench::store::{self, Failure};

use self::cases::Case;
use self::client::Asks;
use self::engine::Engine;
use self::process::Process;
use crate::db::disk;
use crate::measure::{Rate, median, rate};

/// What the measurement can be told.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// `sqlite`, or a PostgreSQL, e.g. postgres://test@127.0.0.1:5432/postgres, in which databases of its
    /// own are made; can be given several times
    #[arg(long, default_value = "sqlite")]
    engine: Vec<Engine>,
    /// How many orders the store has; can be given several times
    #[arg(long, default_value = "1000")]
    orders: Vec<u32>,
    /// How many connections ask at once; can be given several times
    #[arg(long, default_values_t = [1, 16, 64])]
    connections: Vec<u64>,
    /// Seconds that each case is measured in each round, after a quarter of that to warm up
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Rounds, of which the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Only the endpoints whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// The program to run
    #[arg(long, default_value = "target/release/tradepost")]
    program: PathBuf,
    /// Where the databases are made that are measured, on the disk to be measured
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Where filled stores are kept for the next run; a million orders need 1.5 GB
    #[arg(long)]
    cache: Option<PathBuf>,
}

/// Runs every case on every engine and prints a line of the table for each.
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    std::fs::create_dir_all(&args.folder)?;
    let folder = tempfile::tempdir_in(args.folder.canonicalize()?)?;
    let cache = args.cache.clone();
    let cache = cache.unwrap_or_else(|| std::env::temp_dir().join("tradepost-bench"));
    std::fs::create_dir_all(&cache)?;
    println!("Load generator and server share the processor. Medians of the rounds.\n");
    println!(
        "| endpoint | connections | orders | engine | requests/s | p50 | p99 | bare requests/s | ratio |"
    );
    println!("|---|---:|---:|---|---:|---:|---:|---:|---:|");
    let mut remarks = Vec::new();
    for engine in &args.engine {
        for orders in &args.orders {
            let place = folder.path().join(format!("{}-{orders}", engine.name()));
            std::fs::create_dir(&place)?;
            let database = engine.copy(*orders, &cache, &place).await?;
            let measured = measure(args, engine, *orders, &database.url, &place).await;
            database.remove().await?;
            remarks.extend(measured?);
        }
    }
    println!();
    for remark in remarks {
        println!("- {remark}");
    }
    Ok(())
}

/// Measures one store on one engine, and gives what is to be said of it below the table.
async fn measure(
    args: &Args,
    engine: &Engine,
    orders: u32,
    url: &str,
    place: &Path,
) -> Result<Vec<String>, Failure> {
    let engine = engine.name();
    let shop = shop::Shop::open(url, orders).await?;
    let cases: Vec<Case> = cases::all(&shop).into_iter().collect();
    let address = store::free_address()?;
    let config = store::configure(place, address, url)?;
    let arguments = ["--config".as_ref(), config.as_os_str(), "serve".as_ref()];
    let program = Process::start(&args.program, &arguments, address).await?;
    let mut remarks = vec![remark_on_disk(engine, orders, place)?];
    let mut sizes = Vec::new();
    for case in &cases {
        let body = case.asked_of(program.address).await?;
        sizes.push(format!("{} {} B", case.name, body.len()));
        std::fs::write(place.join(case.file()), &body)?;
    }
    remarks.push(format!(
        "{engine}, {orders} orders, bodies: {}",
        sizes.join(", ")
    ));
    let address = store::free_address()?;
    let listen = address.to_string();
    let arguments = [
        "bare".as_ref(),
        "--listen".as_ref(),
        listen.as_ref(),
        "--bodies".as_ref(),
        place.as_os_str(),
    ];
    let bare = Process::start(&std::env::current_exe()?, &arguments, address).await?;
    for case in cases.iter().filter(|case| case.name.contains(&args.only)) {
        for connections in &args.connections {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..args.rounds.max(1) {
                ours.push(round(args, case, &program, *connections).await);
                theirs.push(round(args, case, &bare, *connections).await);
            }
            let (ours, theirs) = (median(ours), median(theirs));
            println!(
                "| {} | {connections} | {orders} | {engine} | {:.0} | {} | {} | {:.0} | {:.3} |",
                case.name,
                ours.per_second,
                milliseconds(ours.p50),
                milliseconds(ours.p99),
                theirs.per_second,
                ours.per_second / theirs.per_second,
            );
        }
    }
    remarks.push(format!(
        "{engine}, {orders} orders: the program uses {:.0} MB at the end",
        program.memory()? / 1e6
    ));
    remarks.push(remark_on_disk(engine, orders, place)?);
    Ok(remarks)
}

async fn round(args: &Args, case: &Case, server: &Process, connections: u64) -> Rate {
    let time = Duration::from_secs_f64(args.seconds);
    let asks = Asks::new(server.address, case.requests.clone());
    rate(connections, time, asks).await
}

fn remark_on_disk(engine: &str, orders: u32, place: &Path) -> Result<String, Failure> {
    let path = place.join("disk");
    let sync = disk::sync(&path)?;
    std::fs::remove_file(path)?;
    Ok(format!(
        "{engine}, {orders} orders: fdatasync after a write of 4 kB: median {:.2?}, p99 {:.2?}",
        sync.median, sync.p99
    ))
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
