//! Never lost, never doubled: every step of a command's life, with a clock that the tests move.

use tradepost_app::delivery::{self, Hello, PlayerName, Plugin, Report};
use tradepost_app::{Error, servers};
use tradepost_model::commands::{Command, CommandStatus, RunResult};
use tradepost_model::ids::ConnectionId;

use crate::shop::{Shop, code, new_store, on_both_engines};

on_both_engines!(
    a_connected_server_gets_its_commands_at_once_and_in_order,
    an_offline_server_gets_everything_when_it_comes_back,
    three_retries_and_then_it_has_failed,
    a_player_who_is_away_gets_it_on_joining,
    players_are_matched_by_uuid_and_in_offline_mode_by_name,
    what_is_not_acknowledged_is_sent_again_with_the_same_key,
    a_new_connection_takes_over_with_the_same_key,
    a_lost_node_loses_nothing,
    a_slow_plugin_is_never_flooded,
    results_count_once_and_only_from_their_server,
    a_delay_is_kept,
    one_plugin_per_server,
    a_regenerated_token_ends_the_connection,
    interrupted_is_final_and_said,
);

async fn a_connected_server_gets_its_commands_at_once_and_in_order(shop: Shop) {
    let kit = shop.package_with("Kit", "1.00", |package| {
        package.commands = ["one {player}", "two {player}", "three {player}"]
            .map(|it| shop.command(it))
            .to_vec();
    });
    let kit = kit.await;
    let (plugin, recorder) = shop.connect().await;
    let details = shop.buys("Steve", kit).await;
    let sent = recorder.take();
    let texts: Vec<_> = sent.iter().map(|command| command.text.as_str()).collect();
    assert_eq!(texts, ["one Steve", "two Steve", "three Steve"]);
    assert_eq!(sent[0].idempotency_key(), format!("{}:1", sent[0].id));
    let views = shop.commands(&details).await;
    assert!(
        views
            .iter()
            .all(|view| view.command.status == CommandStatus::Delivered && view.server_online)
    );
    let ids = sent.iter().map(|command| command.id).collect();
    assert_eq!(delivery::ack(&shop.app, plugin, ids).await.unwrap(), 3);
    assert_eq!(
        report(&shop, plugin, &sent[0], RunResult::Completed).await,
        1
    );
    let first = &shop.commands(&details).await[0];
    assert_eq!(first.command.status, CommandStatus::Completed);
    assert_eq!(first.command.output.as_deref(), Some("said"));
    assert!(first.command.acked_at.is_some() && first.command.finished_at.is_some());
    let steps: Vec<_> = first.steps.iter().map(|step| step.status.word()).collect();
    assert_eq!(steps, ["Pending", "Delivered", "Completed"]);
}

async fn an_offline_server_gets_everything_when_it_comes_back(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    for number in 0..3 {
        shop.buys(&format!("Buyer_{number}"), vip).await;
        shop.wait(60).await;
    }
    let (_, recorder) = shop.connect().await;
    let names: Vec<_> = recorder
        .take()
        .iter()
        .map(|command| command.player.username.to_string())
        .collect();
    assert_eq!(names, ["Buyer_0", "Buyer_1", "Buyer_2"], "oldest first");
}

async fn three_retries_and_then_it_has_failed(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    let details = shop.buys("Steve", vip).await;
    for (attempt, wait) in [(1, 30), (2, 60), (3, 120)] {
        let sent = recorder.take();
        assert_eq!((sent.len(), sent[0].attempt), (1, attempt));
        report(
            &shop,
            plugin,
            &sent[0],
            RunResult::Failed("no such player".to_owned()),
        )
        .await;
        shop.wait(wait - 1).await;
        assert!(recorder.take().is_empty(), "not before {wait} s");
        shop.wait(1).await;
    }
    let last = recorder.take();
    assert_eq!(last[0].attempt, 4);
    report(
        &shop,
        plugin,
        &last[0],
        RunResult::Failed("no such player".to_owned()),
    )
    .await;
    let view = &shop.commands(&details).await[0];
    assert_eq!(view.command.status, CommandStatus::Failed);
    assert_eq!(view.command.last_error.as_deref(), Some("no such player"));
    shop.wait(3600).await;
    assert!(recorder.take().is_empty());
}

