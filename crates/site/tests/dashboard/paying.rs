//! What the API can sell, as the dashboard shows it.

use axum::http::StatusCode;
use tradepost_app::{coupons, packages};
use tradepost_model::coupons::CouponDraft;
use tradepost_model::fields::Given;
use tradepost_model::ids::PackageId;
use tradepost_model::packages::{BillingDraft, InputDraft, PackageDraft, PackageKind, TierDraft};
use tradepost_model::players::{Game, Username};

use crate::shop::{Shop, bought, buy, session};

fn text(value: &str) -> Given<String> {
    Given::Value(value.to_owned())
}

/// A package as the API makes one.
async fn made(shop: &Shop, draft: PackageDraft) -> PackageId {
    let (app, actor) = (shop.app.clone(), shop.actor());
    let made = shop.app.write(async move |tx| {
        let (package, _) = packages::create(&app, tx, &actor, draft.clone()).await?;
        Ok(package.id)
    });
    made.await.unwrap()
}

fn title() -> InputDraft {
    InputDraft {
        name: "title".to_owned(),
        label: "Your title".to_owned(),
        kind: "text".to_owned(),
        required: true,
        pattern: None,
        choices: Vec::new(),
        min: None,
        max: None,
    }
}

#[tokio::test]
async fn an_order_tells_of_its_coupon_its_answers_and_who_gave_it() {
    let shop = Shop::open().await;
    let package = made(
        &shop,
        PackageDraft {
            name: text("Title"),
            price: text("10.00"),
            inputs: Given::Value(vec![title()]),
            ..PackageDraft::default()
        },
    )
    .await;
    let (app, actor) = (shop.app.clone(), shop.actor());
    let coupon = CouponDraft {
        code: text("LAUNCH20"),
        discount_type: text("percentage"),
        discount_value: text("20"),
        applies_to: tradepost_model::applies_to::AppliesToDraft {
            application_scope: text("store"),
            ..Default::default()
        },
        ..CouponDraft::default()
    };
    let coupon = shop
        .app
        .write(async move |tx| coupons::create(&app, tx, &actor, coupon.clone()).await);
    coupon.await.unwrap();
    let mut paying = session(package, "BlockyQueen");
    paying.gift = Some(Username::parse("Steve", Game::Minecraft).unwrap());
    paying.coupon_code = Some("launch20".to_owned());
    paying.lines[0].inputs = [("title".to_owned(), "Keeper".to_owned())].into();
    let (order, _) = buy(&shop, paying).await;
    let mut browser = shop.browser_of("robin").await;
    let page = browser
        .get(&format!("/dashboard/demo/orders/{order}"))
        .await
        .is(StatusCode::OK);
    for text in [
        "<strong>Steve</strong>",
        "Gift from <strong>BlockyQueen</strong>",
        "2.00\u{a0}EUR less with LAUNCH20",
        "Coupon LAUNCH20",
        "-2.00\u{a0}EUR",
        "8.00\u{a0}EUR",
        "<dt>Your title:</dt><dd>Keeper</dd>",
    ] {
        page.shows(text);
    }
    let list = browser.get("/dashboard/demo/orders").await;
    list.shows("8.00\u{a0}EUR");
}

#[tokio::test]
async fn an_order_tells_of_its_subscription() {
    let shop = Shop::open().await;
    let package = made(
        &shop,
        PackageDraft {
            name: text("Club"),
            price: text("5.00"),
            kind: text("subscription"),
            subscription: Given::Value(BillingDraft {
                interval: "month".to_owned(),
                interval_count: None,
                trial_days: None,
            }),
            ..PackageDraft::default()
        },
    )
    .await;
    let (order, _) = bought(&shop, package, "Steve").await;
    let mut browser = shop.browser_of("robin").await;
    browser
        .get(&format!("/dashboard/demo/orders/{order}"))
        .await
        .shows("Subscription, every month: the next payment of 5.00\u{a0}EUR is due on");
}

#[tokio::test]
async fn the_editor_tells_what_it_does_not_show_and_keeps_it() {
    let shop = Shop::open().await;
    let tier = |min_quantity, unit_price: &str| TierDraft {
        min_quantity,
        unit_price: unit_price.to_owned(),
    };
    let tiers = vec![tier(2, "9.00"), tier(10, "8.00")];
    let with_tiers = PackageDraft {
        name: text("Coins"),
        price: text("10.00"),
        tiers: Given::Value(tiers),
        inputs: Given::Value(vec![title()]),
        ..PackageDraft::default()
    };
    let club = PackageDraft {
        name: text("Club"),
        price: text("5.00"),
        kind: text("subscription"),
        subscription: Given::Value(BillingDraft {
            interval: "month".to_owned(),
            interval_count: Some(3),
            trial_days: Some(7),
        }),
        ..PackageDraft::default()
    };
    let own = PackageDraft {
        name: text("Donation"),
        kind: text("custom"),
        ..PackageDraft::default()
    };
    let mut browser = shop.browser_of("robin").await;
    for (draft, told) in [
        (
            with_tiers,
            "2 quantity tiers and 1 question for the buyer. They are edited over the API",
        ),
        (
            club,
            "a payment every 3 months after 7 free days. That is edited",
        ),
        (own, "a price that the buyer chooses, from 0.00\u{a0}EUR"),
    ] {
        let id = made(&shop, draft).await;
        let (app, actor, store) = (&shop.app, shop.actor(), &shop.store);
        let (before, _) = packages::find(app, &actor, store, id).await.unwrap();
        let url = format!("/dashboard/demo/packages/{id}");
        let page = browser.get(&url).await.is(StatusCode::OK);
        page.shows(told);
        let timed = matches!(before.kind, PackageKind::OneTime);
        assert_eq!(page.body.contains("name=\"timed_days\""), timed);
        let price = before.price.decimal();
        let form = [
            ("action", "save"),
            ("name", "Renamed"),
            ("price", price.as_str()),
            ("active", "1"),
            ("commands", "0"),
        ];
        let saved = browser.post_parts(&url, &form, None).await;
        saved.is(StatusCode::SEE_OTHER);
        let (after, _) = packages::find(app, &actor, store, id).await.unwrap();
        assert_eq!(after.name, "Renamed");
        assert_eq!(
            (after.kind, after.tiers, after.inputs),
            (before.kind, before.tiers, before.inputs)
        );
    }
}
