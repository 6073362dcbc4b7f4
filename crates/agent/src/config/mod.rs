//! Configuration: `agent.toml`, overridden by `TRADEPOST_AGENT_*`. Unknown keys are errors.

mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;

use regex::Regex;
use serde::Deserialize;
use url::Url;

use crate::verdict::Patterns;

/// The checked-in default file, which is the documentation of every key.
pub(crate) const DEFAULT: &str = include_str!("../../agent.toml");

/// Everything an owner can set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub(crate) store: Url,
    pub(crate) token: Secret,
    pub(crate) token_file: String,
    pub(crate) data: PathBuf,
    pub(crate) online_mode: bool,
    pub(crate) ca_file: String,
    /// How much to log.
    pub log_level: LogLevel,
    /// Whether to log as JSON.
    pub log_json: bool,
    pub(crate) game: GameSettings,
    pub(crate) rcon: RconSettings,
    pub(crate) console: ConsoleSettings,
    pub(crate) http: HttpSettings,
    pub(crate) players: PlayerSettings,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GameSettings {
    pub(crate) kind: Kind,
    pub(crate) game: Preset,
    #[serde(with = "read::patterns")]
    failure_patterns: Vec<Regex>,
    #[serde(with = "read::patterns")]
    away_patterns: Vec<Regex>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RconSettings {
    pub(crate) address: String,
    pub(crate) password: Secret,
    pub(crate) password_file: String,
    pub(crate) answer_seconds: u64,
    pub(crate) no_answer_means: NoAnswer,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsoleSettings {
    pub(crate) pipe: String,
    pub(crate) log: String,
    pub(crate) output_wait_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpSettings {
    pub(crate) url: String,
    pub(crate) bearer: Secret,
    pub(crate) bearer_file: String,
    pub(crate) answer_seconds: u64,
    pub(crate) obeys_keys: bool,
    pub(crate) retry_seconds: u64,
    pub(crate) players_url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlayerSettings {
    pub(crate) watch: bool,
    pub(crate) every_seconds: u64,
    list_command: String,
    #[serde(with = "read::pattern")]
    list_pattern: Option<Regex>,
    #[serde(with = "read::pattern")]
    join_pattern: Option<Regex>,
    #[serde(with = "read::pattern")]
    leave_pattern: Option<Regex>,
}

/// How commands reach the game.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Rcon,
    Console,
    Http,
}

/// What the agent knows of the game by itself.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Preset {
    Minecraft,
    Other,
}

/// What a game's silence means.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NoAnswer {
    Interrupted,
    Completed,
}

/// How much to log.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Only what somebody must act on.
    Error,
    /// And what is odd.
    Warn,
    /// And what happens.
    Info,
    /// And more than one wants to read.
    Debug,
}

/// A password or a token, which no log shows.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {path}: {cause}{hint}")]
    Unreadable {
        path: String,
        cause: std::io::Error,
        hint: &'static str,
    },
    #[error("{origin}: {reason}")]
    Invalid { origin: String, reason: String },
}

impl LogLevel {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

impl Config {
    /// How the game's answers are read.
    pub(crate) fn patterns(&self) -> Patterns {
        let mut patterns = match self.game.game {
            Preset::Minecraft => Patterns::minecraft(self.game.kind != Kind::Console),
            Preset::Other => Patterns::default(),
        };
        patterns
            .failure
            .extend(self.game.failure_patterns.iter().cloned());
        patterns
            .away
            .extend(self.game.away_patterns.iter().cloned());
        patterns
    }

    /// Whether the game itself runs a key once.
    pub(crate) fn obeys_keys(&self) -> bool {
        self.game.kind == Kind::Http && self.http.obeys_keys
    }

    /// The longest command that the game takes, in bytes.
    pub(crate) fn longest_command(&self) -> usize {
        match (self.game.kind, self.game.game) {
            // Minecraft reads at most 1460 bytes at once and hangs up on more; 14 are the packet's.
            (Kind::Rcon, Preset::Minecraft) => 1446,
            // A packet of the protocol has at most 4096 bytes after its length.
            (Kind::Rcon, Preset::Other) => 4086,
            // Up to 4096 bytes, with the line's end, reach a pipe all or not at all.
            (Kind::Console, _) => 4095,
            (Kind::Http, _) => usize::MAX,
        }
    }
}

/// How a game tells over RCON who is online.
#[derive(Clone, Debug)]
pub(crate) struct PlayerList {
    pub(crate) command: String,
    pub(crate) pattern: Regex,
}

/// How a log tells who comes and goes.
#[derive(Clone, Debug)]
pub(crate) struct ComingAndGoing {
    pub(crate) join: Regex,
    pub(crate) leave: Regex,
}

impl PlayerSettings {
    pub(crate) fn list(&self, preset: Preset) -> Option<PlayerList> {
        let known = (preset == Preset::Minecraft).then(|| PlayerList {
            command: "list".to_owned(),
            pattern: fixed(r"(?s)players online:\s*(?P<names>.*)$"),
        });
        let command = (!self.list_command.is_empty()).then(|| self.list_command.clone());
        let command = command.or_else(|| known.as_ref().map(|it| it.command.clone()))?;
        let pattern = self.list_pattern.clone();
        let pattern = pattern.or_else(|| known.map(|it| it.pattern))?;
        self.watch.then_some(PlayerList { command, pattern })
    }

    pub(crate) fn coming_and_going(&self, preset: Preset) -> Option<ComingAndGoing> {
        // What players write stands behind their name, so that it never begins like this.
        let line = |end: &str| fixed(&format!(r"^(?:\[[^\]]*\] ?)+: (?P<name>\S+) {end}$"));
        let known = (preset == Preset::Minecraft).then(|| ComingAndGoing {
            join: line("joined the game"),
            leave: line("left the game"),
        });
        let join = self.join_pattern.clone();
        let leave = self.leave_pattern.clone();
        let join = join.or_else(|| known.as_ref().map(|it| it.join.clone()))?;
        let leave = leave.or_else(|| known.map(|it| it.leave))?;
        self.watch.then_some(ComingAndGoing { join, leave })
    }
}

/// A pattern that stands in this program.
pub(crate) fn fixed(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is valid")
}
