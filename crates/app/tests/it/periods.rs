//! Limits that begin anew with each period. The clock stands on Friday the 20th of November, 10:00.

use tradepost_app::orders::{self, Details, Settled};
use tradepost_app::payments::{self, Decision};
use tradepost_app::{Error, Expect, packages};
use tradepost_db::Tx;
use tradepost_model::fields::Given;
use tradepost_model::ids::PackageId;
use tradepost_model::packages::{LimitPeriodDraft, PackageDraft};

use crate::shop::{Shop, code, on_both_engines};

on_both_engines! {
    stock_begins_anew_with_the_day,
    a_players_limit_begins_anew_with_the_week,
    a_cumulative_limit_never_begins_anew,
    a_refund_in_a_later_period_frees_nothing_of_it,
    what_was_held_over_midnight_counts_where_it_was_held,
    what_is_let_go_after_midnight_frees_nothing_of_the_new_day,
    buyers_at_once_stay_within_a_periods_limit,
    another_period_begins_at_nothing,
}

const DAY: i64 = 86_400;

async fn limited(
    shop: &Shop,
    (global, per_user): (Option<i64>, Option<i64>),
    unit: &str,
    is_cumulative: bool,
) -> PackageId {
    let id = shop.package("Daily", "5.00").await;
    let limit = |limit: Option<i64>| limit.map_or(Given::Null, Given::Value);
    let draft = PackageDraft {
        global_limit: limit(global),
        per_user_limit: limit(per_user),
        is_cumulative: Given::Value(is_cumulative),
        limit_period: every(unit),
        ..PackageDraft::default()
    };
    change(shop, id, draft).await;
    id
}

fn every(unit: &str) -> Given<LimitPeriodDraft> {
    Given::Value(LimitPeriodDraft {
        every: 1,
        unit: unit.to_owned(),
    })
}

async fn change(shop: &Shop, id: PackageId, draft: PackageDraft) {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx: &mut Tx| {
            packages::update(&app, tx, &actor, id, draft.clone(), &Expect::Any).await
        })
        .await
        .unwrap();
}

async fn stock(shop: &Shop, id: PackageId) -> Option<i64> {
    let (package, _) = packages::find(&shop.app, &shop.actor, &shop.store, id)
        .await
        .unwrap();
    package.stock(shop.app.now())
}

async fn refund(shop: &Shop, bought: &Details) {
    orders::refund_order(&shop.app, &shop.actor, bought.order.id, None)
        .await
        .unwrap();
}

async fn stock_begins_anew_with_the_day(shop: Shop) {
    let id = limited(&shop, (Some(1), None), "day", false).await;
    shop.buys("Steve", id).await;
    assert_eq!(stock(&shop, id).await, Some(0));
    assert!(shop.session("Alex", id).await.is_err());
    shop.wait(14 * 3600 - 1).await;
    assert!(shop.session("Alex", id).await.is_err());
    shop.wait(1).await;
    assert_eq!(stock(&shop, id).await, Some(1));
    shop.buys("Alex", id).await;
    assert!(shop.session("Bob", id).await.is_err());
}

async fn a_players_limit_begins_anew_with_the_week(shop: Shop) {
    let id = limited(&shop, (None, Some(1)), "week", false).await;
    shop.buys("Steve", id).await;
    assert!(shop.session("Steve", id).await.is_err());
    // Sunday belongs to the week, Monday to the next.
    shop.wait(2 * DAY).await;
    assert!(shop.session("Steve", id).await.is_err());
    shop.wait(DAY).await;
    shop.buys("Steve", id).await;
    assert!(shop.session("Steve", id).await.is_err());
}

async fn a_cumulative_limit_never_begins_anew(shop: Shop) {
    let id = limited(&shop, (Some(1), Some(1)), "day", true).await;
    shop.buys("Steve", id).await;
    shop.wait(DAY).await;
    assert!(shop.session("Steve", id).await.is_err());
    shop.buys("Alex", id).await;
    shop.wait(DAY).await;
    let bob = shop.session("Bob", id).await.unwrap();
    shop.start(&bob).await.unwrap();
}

