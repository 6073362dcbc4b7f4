use std::collections::HashMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::message::Status;

fn limits() -> Limits {
    Limits {
        keep: 3,
        keep_seconds: 1000,
        slack: 4,
    }
}

fn open(folder: &Path) -> Journal {
    Journal::open(folder, false, limits(), 0).unwrap()
}

fn start(n: usize) -> Record {
    Record::Started {
        key: format!("{n}:1"),
        id: n.to_string(),
        attempt: 1,
        obeys_keys: false,
    }
}

fn finish(n: usize, output: &str) -> Record {
    Record::Finished {
        key: format!("{n}:1"),
        id: n.to_string(),
        attempt: 1,
        outcome: Outcome::new(Status::Completed).with_output(output),
    }
}

fn status(journal: &Journal, n: usize) -> Option<Status> {
    match journal.get(&format!("{n}:1"))? {
        Known::Finished(report) => Some(report.outcome.status),
        Known::Started { .. } | Known::Overtaken => None,
    }
}

fn unaccepted(journal: &Journal) -> Vec<String> {
    let reports = journal.unaccepted().into_iter();
    reports.map(|report| report.key).collect()
}

#[test]
fn what_was_committed_is_known_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    journal.commit(vec![start(1)]).unwrap();
    journal
        .commit(vec![finish(1, "a\n\u{1e}é"), start(2)])
        .unwrap();
    journal
        .accept(vec!["1:1".to_owned(), "9:1".to_owned()], 5)
        .unwrap();
    journal.commit(vec![start(3)]).unwrap();
    journal
        .note(vec![Record::NotRun {
            key: "3:1".to_owned(),
        }])
        .unwrap();
    drop(journal);
    let journal = open(folder.path());
    assert_eq!(status(&journal, 1), Some(Status::Completed));
    assert_eq!(status(&journal, 2), Some(Status::Interrupted));
    assert_eq!(journal.get("3:1"), None);
    assert_eq!(unaccepted(&journal), ["2:1"]);
}

#[test]
fn a_file_cut_at_any_byte_still_says_what_was_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = open(folder.path());
    // What is true once the file has so many bytes.
    let mut ends = vec![(0, 0)];
    for n in 0..3 {
        for record in [start(n), finish(n, "out")] {
            journal.commit(vec![record]).unwrap();
            ends.push((std::fs::metadata(&path).unwrap().len(), ends.len()));
        }
    }
    drop(journal);
    let whole = std::fs::read(&path).unwrap();
    for length in 0..=whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let mut journal = open(folder.path());
        let (_, records) = *ends.iter().rfind(|(end, _)| *end <= length as u64).unwrap();
        for n in 0..3 {
            let expected = match records.saturating_sub(2 * n) {
                0 => None,
                1 => Some(Status::Interrupted),
                _ => Some(Status::Completed),
            };
            assert_eq!(status(&journal, n), expected, "{length} bytes, command {n}");
        }
        // It goes on from there.
        journal.commit(vec![finish(9, "more")]).unwrap();
        drop(journal);
        assert_eq!(status(&open(folder.path()), 9), Some(Status::Completed));
    }
}

#[test]
fn damage_inside_costs_only_what_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = open(folder.path());
    for n in 0..4 {
        journal.commit(vec![finish(n, "x")]).unwrap();
    }
    drop(journal);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 4 + 20;
    bytes[at] ^= 0x41;
    std::fs::write(&path, &bytes).unwrap();
    for _ in 0..2 {
        let journal = open(folder.path());
        let known: Vec<_> = (0..4).map(|n| status(&journal, n).is_some()).collect();
        assert_eq!(known, [true, false, true, true]);
    }
    assert_eq!(
        std::fs::read(folder.path().join("journal.damaged")).unwrap(),
        bytes
    );
}

#[test]
fn a_newer_journal_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let json = "{\"record\":\"invented\"}";
    let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
    std::fs::write(folder.path().join("journal"), &line).unwrap();
    let opened = Journal::open(folder.path(), false, limits(), 0);
    assert!(matches!(opened, Err(OpenError::Newer(_))));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("journal")).unwrap(),
        line
    );
}

#[test]
fn one_folder_is_for_one_agent() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    assert!(matches!(lock(folder.path()), Err(OpenError::Locked(_))));
    drop(journal);
    assert!(lock(folder.path()).is_ok());
}

