//! `/subscriptions`

use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use tradepost_app::App;
use tradepost_app::subscriptions::{self, Who};
use tradepost_model::ids::SubscriptionId;
use tradepost_model::packages::Interval;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::subscriptions::{Every, Subscription, SubscriptionStatus};
use utoipa::ToSchema;
use utoipa::openapi::Schema;

use super::{Caller, Named};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{self, List};
use crate::shape::{Amount, Id, Time, amount, one_of};
use crate::v1::subscriptions::{SubscriptionQuery, statuses};

pub(super) fn routes() -> Routes {
    let (view, edit) = (
        (Area::Subscriptions, Access::View),
        (Area::Subscriptions, Access::Edit),
    );
    Routes::of_members(
        "Subscriptions of members",
        "What players pay for again and again, with what a member may do about it.",
    )
    .get(
        "/subscriptions",
        list,
        operation(
            "listSubscriptionDetails",
            "List the subscriptions with all details",
            view,
        )
        .about("All subscriptions, newest first; of long lists the first 1,000.")
        .lists::<SubscriptionQuery, SubscriptionDetailsView>(),
    )
    .get(
        "/subscriptions/{id}",
        find,
        operation(
            "getSubscriptionDetails",
            "Get a subscription with all details",
            view,
        )
        .gives::<SubscriptionDetailsView>(),
    )
    .post(
        "/subscriptions/{id}/cancel",
        cancel,
        operation("cancelSubscription", "Cancel a subscription", edit)
            .about("It ends with the period that is paid for, or at once where nothing is.")
            .gives::<SubscriptionDetailsView>(),
    )
    .post(
        "/subscriptions/{id}/resume",
        resume,
        operation("resumeSubscription", "Take a cancellation back", edit)
            .gives::<SubscriptionDetailsView>(),
    )
}

/// A subscription with all there is to know of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscriptionDetailsView {
    id: Id,
    #[schema(schema_with = statuses)]
    status: &'static str,
    #[schema(example = "Steve")]
    player_username: String,
    player_uuid: Option<Id>,
    package_id: Id,
    #[schema(example = "VIP")]
    package_name: String,
    /// The server the buyer chose.
    server_id: Option<Id>,
    /// The order it began with.
    order_id: Id,
    /// What a renewal costs.
    price: Amount,
    #[schema(example = "EUR")]
    currency: &'static str,
    #[schema(schema_with = intervals)]
    interval: &'static str,
    /// How many intervals make a period.
    #[schema(example = 1)]
    interval_count: u32,
    /// The word of the gateway that charges it.
    #[schema(example = "test")]
    payment_provider: String,
    trial_end: Option<Time>,
    current_period_start: Time,
    current_period_end: Time,
    #[schema(example = false)]
    cancel_at_period_end: bool,
    next_payment_at: Option<Time>,
    /// How often it was renewed.
    #[schema(example = 3)]
    renewal_count: u32,
    /// How many payments for the next period failed.
    #[schema(example = 0)]
    failed_payments: u32,
    ended_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

fn intervals() -> Schema {
    one_of(Interval::ALL.map(Interval::word))
}

async fn list(
    State(app): State<App>,
    Caller(actor): Caller,
    uri: Uri,
) -> Result<Success<List<SubscriptionDetailsView>>, Failure> {
    let (part, query) = query::read::<SubscriptionQuery>(&uri)?;
    let username = query.player_username.as_deref();
    let found = subscriptions::list(&app, &actor, username, part.span()).await?;
    Ok(Success(List::of(part, found.map(view))))
}

async fn find(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<SubscriptionId>,
) -> Result<Success<SubscriptionDetailsView>, Failure> {
    Ok(Success(view(subscriptions::find(&app, &actor, id).await?)))
}

async fn cancel(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<SubscriptionId>,
) -> Result<Success<SubscriptionDetailsView>, Failure> {
    let changed = subscriptions::cancel_now(&app, Who::Staff(actor), id).await?;
    Ok(Success(view(changed)))
}

async fn resume(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<SubscriptionId>,
) -> Result<Success<SubscriptionDetailsView>, Failure> {
    let changed = subscriptions::resume_now(&app, Who::Staff(actor), id).await?;
    Ok(Success(view(changed)))
}

fn view(subscription: Subscription) -> SubscriptionDetailsView {
    let Subscription {
        id,
        order,
        item: _,
        player,
        package,
        package_name,
        server,
        status,
        every: Every { interval, count },
        price,
        gateway,
        reference: _,
        declines: _,
        anchor: _,
        trial_end,
        period_start,
        period_end,
        due_at,
        cancel_at_period_end,
        renewal_count,
        failures,
        ended_at,
        created_at,
        updated_at,
    } = subscription;
    let next_payment_at = due_at.filter(|_| status != SubscriptionStatus::Cancelled);
    SubscriptionDetailsView {
        id: Id(id.0),
        status: status.word(),
        player_username: player.username.to_string(),
        player_uuid: player.uuid.map(Id),
        package_id: Id(package.0),
        package_name,
        server_id: server.map(|id| Id(id.0)),
        order_id: Id(order.0),
        price: amount(price),
        currency: price.currency().code(),
        interval: interval.word(),
        interval_count: count,
        payment_provider: gateway,
        trial_end: trial_end.map(Time),
        current_period_start: Time(period_start),
        current_period_end: Time(period_end),
        cancel_at_period_end,
        next_payment_at: next_payment_at.map(Time),
        renewal_count,
        failed_payments: failures,
        ended_at: ended_at.map(Time),
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}
