//! Plugins that ask by single requests: nothing is lost on the way, and they ask at the right pace.

use jiff::SignedDuration;
use tradepost_app::delivery::{self, Hello, PlayerName, Plugin, Polled, Report};
use tradepost_app::servers::{self, Presence};
use tradepost_app::{App, Error, Result};
use tradepost_model::commands::{Command, CommandStatus, RunResult};
use tradepost_model::events::StoredEvent;

use crate::delivery::completed;
use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    a_poll_gives_what_waits_oldest_first,
    an_answer_that_is_lost_comes_again_with_the_same_key,
    what_was_acknowledged_and_has_no_result_comes_again_after_its_lease,
    an_idle_plugin_asks_less_and_less_often,
    a_delayed_command_is_there_when_it_is_due,
    the_third_hasty_poll_running_is_refused,
    a_backlog_is_taken_in_pieces_without_waiting,
    a_hub_connection_takes_over_from_one_that_polls,
    a_poll_takes_over_from_a_hub_connection_that_has_gone,
    a_hello_replaces_one_that_polls,
    who_stops_asking_goes_offline_once,
    a_player_who_joins_lets_the_plugin_ask_at_once,
);

pub(crate) async fn poll(shop: &Shop) -> Polled {
    poll_at(shop, &shop.app, 100).await.unwrap()
}

pub(crate) async fn poll_at(shop: &Shop, app: &App, limit: usize) -> Result<Polled> {
    let (store, server, token) = delivery::authenticate(app, Some(&shop.token)).await?;
    delivery::poll(app, store, server, token, limit).await
}

pub(crate) fn plugin(shop: &Shop) -> Plugin {
    Plugin::by_request(shop.store.id, shop.survival)
}

pub(crate) fn keys(commands: &[Command]) -> Vec<String> {
    commands.iter().map(Command::idempotency_key).collect()
}

pub(crate) async fn ack(shop: &Shop, commands: &[Command]) -> usize {
    let ids = commands.iter().map(|command| command.id).collect();
    delivery::ack(&shop.app, plugin(shop), ids).await.unwrap()
}

pub(crate) async fn report(shop: &Shop, reports: Vec<Report>) -> usize {
    delivery::report_results(&shop.app, plugin(shop), reports)
        .await
        .unwrap()
}

pub(crate) async fn presence(shop: &Shop) -> Presence {
    let (state, ..) = servers::find(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    state.presence
}

/// How often the store was told that a server came, and that it went.
pub(crate) async fn told(shop: &Shop) -> (usize, usize) {
    let store = shop.store.id;
    let events: Vec<StoredEvent> = shop
        .app
        .read(async move |conn| Ok(tradepost_db::events::after(conn, store, 0, 1000).await?))
        .await
        .unwrap();
    let count = |name: &str| events.iter().filter(|event| event.name == name).count();
    (count("server.online"), count("server.offline"))
}

pub(crate) fn advance(shop: &Shop, seconds: i64) {
    shop.clock.advance(SignedDuration::from_secs(seconds));
}

async fn a_poll_gives_what_waits_oldest_first(shop: Shop) {
    let kit = shop.package_with("Kit", "1.00", |package| {
        package.commands = ["one {player}", "two {player}"]
            .map(|it| shop.command(it))
            .to_vec();
    });
    let kit = kit.await;
    shop.buys("Alex", kit).await;
    advance(&shop, 1);
    let details = shop.buys("Steve", kit).await;
    let polled = poll(&shop).await;
    let texts: Vec<_> = polled.commands.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["one Alex", "two Alex", "one Steve", "two Steve"]);
    assert_eq!((polled.next_check, polled.more), (15, false));
    assert!(matches!(presence(&shop).await, Presence::Polling { .. }));
    let views = shop.commands(&details).await;
    assert!(
        views
            .iter()
            .all(|it| it.command.status == CommandStatus::Delivered && it.server_online)
    );
    assert_eq!(ack(&shop, &polled.commands).await, 4);
    assert_eq!(report(&shop, completed(&polled.commands)).await, 4);
    advance(&shop, 15);
    assert!(poll(&shop).await.commands.is_empty());
    let steps = &shop.commands(&details).await[0].steps;
    let steps: Vec<_> = steps.iter().map(|step| step.status.word()).collect();
    assert_eq!(steps, ["Pending", "Delivered", "Completed"]);
}

