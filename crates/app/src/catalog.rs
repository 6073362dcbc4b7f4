//! What a storefront shows: categories, packages, servers and recent purchases.

use jiff::ToSpan as _;
use tradepost_db::{entitlements, packages as db, sales as db_sales, servers as db_servers, stock};
use tradepost_model::Timestamp;
use tradepost_model::categories::{Category, is_visible};
use tradepost_model::ids::PackageId;
use tradepost_model::money::Money;
use tradepost_model::names::Slug;
use tradepost_model::packages::{Package, PackageCommand};
use tradepost_model::players::Player;
use tradepost_model::pricing::best_sale;
use tradepost_model::sales::Sale;
use tradepost_model::stores::Store;

use crate::checkout::with_ancestors;
use crate::servers::ServerState;
use crate::{App, Error, Result};

/// What a store sells now.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The categories that players see, in their order.
    pub categories: Vec<Category>,
    /// The packages that can be bought, in their order.
    pub packages: Vec<Package>,
    /// The sales under way.
    pub sales: Vec<Sale>,
    /// What all packages are called, also those that cannot be bought now.
    pub names: Vec<(PackageId, String)>,
}

/// What one of something costs, and what it cost before the sale.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The price of one.
    pub now: Money,
    /// The sale that lowers it.
    pub sale: Option<&'a Sale>,
    /// The price of one without the sale, where that is another.
    pub was: Option<Money>,
}

impl Catalog {
    /// What one of a package costs, given its price without a sale: the list price, or a tier's.
    pub fn offer(&self, package: &Package, unit: Money) -> Offer<'_> {
        let path = with_ancestors(&self.categories, package.category);
        let rules: Vec<_> = self.sales.iter().map(Sale::rule).collect();
        let pick = best_sale(package.id, &path, &rules);
        let sale = pick.and_then(|pick| self.sales.iter().find(|sale| sale.id == pick.sale));
        let now = sale.and_then(|sale| unit.checked_sub(sale.percent.of(unit)).ok());
        let now = now.filter(|now| *now != unit);
        Offer {
            now: now.unwrap_or(unit),
            sale: sale.filter(|_| now.is_some()),
            was: now.map(|_| unit),
        }
    }

    /// What a package is called.
    pub fn name(&self, package: PackageId) -> Option<&str> {
        let known = self.names.iter().find(|(id, _)| *id == package);
        known.map(|(_, name)| name.as_str())
    }
}

/// What a store sells now.
pub async fn of_store(app: &App, store: &Store) -> Result<Catalog> {
    let (id, currency, now) = (store.id, store.currency, app.now());
    app.read(async move |conn| {
        let all = tradepost_db::categories::list(conn, id).await?;
        let mut categories = all.clone();
        categories.retain(|category| is_visible(category, &all));
        let mut packages = db::list(conn, id, currency).await?;
        let names = packages.iter().map(|it| (it.id, it.name.clone())).collect();
        packages.retain(|package| package.is_buyable_at(now));
        Ok(Catalog {
            categories,
            packages,
            sales: db_sales::active(conn, id, now).await?,
            names,
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
        .filter(|(package, _)| package.is_buyable_at(app.now()))
        .ok_or(Error::NotFound("package"))
}

/// How many of a package a player has bought or reserved, of what its limit allows now.
pub async fn bought_by(
    app: &App,
    store: &Store,
    package: &Package,
    player: &Player,
) -> Result<u32> {
    let (id, player, now) = (store.id, player.clone(), app.now());
    let package = package.clone();
    app.read(async move |conn| Ok(stock::used_by_player(conn, id, &package, &player, now).await?))
        .await
}

/// Whether a player ever bought a package: nobody tries one thing twice.
pub async fn ever_bought(
    app: &App,
    store: &Store,
    package: &Package,
    player: &Player,
) -> Result<bool> {
    let (id, package, key) = (store.id, package.id, player.username.key());
    app.read(async move |conn| Ok(entitlements::ever_bought(conn, id, &key, package).await?))
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
