//! Subscriptions: they begin with a paid order, are renewed by a job, and end when nobody pays any more.
//! All that happens to one happens behind the lock on its row, which comes after a session's.

mod life;
mod renew;

use tradepost_db::{Tx, events, subscriptions as db};
use tradepost_model::events::Event;
use tradepost_model::ids::{OrderId, StoreId, SubscriptionId};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::subscriptions::{NotAllowed, Subscription, SubscriptionStatus};

use crate::jobs::{self, Kind};
use crate::lists::{self, Slice, Span};
use crate::live::Change;
use crate::{Actor, After, App, Error, Result};

pub(crate) use life::{begin, came_and_went, declined, may_renew, renewal_of, renewed, went_back};
pub(crate) use renew::renew;

/// Who acts on a subscription.
#[derive(Clone, Debug)]
pub enum Who {
    /// A member of the store.
    Staff(Actor),
    /// Whoever holds the secret of the receipt, in this store.
    Buyer(StoreId),
}

impl Who {
    /// The store. Errors: a member without the permission.
    fn store(&self) -> Result<StoreId> {
        match self {
            Self::Staff(actor) => {
                actor.require(Area::Subscriptions, Access::Edit)?;
                Ok(actor.store)
            }
            Self::Buyer(store) => Ok(*store),
        }
    }
}

/// Subscriptions, newest first; of one player, by name, where one is named.
pub async fn list(
    app: &App,
    actor: &Actor,
    username: Option<&str>,
    span: Span,
) -> Result<Slice<Subscription>> {
    actor.require(Area::Subscriptions, Access::View)?;
    let (store, username) = (actor.store, username.map(str::to_owned));
    app.scan(async move |conn| {
        let username = username.as_deref();
        Ok(lists::slice!(
            span,
            |part| db::page(conn, store, username, part),
            db::count(conn, store, username)
        ))
    })
    .await
}

/// A subscription. Errors: no such subscription.
pub async fn find(app: &App, actor: &Actor, id: SubscriptionId) -> Result<Subscription> {
    actor.require(Area::Subscriptions, Access::View)?;
    let store = actor.store;
    let found = app
        .read(async move |conn| Ok(db::find(conn, store, id).await?))
        .await?;
    found.ok_or(NONE)
}

/// The subscription that an order pays for, for whoever may see the order.
pub async fn of_order(app: &App, store: StoreId, order: OrderId) -> Result<Option<Subscription>> {
    app.read(
        async move |conn| match db::of_order(conn, store, order).await? {
            Some(id) => Ok(db::find(conn, store, id).await?),
            None => Ok(None),
        },
    )
    .await
}

const NONE: Error = Error::NotFound("subscription");

/// Lets a subscription end with the period that is paid for, or at once where nothing is. Errors: no such
/// subscription; one that was cancelled or has ended.
pub async fn cancel(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    id: SubscriptionId,
) -> Result<(Subscription, After)> {
    let store = who.store()?;
    let before = db::locked(tx, store, id).await?.ok_or(NONE)?;
    let next = before.clone().cancel(app.now()).map_err(refused)?;
    let after = After {
        changes: vec![Change::Order(before.order)],
        handed: life::stop(app, tx, store, before, next).await?,
        ..After::default()
    };
    let next = db::find(tx, store, id).await?.ok_or(NONE)?;
    Ok((next, after))
}

/// Takes a cancellation back. Errors: no such subscription; one that was not cancelled, has ended, or that
/// no gateway can charge.
pub async fn resume(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    id: SubscriptionId,
) -> Result<(Subscription, After)> {
    let store = who.store()?;
    let before = db::locked(tx, store, id).await?.ok_or(NONE)?;
    let next = before.clone().resume(app.now()).map_err(refused)?;
    if !life::chargeable(app, &next) {
        return Err(Error::conflict(
            "subscription_not_chargeable",
            "No payment gateway can charge this subscription, so it cannot go on.",
        ));
    }
    keep(tx, store, &before, &next).await?;
    let said = Box::new(next.clone());
    emit(app, tx, store, Event::SubscriptionResumed(said)).await?;
    let after = After {
        changes: vec![Change::Order(next.order)],
        ..After::default()
    };
    Ok((next, after))
}

