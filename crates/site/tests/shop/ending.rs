use axum::http::{StatusCode, header};
use jiff::SignedDuration;

use crate::place::Place;

#[tokio::test]
async fn from_the_shelf_to_the_receipt() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "2")]).await;
    let page = browser.get(&checkout).await.is(StatusCode::OK);
    page.shows("Pay 9.98");
    page.shows("Steve");
    let receipt = place.pay(&mut browser, &checkout, "approve").await;
    assert!(receipt.starts_with("/receipt/cs_"), "{receipt}");
    let page = browser.get(&receipt).await.is(StatusCode::OK);
    for text in [
        "Thank you, Steve",
        "#1",
        "Survival is offline right now",
        "20 November 2026, 18:04 UTC",
        "Test payment",
    ] {
        page.shows(text);
    }
    page.shows_not("secret-command");
    browser
        .get("/s/demo/basket")
        .await
        .shows("Your basket is empty");
    browser.get("/s/demo").await.shows("bought Coins");
    browser
        .get(&checkout)
        .await
        .is(StatusCode::OK)
        .shows("This order is paid already");
    browser
        .post(&checkout, &[("method", "test")])
        .await
        .is(StatusCode::OK)
        .shows("Show the receipt");
}

#[tokio::test]
async fn a_declined_payment_leaves_the_checkout_open() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    let back = place.pay(&mut browser, &checkout, "decline").await;
    assert_eq!(back, format!("{checkout}?declined=1"));
    browser
        .get(&back)
        .await
        .is(StatusCode::OK)
        .shows("Your payment was declined. Nothing was charged.");
    browser.get("/s/demo/basket").await.shows("Coins");
    let receipt = place.pay(&mut browser, &checkout, "approve").await;
    browser
        .get(&receipt)
        .await
        .is(StatusCode::OK)
        .shows("Thank you");
}

#[tokio::test]
async fn a_payment_is_decided_once() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    browser.get(&checkout).await;
    let first = browser
        .post(&checkout, &[("method", "test")])
        .await
        .is(StatusCode::SEE_OTHER);
    let again = browser
        .post(&checkout, &[("method", "test")])
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(first.location(), again.location());
    let gateway = first.location();
    browser.get(gateway).await.is(StatusCode::OK);
    browser
        .post(gateway, &[("decision", "maybe")])
        .await
        .is(StatusCode::BAD_REQUEST);
    let receipt = browser
        .post(gateway, &[("decision", "approve")])
        .await
        .is(StatusCode::SEE_OTHER);
    for decision in ["approve", "decline"] {
        let page = browser
            .post(gateway, &[("decision", decision)])
            .await
            .is(StatusCode::SEE_OTHER);
        assert_eq!(page.location(), receipt.location());
    }
    browser
        .get(gateway)
        .await
        .is(StatusCode::OK)
        .shows("This payment is approved");
    browser
        .get("/pay/test/unknown")
        .await
        .is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_with_the_form_stands_beside_its_field() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    browser.get(&checkout).await;
    let page = browser
        .post(&checkout, &[("method", "gold"), ("email", "steve@")])
        .await;
    let page = page.is(StatusCode::BAD_REQUEST);
    for text in [
        "Choose how to pay.",
        "This is not a complete e-mail address",
        "value=\"steve@\"",
    ] {
        page.shows(text);
    }
    browser
        .post_bare(&checkout, &[("method", "test")])
        .await
        .is(StatusCode::FORBIDDEN);
    let form = [("method", "test"), ("email", "steve@example.com")];
    browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(
        place.session(&checkout).await.email.as_deref(),
        Some("steve@example.com")
    );
}

#[tokio::test]
async fn what_costs_nothing_needs_no_gateway() {
    let place = Place::open().await;
    let package = place.package("Gift", "0").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    browser
        .get(&checkout)
        .await
        .is(StatusCode::OK)
        .shows("Get it for free");
    let page = browser.post(&checkout, &[]).await.is(StatusCode::SEE_OTHER);
    browser
        .get(page.location())
        .await
        .is(StatusCode::OK)
        .shows("Thank you, Steve");
    browser
        .get("/s/demo/basket")
        .await
        .shows("Your basket is empty");
}

#[tokio::test]
async fn checkouts_end_by_time_by_choice_and_by_not_existing() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    let back = browser
        .get(&format!("{checkout}/cancel"))
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(back.location(), "/s/demo/basket");
    browser
        .get(&checkout)
        .await
        .is(StatusCode::GONE)
        .shows("was cancelled");
    let page = browser
        .post("/s/demo/basket/checkout", &[])
        .await
        .is(StatusCode::SEE_OTHER);
    let checkout = page.location();
    place.clock.advance(SignedDuration::from_secs(3_600));
    browser
        .get(checkout)
        .await
        .is(StatusCode::GONE)
        .shows("has expired");
    browser
        .post(checkout, &[("method", "test")])
        .await
        .is(StatusCode::GONE);
    for unknown in [
        "/checkout/cs_aaaaaaaaaaaaaaaaaaaaaaaa",
        "/checkout/x",
        "/checkout/x/cancel",
    ] {
        browser
            .get(unknown)
            .await
            .is(StatusCode::NOT_FOUND)
            .shows("We do not know this checkout");
    }
}

#[tokio::test]
async fn a_session_of_another_site_returns_there() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await;
    let session = place.api_session(package).await;
    let mut browser = place.browser();
    let checkout = format!("/checkout/{}", session.id);
    let page = browser.get(&checkout).await.is(StatusCode::OK);
    page.shows("Back to guild.example");
    let policy = page.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("form-action 'self' https://guild.example;"),
        "{policy}"
    );
    let end = place.pay(&mut browser, &checkout, "approve").await;
    let order = place.session(&checkout).await.order.unwrap();
    assert_eq!(
        end,
        format!("https://guild.example/done?s={}&o={order}", session.id)
    );

    let session = place.api_session(package).await;
    let page = browser
        .get(&format!("/checkout/{}/cancel", session.id))
        .await;
    assert_eq!(
        page.is(StatusCode::SEE_OTHER).location(),
        "https://guild.example/back"
    );
}

#[tokio::test]
async fn what_sells_out_while_somebody_pays_is_paid_back() {
    let place = Place::open().await;
    let package = place
        .package_with("Relic", "49.00", |input| {
            input.global_limit = "1".to_owned()
        })
        .await;
    let (mut slow, mut quick) = (place.steve().await, place.steve().await);
    let of_slow = place.check_out(&mut slow, &[(package, "1")]).await;
    slow.get(&of_slow).await;
    let page = slow
        .post(&of_slow, &[("method", "test")])
        .await
        .is(StatusCode::SEE_OTHER);
    let gateway = page.location();
    slow.get(gateway).await;

    // The reservation runs out, and another one buys the last.
    place.clock.advance(SignedDuration::from_secs(31 * 60));
    tradepost_app::jobs::run_due(&place.app).await.unwrap();
    let of_quick = place.check_out(&mut quick, &[(package, "1")]).await;
    let receipt = place.pay(&mut quick, &of_quick, "approve").await;
    quick.get(&receipt).await.shows("Thank you");
    quick.get("/s/demo/package/relic").await.shows("Sold out");

    let page = slow
        .post(gateway, &[("decision", "approve")])
        .await
        .is(StatusCode::SEE_OTHER);
    assert!(
        page.location().starts_with("/receipt/"),
        "{}",
        page.location()
    );
    let page = slow.get(page.location()).await.is(StatusCode::OK);
    page.shows("You got your money back");
    page.shows("is sold out.");
}
