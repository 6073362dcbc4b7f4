//! Staff and plugins at once: one of them is first, and the other sees it.

use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan as _;
use tradepost_app::commands::Edit;
use tradepost_app::{calendar, commands, servers};
use tradepost_db::{commands as db, polls};
use tradepost_model::commands::{Command, CommandStatus, RunResult};
use tradepost_model::ids::CommandId;

use super::{find, only, report};
use crate::shop::{Shop, code, on_both_engines};

on_both_engines!(
    ten_who_resend_at_once_make_one_new_attempt,
    resending_while_the_plugin_reports_is_one_or_the_other,
    a_cancelled_command_is_not_claimed,
    a_change_comes_before_the_claim_or_is_refused,
    a_cancelled_expiry_is_noted_behind_a_report,
    a_takeover_leaves_what_is_being_reported,
    silence_is_not_noted_of_what_is_being_reported,
);

async fn ten_who_resend_at_once_make_one_new_attempt(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    for number in 0..5 {
        let command = only(&shop.buys(&format!("Buyer_{number}"), vip).await);
        commands::cancel(&shop.app, &shop.actor, command)
            .await
            .unwrap();
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let (app, actor) = (shop.app.clone(), shop.actor.clone());
                let work = async move { commands::resend(&app, &actor, command).await };
                shop.app.tasks.spawn(work)
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => done += 1,
                refused => assert_eq!(code(refused), "command_queued"),
            }
        }
        let (command, steps) = find(&shop, command).await;
        assert_eq!((done, command.attempt), (1, 2));
        let resent = steps.iter().filter(|it| it.reason.starts_with("resent"));
        assert_eq!(resent.count(), 1);
    }
}

async fn resending_while_the_plugin_reports_is_one_or_the_other(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    for number in 0..20 {
        let command = only(&shop.buys(&format!("Buyer_{number}"), vip).await);
        let run = recorder.take().remove(0);
        let (app, actor) = (shop.app.clone(), shop.actor.clone());
        let resend = async move { commands::resend(&app, &actor, command).await };
        let resend = shop.app.tasks.spawn(resend);
        let reported = report(&shop, plugin, &run, RunResult::Completed).await;
        let resent = resend.await.unwrap();
        assert_eq!(reported, 1, "the run is never lost");
        let (found, steps) = find(&shop, command).await;
        assert_eq!(
            steps
                .iter()
                .filter(|it| it.status == CommandStatus::Completed)
                .count(),
            1
        );
        match resent {
            Ok(()) => {
                assert_eq!((found.attempt, found.status), (2, CommandStatus::Delivered));
                let again = recorder.take().remove(0);
                assert_eq!(again.attempt, 2);
                assert_eq!(report(&shop, plugin, &again, RunResult::Completed).await, 1);
            }
            refused => {
                assert_eq!(code(refused), "command_under_way");
                assert_eq!((found.attempt, found.status), (1, CommandStatus::Completed));
                assert!(recorder.take().is_empty());
            }
        }
    }
}

/// Some commands that wait for Survival.
async fn waiting(shop: &Shop) -> Vec<CommandId> {
    let vip = shop.package("VIP", "9.99").await;
    let mut waiting = Vec::new();
    for number in 0..20 {
        waiting.push(only(&shop.buys(&format!("Buyer_{number}"), vip).await));
    }
    waiting
}

async fn a_cancelled_command_is_not_claimed(shop: Shop) {
    let waiting = waiting(&shop).await;
    let tasks: Vec<_> = waiting
        .iter()
        .rev()
        .map(|command| {
            let (app, actor, command) = (shop.app.clone(), shop.actor.clone(), *command);
            let work = async move { commands::cancel(&app, &actor, command).await.is_ok() };
            (command, shop.app.tasks.spawn(work))
        })
        .collect();
    let (_, recorder) = shop.connect().await;
    let mut cancelled = Vec::new();
    for (command, task) in tasks {
        if task.await.unwrap() {
            cancelled.push(command);
        }
    }
    shop.wait(1).await;
    let sent: Vec<_> = recorder.take().into_iter().map(|it| it.id).collect();
    for command in waiting {
        assert_ne!(sent.contains(&command), cancelled.contains(&command));
    }
}