/// [`cancel`] in a transaction of its own.
pub async fn cancel_now(app: &App, who: Who, id: SubscriptionId) -> Result<Subscription> {
    let store = who.store()?;
    let (app_, outer) = (app.clone(), app.clone());
    let work = async move {
        let (next, after) = outer
            .write(async move |tx| cancel(&app_, tx, &who, id).await)
            .await?;
        after.run(&outer, store).await;
        Ok(next)
    };
    app.to_the_end(work).await
}

/// [`resume`] in a transaction of its own.
pub async fn resume_now(app: &App, who: Who, id: SubscriptionId) -> Result<Subscription> {
    let store = who.store()?;
    let (app_, outer) = (app.clone(), app.clone());
    let work = async move {
        let (next, after) = outer
            .write(async move |tx| resume(&app_, tx, &who, id).await)
            .await?;
        after.run(&outer, store).await;
        Ok(next)
    };
    app.to_the_end(work).await
}

/// The Test gateway's buyer lets the running period end now: it is renewed, or ends, at once. Errors: no such
/// subscription, one that another gateway charges, one that has ended.
pub async fn renew_now(app: &App, store: StoreId, id: SubscriptionId) -> Result<()> {
    let app_ = app.clone();
    app.write(async move |tx| {
        let before = of_test_gateway(tx, store, id).await?;
        let now = app_.now();
        let next = before.clone().hasten(now);
        keep(tx, store, &before, &next).await?;
        let (kind, subject) = (Kind::Renew, id.to_string());
        jobs::enqueue(tx, store, app_.id(), kind, &subject, now, now).await
    })
    .await?;
    let app_ = app.clone();
    app.to_the_end(async move { renew(&app_, store, id).await })
        .await?;
    Ok(())
}

/// The Test gateway's buyer decides whether the next payments fail. Errors: as for [`renew_now`].
pub async fn set_declines(
    app: &App,
    store: StoreId,
    id: SubscriptionId,
    declines: bool,
) -> Result<()> {
    app.write(async move |tx| {
        let before = of_test_gateway(tx, store, id).await?;
        let next = Subscription {
            declines,
            ..before.clone()
        };
        keep(tx, store, &before, &next).await
    })
    .await
}

async fn of_test_gateway(tx: &mut Tx, store: StoreId, id: SubscriptionId) -> Result<Subscription> {
    let found = db::locked(tx, store, id).await?.ok_or(NONE)?;
    if found.gateway != "test" {
        return Err(NONE);
    }
    if found.status == SubscriptionStatus::Expired {
        return Err(refused(NotAllowed(found.status)));
    }
    Ok(found)
}

fn refused(NotAllowed(status): NotAllowed) -> Error {
    let (code, message) = match status {
        SubscriptionStatus::Expired => ("subscription_ended", "This subscription has ended."),
        SubscriptionStatus::Cancelled => (
            "subscription_cancelled",
            "This subscription was cancelled already.",
        ),
        SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue => {
            (
                "subscription_not_cancelled",
                "This subscription was not cancelled.",
            )
        }
    };
    Error::conflict(code, message)
}

/// Writes a step that was decided behind the lock.
async fn keep(
    tx: &mut Tx,
    store: StoreId,
    before: &Subscription,
    next: &Subscription,
) -> Result<()> {
    if db::save(tx, store, before, next).await? {
        Ok(())
    } else {
        Err(Error::internal("a subscription changed behind its lock"))
    }
}

async fn emit(app: &App, tx: &mut Tx, store: StoreId, event: Event) -> Result<()> {
    Ok(events::emit(tx, store, app.id(), &event, app.now()).await?)
}
