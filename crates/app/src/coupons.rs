//! Coupons: making, changing and finding them. Using them is part of an order.

use tradepost_db::{Tx, coupons as db, stores};
use tradepost_model::applies_to::AppliesTo;
use tradepost_model::coupons::{Coupon, CouponDraft, MAX_CODE};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::CouponId;
use tradepost_model::permissions::{Access, Area};

use crate::lists::{Slice, Span, slice};
use crate::{Actor, App, Error, Expect, Result, applies_to};

pub use db::Filter;

/// Coupons, newest first.
pub async fn list(app: &App, actor: &Actor, filter: Filter, span: Span) -> Result<Slice<Coupon>> {
    actor.require(Area::Coupons, Access::View)?;
    if filter.search.as_ref().is_some_and(|it| it.len() > MAX_CODE) {
        let reason = format!("must have at most {MAX_CODE} characters");
        return Err(Error::invalid("search", reason));
    }
    let (store, now) = (actor.store, app.now());
    app.scan(async move |conn| {
        Ok(slice!(
            span,
            |part| db::page(conn, store, &filter, part, now),
            db::count(conn, store, &filter, now)
        ))
    })
    .await
}

/// A coupon. Errors: no such coupon.
pub async fn find(app: &App, actor: &Actor, coupon: CouponId) -> Result<Coupon> {
    actor.require(Area::Coupons, Access::View)?;
    let store = actor.store;
    let found = app
        .read(async move |conn| Ok(db::find(conn, store, coupon).await?))
        .await?;
    found.ok_or(Error::NotFound("coupon"))
}

/// Makes a coupon. Errors: fields that do not fit, a code that is taken.
pub async fn create(app: &App, tx: &mut Tx, actor: &Actor, draft: CouponDraft) -> Result<Coupon> {
    actor.require(Area::Coupons, Access::Edit)?;
    let store = stores::find(tx, actor.store).await?;
    let store = store.ok_or(Error::NotFound("store"))?;
    let mut errors = FieldErrors::default();
    let coupon = Coupon::create(app.id(), draft, store.currency, app.now(), &mut errors);
    let nothing = AppliesTo::Store;
    applies_to::check(tx, store.id, &nothing, &coupon.applies_to, &mut errors).await?;
    errors.into_result()?;
    if db::insert(tx, store.id, &coupon).await? {
        Ok(coupon)
    } else {
        Err(code_taken())
    }
}

/// Changes a coupon. Errors: no such coupon, changed meanwhile, fields that do not fit, a code that is
/// taken.
pub async fn update(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    coupon: CouponId,
    draft: CouponDraft,
    expect: &Expect,
) -> Result<Coupon> {
    actor.require(Area::Coupons, Access::Edit)?;
    let store = actor.store;
    let was = db::locked(tx, store, coupon).await?;
    let was = was.ok_or(Error::NotFound("coupon"))?;
    expect.check(was.version)?;
    let (mut coupon, mut errors) = (was.clone(), FieldErrors::default());
    coupon.apply(draft, &mut errors);
    applies_to::check(tx, store, &was.applies_to, &coupon.applies_to, &mut errors).await?;
    errors.into_result()?;
    (coupon.version, coupon.updated_at) = (was.version + 1, app.now());
    match db::update(tx, store, &coupon).await {
        Ok(true) => Ok(coupon),
        Ok(false) => Err(Error::NotFound("coupon")),
        // The key decides, whoever else takes the code at this moment. Nothing of the transaction stays.
        Err(tradepost_db::Error::UniqueViolation { .. }) => Err(code_taken()),
        Err(other) => Err(other.into()),
    }
}

/// Removes a coupon, and what customers used of it. Orders keep what they say of it. Errors: no such
/// coupon, changed meanwhile.
pub async fn delete(
    _app: &App,
    tx: &mut Tx,
    actor: &Actor,
    coupon: CouponId,
    expect: &Expect,
) -> Result<()> {
    actor.require(Area::Coupons, Access::Delete)?;
    let store = actor.store;
    let was = db::locked(tx, store, coupon).await?;
    expect.check(was.ok_or(Error::NotFound("coupon"))?.version)?;
    db::delete(tx, store, coupon).await?;
    Ok(())
}

fn code_taken() -> Error {
    let message = "code: is the code of another coupon (case makes no difference)";
    Error::conflict("code_taken", message)
}