async fn a_player_who_is_away_gets_it_on_joining(shop: Shop) {
    let kit = shop
        .package_with("Kit", "1.00", |package| {
            package.commands[0].execute = "whenOnline".to_owned()
        })
        .await;
    let (plugin, recorder) = shop.connect().await;
    let details = shop.buys("Steve", kit).await;
    let sent = recorder.take();
    assert!(sent[0].require_online);
    report(&shop, plugin, &sent[0], RunResult::AwaitingPlayer).await;
    assert_eq!(
        shop.commands(&details).await[0].command.status,
        CommandStatus::AwaitingPlayer
    );
    shop.wait(3600).await;
    assert!(recorder.take().is_empty());
    assert_eq!(joined(&shop, plugin, "Alex", None).await, 0);
    assert_eq!(joined(&shop, plugin, "sTEVE", None).await, 1);
    let again = recorder.take();
    assert_eq!(
        (again[0].attempt, again[0].failures),
        (2, 0),
        "a new key, and no attempt used up"
    );
    assert_eq!(
        joined(&shop, plugin, "Steve", None).await,
        0,
        "it is under way already"
    );
}

async fn players_are_matched_by_uuid_and_in_offline_mode_by_name(shop: Shop) {
    let kit = shop.package("Kit", "1.00").await;
    let (plugin, recorder) = shop.connect().await;
    let uuid = uuid::Uuid::from_u128(42);
    let mut new = crate::shop::new_session("Steve", kit);
    new.buyer.uuid = Some(uuid);
    let line = new.lines.clone();
    let order = tradepost_app::orders::ManualOrder {
        player: new.buyer,
        email: None,
        items: line,
    };
    tradepost_app::orders::give(&shop.app, &shop.actor, order)
        .await
        .unwrap();
    let sent = recorder.take();
    report(&shop, plugin, &sent[0], RunResult::AwaitingPlayer).await;
    let other = Some(uuid::Uuid::from_u128(43));
    assert_eq!(
        joined(&shop, plugin, "Steve", other).await,
        0,
        "the name was given to somebody else"
    );
    assert_eq!(
        joined(&shop, plugin, "Renamed", Some(uuid)).await,
        1,
        "the same player under a new name"
    );
    let sent = recorder.take();
    report(&shop, plugin, &sent[0], RunResult::AwaitingPlayer).await;
    let hello = Hello {
        online_mode: false,
        ..Hello::default()
    };
    delivery::hello(&shop.app, plugin, hello).await.unwrap();
    assert_eq!(
        joined(&shop, plugin, "steve", other).await,
        1,
        "offline mode: UUIDs mean nothing"
    );
}

async fn what_is_not_acknowledged_is_sent_again_with_the_same_key(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    shop.buys("Steve", vip).await;
    let first = recorder.take();
    shop.wait(9).await;
    assert!(recorder.take().is_empty());
    shop.wait(1).await;
    let second = recorder.take();
    assert_eq!(second[0].idempotency_key(), first[0].idempotency_key());
    delivery::ack(&shop.app, plugin, vec![first[0].id])
        .await
        .unwrap();
    shop.wait(60).await;
    assert!(
        recorder.take().is_empty(),
        "acknowledged: its lease lasts while the connection lives"
    );
}

