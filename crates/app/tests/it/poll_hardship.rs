//! Polls at bad moments: at once, from several nodes, with failures and answers that are lost.

use std::sync::Arc;

use parking_lot::Mutex;
use tradepost_app::Error;
use tradepost_app::delivery::{self, Plugin};
use tradepost_app::servers::{self, Presence};
use tradepost_model::commands::{Command, CommandStatus};

use crate::delivery::completed;
use crate::poll::{ack, advance, keys, plugin, poll, poll_at, presence, report, told};
use crate::shop::{Recorder, Shop, on_both_engines};

on_both_engines!(
    polls_at_once_lose_nothing,
    a_restart_of_the_node_ends_no_polling_plugin,
    a_regenerated_token_ends_polling,
    any_node_may_be_asked,
    every_poll_is_whole_or_nothing,
    whoever_asks_and_whatever_is_lost_each_command_runs_once,
);

async fn polls_at_once_lose_nothing(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    for round in 0..10 {
        for number in 0..4 {
            shop.buys(&format!("Buyer_{number}"), vip).await;
        }
        let mut tasks = Vec::new();
        for _ in 0..2 {
            let app = shop.app.clone();
            let token = shop.token.clone();
            tasks.push(shop.app.tasks.spawn(async move {
                let (store, server, token) =
                    delivery::authenticate(&app, Some(&token)).await.unwrap();
                delivery::poll(&app, store, server, token, 100)
                    .await
                    .unwrap()
            }));
        }
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(keys(&task.await.unwrap().commands));
        }
        answers.sort_by_key(Vec::len);
        // Whichever answer is lost, the next has it all.
        advance(&shop, 15);
        let last = poll(&shop).await.commands;
        assert_eq!(keys(&last).len(), 4, "round {round}");
        for answer in &answers {
            assert!(answer.iter().all(|key| keys(&last).contains(key)));
        }
        assert_eq!(answers[1].len(), 4);
        report(&shop, completed(&last)).await;
        advance(&shop, 15);
        assert!(poll(&shop).await.commands.is_empty());
        advance(&shop, 60);
    }
}

async fn a_restart_of_the_node_ends_no_polling_plugin(shop: Shop) {
    poll(&shop).await;
    delivery::prepare(&shop.app).await.unwrap();
    delivery::sweep(&shop.app).await.unwrap();
    assert!(matches!(presence(&shop).await, Presence::Polling { .. }));
    assert_eq!(told(&shop).await, (1, 0));
}

async fn a_regenerated_token_ends_polling(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    let given = poll(&shop).await.commands;
    let (store, server, old) = delivery::authenticate(&shop.app, Some(&shop.token))
        .await
        .unwrap();
    let new = servers::regenerate_token(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    assert_eq!(presence(&shop).await, Presence::Offline);
    assert_eq!(told(&shop).await, (1, 1));
    // A request that was recognised just before.
    advance(&shop, 15);
    let refused = delivery::poll(&shop.app, store, server, old, 100).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))));
    assert_eq!(presence(&shop).await, Presence::Offline);
    let (store, server, new) = delivery::authenticate(&shop.app, Some(&new.token))
        .await
        .unwrap();
    let polled = delivery::poll(&shop.app, store, server, new, 100)
        .await
        .unwrap();
    assert_eq!(keys(&polled.commands), keys(&given));
}

async fn any_node_may_be_asked(shop: Shop) {
    let other = shop.another_node("other").await;
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    let given = poll(&shop).await.commands;
    advance(&shop, 15);
    let again = poll_at(&shop, &other, 100).await.unwrap();
    assert_eq!(keys(&again.commands), keys(&given), "not acknowledged");
    ack(&shop, &given).await;
    for app in [&shop.app, &other, &shop.app] {
        advance(&shop, 15);
        let polled = poll_at(&shop, app, 100).await.unwrap();
        assert!(polled.commands.is_empty());
    }
    for app in [&other, &shop.app] {
        advance(&shop, 1);
        poll_at(&shop, app, 100).await.unwrap();
    }
    let third = poll_at(&shop, &other, 100).await;
    assert!(
        matches!(third, Err(Error::TooMany { .. })),
        "the pace is one"
    );
    assert_eq!(told(&shop).await, (1, 0));
}

