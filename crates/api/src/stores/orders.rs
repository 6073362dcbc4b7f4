//! `/orders`

use axum::extract::State;
use serde::Serialize;
use tradepost_app::{App, Error, orders};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::OrderId;

use super::{Caller, Named};
use crate::body::OptionalBody;
use crate::envelope::{Failure, Success};
use crate::v1::orders::{OrderView, view};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefundView {
    taken_back: usize,
    runs: Vec<RunsView>,
    ends_subscription: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunsView {
    server_name: String,
    count: usize,
}

pub(super) async fn find(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<OrderId>,
) -> Result<Success<OrderView>, Failure> {
    Ok(Success(view(orders::tell(&app, &actor, id).await?)))
}

pub(super) async fn preview_refund(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<OrderId>,
) -> Result<Success<RefundView>, Failure> {
    let preview = orders::preview_refund(&app, &actor, id).await?;
    let runs = preview.runs.into_iter();
    Ok(Success(RefundView {
        taken_back: preview.taken_back,
        ends_subscription: preview.ends_subscription,
        runs: runs
            .map(|(server_name, count)| RunsView { server_name, count })
            .collect(),
    }))
}

pub(super) async fn refund(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<OrderId>,
    OptionalBody(mut body): OptionalBody,
) -> Result<Success<OrderView>, Failure> {
    let mut errors = FieldErrors::default();
    let reason = body.text(&mut errors, "reason");
    body.finish(&mut errors);
    errors.into_result().map_err(Error::from)?;
    orders::refund_order(&app, &actor, id, reason.as_deref()).await?;
    let store = actor.store;
    let read = app.read(async move |conn| orders::tell_made(conn, store, id).await);
    let details = read.await?;
    Ok(Success(view(details)))
}
