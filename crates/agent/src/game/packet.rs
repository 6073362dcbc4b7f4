//! Packets of the Source RCON protocol: a length, an id, a kind, a text, and two zero bytes, all
//! numbers little-endian.

use bytes::{Buf as _, BufMut as _, BytesMut};

/// What a packet is for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Auth,
    Command,
    /// An answer. Sent to a game it asks for nothing; Source games send it back, Minecraft complains
    /// with the same id.
    Response,
}

impl Kind {
    fn number(self) -> i32 {
        match self {
            Self::Auth => 3,
            Self::Command => 2,
            Self::Response => 0,
        }
    }
}

/// The kind of the answer to [`Kind::Auth`].
pub(super) const AUTH_ANSWER: i32 = 2;

/// No game sends a longer one; what claims to be is no RCON.
const LONGEST: usize = 64 * 1024;
/// The bytes of a packet after its length, without its text.
const FRAME: usize = 10;

#[derive(Debug, PartialEq)]
pub(super) struct Packet {
    pub(super) id: i32,
    pub(super) kind: i32,
    pub(super) text: Vec<u8>,
}

/// What was read is not RCON.
#[derive(Debug, PartialEq)]
pub(super) struct NotRcon;

pub(super) fn encode(id: i32, kind: Kind, text: &str) -> BytesMut {
    let length = text.len() + FRAME;
    let mut packet = BytesMut::with_capacity(4 + length);
    packet.put_i32_le(i32::try_from(length).expect("a command is short"));
    packet.put_i32_le(id);
    packet.put_i32_le(kind.number());
    packet.put_slice(text.as_bytes());
    packet.put_u16(0);
    packet
}

/// Takes the next packet out of what was read, where it is whole.
pub(super) fn decode(buffer: &mut BytesMut) -> Result<Option<Packet>, NotRcon> {
    let Some(length) = buffer.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = usize::try_from(i32::from_le_bytes(*length)).map_err(|_| NotRcon)?;
    if !(FRAME..=LONGEST).contains(&length) {
        return Err(NotRcon);
    }
    if buffer.len() < 4 + length {
        return Ok(None);
    }
    buffer.advance(4);
    let mut packet = buffer.split_to(length);
    let (id, kind) = (packet.get_i32_le(), packet.get_i32_le());
    let text = packet[..packet.len() - 2].to_vec();
    Ok(Some(Packet { id, kind, text }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packets_read_back_however_they_arrive(
            texts in prop::collection::vec("\\PC{0,50}", 1..5),
            cut in 1usize..20,
        ) {
            let mut bytes = Vec::new();
            for (id, text) in (1..).zip(&texts) {
                bytes.extend_from_slice(&encode(id, Kind::Command, text));
            }
            let (mut buffer, mut read) = (BytesMut::new(), Vec::new());
            for piece in bytes.chunks(cut) {
                buffer.extend_from_slice(piece);
                while let Some(packet) = decode(&mut buffer).unwrap() {
                    prop_assert_eq!(packet.kind, 2);
                    read.push(String::from_utf8(packet.text).unwrap());
                }
            }
            prop_assert!(buffer.is_empty());
            prop_assert_eq!(read, texts);
        }

        #[test]
        fn nonsense_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = decode(&mut buffer) {}
        }
    }

    #[test]
    fn what_is_no_rcon_is_told_by_its_length() {
        let mut buffer = BytesMut::from(&b"HTTP/1.1 400 Bad Request\r\n"[..]);
        assert_eq!(decode(&mut buffer), Err(NotRcon));
    }
}
