//! A subscription on its receipt: whoever holds the receipt's secret can let it end, and take that back.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use tradepost_app::subscriptions::{self, Who};
use tradepost_app::{App, Error, orders};
use tradepost_model::checkout::Session;
use tradepost_model::subscriptions::{Subscription, SubscriptionStatus};

use super::ending;
use super::receipt::{self, Asked};
use crate::checkout::{Choice, SubscriptionCard};
use crate::storefront::rhythm;
use crate::view::Money;
use crate::web::{CheckedForm, Outcome, WebError, see_other, when};

pub(super) async fn decide(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    form: CheckedForm,
) -> Outcome {
    const NOTHING: WebError = WebError::Status(StatusCode::NOT_FOUND);
    let (store, session) = receipt::find(&app, &id, &asked).await?;
    let details = orders::of_session(&app, &session).await?.ok_or(NOTHING)?;
    let found = subscriptions::of_order(&app, store.id, details.order.id).await?;
    let (id, who) = (found.ok_or(NOTHING)?.id, Who::Buyer(store.id));
    let changed = match form.get("decision") {
        "cancel" => subscriptions::cancel_now(&app, who, id).await,
        "resume" => subscriptions::resume_now(&app, who, id).await,
        _ => return Err(WebError::Status(StatusCode::BAD_REQUEST)),
    };
    match changed {
        // Somebody, or time, was faster: the receipt shows how it stands.
        Ok(_) | Err(Error::Conflict { .. }) => Ok(see_other(&ending::receipt_url(&app, &session))),
        Err(error) => Err(error.into()),
    }
}

/// The card of a subscription on its receipt.
pub(super) fn card(it: &Subscription, session: &Session, secret: &str) -> SubscriptionCard {
    let day = |at| when::day(at).text;
    let until = day(it.period_end);
    let price: Money = it.price.into();
    let keeps = format!("You keep what you bought until {until}. Nothing more is charged.");
    let (state, choice) = match it.status {
        SubscriptionStatus::Trialing => (
            format!("Your trial runs until {until}. Then the first payment is made."),
            Some(Choice::Cancel(keeps)),
        ),
        SubscriptionStatus::Active => (
            format!("It is paid until {until} and renews then."),
            Some(Choice::Cancel(keeps)),
        ),
        SubscriptionStatus::PastDue => (
            format!(
                "The last payment failed. It is tried again on {}; you keep what you bought meanwhile.",
                day(it.due_at.unwrap_or(it.period_end))
            ),
            Some(Choice::Cancel(
                "It ends at once, because the time that was paid for is over. Nothing more is charged."
                    .to_owned(),
            )),
        ),
        SubscriptionStatus::Cancelled => (
            format!(
                "It was cancelled: you keep what you bought until {until}, and nothing more is charged."
            ),
            Some(Choice::Resume),
        ),
        SubscriptionStatus::Expired => (
            format!("It ended on {}.", day(it.ended_at.unwrap_or(it.updated_at))),
            None,
        ),
    };
    SubscriptionCard {
        name: it.package_name.clone(),
        terms: format!("{price} {}", rhythm(it.every.interval, it.every.count)),
        state,
        choice,
        url: format!("/receipt/{}/subscription?t={secret}", session.id),
    }
}
