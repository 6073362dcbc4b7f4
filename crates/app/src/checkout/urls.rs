//! Where a checkout is, and where its buyer goes afterwards.

use tradepost_model::checkout::Session;
use tradepost_model::ids::{SessionId, StoreId};
use tradepost_model::names::is_hostile;

use crate::{App, Error, Result};

/// Where a buyer goes after an API session, with the placeholders filled in.
pub fn return_url(template: &str, session: &Session) -> String {
    let order = session
        .order
        .map(|order| order.to_string())
        .unwrap_or_default();
    template
        .replace("{CHECKOUT_SESSION_ID}", session.id.as_str())
        .replace("{ORDER_ID}", &order)
}

/// The address of a session's checkout page.
pub fn page_url(app: &App, session: &SessionId) -> String {
    format!("{}/checkout/{session}", app.settings.public_url)
}

/// The origins that checkouts of a store may return to. Errors: none is allowed, so that the API
/// cannot make sessions.
pub async fn return_origins(app: &App, store: StoreId) -> Result<Vec<String>> {
    let origins = app
        .read(async move |conn| Ok(tradepost_db::stores::origins(conn, store).await?))
        .await?;
    if origins.is_empty() {
        return Err(Error::refused(
            "checkout_disabled",
            "API checkout is not enabled for this store.",
        ));
    }
    Ok(origins)
}

/// Checks an address that a buyer is sent back to: its origin must be one of those allowed, scheme,
/// host and port; its path may be any. Gives the reason against it.
pub fn check_return_url(app: &App, origins: &[String], address: &str) -> Result<(), String> {
    const FORM: &str = "must be a URL such as https://shop.example.com/done";
    // What a parser forgives, such as line breaks and missing slashes, a redirect would not.
    let odd = |c: char| is_hostile(c) || c.is_whitespace() || c == '\\';
    if address.chars().any(odd) || !address.contains("://") {
        return Err(FORM.to_owned());
    }
    let url = url::Url::parse(address).map_err(|_| FORM.to_owned())?;
    let is_local = url.scheme() == "http" && url.host_str() == Some("localhost");
    if url.scheme() != "https" && !(app.settings.dev && is_local) {
        return Err("URL scheme must be https".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || address.len() > 2000 {
        return Err("must have no user name or password and at most 2000 characters".to_owned());
    }
    let origin = url.origin().ascii_serialization();
    let any_port = is_local
        && origins
            .iter()
            .any(|allowed| allowed == "http://localhost:*");
    if origins.contains(&origin) || any_port {
        Ok(())
    } else {
        Err(format!("URL origin ({origin}) is not in the allow-list"))
    }
}
