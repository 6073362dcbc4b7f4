//! What is said on one connection, from the greeting on.
//!
//! Things go out in the order they were handed over: a player's join must not overtake the result
//! that says that a command waits for that player. The store works on one call after the other, so
//! that a few may be on their way at once.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::wire::{self, Incoming};
use super::{End, FromHub, Identity, ToHub};
use crate::message::{Player, Report};

const PING_PAUSE: Duration = Duration::from_secs(15);
/// A store that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);
/// A call without an answer for so long was lost.
const CALL_TIME: Duration = Duration::from_secs(20);
/// How long to wait until results that the store could not take are sent again.
const REFUSED_PAUSE: Duration = Duration::from_secs(5);
const CALLS_AT_ONCE: usize = 4;
const PLAYERS_PER_CALL: usize = 200;
const PER_CALL: usize = 100;
/// With its last result a call stays below the 256 KiB that the store takes.
const BYTES_PER_CALL: usize = 128 * 1024;

/// What the store answers to the greeting.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Welcome {
    #[serde(default)]
    pub(crate) server_name: String,
    #[serde(default)]
    pub(crate) store_name: String,
}

/// A call that is on its way.
struct Call {
    sent: Instant,
    /// The results that it carries.
    results: Vec<Report>,
}

struct Session<'a> {
    connection: Connection,
    events: &'a UnboundedSender<FromHub>,
    outgoing: UnboundedReceiver<ToHub>,
    calls: HashMap<String, Call>,
    next_id: u64,
    /// Results that the store could not take, and when they are sent again.
    refused: Vec<Report>,
    again: Option<Instant>,
    heard: Instant,
}

/// Greets, and passes on what either side says until the connection ends.
pub(super) async fn run(
    mut connection: Connection,
    identity: &Identity,
    events: &UnboundedSender<FromHub>,
    stop: &CancellationToken,
    welcomed: &mut bool,
) -> End {
    let (sender, outgoing) = unbounded_channel();
    // Commands may come before the answer to the greeting.
    events.send(FromHub::Connected(sender)).ok();
    let greeting = greet(&mut connection, identity, |commands| {
        events.send(FromHub::Commands(commands)).ok();
    });
    let greeting = tokio::select! {
        greeting = greeting => greeting,
        () = sleep_until(Instant::now() + CALL_TIME) => {
            Err(End::Lost("the greeting is not answered".to_owned()))
        }
        () = stop.cancelled() => Err(End::Stopped),
    };
    match greeting {
        Ok(welcome) => tracing::info!(
            "connected to {} as {}",
            welcome.store_name,
            welcome.server_name
        ),
        Err(end) => return end,
    }
    *welcomed = true;
    let mut session = Session {
        connection,
        events,
        outgoing,
        calls: HashMap::new(),
        next_id: 1,
        refused: Vec::new(),
        again: None,
        heard: Instant::now(),
    };
    match session.talk(stop).await {
        Err(end) => end,
        Ok(()) => {
            session.connection.close().await;
            End::Stopped
        }
    }
}

/// Says Hello and waits for the answer.
pub(crate) async fn greet(
    connection: &mut Connection,
    identity: &Identity,
    mut on_commands: impl FnMut(Vec<crate::message::Command>),
) -> Result<Welcome, End> {
    let hello = json!({
        "protocol": 1,
        "instanceId": identity.instance,
        "plugin": {"name": "tradepost-agent", "version": env!("CARGO_PKG_VERSION")},
        "platform": {"name": identity.platform, "version": ""},
        "onlineMode": identity.online_mode,
        "capabilities": [],
    });
    let call = wire::call("0", "Hello", &hello);
    connection.send(call).await.map_err(End::Lost)?;
    loop {
        match connection.next().await.map_err(End::Lost)? {
            Incoming::Answered { id, answer } if id == "0" => {
                let answer = answer.map_err(|error| End::Refused(plain(&error)))?;
                let welcome = serde_json::from_value(answer);
                return welcome.map_err(|error| End::Lost(error.to_string()));
            }
            Incoming::Commands(commands) => on_commands(commands),
            Incoming::Closing { error, come_back } => return Err(closed(error, come_back)),
            Incoming::Answered { .. } | Incoming::Other => {}
        }
    }
}

