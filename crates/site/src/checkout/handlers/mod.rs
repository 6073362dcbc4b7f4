//! Handlers: unpack a request, call an operation, map its result to a page.

mod codes;
mod delivery;
mod ending;
mod frame;
mod live;
mod receipt;
mod session;
mod steps;
mod subscription;
mod test_gateway;

use axum::Router;
use axum::routing::{get, post};
use tradepost_app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/checkout/{id}", get(session::show).post(session::send))
        .route("/checkout/{id}/cancel", get(session::cancel))
        .route(
            "/pay/test/{reference}",
            get(test_gateway::show).post(test_gateway::decide),
        )
        .route("/receipt/{session}", get(receipt::show))
        .route("/receipt/{session}/live", get(live::follow))
        .route(
            "/receipt/{session}/subscription",
            post(subscription::decide),
        )
}
