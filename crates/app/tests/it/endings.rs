//! How purchases end: refunds, disputes, time that is over.

use tradepost_app::orders::{self, Details, preview_refund, refund_order};
use tradepost_app::payments::{self, Decision};
use tradepost_app::{Actor, jobs};
use tradepost_model::commands::{CommandStatus, CommandType, RunResult};
use tradepost_model::ids::PackageId;
use tradepost_model::money::Money;
use tradepost_model::orders::{EndReason, OrderStatus};
use tradepost_model::payments::PaymentStatus;
use tradepost_model::permissions::{Access, Area, Permissions};

use crate::shop::{Recorder, Shop, code, on_both_engines};
use crate::times::days_left;

on_both_engines! {
    a_refund_takes_back_what_was_given_and_what_was_not,
    a_refund_happens_once,
    a_refund_needs_its_flag,
    a_refunded_package_can_be_bought_again,
    the_gateway_can_refund,
    a_manual_order_is_refunded_without_a_gateway,
    a_dispute_takes_the_goods_and_winning_it_gives_them_again,
    a_dispute_that_took_nothing_yet_gives_nothing_twice,
    a_lost_dispute_stays_a_chargeback,
    the_end_of_a_dispute_may_be_told_first,
    what_was_bought_for_a_time_ends,
    renewing_early_loses_no_time,
    it_lasts_as_long_as_was_promised_when_it_was_bought,
    more_time_than_there_is_ends_at_a_far_date,
    several_last_as_long_as_all_together,
    a_refund_ends_the_time,
    global_commands_run_once_per_order,
    what_was_under_way_at_a_refund_is_not_tried_again,
    what_was_not_delivered_in_its_time_is_not_delivered_after_it,
    winning_a_dispute_gives_back_just_what_it_took,
    money_that_went_back_before_it_came_buys_nothing,
    money_that_went_back_is_not_looked_at_for_its_amount,
    money_of_a_declined_attempt_that_went_back_leaves_the_next_one_alone,
    a_dispute_told_before_its_payment_takes_the_goods,
    a_refund_while_the_payment_is_disputed_ends_both,
}

/// A package that gives, and takes back in every way.
async fn vip(shop: &Shop) -> PackageId {
    shop.package_with("VIP", "9.99", |input| {
        input.per_user_limit = "1".to_owned();
        for kind in ["refund", "chargeback", "expiry"] {
            let mut command = shop.command(&format!("{kind} {{username}}"));
            command.kind = kind.to_owned();
            input.commands.push(command);
        }
    })
    .await
}

/// Answers what a plugin was sent, as completed, and tells the texts.
pub(crate) async fn run(shop: &Shop, recorder: &Recorder) -> Vec<String> {
    let commands = recorder.take();
    let reports = commands
        .iter()
        .map(|command| tradepost_app::delivery::Report {
            command: command.id,
            attempt: Some(command.attempt),
            result: RunResult::Completed,
            output: None,
            duration_ms: Some(1),
        });
    let plugin = shop.plugin().await;
    tradepost_app::delivery::report_results(&shop.app, plugin, reports.collect())
        .await
        .unwrap();
    commands.into_iter().map(|command| command.text).collect()
}

pub(crate) async fn again(shop: &Shop, details: &Details) -> Details {
    orders::find(&shop.app, &shop.actor, details.order.id)
        .await
        .unwrap()
}

pub(crate) async fn decide(shop: &Shop, details: &Details, decision: Decision) {
    let reference = details.payments[0].payment.reference.clone();
    let told = shop.told(&reference, decision).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
}

fn statuses(details: &Details, kind: CommandType) -> Vec<CommandStatus> {
    let of_kind = details
        .commands
        .iter()
        .map(|it| &it.command)
        .filter(|it| it.kind == kind);
    of_kind.map(|it| it.status).collect()
}

