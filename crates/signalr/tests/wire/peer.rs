//! A listening server, and clients that say exactly what they are told.

use crate::hub::TestHub;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use signalr_server::{Options, Server, ignore_path_case, router};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
pub(crate) const RECORD_END: char = '\u{1e}';
pub(crate) const HANDSHAKE: &str = r#"{"protocol":"json","version":1}"#;

pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) hub: Arc<TestHub>,
    pub(crate) server: Server<TestHub>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    records: VecDeque<String>,
}

/// Options whose timers look often.
pub(crate) fn quick() -> Options {
    Options {
        tick: Duration::from_millis(10),
        ..Options::default()
    }
}

impl Peer {
    pub(crate) async fn start() -> Self {
        Self::start_with(quick()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let hub = Arc::new(TestHub::default());
        let (router, server) = router("/hub", hub.clone(), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio_util::task::TaskTracker::new().spawn(async move {
            axum::serve(listener, ignore_path_case(router, "/hub"))
                .await
                .unwrap();
        });
        Self {
            address,
            hub,
            server,
        }
    }

    pub(crate) async fn http(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request(method, path, headers, b"").await
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            request += &format!("content-length: {}\r\n", body.len());
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = [format!("{request}\r\n").as_bytes(), body].concat();
        stream.write_all(&request).await.unwrap();
        Answer::read(&mut stream).await
    }

    /// The members of a negotiation's answer.
    pub(crate) async fn negotiate(&self, query: &str) -> Value {
        let answer = self
            .http("POST", &format!("/hub/negotiate?{query}"), &[])
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// An id to connect with.
    pub(crate) async fn id(&self) -> String {
        self.negotiate("negotiateVersion=1").await["connectionToken"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Connects without a handshake; the error is the status and the sentence of the refusal.
    pub(crate) async fn open(
        &self,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, (u16, String)> {
        let uri = format!("ws://{}/hub?{query}", self.address);
        let mut request = uri.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Client {
                socket,
                records: VecDeque::new(),
            }),
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), String::from_utf8(body).unwrap()))
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// A connection after its handshake.
    pub(crate) async fn client(&self) -> Client {
        let mut client = self.open("", &[]).await.unwrap();
        client.says(HANDSHAKE).await;
        client.hears("{}").await;
        client
    }

    /// Waits until something holds, which it must soon.
    pub(crate) async fn until(&self, holds: fn(&Self) -> bool) {
        let waiting = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, waiting)
            .await
            .expect("it should hold by now");
    }

    pub(crate) async fn until_all_are_gone(&self) {
        self.until(|peer| {
            peer.hub.connected.load(Ordering::SeqCst)
                == peer.hub.disconnected.load(Ordering::SeqCst)
                && peer.server.connections() == 0
        })
        .await;
    }
}

impl Answer {
    pub(crate) async fn read(stream: &mut TcpStream) -> Self {
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer))
            .await
            .unwrap()
            .unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let bytes = answer.split_off(end.unwrap() + 4);
        let head = String::from_utf8(answer).unwrap();
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            headers: head.to_ascii_lowercase(),
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }
}

impl Client {
    /// Sends one record.
    pub(crate) async fn says(&mut self, record: &str) {
        self.sends(Message::text(format!("{record}\u{1e}"))).await;
    }

    /// How many times the record could be sent.
    pub(crate) async fn says_while_it_can(&mut self, record: &str, times: usize) -> usize {
        for n in 0..times {
            let message = Message::text(format!("{record}\u{1e}"));
            let sent = timeout(PATIENCE, self.socket.send(message))
                .await
                .expect("in time");
            if sent.is_err() {
                return n;
            }
        }
        times
    }

    /// Sends exactly this.
    pub(crate) async fn sends(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    pub(crate) async fn calls(&mut self, id: &str, method: &str, arguments: &str) {
        self.says(&format!(
            r#"{{"type":1,"invocationId":"{id}","target":"{method}","arguments":{arguments}}}"#
        ))
        .await;
    }

    /// The next WebSocket message.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        timeout(PATIENCE, self.socket.next())
            .await
            .expect("in time")
            .and_then(Result::ok)
    }

    /// The next record.
    pub(crate) async fn record(&mut self) -> String {
        while self.records.is_empty() {
            match self.message().await {
                Some(Message::Text(text)) => {
                    let whole = text.strip_suffix('\u{1e}').expect("no record is split");
                    self.records
                        .extend(whole.split('\u{1e}').map(str::to_owned));
                }
                other => panic!("expected a record, got {other:?}"),
            }
        }
        self.records.pop_front().unwrap()
    }

    pub(crate) async fn hears(&mut self, record: &str) {
        assert_eq!(self.record().await, record);
    }

    /// Nothing but the closing of the socket is left to come.
    pub(crate) async fn is_closed_with(&mut self, code: u16) {
        assert!(self.records.is_empty(), "{:?}", self.records);
        match self.message().await {
            Some(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), code),
            other => panic!("expected a close frame, got {other:?}"),
        }
        assert_eq!(self.message().await, None);
    }

    /// The socket ends without a close frame.
    pub(crate) async fn is_dropped(&mut self) {
        loop {
            match self.message().await {
                None => return,
                Some(Message::Close(frame)) => panic!("unexpected {frame:?}"),
                Some(_) => {}
            }
        }
    }

    pub(crate) async fn is_silent_for(&mut self, time: Duration) {
        if let Ok(message) = timeout(time, self.socket.next()).await {
            panic!("unexpected {message:?}");
        }
    }

    pub(crate) async fn leaves(mut self) {
        self.socket.close(None).await.unwrap();
        while self.message().await.is_some() {}
    }
}
