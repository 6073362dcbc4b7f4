//! `/checkout-origins`

use axum::extract::State;
use serde::Serialize;
use tradepost_app::origins::MOST;
use tradepost_app::{App, Error, origins};
use tradepost_model::fields::{FieldErrors, Given};
use tradepost_model::permissions::{Access, Area};
use utoipa::ToSchema;

use super::Caller;
use crate::body::{Body, Members as _, Purpose, list as texts, members, verbatim};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};

/// The longest origin; the model says what one is.
const LENGTH: usize = 300;

pub(super) fn routes() -> Routes {
    let (view, edit) = ((Area::Stores, Access::View), (Area::Stores, Access::Edit));
    Routes::of_members(
        "Checkout origins",
        "Where checkouts made by a program may send buyers back to.",
    )
    .get(
        "/checkout-origins",
        list,
        operation("listCheckoutOrigins", "List the origins", view).gives::<CheckoutOriginsView>(),
    )
    .put(
        "/checkout-origins",
        replace,
        operation("replaceCheckoutOrigins", "Replace the origins", edit)
            .about("Without any, programs can make no checkouts.")
            .takes(CheckoutOriginsBody, Purpose::Create)
            .gives::<CheckoutOriginsView>(),
    )
}

#[derive(Clone)]
pub(super) struct OriginsDraft {
    origins: Given<Vec<String>>,
}

members! {
    /// All origins of the store.
    pub(super) struct CheckoutOriginsBody -> OriginsDraft {
        /// `https`, a host and perhaps a port; in development mode also `http://localhost`.
        origins = texts(verbatim(LENGTH).example("https://shop.example.com"), 0, MOST)
            .required()
            .example(serde_json::json!(["https://shop.example.com"])),
    }
}

/// The origins of a store.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckoutOriginsView {
    /// In the order of the alphabet, as browsers write them.
    #[schema(example = json!(["https://shop.example.com"]))]
    origins: Vec<String>,
}

async fn list(
    State(app): State<App>,
    Caller(actor): Caller,
) -> Result<Success<CheckoutOriginsView>, Failure> {
    let origins = origins::list(&app, &actor).await?;
    Ok(Success(CheckoutOriginsView { origins }))
}

async fn replace(
    State(app): State<App>,
    Caller(actor): Caller,
    Body(body): Body,
) -> Result<Success<CheckoutOriginsView>, Failure> {
    let mut errors = FieldErrors::default();
    let OriginsDraft { origins } = CheckoutOriginsBody::read(body, Purpose::Create, &mut errors);
    errors.into_result().map_err(Error::from)?;
    let origins = origins.value().unwrap_or_default();
    let stored = origins::replace(&app, &actor, &origins).await?;
    Ok(Success(CheckoutOriginsView { origins: stored }))
}
