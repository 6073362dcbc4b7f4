//! What people decide about a subscription, and gateways about its payments.

use tradepost_app::Actor;
use tradepost_app::subscriptions::{self, Who};
use tradepost_db::span::Span;
use tradepost_model::commands::CommandType;
use tradepost_model::orders::OrderStatus;
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::subscriptions::SubscriptionStatus;

use super::{
    DAILY, DAY, MONTHLY, all_orders, cancel, commands, declines, events, live_lines, of, package,
    resume, stands, until,
};
use crate::shop::{Shop, code, new_store, on_both_engines};

on_both_engines! {
    a_payment_that_fails_is_tried_again_and_recovers,
    after_the_last_failure_it_ends,
    a_daily_one_that_recovers_late_goes_on_from_then,
    cancelling_keeps_the_goods_until_the_period_ends,
    a_cancelled_one_can_be_resumed_until_then,
    cancelling_what_is_past_due_ends_it_at_once,
    a_cancelled_trial_is_never_charged,
    what_has_ended_stays_ended,
    another_purchase_keeps_the_goods,
    staff_need_their_permission,
    another_stores_subscription_is_not_there,
    lists_are_newest_first_and_of_a_player,
}

async fn a_payment_that_fails_is_tried_again_and_recovers(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    declines(&shop, &of(&shop, &bought).await, true).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(
        stands(&of(&shop, &bought).await),
        (SubscriptionStatus::PastDue, 0, 1)
    );
    let all = all_orders(&shop).await;
    assert_eq!(all[1].order.status, OrderStatus::Cancelled);
    assert_eq!(
        all[1].order.reason.as_deref(),
        Some("The payment was declined.")
    );
    assert_eq!(live_lines(&shop).await, 1, "the goods stay");
    shop.wait(DAY - 1).await;
    assert_eq!(of(&shop, &bought).await.failures, 1);
    shop.wait(1).await;
    assert_eq!(of(&shop, &bought).await.failures, 2);
    declines(&shop, &of(&shop, &bought).await, false).await;
    shop.wait(2 * DAY).await;
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::Active, 1, 0));
    assert_eq!(
        it.period_end.to_string(),
        "2027-01-20T10:00:00Z",
        "from the old end"
    );
    assert_eq!(events(&shop, "payment.declined").await.len(), 2);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 0);
    assert_eq!(commands(&shop, CommandType::Renewal).await, 1);
}

async fn after_the_last_failure_it_ends(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    declines(&shop, &of(&shop, &bought).await, true).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    for (days, failures) in [(1, 2), (2, 3)] {
        shop.wait(days * DAY).await;
        assert_eq!(
            stands(&of(&shop, &bought).await),
            (SubscriptionStatus::PastDue, 0, failures)
        );
    }
    assert_eq!(commands(&shop, CommandType::Expiry).await, 0);
    shop.wait(2 * DAY).await;
    let it = of(&shop, &bought).await;
    assert_eq!(it.status, SubscriptionStatus::Expired);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
    assert_eq!(live_lines(&shop).await, 0);
    shop.wait(60 * DAY).await;
    assert_eq!(
        all_orders(&shop).await.len(),
        5,
        "nothing is tried any more"
    );
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
    assert_eq!(
        events(&shop, "subscription.").await,
        ["subscription.started", "subscription.ended"]
    );
}

async fn a_daily_one_that_recovers_late_goes_on_from_then(shop: Shop) {
    let vip = package(&shop, "1.00", DAILY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    declines(&shop, &of(&shop, &bought).await, true).await;
    shop.wait(DAY).await;
    shop.wait(DAY).await;
    declines(&shop, &of(&shop, &bought).await, false).await;
    shop.wait(2 * DAY).await;
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::Active, 1, 0));
    assert_eq!(it.period_start, shop.app.now());
    assert_eq!(it.period_end.duration_since(shop.app.now()).as_secs(), DAY);
}

async fn cancelling_keeps_the_goods_until_the_period_ends(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let it = cancel(&shop, &of(&shop, &bought).await).await.unwrap();
    assert_eq!(it.status, SubscriptionStatus::Cancelled);
    assert!(it.cancel_at_period_end);
    assert_eq!(code(cancel(&shop, &it).await), "subscription_cancelled");
    until(&shop, "2026-12-20T09:59:59Z").await;
    assert_eq!(
        (
            live_lines(&shop).await,
            commands(&shop, CommandType::Expiry).await
        ),
        (1, 0)
    );
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    assert_eq!(
        (
            live_lines(&shop).await,
            commands(&shop, CommandType::Expiry).await
        ),
        (0, 1)
    );
    assert_eq!(all_orders(&shop).await.len(), 1);
    assert_eq!(
        events(&shop, "subscription.").await,
        [
            "subscription.started",
            "subscription.cancelled",
            "subscription.ended"
        ]
    );
}

