use axum::body::BodyDataStream;
use axum::http::{StatusCode, header};
use futures_util::StreamExt as _;
use tradepost_app::checkout::Line;
use tradepost_app::live::Change;
use tradepost_app::orders::{self, ManualOrder};
use tradepost_app::servers;

use crate::browser::{Browser, Page};
use crate::shop::{Shop, player};

const NEW: &str = "/dashboard/demo/servers/new";

/// The token that a page shows.
fn token(page: &Page) -> Option<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = page.body.split(|c| !word(c));
    let mut tokens = words.filter(|text| tradepost_model::servers::parse_token(text).is_some());
    tokens.next().map(str::to_owned)
}

/// The address of the only server.
async fn only_server(shop: &Shop) -> String {
    let servers = servers::list(&shop.app, &shop.actor()).await.unwrap();
    format!("/dashboard/demo/servers/{}", servers[0].0.server.id)
}

#[tokio::test]
async fn a_token_is_shown_once() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser.get(NEW).await.is(StatusCode::OK).shows("Minecraft");
    let form = [
        ("name", ""),
        ("address", "play.example"),
        ("game", "minecraft"),
    ];
    let refused = browser.post(NEW, &form).await.is(StatusCode::BAD_REQUEST);
    refused.shows("The name must not be empty.");
    refused.shows("value=\"play.example\"");
    let form = [
        ("name", "Survival"),
        ("address", "play.example"),
        ("game", "minecraft"),
    ];
    let sent = browser.post(NEW, &form).await.is(StatusCode::SEE_OTHER);
    assert_eq!(sent.location(), only_server(&shop).await);
    let made = browser.get(sent.location()).await.is(StatusCode::OK);
    assert_eq!(made.headers[header::CACHE_CONTROL], "no-store");
    assert!(token(&made).is_some(), "{}", made.body);
    made.shows("Waiting for the first connection");
    let later = browser
        .get(&only_server(&shop).await)
        .await
        .is(StatusCode::OK);
    assert!(token(&later).is_none());
    later.shows("/plugin-hub");
    later.shows("is not kept here");
    browser
        .get("/dashboard/demo/servers")
        .await
        .shows("Never connected");
}

#[tokio::test]
async fn a_new_token_asks_for_the_name() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser.get(NEW).await;
    browser.post(NEW, &[("name", "Survival")]).await;
    let url = only_server(&shop).await;
    let made = browser.get(&url).await;
    let wrong = browser
        .post(&format!("{url}/token"), &[("confirm", "survival")])
        .await;
    let wrong = wrong.is(StatusCode::BAD_REQUEST);
    wrong.shows("id=\"confirm-error\"");
    wrong.shows("value=\"survival\"");
    assert!(token(&wrong).is_none());
    let right = browser
        .post(&format!("{url}/token"), &[("confirm", "Survival")])
        .await;
    assert_eq!(right.is(StatusCode::SEE_OTHER).location(), url);
    let right = browser.get(&url).await;
    assert!(token(&right).is_some() && token(&right) != token(&made));
    assert_eq!(browser.get(&format!("{url}/token")).await.location(), url);
}

async fn next(events: &mut BodyDataStream) -> Option<String> {
    let event = events.next().await?.unwrap();
    Some(String::from_utf8(event.to_vec()).unwrap())
}

/// A server that was added, its address, and the events of its state.
async fn watched(shop: &Shop, browser: &mut Browser) -> BodyDataStream {
    browser.get(NEW).await;
    browser
        .post(NEW, &[("name", "Survival")])
        .await
        .is(StatusCode::SEE_OTHER);
    let response = browser
        .open(&format!("{}/live", only_server(shop).await))
        .await;
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "text/event-stream"
    );
    let mut events = response.into_body().into_data_stream();
    let first = next(&mut events).await.unwrap();
    assert!(
        first.contains("Waiting for the first connection"),
        "{first}"
    );
    assert!(first.contains("<dd>0</dd>"), "{first}");
    events
}

#[tokio::test]
async fn the_state_of_a_server_is_sent_at_once_and_after_a_change() {
    let shop = Shop::open().await;
    let mut events = watched(&shop, &mut shop.browser_of("robin").await).await;
    let package = shop.package("VIP", "9.99").await;
    let items = vec![Line::plain(package, 1, None)];
    let order = ManualOrder {
        player: player("Steve"),
        email: None,
        items,
    };
    orders::give(&shop.app, &shop.actor(), order).await.unwrap();
    let second = next(&mut events).await.unwrap();
    assert!(second.contains("<dd>1</dd>"), "{second}");
    shop.app.stop.cancel();
    assert_eq!(next(&mut events).await, None);
}

#[tokio::test]
async fn who_logged_out_hears_nothing_more() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    let mut events = watched(&shop, &mut browser).await;
    browser
        .post("/dashboard/logout", &[])
        .await
        .is(StatusCode::SEE_OTHER);
    let servers = servers::list(&shop.app, &shop.actor()).await.unwrap();
    shop.app
        .live
        .changed(shop.store.id, Change::Server(servers[0].0.server.id));
    assert_eq!(next(&mut events).await, None);
}