async fn a_refund_takes_back_what_was_given_and_what_was_not(shop: Shop) {
    let package = shop
        .package_with("VIP", "9.99", |input| {
            let mut later = shop.command("later {username}");
            later.delay = "60".to_owned();
            let mut refund = shop.command("refund {username} {price} {order_number}");
            refund.kind = "refund".to_owned();
            input.commands.extend([later, refund]);
        })
        .await;
    let (_, plugin) = shop.connect().await;
    let bought = shop.buys("Steve", package).await;
    run(&shop, &plugin).await;

    let preview = preview_refund(&shop.app, &shop.actor, bought.order.id)
        .await
        .unwrap();
    assert_eq!(
        (preview.taken_back, preview.runs),
        (1, vec![("Survival".to_owned(), 1)])
    );
    refund_order(
        &shop.app,
        &shop.actor,
        bought.order.id,
        Some("asked kindly"),
    )
    .await
    .unwrap();
    assert_eq!(run(&shop, &plugin).await, ["refund Steve 9.99 1"]);
    jobs::run_due(&shop.app).await.unwrap();

    let after = again(&shop, &bought).await;
    assert_eq!(after.order.status, OrderStatus::Refunded);
    assert_eq!(after.order.reason.as_deref(), Some("asked kindly"));
    assert_eq!(after.payments[0].payment.status, PaymentStatus::Refunded);
    assert_eq!(
        statuses(&after, CommandType::Initial),
        [CommandStatus::Completed, CommandStatus::Cancelled]
    );
    assert_eq!(
        statuses(&after, CommandType::Refund),
        [CommandStatus::Completed]
    );
    assert!(matches!(
        after.items[0].ended,
        Some((_, EndReason::Refunded))
    ));
    let cancelled = &after.commands[1];
    assert_eq!(
        cancelled.steps.last().unwrap().reason,
        "taken back: the order was refunded"
    );
    shop.wait(120).await;
    assert!(plugin.take().is_empty(), "what was taken back is not sent");
}

async fn a_refund_happens_once(shop: Shop) {
    let bought = shop.buys("Steve", vip(&shop).await).await;
    let refund = || refund_order(&shop.app, &shop.actor, bought.order.id, None);
    let (one, two, three) = tokio::join!(refund(), refund(), refund());
    let done = [&one, &two, &three].iter().filter(|it| it.is_ok()).count();
    assert_eq!(done, 1, "{one:?} {two:?} {three:?}");
    let refused = [one, two, three].into_iter().find(Result::is_err).unwrap();
    assert_eq!(code(refused), "order_not_refundable");
    let after = again(&shop, &bought).await;
    assert_eq!(statuses(&after, CommandType::Refund).len(), 1);
    jobs::run_due(&shop.app).await.unwrap();
    let store = shop.store.id;
    let told = shop
        .app
        .read(async move |conn| Ok(tradepost_db::events::after(conn, store, 0, 100).await?))
        .await
        .unwrap();
    assert_eq!(
        told.iter()
            .filter(|it| it.name == "payment.refunded")
            .count(),
        1
    );
}

async fn a_refund_needs_its_flag(shop: Shop) {
    let bought = shop.buys("Steve", vip(&shop).await).await;
    let mut permissions = Permissions::default();
    permissions.grant(Area::Orders, Access::View);
    permissions.grant(Area::Orders, Access::Edit);
    let staff = Actor::key(shop.store.id, permissions);
    let refused = refund_order(&shop.app, &staff, bought.order.id, None)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "this needs the permission IssueRefunds"
    );
    assert_eq!(again(&shop, &bought).await.order.status, OrderStatus::Paid);
}

async fn a_refunded_package_can_be_bought_again(shop: Shop) {
    let package = vip(&shop).await;
    let bought = shop.buys("Steve", package).await;
    assert!(
        shop.session("Steve", package).await.is_err(),
        "one per player"
    );
    refund_order(&shop.app, &shop.actor, bought.order.id, None)
        .await
        .unwrap();
    assert_eq!(
        shop.buys("Steve", package).await.order.status,
        OrderStatus::Paid
    );
}