async fn a_cancelled_one_can_be_resumed_until_then(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let it = of(&shop, &bought).await;
    assert_eq!(code(resume(&shop, &it).await), "subscription_not_cancelled");
    cancel(&shop, &it).await.unwrap();
    shop.wait(10 * DAY).await;
    let it = resume(&shop, &it).await.unwrap();
    assert_eq!(
        (it.status, it.cancel_at_period_end),
        (SubscriptionStatus::Active, false)
    );
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(
        stands(&of(&shop, &bought).await),
        (SubscriptionStatus::Active, 1, 0)
    );
    assert_eq!(events(&shop, "subscription.resumed").await.len(), 1);
}

async fn cancelling_what_is_past_due_ends_it_at_once(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    declines(&shop, &of(&shop, &bought).await, true).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    let it = cancel(&shop, &of(&shop, &bought).await).await.unwrap();
    assert_eq!(it.status, SubscriptionStatus::Expired);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
    assert_eq!(events(&shop, "subscription.ended").await.len(), 1);
}

async fn a_cancelled_trial_is_never_charged(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 7).await;
    let bought = shop.buys("Steve", vip).await;
    cancel(&shop, &of(&shop, &bought).await).await.unwrap();
    shop.wait(7 * DAY).await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    assert_eq!(all_orders(&shop).await.len(), 1);
    assert_eq!(commands(&shop, CommandType::Renewal).await, 0);
}

async fn what_has_ended_stays_ended(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let it = cancel(&shop, &of(&shop, &bought).await).await.unwrap();
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(code(resume(&shop, &it).await), "subscription_ended");
    assert_eq!(code(cancel(&shop, &it).await), "subscription_ended");
    let now = subscriptions::renew_now(&shop.app, shop.store.id, it.id).await;
    assert_eq!(code(now), "subscription_ended");
}

async fn another_purchase_keeps_the_goods(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let first = shop.buys("Steve", vip).await;
    let second = shop.buys("Steve", vip).await;
    cancel(&shop, &of(&shop, &first).await).await.unwrap();
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(commands(&shop, CommandType::Expiry).await, 0);
    cancel(&shop, &of(&shop, &second).await).await.unwrap();
    until(&shop, "2027-01-20T10:00:00Z").await;
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
}

async fn staff_need_their_permission(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let it = of(&shop, &bought).await;
    let mut view = Permissions::default();
    view.grant(Area::Subscriptions, Access::View);
    let looks = Actor::key(shop.store.id, view);
    assert_eq!(
        subscriptions::find(&shop.app, &looks, it.id).await.unwrap(),
        it
    );
    let (app, who) = (shop.app.clone(), Who::Staff(looks));
    let refused = shop
        .app
        .write(async move |tx| subscriptions::cancel(&app, tx, &who, it.id).await)
        .await;
    assert!(matches!(
        refused,
        Err(tradepost_app::Error::Forbidden { .. })
    ));
    let nobody = Actor::key(shop.store.id, Permissions::default());
    let refused = subscriptions::find(&shop.app, &nobody, it.id).await;
    assert!(matches!(
        refused,
        Err(tradepost_app::Error::Forbidden { .. })
    ));
}

async fn another_stores_subscription_is_not_there(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let it = of(&shop, &bought).await;
    let other = Actor::operator(new_store(&shop.app, "other").await.id);
    assert_eq!(
        code(subscriptions::find(&shop.app, &other, it.id).await),
        "not_found"
    );
    let (app, who) = (shop.app.clone(), Who::Staff(other));
    let refused = shop
        .app
        .write(async move |tx| subscriptions::cancel(&app, tx, &who, it.id).await)
        .await;
    assert_eq!(code(refused.map(|it| it.0)), "not_found");
}

async fn lists_are_newest_first_and_of_a_player(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let mut ids = Vec::new();
    for player in ["Steve", "Alex", "steve"] {
        ids.push(of(&shop, &shop.buys(player, vip).await).await.id);
        shop.wait(1).await;
    }
    let span = Span {
        after: None,
        skip: 0,
        take: 2,
    };
    let first = subscriptions::list(&shop.app, &shop.actor, None, span)
        .await
        .unwrap();
    let found: Vec<_> = first.items.iter().map(|it| it.id).collect();
    assert_eq!(found, [ids[2], ids[1]]);
    assert_eq!(
        (first.total, first.capped, first.more),
        (Some(3), false, true)
    );
    let rest = Span {
        after: Some(ids[1].0),
        ..span
    };
    let rest = subscriptions::list(&shop.app, &shop.actor, None, rest)
        .await
        .unwrap();
    assert_eq!(
        (rest.items[0].id, rest.total, rest.more),
        (ids[0], None, false)
    );
    let of_player = subscriptions::list(&shop.app, &shop.actor, Some("STEVE"), span)
        .await
        .unwrap();
    let found: Vec<_> = of_player.items.iter().map(|it| it.id).collect();
    assert_eq!(found, [ids[2], ids[0]]);
}
