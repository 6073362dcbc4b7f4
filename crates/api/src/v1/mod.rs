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
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use tradepost_app::App;

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
    // All of it are routes, no fallback: a route of the router around them would come before that, and
    // answer without counting. They have their whole addresses, since nesting costs every request some more.
    routes()
        .into_router("/api/v1")
        .route("/api/v1", any(crate::no_such_endpoint))
        .route("/api/v1/", any(crate::no_such_endpoint))
        .route("/api/v1/{*rest}", any(crate::no_such_endpoint))
        .method_not_allowed_fallback(crate::wrong_method)
        .route_layer(from_fn_with_state(app.clone(), with_key))
}
