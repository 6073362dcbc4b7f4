//! The journal's lines: a checksum, a space, and one record as JSON.

use std::io::Write as _;

use serde::{Deserialize, Serialize};

use crate::message::Outcome;

/// One thing that happened to a command.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(
    tag = "record",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Record {
    /// It is about to run.
    Started {
        key: String,
        id: String,
        attempt: u32,
        /// The game itself runs a key once, so that it may be given again.
        obeys_keys: bool,
    },
    /// It was about to run, and nothing of it has left.
    NotRun { key: String },
    /// It has ended.
    Finished {
        key: String,
        id: String,
        attempt: u32,
        outcome: Outcome,
    },
    /// The store has its result. `at` is in seconds since 1970.
    Accepted { key: String, at: u64 },
}

/// What a line turned out to be.
pub(super) enum Line {
    Record(Record),
    /// Not what was once written.
    Damaged,
    /// Written whole, by a version that knows more.
    Foreign,
}

pub(super) fn encode(record: &Record, into: &mut Vec<u8>) {
    let json = serde_json::to_string(record).expect("a record is plain data");
    let line = writeln!(into, "{:08x} {json}", crc32fast::hash(json.as_bytes()));
    line.expect("memory takes what is written to it");
}

/// Reads a line without its end.
pub(super) fn decode(line: &[u8]) -> Line {
    let Some((sum, json)) = line.split_at_checked(9) else {
        return Line::Damaged;
    };
    let expected = format!("{:08x} ", crc32fast::hash(json));
    if sum != expected.as_bytes() {
        return Line::Damaged;
    }
    serde_json::from_slice(json).map_or(Line::Foreign, Line::Record)
}
