//! Coupons, gift cards and gifts at the checkout.

use axum::http::StatusCode;
use jiff::SignedDuration;
use tradepost_model::fields::Given;

use crate::place::Place;

/// A checkout of one thing that costs 10.00, for Steve.
async fn ready(place: &Place) -> (crate::browser::Browser, String) {
    let package = place.package("VIP", "10.00").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    browser.get(&checkout).await.is(StatusCode::OK);
    (browser, checkout)
}

#[tokio::test]
async fn a_coupon_lowers_the_price_and_can_be_taken_off() {
    let place = Place::open().await;
    place.coupon("WELCOME10", "10", |_| {}).await;
    let (mut browser, checkout) = ready(&place).await;
    let page = browser.get(&checkout).await;
    for text in [
        "Add a code",
        r#"<label for="couponCode">Coupon code</label>"#,
        r#"<label for="giftCardCode">Gift card code</label>"#,
    ] {
        page.shows(text);
    }
    let form = [
        ("do", "coupon"),
        ("couponCode", " welcome10 "),
        ("email", "steve@example.com"),
        ("method", "test"),
    ];
    let page = browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::SEE_OTHER);
    let page = browser.get(page.location()).await.is(StatusCode::OK);
    for text in [
        "Your code is applied.",
        "Coupon WELCOME10",
        "-1.00 EUR",
        "Coupon WELCOME10: -1.00 EUR",
        "Pay 9.00\u{a0}EUR",
        "steve@example.com",
        "Add another code",
    ] {
        page.shows(text);
    }
    page.shows_not("id=\"couponCode\"");
    let form = [("do", "remove-coupon"), ("method", "test")];
    let page = browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::SEE_OTHER);
    let page = browser.get(page.location()).await;
    page.shows("The code is taken off.");
    page.shows("Pay 10.00\u{a0}EUR");
}

#[tokio::test]
async fn a_code_that_was_typed_is_applied_before_anything_is_paid() {
    let place = Place::open().await;
    place.coupon("HALF", "50", |_| {}).await;
    let (mut browser, checkout) = ready(&place).await;
    let form = [("couponCode", "HALF"), ("method", "test")];
    let page = browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::SEE_OTHER);
    assert!(
        page.location().starts_with(&checkout),
        "{}",
        page.location()
    );
    let page = browser.get(page.location()).await;
    page.shows("Look at the new price, then pay.");
    page.shows("Pay 5.00\u{a0}EUR");
    let receipt = place.pay(&mut browser, &checkout, "approve").await;
    let page = browser.get(&receipt).await;
    page.shows("Coupon HALF");
    page.shows("-5.00 EUR");
    page.shows("<dd>5.00\u{a0}EUR</dd>");
}

#[tokio::test]
async fn a_coupon_that_cannot_be_used_is_refused_beside_its_field() {
    let place = Place::open().await;
    place
        .coupon("RICH", "10", |draft| {
            draft.minimum_purchase = crate::goods::text("50.00");
        })
        .await;
    place
        .coupon("OFF", "10", |draft| draft.is_active = Given::Value(false))
        .await;
    let (mut browser, checkout) = ready(&place).await;
    for (code, told) in [
        ("NOBODY", "We do not know this coupon."),
        ("OFF", "We do not know this coupon."),
        ("<script>alert(1)</script>", "We do not know this coupon."),
        ("RICH", "This coupon is for a larger purchase"),
        ("", "Enter the code first."),
    ] {
        let form = [
            ("do", "coupon"),
            ("couponCode", code),
            ("email", "steve@example.com"),
        ];
        let page = browser
            .post(&checkout, &form)
            .await
            .is(StatusCode::BAD_REQUEST);
        page.shows(told);
        page.shows("couponCode-error");
        page.shows("steve@example.com");
        page.shows("<details class=\"reveal\" open>");
        page.shows("Pay 10.00\u{a0}EUR");
        page.shows_not("<script>alert");
        page.shows_not("Choose how to pay.");
    }
}

