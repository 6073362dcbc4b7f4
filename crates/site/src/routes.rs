//! All routes of the site: the areas, and what they share.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tradepost_app::App;

use crate::view::{Document, Theme};
use crate::web::{
    CheckedForm, Outcome, Visitor, WebError, is_local, page_with_status, remember_visitor,
    see_other,
};
use crate::{assets, checkout, dashboard, storefront};

/// Pages carry an upload of an image at most; forms are far smaller.
const BODY_BYTES: usize = tradepost_model::images::MAX_BYTES + 64 * 1024;
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The site: storefronts, checkout, dashboard, and the files they need.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(storefront::routes())
        .merge(checkout::routes())
        .merge(dashboard::routes())
        .route("/", get(async || see_other("/dashboard")))
        .route("/theme", post(choose_theme))
        .fallback(async || Err::<Response, _>(WebError::Status(StatusCode::NOT_FOUND)))
        .layer(from_fn_with_state(app.clone(), remember_visitor))
        .route("/assets/{name}", get(asset))
        .route("/media/{id}", get(media))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(app)
}

/// A page for an error that belongs to no area.
pub(crate) fn problem_page(status: StatusCode, text: String, doc: Document) -> Response {
    let missing = status == StatusCode::NOT_FOUND;
    let problem = dashboard::Problem {
        code: status.as_u16(),
        title: if missing {
            "There is nothing here"
        } else {
            "This did not work"
        }
        .to_owned(),
        text: if missing {
            "The link may be old, or a letter got lost on the way.".to_owned()
        } else {
            text
        },
        action: ("/".to_owned(), "To the start".to_owned()),
        ..dashboard::Problem::failed(doc)
    };
    page_with_status(status, &problem, "")
}

async fn choose_theme(form: CheckedForm) -> Response {
    let theme = Theme::from_word(form.get("theme"));
    let here = form.get("next");
    let mut response = see_other(if is_local(here) { here } else { "/" });
    response
        .headers_mut()
        .append(header::SET_COOKIE, Visitor::theme_cookie(theme).header());
    response
}

#[derive(Deserialize)]
struct Version {
    v: Option<String>,
}

async fn asset(Path(name): Path<String>, Query(version): Query<Version>) -> Response {
    let Some(asset) = assets::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = asset.body.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(asset.content_type),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    let pinned = version.v.as_deref() == Some(asset.version.as_str());
    headers.insert(
        header::CACHE_CONTROL,
        if pinned {
            FOR_EVER
        } else {
            HeaderValue::from_static("no-cache")
        },
    );
    response
}

async fn media(State(app): State<App>, Path(id): Path<String>) -> Outcome {
    let id = id
        .parse()
        .map_err(|_| WebError::Status(StatusCode::NOT_FOUND))?;
    let (kind, content) = tradepost_app::images::find(&app, id).await?;
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(&kind).map_err(|_| WebError::Status(StatusCode::NOT_FOUND))?,
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    Ok(response)
}
