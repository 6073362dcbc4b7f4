//! The Test gateway's page: the buyer is the bank. What they decide is told to us like any gateway's
//! notification, and what it led to decides where they go.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tradepost_app::payments::{self, Decision};
use tradepost_app::{App, Error, orders, subscriptions};
use tradepost_model::checkout::{Session, SessionStatus};
use tradepost_model::payments::{Payment, PaymentStatus};
use tradepost_model::stores::Store;
use tradepost_model::subscriptions::{Subscription, SubscriptionStatus};

use super::{ending, frame};
use crate::checkout::{DECISIONS, Decide, FAIL, MEND, RENEW, Standing, TestGateway};
use crate::view::Notice;
use crate::web::{CheckedForm, Outcome, Visitor, WebError, page_with_status, see_other};

const GATEWAY: &str = "test";

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The last decision changed nothing.
    unchanged: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(reference): Path<String>,
    Query(asked): Query<Asked>,
) -> Outcome {
    let (store, payment, session) = find(&app, &reference).await?;
    let order = orders::of_session(&app, &session)
        .await?
        .ok_or(Error::NotFound("order"))?
        .order;
    let mut frame = frame::of_store(&visitor, &store);
    if asked.unchanged.is_some() {
        let text = "Nothing has changed. This was decided once before.";
        frame.notice = Some(Notice::warn(text));
    }
    let go_on = match payment.status {
        PaymentStatus::Pending => None,
        PaymentStatus::Declined => Some("Back to the checkout"),
        _ => Some("Go to the receipt"),
    };
    let subscription = running(&app, &store, &payment).await?;
    let renewals = subscription.map(|it| [RENEW, if it.declines { MEND } else { FAIL }]);
    let fits = |it: &Decide| decision(it.value).is_some_and(|it| it.fits(payment.status));
    let shown = TestGateway {
        frame,
        reference,
        amount: payment.amount.into(),
        order: format!("#{}", order.number),
        standing: standing(payment.status),
        choices: DECISIONS
            .into_iter()
            .filter(fits)
            .chain(renewals.into_iter().flatten())
            .collect(),
        go_on: go_on.map(|words| {
            let url = ending::after_payment(&app, &session, &payment);
            (words.to_owned(), url)
        }),
    };
    Ok(page_with_status(
        StatusCode::OK,
        &shown,
        &frame::origins(&session),
    ))
}

pub(super) async fn decide(
    State(app): State<App>,
    Path(reference): Path<String>,
    headers: HeaderMap,
    form: CheckedForm,
) -> Outcome {
    const UNKNOWN: WebError = WebError::Status(StatusCode::BAD_REQUEST);
    let (store, payment, _) = find(&app, &reference).await?;
    if let word @ ("renew" | "fail" | "mend") = form.get("decision") {
        return about_renewals(&app, &store, &payment, word).await;
    }
    let decision = decision(form.get("decision")).ok_or(UNKNOWN)?;
    let before = payment.status;
    if decision.fits(before) {
        let (signature, body) = app.gateways.test.notification(&payment, decision)?;
        let received = payments::receive(&app, GATEWAY, &signature, &body).await?;
        payments::settle_now(&app, &received).await?;
    }
    let (store, payment, session) = find(&app, &reference).await?;
    if !matches!(decision, Decision::Approve | Decision::Decline) {
        let unchanged = if payment.status == before {
            "?unchanged"
        } else {
            ""
        };
        return Ok(see_other(&format!("/pay/test/{reference}{unchanged}")));
    }
    Ok(match session.status {
        SessionStatus::Completed => ending::complete(&app, &store, &session, &headers),
        _ => see_other(&ending::after_payment(&app, &session, &payment)),
    })
}

/// What the buyer decides about the payments to come.
async fn about_renewals(app: &App, store: &Store, payment: &Payment, word: &str) -> Outcome {
    let unchanged = match running(app, store, payment).await? {
        Some(it) if word == "renew" => {
            subscriptions::renew_now(app, store.id, it.id).await?;
            ""
        }
        Some(it) => {
            subscriptions::set_declines(app, store.id, it.id, word == "fail").await?;
            ""
        }
        None => "?unchanged",
    };
    let reference = &payment.reference;
    Ok(see_other(&format!("/pay/test/{reference}{unchanged}")))
}

/// The subscription that a payment belongs to, while it runs.
async fn running(
    app: &App,
    store: &Store,
    payment: &Payment,
) -> Result<Option<Subscription>, Error> {
    let found = subscriptions::of_order(app, store.id, payment.order).await?;
    Ok(found.filter(|it| it.gateway == GATEWAY && it.status != SubscriptionStatus::Expired))
}

fn decision(word: &str) -> Option<Decision> {
    Some(match word {
        "approve" => Decision::Approve,
        "decline" => Decision::Decline,
        "refund" => Decision::Refund,
        "dispute" => Decision::Dispute,
        "win" => Decision::WinDispute,
        "lose" => Decision::LoseDispute,
        _ => return None,
    })
}

fn standing(status: PaymentStatus) -> Standing {
    let (title, text) = match status {
        PaymentStatus::Pending => (
            "A test payment",
            "Here you are the bank: decide whether this payment goes through. No money moves either way.",
        ),
        PaymentStatus::Paid => (
            "This payment is approved",
            "You are still the bank: try what happens when the money goes back. No money moves either way.",
        ),
        PaymentStatus::Declined => (
            "This payment was declined",
            "Nothing was charged, and the checkout is open for another try.",
        ),
        PaymentStatus::Refunding => (
            "This payment is being refunded",
            "It goes back to the buyer in a moment. No money has moved.",
        ),
        PaymentStatus::Refunded => (
            "This payment was refunded",
            "It went back to the buyer and cannot be changed any more. No money has moved.",
        ),
        PaymentStatus::Review => (
            "This payment needs a look",
            "Another amount came in than was asked for. The store decides what happens.",
        ),
        PaymentStatus::Disputed => (
            "This payment is disputed",
            "The buyer asked the bank for the money back. Decide who keeps it.",
        ),
        PaymentStatus::ChargedBack => (
            "The store lost this dispute",
            "The buyer has the money back, and nothing can be changed any more. No money has moved.",
        ),
    };
    Standing {
        title: title.to_owned(),
        text: text.to_owned(),
    }
}

async fn find(app: &App, reference: &str) -> Result<(Store, Payment, Session), WebError> {
    let (store, payment) = payments::by_reference(app, GATEWAY, reference).await?;
    if !store.test_mode {
        return Err(Error::NotFound("payment").into());
    }
    let session = payments::session_of(app, store.id, &payment).await?;
    Ok((store, payment, session))
}
