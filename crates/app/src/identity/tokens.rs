//! JSON Web Tokens for the account API: HS256, 12 hours, void after log-out or a new password.

use std::fmt;

use jiff::ToSpan as _;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tradepost_model::Timestamp;
use tradepost_model::ids::UserId;
use tradepost_model::users::User;

use super::login::check_password;
use crate::{App, Error, Result};

const HOURS: i64 = 12;
const ISSUER: &str = "tradepost";

/// A token and when it stops working. It is told once, and not to a log.
pub struct Token {
    /// Whose it is.
    pub user: User,
    /// The token.
    pub text: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: UserId,
    epoch: i64,
    iat: i64,
    exp: i64,
}

/// Checks a password and issues a token. Errors as for [`super::log_in`].
pub async fn issue(app: &App, email: &str, secret: &str, address: &str) -> Result<Token> {
    let user = check_password(app, email, secret, address).await?;
    let now = app.now();
    let expires_at = now + HOURS.hours();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: user.id,
        epoch: user.token_epoch,
        iat: now.as_second(),
        exp: expires_at.as_second(),
    };
    let key = EncodingKey::from_secret(&app.secrets.derived("jwt"));
    let text = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map_err(Error::internal)?;
    Ok(Token {
        user,
        text,
        expires_at,
    })
}

/// Whose token it is. Errors: [`Error::Unauthenticated`] for one that is forged, expired or void.
pub async fn user_of_token(app: &App, text: &str) -> Result<User> {
    const REFUSED: Error = Error::Unauthenticated("The token is not valid. Log in again.");
    let key = DecodingKey::from_secret(&app.secrets.derived("jwt"));
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[ISSUER]);
    rules.set_required_spec_claims(&["exp", "iss", "sub"]);
    // The library would read the wall clock; ours is asked below.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(text, &key, &rules)
        .map_err(|_| REFUSED)?
        .claims;
    if claims.exp <= app.now().as_second() {
        return Err(Error::Unauthenticated(
            "The token has expired. Log in again.",
        ));
    }
    let user = app
        .read(async move |conn| Ok(tradepost_db::users::find(conn, claims.sub).await?))
        .await?;
    user.filter(|user| user.token_epoch == claims.epoch)
        .ok_or(REFUSED)
}
