//! A store with its people, on a database of its own.

use std::sync::Arc;

use axum::http::StatusCode;
use tempfile::TempDir;
use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_app::secrets::Secrets;
use tradepost_app::{Actor, App, Settings, identity, packages, stores};
use tradepost_model::clock::SystemClock;
use tradepost_model::ids::{PackageId, StoreId};
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
            requests_per_minute: 1000,
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
        let user = add_user(&self.app, name).await;
        let mut permissions = Permissions::default();
        permissions.grant(area, access);
        let (store, now): (StoreId, _) = (self.store.id, self.app.now());
        let joined = self.app.write(async move |tx| {
            Ok(tradepost_db::users::join(tx, store, user, &permissions, now).await?)
        });
        joined.await.unwrap();
    }

    /// A server to deliver to.
    pub(crate) async fn server(&self) {
        tradepost_app::servers::create(&self.app, &self.actor(), "Survival", "", "")
            .await
            .unwrap();
    }

    pub(crate) async fn package(&self, name: &str, price: &str) -> PackageId {
        let input = PackageInput {
            name: name.to_owned(),
            price: price.to_owned(),
            is_active: true,
            commands: vec![CommandInput {
                template: "give {player} diamond".to_owned(),
                kind: "initial".to_owned(),
                target: "all".to_owned(),
                execute: "always".to_owned(),
                run_per: "unit".to_owned(),
                ..CommandInput::default()
            }],
            ..PackageInput::default()
        };
        packages::save(&self.app, &self.actor(), &self.store, None, &input)
            .await
            .unwrap()
    }
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
