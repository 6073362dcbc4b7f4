//! A hub with a method for each behaviour.

use parking_lot::Mutex;
use serde_json::{Value, json};
use signalr_server::{
    Connection, Credentials, Hub, HubError, Invocation, Refusal, SendError, parse_arguments,
    resolve_method,
};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

#[derive(Default)]
pub(crate) struct TestHub {
    pub(crate) connected: AtomicUsize,
    pub(crate) disconnected: AtomicUsize,
    pub(crate) live: Mutex<Vec<Connection<String>>>,
    /// The methods called, in order, when they began and when they ended.
    pub(crate) calls: Mutex<Vec<String>>,
    /// Bytes accepted for clients by `Flood` and `Burst`.
    pub(crate) accepted: AtomicUsize,
}

const METHODS: &[&str] = &[
    "Echo",
    "Add",
    "Void",
    "Null",
    "Fail",
    "FailHub",
    "Panic",
    "EchoBack",
    "Slow",
    "CloseMe",
    "CloseForGood",
    "Burst",
    "Flood",
    "Big",
];

impl Hub for TestHub {
    type Identity = String;

    async fn authenticate(&self, credentials: Credentials) -> Result<String, Refusal> {
        match credentials.token() {
            None => Ok("anonymous".to_owned()),
            Some("paused") => Err(Refusal::message("This server is paused.")),
            Some(name @ ("ali" | "bea")) => Ok(name.to_owned()),
            Some(_) => Err(Refusal::unauthorized("This token is not known here.")),
        }
    }

    async fn connected(&self, connection: &Connection<String>) {
        self.connected.fetch_add(1, Ordering::SeqCst);
        self.live.lock().push(connection.clone());
    }

    async fn invoke(
        &self,
        connection: &Connection<String>,
        method: &str,
        arguments: Vec<Value>,
    ) -> Result<Option<Value>, HubError> {
        let method = resolve_method(method, METHODS).ok_or(HubError::MethodNotFound)?;
        self.calls.lock().push(format!("{method} begins"));
        let result = self.call(connection, method, arguments).await;
        self.calls.lock().push(format!("{method} ends"));
        result
    }

    fn accepts(&self, method: &str, _arguments: &[Value]) -> Result<(), HubError> {
        let known = resolve_method(method, METHODS);
        known.map(drop).ok_or(HubError::MethodNotFound)
    }

    async fn disconnected(&self, connection: &Connection<String>) {
        self.disconnected.fetch_add(1, Ordering::SeqCst);
        self.live.lock().retain(|live| live.id() != connection.id());
    }
}

impl TestHub {
    async fn call(
        &self,
        connection: &Connection<String>,
        method: &str,
        arguments: Vec<Value>,
    ) -> Result<Option<Value>, HubError> {
        match method {
            "Echo" => {
                let (text,): (String,) = parse_arguments(arguments)?;
                Ok(Some(text.into()))
            }
            "Add" => {
                let (a, b): (i64, i64) = parse_arguments(arguments)?;
                Ok(Some((a + b).into()))
            }
            "Void" => Ok(None),
            "Null" => Ok(Some(Value::Null)),
            "Fail" => Err(HubError::Failed),
            "FailHub" => Err(HubError::Message("public detail".to_owned())),
            "Panic" => panic!("secret detail"),
            "EchoBack" => {
                let (text,): (String,) = parse_arguments(arguments)?;
                connection.send("ReceiveMessage", &text).unwrap();
                Ok(None)
            }
            "Slow" => {
                let (ms,): (u64,) = parse_arguments(arguments)?;
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(Some("slow".into()))
            }
            "CloseMe" => {
                connection.close(None, true);
                Ok(None)
            }
            "CloseForGood" => {
                connection.close(Some("Your token was replaced."), false);
                Ok(None)
            }
            "Burst" => {
                let (count,): (usize,) = parse_arguments(arguments)?;
                let command = Invocation::new("Do", &json!({ "text": "x".repeat(100) })).unwrap();
                for _ in 0..count {
                    let Ok(()) = connection.send_when_room(&command).await else {
                        break;
                    };
                    self.accepted.fetch_add(100, Ordering::SeqCst);
                }
                Ok(None)
            }
            "Flood" => {
                let command = Invocation::new("Do", &json!({ "text": "x".repeat(1000) })).unwrap();
                loop {
                    match connection.send_invocation(&command) {
                        Ok(()) => self.accepted.fetch_add(1000, Ordering::SeqCst),
                        Err(SendError::Stalled) => return Err(HubError::Failed),
                        Err(other) => panic!("{other}"),
                    };
                }
            }
            "Big" => {
                let (len,): (usize,) = parse_arguments(arguments)?;
                Ok(Some("x".repeat(len).into()))
            }
            other => unreachable!("{other} is listed but not written"),
        }
    }
}
