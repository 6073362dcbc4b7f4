//! Measurements, each a subcommand. `bench/README.md` tells how to repeat them and what they gave.

mod db;
mod measure;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Measures Tradepost on this machine")]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Point reads and durable order transactions per second, on both engines
    Db(db::Args),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Args::parse().what {
        What::Db(args) => db::run(&args).await,
    }
}
