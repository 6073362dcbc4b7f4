//! Cuts a byte stream into records: each ends with the byte 0x1E, or begins with its length.

use bytes::{Buf, Bytes, BytesMut};

pub(crate) const SEPARATOR: u8 = 0x1e;
/// The longest way to write a length.
const MAX_PREFIX: usize = 5;

pub(crate) struct Records {
    framing: Framing,
    buffer: BytesMut,
    /// How far the buffer is known to hold no separator.
    scanned: usize,
    max: usize,
}

/// How the end of a record is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Separator,
    /// Seven bits of the length in each byte, the lowest first; the last byte has no high bit.
    Length,
}

/// A record is longer than allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Records {
    /// `max` is the length of the longest record, its separator or its length included.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            framing: Framing::Separator,
            buffer: BytesMut::new(),
            scanned: 0,
            max,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn clear(&mut self) {
        self.buffer = BytesMut::new();
        self.scanned = 0;
    }

    /// How the records after those already taken are framed.
    pub(crate) fn reframe(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// The next record alone, or `None` until more has arrived.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, TooLong> {
        match self.framing {
            Framing::Separator => self.next_separated(),
            Framing::Length => self.next_measured(),
        }
    }

    fn next_separated(&mut self) -> Result<Option<Bytes>, TooLong> {
        let window = &self.buffer[self.scanned..self.buffer.len().min(self.max)];
        let Some(offset) = window.iter().position(|byte| *byte == SEPARATOR) else {
            if self.buffer.len() > self.max {
                return Err(TooLong);
            }
            self.scanned = self.buffer.len();
            return Ok(None);
        };
        let mut record = self.take(self.scanned + offset + 1);
        record.truncate(record.len() - 1);
        Ok(Some(record))
    }

    fn next_measured(&mut self) -> Result<Option<Bytes>, TooLong> {
        let Some((prefix, len)) = length(&self.buffer)? else {
            return Ok(None);
        };
        // Known to be too long, it is not waited for.
        let whole = len.saturating_add(prefix);
        if whole > self.max {
            return Err(TooLong);
        }
        if self.buffer.len() < whole {
            return Ok(None);
        }
        let mut record = self.take(whole);
        record.advance(prefix);
        Ok(Some(record))
    }

    fn take(&mut self, len: usize) -> Bytes {
        let record = self.buffer.split_to(len);
        self.scanned = 0;
        if self.buffer.is_empty() {
            // An idle connection keeps no memory of its longest message.
            self.buffer = BytesMut::new();
        }
        record.freeze()
    }
}

/// How many bytes a length takes, and the length.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, TooLong> {
    let mut len = 0;
    for (n, byte) in bytes.iter().enumerate() {
        if n >= MAX_PREFIX {
            return Err(TooLong);
        }
        len |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Ok(Some((n + 1, len)));
        }
    }
    Ok(None)
}

/// A record after its length.
pub(super) fn with_length(record: &[u8]) -> Bytes {
    let mut framed = Vec::with_capacity(MAX_PREFIX + record.len());
    let mut rest = record.len();
    loop {
        let bits = u8::try_from(rest & 0x7f).expect("seven bits");
        rest >>= 7;
        if rest == 0 {
            framed.push(bits);
            break;
        }
        framed.push(bits | 0x80);
    }
    framed.extend_from_slice(record);
    framed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_may_arrive_in_any_pieces() {
        let mut records = Records::new(10);
        records.push(b"ab");
        assert_eq!(records.next(), Ok(None));
        records.push(b"c\x1e\x1ed");
        assert_eq!(records.next(), Ok(Some("abc".into())));
        assert_eq!(records.next(), Ok(Some("".into())));
        assert_eq!(records.next(), Ok(None));
        records.push(b"\x1e");
        assert_eq!(records.next(), Ok(Some("d".into())));
        assert_eq!(records.next(), Ok(None));
    }

    #[test]
    fn the_limit_counts_the_separator_and_each_record_alone() {
        let mut records = Records::new(4);
        records.push(b"123\x1e123\x1e1234\x1e");
        assert_eq!(records.next(), Ok(Some("123".into())));
        assert_eq!(records.next(), Ok(Some("123".into())));
        assert_eq!(records.next(), Err(TooLong));

        let mut records = Records::new(4);
        records.push(b"1234");
        assert_eq!(records.next(), Ok(None));
        records.push(b"5");
        assert_eq!(records.next(), Err(TooLong));
    }

    #[test]
    fn after_the_handshake_a_length_may_stand_before_each_record() {
        let mut records = Records::new(1000);
        let long = [7; 300];
        records.push(b"hi\x1e\x02ab");
        assert_eq!(records.next(), Ok(Some("hi".into())));
        records.reframe(Framing::Length);
        assert_eq!(records.next(), Ok(Some("ab".into())));
        assert_eq!(records.next(), Ok(None));
        for byte in with_length(&long) {
            assert_eq!(records.next(), Ok(None));
            records.push(&[byte]);
        }
        assert_eq!(records.next(), Ok(Some(Bytes::copy_from_slice(&long))));
        records.push(b"\x00");
        assert_eq!(records.next(), Ok(Some("".into())));
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_its_record_arrives() {
        for prefix in [
            &b"\x04"[..],
            b"\xff\xff\xff\xff\x7f",
            b"\x80\x80\x80\x80\x80\x00",
        ] {
            let mut records = Records::new(4);
            records.reframe(Framing::Length);
            records.push(prefix);
            assert_eq!(records.next(), Err(TooLong), "{prefix:?}");
        }
    }
}
