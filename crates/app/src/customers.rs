//! Customers: who has bought, and how much. Nothing personal is told of them but their name in the game.

use tradepost_db::customers as db;
use tradepost_model::customers::Customer;
use tradepost_model::ids::CustomerId;
use tradepost_model::names;
use tradepost_model::permissions::{Access, Area};

pub use tradepost_db::customers::Order;
pub use tradepost_model::customers::CustomerSort;

use crate::lists::{Slice, Span, slice};
use crate::{Actor, App, Error, Result};

/// The longest text that is looked for.
const MAX_SEARCH: usize = 200;

/// Customers in an order, those whose name has `search` in it; a text of one or two letters has to begin
/// the name. Errors: a search that cannot be a name's part, an `after` that is no customer.
pub async fn list(
    app: &App,
    actor: &Actor,
    search: &str,
    order: Order,
    span: Span,
) -> Result<Slice<Customer>> {
    actor.require(Area::Customers, Access::View)?;
    let search = names::line(search, 0, MAX_SEARCH)
        .map_err(|error| Error::invalid("search", error.to_string()))?;
    let (store, search) = (actor.store, db::Search::new(&search));
    app.scan(async move |conn| {
        let after = match span.after {
            Some(id) => Some(
                db::find(conn, store, CustomerId(id))
                    .await?
                    .ok_or_else(|| Error::invalid("after", "is not a customer of this store"))?,
            ),
            None => None,
        };
        Ok(slice!(
            span,
            |part| db::page(conn, store, &search, order, after.as_ref(), part),
            db::count(conn, store, &search)
        ))
    })
    .await
}

/// A customer. Errors: no such customer.
pub async fn find(app: &App, actor: &Actor, customer: CustomerId) -> Result<Customer> {
    actor.require(Area::Customers, Access::View)?;
    let store = actor.store;
    let found = app
        .read(async move |conn| Ok(db::find(conn, store, customer).await?))
        .await?;
    found.ok_or(Error::NotFound("customer"))
}
