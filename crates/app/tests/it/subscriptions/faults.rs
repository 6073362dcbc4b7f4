//! A failure at any statement of a renewal, of an end or of a decision leaves all of it or nothing, and what
//! is left is finished later, once.

use jiff::SignedDuration;
use tradepost_app::jobs;
use tradepost_model::commands::CommandType;
use tradepost_model::orders::OrderStatus;
use tradepost_model::subscriptions::{Subscription, SubscriptionStatus};

use super::{
    DAILY, MONTHLY, all_orders, cancel, commands, declines, events, live_lines, of, package, stands,
};
use crate::shop::{Shop, on_both_engines};

on_both_engines! {
    a_renewal_happens_once_wherever_it_fails,
    a_decline_counts_once_wherever_it_fails,
    an_end_happens_once_wherever_it_fails,
    cancelling_is_whole_or_nothing,
}

const MOST_STATEMENTS: u64 = 200;

/// Lets the period end, where nothing else is due that could fail or still run.
pub(super) async fn a_moment_before(shop: &Shop, it: &Subscription) {
    let wait = it.period_end.duration_since(shop.app.now());
    shop.clock.advance(wait - SignedDuration::from_secs(1));
    jobs::run_due(&shop.app).await.unwrap();
    shop.clock.advance(SignedDuration::from_secs(1));
}

async fn a_renewal_happens_once_wherever_it_fails(shop: Shop) {
    let vip = package(&shop, "1.00", DAILY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    for statement in 1_u32..90 {
        let it = of(&shop, &bought).await;
        a_moment_before(&shop, &it).await;
        shop.app.db.fail_at(Some(statement.into()));
        jobs::run_due(&shop.app).await.ok();
        shop.app.db.fail_at(None);
        for _ in 0..2 {
            shop.clock.advance(SignedDuration::from_secs(3600));
            jobs::run_due(&shop.app).await.unwrap();
        }
        let it = of(&shop, &bought).await;
        let expected = (SubscriptionStatus::Active, statement, 0);
        assert_eq!(stands(&it), expected, "statement {statement}");
        assert_eq!(live_lines(&shop).await, 1, "statement {statement}");
    }
    let all = all_orders(&shop).await;
    assert_eq!(all.len(), 90, "one order each");
    assert!(all.iter().all(|it| it.order.status == OrderStatus::Paid));
    assert_eq!(commands(&shop, CommandType::Renewal).await, 89);
    assert_eq!(events(&shop, "subscription.renewed").await.len(), 89);
}

async fn a_decline_counts_once_wherever_it_fails(shop: Shop) {
    let vip = package(&shop, "1.00", MONTHLY, 0).await;
    for statement in 1..70 {
        let bought = shop.buys("Steve", vip).await;
        let it = of(&shop, &bought).await;
        declines(&shop, &it, true).await;
        a_moment_before(&shop, &it).await;
        shop.app.db.fail_at(Some(statement));
        jobs::run_due(&shop.app).await.ok();
        shop.app.db.fail_at(None);
        for _ in 0..2 {
            shop.clock.advance(SignedDuration::from_secs(3600));
            jobs::run_due(&shop.app).await.unwrap();
        }
        let it = of(&shop, &bought).await;
        assert_eq!(
            stands(&it),
            (SubscriptionStatus::PastDue, 0, 1),
            "statement {statement}"
        );
        cancel(&shop, &it).await.unwrap();
    }
    assert_eq!(events(&shop, "payment.declined").await.len(), 69);
}

async fn an_end_happens_once_wherever_it_fails(shop: Shop) {
    let vip = package(&shop, "1.00", MONTHLY, 0).await;
    for statement in 1..50 {
        let bought = shop.buys("Steve", vip).await;
        let it = cancel(&shop, &of(&shop, &bought).await).await.unwrap();
        a_moment_before(&shop, &it).await;
        shop.app.db.fail_at(Some(statement));
        jobs::run_due(&shop.app).await.ok();
        shop.app.db.fail_at(None);
        let now = of(&shop, &bought).await.status;
        let live = usize::from(now != SubscriptionStatus::Expired);
        assert_eq!(live_lines(&shop).await, live, "statement {statement}");
        shop.clock.advance(SignedDuration::from_secs(3600));
        jobs::run_due(&shop.app).await.unwrap();
        assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
        let all = commands(&shop, CommandType::Expiry).await;
        assert_eq!(
            all,
            usize::try_from(statement).unwrap(),
            "statement {statement}"
        );
    }
}

async fn cancelling_is_whole_or_nothing(shop: Shop) {
    let vip = package(&shop, "1.00", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let it = of(&shop, &bought).await;
    let mut failures = 0;
    for statement in 1..MOST_STATEMENTS {
        shop.app.db.fail_at(Some(statement));
        let cancelled = cancel(&shop, &it).await;
        shop.app.db.fail_at(None);
        if cancelled.is_ok() {
            break;
        }
        failures += 1;
        assert_eq!(of(&shop, &bought).await, it);
        assert!(events(&shop, "subscription.cancelled").await.is_empty());
    }
    assert!(failures > 4, "only {failures} statements were made to fail");
    assert_eq!(
        of(&shop, &bought).await.status,
        SubscriptionStatus::Cancelled
    );
}
