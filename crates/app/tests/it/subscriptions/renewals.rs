//! What time does to a subscription that is paid for.

use tradepost_app::packages::{self, PackageInput};
use tradepost_app::payments::{self, Decision};
use tradepost_app::redeliveries::{self, NewRedelivery, RedeliveryFilter, RedeliveryKind};
use tradepost_app::subscriptions;
use tradepost_model::commands::{CommandType, RunResult};
use tradepost_model::orders::{EndReason, OrderStatus};
use tradepost_model::packages::Interval;
use tradepost_model::payments::PaymentStatus;
use tradepost_model::subscriptions::{Every, SubscriptionStatus};

use super::{
    DAY, MONTHLY, all_orders, cancel, commands, events, live_lines, of, package, resume, stands,
    until,
};
use crate::shop::{Shop, code, on_both_engines};

on_both_engines! {
    a_year_of_months_is_paid_on_the_last_days,
    a_trial_is_followed_by_the_first_payment,
    a_trial_costs_nothing_once_and_the_list_price_then,
    each_renewal_runs_renewal_commands_once,
    a_renewal_ends_the_line_before_it,
    a_changed_price_does_not_concern_those_who_pay_already,
    a_price_that_changes_while_the_first_payment_is_under_way_is_not_charged,
    a_package_that_is_no_longer_sold_goes_on,
    what_costs_nothing_is_renewed_without_a_payment,
    a_server_that_was_down_for_months_charges_once,
    the_test_gateways_buyer_can_renew_now,
    what_waits_for_its_player_still_arrives_after_a_renewal,
    a_wipe_gives_what_was_renewed_once,
    a_subscription_by_hand_lasts_one_period,
    a_store_that_leaves_test_mode_charges_no_test_payments,
}

async fn a_year_of_months_is_paid_on_the_last_days(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    until(&shop, "2026-12-31T10:00:00Z").await;
    let bought = shop.buys("Steve", vip).await;
    assert_eq!(
        stands(&of(&shop, &bought).await),
        (SubscriptionStatus::Active, 0, 0)
    );
    let ends = [
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
        "2027-05-31",
        "2027-06-30",
        "2027-07-31",
        "2027-08-31",
        "2027-09-30",
        "2027-10-31",
        "2027-11-30",
        "2027-12-31",
    ];
    for (count, end) in (1..).zip(ends) {
        until(&shop, &format!("{end}T09:59:59Z")).await;
        assert_eq!(
            of(&shop, &bought).await.renewal_count,
            count - 1,
            "before {end}"
        );
        until(&shop, &format!("{end}T10:00:00Z")).await;
        let it = of(&shop, &bought).await;
        assert_eq!(
            stands(&it),
            (SubscriptionStatus::Active, count, 0),
            "on {end}"
        );
        assert_eq!(it.period_start.to_string(), format!("{end}T10:00:00Z"));
    }
    let it = of(&shop, &bought).await;
    assert_eq!(it.period_end.to_string(), "2028-01-31T10:00:00Z");
    let all = all_orders(&shop).await;
    assert_eq!(all.len(), 13);
    assert!(all.iter().all(|it| it.order.status == OrderStatus::Paid));
    assert!(
        all.iter()
            .all(|it| it.order.total.decimal() == "9.99" && it.items.len() == 1)
    );
    assert_eq!(events(&shop, "order.completed").await.len(), 1);
    assert_eq!(events(&shop, "subscription.renewed").await.len(), 12);
}

async fn a_trial_is_followed_by_the_first_payment(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 7).await;
    let bought = shop.buys("Steve", vip).await;
    let it = of(&shop, &bought).await;
    assert_eq!(it.status, SubscriptionStatus::Trialing);
    assert_eq!(it.period_end.to_string(), "2026-11-27T10:00:00Z");
    let cancelled = cancel(&shop, &it).await.unwrap();
    assert_eq!(cancelled.status, SubscriptionStatus::Cancelled);
    assert_eq!(
        resume(&shop, &it).await.unwrap().status,
        SubscriptionStatus::Trialing
    );
    until(&shop, "2026-11-27T10:00:00Z").await;
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::Active, 1, 0));
    assert_eq!(it.period_end.to_string(), "2026-12-27T10:00:00Z");
    assert_eq!(commands(&shop, CommandType::Initial).await, 1);
    assert_eq!(commands(&shop, CommandType::Renewal).await, 1);
}

async fn each_renewal_runs_renewal_commands_once(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    shop.buys("Steve", vip).await;
    let mut texts: Vec<_> = plugin.take().into_iter().map(|it| it.text).collect();
    assert_eq!(texts, [format!("give Steve {vip}")]);
    for end in ["2026-12-20T10:00:00Z", "2027-01-20T10:00:00Z"] {
        until(&shop, end).await;
        shop.wait(DAY).await;
        texts = plugin
            .take()
            .into_iter()
            .filter(|it| it.kind != CommandType::Initial)
            .map(|it| it.text)
            .collect();
        texts.dedup();
        assert_eq!(texts, ["renewal Steve 9.99"], "{end}");
    }
    assert_eq!(commands(&shop, CommandType::Renewal).await, 2);
    assert_eq!(commands(&shop, CommandType::Initial).await, 1);
}