async fn a_new_connection_takes_over_with_the_same_key(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (old, first) = shop.connect().await;
    shop.buys("Steve", vip).await;
    let sent = first.take();
    delivery::ack(&shop.app, old, vec![sent[0].id])
        .await
        .unwrap();
    let (new, second) = shop.connect().await;
    assert!(
        first.closed.lock().is_some(),
        "the older connection is closed"
    );
    let again = second.take();
    assert_eq!(again[0].idempotency_key(), sent[0].idempotency_key());
    delivery::disconnect(&shop.app, old).await.unwrap();
    assert_eq!(report(&shop, new, &again[0], RunResult::Completed).await, 1);
    let (state, queue, _) = servers::find(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    assert!(state.is_there(), "the end of the older one changes nothing");
    assert_eq!(queue, servers::Queue::default());
}

async fn a_lost_node_loses_nothing(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (_, lost) = shop.connect().await;
    let details = shop.buys("Steve", vip).await;
    let key = lost.take()[0].idempotency_key();
    // The node sleeps: nobody renews its lease.
    shop.clock.advance(jiff::SignedDuration::from_secs(61));
    delivery::sweep(&shop.app).await.unwrap();
    let view = &shop.commands(&details).await[0];
    assert!(!view.server_online);
    assert_eq!(view.command.status, CommandStatus::Pending);
    let (plugin, recorder) = shop.connect().await;
    let again = recorder.take();
    assert_eq!(again[0].idempotency_key(), key, "the same attempt");
    // The older process had run it after all, and its report comes late through the new one.
    assert_eq!(
        report(&shop, plugin, &again[0], RunResult::Completed).await,
        1
    );
}

async fn a_slow_plugin_is_never_flooded(shop: Shop) {
    let vip = shop.package_with("VIP", "0.01", |package| {
        package.commands = (0..50)
            .map(|number| shop.command(&format!("give {{player}} {number}")))
            .collect();
    });
    let vip = vip.await;
    let (plugin, recorder) = shop.connect().await;
    for number in 0..3 {
        shop.buys(&format!("Buyer_{number}"), vip).await;
    }
    let sent = recorder.take();
    assert_eq!(sent.len(), delivery::WINDOW);
    let half: Vec<_> = sent
        .iter()
        .take(delivery::WINDOW / 2)
        .map(|command| command.id)
        .collect();
    delivery::ack(&shop.app, plugin, half).await.unwrap();
    assert_eq!(
        recorder.take().len(),
        50,
        "the rest follows when there is room"
    );
}

async fn results_count_once_and_only_from_their_server(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    shop.buys("Steve", vip).await;
    let sent = recorder.take();
    let other_server = servers::create(&shop.app, &shop.actor, "Hub", "", "")
        .await
        .unwrap()
        .server
        .id;
    let stranger = Plugin {
        server: other_server,
        connection: shop.app.id::<ConnectionId>(),
        ..plugin
    };
    assert_eq!(
        report(&shop, stranger, &sent[0], RunResult::Completed).await,
        0
    );
    assert_eq!(
        delivery::ack(&shop.app, stranger, vec![sent[0].id])
            .await
            .unwrap(),
        0
    );
    let other_store = new_store(&shop.app, "other").await;
    let stranger = Plugin {
        store: other_store.id,
        ..plugin
    };
    assert_eq!(
        report(&shop, stranger, &sent[0], RunResult::Completed).await,
        0
    );
    assert_eq!(
        report(
            &shop,
            plugin,
            &Command {
                attempt: 2,
                ..sent[0].clone()
            },
            RunResult::Completed
        )
        .await,
        0
    );
    assert_eq!(
        report(&shop, plugin, &sent[0], RunResult::Completed).await,
        1
    );
    assert_eq!(
        report(&shop, plugin, &sent[0], RunResult::Failed("no".to_owned())).await,
        0,
        "a repeat changes nothing"
    );
}

async fn a_delay_is_kept(shop: Shop) {
    let kit = shop
        .package_with("Kit", "1.00", |package| {
            package.commands[0].delay = "90".to_owned()
        })
        .await;
    let (_, recorder) = shop.connect().await;
    shop.buys("Steve", kit).await;
    shop.wait(89).await;
    assert!(recorder.take().is_empty());
    shop.wait(1).await;
    assert_eq!(recorder.take().len(), 1);
}

async fn one_plugin_per_server(shop: Shop) {
    let hello = |instance: &str| Hello {
        instance: Some(instance.to_owned()),
        online_mode: true,
        ..Hello::default()
    };
    let (first, first_recorder) = shop.connect().await;
    delivery::hello(&shop.app, first, hello("a")).await.unwrap();
    let (second, second_recorder) = shop.connect().await;
    assert!(
        first_recorder.closed.lock().is_none(),
        "a stranger waits beside one that said hello"
    );
    let refused = delivery::hello(&shop.app, second, hello("b")).await;
    assert_eq!(
        refused.as_ref().unwrap_err().to_string(),
        "Another plugin is connected with this token."
    );
    assert_eq!(code(refused.map(|_| ())), "another_plugin");
    delivery::disconnect(&shop.app, second).await.unwrap();
    let (third, third_recorder) = shop.connect().await;
    delivery::hello(&shop.app, third, hello("a")).await.unwrap();
    assert!(
        first_recorder.closed.lock().is_some(),
        "the same plugin coming back replaces its older self"
    );
    delivery::disconnect(&shop.app, first).await.unwrap();
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    assert_eq!(
        (third_recorder.take().len(), second_recorder.take().len()),
        (1, 0)
    );
    // One that waits takes over when the other goes.
    let (_, fourth_recorder) = shop.connect().await;
    assert!(fourth_recorder.take().is_empty());
    delivery::disconnect(&shop.app, third).await.unwrap();
    assert_eq!(
        fourth_recorder.take().len(),
        1,
        "with what the other had not answered"
    );
}

async fn a_regenerated_token_ends_the_connection(shop: Shop) {
    let (_, recorder) = shop.connect().await;
    let new = servers::regenerate_token(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    let closed = recorder.closed.lock().clone();
    assert_eq!(
        closed,
        Some((Some("Connection token was regenerated.".to_owned()), false))
    );
    let refused = delivery::authenticate(&shop.app, Some(&shop.token))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Unauthenticated(text) if text.contains("not valid")));
    let known = delivery::authenticate(&shop.app, Some(&new.token))
        .await
        .unwrap();
    assert_eq!((known.0, known.1), (shop.store.id, shop.survival));
}

