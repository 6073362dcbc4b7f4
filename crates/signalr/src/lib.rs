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
//! The WebSockets transport with the JSON hub protocol; negotiation versions 0 and 1, and
//! connections that skip negotiation. Hub methods answer with one result; there are no streams.
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
//! # Letter case
//!
//! Routes below the hub's path are found in any letter case; for the path itself wrap the finished
//! application in [`ignore_path_case`].

#![warn(missing_docs)]

mod connection;
mod cors;
mod credentials;
mod endpoint;
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
