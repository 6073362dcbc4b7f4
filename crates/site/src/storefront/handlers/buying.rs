//! From what was chosen to the checkout: the whole basket, or one thing by "Buy now". Whoever has
//! not said for whom is asked first, and what they chose is kept meanwhile.

use axum::http::header;
use tradepost_app::checkout::{self, Line, NewSession};
use tradepost_app::{Error, Result};
use tradepost_model::checkout::{DEFAULT_SECONDS, Origin};
use tradepost_model::players::Player;

use super::shopping::Shopping;
use super::{basket, kept, package};
use crate::web::{CheckedForm, Outcome, see_other};

/// Where the player page leads on to the checkout of the basket, below the shop's base.
pub(super) const CHECK_OUT: &str = "/basket/checkout";
/// The same for the one thing that was chosen by "Buy now".
pub(super) const BUY: &str = "/buy";

/// How many checkouts one address may begin.
const CHECKOUTS_PER_MINUTE: u32 = 120;

pub(super) async fn check_out(shopping: Shopping, _form: CheckedForm) -> Outcome {
    match shopping.player.clone() {
        _ if shopping.basket.is_empty() => Ok(basket::go(shopping).await),
        None => Ok(see_other(&shopping.player_url(CHECK_OUT))),
        Some(player) => check_out_for(&shopping, player).await,
    }
}

/// To the checkout with the whole basket, or to the basket with what stands in the way.
pub(super) async fn check_out_for(shopping: &Shopping, player: Player) -> Outcome {
    match session(shopping, player, shopping.basket.clone()).await? {
        Ok(url) => Ok(see_other(&url)),
        Err(reason) => basket::refused(shopping, &reason).await,
    }
}

/// To the checkout with one line, by way of the player page where it is needed.
pub(super) async fn buy_now(shopping: &Shopping, line: Line) -> Outcome {
    let Some(player) = shopping.player.clone() else {
        let mut response = see_other(&shopping.player_url(BUY));
        let cookie = kept::hold(&shopping.app, &shopping.store, line);
        response.headers_mut().append(header::SET_COOKIE, cookie);
        return Ok(response);
    };
    buy_for(shopping, player, line).await
}

/// To the checkout with one line, or to its package with what stands in the way.
pub(super) async fn buy_for(shopping: &Shopping, player: Player, line: Line) -> Outcome {
    let reason = match session(shopping, player, vec![line]).await? {
        Ok(url) => return Ok(see_other(&url)),
        Err(reason) => reason,
    };
    let catalog = shopping.catalog().await?;
    let Some(found) = catalog.packages.iter().find(|it| it.id == line.package) else {
        return Err(shopping.not_found(&catalog));
    };
    let shown = package::view(shopping, &catalog, found.slug.as_str()).await?;
    Ok(package::refused(shown, &reason))
}

/// Makes a session and gives its address, or why that is not possible.
async fn session(
    shopping: &Shopping,
    player: Player,
    lines: Vec<Line>,
) -> Result<Result<String, String>> {
    let new = NewSession {
        player,
        email: None,
        lines,
        origin: Origin::Storefront,
        client_reference: None,
        metadata: None,
        expires_in: DEFAULT_SECONDS,
        idempotency_key: None,
    };
    let app = &shopping.app;
    let caller = format!("checkout:{}", shopping.address());
    app.windows
        .check(&caller, CHECKOUTS_PER_MINUTE, app.now())?;
    match checkout::create(app, &shopping.store, new).await {
        Ok(session) => Ok(Ok(format!("/checkout/{}", session.id))),
        Err(Error::Invalid(errors)) => {
            let reasons: Vec<_> = errors.0.iter().map(|error| format!("{error}.")).collect();
            Ok(Err(reasons.join(" ")))
        }
        Err(Error::Refused { message, .. } | Error::Conflict { message, .. }) => Ok(Err(message)),
        Err(other) => Err(other),
    }
}
