//! What an order holds while its payment is under way. Rows are taken in the order of their package
//! ids, so that two orders for the same goods never wait for each other in a circle.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use tradepost_db::{Tx, orders as db, packages, stock};
use tradepost_model::Timestamp;
use tradepost_model::checkout::RESERVATION_MINUTES;
use tradepost_model::ids::{PackageId, StoreId};
use tradepost_model::orders::{Order, OrderItem};

use crate::{Error, Result};

/// When a reservation made now expires.
pub(crate) fn expiry(now: Timestamp) -> Timestamp {
    now + RESERVATION_MINUTES.minutes()
}

/// Holds an order's goods, or lets what is held last longer. Errors: sold out, a player's limit.
pub(crate) async fn hold(
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
    for (package, wanted) in per_package(items) {
        if !stock::reserve(tx, store, package, wanted.quantity).await? {
            return Err(Error::refused(
                "sold_out",
                format!("Package '{}' is sold out.", wanted.name),
            ));
        }
        take_for_player(tx, store, order, package, &wanted).await?;
    }
    Ok(())
}

/// Turns what an order holds into sold goods, or takes the goods now where nothing is held any
/// more. Errors: sold out, a player's limit.
pub(crate) async fn sell(
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
) -> Result<()> {
    if stock::consume(tx, store, order.id).await? {
        for (package, wanted) in per_package(items) {
            stock::sell_reserved(tx, store, package, wanted.quantity).await?;
        }
        return Ok(());
    }
    stock::consume_released(tx, store, order.id).await?;
    for (package, wanted) in per_package(items) {
        if !stock::sell(tx, store, package, wanted.quantity).await? {
            return Err(Error::refused(
                "sold_out",
                format!("Package '{}' is sold out.", wanted.name),
            ));
        }
        take_for_player(tx, store, order, package, &wanted).await?;
    }
    Ok(())
}

/// Gives back what an order holds, where it holds something.
pub(crate) async fn let_go(tx: &mut Tx, store: StoreId, order: &Order) -> Result<()> {
    if !stock::let_go(tx, store, order.id).await? {
        return Ok(());
    }
    give_back(tx, store, order).await
}

/// Gives back what an order holds, where its time is over.
pub(crate) async fn let_go_expired(
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    now: Timestamp,
) -> Result<()> {
    if !stock::let_go_expired(tx, store, order.id, now).await? {
        return Ok(());
    }
    give_back(tx, store, order).await
}

async fn give_back(tx: &mut Tx, store: StoreId, order: &Order) -> Result<()> {
    let items = db::items(tx, store, order.id, order.total.currency()).await?;
    for (package, wanted) in per_package(&items) {
        stock::release(tx, store, package, wanted.quantity).await?;
        stock::give_back_for_player(
            tx,
            store,
            package,
            &order.player.customer_key(),
            wanted.quantity,
        )
        .await?;
    }
    Ok(())
}

/// Takes sold goods back, so that others, and the same player, can buy them.
pub(crate) async fn take_back(
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    items: &[OrderItem],
) -> Result<()> {
    let key = order.player.customer_key();
    for (package, wanted) in per_package(items) {
        stock::unsell(tx, store, package, wanted.quantity).await?;
        stock::give_back_for_player(tx, store, package, &key, wanted.quantity).await?;
    }
    Ok(())
}

struct Wanted<'a> {
    quantity: u32,
    name: &'a str,
}

fn per_package(items: &[OrderItem]) -> BTreeMap<PackageId, Wanted<'_>> {
    let mut wanted: BTreeMap<_, Wanted<'_>> = BTreeMap::new();
    for item in items {
        wanted
            .entry(item.package)
            .or_insert(Wanted {
                quantity: 0,
                name: &item.package_name,
            })
            .quantity += item.quantity;
    }
    wanted
}

async fn take_for_player(
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    package: PackageId,
    wanted: &Wanted<'_>,
) -> Result<()> {
    // Purchases are counted whether or not there is a limit today: the owner may set one later.
    let limit = packages::find(tx, store, package, order.total.currency())
        .await?
        .and_then(|package| package.per_user_limit);
    let key = order.player.customer_key();
    if stock::take_for_player(
        tx,
        store,
        package,
        &key,
        wanted.quantity,
        limit.unwrap_or(u32::MAX),
    )
    .await?
    {
        return Ok(());
    }
    let limit = limit.unwrap_or(u32::MAX);
    Err(Error::refused(
        "limit_reached",
        format!(
            "Package '{}' is limited to {limit} per player.",
            wanted.name
        ),
    ))
}