#[tokio::test]
async fn nobody_finds_a_code_by_trying() {
    let place = Place::open().await;
    let (mut browser, checkout) = ready(&place).await;
    for number in 0..10 {
        let code = format!("TRY{number}");
        let form = [("do", "coupon"), ("couponCode", code.as_str())];
        browser
            .post(&checkout, &form)
            .await
            .is(StatusCode::BAD_REQUEST);
    }
    let form = [("do", "gift-card"), ("giftCardCode", "AAAA-AAAA")];
    let page = browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::BAD_REQUEST);
    page.shows("That were many tries.");
}

#[tokio::test]
async fn a_gift_card_pays_all_of_it() {
    let place = Place::open().await;
    let code = place.gift_card("25.00").await;
    let (mut browser, checkout) = ready(&place).await;
    let form = [("do", "gift-card"), ("giftCardCode", "WRONG")];
    let page = browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::BAD_REQUEST);
    page.shows("We do not know this gift card.");
    let form = [("do", "gift-card"), ("giftCardCode", code.as_str())];
    let page = browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::SEE_OTHER);
    let page = browser.get(page.location()).await;
    page.shows(">Pay with your gift card</button>");
    page.shows("-10.00 EUR");
    page.shows_not("name=\"method\"");
    page.shows_not(&code);
    let page = browser.post(&checkout, &[]).await.is(StatusCode::SEE_OTHER);
    let receipt = browser.get(page.location()).await.is(StatusCode::OK);
    receipt.shows("Thank you, Steve");
    receipt.shows("<dt>Gift card</dt><dd>-10.00 EUR</dd>");
    receipt.shows("<span>Gift card</span>");
}

#[tokio::test]
async fn a_price_that_changed_is_told_and_shown() {
    let place = Place::open().await;
    place
        .coupon("TODAY", "10", |draft| {
            draft.valid_until = Given::Value("2026-11-20T18:30:00Z".parse().unwrap());
        })
        .await;
    let (mut browser, checkout) = ready(&place).await;
    let form = [("do", "coupon"), ("couponCode", "TODAY")];
    browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::SEE_OTHER);
    browser.get(&checkout).await.shows("Pay 9.00\u{a0}EUR");
    place.clock.advance(SignedDuration::from_mins(30));
    let form = [("method", "test"), ("email", "steve@example.com")];
    let page = browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::BAD_REQUEST);
    page.shows("The coupon cannot be used any more: expired. It is 10.00\u{a0}EUR now.");
    page.shows("Pay 10.00\u{a0}EUR");
    page.shows("steve@example.com");
    page.shows_not("Coupon TODAY");
    browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_price_is_final_while_a_payment_is_under_way() {
    let place = Place::open().await;
    place.coupon("LATE", "10", |_| {}).await;
    let (mut browser, checkout) = ready(&place).await;
    let form = [("method", "test")];
    browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::SEE_OTHER);
    let form = [("do", "coupon"), ("couponCode", "LATE")];
    let page = browser
        .post(&checkout, &form)
        .await
        .is(StatusCode::BAD_REQUEST);
    page.shows("The payment has been started, so the price is final.");
}

#[tokio::test]
async fn a_gift_says_for_whom_and_from_whom() {
    let place = Place::open().await;
    let package = place.package("VIP", "10.00").await.to_string();
    let mut browser = place.steve().await;
    let form = [("package", package.as_str()), ("quantity", "1")];
    browser
        .post("/s/demo/basket/add", &form)
        .await
        .is(StatusCode::SEE_OTHER);
    browser.get("/s/demo/basket").await.shows("It is a gift");
    let go = "/s/demo/basket/checkout";
    let page = browser
        .post(go, &[("gift", "no name!")])
        .await
        .is(StatusCode::BAD_REQUEST);
    page.shows("gift-error");
    page.shows("value=\"no name!\"");
    let page = browser
        .post(go, &[("gift", " Alex ")])
        .await
        .is(StatusCode::SEE_OTHER);
    let checkout = page.location().to_owned();
    let page = browser.get(&checkout).await;
    page.shows("For <strong>Alex</strong>, from <strong>Steve</strong>");
    let receipt = place.pay(&mut browser, &checkout, "approve").await;
    let page = browser.get(&receipt).await;
    page.shows("Thank you, Steve");
    page.shows("For <strong>Alex</strong>, from <strong>Steve</strong>");
}