#[test]
fn a_game_that_obeys_keys_may_get_one_again_and_no_other_game_may() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    let again = Record::Started {
        key: "1:1".to_owned(),
        id: "1".to_owned(),
        attempt: 1,
        obeys_keys: true,
    };
    journal.commit(vec![again, start(2)]).unwrap();
    drop(journal);
    let journal = Journal::open(folder.path(), true, limits(), 0).unwrap();
    assert_eq!(
        journal.get("1:1"),
        Some(Known::Started { obeys_keys: true })
    );
    assert_eq!(status(&journal, 2), Some(Status::Interrupted));
    drop(journal);
    // The owner changed the kind of game meanwhile.
    assert_eq!(status(&open(folder.path()), 1), Some(Status::Interrupted));
}

#[test]
fn a_full_disk_takes_nothing_and_is_used_again_once_there_is_room() {
    for room in 0..200 {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = open(folder.path());
        journal.commit(vec![finish(1, "x")]).unwrap();
        journal.file.faults.room = Some(room);
        let fits = journal.commit(vec![start(2)]).is_ok();
        assert_eq!(journal.get("2:1").is_some(), fits);
        assert!(fits || journal.commit(vec![start(2)]).is_err());
        journal.file.faults.room = None;
        journal.commit(vec![finish(3, "x")]).unwrap();
        drop(journal);
        let journal = open(folder.path());
        assert!(status(&journal, 1).is_some() && status(&journal, 3).is_some());
        assert_eq!(journal.get("2:1").is_some(), fits, "{room}");
    }
}

#[test]
fn after_a_failed_fsync_the_journal_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    journal.commit(vec![finish(1, "x")]).unwrap();
    journal.file.faults.sync_fails = true;
    for _ in 0..2 {
        assert!(journal.commit(vec![start(2)]).is_err());
        assert_eq!(journal.get("2:1"), None);
    }
    journal.file.faults.sync_fails = false;
    journal.commit(vec![finish(3, "x")]).unwrap();
    drop(journal);
    let journal = open(folder.path());
    assert_eq!(unaccepted(&journal), ["1:1", "3:1"]);
    assert_eq!(journal.get("2:1"), None);
}

#[test]
fn the_journal_stays_small_and_keeps_what_the_store_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(folder.path());
    journal.commit(vec![finish(1000, "kept")]).unwrap();
    for n in 0..500 {
        journal.commit(vec![start(n)]).unwrap();
        journal.commit(vec![finish(n, &"x".repeat(4000))]).unwrap();
        journal.accept(vec![format!("{n}:1")], n as u64).unwrap();
    }
    assert!(
        std::fs::metadata(folder.path().join("journal"))
            .unwrap()
            .len()
            < 100_000
    );
    for journal in [journal, open_after(folder.path())] {
        assert_eq!(unaccepted(&journal), ["1000:1"]);
        let known: Vec<_> = (0..500)
            .filter(|n| status(&journal, *n).is_some())
            .collect();
        assert_eq!(known, [497, 498, 499]);
    }
    let journal = Journal::open(folder.path(), false, limits(), 5000).unwrap();
    assert_eq!(unaccepted(&journal), ["1000:1"]);
    assert_eq!(status(&journal, 499), None);
}

/// Opens a copy, as the folder is locked.
fn open_after(folder: &Path) -> Journal {
    let copy = folder.join("copy");
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(folder.join("journal"), copy.join("journal")).unwrap();
    open(&copy)
}

#[test]
fn a_crash_at_any_byte_of_writing_anew_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let new = folder.path().join("journal.new");
    let mut journal = open(folder.path());
    for n in 0..4 {
        journal.commit(vec![start(n), finish(n, "x")]).unwrap();
    }
    journal.accept(vec!["0:1".to_owned()], 1).unwrap();
    let (before, after) = (std::fs::read(&path).unwrap(), journal.index.encode());
    drop(journal);
    for length in 0..=after.len() {
        std::fs::write(&path, &before).unwrap();
        std::fs::write(&new, &after[..length]).unwrap();
        let journal = open(folder.path());
        assert_eq!(unaccepted(&journal), ["1:1", "2:1", "3:1"]);
        assert!(status(&journal, 0).is_some() && !new.exists());
    }
    std::fs::write(&path, &after).unwrap();
    let journal = open(folder.path());
    assert_eq!(unaccepted(&journal), ["1:1", "2:1", "3:1"]);
    assert_eq!(status(&journal, 0), Some(Status::Completed));
}

