//! What is bought for a time: when it begins and ends. Several of one last as long as all of them
//! together, and what is bought again before its end goes on from there: nobody loses days by being
//! early, and nobody keeps days that were refunded. Whoever reckons with a player's times has them alone.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::SignedDuration;
use tradepost_db::Tx;
use tradepost_db::entitlements::{self as db, Holding, Period, TimedLine};
use tradepost_model::Timestamp;
use tradepost_model::clock::{later, sooner};
use tradepost_model::ids::{OrderItemId, StoreId};
use tradepost_model::orders::Order;

use super::occasion::Line;
use super::terms::Terms;
use crate::jobs::{self, Kind};
use crate::{App, Result};

/// Keeps a player's times to this transaction.
pub(super) async fn alone(tx: &mut Tx, store: StoreId, username_key: &str) -> Result<()> {
    let hash = crate::secrets::hash(&format!("times/{store}/{username_key}"));
    let mut number = [0; 8];
    number.copy_from_slice(&hash[..8]);
    Ok(db::lock_player(tx, i64::from_be_bytes(number)).await?)
}

/// Gives what was just bought its time.
pub(super) async fn begin(
    app: &App,
    tx: &mut Tx,
    store: StoreId,
    order: &Order,
    (lines, terms): (&[Line<'_>], &Terms),
) -> Result<()> {
    // A subscription has no hours, but another of the same that ends just now asks whether it is held.
    let lasts = |line: &Line<'_>| {
        terms.hours(&line.package).is_some() || terms.subscription(&line.package).is_some()
    };
    if !lines.iter().any(lasts) {
        return Ok(());
    }
    let (now, key) = (app.now(), order.player.username.key());
    alone(tx, store, &key).await?;
    for Line { item, package, .. } in lines {
        let Some(hours) = terms.hours(package) else {
            continue;
        };
        let holding = Holding {
            username_key: &key,
            package: item.package,
            server: item.server,
        };
        let last = db::last_expiry(tx, store, holding).await?;
        let starts_at = last.filter(|last| *last > now).unwrap_or(now);
        let hours = i64::from(hours) * i64::from(item.quantity);
        let period = Period {
            item: item.id,
            starts_at,
            expires_at: later(starts_at, SignedDuration::from_hours(hours)),
        };
        set(app, tx, store, period).await?;
    }
    Ok(())
}

/// An order's lines are about to end before their time: what the player bought after them moves forward
/// by what was not used.
pub(super) async fn give_up(app: &App, tx: &mut Tx, store: StoreId, order: &Order) -> Result<()> {
    let mut lines = db::timed(tx, store, order.id).await?;
    if lines.is_empty() {
        return Ok(());
    }
    let (now, key) = (app.now(), order.player.username.key());
    alone(tx, store, &key).await?;
    let mine: Vec<OrderItemId> = lines.iter().map(|line| line.period.item).collect();
    // The last first: what comes after an earlier one comes after it wherever that has moved to.
    lines.sort_by_key(|line| Reverse(line.period.expires_at));
    for line in lines.into_iter().filter(|line| line.ended_at.is_none()) {
        let unused = unused(line.period, now);
        for after in db::later(tx, store, holding(&key, line), line.period.expires_at).await? {
            if unused.is_positive() && !mine.contains(&after.item) {
                let moved = Period {
                    item: after.item,
                    starts_at: sooner(after.starts_at, unused),
                    expires_at: sooner(after.expires_at, unused),
                };
                set(app, tx, store, moved).await?;
            }
        }
    }
    Ok(())
}

/// An order's lines live again after a chargeback: what was not used then is used from now on, or from
/// when the last of the same ends.
pub(super) async fn go_on(app: &App, tx: &mut Tx, store: StoreId, order: &Order) -> Result<()> {
    let mut lines = db::timed(tx, store, order.id).await?;
    if lines.is_empty() {
        return Ok(());
    }
    let (now, key) = (app.now(), order.player.username.key());
    alone(tx, store, &key).await?;
    lines.sort_by_key(|line| line.period.starts_at);
    // The lines are still ended while this goes on, so that those of one order do not see each other.
    let mut given: HashMap<_, Timestamp> = HashMap::new();
    for line in lines {
        let Some(ended_at) = line.ended_at else {
            continue;
        };
        let last = db::last_expiry(tx, store, holding(&key, line)).await?;
        let same = (line.package, line.server);
        let last = last.max(given.get(&same).copied());
        let starts_at = last.filter(|last| *last > now).unwrap_or(now);
        let period = Period {
            item: line.period.item,
            starts_at,
            expires_at: later(starts_at, unused(line.period, ended_at)),
        };
        given.insert(same, period.expires_at);
        set(app, tx, store, period).await?;
    }
    Ok(())
}

fn holding(key: &str, line: TimedLine) -> Holding<'_> {
    Holding {
        username_key: key,
        package: line.package,
        server: line.server,
    }
}

/// How much of a time is left at some moment.
fn unused(period: Period, at: Timestamp) -> SignedDuration {
    let left = period.expires_at.duration_since(period.starts_at.max(at));
    left.max(SignedDuration::ZERO)
}

async fn set(app: &App, tx: &mut Tx, store: StoreId, period: Period) -> Result<()> {
    db::set_time(tx, store, period).await?;
    let (kind, subject, due_at) = (Kind::Expire, period.item.to_string(), period.expires_at);
    jobs::enqueue(tx, store, app.id(), kind, &subject, due_at, app.now()).await
}
