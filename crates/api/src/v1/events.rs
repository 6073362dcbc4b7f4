//! `/events`: what happened in the store, in order, for a receiver that was away.

use serde::Serialize;
use serde_json::value::RawValue;
use tradepost_app::events::{self, DEFAULT_TAKE, MAX_TAKE};
use tradepost_model::events::StoredEvent;
use tradepost_model::permissions::{Access, Area};
use utoipa::ToSchema;

use crate::body::integer;
use crate::call::Call;
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::query;
use crate::shape::Time;

/// The largest number that every reader of JSON takes as it is.
const MOST_EVENTS: i64 = (1 << 53) - 1;

pub(super) fn routes() -> Routes {
    Routes::of("Events", "What happened in the store, in order.").get(
        "/events",
        list,
        operation(
            "listEvents",
            "List what happened",
            (Area::Orders, Access::View),
        )
        .about(
            "Oldest first. Remember `last`, and ask for what comes `after` it: no event appears later \
             before one that you have read.",
        )
        .feeds::<EventQuery, FeedView>(),
    )
}

query! {
    /// Which part of the feed.
    pub(super) struct EventQuery: FEED {
        /// Gives what happened after the event with this `seq`.
        after: i64 = integer(0..=MOST_EVENTS).default(0),
        /// How many to give.
        take: i64 = integer(1..=i64::from(MAX_TAKE)).default(DEFAULT_TAKE),
    }
}

/// A part of the feed.
#[derive(Serialize, ToSchema)]
pub(super) struct FeedView {
    items: Vec<EventView>,
    /// The `seq` to go on after: the last event's, or what was asked for where there was none.
    #[schema(example = 17)]
    last: i64,
    /// How many were asked for.
    #[schema(example = 100)]
    take: u32,
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventView {
    /// Its number in the store: 1, 2 and so on.
    #[schema(example = 17)]
    seq: i64,
    /// The same as in a webhook.
    #[schema(example = "evt_01931f3c5a0070008000000000000001")]
    id: String,
    /// Which event; each is described under `webhooks`.
    #[schema(example = "server.online")]
    event: String,
    created_at: Time,
    /// What is to know of it, as in a webhook; described there.
    #[schema(value_type = Object, example = json!({"server_id": "01931f3c-5a00-7000-8000-000000000001"}))]
    data: Box<RawValue>,
}

async fn list(call: Call) -> Result<Success<FeedView>, Failure> {
    let (_, EventQuery { after, take }) = call.query()?;
    let take = take.and_then(|take| u32::try_from(take).ok());
    let (after, take) = (after.unwrap_or(0), take.unwrap_or(DEFAULT_TAKE));
    let feed = events::after(&call.app, &call.actor, after, take).await?;
    Ok(Success(FeedView {
        items: feed.events.into_iter().map(view).collect(),
        last: feed.last,
        take,
    }))
}

fn view(event: StoredEvent) -> EventView {
    let data = event.rendered();
    let StoredEvent {
        id,
        seq,
        name,
        data: _,
        created_at,
    } = event;
    EventView {
        seq,
        id: format!("evt_{}", id.0.simple()),
        event: name,
        created_at: Time(created_at),
        data,
    }
}
