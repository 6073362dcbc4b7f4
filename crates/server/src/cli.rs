//! The command line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::{backup, demo, operator, serve, telemetry};

/// An open webstore platform for game servers: sell ranks and items, and have the commands run on
/// your game servers at once, never lost and never doubled.
#[derive(Debug, Parser)]
#[command(name = "tradepost", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The configuration file (default: tradepost.toml in this folder, where it exists; for the agent
    /// agent.toml).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it: a demo store with packages, an owner, a key and a simulated game server.
    Demo(DemoArgs),
    /// Run the server.
    Serve,
    /// Bring the database to this version (serve does so by itself).
    Migrate,
    /// Check the configuration, the data folder and the database.
    Doctor,
    /// Copy the database and the master key into a new folder, also while the server runs.
    Backup {
        /// The folder, which must not exist yet.
        folder: PathBuf,
    },
    /// Bring a backup into the data folder, which must hold no database.
    Restore {
        /// The folder that `backup` made.
        folder: PathBuf,
    },
    /// Accounts of people who log in to the dashboard.
    #[command(subcommand)]
    User(UserCommand),
    /// Stores.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Keys of the Management API.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print the description of the Management API (OpenAPI 3.1).
    Openapi,
    /// Beside a game server: give it what players paid for, over RCON, its console or HTTP.
    #[command(subcommand)]
    Agent(tradepost_agent::Command),
}

/// What the demo can be told.
#[derive(Args, Clone, Debug)]
pub(crate) struct DemoArgs {
    /// Where to listen; port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where to keep everything (default: a temporary folder, removed at the end).
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Requests per minute and key of the Management API.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate_limit: u32,
    /// Print one line of JSON when ready; all else goes to standard error.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add an account. The password is read from standard input.
    Add {
        /// The address to log in with.
        #[arg(long)]
        email: String,
        /// What to call them.
        #[arg(long)]
        name: String,
    },
    /// Set a new password, read from standard input. Ends all sessions of the account.
    Password {
        /// The account.
        #[arg(long)]
        email: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Add a store.
    Add(StoreArgs),
    /// List the stores.
    List,
    /// Give a store a plan. Keys of the Management API need pro; they answer 403 without it, and work
    /// again once the store has it again.
    Plan {
        /// The store's subdomain.
        store: String,
        /// pro or free.
        plan: String,
        /// When pro lapses: a time such as 2027-01-31T18:00:00Z, or a date, which is its first moment in
        /// UTC (default: never).
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Allow checkouts made by the API to return to an origin such as https://shop.example.com.
    AllowOrigin {
        /// The store's subdomain.
        store: String,
        /// The origin.
        origin: String,
    },
}

/// What a new store needs.
#[derive(Args, Debug)]
pub(crate) struct StoreArgs {
    /// What players call it.
    #[arg(long)]
    pub(crate) name: String,
    /// Its name in web addresses, e.g. "lobby" for /s/lobby.
    #[arg(long)]
    pub(crate) subdomain: String,
    /// The address of its owner's account.
    #[arg(long)]
    pub(crate) owner: String,
    /// The currency of its prices.
    #[arg(long, default_value = "EUR")]
    pub(crate) currency: String,
    /// minecraft, steam or other: decides what a username looks like.
    #[arg(long, default_value = "minecraft")]
    pub(crate) game: String,
    /// One sentence for the first page.
    #[arg(long, default_value = "")]
    pub(crate) tagline: String,
    /// The accent colour.
    #[arg(long, default_value = tradepost_model::stores::DEFAULT_ACCENT)]
    pub(crate) accent: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key with all permissions, and print it once.
    Create {
        /// The store's subdomain.
        store: String,
        /// What to call it.
        #[arg(long)]
        name: String,
    },
    /// List a store's keys.
    List {
        /// The store's subdomain.
        store: String,
    },
    /// Revoke a key at once.
    Revoke {
        /// The store's subdomain.
        store: String,
        /// The key's id.
        id: String,
    },
}

/// What ends a command: a sentence for the operator.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs a command.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let load = || Config::load(cli.config.as_deref(), environment());
    match cli.command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve => serve_until_told(load()?).await,
        Command::Migrate => operator::migrate(&load()?).await,
        Command::Doctor => operator::doctor(&load()?).await,
        Command::Backup { folder } => backup::backup(&load()?, &folder).await,
        Command::Restore { folder } => backup::restore(&load()?, &folder),
        Command::User(command) => operator::user(&load()?, command).await,
        Command::Store(command) => operator::store(&load()?, command).await,
        Command::Key(command) => operator::key(&load()?, command).await,
        Command::Openapi => {
            println!("{:#}", tradepost_api::openapi());
            Ok(())
        }
        Command::Agent(command) => agent(command, cli.config.as_deref()).await,
    }
}

fn environment() -> std::env::Vars {
    #[expect(
        clippy::disallowed_methods,
        reason = "the configuration is the one reader of the environment"
    )]
    std::env::vars()
}

async fn agent(command: tradepost_agent::Command, file: Option<&Path>) -> Result<(), Failure> {
    let load = || tradepost_agent::load(file, environment());
    match command {
        tradepost_agent::Command::Init { folder } => {
            let path = tradepost_agent::init(&folder)?;
            println!(
                "Wrote {0}. Fill it in, then: tradepost agent check --config {0}",
                path.display()
            );
            Ok(())
        }
        tradepost_agent::Command::Check => {
            tradepost_agent::check(&load()?, &mut std::io::stdout()).await
        }
        tradepost_agent::Command::Run => {
            let config = load()?;
            telemetry::start_logs(config.log_level.word(), config.log_json);
            tradepost_agent::run(&config, end_signal()).await
        }
    }
}

async fn serve_until_told(config: Config) -> Result<(), Failure> {
    telemetry::start_logs(&config.log_level, config.log_json);
    let ready = serve::prepare(&config, telemetry::start_metrics()).await?;
    tracing::info!(
        "listening on {}, reached at {}",
        ready.address,
        ready.app.settings.public_url
    );
    ready.run(end_signal()).await;
    Ok(())
}

/// Completes when the process is told to stop: SIGTERM or Ctrl-C. Whoever tells somebody that it is ready
/// asks for this first: it counts from the call on.
pub(crate) fn end_signal() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    async move {
        let [terminate, interrupt] = heard.map(async |signal| match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(error = %error, "a signal cannot be listened for");
                std::future::pending().await
            }
        });
        tokio::select! {
            () = terminate => {}
            () = interrupt => {}
        }
    }
}
