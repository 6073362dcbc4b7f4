//! The envelope around every answer.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use tradepost_app::Error;
use tradepost_model::Timestamp;

/// A successful answer: `{"success":true,"data":...,"message":null,"errors":[]}`.
pub(crate) struct Success<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Success<T> {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (json, around(&self.0)).into_response()
    }
}

const START: &str = r#"{"success":true,"data":"#;
const END: &str = r#","message":null,"errors":[]}"#;

/// The envelope around what a view tells.
pub(crate) fn around(view: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(1024);
    text.extend_from_slice(START.as_bytes());
    serde_json::to_writer(&mut text, view)
        .expect("views have text for keys and nothing that can fail");
    text.extend_from_slice(END.as_bytes());
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// What a view told, inside the envelope around it.
pub(crate) fn data(envelope: &str) -> &[u8] {
    let inside = envelope.strip_prefix(START);
    let inside = inside.and_then(|rest| rest.strip_suffix(END));
    inside.unwrap_or_default().as_bytes()
}

/// A failure: status, stable word, message and all errors.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    code: &'static str,
    errors: Vec<String>,
    retry_after: Option<i64>,
}

impl Failure {
    /// A failure with one message.
    pub(crate) fn plain(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            errors: vec![message.into()],
            retry_after: None,
        }
    }

    /// All that is wrong.
    #[cfg(test)]
    pub(crate) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Over a limit of requests.
    pub(crate) fn too_many(retry_after: i64) -> Self {
        let message = format!("Rate limit exceeded. Try again in {retry_after} s.");
        let failure = Self::plain(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message);
        Self {
            retry_after: Some(retry_after),
            ..failure
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = sentence(&error.to_string());
        match error {
            Error::NotFound(_) => Self::plain(StatusCode::NOT_FOUND, "not_found", message),
            Error::Forbidden { .. } => {
                Self::plain(StatusCode::FORBIDDEN, "permission_missing", message)
            }
            Error::PlanRequired => Self::plain(StatusCode::FORBIDDEN, "plan_required", message),
            Error::Unauthenticated(_) => {
                Self::plain(StatusCode::UNAUTHORIZED, "unauthenticated", message)
            }
            Error::Invalid(errors) => Self {
                status: StatusCode::BAD_REQUEST,
                code: "validation_failed",
                errors: errors.0.iter().map(ToString::to_string).collect(),
                retry_after: None,
            },
            Error::Refused { code, message } => Self::plain(StatusCode::BAD_REQUEST, code, message),
            Error::Conflict { code, message } => Self::plain(StatusCode::CONFLICT, code, message),
            Error::Stale => Self::plain(StatusCode::PRECONDITION_FAILED, "lost_update", message),
            Error::TooMany { retry_seconds } => Self::too_many(retry_seconds),
            Error::Unavailable(cause) => {
                tracing::warn!(error = ?cause, "the database is busy");
                Self::plain(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
            }
            Error::Internal(cause) => {
                tracing::error!(error = ?cause, "a request failed");
                Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self {
            status,
            code,
            errors,
            retry_after,
        } = self;
        let message = errors.first().cloned().unwrap_or_default();
        let body = json!({"success": false, "data": null, "message": message, "errors": errors, "code": code});
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A time as the API writes it.
pub(crate) fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let start: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{start}{}{end}", chars.as_str())
}
