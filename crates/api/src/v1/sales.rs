//! `/sales`: what is cheaper for everybody, for a time.

use axum::response::Response;
use serde::Serialize;
use tradepost_app::{App, sales};
use tradepost_model::Timestamp;
use tradepost_model::applies_to::{MAX_LISTED, Vocabulary};
use tradepost_model::fields::Given;
use tradepost_model::ids::SaleId;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::sales::{Sale, SaleDraft};
use utoipa::ToSchema;
use uuid::Uuid;

use super::applies_to;
use crate::body::{Purpose, boolean, ids, members, percentage as percent, text, timestamp, words};
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Amount, Id, Time, percentage};

pub(super) fn routes() -> Routes {
    let (view, edit, delete) = (
        (Area::Sales, Access::View),
        (Area::Sales, Access::Edit),
        (Area::Sales, Access::Delete),
    );
    Routes::of("Sales", "What is cheaper for everybody, for a time.")
        .get(
            "/sales",
            list,
            operation("listSales", "List the sales", view)
                .about("Sales, newest first, also those that are over or switched off.")
                .lists::<SaleQuery, SaleView>(),
        )
        .post(
            "/sales",
            create,
            operation("createSale", "Create a sale", edit)
                .about("Sales do not add up: of several the best counts.")
                .takes(SaleBody, Purpose::Create)
                .gives::<SaleView>(),
        )
        .get(
            "/sales/{id}",
            find,
            operation("getSale", "Get a sale", view).gives::<SaleView>(),
        )
        .patch(
            "/sales/{id}",
            change,
            operation("updateSale", "Change a sale", edit)
                .takes(SaleBody, Purpose::Change)
                .gives::<SaleView>(),
        )
        .delete(
            "/sales/{id}",
            remove,
            operation("deleteSale", "Delete a sale", delete)
                .about("Prices are what they were without it at once; orders keep theirs."),
        )
}

/// What a sale is made of, or changed by, as it was sent.
#[derive(Clone)]
pub(super) struct NewSale {
    name: Given<String>,
    discount_percentage: Given<String>,
    application_scope: Given<String>,
    category_ids: Given<Vec<Uuid>>,
    package_ids: Given<Vec<Uuid>>,
    is_enabled: Given<bool>,
    start_date: Given<Timestamp>,
    end_date: Given<Timestamp>,
}

members! {
    /// What a sale is made of, or changed by.
    pub(super) struct SaleBody -> NewSale {
        /// What buyers see it called.
        name = text(1, 64).required().example("Summer Sale"),
        /// What it takes off, with at most two decimals.
        discount_percentage = percent().required().example(30),
        /// What it is for.
        application_scope = words(applies_to::SCOPES).default("store").example("store"),
        /// Needed with the scope `category`. What is below them is part of them.
        category_ids = ids(MAX_LISTED).example(serde_json::json!([])),
        /// Needed with the scope `package`.
        package_ids = ids(MAX_LISTED).example(serde_json::json!([])),
        /// Whether it lowers prices.
        is_enabled = boolean().default(true).example(true),
        /// From when on; left out or null it is now.
        start_date = timestamp().nullable().example("2026-06-01T00:00:00Z"),
        /// Until when, not at that time itself; left out or null it is until it is switched off.
        end_date = timestamp().nullable().example("2026-06-30T23:59:59Z"),
    }
}

impl From<NewSale> for SaleDraft {
    fn from(new: NewSale) -> Self {
        let NewSale {
            name,
            discount_percentage,
            application_scope,
            category_ids,
            package_ids,
            is_enabled,
            start_date,
            end_date,
        } = new;
        Self {
            name,
            discount_percentage,
            applies_to: applies_to::draft(application_scope, package_ids, category_ids),
            is_enabled,
            start_date,
            end_date,
        }
    }
}

query! {
    /// Sales have no filters.
    pub(super) struct SaleQuery: PAGED {}
}

/// A sale.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaleView {
    id: Id,
    #[schema(example = "Summer Sale")]
    name: String,
    /// What it takes off, from 0 to 100.
    #[schema(value_type = f64, example = 30)]
    discount_percentage: Amount,
    /// `store`, `category` or `package`.
    #[schema(value_type = String, example = "store")]
    application_scope: &'static str,
    category_ids: Vec<Id>,
    package_ids: Vec<Id>,
    #[schema(example = true)]
    is_enabled: bool,
    start_date: Time,
    /// Null where it lasts until it is switched off.
    end_date: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

async fn list(call: Call) -> Result<Success<List<SaleView>>, Failure> {
    let (part, SaleQuery {}) = call.query()?;
    let slice = sales::list(&call.app, &call.actor, part.span()).await?;
    Ok(Success(List::of(part, slice.map(view))))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let sale = sales::find(&call.app, &call.actor, call.id(WHAT)?).await?;
    Ok(reply(sale))
}

async fn create(call: Call) -> Result<Response, Failure> {
    call.create(SaleBody, async move |app: App, tx, actor, new: NewSale| {
        Ok(reply(sales::create(&app, tx, &actor, new.into()).await?))
    })
    .await
}

async fn change(call: Call) -> Result<Response, Failure> {
    let id: SaleId = call.id(WHAT)?;
    call.change(
        SaleBody,
        async move |app: App, tx, actor, new: NewSale, expect| {
            let changed = sales::update(&app, tx, &actor, id, new.into(), &expect).await?;
            Ok(reply(changed))
        },
    )
    .await
}

async fn remove(call: Call) -> Result<Response, Failure> {
    let id: SaleId = call.id(WHAT)?;
    call.remove(async move |app: App, tx, actor, expect| {
        sales::delete(&app, tx, &actor, id, &expect).await?;
        Ok(Reply::nothing())
    })
    .await
}

const WHAT: &str = "sale";

fn reply(sale: Sale) -> Reply {
    Reply::versioned(sale.version, &view(sale))
}

fn view(sale: Sale) -> SaleView {
    let Sale {
        id,
        name,
        percent,
        applies_to,
        is_enabled,
        start_date,
        end_date,
        version: _,
        created_at,
        updated_at,
    } = sale;
    SaleView {
        id: Id(id.0),
        name,
        discount_percentage: percentage(percent),
        application_scope: applies_to.application_scope(Vocabulary::Others),
        category_ids: applies_to::categories(applies_to.categories()),
        package_ids: applies_to::packages(applies_to.packages()),
        is_enabled,
        start_date: Time(start_date),
        end_date: end_date.map(Time),
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}