async fn the_gateway_can_refund(shop: Shop) {
    let bought = shop.buys("Steve", vip(&shop).await).await;
    decide(&shop, &bought, Decision::Refund).await;
    decide(&shop, &bought, Decision::Refund).await;
    let after = again(&shop, &bought).await;
    assert_eq!(after.order.status, OrderStatus::Refunded);
    assert_eq!(after.payments[0].payment.status, PaymentStatus::Refunded);
    assert_eq!(
        statuses(&after, CommandType::Refund),
        [CommandStatus::Pending]
    );
}

async fn a_manual_order_is_refunded_without_a_gateway(shop: Shop) {
    let package = vip(&shop).await;
    let new = orders::ManualOrder {
        player: crate::shop::player("Steve"),
        email: None,
        items: crate::shop::new_session("Steve", package).lines,
    };
    let order = orders::give(&shop.app, &shop.actor, new).await.unwrap();
    refund_order(&shop.app, &shop.actor, order, None)
        .await
        .unwrap();
    let after = orders::find(&shop.app, &shop.actor, order).await.unwrap();
    assert_eq!(after.order.status, OrderStatus::Refunded);
    assert_eq!(after.payments[0].payment.status, PaymentStatus::Refunded);
}

async fn a_dispute_takes_the_goods_and_winning_it_gives_them_again(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let bought = shop.buys("Steve", vip(&shop).await).await;
    let given = run(&shop, &plugin).await;
    decide(&shop, &bought, Decision::Dispute).await;
    assert_eq!(run(&shop, &plugin).await, ["chargeback Steve"]);
    let disputed = again(&shop, &bought).await;
    assert_eq!(disputed.order.status, OrderStatus::Chargeback);
    assert!(matches!(
        disputed.items[0].ended,
        Some((_, EndReason::Chargeback))
    ));
    assert_eq!(
        code(refund_order(&shop.app, &shop.actor, bought.order.id, None).await),
        "order_not_refundable"
    );

    decide(&shop, &bought, Decision::WinDispute).await;
    decide(&shop, &bought, Decision::WinDispute).await;
    assert_eq!(run(&shop, &plugin).await, given, "once");
    let won = again(&shop, &bought).await;
    assert_eq!(won.order.status, OrderStatus::Paid);
    assert_eq!(won.payments[0].payment.status, PaymentStatus::Paid);
    assert_eq!(won.items[0].ended, None);
}

async fn a_dispute_that_took_nothing_yet_gives_nothing_twice(shop: Shop) {
    let (first, plugin) = shop.connect().await;
    let bought = shop.buys("Steve", vip(&shop).await).await;
    run(&shop, &plugin).await;
    tradepost_app::delivery::disconnect(&shop.app, first)
        .await
        .unwrap();
    decide(&shop, &bought, Decision::Dispute).await;
    decide(&shop, &bought, Decision::WinDispute).await;
    let won = again(&shop, &bought).await;
    assert_eq!(
        statuses(&won, CommandType::Initial),
        [CommandStatus::Completed]
    );
    assert_eq!(
        statuses(&won, CommandType::Chargeback),
        [CommandStatus::Cancelled]
    );
    let (_, plugin) = shop.connect().await;
    assert!(plugin.take().is_empty());
}

async fn a_lost_dispute_stays_a_chargeback(shop: Shop) {
    let bought = shop.buys("Steve", vip(&shop).await).await;
    decide(&shop, &bought, Decision::Dispute).await;
    decide(&shop, &bought, Decision::LoseDispute).await;
    decide(&shop, &bought, Decision::WinDispute).await;
    let lost = again(&shop, &bought).await;
    assert_eq!(lost.order.status, OrderStatus::Chargeback);
    assert_eq!(lost.payments[0].payment.status, PaymentStatus::ChargedBack);
    // It was never given, so it is not to be given now.
    assert_eq!(
        statuses(&lost, CommandType::Initial),
        [CommandStatus::Cancelled]
    );
}

