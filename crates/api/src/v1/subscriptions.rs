//! `/subscriptions`

use serde::Serialize;
use tradepost_app::subscriptions;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::subscriptions::{Subscription, SubscriptionStatus};
use utoipa::ToSchema;
use utoipa::openapi::Schema;

use crate::body::verbatim;
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Id, Time, one_of};

pub(super) fn routes() -> Routes {
    let view = (Area::Subscriptions, Access::View);
    Routes::of("Subscriptions", "What players pay for again and again.")
        .get(
            "/subscriptions",
            list,
            operation("listSubscriptions", "List the subscriptions", view)
                .about("All subscriptions, newest first; of long lists the first 1,000.")
                .lists::<SubscriptionQuery, SubscriptionView>(),
        )
        .get(
            "/subscriptions/{id}",
            find,
            operation("getSubscription", "Get a subscription", view).gives::<SubscriptionView>(),
        )
}

query! {
    /// Which subscriptions.
    pub(crate) struct SubscriptionQuery: WHOLE {
        /// Whose: the player's name, in small letters or large ones.
        player_username: String = verbatim(64).example("Steve"),
    }
}

/// A subscription.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscriptionView {
    id: Id,
    /// The player's name.
    #[schema(example = "Steve")]
    player_username: String,
    /// The player's UUID, where the game has such.
    player_uuid: Option<Id>,
    package_id: Id,
    /// The package's name when it was bought.
    #[schema(example = "VIP")]
    package_name: String,
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// Until when it is paid for.
    current_period_end: Time,
    /// Whether it ends then, since it was cancelled.
    #[schema(example = false)]
    cancel_at_period_end: bool,
    created_at: Time,
    updated_at: Time,
}

/// The schema of where a subscription stands.
pub(crate) fn statuses() -> Schema {
    one_of(SubscriptionStatus::ALL.map(SubscriptionStatus::word))
}

async fn list(call: Call) -> Result<Success<List<SubscriptionView>>, Failure> {
    let (part, query) = call.query::<SubscriptionQuery>()?;
    let SubscriptionQuery { player_username } = query;
    let username = player_username.as_deref();
    let found = subscriptions::list(&call.app, &call.actor, username, part.span()).await?;
    Ok(Success(List::of(part, found.map(view))))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let found = subscriptions::find(&call.app, &call.actor, call.id("subscription")?).await?;
    Ok(Reply::hashed(&view(found)))
}

fn view(subscription: Subscription) -> SubscriptionView {
    let Subscription {
        id,
        order: _,
        item: _,
        player,
        package,
        package_name,
        server: _,
        status,
        every: _,
        price: _,
        gateway: _,
        reference: _,
        declines: _,
        anchor: _,
        trial_end: _,
        period_start: _,
        period_end,
        due_at: _,
        cancel_at_period_end,
        renewal_count: _,
        failures: _,
        ended_at: _,
        created_at,
        updated_at,
    } = subscription;
    SubscriptionView {
        id: Id(id.0),
        player_username: player.username.to_string(),
        player_uuid: player.uuid.map(Id),
        package_id: Id(package.0),
        package_name,
        status: status.word(),
        current_period_end: Time(period_end),
        cancel_at_period_end,
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}
