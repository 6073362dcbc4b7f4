//! Two at once, on one database: one of them happens, or both in some order.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tradepost_app::orders::refund_order;
use tradepost_app::payments::{self, Decision};
use tradepost_app::{jobs, subscriptions};
use tradepost_model::commands::CommandType;
use tradepost_model::events::Event;
use tradepost_model::orders::OrderStatus;
use tradepost_model::subscriptions::{Subscription, SubscriptionStatus};

use super::{
    DAY, MONTHLY, all_orders, cancel, commands, declines, events, live_lines, of, package, resume,
    until,
};
use crate::shop::{Shop, on_both_engines};

on_both_engines! {
    two_nodes_renew_once,
    a_renewal_that_is_told_fifty_times_happens_once,
    cancelling_while_it_renews_is_one_or_the_other,
    resuming_while_it_ends_is_one_or_the_other,
    a_refund_while_it_renews_leaves_no_more_than_was_paid,
    who_waits_for_a_player_keeps_nobody_from_telling,
}

/// Moves the clock to the end of the first period and lets nothing happen yet.
fn to_the_end_of_the_period(shop: &Shop) {
    let end: tradepost_model::Timestamp = "2026-12-20T10:00:00Z".parse().unwrap();
    shop.clock.advance(end.duration_since(shop.app.now()));
}

async fn paid(shop: &Shop) -> usize {
    let all = all_orders(shop).await;
    all.iter()
        .filter(|it| it.order.status == OrderStatus::Paid)
        .count()
}

async fn two_nodes_renew_once(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let it = of(&shop, &bought).await;
    let other = shop.another_node("other-node").await;
    to_the_end_of_the_period(&shop);
    let (one, two) = tokio::join!(jobs::run_due(&shop.app), jobs::run_due(&other));
    one.unwrap();
    two.unwrap();
    assert_eq!(of(&shop, &bought).await.renewal_count, 1);
    assert_eq!(
        (
            paid(&shop).await,
            commands(&shop, CommandType::Renewal).await
        ),
        (2, 1)
    );
    subscriptions::renew_now(&other, shop.store.id, it.id)
        .await
        .unwrap();
    assert_eq!(of(&shop, &bought).await.renewal_count, 2);
    assert_eq!(live_lines(&shop).await, 1);
}

async fn a_renewal_that_is_told_fifty_times_happens_once(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    let reference = all_orders(&shop).await[1].payments[0]
        .payment
        .reference
        .clone();
    let (signature, body) = shop.notification(&reference, Decision::Approve).await;
    let tell = || async {
        let received = payments::receive(&shop.app, "test", &signature, &body)
            .await
            .unwrap();
        payments::settle_now(&shop.app, &received).await.unwrap();
    };
    join_all((0..50).map(|_| tell())).await;
    assert_eq!(of(&shop, &bought).await.renewal_count, 1);
    assert_eq!(
        (
            paid(&shop).await,
            commands(&shop, CommandType::Renewal).await
        ),
        (2, 1)
    );
}

async fn cancelling_while_it_renews_is_one_or_the_other(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let mut bought = Vec::new();
    for player in ["Steve", "Alex", "Herobrine", "Notch", "Jeb"] {
        bought.push(shop.buys(player, vip).await);
    }
    to_the_end_of_the_period(&shop);
    let mut cancels = Vec::new();
    for it in &bought {
        cancels.push(of(&shop, it).await);
    }
    let cancels = join_all(cancels.iter().map(|it| cancel(&shop, it)));
    let (cancelled, ran) = tokio::join!(cancels, jobs::run_due(&shop.app));
    ran.unwrap();
    jobs::run_due(&shop.app).await.unwrap();
    for (it, cancelled) in bought.iter().zip(cancelled) {
        let now = of(&shop, it).await;
        match now.status {
            // It was cancelled first, and ended with its period.
            SubscriptionStatus::Expired => assert_eq!(now.renewal_count, 0),
            // It was renewed first, or while it was cancelled, and ends with the next period.
            SubscriptionStatus::Cancelled => assert_eq!(now.renewal_count, 1),
            other => panic!("{other:?}"),
        }
        assert!(cancelled.is_ok());
    }
    assert_eq!(
        commands(&shop, CommandType::Renewal).await,
        events(&shop, "subscription.renewed").await.len()
    );
    assert_eq!(
        commands(&shop, CommandType::Expiry).await,
        events(&shop, "subscription.ended").await.len()
    );
}

