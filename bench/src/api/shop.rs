//! The store that is asked: 30 packages in 5 categories, a game server that is not connected, and what
//! the store has sold.

use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_app::{Actor, identity, origins, packages, servers, stores};
use tradepost_bench::store::{self, Failure, SUBDOMAIN};
use tradepost_model::permissions::Permissions;

use super::fill;

/// Where checkouts may return to.
pub(super) const ORIGIN: &str = "https://shop.example.com";

/// What is needed to ask for it.
pub(super) struct Shop {
    pub(super) key: String,
    pub(super) packages: Vec<String>,
    pub(super) orders: u32,
}

impl Shop {
    /// A key for a filled store, and what it sells.
    pub(super) async fn open(url: &str, orders: u32) -> Result<Self, Failure> {
        let app = store::open(url).await?;
        let store = stores::by_subdomain(&app, SUBDOMAIN).await?;
        let actor = Actor::operator(store.id);
        let all = Permissions::all_for_keys();
        let key = identity::create_key(&app, &actor, "bench", all, None).await?;
        let (packages, _) = packages::list(&app, &actor, &store).await?;
        app.db.close().await;
        Ok(Self {
            key: key.text,
            packages: packages.iter().map(|it| it.id.to_string()).collect(),
            orders,
        })
    }
}

/// Makes the store in an empty database.
pub(super) async fn make(url: &str, orders: u32) -> Result<(), Failure> {
    let app = store::open(url).await?;
    let store = store::make(&app).await?;
    let actor = Actor::operator(store.id);
    origins::replace(&app, &actor, &[ORIGIN.to_owned()]).await?;
    let server = servers::create(&app, &actor, "Survival", "", "").await?;
    for number in 0..fill::PACKAGES {
        packages::save(&app, &actor, &store, None, &package(number)).await?;
    }
    fill::write(&app, store.id, server.server.id, orders).await?;
    app.db.close().await;
    Ok(())
}

/// Bought for ever, without limits, with one command on every server.
fn package(number: u32) -> PackageInput {
    let price = fill::price(number);
    PackageInput {
        name: format!("Package number {number}"),
        description: format!("<p>{}</p>", "What it is and does. ".repeat(10)),
        new_category: format!("Category {}", number % 5),
        price: format!("{}.{:02}", price / 100, price % 100),
        sort_order: number.to_string(),
        is_active: true,
        commands: vec![CommandInput {
            template: "give {username} diamond 1".to_owned(),
            kind: "initial".to_owned(),
            target: "all".to_owned(),
            execute: "always".to_owned(),
            delay: String::new(),
            slots: String::new(),
            run_per: "line".to_owned(),
        }],
        ..PackageInput::default()
    }
}
