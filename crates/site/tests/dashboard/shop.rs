//! A store with its people, on a database of its own.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use tempfile::TempDir;
use tradepost_app::checkout::{self, Line, NewSession};
use tradepost_app::delivery::{self, Outlet, Plugin, Report};
use tradepost_app::orders::{self, Started};
use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_app::secrets::Secrets;
use tradepost_app::{Actor, App, Settings, identity, packages, stores};
use tradepost_model::checkout::Origin;
use tradepost_model::clock::SystemClock;
use tradepost_model::commands::{Command, RunResult};
use tradepost_model::ids::{OrderId, PackageId, ServerId, StoreId};
use tradepost_model::money::Currency;
use tradepost_model::names::Slug;
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::players::{Game, Player, Username};
use tradepost_model::stores::{NewStore, Store};

use crate::browser::Browser;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Shop {
    pub(crate) app: App,
    pub(crate) store: Store,
    _folder: TempDir,
}

impl Shop {
    /// The store `demo` of robin, and the store `other` of kim.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            public_url: "http://localhost:8080".to_owned(),
            base_domain: None,
            dev: true,
            requests_per_minute: None,
            member_requests_per_minute: tradepost_app::rate::MEMBER_REQUESTS_PER_MINUTE,
            default_plan: tradepost_model::plans::Plan::Pro,
            node: "test".to_owned(),
        };
        let db = crate::database::open(folder.path()).await;
        let app = App::new(db, Arc::new(SystemClock), Secrets::new([7; 32]), settings);
        let store = add_store(&app, "demo", "robin").await;
        add_store(&app, "other", "kim").await;
        Self {
            app,
            store,
            _folder: folder,
        }
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::operator(self.store.id)
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(tradepost_site::router(self.app.clone()))
    }

    /// A browser in which this person is logged in.
    pub(crate) async fn browser_of(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.get("/dashboard/login").await;
        let email = format!("{name}@shop.example");
        let form = [
            ("email", email.as_str()),
            ("password", PASSWORD),
            ("next", ""),
        ];
        browser
            .post("/dashboard/login", &form)
            .await
            .is(StatusCode::SEE_OTHER);
        browser
    }

    /// A member of the store who may do only this.
    pub(crate) async fn member(&self, name: &str, area: Area, access: Access) {
        self.member_of(name, &[(area, access)]).await;
    }

    /// A member of the store who may do only these.
    pub(crate) async fn member_of(&self, name: &str, may: &[(Area, Access)]) {
        let user = add_user(&self.app, name).await;
        let mut permissions = Permissions::default();
        for (area, access) in may {
            permissions.grant(*area, *access);
        }
        let (store, now): (StoreId, _) = (self.store.id, self.app.now());
        let joined = self.app.write(async move |tx| {
            Ok(tradepost_db::users::join(tx, store, user, &permissions, now).await?)
        });
        joined.await.unwrap();
    }

    /// A server to deliver to.
    pub(crate) async fn server(&self) -> ServerId {
        let actor = self.actor();
        let made = tradepost_app::servers::create(&self.app, &actor, "Survival", "", "");
        made.await.unwrap().server.id
    }

    /// A server whose plugin was there once.
    pub(crate) async fn seen_server(&self) -> ServerId {
        let id = self.server().await;
        let (store, now) = (self.store.id, self.app.now());
        let seen = self
            .app
            .write(async move |tx| Ok(tradepost_db::servers::seen(tx, store, id, now).await?));
        seen.await.unwrap();
        id
    }

    /// Lets a plugin of the server take all that waits, and say this of each command.
    pub(crate) async fn run_all(&self, server: ServerId, result: RunResult) {
        let plugin = Plugin {
            store: self.store.id,
            server,
            connection: self.app.id(),
        };
        let outlet = Arc::new(Taker::default());
        delivery::connect(&self.app, plugin, outlet.clone())
            .await
            .unwrap();
        delivery::tick(&self.app).await.unwrap();
        let taken = std::mem::take(&mut *outlet.0.lock().unwrap());
        let report = |command: Command| Report {
            command: command.id,
            attempt: Some(command.attempt),
            result: result.clone(),
            output: Some(format!("ran {}", command.text)),
            duration_ms: Some(3),
        };
        let reports = taken.into_iter().map(report).collect();
        delivery::report_results(&self.app, plugin, reports)
            .await
            .unwrap();
        delivery::disconnect(&self.app, plugin).await.unwrap();
    }

    pub(crate) async fn package(&self, name: &str, price: &str) -> PackageId {
        self.package_with(name, price, &[("initial", "give {player} diamond", "")])
            .await
    }

    /// A package with commands: type, text and delay.
    pub(crate) async fn package_with(
        &self,
        name: &str,
        price: &str,
        commands: &[(&str, &str, &str)],
    ) -> PackageId {
        let command = |(kind, text, delay): &(&str, &str, &str)| CommandInput {
            template: (*text).to_owned(),
            kind: (*kind).to_owned(),
            delay: (*delay).to_owned(),
            target: "all".to_owned(),
            execute: "always".to_owned(),
            run_per: "unit".to_owned(),
            ..CommandInput::default()
        };
        let timed = commands.iter().any(|it| it.0 == "expiry");
        let input = PackageInput {
            name: name.to_owned(),
            price: price.to_owned(),
            is_active: true,
            timed_days: if timed { "30" } else { "" }.to_owned(),
            commands: commands.iter().map(command).collect(),
            ..PackageInput::default()
        };
        packages::save(&self.app, &self.actor(), &self.store, None, &input)
            .await
            .unwrap()
    }
}

