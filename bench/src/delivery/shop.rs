//! The store that is measured: servers, a package, payments waiting for their approval.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tradepost_app::checkout::{self, Line, NewSession};
use tradepost_app::orders::{self, Started};
use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_app::payments::{self, Decision};
use tradepost_app::{Actor, App, packages, servers};
use tradepost_bench::store::{self, Failure};
use tradepost_model::checkout::Origin;
use tradepost_model::ids::{PackageId, ServerId};
use tradepost_model::players::{Game, Player, Username};
use tradepost_model::stores::Store;

use super::{Args, history};

/// How many connections the gateway keeps open.
const LANES: usize = 32;

pub(super) struct Shop {
    app: App,
    store: Store,
    package: PackageId,
    servers: Vec<ServerId>,
    pub(super) tokens: Vec<String>,
    folder: PathBuf,
}

/// A payment that waits: its order, and what its gateway will tell.
pub(super) struct Waiting {
    order: String,
    signature: String,
    body: Vec<u8>,
}

/// The running program.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    child: tokio::process::Child,
}

impl Running {
    /// Bytes of memory that it uses.
    pub(super) fn memory(&self) -> Result<f64, Failure> {
        let id = self.child.id().ok_or("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .ok_or("no VmRSS")?;
        Ok(kilobytes.parse::<f64>()? * 1024.0)
    }
}

impl Shop {
    pub(super) async fn make(args: &Args, folder: &Path) -> Result<Self, Failure> {
        let app = store::open(&url(folder)).await?;
        let store = store::make(&app).await?;
        let actor = Actor::operator(store.id);
        let mut ids = Vec::new();
        let mut tokens = Vec::new();
        for number in 0..args.servers {
            let made = servers::create(&app, &actor, &format!("Server {number}"), "", "").await?;
            ids.push(made.server.id);
            tokens.push(made.token);
        }
        let command = CommandInput {
            template: "give {username} diamond 1".to_owned(),
            kind: "initial".to_owned(),
            target: "customerChoice".to_owned(),
            execute: "always".to_owned(),
            delay: String::new(),
            slots: String::new(),
            run_per: "line".to_owned(),
        };
        let input = PackageInput {
            name: "Diamond".to_owned(),
            price: "1.00".to_owned(),
            is_active: true,
            server_selection: true,
            commands: vec![command],
            ..PackageInput::default()
        };
        let package = packages::save(&app, &actor, &store, None, &input).await?;
        let shop = Self {
            app,
            store,
            package,
            servers: ids,
            tokens,
            folder: folder.to_owned(),
        };
        history::write(
            &shop.app,
            shop.store.id,
            package,
            &shop.servers,
            args.finished,
        )
        .await?;
        Ok(shop)
    }

    pub(super) async fn start(&self, program: &Path) -> Result<Running, Failure> {
        let address = store::free_address()?;
        let config = store::configure(&self.folder, address, &url(&self.folder))?;
        let child = tokio::process::Command::new(program)
            .arg("--config")
            .arg(&config)
            .arg("serve")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Running { address, child })
    }

    /// Starts so many payments, each for another server, and leaves them to be approved.
    pub(super) async fn payments(&self, count: usize) -> Result<Vec<Waiting>, Failure> {
        let mut waiting = Vec::with_capacity(count);
        for number in 0..count {
            let player = Player {
                username: Username::parse(&format!("Player{}", number % 5000), Game::Minecraft)?,
                uuid: None,
            };
            let new = NewSession {
                buyer: player,
                gift: None,
                email: None,
                ip: None,
                coupon_code: None,
                gift_card_code: None,
                lines: vec![Line::plain(
                    self.package,
                    1,
                    Some(self.servers[number % self.servers.len()]),
                )],
                origin: Origin::Storefront,
                client_reference: None,
                metadata: None,
                expires_in: 3600,
                idempotency_key: None,
            };
            let session = checkout::create(&self.app, &self.store, new).await?;
            let started = orders::start_payment(
                &self.app,
                &session.id,
                tradepost_app::orders::Paying::by("test"),
            )
            .await?;
            let Started::Gateway(url) = started else {
                return Err("nothing was to pay".into());
            };
            let reference = url.rsplit('/').next().unwrap_or_default();
            let (_, payment) = payments::by_reference(&self.app, "test", reference).await?;
            let told = self
                .app
                .gateways
                .test
                .notification(&payment, Decision::Approve)?;
            waiting.push(Waiting {
                order: payment.order.to_string(),
                signature: told.0,
                body: told.1,
            });
        }
        Ok(waiting)
    }
}

/// Lets the gateway approve payments at a steady pace, whatever becomes of the ones before; tells when
/// each was approved.
pub(super) async fn approve(
    server: SocketAddr,
    payments: &[Waiting],
    per_second: usize,
) -> Result<Vec<(String, Instant)>, Failure> {
    let start = Instant::now() + Duration::from_millis(100);
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..LANES {
        let mine: Vec<_> = payments
            .iter()
            .enumerate()
            .skip(lane)
            .step_by(LANES)
            .map(|(number, it)| {
                let request = format!(
                    "POST /callbacks/test HTTP/1.1\r\nHost: {server}\r\nX-Signature: {}\r\n\
                     Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    it.signature,
                    it.body.len()
                );
                let at = start + Duration::from_secs_f64(number as f64 / per_second as f64);
                (
                    it.order.clone(),
                    at,
                    [request.as_bytes(), &it.body].concat(),
                )
            })
            .collect();
        lanes.spawn(async move {
            let mut socket = TcpStream::connect(server).await?;
            socket.set_nodelay(true)?;
            let mut sent = Vec::with_capacity(mine.len());
            let mut answer = vec![0; 4096];
            for (order, at, request) in mine {
                tokio::time::sleep_until(at.into()).await;
                sent.push((order, Instant::now()));
                socket.write_all(&request).await?;
                let size = socket.read(&mut answer).await?;
                if !answer[..size].starts_with(b"HTTP/1.1 200") {
                    let answer = String::from_utf8_lossy(&answer[..size]).into_owned();
                    return Err(std::io::Error::other(answer));
                }
            }
            Ok(sent)
        });
    }
    let mut sent = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        sent.extend(lane??);
    }
    Ok(sent)
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("bench.db").display())
}
