//! What is sold in other ways than once at a fixed price, on the shelf and in the basket.

use axum::http::StatusCode;
use jiff::SignedDuration;
use tradepost_model::fields::Given;
use tradepost_model::packages::{LimitPeriodDraft, PackageDraft, TimedDraft};

use crate::place::Place;

const ADD: &str = "/s/demo/basket/add";

#[tokio::test]
async fn a_sale_shows_the_old_price_until_it_ends() {
    let place = Place::open().await;
    let package = place.package("VIP", "10.00").await;
    place.sale("25").await;
    let mut browser = place.browser();
    for page in ["/s/demo", "/s/demo/category/other", "/s/demo/package/vip"] {
        let page = browser.get(page).await.is(StatusCode::OK);
        page.shows("<s>10.00\u{a0}EUR</s>");
        page.shows("7.50\u{a0}EUR");
        page.shows("Autumn sale");
    }
    let form = [("package", &*package.to_string()), ("quantity", "2")];
    browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let basket = browser.get("/s/demo/basket").await;
    for text in [
        "<s>20.00\u{a0}EUR</s>",
        "15.00\u{a0}EUR",
        "You save 5.00\u{a0}EUR.",
    ] {
        basket.shows(text);
    }
    place.clock.advance(SignedDuration::from_hours(24));
    let page = browser.get("/s/demo/package/vip").await;
    page.shows_not("Autumn sale");
    page.shows_not("<s>");
    browser.get("/s/demo/basket").await.shows("20.00\u{a0}EUR");
}

#[tokio::test]
async fn tiers_stand_in_a_table_and_count_in_the_basket() {
    let place = Place::open().await;
    let coins = place.tiered().await.to_string();
    let mut browser = place.browser();
    let page = browser.get("/s/demo/package/coins").await;
    for text in [
        "1 to 9",
        "10 to 49",
        "50 or more",
        "0.80\u{a0}EUR",
        "Each costs",
    ] {
        page.shows(text);
    }
    browser.get("/s/demo").await.shows("Cheaper from 10");
    let form = [("package", coins.as_str()), ("quantity", "10")];
    browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let basket = browser.get("/s/demo/basket").await;
    basket.shows("From 10: 0.80 EUR each");
    basket.shows("8.00\u{a0}EUR");
}

