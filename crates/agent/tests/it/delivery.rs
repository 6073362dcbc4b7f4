//! What a store sends is run once, in order, and reported.

use serde_json::json;

use crate::game::{Game, Mood};
use crate::store::{Agent, Store, command};

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_run_in_order_and_reported_with_their_answers() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("Hello", 1).await;
    let texts: Vec<_> = (0..50).map(|n| format!("say {n}")).collect();
    let commands = texts.iter().enumerate();
    let commands: Vec<_> = commands
        .map(|(n, text)| command(&n.to_string(), text))
        .collect();
    store.send(&commands);
    store.results(50).await;
    assert_eq!(game.ran(), texts);
    let result = store.result("7:1").await;
    assert_eq!(
        (&result["status"], &result["output"]),
        (&json!("completed"), &json!("said 7"))
    );
    assert!(result["durationMs"].is_number() && result["error"].is_null());
    let acked = store
        .calls("AckCommands")
        .iter()
        .map(|it| it["ids"].as_array().unwrap().len())
        .sum::<usize>();
    assert_eq!(acked, 50);
    let hello = &store.calls("Hello")[0];
    assert_eq!(
        (&hello["protocol"], &hello["onlineMode"]),
        (&json!(1), &json!(true))
    );
    agent.stop().await;
    assert_eq!(game.state.lock().logins, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_again_is_answered_and_not_run_also_after_a_restart() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("Hello", 1).await;
    let once = command("a", "say once");
    store.send(&[once.clone(), once.clone()]);
    store.result("a:1").await;
    store.send(std::slice::from_ref(&once));
    store
        .until("a second result", |book| book.times["a:1"] >= 2)
        .await;
    agent.stop().await;
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("Hello", 2).await;
    store.send(&[once, command("b", "say next")]);
    store.result("b:1").await;
    store
        .until("a third result", |book| book.times["a:1"] >= 3)
        .await;
    assert_eq!(game.ran(), ["say once", "say next"]);
    agent.stop().await;
    let instances = store.calls("Hello");
    assert_eq!(instances[0]["instanceId"], instances[1]["instanceId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_and_long_answers_are_read() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("Hello", 1).await;
    let breaks = "say a\nop Eve";
    let huge = format!("say {}", "x".repeat(2000));
    store.send(&[
        command("bad", "gvie Steve"),
        command("away", "give Steve"),
        command("breaks", breaks),
        command("huge", &huge),
        command("silent", "long 0"),
        command("long", "long 20000"),
        command("exact", "long 4096"),
        command("after", "say after"),
    ]);
    for (id, status) in [
        ("bad", "failed"),
        ("away", "awaitingPlayer"),
        ("breaks", "failed"),
        ("huge", "failed"),
        ("silent", "completed"),
        ("long", "completed"),
        ("exact", "completed"),
    ] {
        assert_eq!(
            store.result(&format!("{id}:1")).await["status"],
            status,
            "{id}"
        );
    }
    assert_eq!(store.result("after:1").await["output"], "said after");
    assert_eq!(
        store.result("long:1").await["output"]
            .as_str()
            .unwrap()
            .len(),
        4096
    );
    assert!(
        !game
            .ran()
            .iter()
            .any(|it| it.contains("op Eve") || it.len() > 100)
    );
    assert_eq!(game.state.lock().logins, 1);

    game.state.lock().mood = Mood::LikeSource;
    store.send(&[command("source", "long 9000"), command("then", "say then")]);
    assert_eq!(store.result("source:1").await["status"], "completed");
    assert_eq!(store.result("then:1").await["output"], "said then");
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_commands_than_fit_at_once_keep_their_order() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("Hello", 1).await;
    let begin = std::time::Instant::now();
    let texts: Vec<_> = (0..3000).map(|n| format!("say {n}")).collect();
    for part in texts.chunks(100) {
        let commands = part.iter().map(|text| command(&text[4..], text));
        store.send(&commands.collect::<Vec<_>>());
    }
    store.results(3000).await;
    println!("3000 commands in {:?}", begin.elapsed());
    assert_eq!(game.ran(), texts);
    agent.stop().await;
}
