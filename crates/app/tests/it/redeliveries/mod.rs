//! Redeliveries: all that existed, once, at the pace; refused where they do not fit.

mod exactly_once;
mod wipes;

use std::collections::BTreeMap;

use jiff::{SignedDuration, ToSpan as _};
use tradepost_app::commands::Filter;
use tradepost_app::payments::Decision;
use tradepost_app::redeliveries::{
    NewRedelivery, RedeliveryFilter, RedeliveryKind, RedeliveryState, RedeliveryView,
};
use tradepost_app::{Actor, Error, commands, jobs, payments, redeliveries, servers};
use tradepost_model::commands::{Command, CommandOrigin, CommandStatus, RunResult};
use tradepost_model::ids::{CommandId, OrderId, PackageId, RedeliveryId, ServerId};

use crate::shop::{Shop, code, new_store, on_both_engines};
use crate::staff::{fields, find, mara, report};

on_both_engines!(
    commands_are_resent_at_their_pace,
    what_changed_since_the_start_is_left_alone,
    a_filter_is_kept,
    it_pauses_resumes_and_ends,
    what_waited_before_is_not_taken_back,
    what_was_sent_again_by_hand_is_not_taken_back,
    what_takes_away_is_left_alone_while_it_is_held,
    another_stores_redeliveries_do_not_exist,
    what_does_not_fit_is_told,
);

fn of_commands(per_minute: u32) -> NewRedelivery {
    NewRedelivery {
        kind: RedeliveryKind::Commands,
        server: None,
        filter: RedeliveryFilter::default(),
        per_minute,
    }
}

fn wipe(server: ServerId, per_minute: u32) -> NewRedelivery {
    NewRedelivery {
        kind: RedeliveryKind::Entitlements,
        server: Some(server),
        ..of_commands(per_minute)
    }
}

async fn view(shop: &Shop, id: RedeliveryId) -> RedeliveryView {
    redeliveries::find(&shop.app, &shop.actor, id)
        .await
        .unwrap()
}

/// Total, seen and queued.
async fn progress(shop: &Shop, id: RedeliveryId) -> (i64, i64, i64) {
    let it = view(shop, id).await.redelivery;
    (it.total, it.seen, it.queued)
}

/// Purchases whose command was cancelled, to be sent again.
async fn cancelled(shop: &Shop, package: PackageId, count: usize) -> Vec<CommandId> {
    let mut list = Vec::new();
    for number in 0..count {
        let details = shop.buys(&format!("Buyer_{number}"), package).await;
        let command = details.commands[0].command.id;
        commands::cancel(&shop.app, &shop.actor, command)
            .await
            .unwrap();
        list.push(command);
    }
    list
}

/// Commands that were cancelled.
fn of_cancelled(per_minute: u32) -> NewRedelivery {
    let mut new = of_commands(per_minute);
    new.filter.statuses = vec![CommandStatus::Cancelled];
    new
}

async fn all(shop: &Shop) -> Vec<Command> {
    let page = commands::list(&shop.app, &shop.actor, Filter::default(), 0, 1000).await;
    page.unwrap()
        .commands
        .into_iter()
        .map(|it| it.command)
        .collect()
}

/// How many commands of a wipe each order has.
async fn redelivered(shop: &Shop) -> BTreeMap<OrderId, usize> {
    let mut counts = BTreeMap::new();
    for command in all(shop).await {
        if command.origin == CommandOrigin::Redelivery {
            *counts.entry(command.order).or_default() += 1;
        }
    }
    counts
}

