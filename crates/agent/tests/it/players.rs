//! Commands that need their player.

use serde_json::{Value, json};

use crate::game::Game;
use crate::store::{Agent, Store, command};

fn for_online(id: &str, text: &str) -> Value {
    let mut command = command(id, text);
    command["requireOnline"] = json!(true);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_for_its_player_and_the_join_is_told_after_that() {
    let (store, game) = (Store::start().await, Game::start().await);
    game.state.lock().players = vec!["Alex".to_owned()];
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("{}[players]\nevery_seconds = 1\n", game.settings());
    let agent = Agent::start(&store, folder.path(), &settings);
    store.until_called("PlayersOnline", 1).await;
    assert_eq!(
        store.calls("PlayersOnline")[0]["players"],
        json!([{"username": "Alex"}])
    );
    store.send(&[for_online("a", "give Steve"), command("b", "say b")]);
    assert_eq!(store.result("a:1").await["status"], "awaitingPlayer");
    store.result("b:1").await;
    assert_eq!(game.ran(), ["say b"]);
    game.state.lock().players = vec!["Steve".to_owned()];
    store.until_called("PlayerJoined", 1).await;
    store.until_called("PlayerLeft", 1).await;
    assert_eq!(store.calls("PlayerJoined")[0]["username"], "Steve");
    assert_eq!(store.calls("PlayerLeft")[0]["username"], "Alex");
    store.send(&[for_online("c", "give Steve")]);
    assert_eq!(store.result("c:1").await["output"], "Gave Steve");
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_watcher_the_games_answer_decides() {
    let (store, game) = (Store::start().await, Game::start().await);
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("{}[players]\nwatch = false\n", game.settings());
    let agent = Agent::start(&store, folder.path(), &settings);
    store.until_called("Hello", 1).await;
    store.send(&[for_online("a", "give Steve"), for_online("b", "say b")]);
    assert_eq!(store.result("a:1").await["status"], "awaitingPlayer");
    assert_eq!(store.result("b:1").await["status"], "completed");
    assert_eq!(game.ran(), ["give Steve", "say b"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_players_are_told_in_pieces() {
    let (store, game) = (Store::start().await, Game::start().await);
    game.state.lock().players = (0..450).map(|n| format!("p{n}")).collect();
    let folder = tempfile::tempdir().unwrap();
    let agent = Agent::start(&store, folder.path(), &game.settings());
    store.until_called("PlayersOnline", 3).await;
    let pieces: Vec<_> = store
        .calls("PlayersOnline")
        .iter()
        .map(|it| (it["players"].as_array().unwrap().len(), it["more"] == true))
        .collect();
    assert_eq!(pieces, [(200, true), (200, true), (50, false)]);
    agent.stop().await;
}