async fn resuming_while_it_ends_is_one_or_the_other(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let mut all = Vec::new();
    for player in ["Steve", "Alex", "Herobrine", "Notch", "Jeb"] {
        let bought = shop.buys(player, vip).await;
        all.push((
            cancel(&shop, &of(&shop, &bought).await).await.unwrap(),
            bought,
        ));
    }
    to_the_end_of_the_period(&shop);
    let resumes = join_all(all.iter().map(|(it, _)| resume(&shop, it)));
    let (resumed, ran) = tokio::join!(resumes, jobs::run_due(&shop.app));
    ran.unwrap();
    jobs::run_due(&shop.app).await.unwrap();
    shop.wait(120).await;
    for ((_, bought), resumed) in all.iter().zip(resumed) {
        let now = of(&shop, bought).await;
        let expected = match resumed {
            Ok(_) => (SubscriptionStatus::Active, 1),
            Err(_) => (SubscriptionStatus::Expired, 0),
        };
        assert_eq!((now.status, now.renewal_count), expected);
    }
    let live = all.len() - commands(&shop, CommandType::Expiry).await;
    assert_eq!(live_lines(&shop).await, live);
}

async fn a_refund_while_it_renews_leaves_no_more_than_was_paid(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let mut all = Vec::new();
    for player in ["Steve", "Alex", "Herobrine", "Notch", "Jeb"] {
        all.push(shop.buys(player, vip).await);
    }
    to_the_end_of_the_period(&shop);
    let refunds = all
        .iter()
        .map(|it| refund_order(&shop.app, &shop.actor, it.order.id, None));
    let (refunded, ran) = tokio::join!(join_all(refunds), jobs::run_due(&shop.app));
    ran.unwrap();
    refunded.into_iter().for_each(|it| it.unwrap());
    shop.wait(3600).await;
    shop.wait(3600).await;
    let mut renewed = 0;
    for it in &all {
        let now = of(&shop, it).await;
        match now.status {
            // It was refunded first.
            SubscriptionStatus::Expired => assert_eq!(now.renewal_count, 0),
            // It was renewed first, and ends with the period that was paid for.
            SubscriptionStatus::Cancelled => renewed += now.renewal_count as usize,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(live_lines(&shop).await, renewed);
    let ended = events(&shop, "subscription.ended").await.len();
    assert_eq!(ended + renewed, all.len());
    assert_eq!(commands(&shop, CommandType::Expiry).await, 0);
    let pending = all_orders(&shop).await;
    assert!(
        pending
            .iter()
            .all(|it| it.order.status != OrderStatus::Pending)
    );
}

/// Does something while another transaction has Steve's times, and lets a third tell something meanwhile. (On
/// SQLite they come one after the other.)
async fn while_times_are_held(shop: &Shop, it: &Subscription, work: impl Future<Output = ()>) {
    let hash = tradepost_app::secrets::hash(&format!("times/{}/steve", shop.store.id));
    let number = i64::from_be_bytes(hash[..8].try_into().unwrap());
    let on_postgres = shop.app.db.engine() == tradepost_db::Engine::Postgres;
    let (held, done) = (
        Arc::new(tokio::sync::Notify::new()),
        Arc::new(tokio::sync::Notify::new()),
    );
    let (held_, done_) = (held.clone(), done.clone());
    let holds = shop.app.write(async move |tx| {
        tradepost_db::entitlements::lock_player(tx, number).await?;
        held_.notify_one();
        if on_postgres {
            done_.notified().await;
        }
        Ok(())
    });
    let others = async {
        held.notified().await;
        let tells = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let (store, id, now) = (shop.store.id, shop.app.id(), shop.app.now());
            let event = Event::SubscriptionResumed(Box::new(it.clone()));
            let tell = shop.app.write(async move |tx| {
                Ok(tradepost_db::events::emit(tx, store, id, &event, now).await?)
            });
            let told = tokio::time::timeout(Duration::from_secs(5), tell).await;
            done.notify_one();
            told.expect("nobody tells anything yet").unwrap();
        };
        tokio::join!(work, tells);
    };
    let (held, ()) = tokio::join!(holds, others);
    held.unwrap();
}

async fn who_waits_for_a_player_keeps_nobody_from_telling(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    declines(&shop, &of(&shop, &bought).await, true).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    let it = of(&shop, &bought).await;
    while_times_are_held(&shop, &it, async {
        cancel(&shop, &it).await.unwrap();
    })
    .await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);

    let bought = shop.buys("Steve", vip).await;
    declines(&shop, &of(&shop, &bought).await, true).await;
    until(&shop, "2027-01-20T10:00:00Z").await;
    for days in [1, 2] {
        shop.wait(days * DAY).await;
    }
    let it = of(&shop, &bought).await;
    assert_eq!(it.failures, 3);
    shop.clock.advance(jiff::SignedDuration::from_hours(48));
    while_times_are_held(&shop, &it, async {
        jobs::run_due(&shop.app).await.unwrap();
    })
    .await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    let mut told = events(&shop, "").await;
    told.retain(|name| name != "subscription.resumed");
    let last = &told[told.len() - 2..];
    assert_eq!(last, ["payment.declined", "subscription.ended"]);
}
