//! How a client is told that it may not connect.

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::borrow::Cow;

/// How a client is told that it may not connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    sentence: Cow<'static, str>,
}

impl Refusal {
    /// A status and a sentence as plain text.
    ///
    /// The status is for programs (retries, proxies), the sentence for people.
    #[must_use]
    pub fn new(status: StatusCode, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
        }
    }

    /// 401 with a sentence.
    #[must_use]
    pub fn unauthorized(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, sentence)
    }

    /// The answer every client shows word for word: `200 {"error": ".."}`.
    ///
    /// Only negotiation has such an answer; elsewhere it is 403 with the same sentence.
    #[must_use]
    pub fn message(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::OK, sentence)
    }

    /// The answer to a negotiation.
    pub(crate) fn to_negotiation(&self) -> Response {
        if self.status == StatusCode::OK {
            return Json(json!({ "error": self.sentence })).into_response();
        }
        self.to_request()
    }

    /// The answer to any other request.
    pub(crate) fn to_request(&self) -> Response {
        let status = if self.status == StatusCode::OK {
            StatusCode::FORBIDDEN
        } else {
            self.status
        };
        // The short form is the one clients know; where it matters, the charset is said.
        let kind = if self.sentence.is_ascii() {
            "text/plain"
        } else {
            "text/plain; charset=utf-8"
        };
        let mut response = (status, [(CONTENT_TYPE, kind)], self.sentence.clone()).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
