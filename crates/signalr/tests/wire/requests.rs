//! Clients that use requests instead of a WebSocket.

use crate::peer::{Answer, HANDSHAKE, PATIENCE, Peer, RECORD_END};
use std::collections::VecDeque;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// The response of the Server-Sent Events transport.
pub(crate) struct Events {
    stream: TcpStream,
    pub(crate) head: String,
    unread: Vec<u8>,
    records: VecDeque<String>,
}

impl Peer {
    pub(crate) async fn post(&self, id: &str, body: &[u8]) -> Answer {
        let path = format!("/hub?id={id}");
        self.request("POST", &path, &[("content-type", "text/plain")], body)
            .await
    }

    /// Posts records, which is accepted.
    pub(crate) async fn says(&self, id: &str, records: &[&str]) {
        let body: String = records
            .iter()
            .map(|record| format!("{record}{RECORD_END}"))
            .collect();
        let answer = self.post(id, body.as_bytes()).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
        assert!(answer.headers.contains("content-type: text/plain"));
    }

    pub(crate) async fn poll(&self, id: &str) -> Answer {
        self.http("GET", &format!("/hub?id={id}&_=1"), &[]).await
    }

    /// The records of the next poll, which are to be these.
    pub(crate) async fn hears(&self, id: &str, records: &[&str]) {
        let answer = self.poll(id).await;
        let body: String = records
            .iter()
            .map(|record| format!("{record}{RECORD_END}"))
            .collect();
        assert_eq!((answer.status, answer.body), (200, body));
    }

    /// The id of a connection by long polling, after its handshake.
    pub(crate) async fn poller(&self) -> String {
        let id = self.id().await;
        self.hears(&id, &[]).await;
        self.says(&id, &[HANDSHAKE]).await;
        self.hears(&id, &["{}"]).await;
        id
    }

    /// Opens the stream of events, without a handshake.
    pub(crate) async fn events(&self, id: &str) -> Events {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "GET /hub?id={id} HTTP/1.1\r\nhost: t\r\naccept: text/event-stream, */*;q=0.1\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut events = Events {
            stream,
            head: String::new(),
            unread: Vec::new(),
            records: VecDeque::new(),
        };
        events.head = events.until(b"\r\n\r\n").await.unwrap();
        events
    }

    /// A connection by events after its handshake, and its id.
    pub(crate) async fn listener(&self) -> (Events, String) {
        let id = self.id().await;
        let mut events = self.events(&id).await;
        assert_eq!(events.chunk().await.unwrap(), ":\r\n");
        self.says(&id, &[HANDSHAKE]).await;
        events.hears("{}").await;
        (events, id)
    }
}

impl Events {
    pub(crate) async fn hears(&mut self, record: &str) {
        while self.records.is_empty() {
            let chunk = self.chunk().await.expect("one more event");
            let event = chunk
                .strip_prefix("data: ")
                .and_then(|event| event.strip_suffix("\u{1e}\r\n\r\n"))
                .expect("one event of whole records");
            self.records
                .extend(event.split(RECORD_END).map(str::to_owned));
        }
        assert_eq!(self.records.pop_front().unwrap(), record);
    }

    /// The next chunk; `None` after the last.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let len = self.until(b"\r\n").await.expect("a chunk");
        let len = usize::from_str_radix(len.trim(), 16).unwrap();
        while self.unread.len() < len + 2 {
            assert!(self.read().await, "the chunk should be whole");
        }
        let rest = self.unread.split_off(len + 2);
        let mut chunk = std::mem::replace(&mut self.unread, rest);
        chunk.truncate(len);
        (len > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    /// The connection ends without the last chunk.
    pub(crate) async fn is_cut_off(&mut self) {
        while self.read().await {}
        assert!(!self.unread.ends_with(b"\r\n0\r\n\r\n"));
    }

    async fn until(&mut self, end: &[u8]) -> Option<String> {
        loop {
            let found = self.unread.windows(end.len()).position(|part| part == end);
            if let Some(start) = found {
                let rest = self.unread.split_off(start + end.len());
                let text = std::mem::replace(&mut self.unread, rest);
                return Some(String::from_utf8(text).unwrap());
            }
            if !self.read().await {
                return None;
            }
        }
    }

    async fn read(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.unread));
        matches!(read.await.expect("in time"), Ok(1..))
    }
}