async fn a_refund_in_a_later_period_frees_nothing_of_it(shop: Shop) {
    let id = limited(&shop, (Some(1), Some(1)), "day", false).await;
    let first = shop.buys("Steve", id).await;
    shop.wait(DAY).await;
    let second = shop.buys("Steve", id).await;
    refund(&shop, &first).await;
    assert_eq!(stock(&shop, id).await, Some(0));
    assert!(shop.session("Alex", id).await.is_err());
    refund(&shop, &second).await;
    assert_eq!(stock(&shop, id).await, Some(1));
    shop.buys("Steve", id).await;
    assert_eq!(stock(&shop, id).await, Some(0));
    // Of all time one is sold: what was refunded is not.
    let always = PackageDraft {
        limit_period: Given::Null,
        global_limit: Given::Value(3),
        ..PackageDraft::default()
    };
    change(&shop, id, always).await;
    assert_eq!(stock(&shop, id).await, Some(2));
}

async fn what_was_held_over_midnight_counts_where_it_was_held(shop: Shop) {
    let id = limited(&shop, (Some(1), Some(1)), "day", false).await;
    shop.wait(14 * 3600 - 60).await;
    let session = shop.session("Steve", id).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    shop.wait(120).await;
    assert_eq!(stock(&shop, id).await, Some(1));
    let told = shop.told(&reference, Decision::Approve).await;
    let settled = payments::settle_now(&shop.app, &told).await.unwrap();
    assert_eq!(settled, Settled::Paid);
    assert_eq!(stock(&shop, id).await, Some(1));
    shop.buys("Steve", id).await;
    assert_eq!(stock(&shop, id).await, Some(0));
}

async fn what_is_let_go_after_midnight_frees_nothing_of_the_new_day(shop: Shop) {
    let id = limited(&shop, (Some(1), Some(1)), "day", false).await;
    shop.wait(14 * 3600 - 60).await;
    let session = shop.session("Steve", id).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    shop.wait(120).await;
    shop.buys("Alex", id).await;
    shop.wait(31 * 60).await;
    assert_eq!(stock(&shop, id).await, Some(0));
    // The payment that comes late is for the day on which it comes, and there is nothing left of it.
    let told = shop.told(&reference, Decision::Approve).await;
    let settled = payments::settle_now(&shop.app, &told).await.unwrap();
    assert_eq!(settled, Settled::Refunding);
    shop.wait(DAY).await;
    assert_eq!(stock(&shop, id).await, Some(1));
    shop.buys("Steve", id).await;
}

async fn buyers_at_once_stay_within_a_periods_limit(shop: Shop) {
    let id = limited(&shop, (Some(3), None), "month", false).await;
    for _ in 0..2 {
        let mut tasks = Vec::new();
        for number in 0..20 {
            let session = shop.session(&format!("Buyer_{number}"), id).await.unwrap();
            let app = shop.app.clone();
            tasks.push((app, session));
        }
        let tasks: Vec<_> = tasks
            .into_iter()
            .map(|(app, session)| {
                shop.app.tasks.spawn(async move {
                    orders::start_payment(
                        &app,
                        &session.id,
                        tradepost_app::orders::Paying::by("test"),
                    )
                    .await
                })
            })
            .collect();
        let mut started = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => started += 1,
                Err(Error::Refused { code, .. }) => assert_eq!(code, "sold_out"),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(started, 3);
        assert_eq!(stock(&shop, id).await, Some(0));
        shop.clock
            .advance(jiff::SignedDuration::from_hours(24 * 31));
    }
}

async fn another_period_begins_at_nothing(shop: Shop) {
    let id = limited(&shop, (Some(1), Some(1)), "month", false).await;
    let bought = shop.buys("Steve", id).await;
    let daily = PackageDraft {
        limit_period: every("day"),
        ..PackageDraft::default()
    };
    change(&shop, id, daily).await;
    shop.buys("Steve", id).await;
    assert!(shop.session("Steve", id).await.is_err());
    refund(&shop, &bought).await;
    assert_eq!(stock(&shop, id).await, Some(0));
    let for_ever = PackageDraft {
        limit_period: Given::Null,
        ..PackageDraft::default()
    };
    change(&shop, id, for_ever).await;
    let session = shop.session("Alex", id).await;
    assert_eq!(code(session), "invalid");
}