async fn a_renewal_ends_the_line_before_it(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    let all = all_orders(&shop).await;
    assert!(matches!(
        all[0].items[0].ended,
        Some((_, EndReason::Renewed))
    ));
    assert_eq!(of(&shop, &bought).await.item, all[1].items[0].id);
    assert_eq!(live_lines(&shop).await, 1);
    let paid = &all[1].payments[0].payment;
    assert_eq!(paid.status, PaymentStatus::Paid);
    assert_eq!(
        paid.reference,
        format!("sub_{}_1_1", of(&shop, &bought).await.id)
    );
}

async fn a_changed_price_does_not_concern_those_who_pay_already(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    shop.buys("Steve", vip).await;
    change(&shop, vip, "19.99", true).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    let all = all_orders(&shop).await;
    assert_eq!(all[1].order.total.decimal(), "9.99");
    assert_eq!(all[1].items[0].unit_price.decimal(), "9.99");
}

async fn a_price_that_changes_while_the_first_payment_is_under_way_is_not_charged(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    change(&shop, vip, "100.00", true).await;
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let bought = shop.order(&session).await;
    assert_eq!(of(&shop, &bought).await.price.decimal(), "9.99");
    until(&shop, "2026-12-20T10:00:00Z").await;
    let all = all_orders(&shop).await;
    assert_eq!(all[1].order.total.decimal(), "9.99");
}

async fn a_trial_costs_nothing_once_and_the_list_price_then(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 7).await;
    let other = shop.session("Steve", vip).await.unwrap();
    let session = shop.session("Steve", vip).await.unwrap();
    assert!(session.amounts.total.is_zero() && session.needs_gateway());
    let reference = shop.start(&session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let bought = shop.order(&session).await;
    assert_eq!(bought.order.status, OrderStatus::Paid);
    assert!(bought.order.total.is_zero());
    assert!(bought.payments[0].payment.amount.is_zero());
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::Trialing, 0, 0));

    assert_eq!(code(shop.start(&other).await), "trial_used");
    let again = shop.session("Steve", vip).await.unwrap();
    assert_eq!(again.amounts.total.decimal(), "9.99");

    shop.wait(7 * DAY).await;
    assert_eq!(
        stands(&of(&shop, &bought).await),
        (SubscriptionStatus::Active, 1, 0)
    );
    let all = all_orders(&shop).await;
    let paid: Vec<_> = all
        .iter()
        .filter(|it| it.order.status == OrderStatus::Paid)
        .map(|it| it.order.total.decimal())
        .collect();
    assert_eq!(paid, ["0.00", "9.99"]);
}

async fn a_package_that_is_no_longer_sold_goes_on(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    change(&shop, vip, "9.99", false).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(of(&shop, &bought).await.renewal_count, 1);
    assert_eq!(commands(&shop, CommandType::Renewal).await, 1);
}

/// Saves the package anew with another price.
async fn change(
    shop: &Shop,
    package: tradepost_model::ids::PackageId,
    price: &str,
    is_active: bool,
) {
    let mut renewal = shop.command("renewal {username}");
    renewal.kind = "renewal".to_owned();
    let input = PackageInput {
        name: "VIP".to_owned(),
        price: price.to_owned(),
        is_active,
        commands: vec![shop.command("give {username}"), renewal],
        ..PackageInput::default()
    };
    packages::save(&shop.app, &shop.actor, &shop.store, Some(package), &input)
        .await
        .unwrap();
}

async fn what_costs_nothing_is_renewed_without_a_payment(shop: Shop) {
    let vip = package(&shop, "0.00", MONTHLY, 0).await;
    let session = shop.session("Steve", vip).await.unwrap();
    tradepost_app::orders::start_payment(
        &shop.app,
        &session.id,
        tradepost_app::orders::Paying::by("test"),
    )
    .await
    .unwrap();
    let bought = shop.order(&session).await;
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(
        stands(&of(&shop, &bought).await),
        (SubscriptionStatus::Active, 1, 0)
    );
    let all = all_orders(&shop).await;
    assert_eq!(all[1].order.status, OrderStatus::Paid);
    assert!(all[1].payments.is_empty());
    assert_eq!(commands(&shop, CommandType::Renewal).await, 1);
}

async fn a_server_that_was_down_for_months_charges_once(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    until(&shop, "2027-05-05T00:00:00Z").await;
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::Active, 1, 0));
    assert_eq!(it.period_end.to_string(), "2027-06-05T00:00:00Z");
    assert_eq!(all_orders(&shop).await.len(), 2);
}

