//! What a banned buyer meets.

use std::net::SocketAddr;

use axum::Extension;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use tradepost_app::{Actor, bans};
use tradepost_model::bans::BanDraft;
use tradepost_model::fields::Given;

use crate::browser::Browser;
use crate::place::Place;

const FRIENDLY: &str = "This player cannot buy in this store.";

async fn ban(place: &Place, draft: BanDraft) {
    let (app, actor) = (place.app.clone(), Actor::operator(place.store.id));
    let reason = Given::Value("secret reason".to_owned());
    let draft = BanDraft { reason, ..draft };
    let create = async move |tx: &mut _| bans::create(&app, tx, &actor, draft.clone()).await;
    place.app.write(create).await.unwrap();
}

/// A browser at an address, in which Steve shops.
async fn steve_at(place: &Place, address: &str) -> Browser {
    let address: SocketAddr = address.parse().unwrap();
    let site = tradepost_site::router(place.app.clone()).layer(Extension(ConnectInfo(address)));
    let mut browser = Browser::new(site);
    browser.get("/s/demo/player").await;
    let form = [
        ("username", "Steve"),
        ("edition", "java"),
        ("next", "/s/demo"),
    ];
    browser.post("/s/demo/player", &form).await;
    browser
}

#[tokio::test]
async fn a_banned_player_is_told_in_the_basket_and_at_the_checkout() {
    let place = Place::open().await;
    let vip = place.package("VIP", "9.99").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(vip, "1")]).await;
    let player_username = Given::Value("steve".to_owned());
    ban(
        &place,
        BanDraft {
            player_username,
            ..BanDraft::default()
        },
    )
    .await;
    browser.get(&checkout).await.is(StatusCode::OK);
    let page = browser.post(&checkout, &[("method", "test")]).await;
    page.shows(FRIENDLY);
    page.shows_not("secret reason");
    page.is(StatusCode::BAD_REQUEST);
    browser.get("/s/demo/basket").await;
    let page = browser.post("/s/demo/basket/checkout", &[]).await;
    page.shows(FRIENDLY);
    page.is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_banned_network_cannot_buy_from_the_storefront() {
    let place = Place::open().await;
    let vip = place.package("VIP", "9.99").await;
    let ip_address = Given::Value("203.0.113.0/24".to_owned());
    ban(
        &place,
        BanDraft {
            ip_address,
            ..BanDraft::default()
        },
    )
    .await;
    let mut outside = steve_at(&place, "198.51.100.7:4000").await;
    let checkout = place.check_out(&mut outside, &[(vip, "1")]).await;
    // The same checkout, opened from inside.
    for address in ["203.0.113.9:4000", "[::ffff:203.0.113.9]:4000"] {
        let mut inside = steve_at(&place, address).await;
        inside.get("/s/demo/basket").await;
        let form = [("package", &*vip.to_string()), ("quantity", "1")];
        inside.post("/s/demo/basket/add", &form).await;
        let page = inside.post("/s/demo/basket/checkout", &[]).await;
        page.shows(FRIENDLY);
        page.is(StatusCode::BAD_REQUEST);
        inside.get(&checkout).await.is(StatusCode::OK);
        let page = inside.post(&checkout, &[("method", "test")]).await;
        page.shows(FRIENDLY);
        page.is(StatusCode::BAD_REQUEST);
    }
    outside.get(&checkout).await;
    let page = outside.post(&checkout, &[("method", "test")]).await;
    page.is(StatusCode::SEE_OTHER);
}
