//! Where a buyer goes when a payment is decided: the session says so, never the button they pressed.

use axum::http::{HeaderMap, header};
use axum::response::Response;
use tradepost_app::{App, checkout};
use tradepost_model::checkout::{Origin, Session, SessionStatus};
use tradepost_model::payments::{Payment, PaymentStatus};
use tradepost_model::stores::Store;

use super::frame;
use crate::storefront::forget_bought;
use crate::web::see_other;

/// To the end of a completed session. The basket that was bought is emptied.
pub(super) fn complete(
    app: &App,
    store: &Store,
    session: &Session,
    headers: &HeaderMap,
) -> Response {
    let mut response = see_other(&completed_url(app, session));
    if matches!(session.origin, Origin::Storefront)
        && let Some(cookie) = forget_bought(app, store, headers, session)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Back from a session that was given up.
pub(super) fn given_up(store: &Store, session: &Session) -> Response {
    match &session.origin {
        Origin::Storefront => see_other(&format!("{}/basket", frame::shop(store))),
        Origin::Api { cancel_url, .. } => see_other(&checkout::return_url(cancel_url, session)),
    }
}

/// Where a payment that is decided leads on.
pub(super) fn after_payment(app: &App, session: &Session, payment: &Payment) -> String {
    match payment.status {
        _ if session.status == SessionStatus::Completed => completed_url(app, session),
        PaymentStatus::Declined => format!("/checkout/{}?declined=1", session.id),
        PaymentStatus::Pending => format!("/pay/test/{}", payment.reference),
        PaymentStatus::Paid
        | PaymentStatus::Refunding
        | PaymentStatus::Refunded
        | PaymentStatus::Review
        | PaymentStatus::Disputed
        | PaymentStatus::ChargedBack => receipt_url(app, session),
    }
}

/// The receipt, with the secret that opens it.
pub(super) fn receipt_url(app: &App, session: &Session) -> String {
    format!(
        "/receipt/{}?t={}",
        session.id,
        app.secrets.sign("receipt", session.id.as_str())
    )
}

fn completed_url(app: &App, session: &Session) -> String {
    match &session.origin {
        Origin::Storefront => receipt_url(app, session),
        Origin::Api { success_url, .. } => checkout::return_url(success_url, session),
    }
}
