//! Accounts, logging in, and sessions on our pages.

use jiff::ToSpan as _;
use tradepost_db::users as db;
use tradepost_model::ids::UserId;
use tradepost_model::names;
use tradepost_model::users::{MAX_PASSWORD, User, password};

use crate::rate::Caller;
use crate::secrets::hash;
use crate::{App, Error, Result};

const SESSION_HOURS: i64 = 24 * 14;
const LOGINS_PER_MINUTE: u32 = 10;

/// A session that was opened; its token is told once and kept by the browser.
#[derive(Debug)]
pub struct Login {
    /// Who logged in.
    pub user: User,
    /// The session's secret.
    pub token: String,
}

/// Adds an account. Errors: a field that does not fit, or an address that is taken.
pub async fn add_user(app: &App, email: &str, name: &str, secret: &str) -> Result<User> {
    let mut errors = tradepost_model::fields::FieldErrors::default();
    let email = errors.check("email", names::email(email));
    let name = errors.check("name", names::line(name, 1, 64));
    errors.check("password", password(secret));
    let (Some(email), Some(name), true) = (email, name, errors.is_empty()) else {
        return Err(errors.into());
    };
    let user = User {
        id: app.id(),
        email,
        name,
        token_epoch: 0,
        created_at: app.now(),
    };
    let password_hash = app.hasher.hash(secret.to_owned()).await?;
    let row = user.clone();
    let added = app
        .write(async move |tx| Ok(db::insert(tx, &row, &password_hash).await?))
        .await?;
    if added {
        Ok(user)
    } else {
        Err(Error::conflict(
            "email_taken",
            "email: there is an account with this address",
        ))
    }
}

/// Checks a password and opens a session. `address` is where the request came from. Errors: one and
/// the same for a wrong password and an unknown account; too many attempts of an address or for an
/// account.
pub async fn log_in(app: &App, email: &str, secret: &str, address: &str) -> Result<Login> {
    let user = check_password(app, email, secret, address).await?;
    let token = app.ids.token(43);
    let (now, token_hash, id) = (app.now(), hash(&token), user.id);
    let expires_at = now + SESSION_HOURS.hours();
    app.write(async move |tx| Ok(db::open_session(tx, &token_hash, id, now, expires_at).await?))
        .await?;
    Ok(Login { user, token })
}

pub(crate) async fn check_password(
    app: &App,
    email: &str,
    secret: &str,
    address: &str,
) -> Result<User> {
    const REFUSED: Error =
        Error::Unauthenticated("The e-mail address or the password is not right.");
    let turn = async |caller| app.limits.check(app, caller, LOGINS_PER_MINUTE).await;
    turn(Caller::LoginFrom(address)).await?;
    // One form of the address counts and is looked up, so that no spelling gets turns of its own.
    let email = names::email(email).map_err(|_| REFUSED)?.to_lowercase();
    if secret.chars().count() > MAX_PASSWORD {
        return Err(REFUSED);
    }
    turn(Caller::LoginTo(&email)).await?;
    let found = app
        .read(async move |conn| Ok(db::by_email(conn, &email).await?))
        .await?;
    let (user, password_hash) = found.unzip();
    let right = app.hasher.verify(secret.to_owned(), password_hash).await?;
    user.filter(|_| right).ok_or(REFUSED)
}

/// Whose session it is.
pub async fn user_of_session(app: &App, token: &str) -> Result<Option<User>> {
    let (token_hash, now) = (hash(token), app.now());
    app.read(async move |conn| Ok(db::by_session(conn, &token_hash, now).await?))
        .await
}

/// Ends a session.
pub async fn log_out(app: &App, token: &str) -> Result<()> {
    let token_hash = hash(token);
    app.write(async move |tx| Ok(db::close_session(tx, &token_hash).await?))
        .await
}

/// Voids every API token of a user.
pub async fn log_out_everywhere(app: &App, user: UserId) -> Result<()> {
    let now = app.now();
    app.write(async move |tx| Ok(db::void_tokens(tx, user, now).await?))
        .await
}

/// An account by its address. Errors: there is none.
pub async fn user_by_email(app: &App, email: &str) -> Result<User> {
    let email = email.to_owned();
    let found = app
        .read(async move |conn| Ok(db::by_email(conn, &email).await?))
        .await?;
    found
        .map(|(user, _)| user)
        .ok_or(Error::NotFound("account"))
}

/// Sets a new password, which ends every session and token of the user.
pub async fn set_password(app: &App, email: &str, secret: &str) -> Result<()> {
    password(secret).map_err(|error| Error::invalid("password", error.to_string()))?;
    let email = email.to_owned();
    let found = app
        .read(async move |conn| Ok(db::by_email(conn, &email).await?))
        .await?;
    let (user, _) = found.ok_or(Error::NotFound("user"))?;
    let (password_hash, now) = (app.hasher.hash(secret.to_owned()).await?, app.now());
    app.write(async move |tx| Ok(db::set_password(tx, user.id, &password_hash, now).await?))
        .await
}
