//! Why there is no page, told on a page of the dashboard.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tradepost_app::Error;

use crate::dashboard::Problem;
use crate::web::{Visitor, WebError, page_with_status};

/// What went wrong. It becomes a page in [`explain`], which knows the reader's language and colours.
#[derive(Debug)]
pub(super) struct Trouble(WebError);

impl<E: Into<WebError>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

#[derive(Clone)]
struct Told(String);

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        if let WebError::Page(response) = self.0 {
            return *response;
        }
        if let WebError::App(Error::Internal(cause)) = &self.0 {
            tracing::error!(error = ?cause, "a page of the dashboard could not be made");
        }
        let (status, text) = self.0.status_and_text();
        let mut response = status.into_response();
        response.extensions_mut().insert(Told(text));
        response
    }
}

/// Turns a [`Trouble`] into a page.
pub(super) async fn explain(visitor: Visitor, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(Told(text)) = response.extensions_mut().remove() else {
        return response;
    };
    let (doc, status) = (visitor.document("en"), response.status());
    let problem = match status {
        StatusCode::FORBIDDEN => Problem::forbidden(doc),
        StatusCode::NOT_FOUND => Problem::not_found(doc),
        StatusCode::INTERNAL_SERVER_ERROR => Problem::failed(doc),
        _ => Problem {
            code: status.as_u16(),
            title: "This did not work".to_owned(),
            text,
            ..Problem::failed(doc)
        },
    };
    page_with_status(status, &problem, "")
}
