//! The Management API, version 1. The store is the key's.

mod applies_to;
mod bans;
mod categories;
mod checkout;
mod coupons;
mod customers;
mod events;
mod gift_cards;
pub(crate) mod orders;
mod packages;
mod sales;
pub(crate) mod subscriptions;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use tower_http::catch_panic::CatchPanicLayer;
use tradepost_app::{App, Error};

use crate::call::to_the_end;
use crate::envelope::Failure;
use crate::limits::with_key;
use crate::openapi::Routes;

/// Every operation, with what describes it.
pub(crate) fn routes() -> Routes {
    packages::routes()
        .and(categories::routes())
        .and(coupons::routes())
        .and(sales::routes())
        .and(gift_cards::routes())
        .and(orders::routes())
        .and(checkout::routes())
        .and(customers::routes())
        .and(bans::routes())
        .and(subscriptions::routes())
        .and(events::routes())
}

/// The routes under `/api/v1`.
pub(crate) fn router(app: &App) -> Router<App> {
    let work = app.clone();
    let routes = routes()
        .into_router()
        .route("/", any(crate::no_such_endpoint))
        .route("/{*rest}", any(crate::no_such_endpoint))
        .method_not_allowed_fallback(crate::wrong_method);
    // All of it are routes, no fallback: a route of the router around them would come before that, and
    // answer without counting.
    Router::new()
        .nest("/api/v1", routes)
        .route("/api/v1/", any(crate::no_such_endpoint))
        .route_layer(from_fn(move |request, next| {
            to_the_end(work.clone(), request, next)
        }))
        // Inside of what counts, so that this answer tells as well where the key stands.
        .route_layer(CatchPanicLayer::custom(panicked))
        .route_layer(from_fn_with_state(app.clone(), with_key))
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Failure::from(Error::internal("a handler panicked")).into_response()
}
