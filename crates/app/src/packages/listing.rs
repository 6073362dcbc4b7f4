//! Packages as programs are told of them: with their commands, their category's name and their price in
//! the sales under way. What prices depend on is loaded once, however many packages there are.

use tradepost_db::{Conn, categories, packages as db, sales, stores};
use tradepost_model::Timestamp;
use tradepost_model::categories::Category;
use tradepost_model::ids::{PackageId, StoreId};
use tradepost_model::money::Money;
use tradepost_model::packages::{Package, PackageCommand};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::pricing::{SaleRule, best_sale};

use crate::checkout::with_ancestors;
use crate::{Actor, App, Error, Result};

/// A package with all there is to tell of it.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The package.
    pub package: Package,
    /// Its delivery commands, in their order.
    pub commands: Vec<PackageCommand>,
    /// What its category is called.
    pub category_name: Option<String>,
    /// What it costs in the best sale under way, where there is one.
    pub sale_price: Option<Money>,
}

/// A store's packages, also those that cannot be bought, by their place and then their name.
pub async fn listings(app: &App, actor: &Actor) -> Result<Vec<Listing>> {
    actor.require(Area::Packages, Access::View)?;
    let (id, now) = (actor.store, app.now());
    app.scan(async move |conn| {
        let store = stores::find(conn, id).await?;
        let currency = store.ok_or(Error::NotFound("store"))?.currency;
        let around = Around::load(conn, id, now).await?;
        let mut commands = db::all_commands(conn, id).await?;
        let packages = db::list(conn, id, currency).await?;
        let listing = |package: Package| {
            let commands = commands.remove(&package.id).unwrap_or_default();
            around.listing(package, commands)
        };
        Ok(packages.into_iter().map(listing).collect())
    })
    .await
}

/// One package. Errors: no such package.
pub async fn listing(app: &App, actor: &Actor, package: PackageId) -> Result<Listing> {
    actor.require(Area::Packages, Access::View)?;
    let (id, now) = (actor.store, app.now());
    app.read(async move |conn| {
        let store = stores::find(conn, id).await?;
        let currency = store.ok_or(Error::NotFound("store"))?.currency;
        let found = db::find(conn, id, package, currency).await?;
        let found = found.ok_or(Error::NotFound("package"))?;
        let commands = db::commands(conn, id, package).await?;
        Ok(Around::load(conn, id, now).await?.listing(found, commands))
    })
    .await
}

/// A package that was just made or changed, in the transaction that did so.
pub async fn listed(
    app: &App,
    conn: &mut Conn,
    actor: &Actor,
    (package, commands): (Package, Vec<PackageCommand>),
) -> Result<Listing> {
    actor.require(Area::Packages, Access::Edit)?;
    let around = Around::load(conn, actor.store, app.now()).await?;
    Ok(around.listing(package, commands))
}

/// What around a package its listing depends on.
struct Around {
    categories: Vec<Category>,
    sales: Vec<SaleRule>,
}

impl Around {
    async fn load(conn: &mut Conn, store: StoreId, now: Timestamp) -> Result<Self> {
        let sales = sales::active(conn, store, now).await?;
        Ok(Self {
            categories: categories::list(conn, store).await?,
            sales: sales.iter().map(|sale| sale.rule()).collect(),
        })
    }

    fn listing(&self, package: Package, commands: Vec<PackageCommand>) -> Listing {
        let path = with_ancestors(&self.categories, package.category);
        let sale = best_sale(package.id, &path, &self.sales);
        let off = sale.map(|sale| sale.percent.of(package.price));
        let mut categories = self.categories.iter();
        let category = categories.find(|it| Some(it.id) == package.category);
        Listing {
            commands,
            category_name: category.map(|it| it.name.clone()),
            sale_price: off.and_then(|off| package.price.checked_sub(off).ok()),
            package,
        }
    }
}
