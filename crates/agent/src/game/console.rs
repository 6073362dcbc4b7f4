//! A game's console: a pipe that takes lines, and a log that shows what came of them.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::time::Duration;

use tokio::net::unix::pipe;
use tokio::time::sleep;

use super::log_tail::LogTail;
use super::{Down, Ran, Seen};
use crate::config::{ComingAndGoing, ConsoleSettings};
use crate::message::Player;

pub(crate) struct Console {
    settings: ConsoleSettings,
    /// Kept open: a game that reads a pipe to its end may stop when its last writer goes.
    target: Option<File>,
    watch: Option<Watch>,
}

/// Who is online, from the beginning of the log on.
struct Watch {
    patterns: ComingAndGoing,
    log: LogTail,
    players: Vec<Player>,
}

impl Console {
    pub(super) fn new(settings: ConsoleSettings, patterns: Option<ComingAndGoing>) -> Self {
        let watch = patterns.filter(|_| !settings.log.is_empty());
        let watch = watch.map(|patterns| Watch {
            patterns,
            log: LogTail::from_start(&settings.log),
            players: Vec::new(),
        });
        Self {
            settings,
            target: None,
            watch,
        }
    }

    pub(super) fn watches(&self) -> bool {
        self.watch.is_some()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.target.is_some()
    }

    pub(super) fn ready(&mut self) -> Result<(), Down> {
        if self.target.is_none() {
            let pipe = &self.settings.pipe;
            let cannot = |cause: io::Error| Down::new(explain(pipe, &cause));
            self.target = Some(open(pipe).map_err(cannot)?);
        }
        Ok(())
    }

    pub(super) async fn run(&mut self, command: &str) -> Ran {
        let Some(target) = &mut self.target else {
            return Ran::NotSent("the pipe is not open".to_owned());
        };
        let log = (!self.settings.log.is_empty()).then(|| LogTail::from_end(&self.settings.log));
        let line = format!("{command}\n");
        // A line this short reaches a pipe all or not at all.
        match target.write(line.as_bytes()) {
            Ok(count) if count == line.len() => {}
            Ok(_) => {
                self.target = None;
                return Ran::Unknown("only half of the command was written".to_owned());
            }
            Err(cause) => {
                self.target = None;
                return Ran::NotSent(explain(&self.settings.pipe, &cause));
            }
        }
        let Some(mut log) = log else {
            return Ran::Answered(String::new());
        };
        sleep(Duration::from_millis(self.settings.output_wait_ms)).await;
        // The command has been given, whatever becomes of reading the log.
        let answer = log.read().map(|news| news.text).unwrap_or_default();
        Ran::Logged(answer)
    }

    pub(super) fn look(&mut self) -> Result<Seen, Down> {
        let Some(watch) = &mut self.watch else {
            return Ok(Seen::Nothing("no log is set".to_owned()));
        };
        match watch.look() {
            Ok(()) => Ok(Seen::Players(watch.players.clone())),
            Err(error) => Ok(Seen::Nothing(format!(
                "cannot read {}: {error}",
                self.settings.log
            ))),
        }
    }
}

impl Watch {
    fn look(&mut self) -> io::Result<()> {
        let news = self.log.read()?;
        if news.is_new_file {
            // The game was started again.
            self.players.clear();
        }
        for line in self.log.whole_lines(&news.text) {
            let found = |pattern: &regex::Regex| {
                let captures = pattern.captures(&line)?;
                let username = captures.name("name")?.as_str().to_owned();
                let uuid = captures.name("uuid").map(|it| it.as_str().to_owned());
                Some(Player { username, uuid })
            };
            if let Some(player) = found(&self.patterns.join) {
                self.players.retain(|it| it.username != player.username);
                self.players.push(player);
            } else if let Some(player) = found(&self.patterns.leave) {
                self.players.retain(|it| it.username != player.username);
            }
        }
        Ok(())
    }
}

/// A pipe is opened only while a game reads it, and is never waited for.
fn open(path: &str) -> io::Result<File> {
    if std::fs::metadata(path)?.file_type().is_fifo() {
        let sender = pipe::OpenOptions::new().open_sender(path)?;
        return sender.into_nonblocking_fd().map(File::from);
    }
    OpenOptions::new().append(true).open(path)
}

fn explain(path: &str, cause: &io::Error) -> String {
    /// What opening a pipe that nobody reads gives.
    const ENXIO: i32 = 6;
    match cause.kind() {
        io::ErrorKind::NotFound => {
            format!("there is no {path}; make the pipe with: mkfifo {path}")
        }
        io::ErrorKind::BrokenPipe => format!("no game reads {path}"),
        io::ErrorKind::WouldBlock => format!("{path} is full, the game does not read it"),
        _ if cause.raw_os_error() == Some(ENXIO) => format!("no game reads {path}"),
        _ => format!("cannot write to {path}: {cause}"),
    }
}
