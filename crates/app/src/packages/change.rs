//! How packages are made, changed and taken out of the shop.

use tradepost_db::{Conn, Tx, categories, packages as db, servers, stores};
use tradepost_model::fields::{FieldErrors, Given};
use tradepost_model::ids::{CategoryId, PackageId, ServerId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::names::Slug;
use tradepost_model::packages::{Package, PackageCommand, PackageDraft, PackageKind, Surroundings};
use tradepost_model::permissions::{Access, Area};

use super::safe_html;
use crate::{Actor, App, Error, Expect, Result};

/// Makes a package. Errors: every field that does not fit; the slug asked for is taken.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    draft: PackageDraft,
) -> Result<(Package, Vec<PackageCommand>)> {
    actor.require(Area::Packages, Access::Edit)?;
    let store = actor.store;
    let around = Around::load(tx, store).await?;
    let mut errors = FieldErrors::default();
    draft.require_all(&mut errors);
    let (price_left_out, slug_left_out) = (
        matches!(draft.price, Given::Absent),
        matches!(draft.slug, Given::Absent),
    );
    let (mut package, mut commands) = (around.blank(app), Vec::new());
    around.lay_over(app, &mut package, &mut commands, draft, &mut errors);
    errors.into_result()?;
    if let (PackageKind::Custom(custom), true) = (package.kind, price_left_out) {
        package.price = custom.suggested.unwrap_or(custom.min);
    }
    if slug_left_out {
        insert_somewhere(tx, store, &mut package).await?;
    } else if !db::insert(tx, store, &package).await? {
        return Err(slug_taken());
    }
    db::set_servers(tx, store, package.id, &package.servers).await?;
    db::set_commands(tx, store, package.id, &commands).await?;
    Ok((package, commands))
}

/// Changes a package. Errors: no such package; another version than expected; every field that does
/// not fit; another pricing shape than somebody has bought; the slug asked for is taken.
pub async fn update(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    id: PackageId,
    draft: PackageDraft,
    expect: &Expect,
) -> Result<(Package, Vec<PackageCommand>)> {
    actor.require(Area::Packages, Access::Edit)?;
    let store = actor.store;
    let around = Around::load(tx, store).await?;
    let before = locked(tx, store, id, around.currency).await?;
    expect.check(before.version)?;
    let mut commands = db::commands(tx, store, id).await?;
    let (servers_given, commands_given) = (
        matches!(draft.server_ids, Given::Value(_)),
        matches!(draft.commands, Given::Value(_)),
    );
    let mut errors = FieldErrors::default();
    let mut package = before.clone();
    around.lay_over(app, &mut package, &mut commands, draft, &mut errors);
    errors.into_result()?;
    // The row is locked, and whoever buys locks it too: nobody comes in between.
    if !package.kind.has_shape_of(&before.kind) && db::was_bought(tx, store, id).await? {
        return Err(Error::conflict(
            "pricing_shape_fixed",
            "type: cannot be changed, nor the interval of a subscription: a customer has bought the package",
        ));
    }
    if package.slug != before.slug && db::slug_taken(tx, store, &package.slug, id).await? {
        return Err(slug_taken());
    }
    package.updated_at = app.now();
    match db::update(tx, store, &package).await {
        Err(tradepost_db::Error::UniqueViolation { .. }) => return Err(slug_taken()),
        other => other?,
    };
    package.version += 1;
    if package.limit_period != before.limit_period {
        db::begin_anew(tx, store, id).await?;
        (package.period, package.period_taken) = (0, 0);
    }
    if servers_given {
        db::set_servers(tx, store, id, &package.servers).await?;
    }
    if commands_given {
        db::set_commands(tx, store, id, &commands).await?;
    }
    Ok((package, commands))
}

/// Takes a package out of the shop for ever; what was bought of it stays as it is. Errors: no such
/// package; another version than expected.
pub async fn delete(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    id: PackageId,
    expect: &Expect,
) -> Result<()> {
    actor.require(Area::Packages, Access::Delete)?;
    let store = actor.store;
    let currency = currency(tx, store).await?;
    let package = locked(tx, store, id, currency).await?;
    expect.check(package.version)?;
    db::archive(tx, store, id, app.now()).await?;
    Ok(())
}

/// What of its store a package can name.
pub(super) struct Around {
    currency: Currency,
    categories: Vec<CategoryId>,
    servers: Vec<ServerId>,
    packages: Vec<PackageId>,
}

impl Around {
    pub(super) async fn load(conn: &mut Conn, store: StoreId) -> Result<Self> {
        let categories = categories::list(conn, store).await?;
        let servers = servers::list(conn, store).await?;
        Ok(Self {
            currency: currency(conn, store).await?,
            categories: categories.iter().map(|it| it.id).collect(),
            servers: servers.iter().map(|it| it.id).collect(),
            packages: db::ids(conn, store).await?,
        })
    }

    /// A package of which nothing is known yet.
    pub(super) fn blank(&self, app: &App) -> Package {
        let (slug, price) = (Slug::from_name("", FALLBACK), Money::zero(self.currency));
        Package::new(app.id(), slug, price, app.now())
    }

    /// Lays what is asked for over a package and its commands, and notes all that does not fit.
    pub(super) fn lay_over(
        &self,
        app: &App,
        package: &mut Package,
        commands: &mut Vec<PackageCommand>,
        mut draft: PackageDraft,
        errors: &mut FieldErrors,
    ) {
        // An uploaded picture may also be named as it is told: with the address of this installation.
        draft.image_url = draft.image_url.map(|url| {
            let path = url.strip_prefix(&app.settings.public_url);
            let uploaded = path.filter(|path| path.starts_with("/media/"));
            uploaded.map(str::to_owned).unwrap_or(url)
        });
        let around = Surroundings {
            currency: self.currency,
            categories: &self.categories,
            servers: &self.servers,
            packages: &self.packages,
        };
        package.apply(commands, draft, around, &mut || app.id(), errors);
        package.description = safe_html(&package.description);
    }
}

/// What a package without a usable name is called in addresses.
const FALLBACK: &str = "package";

/// A package whose row nobody else changes until the transaction ends.
async fn locked(tx: &mut Tx, store: StoreId, id: PackageId, currency: Currency) -> Result<Package> {
    let found = match db::lock(tx, store, id).await? {
        true => db::find(tx, store, id, currency).await?,
        false => None,
    };
    found.ok_or(Error::NotFound("package"))
}

async fn currency(conn: &mut Conn, store: StoreId) -> Result<Currency> {
    let found = stores::find(conn, store).await?;
    Ok(found.ok_or(Error::NotFound("store"))?.currency)
}

/// Inserts a package under its name, with a number behind it where that is taken.
async fn insert_somewhere(tx: &mut Tx, store: StoreId, package: &mut Package) -> Result<()> {
    let base = Slug::from_name(&package.name, FALLBACK);
    package.slug = base.clone();
    for number in 2..100 {
        if db::insert(tx, store, package).await? {
            return Ok(());
        }
        package.slug = base.numbered(number);
    }
    Err(Error::invalid(
        "name",
        "a hundred packages have this name, choose another",
    ))
}

fn slug_taken() -> Error {
    Error::conflict(
        "slug_taken",
        "slug: is the address of another package, or was that of a deleted one",
    )
}
