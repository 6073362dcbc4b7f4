//! Forms that people send: read as a whole, and refused where they were not sent from our own page.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use tradepost_app::App;

use super::answer::WebError;
use super::visitor::Visitor;

/// A form without files is far smaller.
const FORM_BYTES: usize = 64 * 1024;
const MOST_FIELDS: usize = 1000;

/// The fields of a form, in the order sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckedForm {
    fields: Vec<(String, String)>,
    files: Vec<(String, Bytes)>,
}

impl CheckedForm {
    /// The first value of a field; empty where it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// All values of a field.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a box was ticked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(key, _)| key == name)
    }

    /// An uploaded file that is not empty.
    pub(crate) fn file(&self, name: &str) -> Option<&Bytes> {
        self.files
            .iter()
            .find(|(key, content)| key == name && !content.is_empty())
            .map(|(_, content)| content)
    }
}

impl FromRequest<App> for CheckedForm {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        let visitor = request
            .extensions()
            .get::<Visitor>()
            .cloned()
            .ok_or(WebError::Forged)?;
        if !from_our_page(request.headers()) {
            return Err(WebError::Forged);
        }
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let form = if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            read_multipart(request, app).await?
        } else {
            let body = axum::body::to_bytes(request.into_body(), FORM_BYTES)
                .await
                .map_err(|_| WebError::Status(StatusCode::PAYLOAD_TOO_LARGE))?;
            let fields = url::form_urlencoded::parse(&body)
                .into_owned()
                .take(MOST_FIELDS)
                .collect();
            Self {
                fields,
                files: Vec::new(),
            }
        };
        if tradepost_app::secrets::same(form.get("csrf").as_bytes(), visitor.csrf.as_bytes()) {
            Ok(form)
        } else {
            Err(WebError::Forged)
        }
    }
}

async fn read_multipart(request: Request, app: &App) -> Result<CheckedForm, WebError> {
    const UNREADABLE: WebError = WebError::Status(StatusCode::BAD_REQUEST);
    let mut parts = Multipart::from_request(request, app)
        .await
        .map_err(|_| UNREADABLE)?;
    let mut form = CheckedForm::default();
    loop {
        let part = parts
            .next_field()
            .await
            .map_err(|error| WebError::Status(error.status()))?;
        let Some(part) = part else { return Ok(form) };
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let content = part
            .bytes()
            .await
            .map_err(|error| WebError::Status(error.status()))?;
        if is_file {
            form.files.push((name, content));
        } else {
            form.fields
                .push((name, String::from_utf8_lossy(&content).into_owned()));
        }
    }
}

/// What browsers tell about where a form was sent from; old ones tell nothing.
fn from_our_page(headers: &HeaderMap) -> bool {
    let told = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    told("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"))
}
