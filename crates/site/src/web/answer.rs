//! Answers: pages with their security headers, redirects, and errors in words.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use tradepost_app::Error;

/// What a handler gives: a page, or what went wrong.
pub(crate) type Outcome = Result<Response, WebError>;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum WebError {
    /// A form that was not sent from our own page, or from one too old.
    Forged,
    /// A bare status.
    Status(StatusCode),
    /// An operation was not done.
    App(Error),
    /// A page was made for this already.
    Page(Box<Response>),
}

impl From<Error> for WebError {
    fn from(error: Error) -> Self {
        Self::App(error)
    }
}

impl WebError {
    /// The status that fits, and a sentence for people.
    pub(crate) fn status_and_text(&self) -> (StatusCode, String) {
        match self {
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "This form was open for too long or was not sent from our page. Go back, reload the page and try again."
                    .to_owned(),
            ),
            Self::Status(status) => (*status, "This request could not be understood.".to_owned()),
            Self::Page(response) => (response.status(), String::new()),
            Self::App(error) => (status_of(error), sentence(error)),
        }
    }
}

/// A sentence for people on an answer that is not a page yet: a layer that knows the reader's
/// language and colours makes it one.
#[derive(Clone, Debug)]
pub(crate) struct Told(pub(crate) String);

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        if let Self::Page(response) = self {
            return *response;
        }
        if let Self::App(Error::Internal(cause)) = &self {
            tracing::error!(error = ?cause, "a page could not be made");
        }
        let (status, text) = self.status_and_text();
        let mut response = status.into_response();
        response.extensions_mut().insert(Told(text));
        response
    }
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::Forbidden { .. } | Error::PlanRequired => StatusCode::FORBIDDEN,
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Invalid(_) | Error::Refused { .. } => StatusCode::BAD_REQUEST,
        Error::Conflict { .. } => StatusCode::CONFLICT,
        Error::Stale => StatusCode::PRECONDITION_FAILED,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn sentence(error: &Error) -> String {
    match error {
        Error::Invalid(errors) => errors
            .0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(". "),
        Error::Internal(_) => {
            "Something went wrong on our side. Nothing was charged twice; try again in a moment."
                .to_owned()
        }
        other => other.to_string(),
    }
}

/// A page. `form_action` lists origins beyond our own that its forms may lead to.
pub(crate) fn page_with_status<T: Template>(
    status: StatusCode,
    template: &T,
    form_action: &str,
) -> Response {
    match template.render() {
        Ok(body) => with_headers((status, Html(body)).into_response(), form_action),
        Err(error) => {
            tracing::error!(error = %error, "a template could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A page as usual.
pub(crate) fn page<T: Template>(template: &T) -> Response {
    page_with_status(StatusCode::OK, template, "")
}

/// To another page, by GET.
pub(crate) fn see_other(to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn with_headers(mut response: Response, form_action: &str) -> Response {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; \
         form-action 'self' {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
