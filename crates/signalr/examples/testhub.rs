//! A hub to test clients against and to measure: `cargo run --release --example testhub -- ADDRESS`
//!
//! `/plugin-hub` offers every transport, `/nows` no WebSockets and polls of two seconds. Results and
//! errors are those of the same methods in an ASP.NET Core SignalR 9.0 hub.

use axum::{Router, serve::ListenerExt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use signalr_server::{
    Connection, Credentials, Hub, HubError, Invocation, Options, Refusal, Transport, resolve_method,
};
use std::{collections::HashMap, future::pending, io, sync::Arc, time::Duration};
use tokio::{net::TcpListener, time::sleep};

const METHODS: &[&str] = &[
    "Echo", "Add", "Void", "Null", "Fail", "FailHub", "EchoBack", "Slow", "CloseMe", "Burst", "Fan",
];
const COMMAND: [&str; 2] = [
    "cmd-0001",
    "say hello world, this is a command payload of about one hundred bytes, padded \
     xxxxxxxxxxxxxxxxxxxxxxx",
];

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:5005");

    let hub = Arc::new(TestHub::default());
    let (everything, _server) =
        signalr_server::router("/plugin-hub", hub.clone(), Options::default());
    let options = Options {
        transports: vec![Transport::ServerSentEvents, Transport::LongPolling],
        poll_timeout: Duration::from_secs(2),
        ..Options::default()
    };
    let (no_websockets, _server) = signalr_server::router("/nows", hub, options);
    let app = Router::new().merge(everything).merge(no_websockets);
    let app = signalr_server::ignore_path_case(app, "/plugin-hub");
    let app = signalr_server::ignore_path_case(app, "/nows");

    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // Messages are batched already; waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await
}

#[derive(Default)]
struct TestHub {
    live: Mutex<HashMap<String, Connection<()>>>,
}

/// A call whose arguments fit its method.
enum Call {
    Echo(Option<String>),
    Add(i32, i32),
    Void,
    Null,
    Fail,
    FailHub,
    EchoBack(Option<String>),
    Slow(i32),
    CloseMe,
    Burst(i32),
    Fan(i32),
}

impl Call {
    fn of(method: &str, arguments: &[Value]) -> Result<Self, HubError> {
        let method = resolve_method(method, METHODS).ok_or(HubError::MethodNotFound)?;
        Ok(match (method, arguments) {
            ("Echo", [a]) => Self::Echo(text(a)?),
            ("Add", [a, b]) => Self::Add(int(a)?, int(b)?),
            ("Void", []) => Self::Void,
            ("Null", []) => Self::Null,
            ("Fail", []) => Self::Fail,
            ("FailHub", []) => Self::FailHub,
            ("EchoBack", [a]) => Self::EchoBack(text(a)?),
            ("Slow", [a]) => Self::Slow(int(a)?),
            ("CloseMe", []) => Self::CloseMe,
            ("Burst", [a]) => Self::Burst(int(a)?),
            ("Fan", [a]) => Self::Fan(int(a)?),
            _ => return Err(HubError::BadArguments),
        })
    }
}

fn text(argument: &Value) -> Result<Option<String>, HubError> {
    match argument {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(HubError::BadArguments),
    }
}

fn int(argument: &Value) -> Result<i32, HubError> {
    let number = argument.as_i64().ok_or(HubError::BadArguments)?;
    i32::try_from(number).map_err(|_| HubError::BadArguments)
}

impl Hub for TestHub {
    type Identity = ();

    async fn authenticate(&self, _credentials: Credentials) -> Result<(), Refusal> {
        Ok(())
    }

    async fn connected(&self, connection: &Connection<()>) {
        let id = connection.id().to_owned();
        self.live.lock().insert(id, connection.clone());
    }

    async fn invoke(
        &self,
        connection: &Connection<()>,
        method: &str,
        arguments: Vec<Value>,
    ) -> Result<Option<Value>, HubError> {
        // A method without a result answers `null`, as the reference does.
        let nothing = Ok(Some(Value::Null));
        match Call::of(method, &arguments)? {
            Call::Echo(text) => Ok(Some(text.into())),
            Call::Add(a, b) => Ok(Some(a.wrapping_add(b).into())),
            Call::Void | Call::Null => nothing,
            Call::Fail => Err(HubError::Failed),
            Call::FailHub => Err(HubError::Message("public detail".to_owned())),
            Call::EchoBack(text) => {
                let _ = connection.send("ReceiveMessage", &text);
                nothing
            }
            Call::Slow(ms) => slow(ms).await,
            Call::CloseMe => {
                connection.close(None, false);
                nothing
            }
            Call::Burst(count) => {
                for _ in 0..count {
                    if connection.send_when_room(&command()?).await.is_err() {
                        break;
                    }
                }
                nothing
            }
            Call::Fan(count) => {
                for _ in 0..count {
                    self.tell_all(&command()?).await;
                }
                nothing
            }
        }
    }

    fn accepts(&self, method: &str, arguments: &[Value]) -> Result<(), HubError> {
        Call::of(method, arguments).map(drop)
    }

    async fn disconnected(&self, connection: &Connection<()>) {
        self.live.lock().remove(connection.id());
    }
}

impl TestHub {
    /// Sends at once what can be sent at once, and waits only for the clients that are slow.
    async fn tell_all(&self, invocation: &Invocation) {
        let full: Vec<_> = {
            let live = self.live.lock();
            live.values()
                .filter(|connection| matches!(connection.offer_invocation(invocation), Ok(false)))
                .cloned()
                .collect()
        };
        for connection in full {
            let _ = connection.send_when_room(invocation).await;
        }
    }
}

fn command() -> Result<Invocation, HubError> {
    Invocation::with_arguments("ExecuteCommand", &COMMAND).map_err(|_| HubError::Failed)
}

async fn slow(ms: i32) -> Result<Option<Value>, HubError> {
    match u64::try_from(ms) {
        Ok(ms) => sleep(Duration::from_millis(ms)).await,
        // Like the reference, which takes it for "without end".
        Err(_) if ms == -1 => pending().await,
        Err(_) => return Err(HubError::Failed),
    }
    Ok(Some(json!("slow")))
}
