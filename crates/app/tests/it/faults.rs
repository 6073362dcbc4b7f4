//! A failure between any two statements leaves all of an operation or nothing of it.

use tradepost_app::delivery::{self, Report};
use tradepost_app::orders::{ManualOrder, give};
use tradepost_app::payments::{self, Decision};
use tradepost_db::orders::Filter;
use tradepost_model::commands::{CommandStatus, RunResult};
use tradepost_model::ids::OrderId;
use tradepost_model::orders::OrderStatus;

use crate::shop::{Shop, on_both_engines, player};

on_both_engines!(
    settlement_is_whole_or_nothing,
    starting_a_payment_is_whole_or_nothing,
    a_manual_order_is_whole_or_nothing,
    results_are_whole_or_nothing,
    a_refund_is_whole_or_nothing,
    a_dispute_and_its_win_are_whole_or_nothing,
    the_end_of_a_time_is_whole_or_nothing,
);

const MOST_STATEMENTS: u64 = 200;

async fn settlement_is_whole_or_nothing(shop: Shop) {
    let vip = shop
        .package_with("VIP", "9.99", |package| {
            package.global_limit = "5".to_owned()
        })
        .await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    let mut failures = 0;
    for statement in 1..MOST_STATEMENTS {
        shop.app.db.fail_at(Some(statement));
        let settled = payments::settle_now(&shop.app, &told).await;
        shop.app.db.fail_at(None);
        if settled.is_ok() {
            break;
        }
        failures += 1;
        let details = shop.order(&session).await;
        assert_eq!(
            details.order.status,
            OrderStatus::Pending,
            "after a failure at statement {statement}"
        );
        assert!(details.commands.is_empty() && details.order.paid_at.is_none());
        assert_eq!(counted(&shop, vip).await, (0, 1), "sold and reserved");
    }
    assert!(
        failures > 15,
        "only {failures} statements were made to fail"
    );
    let details = shop.order(&session).await;
    assert_eq!(
        (details.order.status, details.commands.len()),
        (OrderStatus::Paid, 1)
    );
    assert_eq!(counted(&shop, vip).await, (1, 0));
}

async fn starting_a_payment_is_whole_or_nothing(shop: Shop) {
    let vip = shop
        .package_with("VIP", "9.99", |package| {
            package.global_limit = "5".to_owned()
        })
        .await;
    let session = shop.session("Steve", vip).await.unwrap();
    let mut failures = 0;
    for statement in 1..MOST_STATEMENTS {
        shop.app.db.fail_at(Some(statement));
        let started = shop.start(&session).await;
        shop.app.db.fail_at(None);
        if started.is_ok() {
            break;
        }
        failures += 1;
        let order = tradepost_app::orders::of_session(&shop.app, &session)
            .await
            .unwrap();
        assert!(order.is_none(), "after a failure at statement {statement}");
        assert_eq!(counted(&shop, vip).await, (0, 0));
    }
    assert!(failures > 8, "only {failures} statements were made to fail");
    assert_eq!(
        shop.order(&session).await.order.number,
        1,
        "no number was lost"
    );
    assert_eq!(counted(&shop, vip).await, (0, 1));
}

async fn a_manual_order_is_whole_or_nothing(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mut failures = 0;
    for statement in 1..MOST_STATEMENTS {
        let line = tradepost_app::checkout::Line::plain(vip, 2, None);
        let new = ManualOrder {
            player: player("Steve"),
            email: None,
            items: vec![line],
        };
        shop.app.db.fail_at(Some(statement));
        let made = give(&shop.app, &shop.actor, new).await;
        shop.app.db.fail_at(None);
        let orders = tradepost_app::orders::list(&shop.app, &shop.actor, Filter::default(), 10)
            .await
            .unwrap();
        assert_eq!(
            orders.len(),
            usize::from(made.is_ok()),
            "after a failure at statement {statement}"
        );
        if let Ok(order) = made {
            let details = tradepost_app::orders::find(&shop.app, &shop.actor, order)
                .await
                .unwrap();
            assert_eq!((details.order.number, details.commands.len()), (1, 2));
            break;
        }
        failures += 1;
    }
    assert!(
        failures > 10,
        "only {failures} statements were made to fail"
    );
}

