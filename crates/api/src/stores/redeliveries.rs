//! `/redeliveries`, and the two doors to it: `/commands/resend` and `/servers/{id}/wipe`.

use std::collections::HashMap;

use axum::extract::{Query, State};
use serde::Serialize;
use tradepost_app::redeliveries::{
    self, DEFAULT_PER_MINUTE, NewRedelivery, Preview, Redelivery, RedeliveryFilter, RedeliveryKind,
};
use tradepost_app::{Actor, App, Error};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{RedeliveryId, ServerId};
use uuid::Uuid;

use super::commands::{optional_time, status};
use super::query::{List, Parameters};
use super::{Caller, Named, time};
use crate::body::{Body, Fields, OptionalBody};
use crate::envelope::{Failure, Success};

const KINDS: &str = "commands or entitlements";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RedeliveryView {
    id: String,
    kind: &'static str,
    server_id: Option<String>,
    server_name: Option<String>,
    statuses: Vec<&'static str>,
    package_ids: Vec<String>,
    from: Option<String>,
    to: Option<String>,
    per_minute: u32,
    state: &'static str,
    total: i64,
    seen: i64,
    queued: i64,
    completed: i64,
    failed: i64,
    waiting: i64,
    cancelled: i64,
    requested_by: String,
    created_at: String,
    updated_at: String,
    finished_at: Option<String>,
}

#[derive(Serialize)]
pub(super) struct PreviewView {
    lines: usize,
    commands: usize,
    players: usize,
    texts: Vec<String>,
}

pub(super) async fn preview(
    State(app): State<App>,
    Caller(actor): Caller,
    Body(body): Body,
) -> Result<Success<PreviewView>, Failure> {
    let new = asked_for(body, None, None)?;
    let Preview {
        lines,
        commands,
        players,
        texts,
    } = redeliveries::preview(&app, &actor, new).await?;
    Ok(Success(PreviewView {
        lines,
        commands,
        players,
        texts,
    }))
}

pub(super) async fn start(
    State(app): State<App>,
    Caller(actor): Caller,
    Body(body): Body,
) -> Result<Success<RedeliveryView>, Failure> {
    begin(&app, &actor, asked_for(body, None, None)?).await
}

/// Commands that failed, or others, once more.
pub(super) async fn resend(
    State(app): State<App>,
    Caller(actor): Caller,
    OptionalBody(body): OptionalBody,
) -> Result<Success<RedeliveryView>, Failure> {
    let new = asked_for(body, Some(RedeliveryKind::Commands), None)?;
    begin(&app, &actor, new).await
}

/// What players hold, on a server that was wiped.
pub(super) async fn wipe(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(server): Named<ServerId>,
    OptionalBody(body): OptionalBody,
) -> Result<Success<RedeliveryView>, Failure> {
    let new = asked_for(body, Some(RedeliveryKind::Entitlements), Some(server))?;
    let id = redeliveries::start(&app, &actor, new).await;
    let id = id.map_err(|error| match error {
        // Here the server is the path's, not a field's.
        Error::Invalid(errors) if errors.of("serverId").is_some() => Error::NotFound("server"),
        other => other,
    })?;
    Ok(Success(view(redeliveries::find(&app, &actor, id).await?)))
}

