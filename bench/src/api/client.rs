//! A light client: one kept connection, requests that were written out beforehand, and no more looked at
//! in an answer than where it ends.

use std::io::{Error, Result};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::measure::{Caller, Chance};

/// Asks one of some requests, over and over, on a connection of its own.
pub(super) struct Asks {
    server: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connection: Option<Connection>,
}

impl Asks {
    pub(super) fn new(server: SocketAddr, requests: Arc<Vec<Vec<u8>>>) -> Self {
        Self {
            server,
            requests,
            connection: None,
        }
    }
}

/// Each copy gets a connection of its own.
impl Clone for Asks {
    fn clone(&self) -> Self {
        Self::new(self.server, self.requests.clone())
    }
}

impl Caller for Asks {
    async fn once(&mut self, chance: &mut Chance) {
        let number = usize::try_from(chance.next() >> 33).expect("31 bits");
        let request = &self.requests[number % self.requests.len()];
        if self.connection.is_none() {
            let opened = Connection::open(self.server).await;
            self.connection = Some(opened.expect("the server lets us in"));
        }
        let connection = self.connection.as_mut().expect("opened above");
        connection.ask(request).await.expect("the request succeeds");
    }
}

/// A kept connection.
pub(super) struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(server: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(server).await?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Asks, and gives the body of the answer. Errors: another answer than 200.
    pub(super) async fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        let body = loop {
            self.more().await?;
            if let Some(at) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let end = body + length(&self.buffer[..body])?;
        while self.buffer.len() < end {
            self.more().await?;
        }
        if self.buffer.len() > end || !self.buffer.starts_with(b"HTTP/1.1 200 ") {
            return Err(Error::other(String::from_utf8_lossy(&self.buffer)));
        }
        Ok(&self.buffer[body..])
    }

    async fn more(&mut self) -> Result<()> {
        match self.socket.read_buf(&mut self.buffer).await? {
            0 => Err(Error::other("the server closed the connection")),
            _ => Ok(()),
        }
    }
}

/// How long the body is, by the head before it.
fn length(head: &[u8]) -> Result<usize> {
    const NAME: &[u8] = b"content-length:";
    let mut lines = head.split(|byte| *byte == b'\n');
    let line = lines.find(|line| {
        let name = line.get(..NAME.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    });
    let text = line.and_then(|line| std::str::from_utf8(&line[NAME.len()..]).ok());
    text.and_then(|text| text.trim().parse().ok())
        .ok_or_else(|| Error::other(String::from_utf8_lossy(head)))
}
