//! Which commands there are to run, and what has come of the others.
//!
//! A command that comes in is new, or it is here already, or the journal knows its result. Nothing
//! here waits; the [worker](crate::worker) does that.

use std::collections::{HashMap, VecDeque};

use tokio::sync::mpsc::UnboundedSender;

use crate::hub::ToHub;
use crate::journal::Known;
use crate::message::{Command, Outcome, Player, Report};

/// With so many commands at hand no more are acknowledged, so that the store keeps the rest.
const FULL: usize = 2000;

#[derive(Default)]
pub(crate) struct Desk {
    queue: VecDeque<Command>,
    /// The commands that are queued, running, or have a result that is not in the journal yet, with
    /// the highest attempt of each.
    held: HashMap<String, u32>,
    /// Received commands whose acknowledgement waits for room.
    unacked: Vec<String>,
    hub: Option<UnboundedSender<ToHub>>,
}

impl Desk {
    /// Takes over a new connection, and tells it what the store does not know.
    pub(crate) fn connected(&mut self, hub: UnboundedSender<ToHub>, unaccepted: Vec<Report>) {
        self.hub = Some(hub);
        // The store sends them again.
        self.unacked.clear();
        for report in unaccepted {
            self.report(report);
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.hub.as_ref().is_some_and(|hub| !hub.is_closed())
    }

    /// Takes a command that came in. `known` is what the journal says of it.
    pub(crate) fn receive(&mut self, command: Command, known: Option<Known>) {
        if !self.unacked.contains(&command.id) {
            self.unacked.push(command.id.clone());
        }
        let held = self.held.get(&command.id).copied();
        match known {
            Some(Known::Finished(report)) => {
                tracing::info!(
                    key = report.key,
                    "command {} came again and is answered from the journal",
                    report.key
                );
                self.report(report);
            }
            // One that was started and is not here was running when the agent died, and belongs to a
            // game that obeys keys.
            Some(Known::Started { .. }) | None if held < Some(command.attempt) => {
                if held.is_some() {
                    // The store has given the earlier attempt up: it must not run as well.
                    self.queue.retain(|it| it.id != command.id);
                }
                self.held.insert(command.id.clone(), command.attempt);
                self.queue.push_back(command);
            }
            Some(Known::Started { .. }) | None if held == Some(command.attempt) => {}
            // A store that went on to the later attempt does not count this answer.
            Some(Known::Overtaken | Known::Started { .. }) | None => self.report(Report {
                key: command.idempotency_key,
                id: command.id,
                attempt: command.attempt,
                outcome: Outcome::interrupted("a later attempt of this command came before it"),
            }),
        }
        self.acknowledge();
    }

    /// Acknowledges what was received, as long as there is room for more.
    fn acknowledge(&mut self) {
        if self.queue.len() < FULL {
            for id in std::mem::take(&mut self.unacked) {
                self.tell(ToHub::Ack(id));
            }
        }
    }

    pub(crate) fn first(&self) -> Option<&Command> {
        self.queue.front()
    }

    /// Takes the first command away. It stays held until [`settled`](Self::settled).
    pub(crate) fn take_first(&mut self) -> Option<Command> {
        let command = self.queue.pop_front();
        self.acknowledge();
        command
    }

    /// Puts a command back that has not run after all, unless a later attempt of it came meanwhile.
    pub(crate) fn put_back(&mut self, command: Command) {
        if self.held.get(&command.id) == Some(&command.attempt) {
            self.queue.push_front(command);
        }
    }

    /// The journal has these results: they are reported.
    pub(crate) fn settled(&mut self, reports: Vec<Report>) {
        for report in reports {
            if self.held.get(&report.id) == Some(&report.attempt) {
                self.held.remove(&report.id);
            }
            self.report(report);
        }
    }

    pub(crate) fn joined(&mut self, player: Player) {
        self.tell(ToHub::Joined(player));
    }

    pub(crate) fn left(&mut self, player: Player) {
        self.tell(ToHub::Left(player));
    }

    pub(crate) fn online(&mut self, players: Vec<Player>) {
        self.tell(ToHub::Online(players));
    }

    fn report(&mut self, report: Report) {
        self.tell(ToHub::Result(Box::new(report)));
    }

    /// Without a connection nothing is said: results are in the journal, and the rest is asked for
    /// again.
    fn tell(&mut self, what: ToHub) {
        if let Some(hub) = &self.hub
            && hub.send(what).is_err()
        {
            self.hub = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Outcome, Status};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    fn command(id: usize) -> Command {
        serde_json::from_value(serde_json::json!({
            "idempotencyKey": format!("{id}:1"), "id": id.to_string(), "attempt": 1, "command": "x",
        }))
        .unwrap()
    }

    fn attempt(id: usize, attempt: u32) -> Command {
        let idempotency_key = format!("{id}:{attempt}");
        Command {
            idempotency_key,
            attempt,
            ..command(id)
        }
    }

    fn report(id: usize) -> Report {
        Report {
            key: format!("{id}:1"),
            id: id.to_string(),
            attempt: 1,
            outcome: Outcome::new(Status::Completed),
        }
    }

    fn said(hub: &mut UnboundedReceiver<ToHub>) -> Vec<String> {
        let mut said = Vec::new();
        while let Ok(what) = hub.try_recv() {
            said.push(match what {
                ToHub::Ack(id) => format!("ack {id}"),
                ToHub::Result(report) => format!("result {}", report.key),
                other => format!("{other:?}"),
            });
        }
        said
    }

    #[test]
    fn a_command_is_queued_once_and_acknowledged_each_time() {
        let (sender, mut hub) = unbounded_channel();
        let mut desk = Desk::default();
        desk.connected(sender, vec![report(9)]);
        desk.receive(command(1), None);
        desk.receive(command(1), None);
        desk.receive(command(2), Some(Known::Finished(report(2))));
        assert_eq!(
            said(&mut hub),
            ["result 9:1", "ack 1", "ack 1", "result 2:1", "ack 2"]
        );
        assert_eq!(desk.take_first().unwrap().id, "1");
        // It runs now, and the journal says so.
        desk.receive(command(1), Some(Known::Started { obeys_keys: false }));
        assert!(desk.first().is_none());
        desk.settled(vec![report(1)]);
        assert_eq!(said(&mut hub), ["ack 1", "result 1:1"]);
        // A game that obeys keys died with it.
        desk.receive(command(1), Some(Known::Started { obeys_keys: true }));
        assert!(desk.first().is_some());
    }

    #[test]
    fn of_several_attempts_only_the_last_is_queued() {
        let (sender, mut hub) = unbounded_channel();
        let mut desk = Desk::default();
        desk.connected(sender, vec![]);
        for command in [attempt(1, 1), command(2), attempt(1, 2)] {
            desk.receive(command, None);
        }
        assert_eq!(said(&mut hub), ["ack 1", "ack 2", "ack 1"]);
        // An earlier one comes late; a store that stands there again is told that nobody knows.
        desk.receive(attempt(1, 1), None);
        assert_eq!(said(&mut hub), ["result 1:1", "ack 1"]);
        desk.receive(attempt(9, 1), Some(Known::Overtaken));
        assert_eq!(said(&mut hub), ["result 9:1", "ack 9"]);
        assert_eq!(desk.take_first().unwrap().id, "2");
        let second = desk.take_first().unwrap();
        assert_eq!(second.idempotency_key, "1:2");
        assert!(desk.first().is_none());
        // Overtaken while it was given to the game, which did not take it.
        desk.receive(attempt(1, 3), None);
        desk.put_back(second);
        assert_eq!(desk.take_first().unwrap().attempt, 3);
        assert!(desk.first().is_none());
        // Overtaken while it ran: the end of it does not end the later one.
        desk.settled(vec![report(1)]);
        desk.receive(attempt(1, 3), None);
        assert!(desk.first().is_none());
    }

    #[test]
    fn with_too_many_at_hand_the_rest_stays_with_the_store() {
        let (sender, mut hub) = unbounded_channel();
        let mut desk = Desk::default();
        desk.connected(sender, vec![]);
        for id in 0..FULL + 50 {
            desk.receive(command(id), None);
        }
        // The store repeats what is not acknowledged.
        desk.receive(command(FULL), None);
        assert_eq!(said(&mut hub).len(), FULL - 1);
        for _ in 0..50 {
            desk.take_first();
        }
        assert!(said(&mut hub).is_empty());
        desk.take_first();
        assert_eq!(said(&mut hub).len(), 51);
    }
}
