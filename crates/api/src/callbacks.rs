//! Callbacks of payment gateways: verified, kept, answered; settled right after.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::post;
use tradepost_app::{App, payments};

use crate::envelope::{Failure, Success};

pub(crate) fn router() -> Router<App> {
    Router::new().route("/callbacks/{gateway}", post(receive))
}

async fn receive(
    State(app): State<App>,
    Path(gateway): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Success<()>, Failure> {
    let signature = headers
        .get("x-signature")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let received = payments::receive(&app, &gateway, signature, &body).await?;
    let work = app.clone();
    app.tasks.spawn(async move {
        if let Err(error) = payments::settle_now(&work, &received).await {
            tracing::warn!(error = ?error, "a notification will be settled by its job");
        }
    });
    Ok(Success(()))
}
