//! The style sheet of a store's colour.

use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tradepost_app::App;

use super::shopping::store_of;
use crate::accent::{DEFAULT, version};
use crate::accent_css;
use crate::web::Outcome;

#[derive(Deserialize)]
pub(super) struct Version {
    v: Option<String>,
}

pub(super) async fn of_store(
    State(app): State<App>,
    params: axum::extract::RawPathParams,
    Query(asked): Query<Version>,
) -> Outcome {
    let store = store_of(&app, &params).await?;
    Ok(sheet(&store.accent, &asked))
}

/// For pages that belong to no store.
pub(super) async fn of_nobody(Query(asked): Query<Version>) -> Response {
    sheet(DEFAULT, &asked)
}

fn sheet(accent: &str, asked: &Version) -> Response {
    let pinned = asked.v.as_deref() == Some(version(accent).as_str());
    let cache = if pinned {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/css; charset=utf-8"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    (headers, accent_css(accent)).into_response()
}
