//! Runs commands: in the order they came, one at a time, each of them after the journal knows.
//!
//! The journal's two writes of a command share their fsync with those of its neighbours: the result
//! of one goes to the disk together with the start of the next.

mod state;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::game::{Down, Game, Ran, Seen};
use crate::hub::FromHub;
use crate::journal::{Journal, started};
use crate::message::{Outcome, Status};
use crate::verdict::{Patterns, refusal};
use state::{State, until};

const DOWN_PAUSE: Duration = Duration::from_secs(1);
const SLOW_PAUSE: Duration = Duration::from_secs(60);
const DISK_PAUSE: Duration = Duration::from_secs(1);
/// How long the command that runs may take when the agent is told to stop.
const LAST_COMMAND: Duration = Duration::from_secs(10);
/// How long the store may take for the last results.
const LAST_RESULTS: Duration = Duration::from_secs(3);
/// Results that need no start are kept back for one fsync, up to so many.
const TOGETHER: usize = 100;

pub(crate) struct Worker {
    game: Game,
    state: State,
    events: UnboundedReceiver<FromHub>,
    stop: CancellationToken,
    patterns: Patterns,
    longest: usize,
    obeys_keys: bool,
    look_every: Duration,
    next_look: Option<Instant>,
    /// Why the game is down, and when it is tried again.
    down: Option<(String, Instant)>,
    /// Why nobody knows who is online.
    blind: Option<String>,
}

/// What is to be done with the first command.
enum Next {
    Nothing,
    /// It has a result already.
    Answer(Outcome),
    Run,
}

impl Worker {
    pub(crate) fn new(
        config: &Config,
        game: Game,
        journal: Journal,
        events: UnboundedReceiver<FromHub>,
        stop: CancellationToken,
    ) -> Self {
        let watches = game.watches();
        Self {
            game,
            state: State::new(journal, config.online_mode),
            events,
            stop,
            patterns: config.patterns(),
            longest: config.longest_command(),
            obeys_keys: config.obeys_keys(),
            look_every: Duration::from_secs(config.players.every_seconds),
            next_look: watches.then(Instant::now),
            down: None,
            blind: None,
        }
    }

    /// Works until told to stop; what runs then is finished and reported.
    pub(crate) async fn run(mut self) {
        while !self.stop.is_cancelled() {
            while let Ok(event) = self.events.try_recv() {
                self.state.hear(event);
            }
            let now = Instant::now();
            let is_down = self.down.as_ref().is_some_and(|(_, until)| *until > now);
            if !is_down && self.next_look.is_some_and(|at| at <= now) {
                // A player who is seen now must be told of after the commands that wait for one.
                if self.state.unsaved.is_empty() {
                    self.look().await;
                } else {
                    self.save().await;
                }
                continue;
            }
            match self.next() {
                Next::Answer(outcome) => self.answer(outcome).await,
                Next::Run if !is_down => self.run_first().await,
                Next::Run | Next::Nothing if !self.state.unsaved.is_empty() => {
                    self.save().await;
                }
                Next::Run | Next::Nothing => self.wait().await,
            }
        }
        self.finish().await;
    }

    /// Waits until there may be something to do.
    async fn wait(&mut self) {
        let retry = self.down.as_ref().map(|(_, until)| *until);
        let look = self.next_look;
        // While the game is down nobody can be looked for.
        let wake = match (retry.filter(|at| *at > Instant::now()), look) {
            (Some(retry), _) => Some(retry),
            (None, look) => look,
        };
        tokio::select! {
            Some(event) = self.events.recv() => self.state.hear(event),
            () = until(wake) => {}
            () = self.stop.cancelled() => {}
        }
    }

    fn next(&self) -> Next {
        let Some(command) = self.state.desk.first() else {
            return Next::Nothing;
        };
        if let Some(outcome) = refusal(command, self.longest) {
            return Next::Answer(outcome);
        }
        if command.require_online && self.state.roster.is_online(&command.player) == Some(false) {
            return Next::Answer(Outcome::new(Status::AwaitingPlayer));
        }
        Next::Run
    }

    /// Ends the first command without running it.
    async fn answer(&mut self, outcome: Outcome) {
        if let Some(command) = self.state.desk.take_first() {
            self.state.ended(&command, outcome);
        }
        if self.state.unsaved.len() >= TOGETHER {
            self.save().await;
        }
    }

    async fn save(&mut self) {
        if !self.state.save(None).await {
            self.pause(DISK_PAUSE).await;
        }
    }

