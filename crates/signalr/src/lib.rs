//! A SignalR server for [axum].
//!
//! Implement [`Hub`], hand it to [`router`], merge the router into the application:
//!
//! ```
//! use serde_json::{Value, json};
//! use signalr_server::{
//!     Connection, Credentials, Hub, HubError, Options, Refusal, parse_arguments, resolve_method,
//! };
//! use std::sync::Arc;
//!
//! struct Chat;
//!
//! impl Hub for Chat {
//!     type Identity = String;
//!
//!     async fn authenticate(&self, credentials: Credentials) -> Result<String, Refusal> {
//!         match credentials.token() {
//!             Some("open sesame") => Ok("ali".to_owned()),
//!             _ => Err(Refusal::unauthorized("This token is not known here.")),
//!         }
//!     }
//!
//!     async fn connected(&self, connection: &Connection<String>) {
//!         let _ = connection.send("Welcome", &json!({ "name": connection.identity() }));
//!     }
//!
//!     async fn invoke(
//!         &self,
//!         _connection: &Connection<String>,
//!         method: &str,
//!         arguments: Vec<Value>,
//!     ) -> Result<Option<Value>, HubError> {
//!         match resolve_method(method, &["Shout"]) {
//!             Some("Shout") => {
//!                 let (text,): (String,) = parse_arguments(arguments)?;
//!                 Ok(Some(text.to_uppercase().into()))
//!             }
//!             _ => Err(HubError::MethodNotFound),
//!         }
//!     }
//!
//!     async fn disconnected(&self, _connection: &Connection<String>) {}
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let (hub, server) = signalr_server::router("/chat", Arc::new(Chat), Options::default());
//! let app: axum::Router = axum::Router::new().merge(hub);
//! // axum::serve(listener, app), and once it should end:
//! server.shutdown(std::time::Duration::from_secs(1)).await;
//! # drop(app);
//! # }
//! ```
//!
//! # What is spoken
//!
//! The transports WebSockets, Server-Sent Events and Long Polling, each with the JSON hub protocol
//! and, where bytes can travel, with MessagePack; negotiation versions 0 and 1, and WebSockets that
//! skip it. A hub sees no difference: arguments and results are JSON values in either protocol. In
//! MessagePack, bytes become base64 text; an argument JSON has no like of (an extension, a map with
//! keys that are not text) fails its call.
//!
//! Hub methods answer with one result. There are no streams, no calls of a client that wait for its
//! result, and no stateful reconnects: a client that comes back is a new connection.
//!
//! # What it costs, and its bounds
//!
//! An idle WebSocket takes under 4 KiB, besides what the system keeps for its socket. What waits for
//! a client is bounded by [`Options::send_buffer`], what waits for the hub by the longer of that
//! and [`Options::max_message`]; beyond that a client is slowed down, and one that reads nothing for
//! [`Options::send_timeout`] is cut off. Responses notice this only where the HTTP server passes
//! their bytes on as they are. Where something in between copies them (TLS, HTTP/2, compression), it
//! should limit the time of a write itself.
//!
//! # How it is built
//!
//! A connection is a `Link`: an inbox of bytes, an outbox of records, and where it stands in its
//! life. A transport fills the inbox and empties the outbox; the session reads the inbox, shakes
//! hands and calls the hub. Neither knows the other, so each transport runs the same session. One
//! timer looks at every link once per tick: it pings, and it ends what has been silent or stuck for
//! too long.
//!
//! # Serving it
//!
//! Serve the application with `TCP_NODELAY` (for instance through `axum::serve::ListenerExt`):
//! messages are batched already, and waiting for more only delays them. [`Server::shutdown`] belongs
//! before the end of the process, since a WebSocket is no longer part of the HTTP server's requests.
//!
//! A time limit for whole requests, in a middleware or in a proxy, has to be longer than
//! [`Options::poll_timeout`], and must leave Server-Sent Events alone. A connection lives in one
//! process: behind a load balancer all its requests have to reach the same one.
//!
//! # Letter case
//!
//! Routes below the hub's path are found in any letter case; for the path itself wrap the finished
//! application in [`ignore_path_case`].

#![warn(missing_docs)]

mod connection;
mod cors;
mod credentials;
mod endpoint;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod hub;
mod id;
mod inbox;
mod invocation;
mod link;
mod negotiate;
mod options;
mod outbox;
mod path;
mod protocol;
mod query;
mod refusal;
mod registry;
mod server;
mod session;
mod transport;

pub use connection::{Connection, SendError};
pub use credentials::Credentials;
pub use hub::{Hub, HubError, parse_arguments, resolve_method};
pub use invocation::{Invocation, MAX_INVOCATION};
pub use options::Options;
pub use path::ignore_path_case;
pub use refusal::Refusal;
pub use server::{Server, router};
pub use transport::Transport;
