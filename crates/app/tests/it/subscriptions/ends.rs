//! Money that goes back ends a subscription: at once where it paid for the time that runs, and else with that.

use tradepost_app::orders::{Details, preview_refund, refund_order};
use tradepost_app::payments::Decision;
use tradepost_model::commands::{CommandStatus, CommandType};
use tradepost_model::orders::{EndReason, OrderStatus};
use tradepost_model::payments::PaymentStatus;
use tradepost_model::subscriptions::SubscriptionStatus;

use super::{
    DAY, MONTHLY, all_orders, commands, decide, declines, events, live_lines, of, package, stands,
    until,
};
use crate::shop::{Shop, on_both_engines};

on_both_engines! {
    a_refund_of_the_first_order_ends_it,
    a_refund_of_an_older_order_leaves_the_time_that_is_paid_for,
    a_refund_of_an_older_order_while_past_due_ends_it,
    a_refund_of_a_renewal_gives_no_stock_back,
    a_refund_while_past_due_leaves_nothing_to_charge,
    a_dispute_ends_it_and_winning_gives_the_rest_of_the_time,
    a_dispute_of_an_older_order_leaves_the_time_that_is_paid_for,
    a_renewal_whose_refund_is_heard_first_is_a_payment_that_failed,
    a_last_renewal_whose_refund_is_heard_first_ends_it_with_its_expiry,
    nothing_that_was_not_sent_is_sent_after_the_end,
}

async fn a_refund_of_the_first_order_ends_it(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let preview = preview_refund(&shop.app, &shop.actor, bought.order.id)
        .await
        .unwrap();
    assert!(preview.ends_subscription);
    refund_order(&shop.app, &shop.actor, bought.order.id, None)
        .await
        .unwrap();
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    until(&shop, "2027-03-01T00:00:00Z").await;
    assert_eq!(all_orders(&shop).await.len(), 1);
    assert_eq!(commands(&shop, CommandType::Refund).await, 1);
    assert_eq!(
        commands(&shop, CommandType::Expiry).await,
        0,
        "no expiry after a refund"
    );
    assert_eq!(events(&shop, "subscription.ended").await.len(), 1);
}

async fn a_refund_of_an_older_order_leaves_the_time_that_is_paid_for(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    for end in ["2026-12-20T10:00:00Z", "2027-01-20T10:00:00Z"] {
        until(&shop, end).await;
    }
    let all = all_orders(&shop).await;
    for (place, ends) in [(0, false), (1, false), (2, true)] {
        let preview = preview_refund(&shop.app, &shop.actor, all[place].order.id).await;
        assert_eq!(preview.unwrap().ends_subscription, ends);
    }
    refund_order(&shop.app, &shop.actor, all[1].order.id, None)
        .await
        .unwrap();
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::Cancelled, 2, 0));
    assert!(it.cancel_at_period_end);
    assert_eq!(it.period_end.to_string(), "2027-02-20T10:00:00Z");
    assert_eq!(live_lines(&shop).await, 1);
    let all = all_orders(&shop).await;
    let statuses: Vec<_> = all.iter().map(|it| it.order.status).collect();
    assert_eq!(
        statuses,
        [OrderStatus::Paid, OrderStatus::Refunded, OrderStatus::Paid]
    );
    assert_eq!(all[2].items[0].ended, None);
    // It was cancelled already.
    refund_order(&shop.app, &shop.actor, all[0].order.id, None)
        .await
        .unwrap();
    until(&shop, "2027-02-20T09:59:59Z").await;
    assert_eq!(live_lines(&shop).await, 1);
    until(&shop, "2027-05-01T00:00:00Z").await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    assert_eq!(live_lines(&shop).await, 0);
    assert_eq!(all_orders(&shop).await.len(), 3);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
    assert_eq!(
        events(&shop, "subscription.").await[3..],
        ["subscription.cancelled", "subscription.ended"]
    );
    let preview = preview_refund(&shop.app, &shop.actor, all[2].order.id)
        .await
        .unwrap();
    assert!(!preview.ends_subscription, "it has ended");
}

async fn a_refund_of_an_older_order_while_past_due_ends_it(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    declines(&shop, &of(&shop, &bought).await, true).await;
    until(&shop, "2027-01-20T10:00:00Z").await;
    decide(&shop, &bought, Decision::Refund).await;
    let it = of(&shop, &bought).await;
    assert_eq!(it.status, SubscriptionStatus::Expired);
    assert_eq!(live_lines(&shop).await, 0);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
    assert_eq!(
        events(&shop, "subscription.").await[2..],
        ["subscription.cancelled", "subscription.ended"]
    );
}

