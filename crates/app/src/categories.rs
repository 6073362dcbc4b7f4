//! Categories: making, changing and removing them.

use tradepost_db::{Tx, categories as db};
use tradepost_model::categories::{Category, CategoryDraft, check_parent};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{CategoryId, StoreId};
use tradepost_model::names::Slug;
use tradepost_model::permissions::{Access, Area};

use crate::{Actor, App, Error, Expect, Result};

/// How many categories of one name there can be.
const NAMESAKES: u32 = 100;

/// A store's categories, by their place and then their name.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Category>> {
    actor.require(Area::Categories, Access::View)?;
    let store = actor.store;
    app.read(async move |conn| Ok(db::list(conn, store).await?))
        .await
}

/// One category.
pub async fn find(app: &App, actor: &Actor, category: CategoryId) -> Result<Category> {
    actor.require(Area::Categories, Access::View)?;
    let store = actor.store;
    app.read(async move |conn| Ok(db::find(conn, store, category).await?))
        .await?
        .ok_or(NONE)
}

const NONE: Error = Error::NotFound("category");

/// Makes a category. Errors: all fields that do not fit.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    draft: CategoryDraft,
) -> Result<Category> {
    actor.require(Area::Categories, Access::Edit)?;
    let all = locked(tx, actor.store).await?;
    let mut category = Category::blank(app.id(), app.now());
    let mut errors = FieldErrors::default();
    category.apply(draft, &mut errors);
    check_parent(&category, &all, &mut errors);
    errors.into_result()?;
    add(tx, actor.store, category).await
}

/// Changes a category. Errors: all fields that do not fit; another version than expected.
pub async fn update(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    id: CategoryId,
    draft: CategoryDraft,
    expect: &Expect,
) -> Result<Category> {
    actor.require(Area::Categories, Access::Edit)?;
    let all = locked(tx, actor.store).await?;
    let mut category = all.iter().find(|it| it.id == id).cloned().ok_or(NONE)?;
    expect.check(category.version)?;
    let mut errors = FieldErrors::default();
    category.apply(draft, &mut errors);
    check_parent(&category, &all, &mut errors);
    errors.into_result()?;
    category.version += 1;
    category.updated_at = app.now();
    db::update(tx, actor.store, &category).await?;
    Ok(category)
}

/// Removes a category. Its packages are in no category any more, and its children are at the top.
pub async fn delete(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    id: CategoryId,
    expect: &Expect,
) -> Result<()> {
    actor.require(Area::Categories, Access::Delete)?;
    let all = locked(tx, actor.store).await?;
    let category = all.iter().find(|it| it.id == id).ok_or(NONE)?;
    expect.check(category.version)?;
    db::delete(tx, actor.store, id, app.now()).await?;
    Ok(())
}

/// The category of this name, made where there is none: a package's editor may name a new one.
pub(crate) async fn named(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    name: &str,
) -> Result<CategoryId> {
    let same = locked(tx, store).await?;
    if let Some(known) = same.iter().find(|it| it.name.eq_ignore_ascii_case(name)) {
        return Ok(known.id);
    }
    let category = Category {
        name: name.to_owned(),
        sort_order: same.iter().map(|it| it.sort_order).max().unwrap_or(0) + 1,
        ..Category::blank(app.id(), app.now())
    };
    Ok(add(tx, store, category).await?.id)
}

/// The store's categories, which nobody else changes until the transaction ends.
async fn locked(tx: &mut Tx, store: StoreId) -> Result<Vec<Category>> {
    db::lock(tx, store).await?;
    Ok(db::list(tx, store).await?)
}

/// Adds a category under the first free name in web addresses.
async fn add(tx: &mut Tx, store: StoreId, mut category: Category) -> Result<Category> {
    let base = Slug::from_name(&category.name, "category");
    category.slug = base.clone();
    for number in 2..=NAMESAKES {
        if db::insert(tx, store, &category).await? {
            return Ok(category);
        }
        category.slug = base.numbered(number);
    }
    Err(Error::invalid(
        "name",
        format!("is the name of {NAMESAKES} categories already, choose another"),
    ))
}
