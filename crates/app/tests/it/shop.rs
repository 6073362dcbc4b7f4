//! A store to test with: an application on a fresh database, a clock that tests move, two packages.

use std::sync::Arc;

use jiff::SignedDuration;
use parking_lot::Mutex;
use tempfile::TempDir;
use tradepost_app::checkout::{self, Line, NewSession};
use tradepost_app::delivery::{self, Outlet, Plugin};
use tradepost_app::orders::{self, CommandView, Details, Started};
use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_app::payments::{self, Decision, Received};
use tradepost_app::secrets::Secrets;
use tradepost_app::{Actor, App, Error, Settings, identity, jobs, packages, servers, stores};
use tradepost_db::{Db, Options};
use tradepost_model::checkout::{Origin, Session};
use tradepost_model::clock::{Ids, ManualClock};
use tradepost_model::commands::Command;
use tradepost_model::ids::{PackageId, ServerId};
use tradepost_model::money::Currency;
use tradepost_model::names::Slug;
use tradepost_model::players::{Game, Player, Username};
use tradepost_model::stores::{NewStore, Store};

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Declares tests that run on both engines. Without `TEST_POSTGRES_URL` the PostgreSQL half says so
/// and tests nothing; `./test.sh` always sets it.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let shop = crate::shop::Shop::open(crate::shop::Engine::Sqlite).await.unwrap();
                super::$name(shop).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                match crate::shop::Shop::open(crate::shop::Engine::Postgres).await {
                    Some(shop) => super::$name(shop).await,
                    None => println!("TEST_POSTGRES_URL is not set: this test ran on one engine only"),
                }
            })*
        }
    };
}
pub(crate) use on_both_engines;

/// A store with a server and some packages.
pub(crate) struct Shop {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
    pub(crate) actor: Actor,
    /// The owner, as a person.
    pub(crate) member: Actor,
    pub(crate) survival: ServerId,
    pub(crate) token: String,
    pub(crate) key: String,
    url: String,
    schema: Option<String>,
    _dir: TempDir,
}

impl Shop {
    /// Opens one; `None` where there is no PostgreSQL to open it on.
    pub(crate) async fn open(engine: Engine) -> Option<Self> {
        let dir = TempDir::new().unwrap();
        let (url, schema) = match engine {
            Engine::Sqlite => (
                format!("sqlite://{}", dir.path().join("test.db").display()),
                None,
            ),
            Engine::Postgres => {
                #[expect(clippy::disallowed_methods, reason = "the test's own setting")]
                let url = std::env::var("TEST_POSTGRES_URL").ok()?;
                (url, Some(format!("it_{}", Ids.short(12))))
            }
        };
        let clock = Arc::new(ManualClock::at("2026-11-20T10:00:00Z".parse().unwrap()));
        let app = node(&url, schema.as_deref(), &clock, "test-node").await;
        let store = new_store(&app, "lobby").await;
        let actor = Actor::operator(store.id);
        let owner = identity::user_by_email(&app, "lobby@example.com")
            .await
            .unwrap();
        let member = identity::member(&app, &owner, store.id).await.unwrap();
        let survival = servers::create(&app, &actor, "Survival", "play.example", "")
            .await
            .unwrap();
        let permissions = tradepost_model::permissions::Permissions::all_for_keys();
        let key = identity::create_key(&app, &actor, "test", permissions, None)
            .await
            .unwrap()
            .text;
        let (token, survival) = (survival.token, survival.server.id);
        Some(Self {
            app,
            clock,
            store,
            actor,
            member,
            survival,
            token,
            key,
            url,
            schema,
            _dir: dir,
        })
    }

    /// Another node on the same database, with the same clock.
    pub(crate) async fn another_node(&self, name: &str) -> App {
        node(&self.url, self.schema.as_deref(), &self.clock, name).await
    }

    /// The channel on which the nodes of this database tell each other.
    pub(crate) fn channel(&self) -> String {
        format!("tradepost_{}", self.schema.as_deref().unwrap_or("public"))
    }

