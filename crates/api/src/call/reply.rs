//! The answer about one thing, with its entity tag.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tradepost_app::After;
use tradepost_app::idempotency::{Kept, fingerprint};

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
            ..Self::of(&written(view))
        }
    }

    /// Something whose tag is made of all there is to tell of it.
    pub(crate) fn hashed(view: &impl Serialize) -> Self {
        let data = written(view);
        let hash = fingerprint(&[data.as_bytes()]);
        let tag: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            etag: Some(format!("\"{tag}\"")),
            ..Self::of(&data)
        }
    }

    /// Done, and nothing to tell.
    pub(crate) fn nothing() -> Self {
        Self::of("null")
    }

    /// What is to be done once this is true.
    pub(crate) fn after(self, after: After) -> Self {
        Self { after, ..self }
    }

    fn of(data: &str) -> Self {
        Self {
            body: format!(r#"{{"success":true,"data":{data},"message":null,"errors":[]}}"#),
            etag: None,
            after: After::default(),
        }
    }

    pub(super) fn kept(&self) -> Kept {
        Kept {
            status: StatusCode::OK.as_u16().into(),
            etag: self.etag.clone(),
            body: self.body.clone(),
        }
    }
}

fn written(view: &impl Serialize) -> String {
    serde_json::to_string(view).expect("views have text for keys and nothing that can fail")
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        answer(self.kept())
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
