//! A game with a remote console, which takes what it reads at once for one packet, as Minecraft does.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub(crate) const PASSWORD: &str = "hunter2";

#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Mood {
    #[default]
    Answers,
    /// Runs the command and hangs up.
    HangsUp,
    /// Runs the command and says nothing.
    Silent,
    /// As Answers, and in Source's way.
    LikeSource,
}

#[derive(Default)]
pub(crate) struct State {
    /// What was run.
    pub(crate) ran: Vec<String>,
    pub(crate) players: Vec<String>,
    pub(crate) mood: Mood,
    pub(crate) logins: usize,
    pub(crate) refuse: bool,
}

pub(crate) struct Game {
    pub(crate) state: Mutex<State>,
    address: Mutex<Option<SocketAddr>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Game {
    pub(crate) async fn start() -> Arc<Self> {
        let game = Arc::new(Self {
            state: Mutex::default(),
            address: Mutex::new(None),
            task: Mutex::new(None),
        });
        game.open().await;
        game
    }

    pub(crate) async fn open(self: &Arc<Self>) {
        let address = self.address.lock().unwrap_or(([127, 0, 0, 1], 0).into());
        let listener = TcpListener::bind(address).await.unwrap();
        *self.address.lock() = Some(listener.local_addr().unwrap());
        let game = self.clone();
        let task = tokio::spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let game = game.clone();
                clients.spawn(async move { game.serve(stream).await });
            }
        });
        *self.task.lock() = Some(task);
    }

    /// Ends, with all its connections.
    pub(crate) async fn close(&self) {
        let task = self.task.lock().take().unwrap();
        task.abort();
        task.await.ok();
    }

    /// The settings that reach it.
    pub(crate) fn settings(&self) -> String {
        let address = self.address.lock().unwrap();
        format!("[rcon]\naddress = \"{address}\"\npassword = \"{PASSWORD}\"\n")
    }

    pub(crate) fn ran(&self) -> Vec<String> {
        self.state.lock().ran.clone()
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut buffer = [0; 1460];
        let mut is_in = false;
        loop {
            let count = stream
                .read(&mut buffer)
                .await
                .ok()
                .filter(|count| *count > 0)?;
            let (id, kind, text) = one_packet(&buffer[..count])?;
            if kind == 3 {
                is_in = text == PASSWORD && !self.state.lock().refuse;
                self.state.lock().logins += 1;
                let id = if is_in { id } else { -1 };
                send(&mut stream, id, 2, "").await?;
                continue;
            }
            if !is_in {
                return None;
            }
            let mood = self.state.lock().mood;
            match (kind, mood) {
                (2, Mood::HangsUp) => {
                    self.run(&text);
                    return None;
                }
                (2, Mood::Silent) => drop(self.run(&text)),
                (2, Mood::Answers | Mood::LikeSource) => {
                    let answer = self.run(&text);
                    let parts = answer.as_bytes().chunks(4096);
                    if answer.is_empty() {
                        send(&mut stream, id, 0, "").await?;
                    }
                    for part in parts {
                        send(&mut stream, id, 0, std::str::from_utf8(part).unwrap()).await?;
                    }
                }
                (0, Mood::LikeSource) => {
                    send(&mut stream, id, 0, "").await?;
                    send(&mut stream, id, 0, "\u{1}").await?;
                }
                (kind, _) => {
                    send(&mut stream, id, 0, &format!("Unknown request {kind:x}")).await?;
                }
            }
        }
    }

    fn run(&self, text: &str) -> String {
        let mut state = self.state.lock();
        if text == "list" {
            let (count, names) = (state.players.len(), state.players.join(", "));
            return format!("There are {count} of a max of 20 players online: {names}");
        }
        state.ran.push(text.to_owned());
        match text.split_once(' ') {
            Some(("long", count)) => "x".repeat(count.parse().unwrap()),
            Some(("say", what)) => format!("said {what}"),
            Some(("give", who)) if !state.players.iter().any(|it| it == who) => {
                "No player was found".to_owned()
            }
            Some(("give", who)) => format!("Gave {who}"),
            _ => "Unknown or incomplete command, see below for error".to_owned(),
        }
    }
}

fn one_packet(bytes: &[u8]) -> Option<(i32, i32, String)> {
    let number = |at: usize| Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let length = usize::try_from(number(0)?).ok()?;
    (length + 4 == bytes.len()).then_some(())?;
    let text = std::str::from_utf8(&bytes[12..bytes.len() - 2]).ok()?;
    Some((number(4)?, number(8)?, text.to_owned()))
}

async fn send(stream: &mut TcpStream, id: i32, kind: i32, text: &str) -> Option<()> {
    let length = i32::try_from(text.len() + 10).unwrap();
    let mut packet = Vec::new();
    for number in [length, id, kind] {
        packet.extend(number.to_le_bytes());
    }
    packet.extend(text.as_bytes());
    packet.extend([0, 0]);
    stream.write_all(&packet).await.ok()
}