/// Takes whatever comes.
#[derive(Default)]
struct Taker(Mutex<Vec<Command>>);

impl Outlet for Taker {
    fn execute(&self, commands: &[Command]) -> usize {
        self.0.lock().unwrap().extend_from_slice(commands);
        commands.len()
    }

    fn close(&self, _error: Option<&str>, _allow_reconnect: bool) {}
}

/// A checkout of one package that waits for its payment: the payment's reference and the session.
pub(crate) async fn checkout(shop: &Shop, package: PackageId, name: &str) -> String {
    pay_for(shop, session(package, name)).await
}

/// What a checkout of one package is made of.
pub(crate) fn session(package: PackageId, name: &str) -> NewSession {
    NewSession {
        buyer: player(name),
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

/// A checkout that waits for its payment: the gateway's page.
pub(crate) async fn pay_for(shop: &Shop, session: NewSession) -> String {
    let session = checkout::create(&shop.app, &shop.store, session)
        .await
        .unwrap();
    let started = orders::start_payment(
        &shop.app,
        &session.id,
        tradepost_app::orders::Paying::by("test"),
    )
    .await
    .unwrap();
    let Started::Gateway(address) = started else {
        panic!("it is not free");
    };
    address
}

/// An order that was paid through the Test gateway: its id, and the gateway's page.
pub(crate) async fn bought(shop: &Shop, package: PackageId, name: &str) -> (OrderId, String) {
    buy(shop, session(package, name)).await
}

/// The same of whatever is in a checkout.
pub(crate) async fn buy(shop: &Shop, session: NewSession) -> (OrderId, String) {
    let gateway = pay_for(shop, session).await;
    let mut buyer = shop.browser();
    buyer.get(&gateway).await.is(StatusCode::OK);
    buyer
        .post(&gateway, &[("decision", "approve")])
        .await
        .is(StatusCode::SEE_OTHER);
    let actor = shop.actor();
    let newest = orders::list(&shop.app, &actor, orders::Filter::default(), 1);
    let (order, _) = newest.await.unwrap().remove(0);
    (order.id, gateway)
}

pub(crate) fn player(name: &str) -> Player {
    Player {
        username: Username::parse(name, Game::Minecraft).unwrap(),
        uuid: None,
    }
}

async fn add_user(app: &App, name: &str) -> tradepost_model::ids::UserId {
    let email = format!("{name}@shop.example");
    identity::add_user(app, &email, name, PASSWORD)
        .await
        .unwrap()
        .id
}

async fn add_store(app: &App, subdomain: &str, owner: &str) -> Store {
    let owner = add_user(app, owner).await;
    let new = NewStore {
        name: format!("The {subdomain} store"),
        subdomain: Slug::parse(subdomain).unwrap(),
        tagline: String::new(),
        currency: Currency::parse("EUR").unwrap(),
        language: "en".to_owned(),
        game: Game::Minecraft,
        accent: "#d9480f".to_owned(),
    };
    stores::create(app, new, owner).await.unwrap()
}
