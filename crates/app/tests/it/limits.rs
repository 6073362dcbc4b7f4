//! What the holder of one plugin's token cannot do to everybody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tradepost_app::delivery::{self, Hello, PlayerName, Plugin, Report};
use tradepost_app::{App, Result};
use tradepost_model::commands::RunResult;

use crate::shop::{Engine, Recorder, Shop, on_both_engines};

on_both_engines!(few_connections_wait_and_the_oldest_makes_room);

const TAKEN_OVER: &str = "Another connection of this server took over.";

fn hello(instance: &str) -> Hello {
    Hello {
        instance: Some(instance.to_owned()),
        online_mode: true,
        ..Hello::default()
    }
}

async fn few_connections_wait_and_the_oldest_makes_room(shop: Shop) {
    let (first, receives) = shop.connect().await;
    delivery::hello(&shop.app, first, hello("a")).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..6 {
        waiting.push(shop.connect().await);
    }
    let sentence = "Too many connections of this server wait, this was the oldest.";
    for (n, (_, recorder)) in waiting.iter().enumerate() {
        let closed = recorder.closed.lock().clone();
        let expected = (n < 2).then(|| (Some(sentence.to_owned()), true));
        assert_eq!(closed, expected, "connection {n}");
    }
    assert!(receives.closed.lock().is_none());
    // The end of one that had to go changes nothing, and the newest takes over as ever.
    delivery::disconnect(&shop.app, waiting[0].0).await.unwrap();
    assert_eq!(shop.app.delivery.connected(), 1);
    delivery::disconnect(&shop.app, first).await.unwrap();
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    let got = waiting.iter().map(|(_, recorder)| recorder.take().len());
    assert_eq!(got.collect::<Vec<_>>(), [0, 0, 0, 0, 0, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_waits_a_player_is_no_write() {
    // The engine with one writer.
    let shop = Shop::open(Engine::Sqlite).await.unwrap();
    let (plugin, recorder) = shop.connect().await;
    let joins = async || {
        let player = PlayerName {
            username: "Steve".to_owned(),
            uuid: None,
        };
        delivery::player_joined(&shop.app, plugin, player).await
    };
    // Whoever writes now holds up every other write.
    let (begun, mut has_begun) = tokio::sync::watch::channel(false);
    let end = Arc::new(AtomicBool::new(false));
    let may_end = end.clone();
    let (app, store, server) = (shop.app.clone(), shop.store.id, shop.survival);
    let slow = shop.app.tasks.spawn(async move {
        // A write awaits nothing but the database, so this one blocks.
        app.write(async move |tx| {
            tradepost_db::servers::lock(tx, store, server).await?;
            begun.send_replace(true);
            let start = Instant::now();
            while !may_end.load(Ordering::Relaxed) && start.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        })
        .await
    });
    has_begun.wait_for(|begun| *begun).await.unwrap();
    let joined = tokio::time::timeout(Duration::from_secs(2), joins()).await;
    assert_eq!(joined.expect("it waits for no write").unwrap(), 0);
    end.store(true, Ordering::Relaxed);
    slow.await.unwrap().unwrap();
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    let away = recorder.take().into_iter().map(|command| Report {
        command: command.id,
        attempt: Some(command.attempt),
        result: RunResult::AwaitingPlayer,
        output: None,
        duration_ms: None,
    });
    delivery::report_results(&shop.app, plugin, away.collect())
        .await
        .unwrap();
    assert_eq!(joins().await.unwrap(), 1);
    assert_eq!(recorder.take().len(), 1);
    assert_eq!(joins().await.unwrap(), 0);
}

async fn connect(shop: &Shop, app: &App) -> Result<(Plugin, Arc<Recorder>)> {
    let plugin = Plugin {
        store: shop.store.id,
        server: shop.survival,
        connection: app.id(),
    };
    let recorder = Arc::new(Recorder::default());
    delivery::connect(app, plugin, recorder.clone()).await?;
    Ok((plugin, recorder))
}

#[tokio::test]
async fn two_nodes_do_not_replace_each_others_connection_for_ever() {
    let Some(shop) = Shop::open(Engine::Postgres).await else {
        println!("TEST_POSTGRES_URL is not set: this test needs PostgreSQL");
        return;
    };
    let other = shop.another_node("other-node").await;
    // Replaced by one that lives: the two would take turns.
    let (_, here) = connect(&shop, &shop.app).await.unwrap();
    let (there, _) = connect(&shop, &other).await.unwrap();
    delivery::sweep(&shop.app).await.unwrap();
    let closed = here.closed.lock().clone();
    assert_eq!(closed, Some((Some(TAKEN_OVER.to_owned()), false)));
    delivery::disconnect(&other, there).await.unwrap();
    // Replaced by one that has gone since, in whichever way: its plugin is to come back.
    for has_lapsed in [false, true] {
        let (_, here) = connect(&shop, &shop.app).await.unwrap();
        let (there, _) = connect(&shop, &other).await.unwrap();
        if has_lapsed {
            shop.clock.advance(SignedDuration::from_secs(61));
        } else {
            delivery::disconnect(&other, there).await.unwrap();
        }
        delivery::sweep(&shop.app).await.unwrap();
        let closed = here.closed.lock().clone();
        assert_eq!(closed, Some((None, true)), "lapsed: {has_lapsed}");
    }
}