    async fn run_first(&mut self) {
        if !self.game.is_ready() {
            // Getting ready may take long; what is done is told first.
            if !self.state.unsaved.is_empty() {
                return self.save().await;
            }
            match self.meanwhile_ready().await {
                None => return,
                Some(Err(down)) => return self.went_down(down),
                Some(Ok(())) => {}
            }
            // Meanwhile another may have become the first.
            if !matches!(self.next(), Next::Run) {
                return;
            }
        }
        let Some(command) = self.state.desk.take_first() else {
            return;
        };
        let key = command.idempotency_key.clone();
        if !self
            .state
            .save(Some(started(&command, self.obeys_keys)))
            .await
        {
            self.state.desk.put_back(command);
            return self.pause(DISK_PAUSE).await;
        }
        let begin = Instant::now();
        let run = self.game.run(&command);
        let (events, stop) = (&mut self.events, &self.stop);
        let ran = self.state.listen(run, events, stop, LAST_COMMAND).await;
        let outcome = match ran {
            Some(Ran::Answered(answer)) => self.patterns.judge(&answer),
            Some(Ran::Logged(log)) => self.patterns.judge_log(&log, command.require_online),
            Some(Ran::Ended(outcome)) => outcome,
            Some(Ran::Unknown(reason)) => Outcome::interrupted(&reason),
            Some(Ran::NotSent(reason)) => {
                self.state.not_run(key);
                self.state.desk.put_back(command);
                return self.went_down(Down::new(reason));
            }
            // The game will be given the key again.
            None if self.obeys_keys => return,
            None => Outcome::interrupted("the agent was stopped while this command ran"),
        };
        self.came_back();
        let took = u64::try_from(begin.elapsed().as_millis()).ok();
        if outcome.status == Status::AwaitingPlayer {
            self.state.roster.doubt(&command.player, Instant::now());
        }
        let outcome = Outcome {
            duration_ms: took,
            ..outcome
        };
        self.state.ended(&command, outcome);
    }

    async fn meanwhile_ready(&mut self) -> Option<Result<(), Down>> {
        let ready = self.game.ready();
        let (events, stop) = (&mut self.events, &self.stop);
        self.state.listen(ready, events, stop, Duration::ZERO).await
    }

    async fn look(&mut self) {
        let look = self.game.look();
        let (events, stop) = (&mut self.events, &self.stop);
        let seen = self.state.listen(look, events, stop, Duration::ZERO).await;
        let Some(seen) = seen else {
            return;
        };
        self.next_look = Some(Instant::now() + self.look_every);
        let reaches_it = self.game.look_reaches_it();
        let players = match seen {
            Err(down) if reaches_it => return self.went_down(down),
            Err(down) => Err(down.reason),
            Ok(Seen::Nothing(reason)) => Err(reason),
            Ok(Seen::Players(players)) => Ok(players),
        };
        if reaches_it {
            self.came_back();
        }
        match players {
            Ok(players) => {
                self.blind = None;
                self.state.seen(players);
            }
            Err(reason) => {
                self.state.roster.forget();
                if self.blind.as_ref() != Some(&reason) {
                    tracing::warn!("nobody knows who is online: {reason}");
                    self.blind = Some(reason);
                }
            }
        }
    }

    fn went_down(&mut self, down: Down) {
        let pause = if down.slow { SLOW_PAUSE } else { DOWN_PAUSE };
        let known = self.down.as_ref().map(|(reason, _)| reason);
        if known != Some(&down.reason) {
            tracing::warn!("commands wait for the game: {}", down.reason);
        }
        self.down = Some((down.reason, Instant::now() + pause));
        if self.game.look_reaches_it() {
            self.state.roster.forget();
            // The first thing to know when it is back.
            self.next_look = self.next_look.map(|_| Instant::now());
        }
    }

    fn came_back(&mut self) {
        if self.down.take().is_some() {
            tracing::info!("the game is back");
        }
    }

    /// Lets some time pass, in which the store is listened to.
    async fn pause(&mut self, pause: Duration) {
        let (events, stop) = (&mut self.events, &self.stop);
        self.state
            .listen(sleep(pause), events, stop, Duration::ZERO)
            .await;
    }

    /// Saves and reports what is done.
    async fn finish(mut self) {
        let end = Instant::now() + LAST_RESULTS;
        if !self.state.unsaved.is_empty() && !self.state.save(None).await {
            return;
        }
        while self.state.desk.is_connected() && self.state.has_unaccepted() {
            match timeout_at(end, self.events.recv()).await {
                Ok(Some(FromHub::Accepted(keys))) => self.state.accepted(keys),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }
}
