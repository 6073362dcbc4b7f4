//! The Management API, version 1. The store is the key's.

mod checkout;
pub(crate) mod orders;
mod packages;
mod paging;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tradepost_app::{App, Error};

use crate::envelope::Failure;
use crate::limits::with_key;

pub(crate) fn router(app: &App) -> Router<App> {
    Router::new()
        .route("/packages", get(packages::list))
        .route("/orders", axum::routing::post(orders::create))
        .route("/orders/{id}", get(orders::find))
        .route("/checkout/sessions", axum::routing::post(checkout::create))
        .route("/checkout/sessions/{id}", get(checkout::find))
        .method_not_allowed_fallback(crate::wrong_method)
        .fallback(crate::no_such_endpoint)
        .layer(from_fn_with_state(app.clone(), with_key))
}

/// The key that calls.
pub(crate) struct Caller(pub(crate) tradepost_app::Actor);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let actor = parts.extensions.get::<tradepost_app::Actor>().cloned();
        actor.map(Self).ok_or_else(|| {
            Error::Unauthenticated("Send your API key in the X-Api-Key header.").into()
        })
    }
}
