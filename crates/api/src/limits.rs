//! Who calls, and how often: every response to a recognised key tells where it stands.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;
use tradepost_app::identity::KeyBearer;
use tradepost_app::rate::{Allowance, Caller, address_key, requests_per_minute};
use tradepost_app::{App, Error, identity};
use tradepost_model::users::User;

use crate::envelope::Failure;

/// Keys and tokens from one address that are not good.
const FAILURES_PER_MINUTE: u32 = 20;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How a token is sent.
pub(crate) const NO_TOKEN: &str = "Send your token as 'Authorization: Bearer <token>'.";

/// What stands for the place a request came from.
pub(crate) fn address(request: &Extensions) -> String {
    let remote = request.get::<ConnectInfo<SocketAddr>>();
    address_key(remote.map(|info| info.0.ip()))
}

/// Recognises the key, counts the request, and lets it through as the key's [`tradepost_app::Actor`].
pub(crate) async fn with_key(State(app): State<App>, request: Request, next: Next) -> Response {
    let text = request
        .headers()
        .get("x-api-key")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let found = if text.is_empty() {
        Err(Error::Unauthenticated(
            "Send your API key in the X-Api-Key header.",
        ))
    } else {
        identity::authenticate_key(&app, text).await
    };
    let bearer = match found {
        Ok(bearer) => bearer,
        Err(error) => {
            return refused(&app, request.extensions(), error)
                .await
                .into_response();
        }
    };
    let limit = requests_per_minute(&app, &bearer.plan);
    let taken = app.limits.take(&app, Caller::Key(bearer.key.id), limit);
    let allowance = match taken.await {
        Ok(allowance) => allowance,
        Err(error) => return Failure::from(error).into_response(),
    };
    let mut response = answer(&app, &bearer, &allowance, request, next).await;
    tell(response.headers_mut(), &allowance);
    response
}

async fn answer(
    app: &App,
    bearer: &KeyBearer,
    allowance: &Allowance,
    mut request: Request,
    next: Next,
) -> Response {
    let actor = allowance.check().and_then(|()| bearer.actor(app.now()));
    match actor {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            run(app, request, next).await
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Runs a handler. One that panics has failed, and its answer tells as well where the key stands.
async fn run(app: &App, request: Request, next: Next) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let work = next.run(request);
    let done = if reads {
        let done = AssertUnwindSafe(work).catch_unwind().await;
        done.map_err(|_| Error::internal("a handler panicked"))
    } else {
        // Even if its sender leaves: nothing may come between a commit and what follows from it.
        let work = async move { Ok(work.await) };
        app.to_the_end(work.in_current_span()).await
    };
    done.unwrap_or_else(|error| Failure::from(error).into_response())
}

/// Recognises a member's token and counts the request. Errors: no token, or one that is not good; too
/// many requests.
pub(crate) async fn member(
    app: &App,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<User, Failure> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let user = match token {
        Some((_, token)) => identity::user_of_token(app, token.trim()).await,
        None => Err(Error::Unauthenticated(NO_TOKEN)),
    };
    let user = match user {
        Ok(user) => user,
        Err(error) => return Err(refused(app, extensions, error).await),
    };
    let limit = app.settings.member_requests_per_minute;
    let turn = app.limits.check(app, Caller::Member(user.id), limit);
    turn.await?;
    Ok(user)
}

/// What is told to somebody who is not recognised: that, or from an address with many failures, to wait.
async fn refused(app: &App, extensions: &Extensions, error: Error) -> Failure {
    if !matches!(error, Error::Unauthenticated(_)) {
        return error.into();
    }
    let address = address(extensions);
    let turn = app
        .limits
        .check(app, Caller::Refused(&address), FAILURES_PER_MINUTE);
    match turn.await {
        Ok(()) => error.into(),
        Err(too_many) => too_many.into(),
    }
}

fn tell(headers: &mut HeaderMap, allowance: &Allowance) {
    headers.insert(LIMIT, HeaderValue::from(allowance.limit));
    headers.insert(REMAINING, HeaderValue::from(allowance.remaining));
    headers.insert(RESET, HeaderValue::from(allowance.reset));
}
