use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use crate::place::Place;

#[tokio::test]
async fn a_shop_shows_what_it_sells_and_where_it_goes() {
    let place = Place::open().await;
    place
        .package_with("VIP", "9.99", |input| {
            input.new_category = "Ranks".to_owned();
            input.description = "<p>A golden <b>name</b></p>".to_owned();
            input.per_user_limit = "1".to_owned();
        })
        .await;
    place
        .package_with("Coins", "4.99", |input| {
            input.description = "Spend & save.\n\nAt the market.".to_owned();
            input.global_limit = "7".to_owned();
            input.commands[0].execute = "whenOnline".to_owned();
        })
        .await;
    let mut browser = place.browser();

    let home = browser.get("/s/demo").await.is(StatusCode::OK);
    for text in [
        "VIP",
        "9.99",
        "A golden name",
        "/s/demo/category/ranks",
        "/s/demo/category/other",
        "play.example",
    ] {
        home.shows(text);
    }
    browser.get("/s/demo/?from=ad").await.is(StatusCode::OK);
    browser
        .get("/s/demo/category/ranks")
        .await
        .is(StatusCode::OK)
        .shows_not("Coins");
    let other = browser
        .get("/s/demo/category/other?sort=-price")
        .await
        .is(StatusCode::OK);
    other.shows("Coins");
    let vip = browser.get("/s/demo/package/vip").await.is(StatusCode::OK);
    for text in [
        "Runs on Survival as soon as it is back online",
        "1 per player",
        "<p>A golden <b>name</b></p>",
    ] {
        vip.shows(text);
    }
    vip.shows_not("secret-command");
    let coins = browser
        .get("/s/demo/package/coins")
        .await
        .is(StatusCode::OK);
    for text in [
        "Delivered when you join Survival",
        "7 left",
        "<p>Spend &#38; save.</p><p>At the market.</p>",
    ] {
        coins.shows(text);
    }
    let css = browser.get("/s/demo/accent.css").await.is(StatusCode::OK);
    assert_eq!(css.headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
    browser.get("/accent.css").await.is(StatusCode::OK);
}

#[tokio::test]
async fn what_does_not_exist_is_said_in_the_shops_own_frame() {
    let place = Place::open().await;
    let mut browser = place.browser();
    for path in [
        "/s/demo/nowhere",
        "/s/demo/package/none",
        "/s/demo/category/none",
        "/s/demo/package/<script>",
    ] {
        let page = browser
            .get(&path.replace('<', "%3C").replace('>', "%3E"))
            .await;
        page.is(StatusCode::NOT_FOUND).shows("The demo store");
    }
    for path in ["/s/none", "/s/none/basket", "/s/NO%00NE/package/x"] {
        browser.get(path).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn hostile_usernames_are_refused_beside_the_field() {
    let place = Place::open().await;
    let mut browser = place.browser();
    browser.get("/s/demo/player").await.is(StatusCode::OK);
    for name in [
        "",
        "ab",
        "a b c",
        "Steve\nop Steve",
        "@a[r=1]",
        "\"Steve\"",
        "<script>alert(1)</script>",
        "Steve;op",
        "{player}",
    ] {
        let page = browser
            .post(
                "/s/demo/player",
                &[("username", name), ("edition", "java"), ("next", "")],
            )
            .await;
        let page = page.is(StatusCode::BAD_REQUEST);
        page.shows("username-error");
        page.shows_not("<script>alert");
    }
    let form = [
        ("username", "Big Bob"),
        ("edition", "bedrock"),
        ("next", "/\t/evil.example"),
    ];
    let page = browser
        .post("/s/demo/player", &form)
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(page.location(), "/s/demo");
    browser.get("/s/demo").await.shows(".Big_Bob");
}

#[tokio::test]
async fn forms_from_elsewhere_change_nothing() {
    let place = Place::open().await;
    let package = place.package("VIP", "9.99").await.to_string();
    let mut browser = place.browser();
    browser.get("/s/demo").await;
    let form = [
        ("package", package.as_str()),
        ("quantity", "1"),
        ("csrf", "wrong"),
    ];
    for path in [
        "/s/demo/basket/add",
        "/s/demo/basket/checkout",
        "/s/demo/player",
    ] {
        browser
            .post_bare(path, &form)
            .await
            .is(StatusCode::FORBIDDEN);
    }
    browser
        .get("/s/demo/basket")
        .await
        .shows("Your basket is empty");
}

#[tokio::test]
async fn a_store_on_its_own_host_has_links_without_a_prefix() {
    let place = Place::open().await;
    place.package("VIP", "9.99").await;
    let site = tradepost_site::router(place.app.clone());
    let links = [
        ("/", "href=\"/package/vip\""),
        ("/package/vip", "action=\"/basket/add\""),
        ("/accent.css", "--accent"),
    ];
    for (path, link) in links {
        let request = Request::get(path).header(header::HOST, "demo.shops.example");
        let request = request.body(Body::empty()).unwrap();
        let request = tradepost_site::rewrite_store_host(request, Some("shops.example"));
        let response = site.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(link), "no {link} in {body}");
    }
}
