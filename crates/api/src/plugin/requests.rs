//! The plugin protocol by single requests, for plugins that cannot keep a connection open: the same
//! messages as on the hub, in JSON over HTTP. Answers are bare objects, failures the envelope.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tradepost_app::delivery::{self, Plugin, Polled, WINDOW};
use tradepost_app::{App, Error};
use tradepost_model::ids::{ServerId, StoreId};

use super::messages::{
    AckMessage, CommandMessage, PlayerEntry, PlayersRequest, PolledMessage, ResultsMessage,
};
use super::{MESSAGE_BYTES, MOST_AT_ONCE, MOST_PLAYERS, REQUEST_CALLS, count, count_players};
use crate::envelope::Failure;
use crate::limits::address;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/commands", get(commands))
        .route("/commands/ack", post(ack))
        .route("/commands/results", post(results))
        .route("/players", post(players))
        .method_not_allowed_fallback(crate::wrong_method)
        .fallback(crate::no_such_endpoint)
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES))
}

async fn commands(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, Failure> {
    let limit = match query.get("limit").map(|text| text.parse::<usize>()) {
        None => WINDOW,
        Some(Ok(limit)) if limit > 0 => limit,
        Some(_) => return Err(unfit("limit must be a number from 1 to 100.")),
    };
    let Caller {
        store,
        server,
        token,
    } = caller;
    let polled = delivery::poll(&app, store, server, token, limit).await?;
    let Polled {
        commands,
        next_check,
        more,
    } = &polled;
    let message = PolledMessage {
        commands: commands.iter().map(CommandMessage::of).collect(),
        next_check_seconds: *next_check,
        more: *more,
    };
    serde_json::to_value(&message)
        .map(Json)
        .map_err(|error| Error::internal(error).into())
}

async fn ack(
    State(app): State<App>,
    caller: Caller,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Failure> {
    let ids = read::<AckMessage>(body)?.read();
    few("ids", ids.len(), MOST_AT_ONCE)?;
    let accepted = delivery::ack(&app, caller.plugin(), ids).await?;
    Ok(Json(json!({"accepted": accepted})))
}

async fn results(
    State(app): State<App>,
    caller: Caller,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Failure> {
    let reports = read::<ResultsMessage>(body)?.read();
    few("results", reports.len(), MOST_AT_ONCE)?;
    let accepted = delivery::report_results(&app, caller.plugin(), reports).await?;
    Ok(Json(json!({"accepted": accepted})))
}

async fn players(
    State(app): State<App>,
    caller: Caller,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Failure> {
    let PlayersRequest {
        joined,
        left,
        online,
    } = read(body)?;
    if joined.is_none() && left.is_none() && online.is_none() {
        return Err(unfit("Send joined and left, or online."));
    }
    let there: Vec<_> = joined.into_iter().chain(online).flatten().collect();
    few("joined and online", there.len(), MOST_PLAYERS)?;
    few("left", left.map_or(0, |left| left.len()), MOST_PLAYERS)?;
    count_players(&app, caller.server, there.len())?;
    let there = there.into_iter().map(PlayerEntry::read).collect();
    let waiting = delivery::players_online(&app, caller.plugin(), there).await?;
    Ok(Json(json!({"waiting": waiting})))
}

/// Whose plugin sends a request: recognised before its body is read.
struct Caller {
    store: StoreId,
    server: ServerId,
    token: [u8; 32],
}

impl Caller {
    fn plugin(&self) -> Plugin {
        Plugin::by_request(self.store, self.server)
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let token = token(parts);
        let address = address(&parts.extensions);
        let (store, server, token) =
            delivery::authenticate_from(app, token.as_deref(), &address).await?;
        count(app, server, REQUEST_CALLS)?;
        Ok(Self {
            store,
            server,
            token,
        })
    }
}

/// The connection token, from where the hub takes it too.
fn token(parts: &Parts) -> Option<String> {
    let header = |name| parts.headers.get(name)?.to_str().ok();
    let bearer = || {
        let (scheme, token) = header(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    };
    let in_query = || {
        let Query(mut query) = Query::<HashMap<String, String>>::try_from_uri(&parts.uri).ok()?;
        query.remove("access_token")
    };
    bearer()
        .or_else(|| header("x-connection-token").map(str::to_owned))
        .or_else(in_query)
        .filter(|token| !token.is_empty())
}

/// The object of a body, whatever type it is sent as.
fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Failure> {
    let body = body.map_err(|rejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => Failure::plain(
            status,
            "body_too_large",
            "The body must be at most 256 KiB.",
        ),
        _ => unfit("The body could not be read."),
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        let message = format!("The body does not fit: {error}.");
        Failure::plain(StatusCode::BAD_REQUEST, "malformed", message)
    })
}

fn few(field: &str, count: usize, most: usize) -> Result<(), Failure> {
    if count <= most {
        return Ok(());
    }
    Err(unfit(&format!(
        "{field} must have at most {most} entries, send several requests."
    )))
}

fn unfit(message: &str) -> Failure {
    Failure::plain(StatusCode::BAD_REQUEST, "validation_failed", message)
}
