//! What goes wrong, at random: SIGKILL for agents and servers, connections that are cut, and agents
//! that are not heard for a while, so that their acknowledgements and results are lost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::Failure;
use super::world::World;

/// How often what went wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kills {
    /// Agents killed.
    pub agents: usize,
    /// Of these, agents of games without keys.
    pub keyless_agents: usize,
    /// Servers killed.
    pub servers: usize,
    /// Times all connections were cut.
    pub cuts: usize,
    /// Times nothing that agents said got through.
    pub swallows: usize,
}

/// Makes things go wrong until told to stop; then everything runs.
pub(crate) async fn run(world: World, seed: u64, stop: Arc<AtomicBool>) -> Result<Kills, Failure> {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut kills = Kills::default();
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(chance.random_range(20..400))).await;
        let away = Duration::from_millis(chance.random_range(0..300));
        match chance.random_range(0..100) {
            0..50 => {
                let game = &world.games[chance.random_range(0..world.games.len())];
                game.agent.lock().await.kill().await?;
                tokio::time::sleep(away).await;
                game.agent.lock().await.start()?;
                kills.agents += 1;
                kills.keyless_agents += usize::from(!game.obeys_keys);
            }
            50..72 => {
                let node = &world.nodes[chance.random_range(0..world.nodes.len())];
                node.program.lock().await.kill().await?;
                tokio::time::sleep(away).await;
                node.program.lock().await.start()?;
                kills.servers += 1;
            }
            72..90 => {
                world.line.cut();
                kills.cuts += 1;
            }
            _ => {
                world.line.swallow.store(true, Ordering::Relaxed);
                // Longer than a command waits for its acknowledgement, now and then.
                let long = chance.random_range(0..6) == 0;
                let time = if long {
                    11_000
                } else {
                    chance.random_range(100..1500)
                };
                tokio::time::sleep(Duration::from_millis(time)).await;
                world.line.cut();
                world.line.swallow.store(false, Ordering::Relaxed);
                kills.swallows += 1;
            }
        }
    }
    Ok(kills)
}

/// The line between agents and servers: takes a connection to any node that answers, until it is cut.
pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    /// Whether nothing that agents say gets through.
    pub(crate) swallow: AtomicBool,
    /// Counts cuts; a connection of an older count ends.
    age: tokio::sync::watch::Sender<u64>,
    next: AtomicU64,
    nodes: Vec<SocketAddr>,
}

impl Line {
    pub(crate) async fn open(nodes: Vec<SocketAddr>) -> Result<Arc<Self>, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let line = Arc::new(Self {
            address: listener.local_addr()?,
            swallow: AtomicBool::new(false),
            age: tokio::sync::watch::Sender::new(0),
            next: AtomicU64::new(0),
            nodes,
        });
        let accepting = line.clone();
        tokio::spawn(async move {
            while let Ok((agent, _)) = listener.accept().await {
                let line = accepting.clone();
                // It ends when it is cut, or one side is killed.
                tokio::spawn(async move { line.carry(agent).await.ok() });
            }
        });
        Ok(line)
    }

    fn cut(&self) {
        self.age.send_modify(|age| *age += 1);
    }

    async fn carry(&self, agent: TcpStream) -> std::io::Result<()> {
        let mut age = self.age.subscribe();
        let server = self.server().await?;
        let (mut from_agent, mut to_agent) = agent.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let up = async {
            let mut buffer = vec![0; 16 * 1024];
            let mut swallowed = false;
            loop {
                let count = from_agent.read(&mut buffer).await?;
                if count == 0 {
                    return std::io::Result::Ok(());
                }
                // After a gap nothing makes sense any more.
                swallowed |= self.swallow.load(Ordering::Relaxed);
                if !swallowed {
                    to_server.write_all(&buffer[..count]).await?;
                }
            }
        };
        tokio::select! {
            up = up => up,
            down = tokio::io::copy(&mut from_server, &mut to_agent) => down.map(|_| ()),
            _ = age.changed() => Ok(()),
        }
    }

    async fn server(&self) -> std::io::Result<TcpStream> {
        let nodes = &self.nodes;
        let first = usize::try_from(self.next.fetch_add(1, Ordering::Relaxed)).unwrap_or(0);
        let mut last = std::io::Error::other("no nodes");
        for step in 0..nodes.len() {
            match TcpStream::connect(nodes[(first + step) % nodes.len()]).await {
                Ok(socket) => {
                    socket.set_nodelay(true)?;
                    return Ok(socket);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}
