//! Packages: what a store sells, and how its people change that.

mod change;
mod editor;
mod listing;

use tradepost_db::packages as db;
use tradepost_model::categories::Category;
use tradepost_model::ids::PackageId;
use tradepost_model::packages::{Package, PackageCommand};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::servers::Server;
use tradepost_model::stores::Store;

pub use change::{create, delete, update};
pub(crate) use editor::check_command;
pub use editor::{CommandInput, PackageInput, check, save};
pub use listing::{Listing, listed, listing, listings};

use crate::{Actor, App, Error, Result};

/// What the editor needs to know about a store.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Its categories.
    pub categories: Vec<Category>,
    /// Its servers.
    pub servers: Vec<Server>,
}

/// A store's packages, also those that cannot be bought, with the categories.
pub async fn list(
    app: &App,
    actor: &Actor,
    store: &Store,
) -> Result<(Vec<Package>, Vec<Category>)> {
    actor.require(Area::Packages, Access::View)?;
    let (id, currency) = (store.id, store.currency);
    app.read(async move |conn| {
        let packages = db::list(conn, id, currency).await?;
        let categories = tradepost_db::categories::list(conn, id).await?;
        Ok((packages, categories))
    })
    .await
}

/// One package with its commands. Errors: no such package.
pub async fn find(
    app: &App,
    actor: &Actor,
    store: &Store,
    package: PackageId,
) -> Result<(Package, Vec<PackageCommand>)> {
    actor.require(Area::Packages, Access::View)?;
    let (id, currency) = (store.id, store.currency);
    let found = app
        .read(async move |conn| {
            let Some(found) = db::find(conn, id, package, currency).await? else {
                return Ok(None);
            };
            let commands = db::commands(conn, id, package).await?;
            Ok(Some((found, commands)))
        })
        .await?;
    found.ok_or(Error::NotFound("package"))
}

/// The categories and servers that a package can name.
pub async fn surroundings(app: &App, actor: &Actor) -> Result<Surroundings> {
    actor.require(Area::Packages, Access::View)?;
    let store = actor.store;
    app.read(async move |conn| {
        let categories = tradepost_db::categories::list(conn, store).await?;
        let servers = tradepost_db::servers::list(conn, store).await?;
        Ok(Surroundings {
            categories,
            servers,
        })
    })
    .await
}

/// Reduces rich text to what cannot do harm: paragraphs, emphasis, lists, headings and links.
pub fn safe_html(text: &str) -> String {
    let tags = [
        "p", "br", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "h3", "h4", "a", "code",
    ];
    ammonia::Builder::default()
        .tags(tags.into_iter().collect())
        .link_rel(Some("noopener noreferrer nofollow"))
        .clean(text)
        .to_string()
}
