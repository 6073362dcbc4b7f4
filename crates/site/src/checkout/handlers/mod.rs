//! Handlers: unpack a request, call an operation, map its result to a page.

mod delivery;
mod ending;
mod frame;
mod live;
mod receipt;
mod session;
mod steps;
mod test_gateway;

use axum::Router;
use axum::routing::get;
use tradepost_app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/checkout/{id}", get(session::show).post(session::pay))
        .route("/checkout/{id}/cancel", get(session::cancel))
        .route(
            "/pay/test/{reference}",
            get(test_gateway::show).post(test_gateway::decide),
        )
        .route("/receipt/{session}", get(receipt::show))
        .route("/receipt/{session}/live", get(live::follow))
}
