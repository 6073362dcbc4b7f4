//! The Test gateway's page: the buyer is the bank. What they decide is told to us like any gateway's
//! notification, and what it led to decides where they go.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use tradepost_app::payments::{self, Decision};
use tradepost_app::{App, Error, orders};
use tradepost_model::checkout::{Session, SessionStatus};
use tradepost_model::payments::{Payment, PaymentStatus};
use tradepost_model::stores::Store;

use super::{ending, frame};
use crate::checkout::{Decided, TestGateway};
use crate::web::{CheckedForm, Outcome, Visitor, WebError, page_with_status, see_other};

const GATEWAY: &str = "test";

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Outcome {
    let (store, payment, session) = find(&app, &reference).await?;
    let order = orders::of_session(&app, &session)
        .await?
        .ok_or(Error::NotFound("order"))?
        .order;
    let decided = match payment.status {
        PaymentStatus::Pending => None,
        status => Some(Decided {
            approved: status != PaymentStatus::Declined,
            continue_url: ending::after_payment(&app, &session, &payment),
        }),
    };
    let shown = TestGateway {
        frame: frame::of_store(&visitor, &store),
        reference,
        amount: payment.amount.into(),
        order: format!("#{}", order.number),
        decided,
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
    let decision = match form.get("decision") {
        "approve" => Decision::Approve,
        "decline" => Decision::Decline,
        _ => return Err(WebError::Status(StatusCode::BAD_REQUEST)),
    };
    let (_, payment, _) = find(&app, &reference).await?;
    if payment.status == PaymentStatus::Pending {
        let (signature, body) = app.gateways.test.notification(&payment, decision)?;
        let received = payments::receive(&app, GATEWAY, &signature, &body).await?;
        payments::settle_now(&app, &received).await?;
    }
    let (store, payment, session) = find(&app, &reference).await?;
    Ok(match session.status {
        SessionStatus::Completed => ending::complete(&app, &store, &session, &headers),
        _ => see_other(&ending::after_payment(&app, &session, &payment)),
    })
}

async fn find(app: &App, reference: &str) -> Result<(Store, Payment, Session), WebError> {
    let (store, payment) = payments::by_reference(app, GATEWAY, reference).await?;
    if !store.test_mode {
        return Err(Error::NotFound("payment").into());
    }
    let session = payments::session_of(app, store.id, &payment).await?;
    Ok((store, payment, session))
}