async fn an_answer_that_is_lost_comes_again_with_the_same_key(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Alex", vip).await;
    let lost = poll(&shop).await;
    shop.buys("Steve", vip).await;
    advance(&shop, 15);
    let again = poll(&shop).await;
    assert_eq!(again.commands.len(), 2);
    assert_eq!(keys(&again.commands)[0], keys(&lost.commands)[0]);
    // The result may come without an acknowledgement.
    assert_eq!(report(&shop, completed(&again.commands[..1])).await, 1);
    ack(&shop, &again.commands).await;
    advance(&shop, 15);
    assert!(poll(&shop).await.commands.is_empty());
}

async fn what_was_acknowledged_and_has_no_result_comes_again_after_its_lease(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let details = shop.buys("Steve", vip).await;
    let first = poll(&shop).await.commands;
    ack(&shop, &first).await;
    for _ in 0..3 {
        advance(&shop, 15);
        let polled = poll(&shop).await;
        assert!(polled.commands.is_empty(), "it may be running");
        assert_eq!(polled.next_check, 15);
    }
    advance(&shop, 15);
    assert_eq!(keys(&poll(&shop).await.commands), keys(&first));
    ack(&shop, &first).await;
    advance(&shop, 59);
    assert!(poll(&shop).await.commands.is_empty(), "another minute");
    advance(&shop, 1);
    assert_eq!(keys(&poll(&shop).await.commands), keys(&first));
    let view = &shop.commands(&details).await[0];
    let silence = |step: &&tradepost_model::commands::Transition| step.reason.contains("no result");
    assert_eq!(view.steps.iter().filter(silence).count(), 1, "said once");
    assert_eq!(report(&shop, completed(&first)).await, 1);
}

async fn an_idle_plugin_asks_less_and_less_often(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mut told = Vec::new();
    for _ in 0..7 {
        let polled = poll(&shop).await;
        told.push(polled.next_check);
        advance(&shop, i64::from(polled.next_check));
    }
    assert_eq!(told, [15, 30, 60, 120, 240, 300, 300]);
    shop.buys("Steve", vip).await;
    let polled = poll(&shop).await;
    assert_eq!((polled.commands.len(), polled.next_check), (1, 15));
    report(&shop, completed(&polled.commands)).await;
    for _ in 0..19 {
        advance(&shop, 15);
        assert_eq!(poll(&shop).await.next_check, 15, "some came lately");
    }
    advance(&shop, 15);
    assert_eq!(poll(&shop).await.next_check, 30);
}

async fn a_delayed_command_is_there_when_it_is_due(shop: Shop) {
    let kit = shop.package_with("Kit", "1.00", |package| {
        package.commands[0].delay = "1000".to_owned();
    });
    let kit = kit.await;
    shop.buys("Steve", kit).await;
    let start = shop.app.now();
    loop {
        let polled = poll(&shop).await;
        let passed = shop.app.now().duration_since(start).as_secs();
        if !polled.commands.is_empty() {
            assert!((1000..=1015).contains(&passed), "{passed}");
            return;
        }
        assert!(passed < 1000);
        advance(&shop, i64::from(polled.next_check));
    }
}

async fn the_third_hasty_poll_running_is_refused(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    for _ in 0..3 {
        poll(&shop).await;
        advance(&shop, 1);
    }
    shop.buys("Steve", vip).await;
    let Err(Error::TooMany { retry_seconds }) = poll_at(&shop, &shop.app, 100).await else {
        panic!("three times running");
    };
    assert_eq!(retry_seconds, 7, "half of 15 s, since the last answer");
    advance(&shop, 6);
    assert!(poll_at(&shop, &shop.app, 100).await.is_err());
    advance(&shop, 1);
    assert_eq!(poll(&shop).await.commands.len(), 1, "and nothing was lost");
    advance(&shop, 1);
    poll(&shop).await;
}

async fn a_backlog_is_taken_in_pieces_without_waiting(shop: Shop) {
    let kit = shop.package_with("Kit", "1.00", |package| {
        package.commands = (0..5)
            .map(|n| shop.command(&format!("give {{player}} {n}")))
            .collect();
    });
    let kit = kit.await;
    for number in 0..3 {
        shop.buys(&format!("Buyer_{number}"), kit).await;
    }
    let mut seen = Vec::new();
    for round in 0..4 {
        let polled = poll_at(&shop, &shop.app, 4).await.unwrap();
        assert_eq!(polled.more, round < 3, "round {round}");
        ack(&shop, &polled.commands).await;
        seen.extend(keys(&polled.commands));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 15);
}

