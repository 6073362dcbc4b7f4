//! Games that take commands as HTTP requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::store::{Agent, Store, command};

#[derive(Default)]
struct Web {
    /// Every request's body, in order.
    asked: Mutex<Vec<Value>>,
    keys: Mutex<Vec<String>>,
    players: Mutex<Vec<Value>>,
    /// How many more commands are refused with a 503.
    busy: Mutex<usize>,
    address: Mutex<Option<SocketAddr>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Web {
    async fn start() -> Arc<Self> {
        let web = Arc::<Self>::default();
        web.open().await;
        web
    }

    async fn open(self: &Arc<Self>) {
        let address = self.address.lock().unwrap_or(([127, 0, 0, 1], 0).into());
        let listener = TcpListener::bind(address).await.unwrap();
        *self.address.lock() = Some(listener.local_addr().unwrap());
        let app = Router::new()
            .route("/run", post(run))
            .route("/players", get(players))
            .with_state(self.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        *self.task.lock() = Some(task);
    }

    async fn close(&self) {
        let task = self.task.lock().take().unwrap();
        task.abort();
        task.await.ok();
    }

    fn settings(&self, more: &str) -> String {
        let address = self.address.lock().unwrap();
        format!(
            "[game]\nkind = \"http\"\n[http]\nurl = \"http://{address}/run?x=1\"\nbearer = \"key\"\n{more}"
        )
    }

    fn texts(&self) -> Vec<String> {
        let asked = self.asked.lock();
        asked
            .iter()
            .map(|it| it["command"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn run(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, String) {
    if headers["authorization"] != "Bearer key" {
        return (StatusCode::FORBIDDEN, "who are you?".to_owned());
    }
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    assert_eq!(body["idempotencyKey"], key.as_str());
    web.keys.lock().push(key);
    web.asked.lock().push(body.clone());
    {
        let mut busy = web.busy.lock();
        if *busy > 0 {
            *busy -= 1;
            return (StatusCode::SERVICE_UNAVAILABLE, "busy".to_owned());
        }
    }
    let text = body["command"].as_str().unwrap();
    match text {
        "slow" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            (StatusCode::OK, String::new())
        }
        "slow once" if web.asked.lock().len() == 1 => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            (StatusCode::OK, String::new())
        }
        "bad" => (StatusCode::UNPROCESSABLE_ENTITY, "no such item".to_owned()),
        "json" => (StatusCode::OK, json!({"output": "did it"}).to_string()),
        "away" => (
            StatusCode::OK,
            json!({"status": "awaitingPlayer"}).to_string(),
        ),
        "sorry" => (
            StatusCode::OK,
            json!({"status": "failed", "error": "full"}).to_string(),
        ),
        text => (StatusCode::OK, format!("ran {text}")),
    }
}

async fn players(State(web): State<Arc<Web>>) -> Json<Value> {
    Json(json!({"players": *web.players.lock()}))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_game_answers_is_understood() {
    let (store, web) = (Store::start().await, Web::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &web.settings(""));
    store.until_called("Hello", 1).await;
    let mut slots = command("slots", "plain");
    slots["requiredSlots"] = json!(3);
    store.send(&[
        slots,
        command("bad", "bad"),
        command("json", "json"),
        command("away", "away"),
        command("sorry", "sorry"),
    ]);
    for (id, status, member, text) in [
        ("slots", "completed", "output", "ran plain"),
        ("bad", "failed", "error", "no such item"),
        ("json", "completed", "output", "did it"),
        ("away", "awaitingPlayer", "id", "away"),
        ("sorry", "failed", "error", "full"),
    ] {
        let result = store.result(&format!("{id}:1")).await;
        assert_eq!(result["status"], status, "{id}");
        assert!(result[member].as_str().unwrap().contains(text), "{result}");
    }
    let sent = web.asked.lock()[0].clone();
    for (member, value) in [
        ("idempotencyKey", json!("slots:1")),
        ("id", json!("slots")),
        ("attempt", json!(1)),
        ("type", json!("initial")),
        ("player", json!({"username": "Steve"})),
        ("requireOnline", json!(false)),
        ("requiredSlots", json!(3)),
        ("orderId", json!("o")),
        ("orderNumber", json!(7)),
        ("packageName", json!("VIP")),
    ] {
        assert_eq!(sent[member], value, "{member}");
    }
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_and_a_broken_game_are_interrupted() {
    let (store, web) = (Store::start().await, Web::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &web.settings("answer_seconds = 1\n"));
    store.until_called("Hello", 1).await;
    store.send(&[command("slow", "slow")]);
    assert_eq!(store.result("slow:1").await["status"], "interrupted");
    *web.busy.lock() = 1;
    store.send(&[command("busy", "x")]);
    let busy = store.result("busy:1").await;
    assert_eq!(
        (&busy["status"], &busy["output"]),
        (&json!("interrupted"), &json!("busy"))
    );
    // Nobody listens: it waits.
    web.close().await;
    store.send(&[command("later", "later")]);
    store.until_called("AckCommands", 3).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    web.open().await;
    assert_eq!(store.result("later:1").await["status"], "completed");
    assert_eq!(web.texts(), ["slow", "x", "later"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_game_that_obeys_keys_is_asked_again_with_the_same_key() {
    let (store, web) = (Store::start().await, Web::start().await);
    let folder = tempfile::tempdir().unwrap();
    let settings = web.settings("answer_seconds = 1\nobeys_keys = true\n");
    let agent = Agent::start(&store, folder.path(), &settings);
    store.until_called("Hello", 1).await;
    *web.busy.lock() = 0;
    store.send(&[command("a", "slow once")]);
    assert_eq!(store.result("a:1").await["status"], "completed");
    *web.busy.lock() = 1;
    store.send(&[command("b", "busy once")]);
    assert_eq!(store.result("b:1").await["status"], "completed");
    assert_eq!(*web.keys.lock(), ["a:1", "a:1", "b:1", "b:1"]);

    // Killed in the middle: the key comes again, and so it is given again.
    web.keys.lock().clear();
    store.send(&[command("c", "slow")]);
    while web.keys.lock().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    agent.kill().await;
    let agent = Agent::start(&store, folder.path(), &settings);
    store.until_called("Hello", 2).await;
    store.send(&[command("c", "quick")]);
    assert_eq!(store.result("c:1").await["output"], "ran quick");
    assert_eq!(*web.keys.lock(), ["c:1", "c:1"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_online_is_asked_and_known_by_uuid() {
    let (store, web) = (Store::start().await, Web::start().await);
    let uuid = "5627dd98-e6be-3c21-b8a8-e92344183641";
    *web.players.lock() = vec![json!({"username": "Renamed", "uuid": uuid})];
    let folder = tempfile::tempdir().unwrap();
    let address = web.address.lock().unwrap();
    let settings = web.settings(&format!("players_url = \"http://{address}/players\"\n"));
    let agent = Agent::start(&store, folder.path(), &settings);
    store.until_called("PlayersOnline", 1).await;
    let mut commands = [command("here", "here"), command("away", "x")];
    for command in &mut commands {
        command["requireOnline"] = json!(true);
    }
    commands[0]["player"] = json!({"username": "Steve", "uuid": uuid});
    store.send(&commands);
    assert_eq!(store.result("here:1").await["status"], "completed");
    assert_eq!(store.result("away:1").await["status"], "awaitingPlayer");
    assert_eq!(web.texts(), ["here"]);
    agent.stop().await;
}
