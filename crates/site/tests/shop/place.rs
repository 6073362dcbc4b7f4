//! A store that sells on one server, on a database of its own and with a clock that tests move.

use std::sync::Arc;

use axum::http::StatusCode;
use tempfile::TempDir;
use tradepost_app::checkout::{self, Line, NewSession};
use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_app::secrets::Secrets;
use tradepost_app::{Actor, App, Settings, identity, packages, servers, stores};
use tradepost_model::checkout::{Origin, Session};
use tradepost_model::clock::ManualClock;
use tradepost_model::ids::{PackageId, ServerId, SessionId};
use tradepost_model::money::Currency;
use tradepost_model::names::Slug;
use tradepost_model::players::{Game, Player, Username};
use tradepost_model::stores::{NewStore, Store};

use crate::browser::Browser;

pub(crate) struct Place {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
    pub(crate) survival: ServerId,
    _folder: TempDir,
}

impl Place {
    /// The store `demo` with the server Survival.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            public_url: "http://localhost:8080".to_owned(),
            base_domain: Some("shops.example".to_owned()),
            dev: true,
            requests_per_minute: None,
            member_requests_per_minute: tradepost_app::rate::MEMBER_REQUESTS_PER_MINUTE,
            default_plan: tradepost_model::plans::Plan::Pro,
            node: "test".to_owned(),
        };
        let db = crate::database::open(folder.path()).await;
        let clock = Arc::new(ManualClock::at("2026-11-20T18:04:02Z".parse().unwrap()));
        let app = App::new(db, clock.clone(), Secrets::new([7; 32]), settings);
        let store = add_store(&app, "demo").await;
        let actor = Actor::operator(store.id);
        let survival = servers::create(&app, &actor, "Survival", "play.example", "")
            .await
            .unwrap();
        Self {
            app,
            clock,
            store,
            survival: survival.server.id,
            _folder: folder,
        }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(tradepost_site::router(self.app.clone()))
    }

    /// A browser in which Steve shops.
    pub(crate) async fn steve(&self) -> Browser {
        let mut browser = self.browser();
        browser.get("/s/demo/player").await;
        let form = [
            ("username", "Steve"),
            ("edition", "java"),
            ("next", "/s/demo"),
        ];
        browser
            .post("/s/demo/player", &form)
            .await
            .is(StatusCode::SEE_OTHER);
        browser
    }

    pub(crate) async fn package(&self, name: &str, price: &str) -> PackageId {
        self.package_with(name, price, |_| {}).await
    }

    /// A package with one command on Survival.
    pub(crate) async fn package_with(
        &self,
        name: &str,
        price: &str,
        change: impl FnOnce(&mut PackageInput),
    ) -> PackageId {
        save(
            &self.app,
            &self.store,
            name,
            price,
            &self.survival.to_string(),
            change,
        )
        .await
    }

    /// A package of another store.
    pub(crate) async fn foreign_package(&self) -> PackageId {
        let store = add_store(&self.app, "other").await;
        save(&self.app, &store, "Foreign", "1.00", "all", |_| {}).await
    }

    /// A session that another site made for Steve.
    pub(crate) async fn api_session(&self, package: PackageId) -> Session {
        let new = NewSession {
            buyer: Player {
                username: Username::parse("Steve", Game::Minecraft).unwrap(),
                uuid: None,
            },
            gift: None,
            email: None,
            coupon_code: None,
            gift_card_code: None,
            lines: vec![Line::plain(package, 1, None)],
            origin: Origin::Api {
                success_url: "https://guild.example/done?s={CHECKOUT_SESSION_ID}&o={ORDER_ID}"
                    .to_owned(),
                cancel_url: "https://guild.example/back".to_owned(),
            },
            client_reference: None,
            metadata: None,
            expires_in: 600,
            idempotency_key: None,
            ip: None,
        };
        checkout::create(&self.app, &self.store, new).await.unwrap()
    }

    /// The session of a checkout's address.
    pub(crate) async fn session(&self, url: &str) -> Session {
        let id = SessionId::parse(url.rsplit('/').next().unwrap()).unwrap();
        checkout::find(&self.app, &id).await.unwrap()
    }

    /// Puts things into the basket and goes to the checkout; gives its address.
    pub(crate) async fn check_out(
        &self,
        browser: &mut Browser,
        wanted: &[(PackageId, &str)],
    ) -> String {
        browser.get("/s/demo/basket").await;
        browser.get("/s/demo").await;
        for (package, quantity) in wanted {
            let form = [("package", &*package.to_string()), ("quantity", quantity)];
            browser
                .post("/s/demo/basket/add", &form)
                .await
                .is(StatusCode::SEE_OTHER);
        }
        let page = browser
            .post("/s/demo/basket/checkout", &[])
            .await
            .is(StatusCode::SEE_OTHER);
        page.location().to_owned()
    }

    /// Pays at a checkout and decides at the Test gateway; gives where that leads.
    pub(crate) async fn pay(
        &self,
        browser: &mut Browser,
        checkout: &str,
        decision: &str,
    ) -> String {
        browser.get(checkout).await.is(StatusCode::OK);
        let page = browser
            .post(checkout, &[("method", "test")])
            .await
            .is(StatusCode::SEE_OTHER);
        let gateway = page.location().to_owned();
        browser.get(&gateway).await.is(StatusCode::OK);
        let page = browser
            .post(&gateway, &[("decision", decision)])
            .await
            .is(StatusCode::SEE_OTHER);
        page.location().to_owned()
    }
}

async fn save(
    app: &App,
    store: &Store,
    name: &str,
    price: &str,
    target: &str,
    change: impl FnOnce(&mut PackageInput),
) -> PackageId {
    let mut input = PackageInput {
        name: name.to_owned(),
        price: price.to_owned(),
        is_active: true,
        commands: vec![CommandInput {
            template: "secret-command {username}".to_owned(),
            kind: "initial".to_owned(),
            target: target.to_owned(),
            execute: "always".to_owned(),
            run_per: "unit".to_owned(),
            ..CommandInput::default()
        }],
        ..PackageInput::default()
    };
    change(&mut input);
    packages::save(app, &Actor::operator(store.id), store, None, &input)
        .await
        .unwrap()
}

async fn add_store(app: &App, subdomain: &str) -> Store {
    let email = format!("{subdomain}@shop.example");
    let owner = identity::add_user(app, &email, "Owner", "correct horse battery")
        .await
        .unwrap();
    let new = NewStore {
        name: format!("The {subdomain} store"),
        subdomain: Slug::parse(subdomain).unwrap(),
        tagline: "Coins and more".to_owned(),
        currency: Currency::parse("EUR").unwrap(),
        language: "en".to_owned(),
        game: Game::Minecraft,
        accent: "#d9480f".to_owned(),
    };
    stores::create(app, new, owner.id).await.unwrap()
}
