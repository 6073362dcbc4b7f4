//! The requests below a hub's path, and the answers to those that fit nothing.

use crate::{
    Credentials, Hub, Refusal, cors, id::Id, link::Link, negotiate::negotiate, query::Query,
    server::Shared, transport::websockets,
};
use axum::{
    extract::{FromRequestParts, Request, WebSocketUpgrade},
    http::{
        HeaderMap, Method, StatusCode,
        header::{ACCEPT, ALLOW, UPGRADE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use std::sync::Arc;

#[derive(Clone, Copy)]
pub(crate) enum Route {
    /// The hub's path itself.
    Connection,
    /// One segment below it.
    Action,
}

pub(crate) async fn handle<H: Hub>(
    shared: Arc<Shared<H>>,
    route: Route,
    request: Request,
) -> Response {
    let origin = cors::allowed_origin(request.headers(), &shared.options.allowed_origins);
    let mut response = if origin.is_some() && cors::is_preflight(&request) {
        cors::preflight()
    } else {
        let (parts, _) = request.into_parts();
        match route {
            Route::Connection => connection(shared, parts).await,
            Route::Action => action(&shared, &parts).await,
        }
    };
    if let Some(origin) = origin {
        cors::allow(origin, &mut response);
    }
    response
}

async fn action<H: Hub>(shared: &Shared<H>, parts: &Parts) -> Response {
    let name = parts
        .uri
        .path()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    if !name.eq_ignore_ascii_case("negotiate") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if parts.method != Method::POST {
        return not_allowed("POST", "Negotiation takes POST requests only.");
    }
    negotiate(shared, parts).await
}

async fn connection<H: Hub>(shared: Arc<Shared<H>>, parts: Parts) -> Response {
    let websocket = is_websocket(&parts.headers);
    let answered = match parts.method {
        Method::GET if websocket => open_websocket(shared, parts).await,
        Method::GET => find(&shared, &parts).and_then(|_| {
            Err(Refusal::new(
                StatusCode::NOT_FOUND,
                format!(
                    "{} transport not supported by this end point type",
                    wanted_transport(&parts.headers)
                ),
            ))
        }),
        Method::POST => find(&shared, &parts).map(|_| {
            not_allowed(
                "GET",
                "POST requests are not allowed for WebSocket connections.",
            )
        }),
        Method::DELETE => find(&shared, &parts).and_then(|_| {
            Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "Cannot terminate this connection using the DELETE endpoint.",
            ))
        }),
        _ => Ok(not_allowed(
            "GET, POST, DELETE",
            "This request method is not known here.",
        )),
    };
    answered.unwrap_or_else(|refusal| refusal.to_request())
}

async fn open_websocket<H: Hub>(
    shared: Arc<Shared<H>>,
    mut parts: Parts,
) -> Result<Response, Refusal> {
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let link = link_of(&shared, &parts).await?;
    if !link.attach() {
        let sentence = "This connection has its WebSocket already.";
        return Err(Refusal::new(StatusCode::CONFLICT, sentence));
    }
    Ok(websockets::accept(shared, link, upgrade))
}

/// The negotiated connection a request belongs to, or a new one where it names none.
async fn link_of<H: Hub>(
    shared: &Shared<H>,
    parts: &Parts,
) -> Result<Arc<Link<H::Identity>>, Refusal> {
    let query = Query::of(&parts.uri);
    let credentials = Credentials::of(parts, &query);
    let Some(id) = query.get("id") else {
        return Ok(shared.add(shared.authenticate(credentials).await?, false));
    };
    let link = known(shared, id)?;
    // The id is enough: not every client repeats its credentials. Those that do must be right.
    if credentials.token().is_some() && shared.authenticate(credentials).await? != link.identity {
        let sentence = "This connection was negotiated with other credentials.";
        return Err(Refusal::unauthorized(sentence));
    }
    Ok(link)
}

fn find<H: Hub>(shared: &Shared<H>, parts: &Parts) -> Result<Arc<Link<H::Identity>>, Refusal> {
    let query = Query::of(&parts.uri);
    let id = query
        .get("id")
        .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "Connection ID required"))?;
    known(shared, id)
}

fn known<H: Hub>(shared: &Shared<H>, id: &str) -> Result<Arc<Link<H::Identity>>, Refusal> {
    Id::parse(id)
        .and_then(|id| shared.registry.find(id))
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "No Connection with that ID"))
}

fn is_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn wanted_transport(headers: &HeaderMap) -> &'static str {
    let mut accepted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next());
    if accepted.any(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream")) {
        "ServerSentEvents"
    } else {
        "LongPolling"
    }
}

fn not_allowed(allowed: &'static str, sentence: &'static str) -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, allowed)], sentence).into_response()
}
