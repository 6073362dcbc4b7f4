//! `/calendar`

use std::collections::HashMap;

use axum::extract::{Query, State};
use serde::Serialize;
use tradepost_app::App;
use tradepost_app::calendar::{self, Entry, EntryKind};
use tradepost_model::ids::OrderItemId;

use super::query::Parameters;
use super::{Caller, Named};
use crate::envelope::{Failure, Success};

/// What is shown where nobody says until when: 30 days, in microseconds.
const SPAN_MICROS: i64 = 30 * 24 * 3600 * 1_000_000;

#[derive(Serialize)]
pub(super) struct CalendarView {
    items: Vec<EntryView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryView {
    at: String,
    kind: &'static str,
    item_id: Option<String>,
    quantity: Option<u32>,
    command_id: Option<String>,
    command: Option<String>,
    #[serde(rename = "type")]
    command_type: Option<&'static str>,
    order_id: String,
    order_number: i64,
    player_username: String,
    player_uuid: Option<String>,
    package_name: String,
    server_id: Option<String>,
    server_name: Option<String>,
}

pub(super) async fn upcoming(
    State(app): State<App>,
    Caller(actor): Caller,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Success<CalendarView>, Failure> {
    let mut parameters = Parameters::new(query);
    let from = parameters.time("from").unwrap_or_else(|| app.now());
    let to = parameters.time("to").unwrap_or_else(|| {
        let end = from.as_microsecond().saturating_add(SPAN_MICROS);
        tradepost_model::Timestamp::from_microsecond(end).unwrap_or(tradepost_model::Timestamp::MAX)
    });
    let take = parameters.number("take", 100, 1, 500);
    parameters.finish()?;
    let limit = u32::try_from(take).unwrap_or(u32::MAX);
    let entries = calendar::upcoming(&app, &actor, from, to, limit).await?;
    let items = entries.into_iter().map(view).collect();
    Ok(Success(CalendarView { items }))
}

pub(super) async fn cancel_expiry(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(item): Named<OrderItemId>,
) -> Result<Success<()>, Failure> {
    calendar::cancel_expiry(&app, &actor, item).await?;
    Ok(Success(()))
}

fn view(entry: Entry) -> EntryView {
    let Entry {
        at,
        kind,
        order,
        order_number,
        player,
        package_name,
        server,
        server_name,
    } = entry;
    let shared = EntryView {
        at: at.to_string(),
        kind: "expiry",
        item_id: None,
        quantity: None,
        command_id: None,
        command: None,
        command_type: None,
        order_id: order.to_string(),
        order_number,
        player_uuid: player.uuid.map(|uuid| uuid.to_string()),
        player_username: player.username.to_string(),
        package_name,
        server_id: server.map(|id| id.to_string()),
        server_name,
    };
    match kind {
        EntryKind::Expiry { item, quantity } => EntryView {
            item_id: Some(item.to_string()),
            quantity: Some(quantity),
            ..shared
        },
        EntryKind::Command {
            command,
            kind,
            text,
        } => EntryView {
            kind: "command",
            command_id: Some(command.to_string()),
            command: Some(text),
            command_type: Some(kind.word()),
            ..shared
        },
    }
}
