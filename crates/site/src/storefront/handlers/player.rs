//! Who the purchases are for.

use axum::extract::Query;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use tradepost_app::catalog::Catalog;
use tradepost_model::players::{self, Game, Player, Username, UsernameError};

use super::buying::{self, BUY, CHECK_OUT};
use super::kept;
use super::shopping::Shopping;
use crate::storefront::{Edition, PlayerPage};
use crate::view::Field;
use crate::web::{CheckedForm, Outcome, is_local, page, page_with_status, see_other};

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    next: String,
}

pub(super) async fn show(shopping: Shopping, Query(asked): Query<Asked>) -> Outcome {
    let catalog = shopping.catalog().await?;
    let known = shopping
        .player
        .as_ref()
        .map_or("", |player| player.username.as_str());
    let bedrock = shopping.store.game == Game::Minecraft && known.starts_with('.');
    let edition = if bedrock {
        Edition::Bedrock
    } else {
        Edition::Java
    };
    let typed = if bedrock { &known[1..] } else { known };
    Ok(page(&view(
        &shopping,
        &catalog,
        &asked.next,
        Field::new(typed),
        edition,
    )))
}

pub(super) async fn choose(mut shopping: Shopping, form: CheckedForm) -> Outcome {
    let (typed, next) = (form.get("username"), form.get("next"));
    let (shown, edition) = match form.get("edition") {
        "bedrock" => (Edition::Bedrock, players::Edition::Bedrock),
        _ => (Edition::Java, players::Edition::Java),
    };
    let username = match Username::from_form(typed, shopping.store.game, edition) {
        Ok(username) => username,
        Err(error) => {
            let catalog = shopping.catalog().await?;
            let field = Field::refused(typed, &sentence(&error));
            let shown = view(&shopping, &catalog, next, field, shown);
            return Ok(page_with_status(StatusCode::BAD_REQUEST, &shown, ""));
        }
    };
    let player = Player {
        username,
        uuid: None,
    };
    shopping.player = Some(player.clone());
    let cookie = kept::keep_player(&shopping.app, &shopping.store, &player);
    let step = next.strip_prefix(&shopping.base).unwrap_or_default();
    let mut response = match (step, shopping.held()) {
        (CHECK_OUT, _) if !shopping.basket.is_empty() => {
            buying::check_out_for(&shopping, player).await?
        }
        (BUY, Some(line)) => buying::buy_for(&shopping, player, line).await?,
        _ if is_local(next) => see_other(next),
        _ if shopping.base.is_empty() => see_other("/"),
        _ => see_other(&shopping.base),
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn view(
    shopping: &Shopping,
    catalog: &Catalog,
    next: &str,
    username: Field,
    edition: Edition,
) -> PlayerPage {
    let step = next.strip_prefix(&shopping.base).unwrap_or_default();
    PlayerPage {
        shop: shopping.shop_at(catalog, "/player"),
        username,
        rule: shopping.store.game.rule().to_owned(),
        edition: (shopping.store.game == Game::Minecraft).then_some(edition),
        next: if is_local(next) {
            next.to_owned()
        } else {
            String::new()
        },
        next_step: match step {
            CHECK_OUT | BUY => "Next: checkout".to_owned(),
            _ => String::new(),
        },
    }
}

/// What is wrong with a name.
pub(super) fn sentence(error: &UsernameError) -> String {
    match error {
        UsernameError::Empty => "Enter your username.".to_owned(),
        rule => format!("This {rule}."),
    }
}
