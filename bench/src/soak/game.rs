//! Two fake games that write down what they run.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::Failure;

/// The password of the RCON games.
pub(crate) const PASSWORD: &str = "soak";

/// What a game has run.
#[derive(Default)]
pub(crate) struct Ledger {
    /// How often each text had its effect.
    pub(crate) effects: Mutex<HashMap<String, u32>>,
    /// The keys that were seen, where the game obeys them.
    keys: Mutex<HashMap<String, Arc<tokio::sync::Mutex<bool>>>>,
}

impl Ledger {
    fn run(&self, text: &str) {
        *self.effects.lock().entry(text.to_owned()).or_default() += 1;
    }
}

/// Starts a game that runs each key once.
pub(crate) async fn with_keys() -> Result<(SocketAddr, Arc<Ledger>), Failure> {
    let ledger = Arc::new(Ledger::default());
    let app = axum::Router::new()
        .route("/", post(command))
        .with_state(ledger.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((address, ledger))
}

async fn command(
    State(ledger): State<Arc<Ledger>>,
    Json(body): Json<Value>,
) -> (StatusCode, String) {
    let (Some(key), Some(text)) = (body["idempotencyKey"].as_str(), body["command"].as_str())
    else {
        return (StatusCode::BAD_REQUEST, "no key or no command".to_owned());
    };
    let done = ledger
        .keys
        .lock()
        .entry(key.to_owned())
        .or_default()
        .clone();
    // The caller may be killed meanwhile; the game goes on.
    let (ledger, text) = (ledger.clone(), text.to_owned());
    let work = tokio::spawn(async move {
        let mut done = done.lock().await;
        if !*done {
            tokio::time::sleep(Duration::from_micros(500)).await;
            ledger.run(&text);
            *done = true;
        }
    });
    match work.await {
        Ok(()) => (StatusCode::OK, "done".to_owned()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// Starts a game with a remote console, which knows no keys.
pub(crate) async fn without_keys() -> Result<(SocketAddr, Arc<Ledger>), Failure> {
    let ledger = Arc::new(Ledger::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let kept = ledger.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let ledger = kept.clone();
            // One that breaks off is an agent that was killed.
            tokio::spawn(async move { console(socket, &ledger).await.ok() });
        }
    });
    Ok((address, ledger))
}

const AUTH: i32 = 3;
const AUTH_ANSWER: i32 = 2;
const COMMAND: i32 = 2;
const ANSWER: i32 = 0;

/// Speaks the remote console protocol to one client.
async fn console(mut socket: TcpStream, ledger: &Ledger) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    loop {
        let length = socket.read_i32_le().await?;
        let mut packet = vec![0; usize::try_from(length).unwrap_or(0).clamp(10, 8192)];
        socket.read_exact(&mut packet).await?;
        let number = |at: usize| {
            i32::from_le_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]])
        };
        let (id, kind) = (number(0), number(4));
        let text = String::from_utf8_lossy(&packet[8..packet.len() - 2]).into_owned();
        match kind {
            AUTH => {
                let id = if text == PASSWORD { id } else { -1 };
                send(&mut socket, id, AUTH_ANSWER, "").await?;
            }
            COMMAND if text == "list" => {
                send(
                    &mut socket,
                    id,
                    ANSWER,
                    "There are 0 of a max of 20 players online: ",
                )
                .await?;
            }
            COMMAND => {
                ledger.run(&text);
                tokio::time::sleep(Duration::from_millis(1)).await;
                send(&mut socket, id, ANSWER, "Gave it to the player").await?;
            }
            _ => {
                send(
                    &mut socket,
                    id,
                    ANSWER,
                    &format!("Unknown request {kind:x}"),
                )
                .await?
            }
        }
    }
}

async fn send(socket: &mut TcpStream, id: i32, kind: i32, text: &str) -> std::io::Result<()> {
    let length = i32::try_from(text.len() + 10).unwrap_or(i32::MAX);
    let mut packet = Vec::with_capacity(text.len() + 14);
    packet.extend_from_slice(&length.to_le_bytes());
    packet.extend_from_slice(&id.to_le_bytes());
    packet.extend_from_slice(&kind.to_le_bytes());
    packet.extend_from_slice(text.as_bytes());
    packet.extend_from_slice(&[0, 0]);
    socket.write_all(&packet).await
}
