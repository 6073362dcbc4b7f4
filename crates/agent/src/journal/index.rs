//! What the journal says of each key.

use std::collections::{HashMap, VecDeque};

use super::Limits;
use super::record::{Record, encode};
use crate::message::{Outcome, Report};

#[derive(Default)]
pub(super) struct Index {
    entries: HashMap<String, Entry>,
    /// The highest attempt of each command.
    latest: HashMap<String, u32>,
    /// The accepted keys, oldest first, with when.
    accepted: VecDeque<(u64, String)>,
    next_number: u64,
}

struct Entry {
    /// In which order results came.
    number: u64,
    id: String,
    attempt: u32,
    state: State,
}

enum State {
    Started { obeys_keys: bool },
    Finished(Outcome),
    Accepted(Outcome),
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    Started {
        obeys_keys: bool,
    },
    Finished(Report),
    /// It is not, and a later attempt of the same command is.
    Overtaken,
}

impl Index {
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Started {
                key,
                id,
                attempt,
                obeys_keys,
            } => {
                let state = State::Started { obeys_keys };
                self.put(key, id, attempt, state);
            }
            Record::NotRun { key } => {
                if self.is_started(&key) {
                    self.forget(&key);
                }
            }
            Record::Finished {
                key,
                id,
                attempt,
                outcome,
            } => self.put(key, id, attempt, State::Finished(outcome)),
            Record::Accepted { key, at } => self.accept(key, at),
        }
    }

    /// A result is never taken back by an older record of its key.
    fn put(&mut self, key: String, id: String, attempt: u32, state: State) {
        if self.entries.get(&key).is_some_and(Entry::has_result) {
            return;
        }
        let latest = self.latest.entry(id.clone()).or_insert(attempt);
        *latest = attempt.max(*latest);
        self.next_number += 1;
        let entry = Entry {
            number: self.next_number,
            id,
            attempt,
            state,
        };
        self.entries.insert(key, entry);
    }

    fn forget(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key)
            && self.latest.get(&entry.id) == Some(&entry.attempt)
        {
            self.latest.remove(&entry.id);
        }
    }

    fn accept(&mut self, key: String, at: u64) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        if let State::Finished(outcome) = &mut entry.state {
            // The store keeps the answer of the game; here it would only take room.
            let outcome = Outcome {
                output: None,
                ..outcome.clone()
            };
            entry.state = State::Accepted(outcome);
            self.accepted.push_back((at, key));
        }
    }

    /// Forgets accepted keys that are too many or too old.
    pub(super) fn prune(&mut self, now: u64, limits: &Limits) {
        while let Some((at, _)) = self.accepted.front() {
            let too_old = at.saturating_add(limits.keep_seconds) < now;
            if self.accepted.len() <= limits.keep && !too_old {
                return;
            }
            if let Some((_, key)) = self.accepted.pop_front() {
                self.forget(&key);
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Known> {
        let entry = self.entries.get(key)?;
        Some(match &entry.state {
            State::Started { obeys_keys } => Known::Started {
                obeys_keys: *obeys_keys,
            },
            State::Finished(outcome) | State::Accepted(outcome) => {
                Known::Finished(entry.report(key, outcome))
            }
        })
    }

    pub(super) fn is_overtaken(&self, id: &str, attempt: u32) -> bool {
        self.latest.get(id).is_some_and(|latest| *latest > attempt)
    }

    fn is_started(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|it| !it.has_result())
    }

    pub(super) fn is_unaccepted(&self, key: &str) -> bool {
        let entry = self.entries.get(key);
        entry.is_some_and(|it| matches!(it.state, State::Finished(_)))
    }

    /// The results that the store does not have, oldest first.
    pub(super) fn unaccepted(&self) -> Vec<Report> {
        let entries = self.entries.iter();
        let mut found: Vec<_> = entries
            .filter_map(|(key, entry)| match &entry.state {
                State::Finished(outcome) => Some((entry.number, entry.report(key, outcome))),
                State::Started { .. } | State::Accepted(_) => None,
            })
            .collect();
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, report)| report).collect()
    }

    /// The keys that were started and have no result, with whether they may be run again.
    pub(super) fn started(&self) -> Vec<(String, String, u32, bool)> {
        let entries = self.entries.iter();
        entries
            .filter_map(|(key, entry)| match entry.state {
                State::Started { obeys_keys } => {
                    Some((key.clone(), entry.id.clone(), entry.attempt, obeys_keys))
                }
                State::Finished(_) | State::Accepted(_) => None,
            })
            .collect()
    }

    /// How many records say all this.
    pub(super) fn records(&self) -> usize {
        self.entries.len() + self.accepted.len()
    }

    /// Everything, as a file that says the same.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.records() * 200);
        for (at, key) in &self.accepted {
            if let Some(entry) = self.entries.get(key) {
                encode(&entry.record(key), &mut bytes);
                let (key, at) = (key.clone(), *at);
                encode(&Record::Accepted { key, at }, &mut bytes);
            }
        }
        let entries = self.entries.iter();
        let mut open: Vec<_> = entries
            .filter(|(_, entry)| !matches!(entry.state, State::Accepted(_)))
            .collect();
        open.sort_by_key(|(_, entry)| entry.number);
        for (key, entry) in open {
            encode(&entry.record(key), &mut bytes);
        }
        bytes
    }
}

impl Entry {
    fn has_result(&self) -> bool {
        !matches!(self.state, State::Started { .. })
    }

    fn report(&self, key: &str, outcome: &Outcome) -> Report {
        Report {
            key: key.to_owned(),
            id: self.id.clone(),
            attempt: self.attempt,
            outcome: outcome.clone(),
        }
    }

    fn record(&self, key: &str) -> Record {
        let (key, id, attempt) = (key.to_owned(), self.id.clone(), self.attempt);
        match &self.state {
            State::Started { obeys_keys } => Record::Started {
                key,
                id,
                attempt,
                obeys_keys: *obeys_keys,
            },
            State::Finished(outcome) | State::Accepted(outcome) => Record::Finished {
                key,
                id,
                attempt,
                outcome: outcome.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(attempt: u32) -> Record {
        Record::Started {
            key: format!("a:{attempt}"),
            id: "a".to_owned(),
            attempt,
            obeys_keys: false,
        }
    }

    #[test]
    fn an_attempt_is_overtaken_by_a_later_one_as_long_as_that_is_known() {
        let mut index = Index::default();
        assert!(!index.is_overtaken("a", 1));
        index.apply(started(2));
        let overtaken = |index: &Index| [1, 2, 3].map(|attempt| index.is_overtaken("a", attempt));
        assert_eq!(overtaken(&index), [true, false, false]);
        index.apply(started(1));
        assert_eq!(overtaken(&index), [true, false, false]);
        let key = "a:2".to_owned();
        index.apply(Record::NotRun { key: key.clone() });
        assert_eq!(overtaken(&index), [false; 3]);
        index.apply(started(2));
        index.apply(Record::Finished {
            key: key.clone(),
            id: "a".to_owned(),
            attempt: 2,
            outcome: Outcome::failed("x"),
        });
        index.apply(Record::Accepted { key, at: 0 });
        assert_eq!(overtaken(&index), [true, false, false]);
        let limits = Limits {
            keep: 0,
            ..Limits::default()
        };
        index.prune(0, &limits);
        assert_eq!(overtaken(&index), [false; 3]);
        assert_eq!((index.latest.len(), index.entries.len()), (0, 1));
    }
}
