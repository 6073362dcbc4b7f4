use axum::http::StatusCode;

use crate::place::Place;

const ADD: &str = "/s/demo/basket/add";

#[tokio::test]
async fn a_basket_adds_up_changes_and_empties() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await.to_string();
    let mut browser = place.browser();
    browser.get("/s/demo/package/coins").await;
    for quantity in ["1", "2"] {
        let page = browser
            .post(ADD, &[("package", &package), ("quantity", quantity)])
            .await;
        assert_eq!(
            page.is(StatusCode::SEE_OTHER).location(),
            "/s/demo/basket?done=added"
        );
    }
    let basket = browser
        .get("/s/demo/basket?done=added")
        .await
        .is(StatusCode::OK);
    for text in ["It is in your basket.", "14.97", "3 x 4.99 EUR"] {
        basket.shows(text);
    }
    let line = line_of(&basket.body);
    for bad in ["0", "101", "-1", "x", ""] {
        let page = browser
            .post(
                "/s/demo/basket/update",
                &[("line", &line), ("quantity", bad)],
            )
            .await;
        page.is(StatusCode::BAD_REQUEST)
            .shows("Enter a number from 1 to 100.");
    }
    browser
        .post(
            "/s/demo/basket/update",
            &[("line", &line), ("quantity", "5")],
        )
        .await
        .is(StatusCode::SEE_OTHER);
    browser.get("/s/demo/basket").await.shows("24.95");
    browser
        .post("/s/demo/basket/remove", &[("line", &line)])
        .await
        .is(StatusCode::SEE_OTHER);
    browser
        .get("/s/demo/basket")
        .await
        .shows("Your basket is empty");
    browser.get(ADD).await.is(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_full_basket_says_so_and_loses_nothing() {
    let place = Place::open().await;
    let mut browser = place.browser();
    browser.get("/s/demo").await;
    browser.get("/s/demo/basket").await;
    for number in 0..50 {
        let package = place
            .package(&format!("Thing {number}"), "1.00")
            .await
            .to_string();
        browser
            .post(ADD, &[("package", &package), ("quantity", "2")])
            .await
            .is(StatusCode::SEE_OTHER);
    }
    let one_more = place.package("One more", "1.00").await.to_string();
    let page = browser
        .post(ADD, &[("package", &one_more), ("quantity", "1")])
        .await;
    page.is(StatusCode::BAD_REQUEST)
        .shows("Your basket is full");
    let known = place.package("Thing", "1.00").await.to_string();
    browser
        .post(ADD, &[("package", &known), ("quantity", "0")])
        .await
        .is(StatusCode::BAD_REQUEST);
    browser.get("/s/demo/basket").await.shows("100.00");
}

#[tokio::test]
async fn too_many_of_one_thing_and_too_much_money_are_refused() {
    let place = Place::open().await;
    let (coins, yacht) = (
        place.package("Coins", "4.99").await,
        place.package("Yacht", "900000.00").await,
    );
    let mut browser = place.browser();
    browser.get("/s/demo/package/coins").await;
    let (coins, yacht) = (coins.to_string(), yacht.to_string());
    browser
        .post(ADD, &[("package", &coins), ("quantity", "60")])
        .await
        .is(StatusCode::SEE_OTHER);
    let page = browser
        .post(ADD, &[("package", &coins), ("quantity", "41")])
        .await;
    page.is(StatusCode::BAD_REQUEST)
        .shows("60 are in yours already");
    let page = browser
        .post(ADD, &[("package", &yacht), ("quantity", "100")])
        .await;
    page.is(StatusCode::BAD_REQUEST).shows("costs too much");
    browser.get("/s/demo/basket").await.shows("299.40");
}

#[tokio::test]
async fn another_stores_packages_and_tampered_baskets_are_nothing() {
    let place = Place::open().await;
    let foreign = place.foreign_package().await.to_string();
    let mut browser = place.browser();
    browser.get("/s/demo/basket").await;
    browser.get("/s/demo").await;
    for package in [foreign.as_str(), "x", ""] {
        let page = browser
            .post(ADD, &[("package", package), ("quantity", "1")])
            .await;
        page.is(StatusCode::NOT_FOUND);
    }
    let mut elsewhere = place.browser();
    elsewhere.get("/s/other").await;
    let page = elsewhere
        .post(
            "/s/other/basket/add",
            &[("package", &foreign), ("quantity", "1")],
        )
        .await;
    let cookie = page.is(StatusCode::SEE_OTHER).headers["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    let (_, value) = cookie.split_once('=').unwrap();
    let (value, _) = value.split_once(';').unwrap();
    let name = format!("tp_basket_{}", place.store.short_id);
    browser.keep(&name, value);
    browser
        .get("/s/demo/basket")
        .await
        .shows("Your basket is empty");
}

#[tokio::test]
async fn a_server_must_be_chosen_where_the_package_asks() {
    let place = Place::open().await;
    let package = place
        .package_with("Plot", "3.00", |input| {
            input.server_selection = true;
            input.commands[0].target = "customerChoice".to_owned();
        })
        .await
        .to_string();
    let mut browser = place.browser();
    browser
        .get("/s/demo/package/plot")
        .await
        .shows("the server you choose");
    for server in ["", "x", "01900000-0000-7000-8000-000000000001"] {
        let page = browser
            .post(
                ADD,
                &[("package", &package), ("quantity", "1"), ("server", server)],
            )
            .await;
        page.is(StatusCode::BAD_REQUEST)
            .shows("Choose the server this is for.");
    }
    let server = place.survival.to_string();
    let form = [
        ("package", package.as_str()),
        ("quantity", "1"),
        ("server", &server),
    ];
    browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    browser.get("/s/demo/basket").await.shows("On Survival");
}

#[tokio::test]
async fn buying_at_once_asks_for_whom_and_forgets_nothing() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await.to_string();
    let mut browser = place.browser();
    browser.get("/s/demo/package/coins").await;
    let form = [
        ("package", package.as_str()),
        ("quantity", "2"),
        ("then", "checkout"),
    ];
    let page = browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    assert_eq!(page.location(), "/s/demo/player?next=%2Fs%2Fdemo%2Fbuy");
    browser.get(page.location()).await.shows("Next: checkout");
    let wrong = [
        ("username", "!"),
        ("edition", "java"),
        ("next", "/s/demo/buy"),
    ];
    browser
        .post("/s/demo/player", &wrong)
        .await
        .is(StatusCode::BAD_REQUEST)
        .shows("value=\"/s/demo/buy\"");
    let right = [
        ("username", "Steve"),
        ("edition", "java"),
        ("next", "/s/demo/buy"),
    ];
    let page = browser
        .post("/s/demo/player", &right)
        .await
        .is(StatusCode::SEE_OTHER);
    let session = place.session(page.location()).await;
    assert_eq!(
        (session.items[0].quantity, session.amounts.due.minor()),
        (2, 998)
    );
    browser
        .get(page.location())
        .await
        .is(StatusCode::OK)
        .shows("9.98");
    // The next time they are known.
    let page = browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    assert!(page.location().starts_with("/checkout/cs_"));
}

#[tokio::test]
async fn a_basket_that_cannot_be_bought_says_why() {
    let place = Place::open().await;
    let package = place
        .package_with("Relic", "4.99", |input| {
            input.per_user_limit = "1".to_owned()
        })
        .await;
    let mut browser = place.browser();
    browser.get("/s/demo/package/relic").await;
    let form = [("package", &*package.to_string()), ("quantity", "3")];
    browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let page = browser
        .post("/s/demo/basket/checkout", &[])
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(
        page.location(),
        "/s/demo/player?next=%2Fs%2Fdemo%2Fbasket%2Fcheckout"
    );
    let form = [
        ("username", "Steve"),
        ("edition", "java"),
        ("next", "/s/demo/basket/checkout"),
    ];
    let page = browser
        .post("/s/demo/player", &form)
        .await
        .is(StatusCode::BAD_REQUEST);
    page.shows("is limited to 1 per player");
    let line = line_of(&page.body);
    browser
        .post(
            "/s/demo/basket/update",
            &[("line", &line), ("quantity", "1")],
        )
        .await
        .is(StatusCode::SEE_OTHER);
    let page = browser
        .post("/s/demo/basket/checkout", &[])
        .await
        .is(StatusCode::SEE_OTHER);
    assert!(page.location().starts_with("/checkout/cs_"));
}

fn line_of(body: &str) -> String {
    let (_, rest) = body.split_once("name=\"line\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}
