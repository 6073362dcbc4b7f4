//! One connection: the WebSocket, the handshake, and what is sent and read on it.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header::AUTHORIZATION};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

use super::wire::{self, Incoming, Records};
use crate::config::Config;
use crate::net::{Stream, Tls};

const HANDSHAKE_TIME: Duration = Duration::from_secs(15);
const SEND_TIME: Duration = Duration::from_secs(10);
const MESSAGE_BYTES: usize = 4 * 1024 * 1024;

pub(crate) struct Connection {
    socket: WebSocketStream<Box<dyn Stream>>,
    records: Records,
    /// What was read and not yet handed out.
    read: std::collections::VecDeque<Vec<u8>>,
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The token is not taken.
    Token(String),
    Other(String),
}

/// Where the hub of a store is.
pub(crate) fn hub_url(store: &Url) -> Url {
    let mut url = store.clone();
    let path = format!("{}/plugin-hub", store.path().trim_end_matches('/'));
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

impl Connection {
    /// Connects and shakes hands.
    pub(crate) async fn open(config: &Config, tls: &Tls) -> Result<Self, Refused> {
        let url = hub_url(&config.store);
        let other = |cause: &dyn std::fmt::Display| Refused::Other(format!("{url}: {cause}"));
        let stream = tls.connect(&url).await.map_err(|cause| other(&cause))?;
        let opened = timeout(HANDSHAKE_TIME, upgrade(&url, &config.token.0, stream)).await;
        let mut connection = opened.map_err(|_| other(&"no answer"))??;
        let greeted = timeout(HANDSHAKE_TIME, connection.shake_hands()).await;
        greeted
            .map_err(|_| other(&"no answer"))?
            .map_err(|cause| other(&cause))?;
        Ok(connection)
    }

    async fn shake_hands(&mut self) -> Result<(), String> {
        self.send(wire::HANDSHAKE.to_owned()).await?;
        let record = self.next_record().await?;
        wire::read_handshake(&record)
    }

    pub(crate) async fn send(&mut self, records: String) -> Result<(), String> {
        let sent = timeout(SEND_TIME, self.socket.send(Message::text(records))).await;
        let sent = sent.map_err(|_| "the store takes no more".to_owned())?;
        sent.map_err(|error| error.to_string())
    }

    /// The next thing the store says. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Incoming, String> {
        wire::read(&self.next_record().await?)
    }

    async fn next_record(&mut self) -> Result<Vec<u8>, String> {
        loop {
            if let Some(record) = self.read.pop_front() {
                return Ok(record);
            }
            let message = self.socket.next().await;
            let message = message.ok_or_else(|| "the store hung up".to_owned())?;
            match message.map_err(|error| error.to_string())? {
                Message::Text(text) => self.read.extend(self.records.take(text.as_bytes())?),
                Message::Binary(bytes) => self.read.extend(self.records.take(&bytes)?),
                Message::Close(_) => return Err("the store closed the connection".to_owned()),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Says goodbye, as far as anybody listens.
    pub(crate) async fn close(mut self) {
        let goodbye = async {
            self.send(wire::CLOSE.to_owned()).await.ok();
            self.socket.close(None).await.ok();
        };
        timeout(Duration::from_secs(1), goodbye).await.ok();
    }
}

async fn upgrade(url: &Url, token: &str, stream: Box<dyn Stream>) -> Result<Connection, Refused> {
    let other = |cause: &dyn std::fmt::Display| Refused::Other(format!("{url}: {cause}"));
    let mut ws_url = url.clone();
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    ws_url
        .set_scheme(scheme)
        .map_err(|()| other(&"not a web address"))?;
    let request = ws_url.as_str().into_client_request();
    let mut request = request.map_err(|cause| other(&cause))?;
    let bearer = HeaderValue::try_from(format!("Bearer {token}"));
    let bearer = bearer.map_err(|_| Refused::Token("the token is none".to_owned()))?;
    request.headers_mut().insert(AUTHORIZATION, bearer);
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES));
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(Connection {
            socket,
            records: Records::default(),
            read: std::collections::VecDeque::new(),
        }),
        Err(Error::Http(answer)) => {
            let status = answer.status();
            let body = answer.body().as_deref().unwrap_or_default();
            let text = String::from_utf8_lossy(body);
            let sentence = text.lines().next().unwrap_or_default().trim();
            let reason = match sentence {
                "" => format!("{url} answered {status}"),
                sentence => format!("{url} answered {status}: {sentence}"),
            };
            Err(match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    Refused::Token(format!("the connection token is not taken. {reason}"))
                }
                StatusCode::NOT_FOUND => {
                    Refused::Other(format!("there is no Tradepost here. {reason}"))
                }
                _ => Refused::Other(reason),
            })
        }
        Err(error) => Err(other(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hub_is_below_the_stores_address() {
        for (store, hub) in [
            ("https://shop.example", "https://shop.example/plugin-hub"),
            ("http://x:8080/a/?q#f", "http://x:8080/a/plugin-hub"),
        ] {
            assert_eq!(hub_url(&Url::parse(store).unwrap()).as_str(), hub);
        }
    }
}
