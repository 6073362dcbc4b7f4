//! Who calls, and how often: every response to a recognised key tells where it stands.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tradepost_app::rate::{Allowance, address_key};
use tradepost_app::{App, Error, identity};

use crate::envelope::Failure;

const FAILURES_PER_MINUTE: u32 = 20;
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What stands for the place a request came from.
pub(crate) fn address(request: &axum::http::Extensions) -> String {
    let remote = request.get::<ConnectInfo<SocketAddr>>();
    address_key(remote.map(|info| info.0.ip()))
}

/// Recognises the key, counts the request, and lets it through as the key's [`tradepost_app::Actor`].
pub(crate) async fn with_key(State(app): State<App>, mut request: Request, next: Next) -> Response {
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
    let (key, actor) = match found {
        Ok(found) => found,
        Err(error @ Error::Unauthenticated(_)) => {
            let caller = format!("auth:{}", address(request.extensions()));
            let allowance = app.windows.take(&caller, FAILURES_PER_MINUTE, app.now());
            return match allowance.retry_after {
                Some(seconds) => Failure::too_many(seconds).into_response(),
                None => Failure::from(error).into_response(),
            };
        }
        Err(error) => return Failure::from(error).into_response(),
    };
    let allowance = app.windows.take(
        &format!("key:{}", key.id),
        app.settings.requests_per_minute,
        app.now(),
    );
    let mut response = match allowance.retry_after {
        Some(seconds) => Failure::too_many(seconds).into_response(),
        None => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
    };
    tell(response.headers_mut(), &allowance);
    response
}

fn tell(headers: &mut HeaderMap, allowance: &Allowance) {
    headers.insert(LIMIT, HeaderValue::from(allowance.limit));
    headers.insert(REMAINING, HeaderValue::from(allowance.remaining));
    headers.insert(RESET, HeaderValue::from(allowance.reset));
}