#[tokio::test]
async fn what_a_package_asks_for_is_read_refused_and_kept() {
    let place = Place::open().await;
    let title = place.asking().await.to_string();
    let mut browser = place.steve().await;
    let page = browser.get("/s/demo/package/title").await;
    for text in [
        r#"<label for="input-title">Your title</label>"#,
        "Letters, digits and spaces only. At most 12 characters.",
        "A whole number from 1 to 30.",
        "Aqua",
        "optional",
    ] {
        page.shows(text);
    }
    let wrong = [
        ("", "Gold", "", "Fill this in, it is needed."),
        ("Much too long a title", "Gold", "", "at most 12 characters"),
        ("a;op Steve", "Gold", "", "Use plain text"),
        ("\"quoted\"", "Gold", "", "Use plain text"),
        ("a\nop Bob", "Gold", "", "Use plain text"),
        ("/op Steve", "Gold", "", "Use plain text"),
        ("{player}", "Gold", "", "Use plain text"),
        ("under_score", "Gold", "", "This does not fit."),
        ("King", "", "", "Choose one of these."),
        ("King", "Pink", "", "Choose one of these."),
        ("King", "Gold", "31", "Enter a number."),
        ("King", "Gold", "1e1", "Enter a number."),
    ];
    for (title_typed, colour, level, told) in wrong {
        for then in ["basket", "checkout"] {
            let form = [
                ("package", title.as_str()),
                ("quantity", "1"),
                ("input.title", title_typed),
                ("input.colour", colour),
                ("input.level", level),
                ("then", then),
            ];
            let page = browser.post(ADD, &form).await.is(StatusCode::BAD_REQUEST);
            page.shows(told);
            page.shows("-error");
        }
    }
    let form = [
        ("package", title.as_str()),
        ("quantity", "1"),
        ("input.title", "<script>alert(1)</script>"),
        ("input.colour", "Aqua"),
    ];
    let page = browser.post(ADD, &form).await.is(StatusCode::BAD_REQUEST);
    page.shows("&#60;script&#62;");
    page.shows_not("<script>alert");
    page.shows(r#"value="Aqua" required checked"#);
    let form = [
        ("package", title.as_str()),
        ("quantity", "1"),
        ("input.title", " King "),
        ("input.colour", "Gold"),
        ("input.nobody", "asked"),
        ("then", "checkout"),
    ];
    let page = browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let session = place.session(page.location()).await;
    let entered: Vec<_> = session.items[0].inputs.iter().collect();
    assert_eq!(
        entered,
        [
            (&"colour".to_owned(), &"Gold".to_owned()),
            (&"title".to_owned(), &"King".to_owned())
        ]
    );
    browser
        .get(page.location())
        .await
        .shows("Your title: <span class=\"answer\">King");
    // In the basket, each wish is a line of its own.
    for word in ["King", "Queen"] {
        let form = [
            ("package", title.as_str()),
            ("quantity", "1"),
            ("input.title", word),
            ("input.colour", "Gold"),
        ];
        browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    }
    let basket = browser.get("/s/demo/basket").await;
    basket.shows(">King<");
    basket.shows(">Queen<");
    basket.shows("6.00\u{a0}EUR");
}

#[tokio::test]
async fn a_price_of_ones_own_has_bounds() {
    let place = Place::open().await;
    let donation = place.donation().await.to_string();
    let mut browser = place.steve().await;
    browser.get("/s/demo").await.shows("From 1.00\u{a0}EUR");
    let page = browser.get("/s/demo/package/donation").await;
    page.shows("From 1.00 EUR to 500.00 EUR.");
    page.shows(r#"value="5.00""#);
    for (price, told) in [
        ("0.99", "It costs at least 1.00 EUR."),
        ("-1", "Enter an amount"),
        ("500.01", "At most 500.00 EUR can be paid."),
        ("", "Enter what you want to pay."),
        ("5.555", "fewer decimals"),
        ("<b>", "Enter an amount"),
    ] {
        let form = [
            ("package", donation.as_str()),
            ("quantity", "1"),
            ("price", price),
        ];
        let page = browser.post(ADD, &form).await.is(StatusCode::BAD_REQUEST);
        page.shows(told);
        page.shows("price-error");
    }
    let form = [
        ("package", donation.as_str()),
        ("quantity", "1"),
        ("price", "7,5"),
        ("then", "checkout"),
    ];
    let page = browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let page = browser.get(page.location()).await;
    page.shows("Pay 7.50\u{a0}EUR");
    page.shows("Your price 7.50 EUR");
}

#[tokio::test]
async fn a_subscription_says_what_is_paid_and_when_and_is_bought_alone() {
    let place = Place::open().await;
    let (club, vip) = (
        place.club(None).await.to_string(),
        place.package("VIP", "5.00").await,
    );
    let mut browser = place.steve().await;
    browser.get("/s/demo").await.shows("every month");
    browser
        .get("/s/demo/package/club")
        .await
        .shows("every month");
    let form = [("package", &*vip.to_string()), ("quantity", "1")];
    browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let form = [("package", club.as_str()), ("quantity", "1")];
    let page = browser.post(ADD, &form).await.is(StatusCode::BAD_REQUEST);
    page.shows("A subscription is bought on its own.");
    let form = [
        ("package", club.as_str()),
        ("quantity", "1"),
        ("then", "checkout"),
    ];
    let page = browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let page = browser.get(page.location()).await;
    page.shows(">Pay 9.99\u{a0}EUR every month</button>");
    page.shows("The next payment is on 20 Dec 2026.");
}

#[tokio::test]
async fn a_trial_is_free_first_and_only_once() {
    let place = Place::open().await;
    let club = place.club(Some(7)).await.to_string();
    let mut browser = place.steve().await;
    let page = browser.get("/s/demo/package/club").await;
    page.shows("7 days free");
    page.shows("then 9.99\u{a0}EUR every month");
    let form = [
        ("package", club.as_str()),
        ("quantity", "1"),
        ("then", "checkout"),
    ];
    let page = browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let checkout = page.location().to_owned();
    let page = browser.get(&checkout).await;
    page.shows(">Start free trial</button>");
    page.shows("From 27 Nov 2026 on it is 9.99\u{a0}EUR every month");
    place.pay(&mut browser, &checkout, "approve").await;
    let page = browser.get("/s/demo/package/club").await;
    page.shows_not("then 9.99");
    page.shows("9.99\u{a0}EUR");
}

#[tokio::test]
async fn limits_and_requirements_are_told_and_what_is_not_visible_is_not_there() {
    let place = Place::open().await;
    let vip = place.package("VIP", "5.00").await;
    let now = place.app.now();
    let wings = PackageDraft {
        timed: Given::Value(TimedDraft {
            days: Some(3),
            hours: None,
        }),
        per_user_limit: Given::Value(2),
        global_limit: Given::Value(9),
        limit_period: Given::Value(LimitPeriodDraft {
            every: 1,
            unit: "week".to_owned(),
        }),
        required_package_ids: Given::Value(vec![vip.to_string()]),
        visible_from: Given::Value(now),
        visible_until: Given::Value(now + SignedDuration::from_hours(2)),
        ..PackageDraft::default()
    };
    let wings = place.sell("Wings", "2.00", wings).await;
    let mut browser = place.steve().await;
    let page = browser
        .get("/s/demo/package/wings")
        .await
        .is(StatusCode::OK);
    for text in [
        "2 per player every week",
        "9 left this week",
        "For players who have VIP",
        "For 3 days",
    ] {
        page.shows(text);
    }
    let form = [("package", &*wings.to_string()), ("quantity", "1")];
    browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let basket = browser.get("/s/demo/basket").await;
    basket.shows("This is for players who have &#39;VIP&#39;: buy that first, or with it.");
    let form = [("package", &*vip.to_string()), ("quantity", "1")];
    browser.post(ADD, &form).await.is(StatusCode::SEE_OTHER);
    let basket = browser.get("/s/demo/basket").await;
    basket.shows("For players who have VIP");
    basket.shows_not("buy that first");
    place.clock.advance(SignedDuration::from_hours(2));
    browser
        .get("/s/demo/package/wings")
        .await
        .is(StatusCode::NOT_FOUND);
    browser.get("/s/demo/basket").await.shows("no longer sold");
}
