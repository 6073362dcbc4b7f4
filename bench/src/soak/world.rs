//! A store with game servers, its nodes, its agents and the line between them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::sync::Mutex;
use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_app::{Actor, App, identity, packages, servers};
use tradepost_model::ids::{PackageId, ServerId};
use tradepost_model::permissions::Permissions;

use super::chaos::Line;
use super::game::{self, Ledger};
use super::process::Program;
use super::{Args, Failure, PER_ORDER};
use crate::store;

/// A node of the store's server.
pub(crate) struct Node {
    pub(crate) program: Mutex<Program>,
    address: SocketAddr,
}

/// A game server with its agent.
pub(crate) struct Game {
    pub(crate) server: ServerId,
    pub(crate) obeys_keys: bool,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) agent: Mutex<Program>,
}

/// All of it.
#[derive(Clone)]
pub(crate) struct World(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) app: App,
    pub(crate) actor: Actor,
    pub(crate) package: PackageId,
    pub(crate) key: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) games: Vec<Game>,
    pub(crate) line: Arc<Line>,
    _folder: TempDir,
}

impl std::ops::Deref for World {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl World {
    /// Makes the store and starts everything.
    pub(crate) async fn make(args: &Args) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("tradepost-soak")
            .tempdir()?;
        let url = match &args.postgres {
            Some(url) => fresh_database(url).await?,
            None => format!("sqlite://{}", folder.path().join("soak.db").display()),
        };
        let app = store::open(&url).await?;
        let store = store::make(&app).await?;
        let actor = Actor::operator(store.id);
        let key =
            identity::create_key(&app, &actor, "soak", Permissions::all_for_keys(), None).await?;

        let addresses = free_addresses(if args.postgres.is_some() { 2 } else { 1 }).await?;
        let line = Line::open(addresses.clone()).await?;
        let mut games = Vec::new();
        for number in 0..args.games.max(2) {
            let server = servers::create(&app, &actor, &format!("Game {number}"), "", "").await?;
            let obeys_keys = number % 2 == 0;
            let (address, ledger) = if obeys_keys {
                game::with_keys().await?
            } else {
                game::without_keys().await?
            };
            let path = folder.path().join(format!("agent-{number}"));
            std::fs::create_dir(&path)?;
            let config = path.join("agent.toml");
            std::fs::write(
                &config,
                agent_config(line.address, &server.token, obeys_keys, address),
            )?;
            let arguments = ["agent", "run", "--config", text(&config)?];
            let program = Program::new(&args.program, &arguments, path.join("log"));
            games.push(Game {
                server: server.server.id,
                obeys_keys,
                ledger,
                agent: Mutex::new(program),
            });
        }
        let package = packages::save(&app, &actor, &store, None, &kit()).await?;
        let mut nodes = Vec::new();
        for (number, address) in addresses.into_iter().enumerate() {
            let path = folder.path().join(format!("node-{number}"));
            std::fs::create_dir(&path)?;
            let config = store::configure(&path, address, &url)?;
            let arguments = ["--config", text(&config)?, "serve"];
            let program = Program::new(&args.program, &arguments, path.join("log"));
            nodes.push(Node {
                program: Mutex::new(program),
                address,
            });
        }
        let world = Self(Arc::new(Parts {
            app,
            actor,
            package,
            key: key.text,
            nodes,
            games,
            line,
            _folder: folder,
        }));
        world.start().await?;
        Ok(world)
    }

    async fn start(&self) -> Result<(), Failure> {
        for node in &self.nodes {
            node.program.lock().await.start()?;
        }
        for game in &self.games {
            game.agent.lock().await.start()?;
        }
        let began = Instant::now();
        while servers::list(&self.app, &self.actor)
            .await?
            .iter()
            .any(|(state, _)| !state.is_there())
        {
            if began.elapsed() > Duration::from_secs(60) {
                return Err("not all agents have come".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The address of one of the nodes.
    pub(crate) fn any_node(&self, number: usize) -> Option<SocketAddr> {
        self.nodes
            .get(number % self.nodes.len())
            .map(|node| node.address)
    }

    /// Waits until nothing is queued or under way any more, and tells how long it took. Errors: it
    /// takes too long.
    pub(crate) async fn drain(&self, most: Duration) -> Result<Duration, Failure> {
        let began = Instant::now();
        loop {
            let list = servers::list(&self.app, &self.actor).await?;
            let left: i64 = list
                .iter()
                .map(|(_, queue)| queue.pending + queue.delivered + queue.awaiting)
                .sum();
            if left == 0 {
                return Ok(began.elapsed());
            }
            if began.elapsed() > most {
                return Err(format!("{left} commands are still under way").into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Ends every program in order.
    pub(crate) async fn stop(&self) -> Result<(), Failure> {
        for game in &self.games {
            game.agent.lock().await.stop().await?;
        }
        for node in &self.nodes {
            node.program.lock().await.stop().await?;
        }
        Ok(())
    }
}

/// What is bought: commands whose texts are unique, on the server that the buyer chooses.
fn kit() -> PackageInput {
    let commands = (0..PER_ORDER).map(|number| CommandInput {
        template: format!("give {{username}} {{order_id}} {number}"),
        kind: "initial".to_owned(),
        target: "customerChoice".to_owned(),
        execute: "always".to_owned(),
        delay: String::new(),
        slots: String::new(),
        run_per: "line".to_owned(),
    });
    PackageInput {
        name: "Kit".to_owned(),
        price: "1.00".to_owned(),
        is_active: true,
        server_selection: true,
        commands: commands.collect(),
        ..PackageInput::default()
    }
}

fn agent_config(line: SocketAddr, token: &str, obeys_keys: bool, game: SocketAddr) -> String {
    let way = if obeys_keys {
        format!("kind = \"http\"\n[http]\nurl = \"http://{game}/\"\nobeys_keys = true\n")
    } else {
        let password = game::PASSWORD;
        format!("kind = \"rcon\"\n[rcon]\naddress = \"{game}\"\npassword = \"{password}\"\n")
    };
    format!(
        "store = \"http://{line}\"\ntoken = \"{token}\"\n[game]\ngame = \"other\"\n{way}[players]\nwatch = false\n"
    )
}

/// Ports that are free now; they stay the nodes' own from one start to the next.
async fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, Failure> {
    let mut listeners = Vec::new();
    for _ in 0..count {
        listeners.push(tokio::net::TcpListener::bind("127.0.0.1:0").await?);
    }
    let addresses = listeners.iter().map(tokio::net::TcpListener::local_addr);
    Ok(addresses.collect::<Result<_, _>>()?)
}

/// Makes a database of its own, beside the one named.
async fn fresh_database(url: &str) -> Result<String, Failure> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let name = format!("soak_{}", tradepost_model::clock::Ids.short(12));
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await?;
    let (server, _) = url
        .rsplit_once('/')
        .ok_or("the PostgreSQL URL names no database")?;
    Ok(format!("{server}/{name}"))
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str()
        .ok_or_else(|| "the temporary folder's name is no text".into())
}
