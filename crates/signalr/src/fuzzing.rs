//! What has to hold for whatever a client sends. Run by `fuzz`, and for its seeds by the tests.
//!
//! ```sh
//! RUSTC_BOOTSTRAP=1 cargo fuzz run json fuzz/corpus/json fuzz/seeds/json -- -max_total_time=20
//! ```

use crate::{
    Invocation,
    protocol::{Call, Message, Protocol, handshake, messagepack, records::Records},
};
use bytes::Bytes;
use serde_json::Value;

const MAX_MESSAGE: usize = 4096;

/// A stream of JSON records.
pub fn json(bytes: &[u8]) {
    let _ = handshake::check(bytes, true);
    stream(Protocol::Json, bytes);
}

/// A stream of MessagePack records.
pub fn messagepack(bytes: &[u8]) {
    stream(Protocol::MessagePack, bytes);
}

/// The first byte says in what pieces the rest arrives.
fn stream(protocol: Protocol, bytes: &[u8]) {
    let Some((piece, bytes)) = bytes.split_first() else {
        return;
    };
    let (records, acceptable) = cut(protocol, bytes, bytes.len().max(1));
    let in_pieces = cut(protocol, bytes, usize::from(*piece).max(1));
    assert_eq!(in_pieces, (records.clone(), acceptable));
    for record in records {
        if let Ok(Message::Invocation(call)) = protocol.decode(&record) {
            answers(protocol, &call);
            echo(&call);
        }
    }
}

/// The records, and whether all that came was acceptable.
fn cut(protocol: Protocol, bytes: &[u8], piece: usize) -> (Vec<Bytes>, bool) {
    let mut records = Records::new(MAX_MESSAGE);
    records.reframe(protocol.framing());
    let mut found = Vec::new();
    for piece in bytes.chunks(piece) {
        records.push(piece);
        loop {
            match records.next() {
                Ok(Some(record)) => found.push(record),
                Ok(None) => break,
                Err(_) => return (found, false),
            }
        }
    }
    (found, true)
}

/// What a server says about a call is a message of its protocol.
fn answers(protocol: Protocol, call: &Call) {
    let result = call.arguments.clone().map(Value::from);
    if let Some(id) = &call.id {
        for outcome in [Ok(result), Err(call.method.clone())] {
            let completion = protocol.completion(id, &outcome);
            assert_eq!(read(protocol, &completion), Message::Other);
        }
    }
    let close = protocol.close(Some(&call.method), true);
    assert_eq!(read(protocol, &close), Message::Close);
    assert_eq!(read(protocol, &protocol.ping()), Message::Ping);
}

/// A call that is sent back arrives as it came, in both protocols.
fn echo(call: &Call) {
    let Some(arguments) = &call.arguments else {
        return;
    };
    let invocation =
        Invocation::with_arguments(&call.method, arguments).expect("what was read can be written");
    for protocol in [Protocol::Json, Protocol::MessagePack] {
        let record = invocation.record(protocol);
        let record = record.expect("what was read can be written");
        match read(protocol, record) {
            Message::Invocation(read) => {
                assert_eq!(read.method, call.method);
                let arrived = Value::from(read.arguments.expect("they can be represented"));
                assert!(same(&arrived, &Value::from(arguments.clone())));
            }
            other => panic!("{other:?}"),
        }
    }
    // Without the detour through JSON not even a float changes.
    let written = messagepack::invocation(&call.method, arguments);
    match read(Protocol::MessagePack, &written) {
        Message::Invocation(read) => assert_eq!(read.arguments.as_ref(), Some(arguments)),
        other => panic!("{other:?}"),
    }
}

fn read(protocol: Protocol, record: &Bytes) -> Message {
    let mut records = Records::new(1024 * 1024);
    records.reframe(protocol.framing());
    records.push(record);
    let body = records.next().ok().flatten().expect("one whole record");
    assert_eq!(records.len(), 0);
    protocol.decode(&body).expect("a message we have written")
}

/// Equal but for the last digit of a float, which the JSON parser may round the other way.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64(), b.as_f64());
            a.zip(b)
                .is_some_and(|(a, b)| (a - b).abs() <= (a.abs() * 1e-15).max(f64::MIN_POSITIVE))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn every_seed_holds() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        let mut seen = 0;
        for (target, run) in [
            ("json", super::json as fn(&[u8])),
            ("messagepack", super::messagepack),
        ] {
            for seed in fs::read_dir(seeds.join(target)).unwrap() {
                run(&fs::read(seed.unwrap().path()).unwrap());
                seen += 1;
            }
        }
        assert!(seen > 10, "{seen} seeds");
    }
}
