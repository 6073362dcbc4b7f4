//! Handlers: unpack a request, call an operation, map its result to a page.

use axum::Router;
use tradepost_app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
}
