//! The page where one pays.

use axum::extract::{Path, Query, State};
use axum::http::{self, HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use tradepost_app::orders::{Started, start_payment};
use tradepost_app::{App, Error, checkout, stores};
use tradepost_model::checkout::{Origin, Session, SessionStatus};
use tradepost_model::ids::SessionId;
use tradepost_model::names;
use tradepost_model::stores::Store;
use url::Url;

use super::{ending, frame};
use crate::checkout::{Checkout, Ended, Method, Recipient};
use crate::view::{Field, Notice};
use crate::web::{CheckedForm, Outcome, Visitor, WebError, page_with_status, see_other};

const DECLINED: &str = "Your payment was declined. Nothing was charged.";

#[derive(Deserialize)]
pub(super) struct Asked {
    declined: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Outcome {
    let (store, session) = find(&app, &visitor, &id).await?;
    if let Some(ended) = ended(&app, &visitor, &store, &session) {
        return Ok(ended);
    }
    let mut shown = view(&app, &visitor, &store, &session).await?;
    shown.frame.notice = asked.declined.map(|_| Notice::bad(DECLINED));
    Ok(page_with_status(
        StatusCode::OK,
        &shown,
        &frame::origins(&session),
    ))
}

pub(super) async fn pay(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: CheckedForm,
) -> Outcome {
    let (store, session) = find(&app, &visitor, &id).await?;
    if let Some(ended) = ended(&app, &visitor, &store, &session) {
        return Ok(ended);
    }
    let mut shown = view(&app, &visitor, &store, &session).await?;
    let email = read(&mut shown, &form);
    let refused = if shown.errors().is_empty() {
        match start_payment(&app, &session.id, form.get("method"), email).await {
            Ok(Started::Gateway(url)) => return Ok(see_other(&url)),
            Ok(Started::Complete) => {
                let session = checkout::find(&app, &session.id).await?;
                return Ok(ending::complete(&app, &store, &session, &headers));
            }
            Err(Error::Refused { message, .. } | Error::Conflict { message, .. }) => Some(message),
            Err(Error::Invalid(errors)) => {
                shown.method_error = Some("Choose how to pay.".to_owned());
                errors
                    .of("method")
                    .is_none()
                    .then(|| Error::Invalid(errors).to_string())
            }
            Err(other) => return Err(other.into()),
        }
    } else {
        None
    };
    // It may have ended in another tab meanwhile.
    let session = checkout::find(&app, &session.id).await?;
    if let Some(ended) = ended(&app, &visitor, &store, &session) {
        return Ok(ended);
    }
    shown.frame.notice = refused.map(|reason| Notice::bad(&reason));
    Ok(page_with_status(
        StatusCode::BAD_REQUEST,
        &shown,
        &frame::origins(&session),
    ))
}

pub(super) async fn cancel(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    asked: http::Method,
    headers: HeaderMap,
) -> Outcome {
    let (store, session) = find(&app, &visitor, &id).await?;
    // Who only looks ahead cancels nothing.
    if asked == http::Method::HEAD || headers.contains_key("sec-purpose") {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    checkout::cancel(&app, &session).await?;
    let session = checkout::find(&app, &session.id).await?;
    Ok(match session.status {
        SessionStatus::Completed => ending::complete(&app, &store, &session, &headers),
        _ => ending::given_up(&store, &session),
    })
}

async fn find(app: &App, visitor: &Visitor, id: &str) -> Result<(Store, Session), WebError> {
    let unknown = || {
        let page = Ended::unknown(frame::of_nobody(visitor));
        WebError::Page(Box::new(page_with_status(StatusCode::NOT_FOUND, &page, "")))
    };
    let id = SessionId::parse(id).ok_or_else(unknown)?;
    let session = match checkout::find(app, &id).await {
        Err(Error::NotFound(_)) => return Err(unknown()),
        found => found?,
    };
    Ok((stores::find(app, session.store).await?, session))
}

/// The page of a session that is over.
fn ended(app: &App, visitor: &Visitor, store: &Store, session: &Session) -> Option<Response> {
    let frame = frame::of_store(visitor, store);
    let (status, page) = match session.status_at(app.now()) {
        SessionStatus::Open => return None,
        SessionStatus::Completed => (
            StatusCode::OK,
            Ended::completed(frame, Some(ending::receipt_url(app, session))),
        ),
        SessionStatus::Cancelled => (StatusCode::GONE, Ended::cancelled(frame)),
        SessionStatus::Expired => (StatusCode::GONE, Ended::expired(frame)),
    };
    Some(page_with_status(status, &page, ""))
}

async fn view(
    app: &App,
    visitor: &Visitor,
    store: &Store,
    session: &Session,
) -> Result<Checkout, Error> {
    let mut frame = frame::of_store(visitor, store);
    frame.doc.here = format!("/checkout/{}", session.id);
    let base = frame::shop(store);
    let (change_url, cancel_label) = match &session.origin {
        Origin::Storefront => (
            Some(format!("{base}/player?next={base}/basket")),
            "Back to the basket".to_owned(),
        ),
        Origin::Api { cancel_url, .. } => (None, format!("Back to {}", site(cancel_url))),
    };
    let mut methods: Vec<_> = app
        .gateways
        .of_store(store)
        .map(|gateway| method(gateway.word(), gateway.title()))
        .collect();
    if session.total.is_zero() {
        methods.clear();
    }
    if let [only] = methods.as_mut_slice() {
        only.chosen = true;
    }
    Ok(Checkout {
        frame,
        id: session.id.to_string(),
        recipient: Recipient {
            username: session.player.username.as_str().to_owned(),
            change_url,
        },
        email: Field::new(session.email.as_deref().unwrap_or_default()),
        email_required: false,
        methods,
        method_error: None,
        lines: frame::lines(app, store, session).await?,
        totals: frame::totals(session.total),
        cancel_url: format!("/checkout/{}/cancel", session.id),
        cancel_label,
    })
}

fn method(word: &str, title: &str) -> Method {
    if word == "test" {
        return Method {
            chosen: false,
            ..Method::test()
        };
    }
    Method {
        value: word.to_owned(),
        label: title.to_owned(),
        hint: String::new(),
        icon: "credit-card".to_owned(),
        chosen: false,
    }
}

/// Reads the form into the page, each error beside its field, and gives the address.
fn read(shown: &mut Checkout, form: &CheckedForm) -> Option<String> {
    let typed = form.get("email").trim();
    shown.email = Field::new(typed);
    let mut email = None;
    if !typed.is_empty() {
        match names::email(typed) {
            Ok(address) => email = Some(address),
            Err(_) => {
                shown.email = Field::refused(
                    typed,
                    "This is not a complete e-mail address, such as steve@example.com.",
                );
            }
        }
    }
    let word = form.get("method");
    for method in &mut shown.methods {
        method.chosen = method.value == word;
    }
    if !shown.methods.is_empty() && shown.methods.iter().all(|method| !method.chosen) {
        shown.method_error = Some("Choose how to pay.".to_owned());
    }
    email
}

fn site(url: &str) -> String {
    let host = Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "the shop".to_owned())
}
