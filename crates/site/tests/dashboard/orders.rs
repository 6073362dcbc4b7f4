use axum::http::StatusCode;
use tradepost_app::checkout::Line;
use tradepost_app::orders::{self, ManualOrder};
use tradepost_model::ids::{OrderId, PackageId};

use crate::shop::{Shop, checkout, player};

async fn paid(shop: &Shop, package: PackageId, name: &str) -> OrderId {
    let items = vec![Line::plain(package, 2, None)];
    let email = Some("steve@example.com".to_owned());
    let order = ManualOrder {
        player: player(name),
        email,
        items,
    };
    orders::give(&shop.app, &shop.actor(), order).await.unwrap()
}

async fn pending(shop: &Shop, package: PackageId, name: &str) {
    checkout(shop, package, name).await;
}

#[tokio::test]
async fn orders_are_found_by_player_and_status() {
    let shop = Shop::open().await;
    shop.server().await;
    let package = shop.package("VIP", "1234.50").await;
    paid(&shop, package, "Steve").await;
    paid(&shop, package, "Alex").await;
    pending(&shop, package, "Herobrine").await;
    let mut browser = shop.browser_of("robin").await;
    let all = browser
        .get("/dashboard/demo/orders")
        .await
        .is(StatusCode::OK);
    for text in [
        "Steve",
        "Alex",
        "Herobrine",
        "2 × VIP",
        "2,469.00\u{a0}EUR",
        "3 orders",
    ] {
        all.shows(text);
    }
    let steve = browser.get("/dashboard/demo/orders?player=sTEVE").await;
    steve.shows(">Steve<");
    steve.shows_not(">Alex<");
    browser
        .get("/dashboard/demo/orders?before=x&days=y")
        .await
        .is(StatusCode::OK);
    let waiting = browser.get("/dashboard/demo/orders?status=pending").await;
    waiting.shows(">Herobrine<");
    waiting.shows_not(">Steve<");
    let both = browser
        .get("/dashboard/demo/orders?status=pending&player=Steve")
        .await;
    both.shows("No order matches");
    both.shows("value=\"Steve\"");
}

#[tokio::test]
async fn pages_of_orders_lead_on_and_back() {
    let shop = Shop::open().await;
    shop.server().await;
    let package = shop.package("VIP", "1").await;
    for number in 0..51 {
        paid(&shop, package, &format!("Player_{number}")).await;
    }
    let mut browser = shop.browser_of("robin").await;
    let link = |body: &str, rel: &str| {
        let before = body
            .split_once(&format!("\" rel=\"{rel}\""))
            .map(|(before, _)| before.to_owned());
        before.map(|before| {
            before
                .rsplit_once("href=\"")
                .unwrap()
                .1
                .replace("&#38;", "&")
        })
    };
    let first = browser.get("/dashboard/demo/orders?status=paid").await;
    first.shows("1 to 25");
    assert!(link(&first.body, "prev").is_none());
    let second = browser.get(&link(&first.body, "next").unwrap()).await;
    second.shows("26 to 50");
    let third = browser.get(&link(&second.body, "next").unwrap()).await;
    third.shows("51 to 51");
    third.shows(">Player_0<");
    assert!(link(&third.body, "next").is_none());
    let back = browser.get(&link(&third.body, "prev").unwrap()).await;
    back.shows("26 to 50");
    let start = browser.get(&link(&back.body, "prev").unwrap()).await;
    start.shows("1 to 25");
    start.shows(">Player_50<");
}

#[tokio::test]
async fn an_order_shows_money_and_delivery_and_hides_the_address() {
    let shop = Shop::open().await;
    tradepost_app::servers::create(&shop.app, &shop.actor(), "Survival", "", "")
        .await
        .unwrap();
    shop.server().await;
    let package = shop.package("VIP", "9.99").await;
    let order = paid(&shop, package, "Steve").await;
    let mut browser = shop.browser_of("robin").await;
    let page = browser
        .get(&format!("/dashboard/demo/orders/{order}"))
        .await
        .is(StatusCode::OK);
    for text in [
        "19.98\u{a0}EUR",
        "2 × 9.99\u{a0}EUR",
        "s***@example.com",
        "give Steve diamond",
        "Waiting for the server",
        "Not sent yet",
    ] {
        page.shows(text);
    }
    page.shows_not("steve@example.com");
    let home = browser
        .get("/dashboard/demo?days=7")
        .await
        .is(StatusCode::OK);
    home.shows("19.98\u{a0}EUR");
    home.shows("Revenue per day");
    home.shows_not("First steps");
}