async fn commands_are_resent_at_their_pace(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mara = mara(&shop).await;
    let (plugin, recorder) = shop.connect().await;
    for number in 0..3 {
        shop.buys(&format!("Buyer_{number}"), vip).await;
        let run = recorder.take().remove(0);
        report(&shop, plugin, &run, RunResult::Interrupted(None)).await;
    }
    shop.buys("Happy", vip).await;
    let run = recorder.take().remove(0);
    report(&shop, plugin, &run, RunResult::Completed).await;
    let preview = redeliveries::preview(&shop.app, &mara, of_commands(12))
        .await
        .unwrap();
    assert_eq!(
        (preview.commands, preview.players, preview.texts.len()),
        (3, 3, 3)
    );
    assert!(
        all(&shop).await.iter().all(|it| it.attempt == 1),
        "nothing was written"
    );
    let id = redeliveries::start(&shop.app, &mara, of_commands(12))
        .await
        .unwrap();
    assert_eq!(progress(&shop, id).await, (3, 0, 0));
    // One of twelve a minute is sent every five seconds.
    for sent in 1..=3 {
        shop.wait(0).await;
        assert_eq!(progress(&shop, id).await, (3, sent, sent));
        let run = recorder.take().remove(0);
        assert_eq!(run.attempt, 2);
        let steps = find(&shop, run.id).await.1;
        assert!(steps.iter().any(|it| it.reason == "resent in bulk by Mara"));
        let result = if sent == 1 {
            RunResult::Interrupted(None)
        } else {
            RunResult::Completed
        };
        report(&shop, plugin, &run, result).await;
        shop.wait(4).await;
        assert!(recorder.take().is_empty(), "not before it is time");
        shop.clock.advance(SignedDuration::from_secs(1));
    }
    shop.wait(0).await;
    let end = view(&shop, id).await;
    assert_eq!(end.redelivery.state, RedeliveryState::Done);
    assert_eq!((end.completed, end.failed, end.waiting), (2, 1, 0));
    assert_eq!(end.redelivery.requested_by, "Mara");
    assert_eq!(end.redelivery.finished_at, Some(shop.app.now()));
    shop.wait(600).await;
    assert!(
        recorder.take().is_empty(),
        "what failed again is not sent again"
    );
    assert_eq!(jobs::run_due(&shop.app).await.unwrap(), 0);
}

async fn what_changed_since_the_start_is_left_alone(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let commands = cancelled(&shop, vip, 4).await;
    shop.clock.advance(SignedDuration::from_secs(1));
    let id = redeliveries::start(&shop.app, &shop.actor, of_cancelled(12));
    let id = id.await.unwrap();
    // One was sent by hand and cancelled again; another is new.
    shop.clock.advance(SignedDuration::from_secs(1));
    commands::resend(&shop.app, &shop.actor, commands[3])
        .await
        .unwrap();
    commands::cancel(&shop.app, &shop.actor, commands[3])
        .await
        .unwrap();
    let late = cancelled(&shop, vip, 1).await[0];
    for _ in 0..6 {
        shop.wait(5).await;
    }
    for (command, attempt) in [
        (commands[0], 2),
        (commands[2], 2),
        (commands[3], 2),
        (late, 1),
    ] {
        assert_eq!(find(&shop, command).await.0.attempt, attempt);
    }
    assert_eq!(
        find(&shop, commands[3]).await.0.status,
        CommandStatus::Cancelled
    );
    assert_eq!(progress(&shop, id).await, (4, 4, 3));
    assert_eq!(
        view(&shop, id).await.redelivery.state,
        RedeliveryState::Done
    );
}

async fn a_filter_is_kept(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let lobby = servers::create(&shop.app, &shop.actor, "Lobby", "", "").await;
    let lobby = lobby.unwrap().server.id;
    let start = shop.app.now();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(cancelled(&shop, vip, 1).await[0]);
        shop.clock.advance(SignedDuration::from_secs(60));
    }
    let count = async |filter: RedeliveryFilter, server| {
        let new = NewRedelivery {
            server,
            filter,
            ..of_commands(600)
        };
        redeliveries::preview(&shop.app, &shop.actor, new)
            .await
            .unwrap()
            .commands
    };
    let filter = |from, to| RedeliveryFilter {
        statuses: vec![CommandStatus::Failed, CommandStatus::Cancelled],
        packages: Vec::new(),
        from,
        to,
    };
    assert_eq!(count(filter(None, None), None).await, 3);
    assert_eq!(count(filter(None, None), Some(shop.survival)).await, 3);
    assert_eq!(count(filter(None, None), Some(lobby)).await, 0);
    assert_eq!(
        count(filter(Some(start + 60.seconds()), None), None).await,
        2
    );
    assert_eq!(
        count(filter(None, Some(start + 60.seconds())), None).await,
        1
    );
    assert_eq!(count(RedeliveryFilter::default(), None).await, 0);
    let range = filter(Some(start + 60.seconds()), Some(start + 120.seconds()));
    let new = NewRedelivery {
        filter: range.clone(),
        ..of_commands(600)
    };
    let id = redeliveries::start(&shop.app, &shop.actor, new)
        .await
        .unwrap();
    let kept = view(&shop, id).await.redelivery.filter;
    assert_eq!(
        (kept.from, kept.to, kept.statuses.len()),
        (range.from, range.to, 2)
    );
    shop.wait(10).await;
    let attempts: Vec<_> = attempts_of(&shop, &made).await;
    assert_eq!(attempts, [1, 2, 1]);
}

