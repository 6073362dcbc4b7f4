//! The settings of one hub.

use crate::Transport;
use std::time::Duration;

/// The settings of one hub; the defaults are those clients expect.
///
/// ```
/// # use signalr_server::Options;
/// let options = Options { max_message: 256 * 1024, ..Options::default() };
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    /// What clients may choose from; they take the first they can use. All of them.
    pub transports: Vec<Transport>,
    /// After so long without a message to the client it is sent a ping. 15 s.
    pub keep_alive: Duration,
    /// A client that has sent a ping once and is then silent for so long is disconnected. 30 s.
    pub client_timeout: Duration,
    /// How long a client may take for the handshake. 15 s.
    pub handshake_timeout: Duration,
    /// How long a negotiated id waits for its connection, and a client of long polling may take
    /// from one poll to the next. 15 s.
    pub negotiate_lifetime: Duration,
    /// How long one write may be stuck before the connection is dropped. 10 s.
    pub send_timeout: Duration,
    /// How long the client may take to answer the closing of its transport. 5 s.
    pub close_timeout: Duration,
    /// How long a poll waits for a message. Clients give up after 100 s, and some proxies after
    /// 60 s. 55 s.
    pub poll_timeout: Duration,
    /// How long the body of a request may keep its reader waiting, all in all. 30 s.
    pub body_timeout: Duration,
    /// How often the above are looked at. 1 s.
    pub tick: Duration,
    /// The longest message taken from a client, its separator included. 32 KiB.
    pub max_message: usize,
    /// The longest body of a request, which may hold many messages. 4 MiB.
    pub max_body: usize,
    /// How many bytes may wait for a client that reads slowly. 64 KiB.
    pub send_buffer: usize,
    /// The origins (`https://example.com`) whose pages may connect from a browser. None.
    pub allowed_origins: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            transports: Transport::ALL.to_vec(),
            keep_alive: Duration::from_secs(15),
            client_timeout: Duration::from_secs(30),
            handshake_timeout: Duration::from_secs(15),
            negotiate_lifetime: Duration::from_secs(15),
            send_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            poll_timeout: Duration::from_secs(55),
            body_timeout: Duration::from_secs(30),
            tick: Duration::from_secs(1),
            max_message: 32 * 1024,
            max_body: 4 * 1024 * 1024,
            send_buffer: 64 * 1024,
            allowed_origins: Vec::new(),
        }
    }
}
