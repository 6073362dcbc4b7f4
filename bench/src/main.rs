//! Measurements, each a subcommand. `bench/README.md` tells how to repeat them and what they gave.

mod api;
mod db;
mod delivery;
mod measure;
mod signalr;

use clap::{Parser, Subcommand};
use tradepost_bench::soak;

#[derive(Parser)]
#[command(about = "Measures Tradepost on this machine")]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Requests of the Management API per second, with many orders in the store
    Api(api::Args),
    /// Point reads and durable order transactions per second, on both engines
    Db(db::Args),
    /// A SignalR server: memory, messages per second, latency, reconnect storms
    Signalr(signalr::Args),
    /// From an approved payment to the plugin, with many servers connected
    Delivery(delivery::Args),
    /// Purchases while servers and agents are killed: nothing may be lost or doubled
    Soak(soak::Args),
    /// What `api` is compared with
    #[command(hide = true)]
    Bare(api::bare::Args),
}

/// As the program has it, for what is compared with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Args::parse().what {
        What::Api(args) => api::run(&args).await.map_err(|error| error as _),
        What::Bare(args) => api::bare::run(&args).await.map_err(|error| error as _),
        What::Db(args) => db::run(&args).await,
        What::Signalr(args) => signalr::run(&args).await,
        What::Delivery(args) => delivery::run(&args).await.map_err(|error| error as _),
        What::Soak(args) => soak::run(&args)
            .await
            .map(|_| ())
            .map_err(|error| error as _),
    }
}