impl Session<'_> {
    async fn talk(&mut self, stop: &CancellationToken) -> Result<(), End> {
        let mut pings = interval_at(Instant::now(), PING_PAUSE);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        loop {
            let deadline = self.deadline();
            let may_call = self.calls.len() < CALLS_AT_ONCE && self.again.is_none();
            tokio::select! {
                incoming = self.connection.next() => {
                    self.heard = Instant::now();
                    self.hear(incoming.map_err(End::Lost)?)?;
                }
                count = self.outgoing.recv_many(&mut batch, PER_CALL), if may_call => {
                    if count == 0 {
                        return Ok(());
                    }
                    let records = self.calls(std::mem::take(&mut batch));
                    self.connection.send(records).await.map_err(End::Lost)?;
                }
                _ = pings.tick() => {
                    let ping = wire::PING.to_owned();
                    self.connection.send(ping).await.map_err(End::Lost)?;
                }
                () = sleep_until(deadline) => self.overdue().await?,
                () = stop.cancelled() => return Ok(()),
            }
        }
    }

    fn deadline(&self) -> Instant {
        let calls = self.calls.values().map(|call| call.sent + CALL_TIME);
        let silence = self.heard + SILENCE;
        calls.chain(self.again).fold(silence, Instant::min)
    }

    async fn overdue(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.heard + SILENCE <= now {
            return Err(End::Lost("the store has gone silent".to_owned()));
        }
        if self.calls.values().any(|call| call.sent + CALL_TIME <= now) {
            return Err(End::Lost("the store does not answer a call".to_owned()));
        }
        if self.again.is_some_and(|again| again <= now) {
            self.again = None;
            let refused = std::mem::take(&mut self.refused).into_iter();
            let refused = refused.map(|report| ToHub::Result(Box::new(report)));
            let records = self.calls(refused.collect());
            self.connection.send(records).await.map_err(End::Lost)?;
        }
        Ok(())
    }

    fn hear(&mut self, incoming: Incoming) -> Result<(), End> {
        match incoming {
            Incoming::Commands(commands) => {
                self.events.send(FromHub::Commands(commands)).ok();
            }
            Incoming::Answered { id, answer } => {
                let Some(call) = self.calls.remove(&id) else {
                    return Ok(());
                };
                self.answered(call, answer);
            }
            Incoming::Closing { error, come_back } => return Err(closed(error, come_back)),
            Incoming::Other => {}
        }
        Ok(())
    }

    fn answered(&mut self, call: Call, answer: Result<Value, String>) {
        match answer {
            // Results that were ignored are unknown to the store, or too late: it wants no more.
            Ok(_) if call.results.is_empty() => {}
            Ok(_) => {
                let keys = call.results.into_iter().map(|report| report.key);
                self.events.send(FromHub::Accepted(keys.collect())).ok();
            }
            Err(error) => {
                tracing::warn!(
                    "the store could not take what it was told: {}",
                    plain(&error)
                );
                if !call.results.is_empty() {
                    self.refused.extend(call.results);
                    self.again = Some(Instant::now() + REFUSED_PAUSE);
                }
            }
        }
    }

    /// The calls that say all this, in this order.
    fn calls(&mut self, batch: Vec<ToHub>) -> String {
        let mut records = String::new();
        let mut acks = Vec::new();
        let mut results = Vec::new();
        let mut bytes = 0;
        for item in batch {
            match item {
                // What was received may be said early.
                ToHub::Ack(id) => acks.push(id),
                ToHub::Result(report) => {
                    bytes += size(&report);
                    results.push(*report);
                    if bytes >= BYTES_PER_CALL || results.len() == PER_CALL {
                        self.report(&mut records, std::mem::take(&mut results));
                        bytes = 0;
                    }
                }
                ToHub::Joined(player) => {
                    self.report(&mut records, std::mem::take(&mut results));
                    self.call(&mut records, "PlayerJoined", &player);
                }
                ToHub::Left(player) => {
                    self.report(&mut records, std::mem::take(&mut results));
                    self.call(&mut records, "PlayerLeft", &player);
                }
                ToHub::Online(players) => {
                    self.report(&mut records, std::mem::take(&mut results));
                    self.online(&mut records, &players);
                }
            }
        }
        if !acks.is_empty() {
            self.call(&mut records, "AckCommands", &json!({ "ids": acks }));
        }
        self.report(&mut records, results);
        records
    }

    fn online(&mut self, records: &mut String, players: &[Player]) {
        let mut pieces: Vec<_> = players.chunks(PLAYERS_PER_CALL).collect();
        if pieces.is_empty() {
            pieces.push(&[]);
        }
        let last = pieces.len() - 1;
        for (n, piece) in pieces.into_iter().enumerate() {
            let argument = if n == last {
                json!({ "players": piece })
            } else {
                json!({ "players": piece, "more": true })
            };
            self.call(records, "PlayersOnline", &argument);
        }
    }

    fn report(&mut self, records: &mut String, results: Vec<Report>) {
        if results.is_empty() {
            return;
        }
        let id = self.call(records, "ReportResults", &json!({ "results": results }));
        if let Some(call) = self.calls.get_mut(&id) {
            call.results = results;
        }
    }

    fn call<T: Serialize>(&mut self, records: &mut String, method: &str, argument: &T) -> String {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let call = Call {
            sent: Instant::now(),
            results: Vec::new(),
        };
        self.calls.insert(id.clone(), call);
        let written = write!(records, "{}", wire::call(&id, method, argument));
        written.expect("a text takes what is written to it");
        id
    }
}

/// About how many bytes a result takes, at worst.
fn size(report: &Report) -> usize {
    let texts = [&report.outcome.output, &report.outcome.error];
    // A character may be written as six.
    200 + texts
        .into_iter()
        .flatten()
        .map(|it| it.len() * 6)
        .sum::<usize>()
}

fn closed(error: Option<String>, come_back: bool) -> End {
    match error {
        Some(error) if !come_back => End::Refused(plain(&error)),
        Some(error) => End::Lost(plain(&error)),
        None if come_back => End::Lost("the store restarts".to_owned()),
        None => End::Lost("the store closed the connection".to_owned()),
    }
}

/// What a store means by an error, without what SignalR says around it.
fn plain(error: &str) -> String {
    let text = error.split_once("HubException: ");
    text.map_or(error, |(_, text)| text).to_owned()
}
