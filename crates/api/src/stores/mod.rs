//! `/api/stores/{storeId}`: what members do with their store, with a JSON Web Token. The store is named
//! by its id or its short id.

mod api_keys;
mod calendar;
mod checkout_origins;
mod commands;
mod global_commands;
mod orders;
mod query;
mod redeliveries;
mod servers;
mod subscriptions;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tradepost_app::{Actor, App, Error, identity, stores};

use crate::envelope::{Failure, time};
use crate::limits::{NO_TOKEN, member};
use crate::openapi::Routes;

/// The operations that are described.
pub(crate) fn routes() -> Routes {
    api_keys::routes()
        .and(checkout_origins::routes())
        .and(subscriptions::routes())
}

pub(crate) fn router(app: &App) -> Router<App> {
    routes()
        .into_router("")
        .route("/servers", get(servers::list).post(servers::create))
        .route("/servers/{id}", get(servers::find).patch(servers::change))
        .route("/servers/{id}/token", post(servers::new_token))
        .route("/servers/{id}/delivery", get(servers::delivery))
        .route("/servers/{id}/wipe", post(redeliveries::wipe))
        .route("/commands", get(commands::list))
        .route("/commands/resend", post(redeliveries::resend))
        .route("/commands/{id}", get(commands::find).patch(commands::edit))
        .route("/commands/{id}/resend", post(commands::resend))
        .route("/commands/{id}/cancel", post(commands::cancel))
        .route("/orders/{id}", get(orders::find))
        .route("/orders/{id}/commands", post(commands::add))
        .route(
            "/orders/{id}/refund",
            get(orders::preview_refund).post(orders::refund),
        )
        .route(
            "/redeliveries",
            get(redeliveries::list).post(redeliveries::start),
        )
        .route("/redeliveries/preview", post(redeliveries::preview))
        .route("/redeliveries/{id}", get(redeliveries::find))
        .route("/redeliveries/{id}/pause", post(redeliveries::pause))
        .route("/redeliveries/{id}/resume", post(redeliveries::resume))
        .route("/redeliveries/{id}/cancel", post(redeliveries::cancel))
        .route("/calendar", get(calendar::upcoming))
        .route(
            "/calendar/expiries/{id}/cancel",
            post(calendar::cancel_expiry),
        )
        .route(
            "/global-commands",
            get(global_commands::list).put(global_commands::save),
        )
        .method_not_allowed_fallback(crate::wrong_method)
        .fallback(crate::no_such_endpoint)
        .layer(from_fn_with_state(app.clone(), with_token))
}

/// Recognises the token, counts the request, and lets it through as the store's member.
async fn with_token(
    State(app): State<App>,
    path: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let user = match member(&app, request.headers(), request.extensions()).await {
        Ok(user) => user,
        Err(failure) => return failure.into_response(),
    };
    // What is no UTF-8 names nothing.
    let Ok(path) = path else {
        return Failure::from(Error::NotFound("endpoint")).into_response();
    };
    let named = path.iter().find(|(name, _)| *name == "storeId");
    let named = named.map(|(_, value)| value.to_owned()).unwrap_or_default();
    let actor = async {
        let stores = stores::of_user(&app, &user).await?;
        let store = stores
            .iter()
            .find(|store| store.short_id == named || Ok(store.id) == named.parse());
        let store = store.ok_or(Error::NotFound("store"))?;
        identity::member(&app, &user, store.id).await
    };
    match actor.await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

/// The member who calls.
struct Caller(Actor);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let actor = parts.extensions.get::<Actor>().cloned();
        actor
            .map(Self)
            .ok_or_else(|| Error::Unauthenticated(NO_TOKEN).into())
    }
}

/// The `{id}` of a path. What is no id names nothing.
struct Named<T>(T);

impl<S: Send + Sync, T: std::str::FromStr + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = RawPathParams::from_request_parts(parts, state).await;
        let path = path.map_err(|_| Error::NotFound("resource"))?;
        let id = path.iter().find(|(name, _)| *name == "id");
        let id = id.and_then(|(_, text)| text.parse().ok());
        id.map(Self)
            .ok_or_else(|| Error::NotFound("resource").into())
    }
}
