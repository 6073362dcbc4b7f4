//! Handlers: unpack a request, call an operation, map its result to a page.

mod commands;
mod editor;
mod flash;
mod home;
mod login;
mod member;
mod money;
mod numbers;
mod order;
mod orders;
mod package_form;
mod package_page;
mod package_sample;
mod packages;
mod server;
mod servers;
mod trouble;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use tradepost_app::App;

use crate::web::Outcome;
use member::Member;

pub(crate) fn routes() -> Router<App> {
    let store = Router::new()
        .route("/", get(home::show))
        .route("/packages", get(packages::list))
        .route(
            "/packages/new",
            get(editor::blank).post(editor::create).layer(uploads()),
        )
        .route(
            "/packages/{id}",
            get(editor::edit).post(editor::change).layer(uploads()),
        )
        .route("/orders", get(orders::list))
        .route("/orders/{id}", get(order::show))
        .route("/orders/{id}/live", get(order::live))
        .route("/servers", get(servers::list))
        .route("/servers/live", get(servers::live))
        .route("/servers/new", get(servers::blank).post(servers::create))
        .route("/servers/{id}", get(server::show))
        .route("/servers/{id}/live", get(server::live))
        .route(
            "/servers/{id}/token",
            get(server::back).post(server::regenerate),
        );
    Router::new()
        .route("/dashboard", get(home::first_store))
        .route("/dashboard/login", get(login::show).post(login::log_in))
        .route("/dashboard/logout", post(login::log_out))
        .nest("/dashboard/{subdomain}", store)
        .layer(from_fn(trouble::explain))
}

/// More than a picture may have, so that whoever sends a photo as it came from the camera is told so
/// beside the field, with all that was typed.
fn uploads() -> DefaultBodyLimit {
    DefaultBodyLimit::max(16 * tradepost_model::images::MAX_BYTES)
}