async fn a_hub_connection_takes_over_from_one_that_polls(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    let given = poll(&shop).await.commands;
    let (hub, recorder) = shop.connect().await;
    let again = recorder.take();
    assert_eq!(keys(&again), keys(&given), "with the same key, at once");
    assert!(matches!(presence(&shop).await, Presence::Online { .. }));
    shop.buys("Alex", vip).await;
    assert_eq!(recorder.take().len(), 1);
    advance(&shop, 15);
    let polled = poll(&shop).await;
    assert!(polled.commands.is_empty(), "one connection receives");
    assert_eq!(polled.next_check, 15);
    assert!(matches!(presence(&shop).await, Presence::Online { .. }));
    // What was run before the takeover counts.
    assert_eq!(report(&shop, completed(&given)).await, 1);
    assert_eq!(told(&shop).await, (1, 0), "it was there all the time");
    delivery::disconnect(&shop.app, hub).await.unwrap();
    assert_eq!(told(&shop).await, (1, 1));
}

async fn a_poll_takes_over_from_a_hub_connection_that_has_gone(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (hub, recorder) = shop.connect().await;
    shop.buys("Steve", vip).await;
    let sent = recorder.take();
    delivery::ack(&shop.app, hub, vec![sent[0].id])
        .await
        .unwrap();
    assert!(poll(&shop).await.commands.is_empty());
    delivery::disconnect(&shop.app, hub).await.unwrap();
    advance(&shop, 15);
    let polled = poll(&shop).await;
    assert_eq!(keys(&polled.commands), keys(&sent));
    assert_eq!(told(&shop).await, (2, 1));
}

async fn a_hello_replaces_one_that_polls(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    poll(&shop).await;
    let (hub, recorder) = shop.connect().await;
    let hello = Hello {
        instance: Some("a".to_owned()),
        online_mode: true,
        ..Hello::default()
    };
    delivery::hello(&shop.app, hub, hello).await.unwrap();
    shop.buys("Steve", vip).await;
    assert_eq!(recorder.take().len(), 1);
}

async fn who_stops_asking_goes_offline_once(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    let given = poll(&shop).await.commands;
    assert_eq!(told(&shop).await, (1, 0));
    shop.wait(30).await;
    assert_eq!(presence(&shop).await, Presence::Offline, "twice 15 s");
    assert_eq!(told(&shop).await, (1, 0), "nobody has noticed");
    // Two nodes notice at the same time.
    let other = shop.another_node("other").await;
    let (here, there) = tokio::join!(delivery::sweep(&shop.app), delivery::sweep(&other));
    here.unwrap();
    there.unwrap();
    assert_eq!(told(&shop).await, (1, 1));
    let again = poll(&shop).await.commands;
    assert_eq!(keys(&again), keys(&given), "the same attempt");
    assert_eq!(told(&shop).await, (2, 1));
    // Late, but before anybody noticed.
    advance(&shop, 31);
    poll(&shop).await;
    delivery::sweep(&shop.app).await.unwrap();
    assert_eq!(told(&shop).await, (2, 1));
}

async fn a_player_who_joins_lets_the_plugin_ask_at_once(shop: Shop) {
    let kit = shop.package_with("Kit", "1.00", |package| {
        package.commands[0].execute = "whenOnline".to_owned();
    });
    let kit = kit.await;
    shop.buys("Steve", kit).await;
    let given = poll(&shop).await.commands;
    let away = Report {
        result: RunResult::AwaitingPlayer,
        ..completed(&given).remove(0)
    };
    report(&shop, vec![away]).await;
    let joins = async |name: &str| {
        let player = PlayerName {
            username: name.to_owned(),
            uuid: None,
        };
        delivery::players_online(&shop.app, plugin(&shop), vec![player])
            .await
            .unwrap()
    };
    for _ in 0..2 {
        advance(&shop, 1);
        assert!(poll(&shop).await.commands.is_empty());
    }
    assert!(poll_at(&shop, &shop.app, 100).await.is_err());
    assert_eq!(joins("Alex").await, 0);
    assert!(poll_at(&shop, &shop.app, 100).await.is_err());
    assert_eq!(joins("sTEVE").await, 1);
    let again = poll(&shop).await;
    assert_eq!(again.commands[0].attempt, 2);
    // While a hub connection receives, its plugin tells who is there.
    let (hub, recorder) = shop.connect().await;
    let sent = recorder.take();
    let away = Report {
        result: RunResult::AwaitingPlayer,
        ..completed(&sent).remove(0)
    };
    delivery::report_results(&shop.app, hub, vec![away])
        .await
        .unwrap();
    assert_eq!(joins("Steve").await, 0);
}
