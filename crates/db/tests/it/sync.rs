//! kill -9 does not prove durability, for the page cache outlives the process. So the system calls
//! are watched: between an order's way into the log and its answer lies a finished sync.

use std::{collections::HashMap, process::Command};

use crate::{
    child::{self, Orders},
    shop,
};

const ORDERS: u32 = 400;

/// A system call: when it began and ended, in lines of the trace, and what it did.
#[derive(Debug)]
struct Call {
    began: usize,
    ended: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A frame's header in the log; the last one of a commit says so.
    Header {
        commit: bool,
    },
    /// Anything else written to the log.
    Page {
        text: String,
    },
    /// The log is on the disk.
    Sync,
    Answer {
        number: u32,
    },
}

#[tokio::test]
async fn no_answer_precedes_the_sync_of_its_batch() {
    if Command::new("strace").arg("-V").output().is_err() {
        shop::notice("strace is not installed: the order of syncs and answers was not tested");
        return;
    }
    let db = shop::sqlite().await;
    let trace = tempfile::NamedTempFile::new().unwrap();
    let file = trace.path().to_str().unwrap();
    let calls = "trace=fsync,fdatasync,write,pwrite64";
    let wrapper = [
        "strace",
        "-f",
        "-yy",
        "-s",
        "20000",
        "-e",
        calls,
        "-e",
        "signal=none",
        "-o",
        file,
        "--",
    ];
    let orders = Orders {
        from: 0,
        to: ORDERS,
    };
    let ran = child::command("child::writes_orders", &db, orders, &wrapper)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");

    let calls = parse(&std::fs::read_to_string(trace.path()).unwrap());
    let syncs = calls
        .iter()
        .filter(|call| matches!(call.what, What::Sync))
        .count();
    assert_eq!(premature(&calls), [0_u32; 0]);
    assert_eq!(answers(&calls).count(), ORDERS as usize);
    assert!(
        syncs < ORDERS as usize / 2,
        "{syncs} syncs for {ORDERS} orders are no groups"
    );
    println!("{ORDERS} answers after {syncs} syncs");
}

fn answers(calls: &[Call]) -> impl Iterator<Item = (u32, usize)> {
    calls.iter().filter_map(|call| match call.what {
        What::Answer { number } => Some((number, call.began)),
        _ => None,
    })
}

/// The orders answered before they were safe.
fn premature(calls: &[Call]) -> Vec<u32> {
    answers(calls)
        .filter(|(n, answered)| !safe(calls, *n, *answered))
        .map(|(n, _)| n)
        .collect()
}

/// Whether the order was written to the log, a commit frame with it, and a sync after both was
/// finished before the answer began.
fn safe(calls: &[Call], number: u32, answered: usize) -> bool {
    let id = format!("order-{number:010}");
    let written = |call: &&Call| matches!(&call.what, What::Page { text } if text.contains(&id));
    let Some(written) = calls.iter().find(written) else {
        return false;
    };
    let sync = |call: &&Call| matches!(call.what, What::Sync) && call.began > written.ended;
    let Some(sync) = calls.iter().find(sync) else {
        return false;
    };
    let before = calls.iter().filter(|call| call.ended < sync.began).rev();
    let last = before.filter_map(|call| match call.what {
        What::Header { commit } => Some(commit),
        _ => None,
    });
    last.take(1).eq([true]) && sync.ended < answered
}

/// The system calls of a trace that matter, in the order in which they began.
fn parse(trace: &str) -> Vec<Call> {
    let (mut calls, mut open) = (Vec::new(), HashMap::new());
    for (at, line) in trace.lines().enumerate() {
        let (process, rest) = line.split_once(' ').unwrap();
        if let Some(start) = rest.trim_end().strip_suffix("<unfinished ...>") {
            open.insert(process, (at, start.to_owned()));
        } else if rest.contains(" resumed>") {
            let (_, end) = rest.split_once(" resumed>").unwrap();
            let (began, start) = open.remove(process).unwrap();
            calls.extend(call(began, at, &format!("{start}{end}")));
        } else {
            calls.extend(call(at, at, rest));
        }
    }
    calls.sort_by_key(|call| call.began);
    calls
}

fn call(began: usize, ended: usize, text: &str) -> Option<Call> {
    let text = text.trim();
    let (args, result) = text.rsplit_once(" = ")?;
    let (name, args) = args.split_once('(')?;
    let failed = result.starts_with('-');
    let log = args
        .split_once('>')
        .is_some_and(|(file, _)| file.ends_with("-wal"));
    let quoted = || Some(&args[args.find('"')? + 1..args.rfind('"')?]);
    let what = match name {
        "fsync" | "fdatasync" if log && !failed => What::Sync,
        "pwrite64" if log && result.starts_with("24") => What::Header {
            commit: bytes(quoted()?).get(4..8)?.iter().any(|byte| *byte != 0),
        },
        "pwrite64" if log => What::Page {
            text: quoted()?.to_owned(),
        },
        "write" if args.starts_with("1<") => {
            let (_, number) = quoted()?.split_once("answered ")?;
            What::Answer {
                number: number.trim_end_matches("\\n").parse().ok()?,
            }
        }
        _ => return None,
    };
    Some(Call { began, ended, what })
}

/// What strace's escapes stand for.
fn bytes(text: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let digits = rest
            .iter()
            .take(3)
            .take_while(|c| (b'0'..b'8').contains(*c))
            .count();
        let (code, tail) = rest.split_at(digits.max(1));
        rest = tail;
        out.push(match code {
            [b'n'] => b'\n',
            [b't'] => b'\t',
            [b'r'] => b'\r',
            [b'v'] => 11,
            [b'f'] => 12,
            [b'"' | b'\\'] => code[0],
            octal => octal.iter().fold(0, |byte, c| (byte << 3) | (c - b'0')),
        });
    }
    out
}

#[test]
fn an_answer_that_comes_too_early_is_found() {
    let header =
        r#"7 pwrite64(5</x-wal>, "\0\0\0\2\0\0\0\t\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, 0) = 24"#;
    let inner = header.replace("\\t", "\\0");
    let page = r#"7 pwrite64(5</x-wal>, "..order-0000000003..", 4096, 24) = 4096"#;
    let begin = "7 fdatasync(5</x-wal> <unfinished ...>";
    let end = "7 <... fdatasync resumed>) = 0";
    let failed = "7 <... fdatasync resumed>) = -1 EIO";
    let answer = r#"8 write(1<pipe:[1]>, "answered 3\n", 11) = 11"#;
    let found = |lines: &[&str]| premature(&parse(&lines.join("\n")));
    assert_eq!(found(&[header, page, begin, end, answer]), [0_u32; 0]);
    assert_eq!(found(&[header, page, begin, answer, end]), [3]);
    assert_eq!(found(&[header, page, begin, failed, answer]), [3]);
    assert_eq!(found(&[&inner, page, begin, end, answer]), [3]);
    assert_eq!(found(&[begin, end, header, page, answer]), [3]);
    assert_eq!(found(&[header, begin, end, answer]), [3]);
}
