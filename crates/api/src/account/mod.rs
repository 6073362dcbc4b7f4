//! `/api/account`: where a JSON Web Token comes from, and how it ends.

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::routing::post;
use serde::Serialize;
use tradepost_app::{App, Error, identity, stores};
use tradepost_model::fields::FieldErrors;

use crate::body::Body;
use crate::envelope::{Failure, Success};

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .method_not_allowed_fallback(crate::wrong_method)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoginView {
    token: String,
    expires_at: String,
    user: UserView,
    stores: Vec<StoreView>,
}

#[derive(Serialize)]
struct UserView {
    id: String,
    email: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoreView {
    id: String,
    short_id: String,
    name: String,
    subdomain: String,
}

async fn log_in(
    State(app): State<App>,
    remote: Option<Extension<axum::extract::ConnectInfo<std::net::SocketAddr>>>,
    Body(mut body): Body,
) -> Result<Success<LoginView>, Failure> {
    let mut errors = FieldErrors::default();
    let email = body.required::<String>(&mut errors, "email", "a text");
    let password = body.required::<String>(&mut errors, "password", "a text");
    body.finish(&mut errors);
    errors.into_result().map_err(Error::from)?;
    let address = tradepost_app::rate::address_key(remote.map(|info| info.0.0.ip()));
    let (email, password) = (email.unwrap_or_default(), password.unwrap_or_default());
    let token = identity::issue(&app, &email, &password, &address).await?;
    let stores = stores::of_user(&app, &token.user).await?;
    Ok(Success(LoginView {
        expires_at: token.expires_at.to_string(),
        user: UserView {
            id: token.user.id.to_string(),
            email: token.user.email,
            name: token.user.name,
        },
        stores: stores
            .into_iter()
            .map(|store| StoreView {
                id: store.id.to_string(),
                short_id: store.short_id,
                name: store.name,
                subdomain: store.subdomain.to_string(),
            })
            .collect(),
        token: token.text,
    }))
}

async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<Success<()>, Failure> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(Error::Unauthenticated(
            "Send your token as 'Authorization: Bearer <token>'.",
        ))?;
    let user = identity::user_of_token(&app, token).await?;
    identity::log_out_everywhere(&app, user.id).await?;
    Ok(Success(()))
}
