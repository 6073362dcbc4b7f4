//! Nobody finds a code by trying, on however many checkouts and from however many addresses.

use std::net::IpAddr;

use tradepost_app::Error;
use tradepost_app::checkout::{set_coupon, set_gift_card};
use tradepost_app::coupons;
use tradepost_model::coupons::CouponDraft;
use tradepost_model::fields::Given;
use tradepost_model::ids::PackageId;

use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    an_address_cannot_guess_on_many_checkouts,
    tries_that_come_at_once_are_no_way_around,
    good_codes_are_no_guesses,
    many_addresses_together_cannot_guess_for_long,
);

fn address(number: u8) -> Option<IpAddr> {
    Some(IpAddr::from([203, 0, 113, number]))
}

/// Guesses ten times, half of them a gift card; how many were looked at.
async fn guess(shop: &Shop, vip: PackageId, from: Option<IpAddr>) -> usize {
    let session = shop.session("Steve", vip).await.unwrap();
    let mut looked_at = 0;
    for number in 0..10 {
        let tried = match number % 2 {
            0 => set_coupon(&shop.app, &session.id, Some("GUESS"), from).await,
            _ => set_gift_card(&shop.app, &session.id, Some("GUESS"), from).await,
        };
        looked_at += usize::from(was_looked_at(tried));
    }
    looked_at
}

fn was_looked_at(tried: Result<(), Error>) -> bool {
    match tried {
        Err(Error::Invalid(_)) => true,
        Err(Error::TooMany { .. }) => false,
        other => panic!("{other:?}"),
    }
}

async fn coupon(shop: &Shop) {
    let value = |text: &str| Given::Value(text.to_owned());
    let draft = CouponDraft {
        code: value("TEN"),
        discount_type: value("percentage"),
        discount_value: value("10"),
        ..CouponDraft::default()
    };
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| coupons::create(&app, tx, &actor, draft.clone()).await)
        .await
        .unwrap();
}

async fn an_address_cannot_guess_on_many_checkouts(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let mut looked_at = Vec::new();
    for _ in 0..5 {
        looked_at.push(guess(&shop, vip, address(1)).await);
    }
    assert_eq!(looked_at, [10, 10, 10, 0, 0]);
    // Others are not kept out, nor is anybody for long.
    assert_eq!(guess(&shop, vip, address(2)).await, 10);
    shop.wait(60).await;
    assert_eq!(guess(&shop, vip, address(1)).await, 10);
}

async fn tries_that_come_at_once_are_no_way_around(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let mut tasks = Vec::new();
    for _ in 0..12 {
        let session = shop.session("Steve", vip).await.unwrap();
        for _ in 0..5 {
            let (app, id) = (shop.app.clone(), session.id.clone());
            tasks.push(shop.app.tasks.spawn(async move {
                was_looked_at(set_coupon(&app, &id, Some("GUESS"), address(1)).await)
            }));
        }
    }
    let mut looked_at = 0;
    for task in tasks {
        looked_at += usize::from(task.await.unwrap());
    }
    assert_eq!(looked_at, 30);
}

async fn good_codes_are_no_guesses(shop: Shop) {
    coupon(&shop).await;
    let vip = shop.package("VIP", "10.00").await;
    for _ in 0..40 {
        let session = shop.session("Steve", vip).await.unwrap();
        set_coupon(&shop.app, &session.id, Some("TEN"), address(1))
            .await
            .unwrap();
        set_coupon(&shop.app, &session.id, None, address(1))
            .await
            .unwrap();
    }
    assert_eq!(guess(&shop, vip, address(1)).await, 10);
}

async fn many_addresses_together_cannot_guess_for_long(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let mut looked_at = 0;
    for number in 0..62 {
        looked_at += guess(&shop, vip, address(number)).await;
    }
    assert_eq!(looked_at, 600);
    shop.wait(60).await;
    assert_eq!(guess(&shop, vip, address(61)).await, 10);
}
