//! What the worker knows, also while the game is busy: the store is listened to all the time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::clock::unix_seconds;
use crate::desk::Desk;
use crate::hub::FromHub;
use crate::journal::{Journal, Record, finished};
use crate::message::{Command, Outcome, Player, Report};
use crate::roster::Roster;

/// What is known while the game is busy as well.
pub(super) struct State {
    pub(super) desk: Desk,
    pub(super) roster: Roster,
    journal: Arc<Mutex<Journal>>,
    /// Results that are not on the disk yet.
    pub(super) unsaved: Vec<Report>,
    disk_failed: bool,
}

impl State {
    pub(super) fn new(journal: Journal, online_mode: bool) -> Self {
        Self {
            desk: Desk::default(),
            roster: Roster::new(online_mode),
            journal: Arc::new(Mutex::new(journal)),
            unsaved: Vec::new(),
            disk_failed: false,
        }
    }

    pub(super) fn hear(&mut self, event: FromHub) {
        match event {
            FromHub::Connected(hub) => {
                let unaccepted = self.journal.lock().unaccepted();
                self.desk.connected(hub, unaccepted);
                if let Some(players) = self.roster.all() {
                    self.desk.online(players);
                }
            }
            FromHub::Commands(commands) => {
                // What cannot be journaled is not acknowledged: the store sends it again.
                if self.disk_failed {
                    return;
                }
                for command in commands {
                    let known = self.journal.lock().look_up(&command);
                    self.desk.receive(command, known);
                }
            }
            FromHub::Accepted(keys) => self.accepted(keys),
        }
    }

    /// Listens to the store while something else goes on. Nothing comes of that where the agent is
    /// told to stop and it takes longer than one has patience for.
    pub(super) async fn listen<T>(
        &mut self,
        other: impl Future<Output = T>,
        events: &mut UnboundedReceiver<FromHub>,
        stop: &CancellationToken,
        patience: Duration,
    ) -> Option<T> {
        tokio::pin!(other);
        let mut end = None;
        loop {
            tokio::select! {
                biased;
                done = &mut other => return Some(done),
                Some(event) = events.recv() => self.hear(event),
                () = until(end) => return None,
                () = stop.cancelled(), if end.is_none() => {
                    end = Some(Instant::now() + patience);
                }
            }
        }
    }

    pub(super) fn ended(&mut self, command: &Command, outcome: Outcome) {
        let key = command.idempotency_key.clone();
        tracing::info!(
            key,
            duration_ms = outcome.duration_ms,
            "command {key}: {}",
            outcome.status.words()
        );
        self.unsaved.push(Report {
            key,
            id: command.id.clone(),
            attempt: command.attempt,
            outcome,
        });
    }

    /// Brings the results that wait for it to the disk, and the start of a command. Only then are
    /// they reported.
    pub(super) async fn save(&mut self, start: Option<Record>) -> bool {
        let mut records: Vec<_> = self.unsaved.iter().map(finished).collect();
        records.extend(start);
        let journal = self.journal.clone();
        // An fsync may take as long as the disk pleases.
        let committed = tokio::task::spawn_blocking(move || journal.lock().commit(records)).await;
        match committed.map_err(std::io::Error::other).flatten() {
            Ok(()) => {
                if std::mem::take(&mut self.disk_failed) {
                    tracing::info!("the journal can be written again");
                }
                self.desk.settled(std::mem::take(&mut self.unsaved));
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.disk_failed, true) {
                    tracing::error!(
                        "the journal cannot be written, so that no command runs: {error}"
                    );
                }
                false
            }
        }
    }

    pub(super) fn not_run(&mut self, key: String) {
        let noted = self.journal.lock().note(vec![Record::NotRun { key }]);
        if let Err(error) = noted {
            tracing::warn!(error = %error, "the journal could not be written");
        }
    }

    pub(super) fn accepted(&mut self, keys: Vec<String>) {
        // Where this is lost they are reported again, which does no harm.
        let noted = self.journal.lock().accept(keys, unix_seconds());
        if let Err(error) = noted {
            tracing::debug!(error = %error, "the journal could not be written");
        }
    }

    pub(super) fn has_unaccepted(&self) -> bool {
        !self.journal.lock().unaccepted().is_empty()
    }

    pub(super) fn seen(&mut self, players: Vec<Player>) {
        let changes = self.roster.replace(players);
        if changes.all {
            if let Some(players) = self.roster.all() {
                self.desk.online(players);
            }
            return;
        }
        for player in changes.left {
            self.desk.left(player);
        }
        for player in changes.joined {
            self.desk.joined(player);
        }
    }
}

/// Waits until a time, or for ever.
pub(super) async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
