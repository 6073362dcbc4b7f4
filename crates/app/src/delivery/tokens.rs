//! Connection tokens: who a plugin speaks for.

use tradepost_db::{Conn, servers as db};
use tradepost_model::ids::{ServerId, StoreId};
use tradepost_model::servers::parse_token;

use crate::secrets::{hash, same};
use crate::{App, Error, Result};

/// Refused tokens per minute and address.
const FAILURES_PER_MINUTE: u32 = 20;

pub(super) const VOID_TOKEN: &str = "Connection token was regenerated.";

/// As [`authenticate`], for a caller at this address. From one with many failures only tokens that this
/// node knows are looked at: a flood does not reach the database, and a neighbour with an old token
/// keeps nobody out. Errors: too many failures.
pub async fn authenticate_from(
    app: &App,
    token: Option<&str>,
    address: &str,
) -> Result<(StoreId, ServerId, [u8; 32])> {
    let (caller, now) = (format!("plugin:{address}"), app.now());
    let told = token
        .and_then(parse_token)
        .map(|(server, secret)| (server, hash(secret)));
    let known = told.is_some_and(|(server, token)| {
        let known = app.delivery.known_tokens.lock();
        known.get(&server).is_some_and(|kept| same(kept, &token))
    });
    if !known {
        app.windows.look(&caller, FAILURES_PER_MINUTE, now)?;
    }
    match authenticate(app, token).await {
        Ok((store, server, token)) => {
            app.delivery.known_tokens.lock().insert(server, token);
            Ok((store, server, token))
        }
        Err(error @ Error::Unauthenticated(_)) => {
            if let Some((server, _)) = told.filter(|_| known) {
                app.delivery.known_tokens.lock().remove(&server);
            }
            app.windows.check(&caller, FAILURES_PER_MINUTE, now)?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

/// Whose connection token it is, with the hash of its secret. Errors: [`Error::Unauthenticated`], in words for the log of a game
/// server.
pub async fn authenticate(app: &App, token: Option<&str>) -> Result<(StoreId, ServerId, [u8; 32])> {
    const FORM: Error = Error::Unauthenticated(
        "This is not a connection token. Copy the whole token from the Servers page of your dashboard.",
    );
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(Error::Unauthenticated(
            "A connection token is needed: send it as 'Authorization: Bearer <token>'. The Servers page of your dashboard shows it.",
        ));
    };
    let (server, secret) = parse_token(token).ok_or(FORM)?;
    let token = hash(secret);
    let found = app
        .read(async move |conn| Ok(db::by_token(conn, server).await?))
        .await?;
    let (store, _) = found.filter(|(_, kept)| same(kept, &token)).ok_or(Error::Unauthenticated(
        "This connection token is not valid. It may have been regenerated: copy the new one from the Servers page of your dashboard.",
    ))?;
    Ok((store, server, token))
}

/// Whether this is the hash of the server's token.
pub(super) async fn has_token(conn: &mut Conn, server: ServerId, token: &[u8; 32]) -> Result<bool> {
    let kept = db::by_token(conn, server).await?;
    Ok(kept.is_some_and(|(_, kept)| same(&kept, token)))
}
