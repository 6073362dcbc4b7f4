//! Logging in and out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use tradepost_app::{App, Error, identity};

use super::Outcome;
use super::flash::{self, Flash};
use super::member::{Asked, user_of};
use crate::dashboard::Login;
use crate::view::Field;
use crate::web::{
    CheckedForm, Cookie, SESSION, Visitor, is_local, page, page_with_status, see_other,
};

const SESSION_DAYS: i64 = 14;

#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    next: String,
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Asked(Wanted { next }): Asked<Wanted>,
) -> Outcome {
    if user_of(&app, visitor.session.as_deref()).await?.is_some() {
        return Ok(see_other(local(&next)));
    }
    let flash = flash::carried(&app, &headers);
    let login = Login {
        notice: flash.map(Flash::notice),
        ..blank(&visitor, &next)
    };
    let response = page(&login);
    Ok(if flash.is_some() {
        flash::shown(response)
    } else {
        response
    })
}

pub(super) async fn log_in(State(app): State<App>, visitor: Visitor, form: CheckedForm) -> Outcome {
    let (email, next) = (form.get("email"), form.get("next"));
    match identity::log_in(&app, email, form.get("password"), &visitor.address).await {
        Ok(login) => {
            let cookie = Cookie::new(SESSION, login.token, SESSION_DAYS);
            Ok(with_cookie(&app, see_other(local(next)), cookie))
        }
        Err(error) => {
            let status = match &error {
                Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
                Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ => return Err(error.into()),
            };
            let login = Login {
                email: Field::new(email),
                error: Some(sentence(&error)),
                ..blank(&visitor, next)
            };
            Ok(page_with_status(status, &login, ""))
        }
    }
}

pub(super) async fn log_out(State(app): State<App>, visitor: Visitor, _: CheckedForm) -> Outcome {
    if let Some(session) = &visitor.session {
        identity::log_out(&app, session).await?;
    }
    let response = with_cookie(&app, see_other("/dashboard/login"), Cookie::forget(SESSION));
    Ok(Flash::LoggedOut.carry(&app, response))
}

fn blank(visitor: &Visitor, next: &str) -> Login {
    Login {
        doc: visitor.document("en"),
        email: Field::default(),
        error: None,
        notice: None,
        next: local(next).to_owned(),
    }
}

fn sentence(error: &Error) -> String {
    match error {
        Error::TooMany { retry_seconds } => {
            format!("There were too many tries. Please wait {retry_seconds} seconds.")
        }
        other => other.to_string(),
    }
}

fn with_cookie(app: &App, mut response: Response, cookie: Cookie) -> Response {
    let cookie = cookie.secure(app.settings.public_url.starts_with("https://"));
    response
        .headers_mut()
        .append(header::SET_COOKIE, cookie.header());
    response
}

/// Only a path of ours is gone on to.
fn local(next: &str) -> &str {
    if is_local(next) { next } else { "/dashboard" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_logging_in() {
        assert_eq!(
            local("/dashboard/demo/orders?status=paid"),
            "/dashboard/demo/orders?status=paid"
        );
        for bad in [
            "",
            "https://x.example",
            "//x.example",
            "/\\x.example",
            "/\t/x.example",
            "x",
            "/\n/x",
        ] {
            assert_eq!(local(bad), "/dashboard", "{bad:?}");
        }
    }
}
