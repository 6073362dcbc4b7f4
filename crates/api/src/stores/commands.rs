//! `/commands`

use std::collections::HashMap;

use axum::extract::{Query, State};
use serde::Serialize;
use tradepost_app::commands::{self, CommandDetails, Edit, Filter, NewCommand};
use tradepost_app::{App, Error};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, CommandType, Transition};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{CommandId, OrderId};
use uuid::Uuid;

use super::query::{A_TIME, List, Parameters};
use super::{Caller, Named, time};
use crate::body::{Body, Fields};
use crate::envelope::{Failure, Success};

const STATUSES: &str = "Pending, Delivered, Completed, AwaitingPlayer, Failed or Cancelled";
const TYPES: &str = "initial, renewal, expiry, refund or chargeback";
const A_NUMBER: &str = "a whole number";
const A_SERVER: &str = "the id of a server";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommandView {
    id: String,
    order_id: String,
    order_number: i64,
    item_id: Option<String>,
    origin: &'static str,
    redelivery_id: Option<String>,
    package_id: String,
    package_name: String,
    server_id: String,
    server_name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    command: String,
    player_username: String,
    player_uuid: Option<String>,
    require_online: bool,
    required_slots: u32,
    status: &'static str,
    attempts: u32,
    failures: u32,
    last_error: Option<String>,
    output: Option<String>,
    duration_ms: Option<i64>,
    due_at: String,
    sent_at: Option<String>,
    acknowledged_at: Option<String>,
    finished_at: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<StepView>>,
}

#[derive(Serialize)]
struct StepView {
    status: &'static str,
    attempt: u32,
    reason: String,
    at: String,
}

