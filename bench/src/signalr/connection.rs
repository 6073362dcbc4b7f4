//! A client of a hub that costs next to nothing: raw WebSocket frames over TCP, JSON records in them,
//! which are counted and not parsed.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const HUB: &str = "/plugin-hub";
const SEPARATOR: u8 = 0x1e;
/// A hub pings who has got nothing for a while, also between two messages.
const MOST_PINGS: u64 = 10;
/// Nothing here takes this long while a server lives.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A connection after its handshake.
pub(crate) struct Connection {
    stream: TcpStream,
    frames: Frames,
}

impl Connection {
    /// Connects without negotiation.
    pub(crate) async fn open(server: SocketAddr) -> Result<Self> {
        Self::upgrade(server, "").await
    }

    /// Negotiates first, over a connection of its own as the official clients do.
    pub(crate) async fn negotiate(server: SocketAddr) -> Result<Self> {
        let mut stream = connect(server).await?;
        let request = format!(
            "POST {HUB}/negotiate?negotiateVersion=1 HTTP/1.1\r\nHost: {server}\r\nContent-Length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let answer = read_answer(&mut stream).await?;
        let token = answer
            .split_once("\"connectionToken\":\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(token, _)| token)
            .ok_or_else(|| format!("no token in {answer}"))?;
        drop(stream);
        Self::upgrade(server, &format!("?id={token}")).await
    }

    pub(crate) async fn upgrade(server: SocketAddr, query: &str) -> Result<Self> {
        let mut stream = connect(server).await?;
        let request = format!(
            "GET {HUB}{query} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let answer = read_answer(&mut stream).await?;
        if !answer.starts_with("HTTP/1.1 101 ") {
            return Err(format!("no upgrade: {answer}").into());
        }
        let mut connection = Self {
            stream,
            frames: Frames::default(),
        };
        connection
            .send(b"{\"protocol\":\"json\",\"version\":1}\x1e")
            .await?;
        connection.receive(1, &mut [0; 128]).await?;
        Ok(connection)
    }

    /// Sends a call that is not answered.
    pub(crate) async fn call(&mut self, method: &str, argument: &str) -> Result<()> {
        self.send(invocation(method, argument).as_bytes()).await
    }

    async fn send(&mut self, records: &[u8]) -> Result<()> {
        self.stream.write_all(&frame(records)).await?;
        Ok(())
    }

    /// Reads until `count` records are here. No more may come, except pings.
    pub(crate) async fn receive(&mut self, count: u64, buffer: &mut [u8]) -> Result<()> {
        let mut records = 0;
        while records < count {
            let size = timeout(PATIENCE, self.stream.read(buffer)).await??;
            if size == 0 {
                return Err("the server closed the connection".into());
            }
            self.frames.read(&buffer[..size], |payload| {
                records += count_separators(payload);
            });
        }
        if records <= count + MOST_PINGS {
            Ok(())
        } else {
            Err(format!("{records} records instead of {count}").into())
        }
    }

    pub(crate) fn split(self) -> (Reader, Writer) {
        let (read, write) = self.stream.into_split();
        let reader = Reader {
            stream: read,
            frames: self.frames,
            rest: Vec::new(),
        };
        (reader, Writer(write))
    }
}

/// The half that looks at what comes.
pub(crate) struct Reader {
    stream: OwnedReadHalf,
    frames: Frames,
    rest: Vec<u8>,
}

impl Reader {
    /// Gives the next records to `see`, until there are none for a second.
    pub(crate) async fn next(&mut self, mut see: impl FnMut(&[u8])) -> Result<bool> {
        let mut buffer = [0; 4096];
        let Ok(size) = timeout(Duration::from_secs(1), self.stream.read(&mut buffer)).await else {
            return Ok(false);
        };
        let size = size?;
        if size == 0 {
            return Err("the server closed the connection".into());
        }
        let rest = &mut self.rest;
        self.frames
            .read(&buffer[..size], |payload| rest.extend_from_slice(payload));
        while let Some(end) = rest.iter().position(|byte| *byte == SEPARATOR) {
            see(&rest[..end]);
            rest.drain(..=end);
        }
        Ok(true)
    }
}

/// The half that calls.
pub(crate) struct Writer(OwnedWriteHalf);

impl Writer {
    pub(crate) async fn call(&mut self, method: &str, argument: &str) -> Result<()> {
        let records = invocation(method, argument);
        self.0.write_all(&frame(records.as_bytes())).await?;
        Ok(())
    }
}

/// A call without an id: the server answers nothing.
fn invocation(method: &str, argument: &str) -> String {
    format!("{{\"type\":1,\"target\":\"{method}\",\"arguments\":[{argument}]}}\u{1e}")
}

async fn connect(server: SocketAddr) -> Result<TcpStream> {
    loop {
        let socket = TcpSocket::new_v4()?;
        match socket.bind(next_source()) {
            Ok(()) => {
                let stream = timeout(PATIENCE, socket.connect(server)).await??;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// An address that was not used yet. One host has not enough ports, and letting the system look for
/// a free one takes it longer than all the rest.
fn next_source() -> SocketAddr {
    const PORTS: u32 = 50_000;
    static USED: AtomicU32 = AtomicU32::new(0);
    let next = USED.fetch_add(1, Relaxed);
    // Another run has another process id, and begins at other hosts.
    let host = (std::process::id() * 8 + next / PORTS) % 60_000;
    let port = u16::try_from(10_000 + next % PORTS).expect("below 60,000");
    let [_, _, high, low] = (host + 256).to_be_bytes();
    (Ipv4Addr::new(127, 1, high, low), port).into()
}

/// Head and body of an answer.
async fn read_answer(stream: &mut TcpStream) -> Result<String> {
    let mut answer = Vec::with_capacity(1024);
    loop {
        if timeout(PATIENCE, stream.read_buf(&mut answer)).await?? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let text = str::from_utf8(&answer)?;
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= content_length(head)
        {
            return Ok(text.to_owned());
        }
    }
}

fn content_length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

/// A text frame. Its mask is zero, so the payload stays as it is.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u8::try_from(payload.len()) {
        Ok(length) if length < 126 => frame.push(0x80 | length),
        _ => {
            let length = u16::try_from(payload.len()).expect("calls are short");
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn count_separators(bytes: &[u8]) -> u64 {
    // Blocks of 255 are counted in a byte each, which the compiler makes wide instructions of.
    bytes
        .chunks(255)
        .map(|block| {
            u64::from(
                block
                    .iter()
                    .map(|byte| u8::from(*byte == SEPARATOR))
                    .sum::<u8>(),
            )
        })
        .sum()
}

/// Where in a frame of the server the stream is.
#[derive(Default)]
struct Frames {
    head: [u8; 10],
    known: usize,
    payload: u64,
}

impl Frames {
    /// Takes what was read apart and gives the pieces of payload to `see`.
    fn read(&mut self, mut bytes: &[u8], mut see: impl FnMut(&[u8])) {
        while let Some(first) = bytes.first() {
            if self.payload > 0 {
                let size =
                    usize::try_from(self.payload).map_or(bytes.len(), |it| it.min(bytes.len()));
                let (payload, rest) = bytes.split_at(size);
                see(payload);
                self.payload -= size as u64;
                bytes = rest;
            } else {
                self.head[self.known] = *first;
                self.known += 1;
                bytes = &bytes[1..];
                self.begin();
            }
        }
    }

    fn begin(&mut self) {
        let [_, length, rest @ ..] = &self.head;
        self.payload = match (length & 0x7f, self.known) {
            (0..126, 2) => u64::from(*length),
            (126, 4) => u64::from(u16::from_be_bytes([rest[0], rest[1]])),
            (127, 10) => u64::from_be_bytes(*rest),
            _ => return,
        };
        self.known = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_apart_wherever_they_are_cut() {
        let mut stream = vec![0x81, 3, b'a', b'b', SEPARATOR, 0x81, 0];
        stream.extend([0x81, 126, 0, 0x1e]);
        stream.extend([SEPARATOR; 30]);
        stream.extend([0x81, 127, 0, 0, 0, 0, 0, 1, 0x1e, 0]);
        stream.extend(vec![b'x'; 0x11e00]);
        for size in [1, 2, 3, 7, 1000, stream.len()] {
            let mut frames = Frames::default();
            let (mut records, mut bytes) = (0, 0);
            for part in stream.chunks(size) {
                frames.read(part, |payload| {
                    records += count_separators(payload);
                    bytes += payload.len();
                });
            }
            assert_eq!((records, bytes), (31, 3 + 30 + 0x11e00), "cut at {size}");
        }
    }

    #[test]
    fn separators_are_counted() {
        let mut bytes = vec![SEPARATOR; 1000];
        bytes.extend([0x1d; 1000]);
        assert_eq!(count_separators(&bytes), 1000);
    }
}