async fn attempts_of(shop: &Shop, commands: &[CommandId]) -> Vec<u32> {
    let mut attempts = Vec::new();
    for command in commands {
        attempts.push(find(shop, *command).await.0.attempt);
    }
    attempts
}

async fn it_pauses_resumes_and_ends(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let commands = cancelled(&shop, vip, 4).await;
    let (app, actor) = (&shop.app, &shop.actor);
    shop.clock.advance(SignedDuration::from_secs(1));
    let id = redeliveries::start(app, actor, of_cancelled(12))
        .await
        .unwrap();
    shop.wait(0).await;
    redeliveries::pause(app, actor, id).await.unwrap();
    for _ in 0..3 {
        shop.wait(60).await;
    }
    assert_eq!(progress(&shop, id).await, (4, 1, 1));
    assert_eq!(
        code(redeliveries::pause(app, actor, id).await),
        "redelivery_state"
    );
    redeliveries::resume(app, actor, id).await.unwrap();
    shop.wait(0).await;
    assert_eq!(progress(&shop, id).await, (4, 2, 2));
    assert_eq!(
        code(redeliveries::resume(app, actor, id).await),
        "redelivery_state"
    );
    redeliveries::cancel(app, actor, id, false).await.unwrap();
    shop.wait(60).await;
    assert_eq!(progress(&shop, id).await, (4, 2, 2));
    let ended = view(&shop, id).await;
    assert_eq!(
        (ended.redelivery.state, ended.waiting),
        (RedeliveryState::Cancelled, 2)
    );
    for refused in [
        redeliveries::cancel(app, actor, id, false).await,
        redeliveries::resume(app, actor, id).await,
        redeliveries::pause(app, actor, id).await,
    ] {
        assert_eq!(code(refused), "redelivery_state");
    }
    // What it has queued can still be taken back.
    let mara = mara(&shop).await;
    redeliveries::cancel(app, &mara, id, true).await.unwrap();
    let ended = view(&shop, id).await;
    assert_eq!((ended.waiting, ended.cancelled), (0, 2));
    let mut reasons = Vec::new();
    for command in commands {
        reasons.extend(find(&shop, command).await.1.into_iter().map(|it| it.reason));
    }
    reasons.retain(|reason| reason == "taken back with its redelivery by Mara");
    assert_eq!(reasons.len(), 2);
}

