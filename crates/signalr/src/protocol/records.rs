//! Cuts a byte stream into records, each of which ends with the byte 0x1E.

use bytes::{Bytes, BytesMut};

pub(crate) const SEPARATOR: u8 = 0x1e;

pub(crate) struct Records {
    buffer: BytesMut,
    /// How far the buffer is known to hold no separator.
    scanned: usize,
    max: usize,
}

/// A record is longer than allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Records {
    /// `max` is the length of the longest record, its separator included.
    pub(crate) fn new(max: usize) -> Self {
        Self {
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

    /// The next record without its separator, or `None` until more has arrived.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, TooLong> {
        let window = &self.buffer[self.scanned..self.buffer.len().min(self.max)];
        let Some(offset) = window.iter().position(|byte| *byte == SEPARATOR) else {
            if self.buffer.len() >= self.max {
                return Err(TooLong);
            }
            self.scanned = self.buffer.len();
            return Ok(None);
        };
        let mut record = self.buffer.split_to(self.scanned + offset + 1);
        record.truncate(record.len() - 1);
        self.scanned = 0;
        if self.buffer.is_empty() {
            // An idle connection keeps no memory of its longest message.
            self.buffer = BytesMut::new();
        }
        Ok(Some(record.freeze()))
    }
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
        records.push(b"123");
        assert_eq!(records.next(), Ok(None));
        records.push(b"4");
        assert_eq!(records.next(), Err(TooLong));
    }
}
