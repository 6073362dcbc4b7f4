//! `/packages`

use std::collections::HashMap;

use axum::extract::{Query, State};
use serde::Serialize;
use serde_json::value::RawValue;
use tradepost_app::{App, packages, stores};
use tradepost_model::categories::Category;
use tradepost_model::packages::Package;

use super::{Caller, paging};
use crate::envelope::{Failure, Page, Success, amount};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackageView {
    id: String,
    name: String,
    slug: String,
    description: String,
    #[serde(rename = "type")]
    kind: &'static str,
    price: Box<RawValue>,
    sale_price: Option<()>,
    image_url: Option<String>,
    is_active: bool,
    /// For how long one is bought.
    timed: Option<TimedView>,
    sort_order: i32,
    category_id: Option<String>,
    category_name: Option<String>,
    allow_custom_price: bool,
    global_limit: Option<u32>,
    per_user_limit: Option<u32>,
    stock_remaining: Option<i64>,
    is_cumulative: bool,
    is_tiered: bool,
    is_subscription: bool,
    user_server_selection_enabled: bool,
    server_ids: Vec<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize)]
struct TimedView {
    days: u32,
    hours: u32,
}

pub(super) async fn list(
    State(app): State<App>,
    Caller(actor): Caller,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Success<Page<PackageView>>, Failure> {
    let paging = paging::of_short_list(&query)?;
    let store = stores::find(&app, actor.store).await?;
    let (packages, categories) = packages::list(&app, &actor, &store).await?;
    let total_count = packages.len();
    let page = packages.into_iter().skip(paging.skip).take(paging.take);
    let items = page
        .map(|package| view(&app, package, &categories))
        .collect();
    Ok(Success(Page {
        items,
        total_count,
        skip: paging.skip,
        take: paging.take,
    }))
}

fn view(app: &App, package: Package, categories: &[Category]) -> PackageView {
    let stock_remaining = package.stock();
    let Package {
        id,
        category,
        name,
        slug,
        description,
        price,
        image_url,
        is_active,
        sort_order,
        global_limit,
        per_user_limit,
        server_selection,
        servers,
        timed_hours,
        sold: _,
        reserved: _,
        created_at,
        updated_at,
    } = package;
    let category_name = category
        .and_then(|id| categories.iter().find(|it| it.id == id))
        .map(|category| category.name.clone());
    PackageView {
        id: id.to_string(),
        name,
        slug: slug.to_string(),
        description,
        kind: match timed_hours {
            Some(_) => "timed",
            None => "oneTime",
        },
        timed: timed_hours.map(|hours| TimedView {
            days: hours / 24,
            hours: hours % 24,
        }),
        price: amount(price),
        sale_price: None,
        image_url: image_url.map(|url| {
            if url.starts_with('/') {
                format!("{}{url}", app.settings.public_url)
            } else {
                url
            }
        }),
        is_active,
        sort_order,
        category_id: category.map(|id| id.to_string()),
        category_name,
        allow_custom_price: false,
        global_limit,
        per_user_limit,
        stock_remaining,
        is_cumulative: false,
        is_tiered: false,
        is_subscription: false,
        user_server_selection_enabled: server_selection,
        server_ids: servers.iter().map(ToString::to_string).collect(),
        created_at: created_at.to_string(),
        updated_at: updated_at.to_string(),
    }
}
