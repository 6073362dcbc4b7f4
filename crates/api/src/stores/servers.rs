//! `/servers`

use std::collections::HashMap;

use axum::extract::{Query, State};
use serde::Serialize;
use tradepost_app::reports::{self, DeliveryReport};
use tradepost_app::servers::{self, NewServer, Presence, Queue, ServerState};
use tradepost_app::{App, Error};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::ServerId;
use tradepost_model::servers::Server;

use super::commands::CommandView;
use super::query::{List, Parameters};
use super::{Caller, Named, time};
use crate::body::Body;
use crate::envelope::{Failure, Success};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerView {
    id: String,
    name: String,
    address: String,
    game: String,
    status: &'static str,
    since: Option<String>,
    software: String,
    queue: QueueView,
    first_seen_at: Option<String>,
    last_seen_at: Option<String>,
    created_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueView {
    pending: i64,
    delivered: i64,
    awaiting_player: i64,
}

#[derive(Serialize)]
pub(super) struct NewServerView {
    #[serde(flatten)]
    server: ServerView,
    token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryView {
    server: ServerView,
    waiting_since: Option<String>,
    latency: LatencyView,
    completed_last_day: usize,
    failed_last_day: usize,
    results: Vec<CommandView>,
    delayed: Vec<CommandView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LatencyView {
    count: usize,
    p50_ms: Option<i64>,
    p95_ms: Option<i64>,
    p99_ms: Option<i64>,
    buckets: Vec<BucketView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BucketView {
    up_to_ms: Option<i64>,
    count: usize,
}

pub(super) async fn list(
    State(app): State<App>,
    Caller(actor): Caller,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Success<List<ServerView>>, Failure> {
    let mut parameters = Parameters::new(query);
    let paging = parameters.paging();
    parameters.finish()?;
    let servers = servers::list(&app, &actor).await?;
    let views = servers.into_iter().map(|(state, queue)| view(state, queue));
    Ok(Success(List::of_all(views.collect(), paging)))
}

pub(super) async fn create(
    State(app): State<App>,
    Caller(actor): Caller,
    Body(mut body): Body,
) -> Result<Success<NewServerView>, Failure> {
    let mut errors = FieldErrors::default();
    let name = body.required::<String>(&mut errors, "name", "a text");
    let address = body.text(&mut errors, "address").unwrap_or_default();
    let game = body.text(&mut errors, "game").unwrap_or_default();
    body.finish(&mut errors);
    errors.into_result().map_err(Error::from)?;
    let name = name.unwrap_or_default();
    let made = servers::create(&app, &actor, &name, &address, &game).await?;
    Ok(Success(new_view(made)))
}

pub(super) async fn find(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<ServerId>,
) -> Result<Success<ServerView>, Failure> {
    let (state, queue, _) = servers::find(&app, &actor, id).await?;
    Ok(Success(view(state, queue)))
}

/// What is absent stays as it is.
pub(super) async fn change(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<ServerId>,
    Body(mut body): Body,
) -> Result<Success<ServerView>, Failure> {
    let mut errors = FieldErrors::default();
    let name = body.changed::<String>(&mut errors, "name", "a text");
    let address = body.changed::<String>(&mut errors, "address", "a text");
    let game = body.changed::<String>(&mut errors, "game", "a text");
    body.finish(&mut errors);
    errors.into_result().map_err(Error::from)?;
    let (now, ..) = servers::find(&app, &actor, id).await?;
    let name = name.unwrap_or(now.server.name);
    let address = address.unwrap_or(now.server.address);
    let game = game.unwrap_or(now.server.game);
    servers::update(&app, &actor, id, &name, &address, &game).await?;
    let (state, queue, _) = servers::find(&app, &actor, id).await?;
    Ok(Success(view(state, queue)))
}

pub(super) async fn new_token(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<ServerId>,
) -> Result<Success<NewServerView>, Failure> {
    let made = servers::regenerate_token(&app, &actor, id).await?;
    Ok(Success(new_view(made)))
}

pub(super) async fn delivery(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<ServerId>,
) -> Result<Success<DeliveryView>, Failure> {
    let DeliveryReport {
        state,
        queue,
        waiting_since,
        latency,
        completed,
        failed,
        results,
        delayed,
    } = reports::delivery_report(&app, &actor, id).await?;
    let name = state.server.name.clone();
    let commands = |list: Vec<_>| {
        let views = list.into_iter().map(|it| CommandView::of(it, name.clone()));
        views.collect()
    };
    let buckets = latency.buckets.into_iter();
    Ok(Success(DeliveryView {
        results: commands(results),
        delayed: commands(delayed),
        server: view(state, queue),
        waiting_since: time(waiting_since),
        latency: LatencyView {
            count: latency.count,
            p50_ms: latency.p50_ms,
            p95_ms: latency.p95_ms,
            p99_ms: latency.p99_ms,
            buckets: buckets
                .map(|(up_to_ms, count)| BucketView { up_to_ms, count })
                .collect(),
        },
        completed_last_day: completed,
        failed_last_day: failed,
    }))
}

/// A server as it is right after it was made or its connection ended: nobody is connected.
fn new_view(made: NewServer) -> NewServerView {
    let state = ServerState {
        server: made.server,
        presence: Presence::Offline,
    };
    NewServerView {
        server: view(state, Queue::default()),
        token: made.token,
    }
}

fn view(state: ServerState, queue: Queue) -> ServerView {
    let (status, since) = match state.presence {
        Presence::Online { since } => ("Online", Some(since)),
        Presence::Polling { since } => ("Polling", Some(since)),
        Presence::Offline => ("Offline", None),
    };
    let Server {
        id,
        name,
        address,
        game,
        first_seen_at,
        last_seen_at,
        software,
        created_at,
    } = state.server;
    ServerView {
        id: id.to_string(),
        name,
        address,
        game,
        status,
        since: time(since),
        software,
        queue: QueueView {
            pending: queue.pending,
            delivered: queue.delivered,
            awaiting_player: queue.awaiting,
        },
        first_seen_at: time(first_seen_at),
        last_seen_at: time(last_seen_at),
        created_at: created_at.to_string(),
    }
}