    /// A package with one `always` command on Survival.
    pub(crate) async fn package(&self, name: &str, price: &str) -> PackageId {
        self.package_with(name, price, |_| {}).await
    }

    pub(crate) async fn package_with(
        &self,
        name: &str,
        price: &str,
        change: impl FnOnce(&mut PackageInput),
    ) -> PackageId {
        let mut input = PackageInput {
            name: name.to_owned(),
            price: price.to_owned(),
            is_active: true,
            commands: vec![self.command("give {username} {package_id}")],
            ..PackageInput::default()
        };
        change(&mut input);
        packages::save(&self.app, &self.actor, &self.store, None, &input)
            .await
            .unwrap()
    }

    /// An initial command on Survival.
    pub(crate) fn command(&self, template: &str) -> CommandInput {
        CommandInput {
            template: template.to_owned(),
            kind: "initial".to_owned(),
            target: self.survival.to_string(),
            execute: "always".to_owned(),
            delay: String::new(),
            slots: String::new(),
            run_per: "unit".to_owned(),
        }
    }

    pub(crate) async fn session(
        &self,
        username: &str,
        package: PackageId,
    ) -> Result<Session, Error> {
        checkout::create(&self.app, &self.store, new_session(username, package)).await
    }

    /// Starts a payment and gives the gateway's name for it.
    pub(crate) async fn start(&self, session: &Session) -> Result<String, Error> {
        match orders::start_payment(
            &self.app,
            &session.id,
            tradepost_app::orders::Paying::by("test"),
        )
        .await?
        {
            Started::Gateway(url) => Ok(url.trim_start_matches("/pay/test/").to_owned()),
            Started::Complete => panic!("something was to pay"),
        }
    }

    /// What the gateway tells about a decision, kept and not settled.
    pub(crate) async fn told(&self, reference: &str, decision: Decision) -> Received {
        let (signature, body) = self.notification(reference, decision).await;
        payments::receive(&self.app, "test", &signature, &body)
            .await
            .unwrap()
    }

    pub(crate) async fn notification(
        &self,
        reference: &str,
        decision: Decision,
    ) -> (String, Vec<u8>) {
        let (_, payment) = payments::by_reference(&self.app, "test", reference)
            .await
            .unwrap();
        self.app
            .gateways
            .test
            .notification(&payment, decision)
            .unwrap()
    }

    /// A whole purchase.
    pub(crate) async fn buys(&self, username: &str, package: PackageId) -> Details {
        let session = self.session(username, package).await.unwrap();
        let reference = self.start(&session).await.unwrap();
        let told = self.told(&reference, Decision::Approve).await;
        payments::settle_now(&self.app, &told).await.unwrap();
        self.order(&session).await
    }

    pub(crate) async fn order(&self, session: &Session) -> Details {
        orders::of_session(&self.app, session)
            .await
            .unwrap()
            .expect("payment has started")
    }

    pub(crate) async fn commands(&self, details: &Details) -> Vec<CommandView> {
        orders::delivery(&self.app, self.store.id, details.order.id)
            .await
            .unwrap()
    }

    /// Connects a recording plugin as Survival.
    pub(crate) async fn connect(&self) -> (Plugin, Arc<Recorder>) {
        let plugin = Plugin {
            store: self.store.id,
            server: self.survival,
            connection: self.app.id(),
        };
        let recorder = Arc::new(Recorder::default());
        delivery::connect(&self.app, plugin, recorder.clone())
            .await
            .unwrap();
        (plugin, recorder)
    }

    /// The place of the plugin that receives for Survival.
    pub(crate) async fn plugin(&self) -> Plugin {
        let (store, server, now) = (self.store.id, self.survival, self.app.now());
        let live = self
            .app
            .read(async move |conn| {
                Ok(tradepost_db::servers::connection(conn, store, server, now).await?)
            })
            .await
            .unwrap();
        let connection = live.expect("a plugin is connected").0.connection;
        Plugin {
            store,
            server,
            connection,
        }
    }

