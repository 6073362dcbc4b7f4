//! Stores: making them and finding them.

use tradepost_db::{Tx, stores as db};
use tradepost_model::ids::{StoreId, UserId};
use tradepost_model::names::{self, Slug};
use tradepost_model::permissions::Permissions;
use tradepost_model::plans::Subscribed;
use tradepost_model::stores::{NewStore, Store};
use tradepost_model::users::User;

use crate::{App, Error, Result};

/// Makes a store with its owner. It starts in test mode. Errors: a subdomain that is taken.
pub async fn create(app: &App, new: NewStore, owner: UserId) -> Result<Store> {
    let NewStore {
        name,
        subdomain,
        tagline,
        currency,
        language,
        game,
        accent,
    } = new;
    let name =
        names::line(&name, 1, 64).map_err(|error| Error::invalid("name", error.to_string()))?;
    let tagline = names::line(&tagline, 0, 160)
        .map_err(|error| Error::invalid("tagline", error.to_string()))?;
    let store = Store {
        id: app.id(),
        short_id: app.ids.short(tradepost_model::keys::SHORT_ID),
        subdomain,
        name,
        tagline,
        currency,
        language,
        game,
        accent,
        test_mode: true,
        plan: Subscribed::to(app.settings.default_plan),
        created_at: app.now(),
    };
    let row = store.clone();
    let made = app
        .write(async move |tx| {
            let made = db::insert(tx, &row).await?;
            if made {
                tradepost_db::users::join(tx, row.id, owner, &Permissions::owner(), row.created_at)
                    .await?;
            }
            Ok(made)
        })
        .await?;
    if made {
        Ok(store)
    } else {
        Err(Error::conflict(
            "subdomain_taken",
            "subdomain: this name is taken, choose another",
        ))
    }
}

/// A store by identity.
pub async fn find(app: &App, store: StoreId) -> Result<Store> {
    app.read(async move |conn| Ok(db::find(conn, store).await?))
        .await?
        .ok_or(Error::NotFound("store"))
}

/// A store by identity, as it is inside a transaction.
pub async fn within(tx: &mut Tx, store: StoreId) -> Result<Store> {
    let found = db::find(tx, store).await?;
    found.ok_or(Error::NotFound("store"))
}

/// A store by its name in web addresses.
pub async fn by_subdomain(app: &App, subdomain: &str) -> Result<Store> {
    let Ok(slug) = Slug::parse(subdomain) else {
        return Err(Error::NotFound("store"));
    };
    app.read(async move |conn| Ok(db::by_subdomain(conn, &slug).await?))
        .await?
        .ok_or(Error::NotFound("store"))
}

/// The stores a user is a member of.
pub async fn of_user(app: &App, user: &User) -> Result<Vec<Store>> {
    let id = user.id;
    app.read(async move |conn| Ok(db::by_user(conn, id).await?))
        .await
}

/// All stores of the installation, for the operator.
pub async fn all(app: &App) -> Result<Vec<Store>> {
    app.scan(async move |conn| Ok(db::all(conn).await?)).await
}

/// Gives a store a plan. For the operator.
pub async fn set_plan(app: &App, store: StoreId, plan: Subscribed) -> Result<()> {
    let now = app.now();
    let set = app
        .write(async move |tx| Ok(db::set_plan(tx, store, plan, now).await?))
        .await?;
    if set {
        Ok(())
    } else {
        Err(Error::NotFound("store"))
    }
}

/// Allows checkouts to return to one more origin; see [`crate::origins`]. For the operator. Errors: what
/// is no origin.
pub async fn allow_origin(app: &App, store: StoreId, origin: &str) -> Result<()> {
    let origin = crate::origins::parse(app.settings.dev, origin)
        .map_err(|error| Error::invalid("origin", error.to_string()))?;
    app.write(async move |tx| Ok(db::add_origin(tx, store, &origin).await?))
        .await
}
