//! The requests below a hub's path, and the answers to those that fit nothing.

use crate::{
    Credentials, Hub, Refusal, Transport, cors,
    id::Id,
    link::{Attached, Link},
    negotiate::negotiate,
    query::Query,
    server::Shared,
    transport::{long_polling, posts, server_sent_events, websockets},
};
use axum::{
    body::Body,
    extract::{FromRequestParts, Request, WebSocketUpgrade},
    http::{
        HeaderMap, Method, StatusCode,
        header::{ACCEPT, ALLOW, CONTENT_TYPE, UPGRADE},
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
        let (parts, body) = request.into_parts();
        match route {
            Route::Connection => connection(shared, parts, body).await,
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
        return not_allowed("POST", "");
    }
    negotiate(shared, parts).await
}

async fn connection<H: Hub>(shared: Arc<Shared<H>>, parts: Parts, body: Body) -> Response {
    let answered = match parts.method {
        Method::GET if accepts_events(&parts.headers) => open_events(shared, &parts).await,
        Method::GET if is_websocket(&parts.headers) => open_websocket(shared, parts).await,
        Method::GET => {
            let mut answered = poll(shared, &parts)
                .await
                .unwrap_or_else(|refusal| refusal.to_request());
            long_polling::forbid_caching(&mut answered);
            Ok(answered)
        }
        Method::POST => receive(&shared, &parts, body).await,
        Method::DELETE => terminate(&shared, &parts).await,
        _ => Ok(not_allowed("GET, POST, DELETE", "")),
    };
    answered.unwrap_or_else(|refusal| refusal.to_request())
}

async fn open_websocket<H: Hub>(
    shared: Arc<Shared<H>>,
    mut parts: Parts,
) -> Result<Response, Refusal> {
    let query = Query::of(&parts.uri);
    let link = match id(&query) {
        Some(_) => Some(find(&shared, &parts).await?),
        None => None,
    };
    offered(&shared, Transport::WebSockets)?;
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let link = match link {
        Some(link) => link,
        None => {
            let credentials = Credentials::of(&parts, &query);
            shared.add(shared.authenticate(credentials).await?, false)
        }
    };
    only_once(link.attach(Transport::WebSockets))?;
    Ok(websockets::accept(shared, link, upgrade))
}

async fn open_events<H: Hub>(shared: Arc<Shared<H>>, parts: &Parts) -> Result<Response, Refusal> {
    let link = find(&shared, parts).await?;
    offered(&shared, Transport::ServerSentEvents)?;
    only_once(link.attach(Transport::ServerSentEvents))?;
    Ok(server_sent_events::open(shared, link))
}

async fn poll<H: Hub>(shared: Arc<Shared<H>>, parts: &Parts) -> Result<Response, Refusal> {
    let link = find(&shared, parts).await?;
    offered(&shared, Transport::LongPolling)?;
    match link.attach(Transport::LongPolling) {
        Attached::First => Ok(long_polling::open(shared, link)),
        Attached::Again => {
            let max = long_polling::max_batch(&parts.headers);
            Ok(long_polling::poll(&shared, link, max).await)
        }
        Attached::Otherwise => Err(otherwise()),
    }
}

async fn receive<H: Hub>(
    shared: &Shared<H>,
    parts: &Parts,
    body: Body,
) -> Result<Response, Refusal> {
    let link = find(shared, parts).await?;
    if link.transport() == Some(Transport::WebSockets) {
        return Ok(not_allowed(
            "GET",
            "POST requests are not allowed for WebSocket connections.",
        ));
    }
    Ok(posts::receive(&link, body, &shared.options).await)
}

async fn terminate<H: Hub>(shared: &Shared<H>, parts: &Parts) -> Result<Response, Refusal> {
    let link = find(shared, parts).await?;
    if link.transport() != Some(Transport::LongPolling) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "Cannot terminate this connection using the DELETE endpoint.",
        ));
    }
    long_polling::terminate(&link);
    Ok((StatusCode::ACCEPTED, [(CONTENT_TYPE, "text/plain")]).into_response())
}

/// The connection a request names.
///
/// The id is enough: not every client repeats its credentials. Those that do must be right.
async fn find<H: Hub>(
    shared: &Shared<H>,
    parts: &Parts,
) -> Result<Arc<Link<H::Identity>>, Refusal> {
    let query = Query::of(&parts.uri);
    let id = id(&query)
        .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "Connection ID required"))?;
    let link = Id::parse(id)
        .and_then(|id| shared.registry.find(id))
        .filter(|link| !link.is_terminated())
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "No Connection with that ID"))?;
    let credentials = Credentials::of(parts, &query);
    if credentials.token().is_some() && shared.hub.authenticate(credentials).await? != link.identity
    {
        let sentence = "This connection was negotiated with other credentials.";
        return Err(Refusal::unauthorized(sentence));
    }
    Ok(link)
}

fn id(query: &Query) -> Option<&str> {
    query.get("id").filter(|id| !id.is_empty())
}

fn offered<H: Hub>(shared: &Shared<H>, transport: Transport) -> Result<(), Refusal> {
    if shared.options.transports.contains(&transport) {
        return Ok(());
    }
    let sentence = format!("{transport} transport not supported by this end point type");
    Err(Refusal::new(StatusCode::NOT_FOUND, sentence))
}

fn only_once(attached: Attached) -> Result<(), Refusal> {
    match attached {
        Attached::First => Ok(()),
        Attached::Again => Err(Refusal::new(StatusCode::CONFLICT, "")),
        Attached::Otherwise => Err(otherwise()),
    }
}

fn otherwise() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "Cannot change transports mid-connection",
    )
}

fn is_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn accepts_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
}

fn not_allowed(allowed: &'static str, sentence: &'static str) -> Response {
    let headers = [(ALLOW, allowed), (CONTENT_TYPE, "text/plain")];
    (StatusCode::METHOD_NOT_ALLOWED, headers, sentence).into_response()
}