    /// Moves the clock and lets the clockwork act.
    pub(crate) async fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        delivery::tick(&self.app).await.unwrap();
        jobs::run_due(&self.app).await.unwrap();
    }
}

async fn node(url: &str, schema: Option<&str>, clock: &Arc<ManualClock>, name: &str) -> App {
    let options = Options {
        schema: schema.map(str::to_owned),
        postgres_pool: 6,
        ..Options::default()
    };
    let db = Db::open(url, options).await.unwrap();
    let settings = Settings {
        public_url: "http://127.0.0.1:8080".to_owned(),
        base_domain: Some("shops.example".to_owned()),
        dev: true,
        requests_per_minute: Some(1000),
        member_requests_per_minute: tradepost_app::rate::MEMBER_REQUESTS_PER_MINUTE,
        default_plan: tradepost_model::plans::Plan::Pro,
        node: name.to_owned(),
    };
    App::new(db, clock.clone(), Secrets::new([7; 32]), settings)
}

/// A plugin that writes down what it is told.
#[derive(Default)]
pub(crate) struct Recorder {
    commands: Mutex<Vec<Command>>,
    /// How many commands it has room for; as many as there are, where nothing is set.
    pub(crate) room: Mutex<Option<usize>>,
    /// The hash of the token it came with.
    token: Option<[u8; 32]>,
    pub(crate) closed: Mutex<Option<(Option<String>, bool)>>,
}

impl Recorder {
    /// One that came with a token, by its hash.
    pub(crate) fn with_token(token: [u8; 32]) -> Self {
        Self {
            token: Some(token),
            ..Self::default()
        }
    }

    /// Leaves something for the next look.
    pub(crate) fn give_back(&self, commands: Vec<Command>) {
        self.commands.lock().extend(commands);
    }

    /// What came since the last look.
    pub(crate) fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.commands.lock())
    }
}

impl Outlet for Recorder {
    fn execute(&self, commands: &[Command]) -> usize {
        let taken = self
            .room
            .lock()
            .unwrap_or(commands.len())
            .min(commands.len());
        self.commands.lock().extend_from_slice(&commands[..taken]);
        taken
    }

    fn token(&self) -> Option<[u8; 32]> {
        self.token
    }

    fn close(&self, error: Option<&str>, allow_reconnect: bool) {
        *self.closed.lock() = Some((error.map(str::to_owned), allow_reconnect));
    }
}

pub(crate) async fn new_store(app: &App, subdomain: &str) -> Store {
    let email = format!("{subdomain}@example.com");
    let owner = identity::add_user(app, &email, "Owner", "a good password")
        .await
        .unwrap();
    let new = NewStore {
        name: subdomain.to_owned(),
        subdomain: Slug::parse(subdomain).unwrap(),
        tagline: String::new(),
        currency: Currency::parse("EUR").unwrap(),
        language: "en".to_owned(),
        game: Game::Minecraft,
        accent: "#2f6fed".to_owned(),
    };
    stores::create(app, new, owner.id).await.unwrap()
}

pub(crate) fn player(username: &str) -> Player {
    Player {
        username: Username::parse(username, Game::Minecraft).unwrap(),
        uuid: None,
    }
}

pub(crate) fn new_session(username: &str, package: PackageId) -> NewSession {
    NewSession {
        buyer: player(username),
        gift: None,
        email: None,
        ip: None,
        coupon_code: None,
        gift_card_code: None,
        lines: vec![Line::plain(package, 1, None)],
        origin: Origin::Storefront,
        client_reference: None,
        metadata: None,
        expires_in: 3600,
        idempotency_key: None,
    }
}

/// The stable word of a refusal.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::Refused { code, .. } | Error::Conflict { code, .. } => code,
        Error::NotFound(_) => "not_found",
        Error::Invalid(_) => "invalid",
        other => panic!("not a refusal: {other:?}"),
    }
}
