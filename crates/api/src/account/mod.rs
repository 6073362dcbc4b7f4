//! `/api/account`: where a JSON Web Token comes from, and how it ends.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Extensions;
use serde::Serialize;
use tradepost_app::{App, Error, identity, stores};
use tradepost_model::fields::{FieldErrors, Given};
use utoipa::ToSchema;

use crate::body::{Body, Members as _, Purpose, members, verbatim};
use crate::envelope::{Failure, Success};
use crate::limits::{address, member};
use crate::openapi::{Routes, operation};
use crate::shape::{Id, Time};

/// The operations.
pub(crate) fn routes() -> Routes {
    Routes::of_account(
        "Account",
        "Where a member's token comes from, and how it ends.",
    )
    .post(
        "/login",
        log_in,
        operation("logIn", "Log in", None)
            .about("Gives a token for 12 hours, and the stores it is good for.")
            .for_anybody()
            .takes(CredentialsBody, Purpose::Create)
            .gives::<LoginView>(),
    )
    .post(
        "/logout",
        log_out,
        operation("logOut", "Log out", None)
            .about("Ends every session and every token of the member at once."),
    )
}

pub(crate) fn router() -> Router<App> {
    routes()
        .into_router("")
        .method_not_allowed_fallback(crate::wrong_method)
        .fallback(crate::no_such_endpoint)
}

#[derive(Clone)]
struct CredentialsDraft {
    email: Given<String>,
    password: Given<String>,
}

members! {
    /// Who logs in.
    struct CredentialsBody -> CredentialsDraft {
        /// The member's e-mail address.
        email = verbatim(254).required().example("owner@example.com"),
        /// Their password.
        password = verbatim(1024).required().example("correct horse battery staple"),
    }
}

/// A token, and what it is good for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoginView {
    /// What to send as `Authorization: Bearer`.
    #[schema(example = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")]
    token: String,
    expires_at: Time,
    user: UserView,
    /// The stores that the member is part of.
    stores: Vec<StoreView>,
}

/// A member.
#[derive(Serialize, ToSchema)]
struct UserView {
    id: Id,
    #[schema(example = "owner@example.com")]
    email: String,
    #[schema(example = "Owner")]
    name: String,
}

/// A store.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StoreView {
    id: Id,
    /// As in its keys.
    #[schema(example = "a1b2c3d4")]
    short_id: String,
    #[schema(example = "Lobby")]
    name: String,
    #[schema(example = "lobby")]
    subdomain: String,
    #[schema(example = "pro")]
    plan: &'static str,
    /// When the plan lapses; null for never.
    plan_expires_at: Option<Time>,
}

async fn log_in(
    State(app): State<App>,
    extensions: Extensions,
    Body(body): Body,
) -> Result<Success<LoginView>, Failure> {
    let mut errors = FieldErrors::default();
    let CredentialsDraft { email, password } =
        CredentialsBody::read(body, Purpose::Create, &mut errors);
    errors.into_result().map_err(Error::from)?;
    let address = address(&extensions);
    let (email, password) = (
        email.value().unwrap_or_default(),
        password.value().unwrap_or_default(),
    );
    let token = identity::issue(&app, &email, &password, &address).await?;
    let stores = stores::of_user(&app, &token.user).await?;
    Ok(Success(LoginView {
        expires_at: Time(token.expires_at),
        user: UserView {
            id: Id(token.user.id.0),
            email: token.user.email,
            name: token.user.name,
        },
        stores: stores
            .into_iter()
            .map(|store| StoreView {
                id: Id(store.id.0),
                short_id: store.short_id,
                name: store.name,
                subdomain: store.subdomain.to_string(),
                plan: store.plan.plan.word(),
                plan_expires_at: store.plan.expires_at.map(Time),
            })
            .collect(),
        token: token.text,
    }))
}

async fn log_out(State(app): State<App>, request: Request) -> Result<Success<()>, Failure> {
    let user = member(&app, request.headers(), request.extensions()).await?;
    identity::log_out_everywhere(&app, user.id).await?;
    Ok(Success(()))
}