/// A subscription whose first renewal is under way: its payment waits for what the gateway tells.
async fn under_way(shop: &Shop) -> (Details, Details) {
    let vip = package(shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    super::faults::a_moment_before(shop, &of(shop, &bought).await).await;
    for statement in 1..100 {
        shop.app.db.fail_at(Some(statement));
        tradepost_app::jobs::run_due(&shop.app).await.ok();
        shop.app.db.fail_at(None);
        let mut all = all_orders(shop).await;
        if all.len() == 2 {
            let renewal = all.remove(1);
            assert_eq!(renewal.payments[0].payment.status, PaymentStatus::Pending);
            return (bought, renewal);
        }
        shop.clock.advance(jiff::SignedDuration::from_hours(1));
    }
    panic!("no renewal began");
}

async fn a_renewal_whose_refund_is_heard_first_is_a_payment_that_failed(shop: Shop) {
    let (bought, renewal) = under_way(&shop).await;
    for decision in [Decision::Refund, Decision::Approve] {
        decide(&shop, &renewal, decision).await;
    }
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::PastDue, 0, 1));
    assert_eq!(live_lines(&shop).await, 1, "the goods stay");
    let renewal = all_orders(&shop).await.remove(1);
    assert_eq!(renewal.order.status, OrderStatus::Cancelled);
    assert_eq!(renewal.payments[0].payment.status, PaymentStatus::Refunded);
    for _ in 0..2 {
        shop.wait(DAY).await;
    }
    assert_eq!(
        stands(&of(&shop, &bought).await),
        (SubscriptionStatus::Active, 1, 0)
    );
    assert_eq!(commands(&shop, CommandType::Renewal).await, 1);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 0);
}

async fn a_last_renewal_whose_refund_is_heard_first_ends_it_with_its_expiry(shop: Shop) {
    let (bought, renewal) = under_way(&shop).await;
    super::cancel(&shop, &of(&shop, &bought).await)
        .await
        .unwrap();
    for decision in [Decision::Refund, Decision::Approve] {
        decide(&shop, &renewal, decision).await;
    }
    let it = of(&shop, &bought).await;
    assert_eq!(it.status, SubscriptionStatus::Expired);
    assert_eq!(live_lines(&shop).await, 0);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
    let first = all_orders(&shop).await.remove(0);
    assert!(matches!(
        first.items[0].ended,
        Some((_, EndReason::Expired))
    ));
}

async fn a_refund_of_a_renewal_gives_no_stock_back(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    shop.buys("Steve", vip).await;
    shop.buys("Alex", vip).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    let all = all_orders(&shop).await;
    refund_order(&shop.app, &shop.actor, all[2].order.id, None)
        .await
        .unwrap();
    let (store, currency) = (shop.store.id, shop.store.currency);
    let found = shop
        .app
        .read(async move |conn| Ok(tradepost_db::packages::find(conn, store, vip, currency).await?))
        .await
        .unwrap();
    assert_eq!(found.unwrap().sold, 2);
}

async fn a_refund_while_past_due_leaves_nothing_to_charge(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    declines(&shop, &of(&shop, &bought).await, true).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    decide(&shop, &bought, Decision::Refund).await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    shop.wait(10 * DAY).await;
    assert_eq!(all_orders(&shop).await.len(), 2);
}

async fn a_dispute_ends_it_and_winning_gives_the_rest_of_the_time(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    let renewal = all_orders(&shop).await.remove(1);
    shop.wait(10 * DAY).await;
    decide(&shop, &renewal, Decision::Dispute).await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    assert_eq!(
        (
            live_lines(&shop).await,
            commands(&shop, CommandType::Chargeback).await
        ),
        (0, 1)
    );
    plugin.take();
    shop.wait(40 * DAY).await;
    decide(&shop, &renewal, Decision::WinDispute).await;
    let won = all_orders(&shop).await.remove(1);
    assert_eq!(won.order.status, OrderStatus::Paid);
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    let left = won.items[0]
        .expires_at
        .unwrap()
        .duration_since(shop.app.now());
    assert_eq!(left.as_secs(), 21 * DAY);
    shop.wait(21 * DAY).await;
    assert_eq!(live_lines(&shop).await, 0);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
    assert_eq!(
        all_orders(&shop).await.len(),
        2,
        "it is never renewed again"
    );
}

async fn a_dispute_of_an_older_order_leaves_the_time_that_is_paid_for(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    decide(&shop, &bought, Decision::Dispute).await;
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::Cancelled, 1, 0));
    assert!(it.cancel_at_period_end);
    assert_eq!(live_lines(&shop).await, 1);
    decide(&shop, &bought, Decision::WinDispute).await;
    assert_eq!(live_lines(&shop).await, 1, "the older line was over before");
    let paid = all_orders(&shop).await;
    assert!(paid.iter().all(|it| it.order.status == OrderStatus::Paid));
    until(&shop, "2027-01-20T09:59:59Z").await;
    assert_eq!(live_lines(&shop).await, 1);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 0);
    until(&shop, "2027-01-20T10:00:00Z").await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    assert_eq!(live_lines(&shop).await, 0);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
}

async fn nothing_that_was_not_sent_is_sent_after_the_end(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    super::cancel(&shop, &of(&shop, &bought).await)
        .await
        .unwrap();
    until(&shop, "2027-01-20T10:00:00Z").await;
    let all = all_orders(&shop).await;
    let pending: Vec<_> = all
        .iter()
        .flat_map(|it| &it.commands)
        .filter(|it| it.command.status == CommandStatus::Pending)
        .map(|it| it.command.kind)
        .collect();
    assert_eq!(pending, [CommandType::Expiry]);
}
