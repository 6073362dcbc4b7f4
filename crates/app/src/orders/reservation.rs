//! What an order holds while its payment is under way. Rows are taken in the order of their package
//! ids, so that two orders for the same goods never wait for each other in a circle.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use tradepost_db::stock::{self, Allowance, Running};
use tradepost_db::{Tx, orders as db, packages};
use tradepost_model::Timestamp;
use tradepost_model::checkout::RESERVATION_MINUTES;
use tradepost_model::ids::{PackageId, StoreId};
use tradepost_model::orders::{Order, OrderItem};
use tradepost_model::packages::Package;

use super::codes;
use crate::{App, Error, Result};

/// When a reservation made now expires.
pub(crate) fn expiry(now: Timestamp) -> Timestamp {
    now + RESERVATION_MINUTES.minutes()
}

/// Holds an order's goods, or lets what is held last longer. Errors: sold out, a player's limit.
pub(crate) async fn hold(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
    now: Timestamp,
) -> Result<()> {
    if stock::extend(tx, store, order.id, expiry(now)).await? {
        return Ok(());
    }
    if !stock::hold(tx, store, order.id, expiry(now)).await? {
        return Err(Error::refused(
            "already_paid",
            "This order was paid already.",
        ));
    }
    codes::hold(app, tx, store, order, now).await?;
    for (package, wanted) in per_package(items) {
        take(tx, store, order, package, &wanted, Taking::Reserve, now).await?;
    }
    Ok(())
}

/// Turns what an order holds into sold goods, or takes the goods now where nothing is held any
/// more. Errors: sold out, a player's limit.
pub(crate) async fn sell(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
    now: Timestamp,
) -> Result<()> {
    if stock::consume(tx, store, order.id).await? {
        codes::use_held(app, tx, store, order, now).await?;
        for (package, wanted) in per_package(items) {
            stock::sell_reserved(tx, store, package, wanted.quantity).await?;
        }
        return Ok(());
    }
    stock::consume_released(tx, store, order.id).await?;
    codes::use_now(app, tx, store, order, now).await?;
    for (package, wanted) in per_package(items) {
        take(tx, store, order, package, &wanted, Taking::Sell, now).await?;
    }
    Ok(())
}

/// Gives back what an order holds, where it holds something.
pub(crate) async fn let_go(app: &App, tx: &mut Tx, store: StoreId, order: &Order) -> Result<()> {
    if !stock::let_go(tx, store, order.id).await? {
        return Ok(());
    }
    give_back(app, tx, store, order).await
}

/// Gives back what an order holds, where its time is over.
pub(crate) async fn let_go_expired(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    now: Timestamp,
) -> Result<()> {
    if !stock::let_go_expired(tx, store, order.id, now).await? {
        return Ok(());
    }
    give_back(app, tx, store, order).await
}

async fn give_back(app: &App, tx: &mut Tx, store: StoreId, order: &Order) -> Result<()> {
    codes::release(app, tx, store, order, app.now()).await?;
    let items = db::items(tx, store, order.id, order.total.currency()).await?;
    for (package, wanted) in per_package(&items) {
        let Wanted {
            quantity, period, ..
        } = wanted;
        stock::release(tx, store, package, quantity, period).await?;
        stock::give_back_for_player(tx, store, package, &order.player, quantity, period).await?;
    }
    Ok(())
}

/// Takes sold goods back, so that others, and the same player, can buy them.
pub(crate) async fn take_back(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
) -> Result<()> {
    codes::refund(app, tx, store, order, app.now()).await?;
    for (package, wanted) in per_package(items) {
        let Wanted {
            quantity, period, ..
        } = wanted;
        stock::unsell(tx, store, package, quantity, period).await?;
        stock::give_back_for_player(tx, store, package, &order.player, quantity, period).await?;
    }
    Ok(())
}

struct Wanted<'a> {
    quantity: u32,
    name: &'a str,
    /// In which period of the package's limits it was counted last.
    period: Option<i64>,
}

fn per_package(items: &[OrderItem]) -> BTreeMap<PackageId, Wanted<'_>> {
    let mut wanted: BTreeMap<_, Wanted<'_>> = BTreeMap::new();
    for item in items {
        wanted
            .entry(item.package)
            .or_insert(Wanted {
                quantity: 0,
                name: &item.package_name,
                period: item.limit_period,
            })
            .quantity += item.quantity;
    }
    wanted
}

#[derive(Clone, Copy)]
enum Taking {
    Reserve,
    Sell,
}

/// Takes goods for an order, and counts them towards its player's limit. Errors: sold out, a player's
/// limit.
async fn take(
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    id: PackageId,
    wanted: &Wanted<'_>,
    taking: Taking,
    now: Timestamp,
) -> Result<()> {
    let sold_out = || {
        let message = format!("Package '{}' is sold out.", wanted.name);
        Error::refused("sold_out", message)
    };
    let mut refused_for = None;
    let package = loop {
        // Archived ones too: a payment may come late.
        let found = packages::find_ever(tx, store, id, order.total.currency()).await?;
        let package = found.ok_or_else(sold_out)?;
        let (running, quantity) = (Running::of(&package, now), wanted.quantity);
        let taken = match taking {
            Taking::Reserve => stock::reserve(tx, store, id, quantity, running).await?,
            Taking::Sell => stock::sell(tx, store, id, quantity, running).await?,
        };
        if taken {
            break package;
        }
        // Refused twice for the same periods: it was not that the owner changed them just now.
        if refused_for == Some(package.limit_period) {
            return Err(sold_out());
        }
        refused_for = Some(package.limit_period);
    };
    let period = Running::of(&package, now).map(|running| running.index);
    if period != wanted.period {
        stock::set_period(tx, store, order.id, id, period).await?;
    }
    take_for_player(tx, store, order, &package, wanted, now).await
}

async fn take_for_player(
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    package: &Package,
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> Result<()> {
    // Purchases are counted whether or not there is a limit today: the owner may set one later.
    let (player, allowance) = (&order.player, Allowance::of(package, now));
    if stock::take_for_player(tx, store, package.id, player, wanted.quantity, allowance).await? {
        return Ok(());
    }
    Err(Error::refused(
        "limit_reached",
        format!(
            "Package '{}' is limited to {} per player.",
            wanted.name, allowance.limit
        ),
    ))
}