async fn another_stores_redeliveries_do_not_exist(shop: Shop) {
    let (app, actor) = (&shop.app, &shop.actor);
    let id = redeliveries::start(app, actor, wipe(shop.survival, 600))
        .await
        .unwrap();
    let stranger = Actor::operator(new_store(app, "other").await.id);
    assert_eq!(
        code(redeliveries::find(app, &stranger, id).await),
        "not_found"
    );
    assert_eq!(
        code(redeliveries::pause(app, &stranger, id).await),
        "not_found"
    );
    assert_eq!(
        code(redeliveries::resume(app, &stranger, id).await),
        "not_found"
    );
    assert_eq!(
        code(redeliveries::cancel(app, &stranger, id, true).await),
        "not_found"
    );
    assert!(
        redeliveries::list(app, &stranger, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let theirs = redeliveries::start(app, &stranger, wipe(shop.survival, 600)).await;
    assert_eq!(fields(theirs), ["serverId"]);
    let nobody = Actor::key(shop.store.id, Default::default());
    for refused in [
        redeliveries::start(app, &nobody, of_commands(1))
            .await
            .map(|_| ()),
        redeliveries::preview(app, &nobody, of_commands(1))
            .await
            .map(|_| ()),
        redeliveries::list(app, &nobody, None, 1).await.map(|_| ()),
        redeliveries::find(app, &nobody, id).await.map(|_| ()),
        redeliveries::pause(app, &nobody, id).await,
        redeliveries::resume(app, &nobody, id).await,
        redeliveries::cancel(app, &nobody, id, true).await,
    ] {
        assert!(matches!(refused, Err(Error::Forbidden { .. })));
    }
}

async fn what_does_not_fit_is_told(shop: Shop) {
    let now = shop.app.now();
    let new = NewRedelivery {
        kind: RedeliveryKind::Entitlements,
        server: None,
        filter: RedeliveryFilter {
            statuses: vec![CommandStatus::Failed],
            packages: vec![shop.app.id()],
            from: Some(now),
            to: Some(now),
        },
        per_minute: 6001,
    };
    let refused = redeliveries::start(&shop.app, &shop.actor, new.clone()).await;
    assert_eq!(
        fields(refused),
        ["serverId", "packageIds", "statuses", "to", "perMinute"]
    );
    let new = NewRedelivery {
        kind: RedeliveryKind::Commands,
        filter: RedeliveryFilter {
            statuses: vec![CommandStatus::Pending],
            ..RedeliveryFilter::default()
        },
        per_minute: 0,
        ..new
    };
    let refused = redeliveries::preview(&shop.app, &shop.actor, new).await;
    assert_eq!(fields(refused), ["statuses", "perMinute"]);
}

async fn what_waited_before_is_not_taken_back(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    let mut made = Vec::new();
    for result in [RunResult::AwaitingPlayer, RunResult::Interrupted(None)] {
        shop.buys("Steve", vip).await;
        let run = recorder.take().remove(0);
        report(&shop, plugin, &run, result).await;
        made.push(run.id);
    }
    tradepost_app::delivery::disconnect(&shop.app, plugin)
        .await
        .unwrap();
    let mut new = of_commands(600);
    new.filter.statuses = vec![CommandStatus::AwaitingPlayer, CommandStatus::Failed];
    let (app, actor) = (&shop.app, &shop.actor);
    let id = redeliveries::start(app, actor, new).await.unwrap();
    shop.wait(0).await;
    assert_eq!(progress(&shop, id).await, (2, 2, 2));
    redeliveries::cancel(app, actor, id, true).await.unwrap();
    let (waited, failed) = (find(&shop, made[0]).await.0, find(&shop, made[1]).await.0);
    assert_eq!(
        (waited.status, failed.status),
        (CommandStatus::Pending, CommandStatus::Cancelled)
    );
    // Also where it came to wait once more.
    let (plugin, recorder) = shop.connect().await;
    let run = recorder.take().remove(0);
    assert_eq!((run.id, run.attempt), (made[0], 2));
    report(&shop, plugin, &run, RunResult::AwaitingPlayer).await;
    redeliveries::cancel(app, actor, id, true).await.unwrap();
    let waits = find(&shop, made[0]).await.0.status;
    assert_eq!(waits, CommandStatus::AwaitingPlayer);
}

async fn what_was_sent_again_by_hand_is_not_taken_back(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let made = cancelled(&shop, vip, 2).await;
    let (app, actor) = (&shop.app, &shop.actor);
    let id = redeliveries::start(app, actor, of_cancelled(600)).await;
    let id = id.unwrap();
    shop.wait(0).await;
    commands::cancel(app, actor, made[0]).await.unwrap();
    commands::resend(app, actor, made[0]).await.unwrap();
    redeliveries::cancel(app, actor, id, true).await.unwrap();
    let statuses = [
        find(&shop, made[0]).await.0.status,
        find(&shop, made[1]).await.0.status,
    ];
    assert_eq!(statuses, [CommandStatus::Pending, CommandStatus::Cancelled]);
    let counted = view(&shop, id).await;
    assert_eq!((counted.waiting, counted.cancelled), (0, 1));
}

async fn what_takes_away_is_left_alone_while_it_is_held(shop: Shop) {
    let vip = shop.package_with("VIP", "9.99", |package| {
        package.timed_hours = "5".to_owned();
        for kind in ["expiry", "chargeback"] {
            let mut take = shop.command(&format!("{kind} {{player}}"));
            take.kind = kind.to_owned();
            package.commands.push(take);
        }
    });
    let vip = vip.await;
    let (app, actor) = (&shop.app, &shop.actor);
    let won = shop.buys("Steve", vip).await;
    shop.buys("Alex", vip).await;
    let reference = &won.payments[0].payment.reference;
    for decision in [Decision::Dispute, Decision::WinDispute] {
        let told = shop.told(reference, decision).await;
        payments::settle_now(app, &told).await.unwrap();
    }
    let taken: Vec<_> = all(&shop).await;
    let taken = taken.iter().filter(|it| it.text == "chargeback Steve");
    let taken: Vec<_> = taken.map(|it| it.status).collect();
    assert_eq!(taken, [CommandStatus::Cancelled]);
    let counted = async || {
        let preview = redeliveries::preview(app, actor, of_cancelled(600)).await;
        preview.unwrap().texts
    };
    assert!(counted().await.is_empty(), "the dispute was won");
    shop.wait(6 * 3600).await;
    for command in all(&shop).await {
        if command.text == "expiry Alex" {
            commands::cancel(app, actor, command.id).await.unwrap();
        }
    }
    assert_eq!(counted().await, ["expiry Alex"]);
    shop.buys("Alex", vip).await;
    assert!(counted().await.is_empty(), "it was bought again");
}