async fn the_test_gateways_buyer_can_renew_now(shop: Shop) {
    let every = Every {
        interval: Interval::Week,
        count: 2,
    };
    let vip = package(&shop, "9.99", every, 0).await;
    let bought = shop.buys("Steve", vip).await;
    shop.wait(DAY).await;
    let it = of(&shop, &bought).await;
    subscriptions::renew_now(&shop.app, shop.store.id, it.id)
        .await
        .unwrap();
    let it = of(&shop, &bought).await;
    assert_eq!(stands(&it), (SubscriptionStatus::Active, 1, 0));
    assert_eq!(it.period_end.to_string(), "2026-12-05T10:00:00Z");
    shop.wait(13 * DAY).await;
    assert_eq!(of(&shop, &bought).await.renewal_count, 1);
    shop.wait(DAY).await;
    assert_eq!(of(&shop, &bought).await.renewal_count, 2);
}

async fn what_waits_for_its_player_still_arrives_after_a_renewal(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let (_, plugin) = shop.connect().await;
    shop.buys("Steve", vip).await;
    let sent = plugin.take().remove(0);
    until(&shop, "2026-12-20T10:00:00Z").await;
    let report = tradepost_app::delivery::Report {
        command: sent.id,
        attempt: Some(sent.attempt),
        result: RunResult::AwaitingPlayer,
        output: None,
        duration_ms: None,
    };
    let here = shop.plugin().await;
    tradepost_app::delivery::report_results(&shop.app, here, vec![report])
        .await
        .unwrap();
    plugin.take();
    let steve = tradepost_app::delivery::PlayerName {
        username: "Steve".to_owned(),
        uuid: None,
    };
    tradepost_app::delivery::player_joined(&shop.app, here, steve)
        .await
        .unwrap();
    assert!(plugin.take().iter().any(|it| it.id == sent.id));
}

async fn a_wipe_gives_what_was_renewed_once(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    shop.buys("Steve", vip).await;
    let (here, reports) = (
        shop.plugin().await,
        crate::delivery::completed(&plugin.take()),
    );
    tradepost_app::delivery::report_results(&shop.app, here, reports)
        .await
        .unwrap();
    // What still waits from before the renewals is not given twice.
    shop.buys("Alex", vip).await;
    let report = tradepost_app::delivery::Report {
        result: RunResult::AwaitingPlayer,
        ..crate::delivery::completed(&plugin.take()).remove(0)
    };
    tradepost_app::delivery::report_results(&shop.app, here, vec![report])
        .await
        .unwrap();
    until(&shop, "2026-12-20T10:00:00Z").await;
    until(&shop, "2027-01-20T10:00:00Z").await;
    let new = NewRedelivery {
        kind: RedeliveryKind::Entitlements,
        server: Some(shop.survival),
        filter: RedeliveryFilter::default(),
        per_minute: 6000,
    };
    redeliveries::start(&shop.app, &shop.actor, new)
        .await
        .unwrap();
    shop.wait(60).await;
    assert_eq!(commands(&shop, CommandType::Initial).await, 3);
}

async fn a_subscription_by_hand_lasts_one_period(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let new = tradepost_app::orders::ManualOrder {
        player: crate::shop::player("Steve"),
        email: None,
        items: vec![tradepost_app::checkout::Line::plain(vip, 1, None)],
    };
    let order = tradepost_app::orders::give(&shop.app, &shop.actor, new)
        .await
        .unwrap();
    let bought = tradepost_app::orders::find(&shop.app, &shop.actor, order)
        .await
        .unwrap();
    let it = of(&shop, &bought).await;
    assert_eq!(it.status, SubscriptionStatus::Cancelled);
    assert_eq!(
        code(resume(&shop, &it).await),
        "subscription_not_chargeable"
    );
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(of(&shop, &bought).await.status, SubscriptionStatus::Expired);
    assert_eq!(commands(&shop, CommandType::Expiry).await, 1);
}

async fn a_store_that_leaves_test_mode_charges_no_test_payments(shop: Shop) {
    let vip = package(&shop, "9.99", MONTHLY, 0).await;
    let bought = shop.buys("Steve", vip).await;
    let store = shop.store.id;
    shop.app
        .write(async move |tx| {
            tx.exec(LEAVE_TEST_MODE, &tradepost_db::params![store])
                .await?;
            Ok(())
        })
        .await
        .unwrap();
    until(&shop, "2026-12-20T10:00:00Z").await;
    assert_eq!(
        stands(&of(&shop, &bought).await),
        (SubscriptionStatus::PastDue, 0, 1)
    );
    assert_eq!(events(&shop, "payment.declined").await.len(), 1);
}

const _: &[tradepost_db::Stmt] = STATEMENTS;

tradepost_db::statements! {
    LEAVE_TEST_MODE = "UPDATE stores SET test_mode = FALSE WHERE id = $1";
}
