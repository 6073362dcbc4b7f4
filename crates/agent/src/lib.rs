//! The game-server agent: runs beside a game server, is a plugin of the store (`docs/plugin-protocol.md`),
//! and gives the game the commands that its players paid for - over RCON, a console pipe or HTTP.
//!
//! A command comes in over the `hub`, waits on the `desk`, and is given to the `game` by the
//! `worker`, one at a time. In between stands the `journal`, which knows on the disk what was
//! begun and what came of it: that is what keeps a command from running twice and its result from
//! being lost, whenever the agent, the game, the store or the machine ends.

mod check;
mod clock;
mod config;
mod desk;
mod game;
mod hub;
mod init;
mod journal;
mod message;
mod net;
mod roster;
mod verdict;
mod worker;

use std::future::Future;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

pub use check::check;
pub use config::{Config, LogLevel};
pub use init::init;

use clock::unix_seconds;
use config::Kind;
use game::Game;
use hub::Identity;
use journal::{Journal, Limits};
use net::Tls;
use worker::Worker;

/// What the agent can be told to do.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Command {
    /// Write agent.toml, with every setting explained, for you to fill in.
    Init {
        /// The folder to write it to.
        #[arg(long, value_name = "DIR", default_value = ".")]
        folder: PathBuf,
    },
    /// Try everything the agent needs - settings, store, token, game - and say what is wrong.
    Check,
    /// Run: connect to the store and give the game what it sends, until told to stop.
    Run,
}

/// What ends the agent: a sentence for the owner.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The file that is read where none is named.
pub const DEFAULT_FILE: &str = "agent.toml";

/// Reads the configuration from a file, and what of it is set in the environment.
///
/// # Errors
/// What cannot be read or does not fit, in a sentence that names it.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, Failure> {
    let file = file.unwrap_or(Path::new(DEFAULT_FILE));
    Ok(Config::load(file, environment)?)
}

/// Runs the agent until `stopped` completes and what runs then is finished and reported.
///
/// # Errors
/// What keeps it from starting.
pub async fn run(config: &Config, stopped: impl Future<Output = ()>) -> Result<(), Failure> {
    let obeys_keys = config.obeys_keys();
    let journal = Journal::open(&config.data, obeys_keys, Limits::default(), unix_seconds())?;
    let identity = Identity::load(config).map_err(|cause| {
        let data = config.data.display();
        format!("cannot use the data folder {data}: {cause}")
    })?;
    let tls = Tls::new(&config.ca_file)?;
    let game = Game::new(config, &tls)?;
    say_what_cannot_be_seen(config, &game);

    let (events, heard) = unbounded_channel();
    let (stop, hang_up) = (CancellationToken::new(), CancellationToken::new());
    let worker = Worker::new(config, game, journal, heard, stop.clone());
    tokio::join!(
        async {
            stopped.await;
            tracing::info!("the agent is told to stop");
            stop.cancel();
        },
        async {
            worker.run().await;
            hang_up.cancel();
        },
        hub::keep(config, &identity, &tls, events, hang_up.clone()),
    );
    Ok(())
}

fn say_what_cannot_be_seen(config: &Config, game: &Game) {
    if config.game.kind != Kind::Http {
        tracing::info!(
            "free inventory slots cannot be seen this way: commands that ask for some are run at once"
        );
    }
    if !game.watches() {
        tracing::info!(
            "who is online is not watched: commands that need their player are run at once, and wait \
             only where the game's answer fits an away pattern"
        );
    }
}