pub(super) async fn list(
    State(app): State<App>,
    Caller(actor): Caller,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Success<List<CommandView>>, Failure> {
    let mut parameters = Parameters::new(query);
    let what = format!("some of {STATUSES}, with commas between them");
    let statuses = parameters.of("status", &what, |text| {
        text.split(',').map(|word| status(word.trim())).collect()
    });
    let filter = Filter {
        statuses: statuses.unwrap_or_default(),
        server: parameters.id("serverId"),
        kind: parameters.of("type", TYPES, CommandType::parse),
        order: parameters.id("orderId"),
        from: parameters.time("from"),
        to: parameters.time("to"),
        before: parameters.id("after"),
    };
    let (skip, take) = parameters.paging();
    parameters.finish()?;
    let counts = filter.before.is_none();
    let page = commands::list(&app, &actor, filter, skip, take).await?;
    let items = page.commands.into_iter();
    Ok(Success(List {
        items: items
            .map(|it| CommandView::of(it.command, it.server_name))
            .collect(),
        total_count: page.total,
        total_count_capped: page.capped,
        skip: counts.then_some(skip),
        take,
        has_more: page.more,
    }))
}

pub(super) async fn find(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<CommandId>,
) -> Result<Success<CommandView>, Failure> {
    Ok(Success(detailed(commands::find(&app, &actor, id).await?)))
}

pub(super) async fn edit(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<CommandId>,
    Body(mut body): Body,
) -> Result<Success<CommandView>, Failure> {
    let mut errors = FieldErrors::default();
    let edit = Edit {
        text: body.changed(&mut errors, "text", "a text"),
        require_online: body.changed(&mut errors, "requireOnline", "true or false"),
        required_slots: body.changed(&mut errors, "requiredSlots", A_NUMBER),
        due_at: body
            .changed::<String>(&mut errors, "dueAt", A_TIME)
            .and_then(|text| at(&mut errors, "dueAt", &text)),
        server: body
            .changed::<Uuid>(&mut errors, "serverId", A_SERVER)
            .map(Into::into),
    };
    body.finish(&mut errors);
    errors.into_result().map_err(Error::from)?;
    commands::edit(&app, &actor, id, edit).await?;
    Ok(Success(detailed(commands::find(&app, &actor, id).await?)))
}

pub(super) async fn resend(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<CommandId>,
) -> Result<Success<CommandView>, Failure> {
    commands::resend(&app, &actor, id).await?;
    Ok(Success(detailed(commands::find(&app, &actor, id).await?)))
}

pub(super) async fn cancel(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<CommandId>,
) -> Result<Success<CommandView>, Failure> {
    commands::cancel(&app, &actor, id).await?;
    Ok(Success(detailed(commands::find(&app, &actor, id).await?)))
}

pub(super) async fn add(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(order): Named<OrderId>,
    Body(mut body): Body,
) -> Result<Success<CommandView>, Failure> {
    let mut errors = FieldErrors::default();
    let server = body.required::<Uuid>(&mut errors, "serverId", A_SERVER);
    let text = body.required::<String>(&mut errors, "text", "a text");
    let kind = body.text(&mut errors, "type").and_then(|word| {
        let kind = CommandType::parse(&word).ok_or_else(|| format!("must be {TYPES}"));
        errors.check("type", kind)
    });
    let online = body.optional::<bool>(&mut errors, "requireOnline", "true or false");
    let slots = body.optional::<u32>(&mut errors, "requiredSlots", A_NUMBER);
    let delay = body.optional::<u32>(&mut errors, "delaySeconds", A_NUMBER);
    let item = body.optional::<Uuid>(&mut errors, "itemId", "the id of a line");
    body.finish(&mut errors);
    let (Some(server), Some(text), true) = (server, text, errors.is_empty()) else {
        return Err(Error::Invalid(errors).into());
    };
    let new = NewCommand {
        server: server.into(),
        text,
        kind,
        require_online: online.unwrap_or_default(),
        required_slots: slots.unwrap_or_default(),
        delay_seconds: delay.unwrap_or_default(),
        item: item.map(Into::into),
    };
    let id = commands::add(&app, &actor, order, new).await?;
    Ok(Success(detailed(commands::find(&app, &actor, id).await?)))
}

/// A status by its word, ignoring case.
pub(super) fn status(word: &str) -> Option<CommandStatus> {
    let mut all = CommandStatus::ALL.into_iter();
    all.find(|status| status.word().eq_ignore_ascii_case(word))
}

/// A time in a member.
pub(super) fn at(errors: &mut FieldErrors, member: &str, text: &str) -> Option<Timestamp> {
    let parsed = text.parse().map_err(|_| format!("must be {A_TIME}"));
    errors.check(member, parsed)
}

/// A time that may be there.
pub(super) fn optional_time(
    body: &mut Fields,
    errors: &mut FieldErrors,
    member: &str,
) -> Option<Timestamp> {
    let text = body.optional::<String>(errors, member, A_TIME)?;
    at(errors, member, &text)
}

fn detailed(details: CommandDetails) -> CommandView {
    let CommandDetails {
        command,
        server_name,
        steps,
    } = details;
    let steps = steps.into_iter().map(|step| {
        let Transition {
            status,
            attempt,
            reason,
            at,
        } = step;
        StepView {
            status: status.word(),
            attempt,
            reason,
            at: at.to_string(),
        }
    });
    CommandView {
        history: Some(steps.collect()),
        ..CommandView::of(command, server_name)
    }
}

impl CommandView {
    pub(super) fn of(command: Command, server_name: String) -> Self {
        Self {
            id: command.id.to_string(),
            order_id: command.order.to_string(),
            order_number: command.order_number,
            item_id: command.item.map(|id| id.to_string()),
            origin: command.origin.word(),
            redelivery_id: command.redelivery.map(|id| id.to_string()),
            package_id: command.package.to_string(),
            package_name: command.package_name,
            server_id: command.server.to_string(),
            server_name,
            kind: command.kind.word(),
            command: command.text,
            player_uuid: command.player.uuid.map(|uuid| uuid.to_string()),
            player_username: command.player.username.to_string(),
            require_online: command.require_online,
            required_slots: command.required_slots,
            status: command.status.word(),
            attempts: command.attempt,
            failures: command.failures,
            last_error: command.last_error,
            output: command.output,
            duration_ms: command.duration_ms,
            due_at: command.due_at.to_string(),
            sent_at: time(command.sent_at),
            acknowledged_at: time(command.acked_at),
            finished_at: time(command.finished_at),
            created_at: command.created_at.to_string(),
            history: None,
        }
    }
}
