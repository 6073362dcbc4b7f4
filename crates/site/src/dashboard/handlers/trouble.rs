//! Why there is no page, told on a page of the dashboard.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::dashboard::Problem;
use crate::web::{Told, Visitor, page_with_status};

/// Makes what went wrong a page of the dashboard.
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
