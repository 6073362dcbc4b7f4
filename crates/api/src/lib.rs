//! JSON over HTTP: the Management API, the account API, the plugin protocol and the callbacks of
//! payment gateways.
#![warn(missing_docs)]

mod account;
#[expect(
    dead_code,
    reason = "kinds of members and parameters that resources to come are made of"
)]
#[cfg_attr(not(test), expect(unused_imports, reason = "the same"))]
mod body;
mod call;
mod callbacks;
mod envelope;
mod limits;
mod openapi;
mod plugin;
mod query;
mod shape;
mod stores;
mod v1;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;
use tradepost_app::{App, Error};

pub use plugin::{HUB_PATH, PluginServer};

/// The description of the API: OpenAPI 3.1, as it is served at `/api/openapi.json`.
pub fn openapi() -> serde_json::Value {
    openapi::document(&catalogue())
}

/// What describes every operation that is described.
fn catalogue() -> openapi::Catalogue {
    let ours = v1::routes().catalogue();
    let account = account::routes().catalogue();
    ours.and(account).and(stores::routes().catalogue())
}

/// The largest body that is read, in bytes.
const BODY_BYTES: usize = 1024 * 1024;

/// All routes under `/api`, the callbacks and the plugin hub, and the handle of the hub's connections.
pub fn router(app: App) -> (Router, PluginServer) {
    let (hub, server) = plugin::router(&app);
    let json = Router::new()
        .merge(v1::router(&app))
        .nest("/api/account", account::router())
        .nest("/api/stores/{storeId}", stores::router(&app))
        .nest("/api/plugin", plugin::requests())
        .route("/api/openapi.json", get(description))
        .route("/api/docs", get(openapi::page))
        .route("/api/docs/style.css", get(openapi::style))
        .route("/api", axum::routing::any(no_such_endpoint))
        .route("/api/", axum::routing::any(no_such_endpoint))
        .route("/api/{*rest}", axum::routing::any(no_such_endpoint))
        .method_not_allowed_fallback(wrong_method)
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .merge(callbacks::router())
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(app);
    (json.merge(hub), server)
}

async fn description() -> axum::Json<serde_json::Value> {
    axum::Json(openapi())
}

async fn no_such_endpoint() -> Result<(), envelope::Failure> {
    Err(Error::NotFound("endpoint").into())
}

async fn wrong_method() -> envelope::Failure {
    envelope::Failure::plain(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This endpoint does not take this method.",
    )
}
