//! `/customers`: who has bought. Nothing personal is told of them but their name in the game.

use serde::Serialize;
use tradepost_app::customers::{self, CustomerSort, Order};
use tradepost_model::customers::Customer;
use tradepost_model::money::{Currency, Money};
use tradepost_model::permissions::{Access, Area};
use utoipa::ToSchema;

use crate::body::{boolean, text, words};
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Amount, Id, Time, amount};

pub(super) fn routes() -> Routes {
    let view = (Area::Customers, Access::View);
    Routes::of("Customers", "Who has bought.")
        .get(
            "/customers",
            list,
            operation("listCustomers", "List the customers", view)
                .lists::<CustomerQuery, CustomerView>(),
        )
        .get(
            "/customers/{id}",
            find,
            operation("getCustomer", "Get a customer", view).gives::<CustomerView>(),
        )
}

query! {
    /// Which customers, and in which order.
    pub(super) struct CustomerQuery: PAGED {
        /// Part of the name, in small letters or large ones. One or two letters have to begin it.
        search: String = text(1, 64).example("steve"),
        /// What by. Without it, and without `sortDesc`, the newest come first.
        sort_by: String = words(&["totalSpent", "lastPurchaseAt", "createdAt"]).default("createdAt"),
        /// Whether the most, or the latest, come first. Who never bought comes last by `lastPurchaseAt`.
        sort_desc: bool = boolean().default(true),
    }
}

/// A customer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomerView {
    id: Id,
    /// The player's name.
    #[schema(example = "Steve")]
    player_username: String,
    /// The player's UUID, where the game has such.
    player_uuid: Option<Id>,
    /// All they paid, without what went back to them, in the store's currency.
    total_spent: Amount,
    /// How many orders they paid.
    #[schema(example = 3)]
    orders_count: i64,
    last_purchase_at: Option<Time>,
    created_at: Time,
}

async fn list(call: Call) -> Result<Success<List<CustomerView>>, Failure> {
    let (part, query) = call.query::<CustomerQuery>()?;
    let CustomerQuery {
        search,
        sort_by,
        sort_desc,
    } = query;
    let order = Order {
        by: sort_by
            .and_then(|word| CustomerSort::parse(&word))
            .unwrap_or_default(),
        descending: sort_desc.unwrap_or(true),
    };
    let search = search.unwrap_or_default();
    let found = customers::list(&call.app, &call.actor, &search, order, part.span()).await?;
    let currency = call.store().await?.currency;
    let views = found.map(|customer| view(customer, currency));
    Ok(Success(List::of(part, views)))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let customer = customers::find(&call.app, &call.actor, call.id("customer")?).await?;
    let currency = call.store().await?.currency;
    Ok(Reply::hashed(&view(customer, currency)))
}

fn view(customer: Customer, currency: Currency) -> CustomerView {
    let Customer {
        id,
        player,
        total_spent_minor,
        orders_count,
        last_purchase_at,
        created_at,
    } = customer;
    CustomerView {
        id: Id(id.0),
        player_username: player.username.to_string(),
        player_uuid: player.uuid.map(Id),
        total_spent: amount(Money::new(total_spent_minor, currency)),
        orders_count,
        last_purchase_at: last_purchase_at.map(Time),
        created_at: Time(created_at),
    }
}