async fn a_change_comes_before_the_claim_or_is_refused(shop: Shop) {
    let waiting = waiting(&shop).await;
    let lobby = servers::create(&shop.app, &shop.actor, "Lobby", "", "").await;
    let lobby = lobby.unwrap().server.id;
    let change = |place: usize| match place % 3 {
        0 => Edit {
            text: Some("changed".to_owned()),
            ..Edit::default()
        },
        1 => Edit {
            server: Some(lobby),
            ..Edit::default()
        },
        _ => Edit {
            due_at: Some(shop.app.now() + 1.hours()),
            ..Edit::default()
        },
    };
    let tasks: Vec<_> = waiting
        .iter()
        .enumerate()
        .rev()
        .map(|(place, command)| {
            let (app, actor, command) = (shop.app.clone(), shop.actor.clone(), *command);
            let edit = change(place);
            let work = async move { commands::edit(&app, &actor, command, edit).await.is_ok() };
            (place, command, shop.app.tasks.spawn(work))
        })
        .collect();
    let (_, recorder) = shop.connect().await;
    let mut changed = Vec::new();
    for (place, command, task) in tasks {
        changed.push((place, command, task.await.unwrap()));
    }
    shop.wait(1).await;
    let sent = recorder.take();
    for (place, command, changed) in changed {
        let run = sent.iter().find(|it| it.id == command);
        match place % 3 {
            0 => assert_eq!(run.unwrap().text == "changed", changed),
            _ => assert_eq!(run.is_none(), changed, "{place}"),
        }
    }
}

/// Does something while a command is being completed: it has ended and is noted, and not committed yet.
/// Gives what is noted then.
async fn while_it_completes(
    shop: &Shop,
    run: Command,
    act: impl Future<Output = ()>,
) -> Vec<String> {
    let begun = Arc::new(tokio::sync::Notify::new());
    let (app, store, now, id) = (shop.app.clone(), shop.store.id, shop.app.now(), run.id);
    let told = begun.clone();
    let completing = async move {
        app.write(async move |tx| {
            let (done, all) = (CommandStatus::Completed, db::Run::default());
            assert!(db::finish(tx, store, &run, done, &all, now).await?);
            db::note(tx, store, run.id, "completed", now).await?;
            told.notify_one();
            tokio::task::block_in_place(|| std::thread::sleep(Duration::from_millis(200)));
            Ok(())
        })
        .await
    };
    let completing = shop.app.tasks.spawn(completing);
    begun.notified().await;
    act.await;
    completing.await.unwrap().unwrap();
    let (command, steps) = find(shop, id).await;
    assert_eq!(command.status, CommandStatus::Completed);
    steps.into_iter().map(|step| step.reason).collect()
}

async fn a_cancelled_expiry_is_noted_behind_a_report(shop: Shop) {
    let vip = shop.package_with("VIP", "9.99", |package| {
        package.timed_hours = "5".to_owned();
    });
    let vip = vip.await;
    let (_, recorder) = shop.connect().await;
    let item = shop.buys("Steve", vip).await.items[0].id;
    let run = recorder.take().remove(0);
    let cancel = async {
        calendar::cancel_expiry(&shop.app, &shop.actor, item)
            .await
            .unwrap();
    };
    let steps = while_it_completes(&shop, run, cancel).await;
    let cancelled = "expiry cancelled by the operator: what was bought lasts for ever";
    assert_eq!(steps, ["queued", "sent", "completed", cancelled]);
}

async fn a_takeover_leaves_what_is_being_reported(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    shop.buys("Steve", vip).await;
    shop.buys("Alex", vip).await;
    let mut runs = recorder.take();
    let (now, other) = (shop.app.now(), shop.app.id());
    let take_over = async {
        let taken = shop.app.write(async move |tx| {
            let (store, server) = (plugin.store, plugin.server);
            Ok(db::take_over(tx, store, server, other, now, 0).await?)
        });
        assert!(taken.await.unwrap().is_empty());
    };
    let steps = while_it_completes(&shop, runs.remove(0), take_over).await;
    assert_eq!(steps, ["queued", "sent", "completed"]);
    let (rest, steps) = find(&shop, runs[0].id).await;
    let last = steps.last().unwrap();
    assert_eq!(
        (rest.status, last.status, last.reason.as_str()),
        (
            CommandStatus::Pending,
            CommandStatus::Pending,
            "queued again: the server reconnected"
        )
    );
}

async fn silence_is_not_noted_of_what_is_being_reported(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    shop.buys("Steve", vip).await;
    shop.buys("Alex", vip).await;
    let mut runs = recorder.take();
    let now = shop.app.now();
    let (store, server) = (plugin.store, plugin.server);
    for id in [runs[0].id, runs[1].id] {
        let acked = shop
            .app
            .write(async move |tx| Ok(db::ack(tx, store, server, id, now).await?));
        assert!(acked.await.unwrap());
    }
    let forget = async {
        let connection = plugin.connection;
        let forgotten = shop.app.write(async move |tx| {
            Ok(polls::forget_acks(tx, store, server, connection, now, now).await?)
        });
        forgotten.await.unwrap();
    };
    let steps = while_it_completes(&shop, runs.remove(0), forget).await;
    assert_eq!(steps, ["queued", "sent", "completed"]);
    let (silent, steps) = find(&shop, runs[0].id).await;
    assert_eq!((silent.acked_at, steps.len()), (None, 3));
    assert_eq!(steps[2].reason, "acknowledged, and no result came");
}
