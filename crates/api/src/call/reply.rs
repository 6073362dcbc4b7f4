//! The answer about one thing, with its entity tag.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tradepost_app::After;
use tradepost_app::idempotency::{Kept, fingerprint};

use crate::envelope;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer, written out: what is kept for a repeated request is what was sent.
#[must_use]
pub(crate) struct Reply {
    body: String,
    etag: Option<String>,
    pub(super) after: After,
}

impl Reply {
    /// Something that counts its changes.
    pub(crate) fn versioned(version: i64, view: &impl Serialize) -> Self {
        Self {
            etag: Some(format!("\"{version}\"")),
            ..Self::of(view)
        }
    }

    /// Something whose tag is made of all there is to tell of it.
    pub(crate) fn hashed(view: &impl Serialize) -> Self {
        let reply = Self::of(view);
        let hash = fingerprint(&[envelope::data(&reply.body)]);
        Self {
            etag: Some(format!("\"{}\"", hex::encode(&hash[..8]))),
            ..reply
        }
    }

    /// Done, and nothing to tell.
    pub(crate) fn nothing() -> Self {
        Self::of(&())
    }

    /// What is to be done once this is true.
    pub(crate) fn after(self, after: After) -> Self {
        Self { after, ..self }
    }

    fn of(view: &impl Serialize) -> Self {
        Self {
            body: envelope::around(view),
            etag: None,
            after: After::default(),
        }
    }

    /// What is sent and kept, and what is to be done once it is true.
    pub(super) fn into_kept(self) -> (Kept, After) {
        let Self { body, etag, after } = self;
        let status = StatusCode::OK.as_u16().into();
        (Kept { status, etag, body }, after)
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        answer(self.into_kept().0)
    }
}

/// An answer that was given before.
pub(super) fn replayed(kept: Kept) -> Response {
    let mut response = answer(kept);
    let yes = HeaderValue::from_static("true");
    response.headers_mut().insert(REPLAYED, yes);
    response
}

pub(super) fn answer(kept: Kept) -> Response {
    let Kept { status, etag, body } = kept;
    let status = u16::try_from(status).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let json = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (status.unwrap_or_default(), json, body).into_response();
    if let Some(etag) = etag.and_then(|etag| HeaderValue::try_from(etag).ok()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
