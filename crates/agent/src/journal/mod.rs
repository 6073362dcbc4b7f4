//! The journal: what keeps a command from running twice.
//!
//! Before a command runs its key is on the disk, and before its result is reported that is on the
//! disk too. A key that comes again is answered from here. A key that was started and has no result
//! when the journal is opened belongs to an agent that died in between: nobody can know whether it
//! ran, so it becomes `interrupted` - unless the game itself promised to run a key only once.
//!
//! The file is a log of lines. Once most of it no longer matters it is written anew without the keys
//! whose results the store has had for long; a key whose result it does not have is never dropped.

mod file;
mod index;
mod record;
#[cfg(test)]
mod tests;

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

pub(crate) use file::sync_folder;
pub(crate) use index::Known;
pub(crate) use record::Record;

use crate::message::{Command, Outcome, Report};
use file::LogFile;
use index::Index;
use record::{Line, decode, encode};

/// How much of the past is kept.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// How many accepted keys.
    pub(crate) keep: usize,
    /// For how long, in seconds.
    pub(crate) keep_seconds: u64,
    /// How many records without meaning there may be beside as many as there are with one.
    pub(crate) slack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            keep: 10_000,
            keep_seconds: 7 * 24 * 60 * 60,
            slack: 10_000,
        }
    }
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("another agent is running with the data folder {0}")]
    Locked(PathBuf),
    #[error("the journal in {0} was written by a newer version of the agent; use that one")]
    Newer(PathBuf),
    #[error("cannot use the data folder {folder}: {cause}")]
    Io { folder: PathBuf, cause: io::Error },
}

/// The journal of one data folder, which no other agent can open meanwhile.
pub(crate) struct Journal {
    file: LogFile,
    index: Index,
    limits: Limits,
    /// How many records the file has.
    records: usize,
    /// Held, not read: the lock goes with it.
    _lock: File,
}