async fn every_poll_is_whole_or_nothing(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let first = shop.buys("Steve", vip).await;
    let second = shop.buys("Alex", vip).await;
    let (mut number, mut failed) = (1, 0);
    loop {
        shop.app.db.fail_at(Some(number));
        let polled = poll_at(&shop, &shop.app, 1).await;
        shop.app.db.fail_at(None);
        match polled {
            Ok(polled) => {
                assert_eq!(polled.commands.len(), 1);
                break;
            }
            Err(_) => failed += 1,
        }
        for details in [&first, &second] {
            let status = shop.commands(details).await[0].command.status;
            assert_eq!(status, CommandStatus::Pending, "statement {number}");
        }
        assert_eq!(presence(&shop).await, Presence::Offline);
        assert_eq!(told(&shop).await, (0, 0));
        number += 1;
        advance(&shop, 60);
    }
    assert!(failed > 10, "{failed}");
}

/// A plugin with a journal: it runs each key once, whatever it is given how often.
#[derive(Default)]
struct Journal {
    ran: std::collections::BTreeMap<String, Command>,
}

async fn whoever_asks_and_whatever_is_lost_each_command_runs_once(shop: Shop) {
    const ROUNDS: u32 = 60;
    let vip = shop.package("VIP", "9.99").await;
    let other = shop.another_node("other").await;
    let journal = Arc::new(Mutex::new(Journal::default()));
    let run = |commands: &[Command]| {
        let mut journal = journal.lock();
        for command in commands {
            let key = command.idempotency_key();
            journal.ran.entry(key).or_insert_with(|| command.clone());
        }
    };
    for round in 0..ROUNDS {
        let (here, there) = match round % 2 {
            0 => (&shop.app, &other),
            _ => (&other, &shop.app),
        };
        let hub = Plugin {
            store: shop.store.id,
            server: shop.survival,
            connection: shop.app.id(),
        };
        let recorder = Arc::new(Recorder::default());
        let buyer = format!("Buyer_{round}");
        let (buys, first, second, connected) = tokio::join!(
            shop.buys(&buyer, vip),
            poll_at(&shop, here, 3),
            poll_at(&shop, there, 100),
            async {
                match round % 3 {
                    0 => delivery::connect(there, hub, recorder.clone()).await,
                    _ => Ok(()),
                }
            },
        );
        connected.unwrap();
        assert_eq!(buys.commands.len(), 1);
        for (number, polled) in [first, second].into_iter().enumerate() {
            match polled {
                // Every other answer is lost.
                Ok(polled) if (round as usize + number).is_multiple_of(2) => run(&polled.commands),
                Ok(_) | Err(Error::TooMany { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        run(&recorder.take());
        // Some of it is told: to whichever node, by whichever way.
        let known: Vec<_> = journal.lock().ran.values().cloned().collect();
        let some = known.len() / 2;
        delivery::report_results(here, plugin(&shop), completed(&known[..some]))
            .await
            .unwrap();
        if round % 3 == 0 {
            delivery::disconnect(there, hub).await.unwrap();
        }
        advance(&shop, i64::from(round % 7) * 11);
        delivery::sweep(here).await.unwrap();
    }
    loop {
        advance(&shop, 60);
        let polled = poll(&shop).await;
        if polled.commands.is_empty() {
            break;
        }
        run(&polled.commands);
        report(&shop, completed(&polled.commands)).await;
    }
    let ran: Vec<_> = journal.lock().ran.values().cloned().collect();
    let mut ids: Vec<_> = ran.iter().map(|command| command.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), ran.len()), (60, 60), "none lost, none doubled");
    let (_, queue, _) = servers::find(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    assert_eq!(queue, servers::Queue::default());
    let (online, offline) = told(&shop).await;
    assert_eq!(online, offline + 1, "they alternate");
}
