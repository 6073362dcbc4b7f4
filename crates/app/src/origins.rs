//! Where checkouts made by a program may send buyers back to: origins such as `https://shop.example.com`.

use tradepost_db::stores as db;
use tradepost_model::fields::FieldErrors;
use tradepost_model::names::NameError;
use tradepost_model::permissions::{Access, Area};
use url::{Host, Url};

use crate::{Actor, App, Error, Result};

/// The most origins a store may have.
pub const MOST: usize = 50;

/// Any port of this machine, for a program under development.
pub const ANY_LOCAL: &str = "http://localhost:*";

/// The longest name of a host, and the rest of an origin.
const MOST_BYTES: usize = 253 + "https://:65535".len();

/// The origins of a store, in the order of the alphabet.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<String>> {
    actor.require(Area::Stores, Access::View)?;
    let store = actor.store;
    let mut origins = app
        .read(async move |conn| Ok(db::origins(conn, store).await?))
        .await?;
    origins.sort();
    Ok(origins)
}

/// Replaces the origins of a store, and gives them as they are written now; without any, programs can make
/// no checkouts. Errors: one for each
/// that is no origin; too many.
pub async fn replace(app: &App, actor: &Actor, origins: &[String]) -> Result<Vec<String>> {
    actor.require(Area::Stores, Access::Edit)?;
    if origins.len() > MOST {
        let reason = format!("must be at most {MOST}, these are {}", origins.len());
        return Err(Error::invalid("origins", reason));
    }
    let mut errors = FieldErrors::default();
    let parsed = origins.iter().enumerate().filter_map(|(place, origin)| {
        let field = format!("origins[{place}]");
        errors.check(&field, parse(app.settings.dev, origin))
    });
    let mut parsed: Vec<_> = parsed.collect();
    errors.into_result()?;
    parsed.sort();
    parsed.dedup();
    let (store, now, rows) = (actor.store, app.now(), parsed.clone());
    app.write(async move |tx| Ok(db::replace_origins(tx, store, &rows, now).await?))
        .await?;
    Ok(parsed)
}

/// Adds an origin, and gives it as it is written now; one that is there already stays. Errors: no origin;
/// too many.
pub async fn add(app: &App, actor: &Actor, origin: &str) -> Result<String> {
    actor.require(Area::Stores, Access::Edit)?;
    let parsed = parse(app.settings.dev, origin.trim())
        .map_err(|error| Error::invalid("origin", error.to_string()))?;
    let (store, now, row) = (actor.store, app.now(), parsed.clone());
    app.write(async move |tx| {
        let known = db::origins_locked(tx, store, now).await?;
        if known.len() >= MOST && !known.contains(&row) {
            let reason = format!("must be at most {MOST}");
            return Err(Error::invalid("origin", reason));
        }
        Ok(db::add_origin(tx, store, &row).await?)
    })
    .await?;
    Ok(parsed)
}

/// Removes an origin; one that is not there stays away.
pub async fn remove(app: &App, actor: &Actor, origin: &str) -> Result<()> {
    actor.require(Area::Stores, Access::Edit)?;
    let (store, now, row) = (actor.store, app.now(), origin.to_owned());
    app.write(async move |tx| Ok(db::remove_origin(tx, store, &row, now).await?))
        .await
}

/// Reads an origin, as browsers write it: `https` and a host, in development mode also
/// `http://localhost` and `http://localhost:*`.
pub fn parse(dev: bool, text: &str) -> Result<String, NameError> {
    let refused = || {
        NameError::new(if dev {
            "must be an origin such as https://shop.example.com or http://localhost:3000, without a path"
        } else {
            "must be an origin such as https://shop.example.com, without a path"
        })
    };
    if dev && text == ANY_LOCAL {
        return Ok(text.to_owned());
    }
    // The parser would take a path, a user and white space, and leave them out of the origin.
    let (_, place) = text.split_once("://").ok_or_else(refused)?;
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    let is_more = place.contains(['/', '\\', '?', '#', '@', '*']) || place.ends_with(':');
    if text.len() > MOST_BYTES || text.contains(is_blank) || is_more {
        return Err(refused());
    }
    let url = Url::parse(text).map_err(|_| refused())?;
    let is_local = dev && url.scheme() == "http" && url.host() == Some(Host::Domain("localhost"));
    if url.scheme() == "https" || is_local {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, origin) in [
            ("https://shop.example.com", "https://shop.example.com"),
            ("HTTPS://Shop.Example.com:443", "https://shop.example.com"),
            (
                "https://shop.example.com:8443",
                "https://shop.example.com:8443",
            ),
            (
                "https://b\u{fc}cher.example",
                "https://xn--bcher-kva.example",
            ),
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ] {
            assert_eq!(parse(false, text).as_deref(), Ok(origin));
        }
        for local in ["http://localhost", "http://localhost:3000", ANY_LOCAL] {
            assert_eq!(parse(true, local).as_deref(), Ok(local));
            assert!(parse(false, local).is_err(), "{local}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        let long = format!("https://{}.example", "a".repeat(300));
        for text in [
            "",
            "shop.example.com",
            "https://",
            "https://shop.example.com/",
            "https://shop.example.com/done",
            "https://shop.example.com?a",
            "https://shop.example.com#a",
            "https://user@shop.example.com",
            "https://shop.example.com\\a",
            "https://shop.example.com:",
            "https://shop.example.com:99999",
            "https://shop .example.com",
            " https://shop.example.com",
            "https://shop\n.example.com",
            "https://*.example.com",
            "https://localhost:*",
            "http://shop.example.com",
            "http://localhost.example.com",
            "http://localhost:3000/",
            "http://127.0.0.1",
            "ftp://shop.example.com",
            "null",
            &long,
        ] {
            assert!(parse(true, text).is_err(), "{text:?}");
        }
    }
}