async fn the_end_of_a_dispute_may_be_told_first(shop: Shop) {
    let package = shop.package("Coins", "1.00").await;
    let won = shop.buys("Steve", package).await;
    decide(&shop, &won, Decision::WinDispute).await;
    decide(&shop, &won, Decision::Dispute).await;
    assert_eq!(again(&shop, &won).await.order.status, OrderStatus::Paid);
    let lost = shop.buys("Alex", package).await;
    decide(&shop, &lost, Decision::LoseDispute).await;
    decide(&shop, &lost, Decision::Dispute).await;
    let lost = again(&shop, &lost).await;
    assert_eq!(lost.order.status, OrderStatus::Chargeback);
    assert_eq!(lost.payments[0].payment.status, PaymentStatus::ChargedBack);
}

pub(crate) async fn timed(shop: &Shop) -> PackageId {
    shop.package_with("Month", "4.99", |input| {
        input.timed_days = "30".to_owned();
        let mut expiry = shop.command("expiry {username} {order_number}");
        expiry.kind = "expiry".to_owned();
        input.commands.push(expiry);
    })
    .await
}

pub(crate) const DAY: i64 = 24 * 3600;

async fn what_was_bought_for_a_time_ends(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let bought = shop.buys("Steve", timed(&shop).await).await;
    run(&shop, &plugin).await;
    let bought = again(&shop, &bought).await;
    let expires_at = bought.items[0].expires_at.expect("it is timed");
    assert_eq!(
        expires_at.as_second() - bought.order.paid_at.unwrap().as_second(),
        30 * DAY
    );

    shop.wait(30 * DAY - 1).await;
    assert!(run(&shop, &plugin).await.is_empty());
    shop.wait(2).await;
    assert_eq!(run(&shop, &plugin).await, ["expiry Steve 1"]);
    let after = again(&shop, &bought).await;
    assert!(matches!(
        after.items[0].ended,
        Some((_, EndReason::Expired))
    ));
    assert_eq!(after.order.status, OrderStatus::Paid);
    shop.wait(DAY).await;
    assert!(plugin.take().is_empty(), "once");
}

async fn renewing_early_loses_no_time(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let package = timed(&shop).await;
    shop.buys("Steve", package).await;
    shop.wait(20 * DAY).await;
    shop.buys("Steve", package).await;
    let other = shop.buys("Alex", package).await;
    run(&shop, &plugin).await;
    let other = again(&shop, &other).await;
    let left = other.items[0].expires_at.unwrap().as_second() - shop.app.now().as_second();
    assert_eq!(left, 30 * DAY, "another player's time is their own");

    shop.wait(11 * DAY).await;
    assert!(
        run(&shop, &plugin).await.is_empty(),
        "day 31: the second purchase goes on"
    );
    shop.wait(20 * DAY).await;
    assert_eq!(run(&shop, &plugin).await, ["expiry Alex 3"], "day 51");
    shop.wait(10 * DAY).await;
    assert_eq!(run(&shop, &plugin).await, ["expiry Steve 2"], "day 61");
}

