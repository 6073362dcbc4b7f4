//! Games, stores and agents that end at bad moments.

use std::time::Duration;

use serde_json::json;

use crate::game::{Game, Mood};
use crate::store::{Agent, Store, command};

#[tokio::test(flavor = "multi_thread")]
async fn commands_wait_for_a_game_that_is_down() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("Hello", 1).await;
    game.close().await;
    store.send(&[command("a", "say a"), command("b", "say b")]);
    store.until_called("AckCommands", 1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(store.calls("ReportResults").is_empty());
    game.open().await;
    for key in ["a:1", "b:1"] {
        assert_eq!(store.result(key).await["status"], "completed");
    }
    assert_eq!(game.ran(), ["say a", "say b"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_sent_again_while_the_game_is_down_runs_once() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("Hello", 1).await;
    game.close().await;
    store.send(&[command("a", "say a"), command("b", "say b")]);
    store.until_called("AckCommands", 1).await;
    let mut again = command("a", "say a");
    again["attempt"] = json!(2);
    again["idempotencyKey"] = json!("a:2");
    store.send(&[again]);
    store.until_called("AckCommands", 2).await;
    game.open().await;
    assert_eq!(store.result("a:2").await["status"], "completed");
    assert_eq!(game.ran(), ["say b", "say a"]);
    // The first attempt comes late.
    store.send(&[command("a", "say a"), command("c", "say c")]);
    assert_eq!(store.result("a:1").await["status"], "interrupted");
    store.result("c:1").await;
    assert_eq!(game.ran(), ["say b", "say a", "say c"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_answer_was_lost_is_interrupted_and_never_run_again() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("{}answer_seconds = 1\n", game.settings());
    let agent = Agent::start(&store, folder.path(), &settings);
    store.until_called("PlayersOnline", 1).await;
    for (id, mood) in [("cut", Mood::HangsUp), ("silent", Mood::Silent)] {
        game.state.lock().mood = mood;
        store.send(&[command(id, &format!("say {id}"))]);
        let result = store.result(&format!("{id}:1")).await;
        assert_eq!(result["status"], "interrupted", "{id}");
        game.state.lock().mood = Mood::Answers;
        store.send(&[command(id, &format!("say {id}"))]);
        let key = format!("{id}:1");
        store
            .until("an answer from the journal", |book| book.times[&key] >= 2)
            .await;
    }
    store.send(&[command("after", "say after")]);
    assert_eq!(store.result("after:1").await["output"], "said after");
    assert_eq!(game.ran(), ["say cut", "say silent", "say after"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_killed_while_a_command_ran_says_so() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("PlayersOnline", 1).await;
    game.state.lock().mood = Mood::Silent;
    store.send(&[command("a", "say a"), command("b", "say b")]);
    while game.ran().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    agent.kill().await;
    game.state.lock().mood = Mood::Answers;
    let agent = Agent::start(&store, folder.path(), &game.settings());
    assert_eq!(store.result("a:1").await["status"], "interrupted");
    store.send(&[command("a", "say a"), command("b", "say b")]);
    assert_eq!(store.result("b:1").await["status"], "completed");
    assert_eq!(game.ran(), ["say a", "say b"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_agent_finishes_what_runs_and_reports_it() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let settings = format!(
        "{}answer_seconds = 1\nno_answer_means = \"completed\"\n",
        game.settings()
    );
    let agent = Agent::start(&store, folder.path(), &settings);
    store.until_called("PlayersOnline", 1).await;
    game.state.lock().mood = Mood::Silent;
    store.send(&[command("a", "say a"), command("b", "say b")]);
    while game.ran().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    agent.stop().await;
    assert_eq!(store.book.lock().results["a:1"]["status"], "completed");
    assert_eq!(game.ran(), ["say a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_were_not_taken_are_reported_first_when_the_store_is_back() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("PlayersOnline", 1).await;
    game.close().await;
    store.send(&[command("a", "say a")]);
    store.until_called("AckCommands", 1).await;
    store.close().await;
    game.open().await;
    while game.ran().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    store.open().await;
    assert_eq!(store.result("a:1").await["status"], "completed");
    store.until_called("PlayersOnline", 2).await;
    let names = store.call_names();
    let second = names.iter().rposition(|name| name == "Hello").unwrap();
    assert_eq!(
        names[second + 1..second + 3],
        ["ReportResults", "PlayersOnline"]
    );
    assert_eq!(game.ran(), ["say a"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_reported_until_the_store_takes_it() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("PlayersOnline", 1).await;
    store.book.lock().fail = [("ReportResults".to_owned(), 1)].into();
    store.send(&[command("a", "say a")]);
    store.result("a:1").await;
    assert_eq!(store.calls("ReportResults").len(), 2);
    agent.stop().await;
    // The store has it: nothing is left to say.
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("PlayersOnline", 2).await;
    assert_eq!(store.calls("ReportResults").len(), 2);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_connections_lose_and_double_nothing() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("PlayersOnline", 1).await;
    let commands: Vec<_> = (0..200)
        .map(|n| command(&n.to_string(), &format!("say {n}")))
        .collect();
    for part in commands.chunks(50) {
        let hellos = store.calls("Hello").len();
        store.send(part);
        store.cut();
        store.until_called("Hello", hellos + 1).await;
    }
    // What was not answered comes again on the next connection.
    store.send(&commands);
    store.results(200).await;
    let mut ran = game.ran();
    assert_eq!(ran.len(), 200);
    ran.sort();
    ran.dedup();
    assert_eq!(ran.len(), 200);
    {
        let book = store.book.lock();
        let mut results = book.results.values();
        assert!(results.all(|it| it["status"] == json!("completed")));
    }
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_and_a_second_agent_are_told() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let settings = game.settings();
    let config = crate::store::config(&store, folder.path(), &settings);
    let check = async || {
        let mut out = Vec::new();
        let checked = tradepost_agent::check(&config, &mut out).await.is_ok();
        (checked, String::from_utf8(out).unwrap())
    };
    let (is_ok, text) = check().await;
    assert!(
        is_ok && text.contains("this is the server Lobby of Shop") && text.contains("0 online"),
        "{text}"
    );
    store.book.lock().refuse_token = true;
    let (is_ok, text) = check().await;
    assert!(
        !is_ok && text.contains("This token is not known here."),
        "{text}"
    );
    store.book.lock().refuse_token = false;
    store.book.lock().refuse_hello = true;
    let (is_ok, text) = check().await;
    assert!(
        !is_ok && text.contains("Another plugin is connected with this token."),
        "{text}"
    );
    store.book.lock().refuse_hello = false;
    game.state.lock().refuse = true;
    let (is_ok, text) = check().await;
    assert!(!is_ok && text.contains("refuses rcon.password"), "{text}");
    game.close().await;
    let (is_ok, text) = check().await;
    assert!(!is_ok && text.contains("no RCON at"), "{text}");

    // One data folder is for one agent.
    let agent = Agent::start(&store, folder.path(), &settings);
    let hellos = store.calls("Hello").len();
    store.until_called("Hello", hellos + 1).await;
    let second = tradepost_agent::run(&config, std::future::pending()).await;
    assert!(
        second
            .unwrap_err()
            .to_string()
            .contains("another agent is running")
    );
    agent.stop().await;
}
