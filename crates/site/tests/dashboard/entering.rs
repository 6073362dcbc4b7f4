use axum::http::{StatusCode, header};
use tradepost_model::permissions::{Access, Area};

use crate::shop::{PASSWORD, Shop};

const ID: &str = "01900000-0000-7000-8000-000000000001";

#[tokio::test]
async fn a_wrong_password_is_refused_and_the_right_one_lets_in() {
    let shop = Shop::open().await;
    let mut browser = shop.browser();
    let asked = browser
        .get("/dashboard/demo/orders?status=paid")
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(
        asked.location(),
        "/dashboard/login?next=%2Fdashboard%2Fdemo%2Forders%3Fstatus%3Dpaid"
    );
    browser
        .get(asked.location())
        .await
        .shows("value=\"/dashboard/demo/orders?status=paid\"");
    let form = |password| {
        [
            ("email", "robin@shop.example"),
            ("password", password),
            ("next", "/dashboard/demo/orders?status=paid"),
        ]
    };
    let wrong = browser
        .post("/dashboard/login", &form("wrong"))
        .await
        .is(StatusCode::UNAUTHORIZED);
    wrong.shows("is not right");
    wrong.shows("value=\"robin@shop.example\"");
    let right = browser
        .post("/dashboard/login", &form(PASSWORD))
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(right.location(), "/dashboard/demo/orders?status=paid");
    let session = right.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        session.starts_with("tp_session=") && session.contains("HttpOnly; SameSite=Lax"),
        "{session}"
    );
    assert_eq!(
        browser.get("/dashboard").await.location(),
        "/dashboard/demo"
    );
    let home = browser.get("/dashboard/demo").await.is(StatusCode::OK);
    home.shows("First steps");
    browser
        .post("/dashboard/logout", &[])
        .await
        .is(StatusCode::SEE_OTHER);
    browser
        .get("/dashboard/login")
        .await
        .shows("You are logged out.");
    browser
        .get("/dashboard/login")
        .await
        .shows_not("You are logged out.");
    browser
        .get("/dashboard/demo")
        .await
        .is(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn too_many_tries_are_told_to_wait() {
    let shop = Shop::open().await;
    let mut browser = shop.browser();
    browser.get("/dashboard/login").await;
    let form = [("email", "nobody@shop.example"), ("password", "wrong")];
    let mut statuses = Vec::new();
    for _ in 0..21 {
        statuses.push(browser.post("/dashboard/login", &form).await.status);
    }
    assert_eq!(statuses[0], StatusCode::UNAUTHORIZED);
    assert!(
        statuses.contains(&StatusCode::TOO_MANY_REQUESTS),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn nobody_is_sent_to_another_host_after_logging_in() {
    let shop = Shop::open().await;
    let mut browser = shop.browser();
    browser
        .get("/dashboard/login?next=//evil.example")
        .await
        .shows("name=\"next\" value=\"/dashboard\"");
    let form = [
        ("email", "robin@shop.example"),
        ("password", PASSWORD),
        ("next", "//evil.example"),
    ];
    assert_eq!(
        browser.post("/dashboard/login", &form).await.location(),
        "/dashboard"
    );
}

#[tokio::test]
async fn a_form_without_its_hidden_value_is_refused() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    for path in [
        "/dashboard/demo/packages/new",
        "/dashboard/demo/servers/new",
        "/dashboard/logout",
    ] {
        browser
            .post_bare(path, &[("name", "Survival")])
            .await
            .is(StatusCode::FORBIDDEN);
    }
    browser
        .get("/dashboard/demo/servers")
        .await
        .shows_not("Survival");
}

#[tokio::test]
async fn the_store_of_somebody_else_does_not_exist() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("kim").await;
    for path in [
        "",
        "/packages",
        "/packages/new",
        "/orders",
        "/servers",
        "/servers/live",
        "/queue",
        "/calendar",
        "/global-commands",
        "/redeliveries/new",
    ] {
        let page = browser
            .get(&format!("/dashboard/demo{path}"))
            .await
            .is(StatusCode::NOT_FOUND);
        page.shows("There is nothing here");
    }
    let package = shop.package("VIP", "9.99").await;
    for path in [
        format!("packages/{package}"),
        format!("orders/{ID}"),
        format!("servers/{ID}"),
        format!("servers/{ID}/wipe"),
        format!("orders/{ID}/refund"),
        format!("orders/{ID}/commands/new"),
        format!("orders/{ID}/commands/{ID}"),
        format!("redeliveries/{ID}"),
        format!("redeliveries/{ID}/live"),
        "orders/x".to_owned(),
    ] {
        browser
            .get(&format!("/dashboard/other/{path}"))
            .await
            .is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_member_does_only_what_was_granted() {
    let shop = Shop::open().await;
    shop.member("sam", Area::Packages, Access::View).await;
    let package = shop.package("VIP", "9.99").await;
    let mut browser = shop.browser_of("sam").await;
    assert_eq!(
        browser.get("/dashboard/demo").await.location(),
        "/dashboard/demo/packages"
    );
    browser
        .get("/dashboard/demo/packages")
        .await
        .is(StatusCode::OK)
        .shows("VIP");
    for path in [
        "orders",
        "servers",
        "servers/live",
        "queue",
        "calendar",
        "global-commands",
        "redeliveries/new",
    ] {
        let page = browser
            .get(&format!("/dashboard/demo/{path}"))
            .await
            .is(StatusCode::FORBIDDEN);
        page.shows("You may not see this");
    }
    let editor = format!("/dashboard/demo/packages/{package}");
    browser.get(&editor).await.is(StatusCode::OK);
    let form = [
        ("action", "save"),
        ("name", "Free VIP"),
        ("price", "0"),
        ("commands", "0"),
    ];
    browser
        .post_parts(&editor, &form, None)
        .await
        .is(StatusCode::FORBIDDEN);
    browser
        .get("/dashboard/demo/packages")
        .await
        .shows_not("Free VIP");
    browser
        .post("/dashboard/demo/servers/new", &[("name", "Survival")])
        .await
        .is(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_stranger_is_sent_to_the_door_everywhere() {
    let shop = Shop::open().await;
    let mut browser = shop.browser();
    browser.get("/dashboard/login").await;
    let pages = [
        "",
        "/packages",
        "/packages/new",
        "/orders",
        "/servers",
        "/servers/live",
        "/servers/new",
        "/queue",
        "/calendar",
        "/global-commands",
        "/redeliveries/new",
    ];
    let things = ["packages", "orders", "servers"].map(|it| format!("/{it}/{ID}"));
    let more = [
        format!("/servers/{ID}/live"),
        format!("/servers/{ID}/token"),
        format!("/servers/{ID}/wipe"),
        format!("/orders/{ID}/refund"),
        format!("/orders/{ID}/commands/new"),
        format!("/orders/{ID}/commands/{ID}"),
        format!("/redeliveries/{ID}"),
        format!("/redeliveries/{ID}/live"),
    ];
    for path in pages
        .map(str::to_owned)
        .into_iter()
        .chain(things)
        .chain(more)
    {
        for store in ["demo", "nowhere"] {
            let page = browser
                .get(&format!("/dashboard/{store}{path}"))
                .await
                .is(StatusCode::SEE_OTHER);
            assert!(
                page.location().starts_with("/dashboard/login?next="),
                "{}",
                page.location()
            );
        }
    }
    for path in [
        "packages/new".to_owned(),
        format!("packages/{ID}"),
        "servers/new".to_owned(),
        format!("servers/{ID}/token"),
        format!("servers/{ID}/wipe"),
        format!("orders/{ID}/refund"),
        format!("orders/{ID}/commands/new"),
        format!("orders/{ID}/commands/{ID}"),
        format!("orders/{ID}/commands/{ID}/resend"),
        format!("orders/{ID}/commands/{ID}/cancel"),
        "redeliveries/new".to_owned(),
        format!("redeliveries/{ID}/pause"),
        format!("redeliveries/{ID}/resume"),
        format!("redeliveries/{ID}/cancel"),
        format!("calendar/keep/{ID}"),
        format!("calendar/cancel/{ID}"),
        "global-commands".to_owned(),
    ] {
        let page = browser
            .post(&format!("/dashboard/demo/{path}"), &[("name", "x")])
            .await
            .is(StatusCode::SEE_OTHER);
        assert_eq!(page.location(), "/dashboard/login?next=%2Fdashboard");
    }
    browser.get("/dashboard").await.is(StatusCode::SEE_OTHER);
}