pub(super) async fn list(
    State(app): State<App>,
    Caller(actor): Caller,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Success<List<RedeliveryView>>, Failure> {
    let mut parameters = Parameters::new(query);
    let before = parameters.id("after");
    let take = parameters.number("take", 20, 1, 100);
    parameters.finish()?;
    let limit = u32::try_from(take + 1).unwrap_or(u32::MAX);
    let mut found = redeliveries::list(&app, &actor, before, limit).await?;
    let has_more = found.len() > take;
    found.truncate(take);
    Ok(Success(List {
        items: found.into_iter().map(view).collect(),
        total_count: None,
        total_count_capped: false,
        skip: None,
        take,
        has_more,
    }))
}

pub(super) async fn find(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<RedeliveryId>,
) -> Result<Success<RedeliveryView>, Failure> {
    Ok(Success(view(redeliveries::find(&app, &actor, id).await?)))
}

pub(super) async fn pause(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<RedeliveryId>,
) -> Result<Success<RedeliveryView>, Failure> {
    redeliveries::pause(&app, &actor, id).await?;
    Ok(Success(view(redeliveries::find(&app, &actor, id).await?)))
}

pub(super) async fn resume(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<RedeliveryId>,
) -> Result<Success<RedeliveryView>, Failure> {
    redeliveries::resume(&app, &actor, id).await?;
    Ok(Success(view(redeliveries::find(&app, &actor, id).await?)))
}

pub(super) async fn cancel(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<RedeliveryId>,
    OptionalBody(mut body): OptionalBody,
) -> Result<Success<RedeliveryView>, Failure> {
    let mut errors = FieldErrors::default();
    let queued = body.optional::<bool>(&mut errors, "cancelQueued", "true or false");
    body.finish(&mut errors);
    errors.into_result().map_err(Error::from)?;
    redeliveries::cancel(&app, &actor, id, queued.unwrap_or_default()).await?;
    Ok(Success(view(redeliveries::find(&app, &actor, id).await?)))
}

async fn begin(
    app: &App,
    actor: &Actor,
    new: NewRedelivery,
) -> Result<Success<RedeliveryView>, Failure> {
    let id = redeliveries::start(app, actor, new).await?;
    Ok(Success(view(redeliveries::find(app, actor, id).await?)))
}

/// What a body asks for; the kind and the server are its members where the path does not say them.
fn asked_for(
    mut body: Fields,
    kind: Option<RedeliveryKind>,
    server: Option<ServerId>,
) -> Result<NewRedelivery, Error> {
    let mut errors = FieldErrors::default();
    let kind = kind.or_else(|| {
        let word = body.required::<String>(&mut errors, "kind", "a text")?;
        let kind = RedeliveryKind::parse(&word).ok_or_else(|| format!("must be {KINDS}"));
        errors.check("kind", kind)
    });
    let server = server.or_else(|| {
        let server = body.optional::<Uuid>(&mut errors, "serverId", "the id of a server");
        server.map(Into::into)
    });
    let words = match kind {
        Some(RedeliveryKind::Entitlements) => None,
        _ => body.optional::<Vec<String>>(&mut errors, "statuses", "a list of statuses"),
    };
    let words = words.unwrap_or_default();
    let statuses: Option<Vec<_>> = words.iter().map(|word| status(word)).collect();
    if statuses.is_none() {
        errors.add(
            "statuses",
            "must be Failed, Completed, AwaitingPlayer or Cancelled",
        );
    }
    let packages = match kind {
        Some(RedeliveryKind::Commands) => None,
        _ => body.optional::<Vec<Uuid>>(&mut errors, "packageIds", "a list of ids"),
    };
    let packages = packages.into_iter().flatten().map(Into::into).collect();
    let filter = RedeliveryFilter {
        statuses: statuses.unwrap_or_default(),
        packages,
        from: optional_time(&mut body, &mut errors, "from"),
        to: optional_time(&mut body, &mut errors, "to"),
    };
    let per_minute = body.optional::<u32>(&mut errors, "perMinute", "a whole number");
    body.finish(&mut errors);
    let (Some(kind), true) = (kind, errors.is_empty()) else {
        return Err(Error::Invalid(errors));
    };
    Ok(NewRedelivery {
        kind,
        server,
        filter,
        per_minute: per_minute.unwrap_or(DEFAULT_PER_MINUTE),
    })
}

fn view(found: redeliveries::RedeliveryView) -> RedeliveryView {
    let redeliveries::RedeliveryView {
        redelivery,
        server_name,
        completed,
        failed,
        waiting,
        cancelled,
    } = found;
    let Redelivery {
        id,
        kind,
        server,
        filter,
        per_minute,
        state,
        total,
        seen,
        queued,
        place: _,
        requested_by,
        created_at,
        updated_at,
        finished_at,
    } = redelivery;
    RedeliveryView {
        id: id.to_string(),
        kind: kind.word(),
        server_id: server.map(|id| id.to_string()),
        server_name,
        statuses: filter.statuses.iter().map(|it| it.word()).collect(),
        package_ids: filter.packages.iter().map(ToString::to_string).collect(),
        from: time(filter.from),
        to: time(filter.to),
        per_minute,
        state: state.word(),
        total,
        seen,
        queued,
        completed,
        failed,
        waiting,
        cancelled,
        requested_by,
        created_at: created_at.to_string(),
        updated_at: updated_at.to_string(),
        finished_at: time(finished_at),
    }
}
