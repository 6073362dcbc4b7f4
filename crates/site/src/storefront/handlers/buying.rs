//! From what was chosen to the checkout: the whole basket, or one thing by "Buy now". Whoever has
//! not said for whom is asked first, and what they chose is kept meanwhile.

use axum::http::header;
use tradepost_app::checkout::{self, Line, NewSession};
use tradepost_app::{Error, Result};
use tradepost_model::checkout::{DEFAULT_SECONDS, Origin};
use tradepost_model::players::{Player, Username};

use super::shopping::Shopping;
use super::{basket, kept};
use crate::web::{CheckedForm, Outcome, see_other};

/// Where the player page leads on to the checkout of the basket, below the shop's base.
pub(super) const CHECK_OUT: &str = "/basket/checkout";
/// The same for the one thing that was chosen by "Buy now".
pub(super) const BUY: &str = "/buy";

/// How many checkouts one address may begin.
const CHECKOUTS_PER_MINUTE: u32 = 120;

pub(super) async fn check_out(shopping: Shopping, form: CheckedForm) -> Outcome {
    let gift = form.get("gift").trim();
    match shopping.player.clone() {
        _ if shopping.basket.is_empty() => Ok(basket::go(shopping).await),
        None => Ok(see_other(&shopping.player_url(CHECK_OUT))),
        Some(player) if gift.is_empty() => check_out_for(&shopping, player).await,
        Some(player) => give(&shopping, player, gift).await,
    }
}

/// To the checkout with the whole basket, which somebody else gets.
async fn give(shopping: &Shopping, player: Player, typed: &str) -> Outcome {
    let receiver = match Username::parse(typed, shopping.store.game) {
        Ok(receiver) => receiver,
        Err(error) => {
            let typed: String = typed.chars().take(64).collect();
            let reason = super::player::sentence(&error);
            return basket::refused_gift(shopping, &typed, &reason).await;
        }
    };
    let name = receiver.as_str().to_owned();
    let gift = Some(receiver).filter(|it| it.key() != player.username.key());
    match session(shopping, player, gift, shopping.basket.clone()).await? {
        Ok(url) => Ok(see_other(&url)),
        Err(reason) => basket::refused(shopping, &name, &reason).await,
    }
}

/// To the checkout with the whole basket, or to the basket with what stands in the way.
pub(super) async fn check_out_for(shopping: &Shopping, player: Player) -> Outcome {
    match session(shopping, player, None, shopping.basket.clone()).await? {
        Ok(url) => Ok(see_other(&url)),
        Err(reason) => basket::refused(shopping, "", &reason).await,
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
    let package = line.package;
    let reason = match session(shopping, player, None, vec![line]).await? {
        Ok(url) => return Ok(see_other(&url)),
        Err(reason) => reason,
    };
    let catalog = shopping.catalog().await?;
    let Some(found) = catalog.packages.iter().find(|it| it.id == package) else {
        return Err(shopping.not_found(&catalog));
    };
    let shown = super::package::view(shopping, &catalog, found.slug.as_str()).await?;
    Ok(super::package::refused(shown, &reason))
}

/// Makes a session and gives its address, or why that is not possible.
async fn session(
    shopping: &Shopping,
    player: Player,
    gift: Option<Username>,
    lines: Vec<Line>,
) -> Result<Result<String, String>> {
    let new = NewSession {
        buyer: player,
        gift,
        email: None,
        lines,
        coupon_code: None,
        gift_card_code: None,
        origin: Origin::Storefront,
        client_reference: None,
        metadata: None,
        expires_in: DEFAULT_SECONDS,
        idempotency_key: None,
        ip: shopping.ip(),
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