async fn results_are_whole_or_nothing(shop: Shop) {
    let kit = shop.package_with("Kit", "1.00", |package| {
        package.commands = vec![shop.command("one {player}"), shop.command("two {player}")];
    });
    let kit = kit.await;
    let (plugin, recorder) = shop.connect().await;
    let details = shop.buys("Steve", kit).await;
    let sent = recorder.take();
    assert_eq!(sent.len(), 2);
    let reports = |sent: &[tradepost_model::commands::Command]| {
        let report = |command: &tradepost_model::commands::Command| Report {
            command: command.id,
            attempt: Some(1),
            result: RunResult::Completed,
            output: None,
            duration_ms: None,
        };
        sent.iter().map(report).collect::<Vec<_>>()
    };
    let mut failures = 0;
    for statement in 1..MOST_STATEMENTS {
        shop.app.db.fail_at(Some(statement));
        let accepted = delivery::report_results(&shop.app, plugin, reports(&sent)).await;
        shop.app.db.fail_at(None);
        let views = shop.commands(&details).await;
        let done = views
            .iter()
            .filter(|view| view.command.status == CommandStatus::Completed)
            .count();
        if let Ok(accepted) = accepted {
            assert_eq!((accepted, done), (2, 2));
            break;
        }
        failures += 1;
        assert_eq!(done, 0, "after a failure at statement {statement}");
        assert!(
            views.iter().all(|view| view.steps.len() == 2),
            "no step of a half-done report stays"
        );
    }
    assert!(failures > 6, "only {failures} statements were made to fail");
}

/// A package that gives, and takes back in every way.
async fn timed_vip(shop: &Shop) -> tradepost_model::ids::PackageId {
    shop.package_with("VIP", "9.99", |package| {
        package.timed_days = "30".to_owned();
        for kind in ["refund", "chargeback", "expiry"] {
            let mut command = shop.command("take {username}");
            command.kind = kind.to_owned();
            package.commands.push(command);
        }
    })
    .await
}

/// All that an ending changes.
async fn state(shop: &Shop, order: OrderId) -> impl PartialEq + std::fmt::Debug + use<> {
    let found = tradepost_app::orders::find(&shop.app, &shop.actor, order).await;
    let details = found.unwrap();
    let package = details.items[0].package;
    let commands = details.commands.iter();
    (
        details.order.status,
        details
            .payments
            .iter()
            .map(|it| it.payment.status)
            .collect::<Vec<_>>(),
        commands
            .map(|it| (it.command.id, it.command.status, it.steps.len()))
            .collect::<Vec<_>>(),
        counted(shop, package).await,
        details.items,
    )
}

/// Makes every statement of an ending fail in turn, until it succeeds.
async fn fails_in_turn(shop: &Shop, order: OrderId, ending: impl AsyncFn() -> bool) {
    let before = state(shop, order).await;
    let mut failures = 0;
    for statement in 1..MOST_STATEMENTS {
        shop.app.db.fail_at(Some(statement));
        let ended = ending().await;
        shop.app.db.fail_at(None);
        if ended {
            break;
        }
        failures += 1;
        let now = state(shop, order).await;
        assert_eq!(now, before, "after a failure at statement {statement}");
    }
    assert!(
        failures > 12,
        "only {failures} statements were made to fail"
    );
    assert_ne!(state(shop, order).await, before);
}

async fn a_refund_is_whole_or_nothing(shop: Shop) {
    let order = shop.buys("Steve", timed_vip(&shop).await).await.order.id;
    fails_in_turn(&shop, order, async || {
        let refunded = tradepost_app::orders::refund_order(&shop.app, &shop.actor, order, None);
        refunded.await.is_ok()
    })
    .await;
}

async fn a_dispute_and_its_win_are_whole_or_nothing(shop: Shop) {
    let bought = shop.buys("Steve", timed_vip(&shop).await).await;
    let reference = &bought.payments[0].payment.reference;
    for decision in [Decision::Dispute, Decision::WinDispute] {
        let told = shop.told(reference, decision).await;
        fails_in_turn(&shop, bought.order.id, async || {
            payments::settle_now(&shop.app, &told).await.is_ok()
        })
        .await;
    }
}

async fn the_end_of_a_time_is_whole_or_nothing(shop: Shop) {
    let order = shop.buys("Steve", timed_vip(&shop).await).await.order.id;
    // The jobs of the purchase itself come first.
    shop.wait(24 * 3600).await;
    shop.clock
        .advance(jiff::SignedDuration::from_hours(29 * 24 + 1));
    let find = async || {
        let found = tradepost_app::orders::find(&shop.app, &shop.actor, order);
        found.await.unwrap()
    };
    fails_in_turn(&shop, order, async || {
        // A job that fails is tried again after a while. One that did its work and could not say so
        // is, too.
        shop.clock.advance(jiff::SignedDuration::from_hours(2));
        tradepost_app::jobs::run_due(&shop.app).await.ok();
        shop.app.db.fail_at(None);
        find().await.items[0].ended.is_some()
    })
    .await;
    shop.wait(2 * 3600).await;
    assert_eq!(find().await.commands.len(), 2, "once");
}

/// How many of a package are sold and reserved.
async fn counted(shop: &Shop, package: tradepost_model::ids::PackageId) -> (i64, i64) {
    let (package, _) = tradepost_app::packages::find(&shop.app, &shop.actor, &shop.store, package)
        .await
        .unwrap();
    (package.sold, package.reserved)
}
