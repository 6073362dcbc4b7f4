//! What a storefront shows: categories, packages, servers and recent purchases.

use jiff::ToSpan as _;
use tradepost_db::{packages as db, servers as db_servers, stock};
use tradepost_model::Timestamp;
use tradepost_model::categories::Category;
use tradepost_model::ids::PackageId;
use tradepost_model::names::Slug;
use tradepost_model::packages::{Package, PackageCommand};
use tradepost_model::players::Player;
use tradepost_model::stores::Store;

use crate::servers::ServerState;
use crate::{App, Error, Result};

/// What a store sells now.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The categories that players see, in their order.
    pub categories: Vec<Category>,
    /// The packages that can be bought, in their order.
    pub packages: Vec<Package>,
}

/// What a store sells now.
pub async fn of_store(app: &App, store: &Store) -> Result<Catalog> {
    let (id, currency) = (store.id, store.currency);
    app.read(async move |conn| {
        let mut categories = tradepost_db::categories::list(conn, id).await?;
        categories.retain(|category| category.is_enabled);
        let mut packages = db::list(conn, id, currency).await?;
        packages.retain(|package| package.is_active);
        Ok(Catalog {
            categories,
            packages,
        })
    })
    .await
}

/// One package with its commands, by its name in web addresses. Errors: none that can be bought.
pub async fn package(
    app: &App,
    store: &Store,
    slug: &str,
) -> Result<(Package, Vec<PackageCommand>)> {
    let Ok(slug) = Slug::parse(slug) else {
        return Err(Error::NotFound("package"));
    };
    let (id, currency) = (store.id, store.currency);
    let found = app
        .read(async move |conn| {
            let Some(package) = db::by_slug(conn, id, &slug, currency).await? else {
                return Ok(None);
            };
            let commands = db::commands(conn, id, package.id).await?;
            Ok(Some((package, commands)))
        })
        .await?;
    found
        .filter(|(package, _)| package.is_active)
        .ok_or(Error::NotFound("package"))
}

/// How many of a package a player has bought or reserved.
pub async fn bought_by(
    app: &App,
    store: &Store,
    package: PackageId,
    player: &Player,
) -> Result<u32> {
    let (id, key) = (store.id, player.customer_key());
    app.read(async move |conn| Ok(stock::used_by_player(conn, id, package, &key).await?))
        .await
}

/// The servers players can see, with whether each is online.
pub async fn servers(app: &App, store: &Store) -> Result<Vec<ServerState>> {
    let (id, now) = (store.id, app.now());
    app.read(async move |conn| {
        let live = db_servers::connections(conn, id, now).await?;
        let servers = db_servers::list(conn, id).await?;
        Ok(servers
            .into_iter()
            .map(|server| ServerState::of(server, &live))
            .collect())
    })
    .await
}

/// Who bought what in the last 30 days, newest first, at most `limit`.
pub async fn recent_purchases(
    app: &App,
    store: &Store,
    limit: u32,
) -> Result<Vec<(String, String, Timestamp)>> {
    let (id, since) = (store.id, app.now() - (30 * 24).hours());
    app.read(async move |conn| {
        Ok(tradepost_db::stats::recent_purchases(conn, id, since, limit).await?)
    })
    .await
}
