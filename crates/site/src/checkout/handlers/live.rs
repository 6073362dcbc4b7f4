//! The receipt that keeps itself up to date.

use axum::extract::{Path, Query, State};
use tradepost_app::live::Change;
use tradepost_app::{App, Error, orders};

use super::receipt::{self, Asked};
use crate::web::{Outcome, live_fragment};

pub(super) async fn follow(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Outcome {
    let (store, session) = receipt::find(&app, &id, &asked).await?;
    let order = orders::of_session(&app, &session)
        .await?
        .ok_or(Error::NotFound("order"))?
        .order;
    let (id, store_id, wanted) = (order.id, store.id, app.clone());
    let render = move || {
        let (app, store, session, shown) = (
            wanted.clone(),
            store.clone(),
            session.clone(),
            asked.shown.clone(),
        );
        async move {
            match receipt::live_part(&app, &store, &session, &shown).await {
                Ok(part) => Some(part),
                Err(error) => {
                    tracing::warn!(error = %error, "a receipt could not be looked at again");
                    None
                }
            }
        }
    };
    Ok(live_fragment(
        &app,
        store_id,
        move |change| change == Change::Order(id),
        render,
    ))
}