#[derive(Clone, Debug)]
enum Step {
    Start(usize),
    Finish(usize),
    Both(usize, usize),
    NotRun(usize),
    Accept(usize),
    Full(usize),
    NoSync,
    Crash(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0usize..8;
    prop_oneof![
        key().prop_map(Step::Start),
        key().prop_map(Step::Finish),
        (key(), key()).prop_map(|(a, b)| Step::Both(a, b)),
        key().prop_map(Step::NotRun),
        key().prop_map(Step::Accept),
        (0usize..300).prop_map(Step::Full),
        Just(Step::NoSync),
        (0u64..400).prop_map(Step::Crash),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    Started,
    Finished,
}

fn number(record: &Record) -> usize {
    match record {
        Record::Started { id, .. } | Record::Finished { id, .. } => id.parse().unwrap(),
        Record::NotRun { .. } | Record::Accepted { .. } => unreachable!(),
    }
}

proptest! {
    /// Whatever happens, and wherever a crash cuts the end that was not on the disk: what was
    /// committed is known, and what the store does not have is kept.
    #[test]
    fn what_was_committed_stays(steps in prop::collection::vec(step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let limits = Limits { keep: 100, ..limits() };
        let open = || Journal::open(folder.path(), false, limits.clone(), 0).unwrap();
        let mut journal = open();
        let mut facts: HashMap<usize, Fact> = HashMap::new();
        let mut wanted: Vec<usize> = Vec::new();
        // In the file, perhaps, though the disk said no.
        let mut doubtful: Vec<usize> = Vec::new();
        for step in steps {
            let records = match &step {
                Step::Start(n) => vec![start(*n)],
                Step::Finish(n) => vec![finish(*n, "x")],
                Step::Both(a, b) => vec![finish(*a, "x"), start(*b)],
                _ => vec![],
            };
            let committed = journal.commit(records.clone()).is_ok();
            if !committed {
                doubtful.extend(records.iter().map(number));
            }
            if committed {
                for record in &records {
                    let n = number(record);
                    let fact = match record {
                        Record::Started { .. } => Fact::Started,
                        _ => Fact::Finished,
                    };
                    if facts.get(&n) != Some(&Fact::Finished) {
                        facts.insert(n, fact);
                        if fact == Fact::Finished {
                            wanted.push(n);
                        }
                    }
                }
            }
            match step {
                Step::NotRun(n) => {
                    let noted = journal.note(vec![Record::NotRun { key: format!("{n}:1") }]);
                    if noted.is_ok() && facts.get(&n) == Some(&Fact::Started) {
                        facts.remove(&n);
                    }
                }
                Step::Accept(n) => {
                    // The store has it, so that it may be forgotten, whether or not that was noted.
                    journal.accept(vec![format!("{n}:1")], 1).ok();
                    wanted.retain(|it| *it != n);
                }
                Step::Full(room) => journal.file.faults.room = Some(room),
                Step::NoSync => journal.file.faults.sync_fails = true,
                Step::Crash(cut) => {
                    drop(journal);
                    // Half a line that was never acknowledged.
                    let mut bytes = std::fs::read(&path).unwrap();
                    let mut torn = Vec::new();
                    encode(&start(99), &mut torn);
                    torn.truncate(usize::try_from(cut).unwrap().min(torn.len() - 1));
                    bytes.extend(torn);
                    std::fs::write(&path, &bytes).unwrap();
                    journal = open();
                    for (n, fact) in &mut facts {
                        if *fact == Fact::Started {
                            *fact = Fact::Finished;
                            wanted.push(*n);
                        }
                    }
                    for n in doubtful.drain(..) {
                        if journal.get(&format!("{n}:1")).is_some() {
                            facts.insert(n, Fact::Finished);
                        }
                    }
                }
                _ => {}
            }
            for (n, fact) in &facts {
                let known = journal.get(&format!("{n}:1"));
                let fits = matches!(
                    (fact, &known),
                    (Fact::Started, Some(Known::Started { .. }))
                        | (Fact::Finished, Some(Known::Finished(_)))
                );
                prop_assert!(fits, "{n} is {fact:?}, the journal says {known:?}");
            }
            let unaccepted = unaccepted(&journal);
            for n in &wanted {
                prop_assert!(unaccepted.contains(&format!("{n}:1")), "{n} was dropped");
            }
        }
    }
}
