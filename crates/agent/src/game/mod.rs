//! The ways to a game.
//!
//! Every one of them separates getting ready, of which nothing reaches the game, from giving the
//! command. The journal is written in between, so that a command whose game is down is not one that
//! nobody knows the end of.

mod console;
mod http;
mod log_tail;
mod packet;
mod rcon;

use crate::config::{Config, Kind};
use crate::message::{Command, Outcome, Player};
use crate::net::Tls;
use console::Console;
use http::Http;
use rcon::Rcon;

/// What came of giving a command to the game.
#[derive(Debug, PartialEq)]
pub(crate) enum Ran {
    /// The game answered with a text, which says what happened.
    Answered(String),
    /// The game's log said this meanwhile, to this command or to somebody else's.
    Logged(String),
    /// The game said what happened.
    Ended(Outcome),
    /// Nothing of it has left, for this reason: it can be given again.
    NotSent(String),
    /// It may have run and may not, for this reason.
    Unknown(String),
}

/// Why the game cannot be given a command now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Down {
    pub(crate) reason: String,
    /// Trying again soon would only make it worse.
    pub(crate) slow: bool,
}

impl Down {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            slow: false,
        }
    }
}

/// Who is online.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    Players(Vec<Player>),
    /// The game is there and does not tell, for this reason.
    Nothing(String),
}

pub(crate) enum Game {
    Rcon(Rcon),
    Console(Console),
    Http(Box<Http>),
}

impl Game {
    pub(crate) fn new(config: &Config, tls: &Tls) -> Result<Self, String> {
        Ok(match config.game.kind {
            Kind::Rcon => Self::Rcon(Rcon::new(
                config.rcon.clone(),
                config.players.list(config.game.game),
            )),
            Kind::Console => Self::Console(Console::new(
                config.console.clone(),
                config.players.coming_and_going(config.game.game),
            )),
            Kind::Http => Self::Http(Box::new(Http::new(
                config.http.clone(),
                config.players.watch,
                tls.clone(),
            )?)),
        })
    }

    /// Whether it sees who is online.
    pub(crate) fn watches(&self) -> bool {
        match self {
            Self::Rcon(rcon) => rcon.watches(),
            Self::Console(console) => console.watches(),
            Self::Http(http) => http.watches(),
        }
    }

    /// Whether looking who is online shows that it takes commands.
    pub(crate) fn look_reaches_it(&self) -> bool {
        matches!(self, Self::Rcon(_))
    }

    /// Whether it can be given a command at once, as far as one can see.
    pub(crate) fn is_ready(&mut self) -> bool {
        match self {
            Self::Rcon(rcon) => rcon.is_ready(),
            Self::Console(console) => console.is_ready(),
            Self::Http(http) => http.is_ready(),
        }
    }

    /// Gets ready to be given a command.
    pub(crate) async fn ready(&mut self) -> Result<(), Down> {
        match self {
            Self::Rcon(rcon) => rcon.ready().await,
            Self::Console(console) => console.ready(),
            Self::Http(http) => http.ready().await,
        }
    }

    /// Gives it a command. It must be ready.
    pub(crate) async fn run(&mut self, command: &Command) -> Ran {
        match self {
            Self::Rcon(rcon) => rcon.run(&command.command).await,
            Self::Console(console) => console.run(&command.command).await,
            Self::Http(http) => http.run(command).await,
        }
    }

    /// Looks who is online.
    pub(crate) async fn look(&mut self) -> Result<Seen, Down> {
        match self {
            Self::Rcon(rcon) => rcon.look().await,
            Self::Console(console) => console.look(),
            Self::Http(http) => http.look().await,
        }
    }
}
