//! The receipt: what was paid, and how its delivery goes. Its address carries a secret.

use askama::Template as _;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use tradepost_app::orders::{self, Details};
use tradepost_app::{App, Error, checkout, stores, subscriptions};
use tradepost_model::checkout::{Session, SessionStatus};
use tradepost_model::ids::SessionId;
use tradepost_model::orders::{Order, OrderStatus};
use tradepost_model::payments::PaymentStatus;
use tradepost_model::stores::Store;

use super::{delivery, ending, frame, subscription};
use crate::checkout::{Delivery, Receipt, ReceiptState, Recipient};
use crate::web::{Outcome, Visitor, WebError, page_with_status, see_other, when};

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    t: String,
    /// The state that the page which listens shows.
    #[serde(default)]
    pub(super) shown: String,
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Outcome {
    let (store, session) = find(&app, &id, &asked).await?;
    let checkout_url = format!("/checkout/{}", session.id);
    let Some(details) = orders::of_session(&app, &session).await? else {
        return Ok(see_other(&checkout_url));
    };
    let waits = details
        .payments
        .iter()
        .any(|record| record.payment.status != PaymentStatus::Declined);
    if details.order.status == OrderStatus::Pending
        && !waits
        && session.status_at(app.now()) == SessionStatus::Open
    {
        return Ok(see_other(&checkout_url));
    }
    let state = state(&details);
    let delivery = paid(&details).then(|| delivery::of(&details, &store, app.now()));
    let live_url = format!(
        "/receipt/{}/live?t={}&shown={}",
        session.id,
        asked.t,
        shown(&details),
    );
    let order = &details.order;
    let subscribed = subscriptions::of_order(&app, store.id, order.id).await?;
    let mut receipt = Receipt {
        frame: frame::of_store(&visitor, &store),
        recipient: Recipient {
            username: order.player.username.as_str().to_owned(),
            from: frame::giver(&session),
            change_url: None,
        },
        state,
        order: format!("#{}", order.number),
        when: when::in_full(order.paid_at.unwrap_or(order.created_at)),
        method: method(order),
        lines: frame::lines(&app, &store, &session).await?,
        totals: frame::totals(&session),
        delivery,
        subscription: subscribed.map(|it| subscription::card(&it, &session, &asked.t)),
        live_url: None,
    };
    receipt.live_url = receipt.live().then_some(live_url);
    Ok(page_with_status(StatusCode::OK, &receipt, ""))
}

/// The session of a receipt's address. Errors: nothing there, or a wrong secret, which look the same.
pub(super) async fn find(app: &App, id: &str, asked: &Asked) -> Result<(Store, Session), WebError> {
    const NOTHING: WebError = WebError::Status(StatusCode::NOT_FOUND);
    let id = SessionId::parse(id).ok_or(NOTHING)?;
    if !app.secrets.verify("receipt", id.as_str(), &asked.t) {
        return Err(NOTHING);
    }
    let session = checkout::find(app, &id).await?;
    Ok((stores::find(app, session.store).await?, session))
}

/// What the live part of a receipt shows now. A page whose heading is no longer true is told to load
/// itself again.
pub(super) async fn live_part(
    app: &App,
    store: &Store,
    session: &Session,
    shown: &str,
) -> Result<String, Error> {
    let session = checkout::find(app, &session.id).await?;
    let Some(details) = orders::of_session(app, &session).await? else {
        return Err(Error::NotFound("order"));
    };
    let moved = !shown.is_empty() && shown != self::shown(&details);
    let part = if moved || !paid(&details) {
        Pending {
            moved,
            receipt_url: ending::receipt_url(app, &session),
        }
        .render()
    } else {
        let part: Delivery = delivery::of(&details, store, app.now());
        part.render()
    };
    part.map_err(Error::internal)
}

/// What stands where there is no delivery to show.
#[derive(askama::Template)]
#[template(path = "checkout/_pending.html")]
struct Pending {
    moved: bool,
    receipt_url: String,
}

fn paid(details: &Details) -> bool {
    details.order.paid_at.is_some()
}

fn state(details: &Details) -> ReceiptState {
    let order = &details.order;
    let reason = order.reason.clone().unwrap_or_default();
    let goes_back = |status| {
        matches!(
            status,
            PaymentStatus::Paid | PaymentStatus::Refunding | PaymentStatus::Refunded
        )
    };
    match order.status {
        OrderStatus::Pending => ReceiptState::Pending,
        OrderStatus::Paid => ReceiptState::Paid,
        OrderStatus::Cancelled
            if details
                .payments
                .iter()
                .any(|it| goes_back(it.payment.status)) =>
        {
            ReceiptState::Returned(reason.replace(" The payment goes back to the buyer.", ""))
        }
        OrderStatus::Cancelled => ReceiptState::Cancelled(reason),
        OrderStatus::Refunded => ReceiptState::Refunded(when::day(order.updated_at).text),
        OrderStatus::Chargeback if disputed(details) => {
            ReceiptState::Disputed(when::day(order.updated_at).text)
        }
        OrderStatus::Chargeback => ReceiptState::ChargedBack(when::day(order.updated_at).text),
    }
}

/// Whether it is not decided yet who keeps the money.
fn disputed(details: &Details) -> bool {
    let mut payments = details.payments.iter();
    payments.any(|it| it.payment.status == PaymentStatus::Disputed)
}

/// What a page shows of an order's state, as a word: where it differs, the page is old.
fn shown(details: &Details) -> &'static str {
    match details.order.status {
        OrderStatus::Chargeback if disputed(details) => "Disputed",
        status => status.word(),
    }
}

fn method(order: &Order) -> String {
    match order.provider.as_str() {
        "Free" => String::new(),
        "GiftCard" => "Gift card".to_owned(),
        provider => format!("{provider} payment"),
    }
}
