//! Sales: making, changing and finding them. What they do to a price is in the model.

use tradepost_db::{Tx, sales as db};
use tradepost_model::applies_to::AppliesTo;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::SaleId;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::sales::{Sale, SaleDraft};

use crate::lists::{Slice, Span, slice};
use crate::{Actor, App, Error, Expect, Result, applies_to};

/// Sales, newest first.
pub async fn list(app: &App, actor: &Actor, span: Span) -> Result<Slice<Sale>> {
    actor.require(Area::Sales, Access::View)?;
    let store = actor.store;
    app.scan(async move |conn| {
        Ok(slice!(
            span,
            |part| db::page(conn, store, part),
            db::count(conn, store)
        ))
    })
    .await
}

/// A sale. Errors: no such sale.
pub async fn find(app: &App, actor: &Actor, sale: SaleId) -> Result<Sale> {
    actor.require(Area::Sales, Access::View)?;
    let store = actor.store;
    let found = app
        .read(async move |conn| Ok(db::find(conn, store, sale).await?))
        .await?;
    found.ok_or(Error::NotFound("sale"))
}

/// Makes a sale. Errors: fields that do not fit.
pub async fn create(app: &App, tx: &mut Tx, actor: &Actor, draft: SaleDraft) -> Result<Sale> {
    actor.require(Area::Sales, Access::Edit)?;
    let (store, nothing) = (actor.store, AppliesTo::Store);
    let mut errors = FieldErrors::default();
    let sale = Sale::create(app.id(), draft, app.now(), &mut errors);
    applies_to::check(tx, store, &nothing, &sale.applies_to, &mut errors).await?;
    errors.into_result()?;
    db::insert(tx, store, &sale).await?;
    Ok(sale)
}

/// Changes a sale. Errors: no such sale, changed meanwhile, fields that do not fit.
pub async fn update(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    sale: SaleId,
    draft: SaleDraft,
    expect: &Expect,
) -> Result<Sale> {
    actor.require(Area::Sales, Access::Edit)?;
    let (store, now) = (actor.store, app.now());
    let was = db::locked(tx, store, sale).await?;
    let was = was.ok_or(Error::NotFound("sale"))?;
    expect.check(was.version)?;
    let (mut sale, mut errors) = (was.clone(), FieldErrors::default());
    sale.apply(draft, now, &mut errors);
    applies_to::check(tx, store, &was.applies_to, &sale.applies_to, &mut errors).await?;
    errors.into_result()?;
    (sale.version, sale.updated_at) = (was.version + 1, now);
    db::update(tx, store, &sale).await?;
    Ok(sale)
}

/// Removes a sale. Errors: no such sale, changed meanwhile.
pub async fn delete(
    _app: &App,
    tx: &mut Tx,
    actor: &Actor,
    sale: SaleId,
    expect: &Expect,
) -> Result<()> {
    actor.require(Area::Sales, Access::Delete)?;
    let store = actor.store;
    let was = db::locked(tx, store, sale).await?;
    expect.check(was.ok_or(Error::NotFound("sale"))?.version)?;
    db::delete(tx, store, sale).await?;
    Ok(())
}
