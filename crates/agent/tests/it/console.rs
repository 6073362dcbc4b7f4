//! A game whose console is a pipe.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::store::{Agent, Store, command};

fn make_pipe(folder: &Path) -> PathBuf {
    let pipe = folder.join("console");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    pipe
}

fn settings(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "[game]\nkind = \"console\"\n[console]\npipe = \"{folder}/console\"\nlog = \"{folder}/latest.log\"\noutput_wait_ms = 100\n[players]\nevery_seconds = 1\n"
    )
}

/// Reads so many lines of the pipe, and answers each in the log.
fn play(folder: &Path, lines: usize) -> std::thread::JoinHandle<Vec<String>> {
    let (pipe, log) = (folder.join("console"), folder.join("latest.log"));
    std::thread::spawn(move || {
        let pipe = BufReader::new(OpenOptions::new().read(true).open(pipe).unwrap());
        let mut log = OpenOptions::new()
            .append(true)
            .create(true)
            .open(log)
            .unwrap();
        let answered = pipe.lines().take(lines).map(|line| {
            let line = line.unwrap();
            writeln!(log, "[12:00:00 INFO]: did {line}").unwrap();
            line
        });
        answered.collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_written_and_the_log_is_the_answer() {
    let store = Store::start().await;
    let folder = tempfile::tempdir().unwrap();
    make_pipe(folder.path());
    std::fs::write(
        folder.path().join("latest.log"),
        "[12:00:00 INFO]: Alex joined the game\n",
    )
    .unwrap();
    let agent = Agent::start(&store, folder.path(), &settings(folder.path()));
    store.until_called("PlayersOnline", 1).await;
    assert_eq!(
        store.calls("PlayersOnline")[0]["players"],
        json!([{"username": "Alex"}])
    );
    // Nobody reads the pipe yet.
    let mut needs_alex = command("b", "give Alex");
    needs_alex["requireOnline"] = json!(true);
    needs_alex["player"] = json!({"username": "Alex"});
    let mut needs_steve = command("c", "give Steve");
    needs_steve["requireOnline"] = json!(true);
    store.send(&[command("a", "say a"), needs_alex, needs_steve]);
    store.until_called("AckCommands", 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(store.calls("ReportResults").is_empty());
    let game = play(folder.path(), 2);
    assert_eq!(
        store.result("a:1").await["output"],
        "[12:00:00 INFO]: did say a"
    );
    assert_eq!(store.result("b:1").await["status"], "completed");
    assert_eq!(store.result("c:1").await["status"], "awaitingPlayer");
    assert_eq!(game.join().unwrap(), ["say a", "give Alex"]);
    // The game ends, and is started again with a new log.
    store.send(&[command("d", "say d")]);
    store.until_called("AckCommands", 2).await;
    std::fs::remove_file(folder.path().join("latest.log")).unwrap();
    std::fs::write(
        folder.path().join("latest.log"),
        "[12:00:00 INFO]: Steve joined the game\n",
    )
    .unwrap();
    let game = play(folder.path(), 1);
    assert_eq!(store.result("d:1").await["status"], "completed");
    assert_eq!(game.join().unwrap(), ["say d"]);
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_says_of_a_failure_is_for_staff() {
    let store = Store::start().await;
    let folder = tempfile::tempdir().unwrap();
    make_pipe(folder.path());
    // Every answer of this game fits one of these.
    for (patterns, needs_player, status) in [
        ("failure_patterns = [\"did\"]", true, "interrupted"),
        ("away_patterns = [\"did\"]", false, "interrupted"),
        ("away_patterns = [\"did\"]", true, "awaitingPlayer"),
    ] {
        let settings = settings(folder.path())
            .replace("[console]", &format!("{patterns}\n[console]"))
            .replace("[players]", "[players]\nwatch = false");
        let game = play(folder.path(), 1);
        let hellos = store.calls("Hello").len();
        let agent = Agent::start(&store, folder.path(), &settings);
        store.until_called("Hello", hellos + 1).await;
        let id = format!("{hellos}");
        let mut give = command(&id, "give Steve");
        give["requireOnline"] = json!(needs_player);
        store.send(&[give]);
        let result = store.result(&format!("{id}:1")).await;
        assert_eq!(result["status"], status, "{patterns} {needs_player}");
        let told = "[12:00:00 INFO]: did give Steve";
        assert_eq!(result["output"], told);
        let error = result["error"].as_str().unwrap_or_default();
        assert_eq!(error.contains(told), status == "interrupted", "{error}");
        assert_eq!(game.join().unwrap(), ["give Steve"]);
        agent.stop().await;
    }
}
