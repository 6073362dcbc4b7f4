//! The database layer: point reads and durable order transactions, beside what the disk can do.

mod baseline;
pub(crate) mod disk;
mod shop;

use std::{error::Error, path::PathBuf, time::Duration};

use tradepost_db::Options;

use crate::measure::{Rate, median, rate};

const CALLERS: [u64; 3] = [1, 16, 64];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A PostgreSQL to measure as well; a schema of its own is made in it
    #[arg(long)]
    postgres: Option<String>,
    /// Where the SQLite databases are made, on the disk to be measured
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Rounds, of which the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Only the cases whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Seconds that each case is measured in each round
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// The rounds of one case.
struct Case {
    name: String,
    rounds: Vec<Rate>,
}

pub(crate) async fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(&args.folder)?;
    let folder = tempfile::tempdir_in(args.folder.canonicalize()?)?;
    let time = Duration::from_secs(args.seconds);
    let mut databases = vec![("SQLite", shop::sqlite(folder.path()).await?)];
    if let Some(url) = &args.postgres {
        databases.push(("PostgreSQL", shop::open(url, options()).await?));
    }
    let disk = disk::sync(&folder.path().join("disk"))?;
    println!(
        "fdatasync after a write of 4 kB: median {:.2?}, p99 {:.2?}\n",
        disk.median, disk.p99
    );

    let mut cases = Vec::new();
    for round in 0..args.rounds {
        eprintln!("round {} of {}", round + 1, args.rounds);
        let mut at = 0;
        let mut keep = |name: String, rate: Rate| {
            match cases.get_mut(at) {
                None => cases.push(Case {
                    name,
                    rounds: vec![rate],
                }),
                Some(case) => case.rounds.push(rate),
            }
            at += 1;
        };
        for (engine, db) in &databases {
            for callers in CALLERS {
                let name = format!("{engine}, point reads, {callers} callers");
                if name.contains(&args.only) {
                    keep(name, rate(callers, time, shop::Reads(db.clone())).await);
                }
            }
            for callers in CALLERS {
                let name = format!("{engine}, orders, {callers} callers");
                if name.contains(&args.only) {
                    keep(name, rate(callers, time, shop::Orders(db.clone())).await);
                }
            }
        }
        let path = folder.path().join(format!("baseline{round}.db"));
        let plain = tokio::task::spawn_blocking(move || baseline::orders(&path, time)).await??;
        keep(
            "plain rusqlite loop, orders, a commit each".to_owned(),
            plain,
        );
    }
    report(cases);
    for (_, db) in databases {
        db.close().await;
    }
    Ok(())
}

fn options() -> Options {
    let schema = Some(format!("bench_{}", std::process::id()));
    Options {
        migrations: shop::MIGRATIONS,
        schema,
        ..Options::default()
    }
}

fn report(cases: Vec<Case>) {
    let cases: Vec<_> = cases
        .into_iter()
        .map(|case| (case.name, median(case.rounds)))
        .collect();
    println!("| case | per second | p99 |\n|---|---:|---:|");
    for (name, rate) in &cases {
        println!("| {name} | {:.0} | {:.2?} |", rate.per_second, rate.p99);
    }
    if let (Some((_, plain)), Some((_, grouped))) = (
        cases.last(),
        cases
            .iter()
            .find(|(name, _)| name == "SQLite, orders, 64 callers"),
    ) {
        let ratio = grouped.per_second / plain.per_second;
        println!("\nGroup commit, 64 callers, over a commit each: {ratio:.1} times");
    }
}