async fn several_last_as_long_as_all_together(shop: Shop) {
    let package = timed(&shop).await;
    let mut new = crate::shop::new_session("Steve", package);
    new.lines[0].quantity = 3;
    let session = tradepost_app::checkout::create(&shop.app, &shop.store, new)
        .await
        .unwrap();
    let reference = shop.start(&session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let bought = shop.order(&session).await;
    let lasts = bought.items[0].expires_at.unwrap().as_second() - shop.app.now().as_second();
    assert_eq!(lasts, 90 * DAY);
}

/// Changes for how many days a package is bought.
async fn lasts(shop: &Shop, package: PackageId, days: &str) {
    let input = tradepost_app::packages::PackageInput {
        name: "Month".to_owned(),
        price: "4.99".to_owned(),
        is_active: true,
        timed_days: days.to_owned(),
        commands: vec![shop.command("give {username}")],
        ..Default::default()
    };
    tradepost_app::packages::save(&shop.app, &shop.actor, &shop.store, Some(package), &input)
        .await
        .unwrap();
}

async fn it_lasts_as_long_as_was_promised_when_it_was_bought(shop: Shop) {
    let package = timed(&shop).await;
    lasts(&shop, package, "365").await;
    let (session, reference) = started(&shop, package).await;
    let late = shop.session("Alex", package).await.unwrap();
    lasts(&shop, package, "30").await;
    assert_eq!(code(shop.start(&late).await), "package_changed");
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    assert_eq!(days_left(&shop, &shop.order(&session).await), 365);
    let next = shop.buys("Alex", package).await;
    assert_eq!(days_left(&shop, &next), 30);
}

async fn more_time_than_there_is_ends_at_a_far_date(shop: Shop) {
    let package = shop
        .package_with("Century", "0.01", |input| {
            input.timed_days = "3650".to_owned();
            input.commands[0].run_per = "line".to_owned();
        })
        .await;
    let mut new = crate::shop::new_session("Steve", package);
    new.lines[0].quantity = 100;
    new.lines = vec![new.lines[0].clone(); 10];
    let session = tradepost_app::checkout::create(&shop.app, &shop.store, new)
        .await
        .unwrap();
    let reference = shop.start(&session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let bought = shop.order(&session).await;
    assert_eq!(bought.order.status, OrderStatus::Paid);
    let last = bought.items.iter().filter_map(|it| it.expires_at).max();
    assert_eq!(last.unwrap().to_string(), "9999-01-01T00:00:00Z");
    let more = shop.buys("Steve", package).await;
    assert_eq!(
        more.items[0].expires_at, last,
        "and what is bought after it"
    );
    decide(&shop, &bought, Decision::Dispute).await;
    decide(&shop, &bought, Decision::WinDispute).await;
    refund_order(&shop.app, &shop.actor, bought.order.id, None)
        .await
        .unwrap();
    assert_eq!(
        again(&shop, &bought).await.order.status,
        OrderStatus::Refunded
    );
    assert_eq!(again(&shop, &more).await.order.status, OrderStatus::Paid);
}

async fn a_refund_ends_the_time(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let bought = shop.buys("Steve", timed(&shop).await).await;
    run(&shop, &plugin).await;
    refund_order(&shop.app, &shop.actor, bought.order.id, None)
        .await
        .unwrap();
    shop.wait(31 * DAY).await;
    assert!(
        run(&shop, &plugin).await.is_empty(),
        "no expiry after a refund"
    );
    assert!(matches!(
        again(&shop, &bought).await.items[0].ended,
        Some((_, EndReason::Refunded))
    ));
}

async fn global_commands_run_once_per_order(shop: Shop) {
    let (store, template) = (
        shop.store.id,
        "say {player} bought {quantity}: {package} ({price})",
    );
    let command = |kind| tradepost_model::packages::PackageCommand {
        id: shop.app.id(),
        template: tradepost_model::templates::Template::parse(template).unwrap(),
        kind,
        target: tradepost_model::packages::Target::All,
        execute: tradepost_model::packages::Execute::Always,
        delay_seconds: 0,
        required_slots: 0,
        run_per: tradepost_model::packages::RunPer::Line,
    };
    let commands = [command(CommandType::Initial), command(CommandType::Refund)];
    shop.app
        .write(async move |tx| Ok(tradepost_db::global_commands::set(tx, store, &commands).await?))
        .await
        .unwrap();
    let (_, plugin) = shop.connect().await;
    let (coins, gems) = (
        shop.package("Coins", "1.00").await,
        shop.package("Gems", "2.00").await,
    );
    let mut new = crate::shop::new_session("Steve", coins);
    new.lines[0].quantity = 2;
    new.lines
        .extend(crate::shop::new_session("Steve", gems).lines);
    let session = tradepost_app::checkout::create(&shop.app, &shop.store, new)
        .await
        .unwrap();
    let reference = shop.start(&session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let texts = run(&shop, &plugin).await;
    assert_eq!(texts.len(), 4);
    assert_eq!(texts[3], "say Steve bought 3: Coins and 1 more (4.00)");
    let bought = shop.order(&session).await;
    refund_order(&shop.app, &shop.actor, bought.order.id, None)
        .await
        .unwrap();
    assert_eq!(run(&shop, &plugin).await, [texts[3].clone()]);
}

/// What a plugin says of everything it was sent.
async fn answer(shop: &Shop, recorder: &Recorder, result: RunResult) {
    let report = |command: tradepost_model::commands::Command| tradepost_app::delivery::Report {
        command: command.id,
        attempt: Some(command.attempt),
        result: result.clone(),
        output: None,
        duration_ms: None,
    };
    let reports = recorder.take().into_iter().map(report).collect();
    let plugin = shop.plugin().await;
    tradepost_app::delivery::report_results(&shop.app, plugin, reports)
        .await
        .unwrap();
}

async fn what_was_under_way_at_a_refund_is_not_tried_again(shop: Shop) {
    let package = vip(&shop).await;
    let (_, plugin) = shop.connect().await;
    for (player, result) in [
        ("Steve", RunResult::Failed("the game is down".to_owned())),
        ("Alex", RunResult::AwaitingPlayer),
    ] {
        let bought = shop.buys(player, package).await;
        refund_order(&shop.app, &shop.actor, bought.order.id, None)
            .await
            .unwrap();
        let mut sent = plugin.take();
        let refund = sent.pop().unwrap();
        assert_eq!((sent.len(), refund.kind), (1, CommandType::Refund));
        plugin.give_back(sent);
        answer(&shop, &plugin, result).await;
        let after = again(&shop, &bought).await;
        assert_eq!(
            statuses(&after, CommandType::Initial),
            [CommandStatus::Cancelled]
        );
        let last = after.commands[0].steps.last().unwrap();
        assert_eq!(last.reason, "not tried again: the order was refunded");
    }
    shop.wait(300).await;
    let name = |name: &str| tradepost_app::delivery::PlayerName {
        username: name.to_owned(),
        uuid: None,
    };
    let here = shop.plugin().await;
    let joined = vec![name("Steve"), name("Alex")];
    tradepost_app::delivery::players_online(&shop.app, here, joined)
        .await
        .unwrap();
    assert!(
        plugin
            .take()
            .iter()
            .all(|it| it.kind == CommandType::Refund),
        "no goods any more"
    );
}

async fn what_was_not_delivered_in_its_time_is_not_delivered_after_it(shop: Shop) {
    let package = timed(&shop).await;
    let (_, plugin) = shop.connect().await;
    let bought = shop.buys("Steve", package).await;
    answer(&shop, &plugin, RunResult::AwaitingPlayer).await;
    shop.wait(30 * DAY + 1).await;
    assert_eq!(run(&shop, &plugin).await, ["expiry Steve 1"]);
    let here = shop.plugin().await;
    let steve = tradepost_app::delivery::PlayerName {
        username: "Steve".to_owned(),
        uuid: None,
    };
    tradepost_app::delivery::player_joined(&shop.app, here, steve)
        .await
        .unwrap();
    assert!(plugin.take().is_empty());
    let after = again(&shop, &bought).await;
    assert_eq!(
        statuses(&after, CommandType::Initial),
        [CommandStatus::Cancelled]
    );
}

async fn winning_a_dispute_gives_back_just_what_it_took(shop: Shop) {
    let package = shop
        .package_with("Kit", "1.00", |input| {
            for (text, delay) in [("later {username}", "60"), ("never {username}", "90")] {
                let mut command = shop.command(text);
                command.delay = delay.to_owned();
                input.commands.push(command);
            }
        })
        .await;
    let (_, plugin) = shop.connect().await;
    let bought = shop.buys("Steve", package).await;
    run(&shop, &plugin).await;
    let never = bought.commands[2].command.id;
    tradepost_app::commands::cancel(&shop.app, &shop.actor, never)
        .await
        .unwrap();
    decide(&shop, &bought, Decision::Dispute).await;
    shop.wait(120).await;
    assert!(plugin.take().is_empty());
    decide(&shop, &bought, Decision::WinDispute).await;
    assert_eq!(
        run(&shop, &plugin).await,
        ["later Steve"],
        "not what ran, not what staff cancelled"
    );
    let won = again(&shop, &bought).await;
    assert_eq!(won.commands.len(), 3);
}

/// A payment that has started.
async fn started(shop: &Shop, package: PackageId) -> (tradepost_model::checkout::Session, String) {
    let session = shop.session("Steve", package).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    (session, reference)
}

async fn money_that_went_back_before_it_came_buys_nothing(shop: Shop) {
    let (_, plugin) = shop.connect().await;
    let (session, reference) = started(&shop, vip(&shop).await).await;
    for decision in [Decision::Refund, Decision::Approve, Decision::Refund] {
        let told = shop.told(&reference, decision).await;
        payments::settle_now(&shop.app, &told).await.unwrap();
    }
    let after = shop.order(&session).await;
    assert_eq!(after.order.status, OrderStatus::Cancelled);
    assert_eq!(after.payments[0].payment.status, PaymentStatus::Refunded);
    assert!(after.commands.is_empty() && plugin.take().is_empty());
}

async fn money_that_went_back_is_not_looked_at_for_its_amount(shop: Shop) {
    let (session, reference) = started(&shop, vip(&shop).await).await;
    let told = shop.told(&reference, Decision::Refund).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let (_, mut payment) = payments::by_reference(&shop.app, "test", &reference)
        .await
        .unwrap();
    payment.amount = Money::new(1, payment.amount.currency());
    let gateway = &shop.app.gateways.test;
    let (signature, body) = gateway.notification(&payment, Decision::Approve).unwrap();
    let told = payments::receive(&shop.app, "test", &signature, &body).await;
    payments::settle_now(&shop.app, &told.unwrap())
        .await
        .unwrap();
    let after = shop.order(&session).await;
    assert_eq!(after.order.status, OrderStatus::Cancelled);
    assert_eq!(after.payments[0].payment.status, PaymentStatus::Refunded);
}

async fn money_of_a_declined_attempt_that_went_back_leaves_the_next_one_alone(shop: Shop) {
    let (session, first) = started(&shop, vip(&shop).await).await;
    let told = shop.told(&first, Decision::Decline).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let second = shop.start(&session).await.unwrap();
    for decision in [Decision::Refund, Decision::Approve] {
        let told = shop.told(&first, decision).await;
        payments::settle_now(&shop.app, &told).await.unwrap();
    }
    assert_eq!(
        shop.order(&session).await.order.status,
        OrderStatus::Pending
    );
    let told = shop.told(&second, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let after = shop.order(&session).await;
    assert_eq!(after.order.status, OrderStatus::Paid);
    let of = |reference: &str| {
        let mut all = after.payments.iter().map(|it| &it.payment);
        all.find(|it| it.reference == reference).unwrap().status
    };
    assert_eq!(of(&first), PaymentStatus::Refunded);
    assert_eq!(of(&second), PaymentStatus::Paid);
}

async fn a_dispute_told_before_its_payment_takes_the_goods(shop: Shop) {
    let (session, reference) = started(&shop, vip(&shop).await).await;
    for decision in [Decision::Dispute, Decision::Approve] {
        let told = shop.told(&reference, decision).await;
        payments::settle_now(&shop.app, &told).await.unwrap();
    }
    let after = shop.order(&session).await;
    assert_eq!(after.order.status, OrderStatus::Chargeback);
    assert_eq!(after.payments[0].payment.status, PaymentStatus::Disputed);
    assert_eq!(
        statuses(&after, CommandType::Chargeback),
        [CommandStatus::Pending]
    );
}

async fn a_refund_while_the_payment_is_disputed_ends_both(shop: Shop) {
    let bought = shop.buys("Steve", vip(&shop).await).await;
    for decision in [Decision::Dispute, Decision::Refund, Decision::WinDispute] {
        decide(&shop, &bought, decision).await;
    }
    let after = again(&shop, &bought).await;
    assert_eq!(after.order.status, OrderStatus::Refunded);
    assert_eq!(after.payments[0].payment.status, PaymentStatus::Refunded);
    assert_eq!(statuses(&after, CommandType::Refund), []);
}