/// The lock of a data folder; it is given back when dropped.
pub(crate) fn lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |cause| OpenError::Io {
        folder: folder.to_owned(),
        cause,
    };
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.map_err(failed)?;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let lock = options.open(folder.join("journal.lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.to_owned())),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

impl Journal {
    /// Opens the journal of a folder. With `obeys_keys`, keys of a game that obeyed them may be run
    /// again; every other key without a result becomes `interrupted`.
    pub(crate) fn open(
        folder: &Path,
        obeys_keys: bool,
        limits: Limits,
        now: u64,
    ) -> Result<Self, OpenError> {
        let lock = lock(folder)?;
        let failed = |cause| OpenError::Io {
            folder: folder.to_owned(),
            cause,
        };
        let (mut file, bytes) = LogFile::open(folder).map_err(failed)?;
        let read = replay(&bytes).ok_or_else(|| OpenError::Newer(folder.to_owned()))?;
        if read.damaged_inside {
            // A power cut can write the end of the file before its middle; then nothing of that
            // middle had run. Otherwise the disk lost what it had promised to keep.
            let copy = folder.join("journal.damaged");
            std::fs::write(&copy, &bytes).map_err(failed)?;
            tracing::error!(
                "parts of the journal cannot be read; a copy is in {}. If the disk is at fault, a \
                 command sent again could run twice",
                copy.display()
            );
        } else if read.whole < bytes.len() {
            file.cut(read.whole as u64).map_err(failed)?;
        }
        let mut journal = Self {
            file,
            index: read.index,
            limits,
            records: read.records,
            _lock: lock,
        };
        journal.index.prune(now, &journal.limits);
        if read.damaged_inside {
            journal.compact().map_err(failed)?;
        }
        journal.interrupt_started(obeys_keys).map_err(failed)?;
        journal.compact_where_worth_it();
        Ok(journal)
    }

    fn interrupt_started(&mut self, obeys_keys: bool) -> io::Result<()> {
        let mut found = self.index.started();
        found.retain(|(_, _, _, again)| !(*again && obeys_keys));
        found.sort();
        let outcome = Outcome::interrupted(
            "the agent was stopped while this command ran, so nobody knows whether it did",
        );
        let records = found.into_iter().map(|(key, id, attempt, _)| {
            tracing::warn!(key, "the agent had been stopped while command {key} ran");
            let outcome = outcome.clone();
            Record::Finished {
                key,
                id,
                attempt,
                outcome,
            }
        });
        let records: Vec<_> = records.collect();
        if records.is_empty() {
            return Ok(());
        }
        self.commit(records)
    }

    /// What is known of a key.
    #[cfg(test)]
    pub(crate) fn get(&self, key: &str) -> Option<Known> {
        self.index.get(key)
    }

    /// What is known of a command that came in.
    pub(crate) fn look_up(&self, command: &Command) -> Option<Known> {
        match self.index.get(&command.idempotency_key) {
            Some(Known::Finished(report)) => Some(Known::Finished(report)),
            _ if self.index.is_overtaken(&command.id, command.attempt) => Some(Known::Overtaken),
            known => known,
        }
    }

    /// The results that the store does not have, oldest first.
    pub(crate) fn unaccepted(&self) -> Vec<Report> {
        self.index.unaccepted()
    }

    /// Writes records to the disk: after this they survive everything, and where it fails none of
    /// them counts.
    pub(crate) fn commit(&mut self, records: Vec<Record>) -> io::Result<()> {
        self.write(&records)?;
        self.file.sync()?;
        self.take(records);
        self.compact_where_worth_it();
        Ok(())
    }

    /// Writes records that the next [`commit`](Self::commit) brings to the disk. Only for what may be
    /// lost with the machine.
    pub(crate) fn note(&mut self, records: Vec<Record>) -> io::Result<()> {
        self.write(&records)?;
        self.take(records);
        Ok(())
    }

    /// Notes that the store has results.
    pub(crate) fn accept(&mut self, mut keys: Vec<String>, now: u64) -> io::Result<()> {
        keys.retain(|key| self.index.is_unaccepted(key));
        let records = keys.into_iter();
        let records: Vec<_> = records
            .map(|key| Record::Accepted { key, at: now })
            .collect();
        if records.is_empty() {
            return Ok(());
        }
        self.note(records)?;
        self.index.prune(now, &self.limits);
        Ok(())
    }

    fn write(&mut self, records: &[Record]) -> io::Result<()> {
        if self.file.is_lost() {
            self.compact()?;
        }
        let mut bytes = Vec::new();
        for record in records {
            encode(record, &mut bytes);
        }
        self.file.append(&bytes)
    }

    fn take(&mut self, records: Vec<Record>) {
        self.records += records.len();
        for record in records {
            self.index.apply(record);
        }
    }

    fn compact_where_worth_it(&mut self) {
        if self.records <= 2 * self.index.records() + self.limits.slack {
            return;
        }
        if let Err(error) = self.compact() {
            // The old file still says everything. The next try is a while away.
            self.records = self.index.records();
            tracing::warn!(error = %error, "the journal could not be written anew");
        }
    }

    fn compact(&mut self) -> io::Result<()> {
        self.file.replace(&self.index.encode())?;
        self.records = self.index.records();
        Ok(())
    }
}

/// The record that a command is about to run.
pub(crate) fn started(command: &Command, obeys_keys: bool) -> Record {
    Record::Started {
        key: command.idempotency_key.clone(),
        id: command.id.clone(),
        attempt: command.attempt,
        obeys_keys,
    }
}

/// The record that a command has ended.
pub(crate) fn finished(report: &Report) -> Record {
    Record::Finished {
        key: report.key.clone(),
        id: report.id.clone(),
        attempt: report.attempt,
        outcome: report.outcome.clone(),
    }
}

struct Replay {
    index: Index,
    records: usize,
    /// How many bytes there are up to the end of the last record.
    whole: usize,
    /// Whether a record follows what is none.
    damaged_inside: bool,
}

/// Reads a journal; `None` where a newer version wrote it.
fn replay(bytes: &[u8]) -> Option<Replay> {
    let mut read = Replay {
        index: Index::default(),
        records: 0,
        whole: 0,
        damaged_inside: false,
    };
    let (mut end, mut damaged) = (0, false);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        // A record is as long as its line: without its end it was not written whole.
        let decoded = line.strip_suffix(b"\n").map_or(Line::Damaged, decode);
        match decoded {
            Line::Record(record) => {
                read.index.apply(record);
                read.records += 1;
                read.whole = end;
                read.damaged_inside |= damaged;
            }
            Line::Damaged => damaged = true,
            Line::Foreign => return None,
        }
    }
    Some(read)
}