async fn interrupted_is_final_and_said(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    let details = shop.buys("Steve", vip).await;
    let sent = recorder.take();
    report(
        &shop,
        plugin,
        &sent[0],
        RunResult::Interrupted(Some("the process ended".to_owned())),
    )
    .await;
    let view = &shop.commands(&details).await[0];
    assert_eq!(view.command.status, CommandStatus::Failed);
    assert!(
        view.command
            .last_error
            .as_deref()
            .is_some_and(|error| error.starts_with("interrupted"))
    );
    shop.wait(3600).await;
    assert!(recorder.take().is_empty());
}

/// The reports of a plugin that ran everything.
pub(crate) fn completed(commands: &[Command]) -> Vec<Report> {
    let report = |command: &Command| Report {
        command: command.id,
        attempt: Some(command.attempt),
        result: RunResult::Completed,
        output: None,
        duration_ms: None,
    };
    commands.iter().map(report).collect()
}

async fn report(shop: &Shop, plugin: Plugin, command: &Command, result: RunResult) -> usize {
    let report = Report {
        command: command.id,
        attempt: Some(command.attempt),
        result,
        output: Some("said\n".to_owned()),
        duration_ms: Some(3),
    };
    delivery::report_results(&shop.app, plugin, vec![report])
        .await
        .unwrap()
}

async fn joined(shop: &Shop, plugin: Plugin, username: &str, uuid: Option<uuid::Uuid>) -> usize {
    let player = PlayerName {
        username: username.to_owned(),
        uuid,
    };
    delivery::player_joined(&shop.app, plugin, player)
        .await
        .unwrap()
}
