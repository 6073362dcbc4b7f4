//! What is bought for a time, when purchases of it go back: nobody keeps days that were refunded, and nobody
//! loses days to a dispute that was won.

use tradepost_app::orders::{Details, refund_order};
use tradepost_app::payments::{self, Decision};
use tradepost_model::ids::PackageId;
use tradepost_model::orders::{EndReason, OrderStatus};

use crate::endings::{DAY, again, decide, run, timed};
use crate::shop::{Shop, new_session, on_both_engines};

on_both_engines! {
    a_refund_gives_up_the_time_that_was_not_used,
    winning_a_dispute_gives_back_the_time_of_every_line,
    a_refund_gives_up_the_time_of_every_line,
    winning_a_dispute_gives_back_the_time_it_took,
    two_that_end_at_once_end_the_holding_once,
    winning_a_dispute_gives_nothing_whose_time_was_over,
}

pub(crate) fn days_left(shop: &Shop, details: &Details) -> i64 {
    let expires_at = details.items[0].expires_at.unwrap();
    (expires_at.as_second() - shop.app.now().as_second()) / DAY
}

async fn a_refund_gives_up_the_time_that_was_not_used(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let package = timed(&shop).await;
    let first = shop.buys("Steve", package).await;
    let second = shop.buys("Steve", package).await;
    assert_eq!(days_left(&shop, &again(&shop, &second).await), 60);
    shop.wait(10 * DAY).await;
    refund_order(&shop.app, &shop.actor, first.order.id, None)
        .await
        .unwrap();
    assert_eq!(days_left(&shop, &again(&shop, &second).await), 30);
    run(&shop, &plugin).await;
    shop.wait(30 * DAY + 1).await;
    assert_eq!(run(&shop, &plugin).await, ["expiry Steve 2"]);
}

/// Buys a package in two lines of one order.
async fn buys_twice_at_once(shop: &Shop, package: PackageId, first: u32) -> Details {
    let mut new = new_session("Steve", package);
    new.lines.push(new.lines[0].clone());
    new.lines[0].quantity = first;
    let session = tradepost_app::checkout::create(&shop.app, &shop.store, new)
        .await
        .unwrap();
    let reference = shop.start(&session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    shop.order(&session).await
}

/// When the last line of an order ends, in days from now.
async fn last_day(shop: &Shop, bought: &Details) -> i64 {
    let items = again(shop, bought).await.items;
    let last = items.iter().filter_map(|it| it.expires_at).max().unwrap();
    (last.as_second() - shop.app.now().as_second()) / DAY
}

async fn winning_a_dispute_gives_back_the_time_of_every_line(shop: Shop) {
    let bought = buys_twice_at_once(&shop, timed(&shop).await, 1).await;
    assert_eq!(last_day(&shop, &bought).await, 60);
    shop.wait(10 * DAY).await;
    decide(&shop, &bought, Decision::Dispute).await;
    shop.wait(2 * DAY).await;
    decide(&shop, &bought, Decision::WinDispute).await;
    assert_eq!(last_day(&shop, &bought).await, 50);
}

async fn a_refund_gives_up_the_time_of_every_line(shop: Shop) {
    let package = timed(&shop).await;
    let first = buys_twice_at_once(&shop, package, 3).await;
    let second = shop.buys("Steve", package).await;
    assert_eq!(last_day(&shop, &second).await, 150);
    shop.wait(10 * DAY).await;
    refund_order(&shop.app, &shop.actor, first.order.id, None)
        .await
        .unwrap();
    assert_eq!(last_day(&shop, &second).await, 30);
}

async fn winning_a_dispute_gives_back_the_time_it_took(shop: Shop) {
    let bought = shop.buys("Steve", timed(&shop).await).await;
    shop.wait(10 * DAY).await;
    decide(&shop, &bought, Decision::Dispute).await;
    shop.wait(40 * DAY).await;
    decide(&shop, &bought, Decision::WinDispute).await;
    assert_eq!(days_left(&shop, &again(&shop, &bought).await), 20);
    shop.wait(20 * DAY + 1).await;
    let after = again(&shop, &bought).await;
    assert!(matches!(
        after.items[0].ended,
        Some((_, EndReason::Expired))
    ));
}

async fn two_that_end_at_once_end_the_holding_once(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let package = timed(&shop).await;
    for _ in 0..4 {
        shop.buys("Steve", package).await;
    }
    run(&shop, &plugin).await;
    shop.wait(121 * DAY).await;
    assert_eq!(run(&shop, &plugin).await.len(), 1);
}

async fn winning_a_dispute_gives_nothing_whose_time_was_over(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let package = shop
        .package_with("Month", "4.99", |input| {
            input.timed_days = "30".to_owned();
            let mut command = shop.command("chargeback {username}");
            command.kind = "chargeback".to_owned();
            input.commands.push(command);
        })
        .await;
    let bought = shop.buys("Steve", package).await;
    run(&shop, &plugin).await;
    shop.wait(31 * DAY).await;
    decide(&shop, &bought, Decision::Dispute).await;
    assert_eq!(run(&shop, &plugin).await, ["chargeback Steve"]);
    decide(&shop, &bought, Decision::WinDispute).await;
    assert!(plugin.take().is_empty());
    let won = again(&shop, &bought).await;
    assert_eq!(won.order.status, OrderStatus::Paid);
    assert!(matches!(won.items[0].ended, Some((_, EndReason::Expired))));
}
