//! The page where one pays.

use axum::extract::{Path, Query, State};
use axum::http::{self, HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use tradepost_app::orders::{Paying, Started, start_payment};
use tradepost_app::{App, Error, checkout, stores};
use tradepost_model::checkout::{Origin, Session, SessionStatus};
use tradepost_model::ids::SessionId;
use tradepost_model::names;
use tradepost_model::stores::Store;
use url::Url;

use super::codes::Done;
use super::{codes, ending, frame};
use crate::checkout::{Checkout, Ended, Method, Recipient};
use crate::view::{Field, Notice};
use crate::web::{CheckedForm, Outcome, Visitor, WebError, page_with_status, see_other};

/// The refusals after which the session costs something else.
const PRICED_ANEW: [&str; 3] = ["price_changed", "coupon_gone", "gift_card_gone"];
const DECLINED: &str =
    "Your payment was declined. Nothing was charged. Try again, or choose another way to pay.";

#[derive(Deserialize)]
pub(super) struct Asked {
    declined: Option<String>,
    /// What was just done, one of our own words.
    #[serde(default)]
    done: String,
    /// The way to pay that was chosen before.
    #[serde(default)]
    method: String,
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
    choose(&mut shown, &asked.method);
    shown.frame.notice = match asked.done.as_str() {
        _ if asked.declined.is_some() => Some(Notice::bad(DECLINED)),
        "applied" => Some(Notice::good("Your code is applied.")),
        "look" => Some(Notice::good(
            "Your code is applied. Look at the new price, then pay.",
        )),
        "removed" => Some(Notice::good("The code is taken off.")),
        _ => None,
    };
    Ok(answer(StatusCode::OK, &shown, &session))
}

/// The page's one form: it changes codes, or pays.
pub(super) async fn send(
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
    match codes::change(&app, &visitor, &session, &form).await? {
        Done::Nothing => pay(&app, &visitor, &store, &session, &headers, &form).await,
        Done::Changed(word) => changed(&app, &visitor, &store, &session, word, &form).await,
        Done::Refused(refusal) => {
            let mut again = again(&app, &visitor, &store, &session, &form).await?;
            if let Ok((_, shown)) = &mut again {
                shown.frame.notice = refusal.notice.as_deref().map(Notice::bad);
                refusal.show(&mut shown.codes);
                // Nobody was asked to choose that yet.
                shown.method_error = None;
            }
            Ok(refused(again))
        }
    }
}

/// Back to the page by GET, with what was typed besides the codes.
async fn changed(
    app: &App,
    visitor: &Visitor,
    store: &Store,
    session: &Session,
    word: &str,
    form: &CheckedForm,
) -> Outcome {
    let mut again = again(app, visitor, store, session, form).await?;
    let Ok((_, shown)) = &mut again else {
        return Ok(refused(again));
    };
    if shown.email.error.is_some() {
        shown.method_error = None;
        return Ok(refused(again));
    }
    let typed = Some(shown.email.value.as_str()).filter(|it| !it.is_empty());
    if typed != session.email.as_deref() {
        checkout::set_email(app, session, typed).await?;
    }
    let method = shown.methods.iter().find(|method| method.chosen);
    let method = method.map_or(String::new(), |it| format!("&method={}", it.value));
    Ok(see_other(&format!(
        "/checkout/{}?done={word}{method}",
        session.id
    )))
}

async fn pay(
    app: &App,
    visitor: &Visitor,
    store: &Store,
    session: &Session,
    headers: &HeaderMap,
    form: &CheckedForm,
) -> Outcome {
    let mut shown = view(app, visitor, store, session).await?;
    let email = read(&mut shown, form);
    if !shown.errors().is_empty() {
        return Ok(answer(StatusCode::BAD_REQUEST, &shown, session));
    }
    let paying = Paying {
        method: form.get("method").to_owned(),
        email,
        ip: visitor.ip,
    };
    let (reason, is_priced_anew) = match start_payment(app, &session.id, paying).await {
        Ok(Started::Gateway(url)) => return Ok(see_other(&url)),
        Ok(Started::Complete) => {
            let session = checkout::find(app, &session.id).await?;
            return Ok(ending::complete(app, store, &session, headers));
        }
        Err(Error::Refused { code, message }) => (Some(message), PRICED_ANEW.contains(&code)),
        Err(Error::Conflict { message, .. }) => (Some(message), false),
        Err(Error::Invalid(errors)) if errors.of("method").is_some() => (None, false),
        Err(Error::Invalid(errors)) => (Some(format!("{}.", Error::Invalid(errors))), false),
        Err(other) => return Err(other.into()),
    };
    // It may have ended in another tab meanwhile, or cost something else now.
    let mut again = again(app, visitor, store, session, form).await?;
    if let Ok((_, shown)) = &mut again {
        let total = shown.totals.total.clone();
        shown.frame.notice = reason.as_ref().map(|reason| match is_priced_anew {
            true => Notice::warn(&format!("{reason} It is {total} now.")),
            false => Notice::bad(reason),
        });
        if reason.is_none() {
            shown.method_error = Some("Choose how to pay.".to_owned());
        }
    }
    Ok(refused(again))
}

/// The page as the session stands now, with what was typed; or its end.
async fn again(
    app: &App,
    visitor: &Visitor,
    store: &Store,
    session: &Session,
    form: &CheckedForm,
) -> Result<Result<(Session, Checkout), Response>, WebError> {
    let session = checkout::find(app, &session.id).await?;
    if let Some(ended) = ended(app, visitor, store, &session) {
        return Ok(Err(ended));
    }
    let mut shown = view(app, visitor, store, &session).await?;
    read(&mut shown, form);
    Ok(Ok((session, shown)))
}

fn refused(again: Result<(Session, Checkout), Response>) -> Response {
    match again {
        Ok((session, shown)) => answer(StatusCode::BAD_REQUEST, &shown, &session),
        Err(ended) => ended,
    }
}

fn answer(status: StatusCode, shown: &Checkout, session: &Session) -> Response {
    page_with_status(status, shown, &frame::origins(session))
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
    if !session.needs_gateway() {
        methods.clear();
    }
    if let [only] = methods.as_mut_slice() {
        only.chosen = true;
    }
    Ok(Checkout {
        frame,
        id: session.id.to_string(),
        recipient: Recipient {
            username: session.receiver().username.as_str().to_owned(),
            from: frame::giver(session),
            change_url: change_url.filter(|_| session.gift.is_none()),
        },
        email: Field::new(session.email.as_deref().unwrap_or_default()),
        email_required: false,
        codes: codes::applied(session),
        rhythm: frame::rhythm(session, app.now()),
        methods,
        method_error: None,
        lines: frame::lines(app, store, session).await?,
        totals: frame::totals(session),
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
    for method in &mut shown.methods {
        method.chosen = false;
    }
    choose(shown, form.get("method"));
    if !shown.methods.is_empty() && shown.methods.iter().all(|method| !method.chosen) {
        shown.method_error = Some("Choose how to pay.".to_owned());
    }
    email
}

fn choose(shown: &mut Checkout, word: &str) {
    for method in &mut shown.methods {
        method.chosen |= method.value == word;
    }
}

fn site(url: &str) -> String {
    let host = Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "the shop".to_owned())
}
