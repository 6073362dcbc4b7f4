//! The store's events as a feed: whoever remembers the last number they saw misses nothing.

use tradepost_db::events as db;
use tradepost_model::events::StoredEvent;
use tradepost_model::permissions::{Access, Area};

use crate::{Actor, App, Error, Result};

/// How many events are given at once, where nothing is said.
pub const DEFAULT_TAKE: u32 = 100;
/// The most events that are given at once.
pub const MAX_TAKE: u32 = 1000;

/// A part of the feed.
#[derive(Clone, Debug)]
pub struct Feed {
    /// What happened, oldest first.
    pub events: Vec<StoredEvent>,
    /// The number to go on after: the last event's, or what was asked for where there was none.
    pub last: i64,
}

/// What happened after the event with this number; 0 for all. What the actor may not look at elsewhere is left
/// out here, too. Errors: `take` outside 1 to [`MAX_TAKE`].
pub async fn after(app: &App, actor: &Actor, seq: i64, take: u32) -> Result<Feed> {
    actor.require(Area::Orders, Access::View)?;
    if !(1..=MAX_TAKE).contains(&take) {
        let reason = format!("must be a whole number from 1 to {MAX_TAKE}");
        return Err(Error::invalid("take", reason));
    }
    let store = actor.store;
    let events = app
        .read(async move |conn| Ok(db::after(conn, store, seq, take).await?))
        .await?;
    let last = events.last().map_or(seq, |event| event.seq);
    let may = |event: &StoredEvent| actor.may(area(&event.name), Access::View);
    Ok(Feed {
        events: events.into_iter().filter(may).collect(),
        last,
    })
}

/// What an event is about.
fn area(name: &str) -> Area {
    match name.split('.').next().unwrap_or_default() {
        "subscription" => Area::Subscriptions,
        "ban" => Area::Bans,
        "gift_card" => Area::GiftCards,
        _ => Area::Orders,
    }
}
