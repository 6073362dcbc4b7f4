//! A store: a real hub that sends commands and notes what it is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use signalr_server::{Connection, Credentials, Hub, HubError, Options, Refusal, Server};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradepost_agent::Config;

pub(crate) const TOKEN: &str = "0123_secret";

#[derive(Default)]
pub(crate) struct Book {
    /// Every call, in order.
    calls: Vec<(String, Value)>,
    /// The result of each command and attempt.
    pub(crate) results: HashMap<String, Value>,
    /// How many results came for each.
    pub(crate) times: HashMap<String, usize>,
    connections: Vec<Connection<()>>,
    pub(crate) refuse_token: bool,
    pub(crate) refuse_hello: bool,
    /// How many more calls of this name are answered with an error.
    pub(crate) fail: HashMap<String, usize>,
}

pub(crate) struct Store {
    pub(crate) book: Mutex<Book>,
    news: Notify,
    address: Mutex<Option<SocketAddr>>,
    server: Mutex<Option<(Server<StoreHub>, JoinHandle<()>)>>,
}

pub(crate) struct StoreHub(Arc<Store>);

impl Hub for StoreHub {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<(), Refusal> {
        if self.0.book.lock().refuse_token || credentials.token() != Some(TOKEN) {
            return Err(Refusal::unauthorized("This token is not known here."));
        }
        Ok(())
    }

    async fn connected(&self, connection: &Connection<()>) {
        self.0.book.lock().connections.push(connection.clone());
        self.0.news.notify_waiters();
    }

    async fn invoke(
        &self,
        connection: &Connection<()>,
        method: &str,
        mut arguments: Vec<Value>,
    ) -> Result<Option<Value>, HubError> {
        let argument = arguments.pop().unwrap_or_default();
        let mut book = self.0.book.lock();
        book.calls.push((method.to_owned(), argument.clone()));
        self.0.news.notify_waiters();
        if let Some(left) = book.fail.get_mut(method).filter(|left| **left > 0) {
            *left -= 1;
            return Err(HubError::Message("the database is busy".to_owned()));
        }
        if method == "Hello" && book.refuse_hello {
            let text = "Another plugin is connected with this token.";
            connection.close(Some(text), false);
            return Err(HubError::Message(text.to_owned()));
        }
        if method == "ReportResults" {
            for result in argument["results"].as_array().unwrap() {
                let key = format!("{}:{}", result["id"].as_str().unwrap(), result["attempt"]);
                *book.times.entry(key.clone()).or_default() += 1;
                book.results.insert(key, result.clone());
            }
        }
        Ok(Some(
            json!({"storeName": "Shop", "serverName": "Lobby", "accepted": 1, "waiting": 0}),
        ))
    }

    async fn disconnected(&self, connection: &Connection<()>) {
        let id = connection.id().to_owned();
        self.0.book.lock().connections.retain(|it| it.id() != id);
    }
}

impl Store {
    pub(crate) async fn start() -> Arc<Self> {
        let store = Arc::new(Self {
            book: Mutex::default(),
            news: Notify::new(),
            address: Mutex::new(None),
            server: Mutex::new(None),
        });
        store.open().await;
        store
    }

    /// Opens, at the same address as before.
    pub(crate) async fn open(self: &Arc<Self>) {
        let address = self.address.lock().unwrap_or(([127, 0, 0, 1], 0).into());
        let listener = TcpListener::bind(address).await.unwrap();
        *self.address.lock() = Some(listener.local_addr().unwrap());
        let hub = Arc::new(StoreHub(self.clone()));
        let options = Options {
            send_buffer: 8 * 1024 * 1024,
            ..Options::default()
        };
        let (router, server) = signalr_server::router("/plugin-hub", hub, options);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        *self.server.lock() = Some((server, task));
    }

    /// Ends, as when it is restarted.
    pub(crate) async fn close(&self) {
        let (server, task) = self.server.lock().take().unwrap();
        task.abort();
        server.shutdown(Duration::ZERO).await;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address.lock().unwrap())
    }

    /// Sends commands on the newest connection.
    pub(crate) fn send(&self, commands: &[Value]) {
        let book = self.book.lock();
        let connection = book.connections.last().unwrap();
        let message = json!({ "commands": commands });
        connection.send("ExecuteCommands", &message).unwrap();
    }

    /// Hangs up on everybody.
    pub(crate) fn cut(&self) {
        for connection in &self.book.lock().connections {
            connection.close(None, true);
        }
    }

    pub(crate) fn calls(&self, method: &str) -> Vec<Value> {
        let book = self.book.lock();
        let calls = book.calls.iter().filter(|(name, _)| name == method);
        calls.map(|(_, argument)| argument.clone()).collect()
    }

    pub(crate) fn call_names(&self) -> Vec<String> {
        let book = self.book.lock();
        book.calls.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Waits until the book says something.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Book) -> bool + Send + Sync) {
        let waiting = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if holds(&self.book.lock()) {
                    return;
                }
                news.await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        if waited.is_err() {
            panic!("not seen: {what}; {:?}", self.book.lock().calls);
        }
    }

    pub(crate) async fn until_called(&self, method: &str, times: usize) {
        let count = |book: &Book| book.calls.iter().filter(|(name, _)| name == method).count();
        self.until(method, |book| count(book) >= times).await;
    }

    /// Waits for the result of a key.
    pub(crate) async fn result(&self, key: &str) -> Value {
        self.until(key, |book| book.results.contains_key(key)).await;
        self.book.lock().results[key].clone()
    }

    pub(crate) async fn results(&self, count: usize) {
        let seen = |book: &Book| book.results.len() >= count;
        self.until(&format!("{count} results"), seen).await;
    }
}

pub(crate) fn command(id: &str, text: &str) -> Value {
    json!({
        "id": id, "attempt": 1, "idempotencyKey": format!("{id}:1"), "command": text,
        "type": "initial", "player": {"username": "Steve"}, "requireOnline": false,
        "requiredSlots": 0, "delaySeconds": 0, "orderId": "o", "orderNumber": 7,
        "packageName": "VIP",
    })
}

/// An agent that runs, and ends like a stopped service.
pub(crate) struct Agent {
    stop: CancellationToken,
    task: JoinHandle<Result<(), String>>,
}

pub(crate) fn config(store: &Store, folder: &Path, settings: &str) -> Config {
    let file = folder.join("agent.toml");
    let text = format!(
        "store = \"{}\"\ntoken = \"{TOKEN}\"\n{settings}",
        store.url()
    );
    std::fs::write(&file, text).unwrap();
    tradepost_agent::load(Some(&file), std::iter::empty()).unwrap()
}

impl Agent {
    pub(crate) fn start(store: &Store, folder: &Path, settings: &str) -> Self {
        Self::with(config(store, folder, settings))
    }

    pub(crate) fn with(config: Config) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let run = tradepost_agent::run(&config, stopped.cancelled_owned());
            run.await.map_err(|error| error.to_string())
        });
        Self { stop, task }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        self.task.await.ok();
    }
}
