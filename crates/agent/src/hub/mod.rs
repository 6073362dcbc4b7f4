//! The connection to the store: made, kept, and made again for ever.
//!
//! There are Rust clients for SignalR; this agent speaks the protocol itself since what matters here
//! is what such a client hides: which calls were answered before a connection ended, in which order
//! they leave, and how long to wait before the next try.

mod connection;
mod session;
mod wire;

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::clock::{jitter, random_id};
use crate::config::{Config, Preset};
use crate::message::{Command, Player, Report};
use crate::net::Tls;
pub(crate) use connection::{Connection, Refused, hub_url};
pub(crate) use session::greet;

/// What the store tells whoever runs commands.
#[derive(Debug)]
pub(crate) enum FromHub {
    /// There is a connection; what is sent here goes out on it, as long as it lives.
    Connected(UnboundedSender<ToHub>),
    Commands(Vec<Command>),
    /// The store has the results of these keys.
    Accepted(Vec<String>),
}

/// What the store is told.
#[derive(Debug)]
pub(crate) enum ToHub {
    /// A command was received.
    Ack(String),
    Result(Box<Report>),
    Joined(Player),
    Left(Player),
    /// Everybody who is online.
    Online(Vec<Player>),
}

/// Who this agent is.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) instance: String,
    pub(crate) platform: &'static str,
    pub(crate) online_mode: bool,
}

/// How a connection ended.
#[derive(Debug)]
pub(crate) enum End {
    /// As it was told to.
    Stopped,
    /// By accident, or since the store restarts.
    Lost(String),
    /// The store will say the same next time.
    Refused(String),
}

const FIRST_PAUSE: Duration = Duration::from_millis(400);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const REFUSED_PAUSE: Duration = Duration::from_secs(60);
/// A connection that lived so long had nothing to do with the trouble before it.
const SETTLED: Duration = Duration::from_secs(5);

impl Identity {
    /// Reads the instance's name from the data folder, or makes one.
    pub(crate) fn load(config: &Config) -> std::io::Result<Self> {
        Ok(Self {
            instance: instance_id(&config.data)?,
            platform: match config.game.game {
                Preset::Minecraft => "Minecraft",
                Preset::Other => "game",
            },
            online_mode: config.online_mode,
        })
    }
}

/// Keeps a connection until told to stop.
pub(crate) async fn keep(
    config: &Config,
    identity: &Identity,
    tls: &Tls,
    events: UnboundedSender<FromHub>,
    stop: CancellationToken,
) {
    let mut failures = 0;
    let mut told = String::new();
    loop {
        let begin = Instant::now();
        let mut welcomed = false;
        let end = attempt(config, identity, tls, &events, &stop, &mut welcomed).await;
        if welcomed {
            told.clear();
            failures = if begin.elapsed() >= SETTLED {
                0
            } else {
                failures.min(2)
            };
        }
        let pause = match &end {
            End::Stopped => return,
            End::Lost(_) => pause(failures),
            End::Refused(_) => REFUSED_PAUSE,
        };
        failures += 1;
        // A store that is away for long is no news every time.
        let (End::Lost(reason) | End::Refused(reason)) = &end else {
            return;
        };
        let seconds = pause.as_secs_f32();
        if *reason == told {
            tracing::debug!(
                wait_s = seconds,
                "still no connection to the store: {reason}"
            );
        } else if matches!(end, End::Refused(_)) {
            tracing::error!(wait_s = seconds, "the store refuses this agent: {reason}");
        } else {
            tracing::warn!(wait_s = seconds, "no connection to the store: {reason}");
        }
        told.clone_from(reason);
        tokio::select! {
            () = sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn attempt(
    config: &Config,
    identity: &Identity,
    tls: &Tls,
    events: &UnboundedSender<FromHub>,
    stop: &CancellationToken,
    welcomed: &mut bool,
) -> End {
    let opened = tokio::select! {
        opened = Connection::open(config, tls) => opened,
        () = stop.cancelled() => return End::Stopped,
    };
    let connection = match opened {
        Ok(connection) => connection,
        Err(Refused::Token(reason)) => return End::Refused(reason),
        Err(Refused::Other(reason)) => return End::Lost(reason),
    };
    session::run(connection, identity, events, stop, welcomed).await
}

fn pause(failures: u32) -> Duration {
    if failures == 0 {
        return jitter(FIRST_PAUSE);
    }
    let seconds = 1u64 << failures.min(6).saturating_sub(1);
    jitter(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

fn instance_id(data: &Path) -> std::io::Result<String> {
    let path = data.join("instance-id");
    match std::fs::read_to_string(&path) {
        Ok(id) if !id.trim().is_empty() => return Ok(id.trim().to_owned()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let id = random_id();
    let new = data.join("instance-id.new");
    std::fs::write(&new, &id)?;
    std::fs::File::open(&new)?.sync_all()?;
    std::fs::rename(&new, &path)?;
    crate::journal::sync_folder(data)?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_retry_is_quick_and_later_ones_take_up_to_half_a_minute() {
        assert!(pause(0) <= FIRST_PAUSE);
        for failures in 1..100 {
            let pause = pause(failures);
            assert!(pause >= Duration::from_millis(500) && pause <= LONGEST_PAUSE);
            assert!(failures < 6 || pause >= LONGEST_PAUSE / 2);
        }
    }

    #[test]
    fn an_instance_keeps_its_id() {
        let data = tempfile::tempdir().unwrap();
        let id = instance_id(data.path()).unwrap();
        assert_eq!(id.len(), 32);
        assert_eq!(instance_id(data.path()).unwrap(), id);
    }
}
