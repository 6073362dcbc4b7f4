use std::fs::OpenOptions;
use std::io::Write as _;

use tokio::sync::mpsc::unbounded_channel;

use super::*;
use crate::hub::ToHub;
use crate::journal::Limits;
use crate::net::Tls;

#[tokio::test]
async fn a_command_that_waits_is_told_before_its_player_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (log, data) = (folder.path().join("log"), folder.path().join("data"));
    std::fs::write(&log, "").unwrap();
    let file = folder.path().join("agent.toml");
    let settings = format!(
        "token = \"t\"\n[game]\nkind = \"console\"\n[console]\npipe = \"pipe\"\nlog = {log:?}\n"
    );
    std::fs::write(&file, settings).unwrap();
    let config = crate::load(Some(&file), std::iter::empty()).unwrap();
    let game = Game::new(&config, &Tls::new("").unwrap()).unwrap();
    let journal = Journal::open(&data, false, Limits::default(), 0).unwrap();
    let (events, heard) = unbounded_channel();
    let (hub, mut told) = unbounded_channel();
    let stop = CancellationToken::new();
    let mut worker = Worker::new(&config, game, journal, heard, stop.clone());
    worker.look().await;

    let command = serde_json::json!({
        "idempotencyKey": "a:1", "id": "a", "attempt": 1, "command": "give Steve",
        "player": {"username": "Steve"}, "requireOnline": true,
    });
    let command = serde_json::from_value(command).unwrap();
    worker.state.hear(FromHub::Connected(hub));
    worker.state.hear(FromHub::Commands(vec![command]));
    let Next::Answer(outcome) = worker.next() else {
        panic!("the player is not there");
    };
    worker.answer(outcome).await;
    // The player comes before the result is on the disk, and it is time to look.
    let mut log = OpenOptions::new().append(true).open(&log).unwrap();
    log.write_all(b"[12:00:00 INFO]: Steve joined the game\n")
        .unwrap();
    worker.next_look = Some(Instant::now());
    let listening = async {
        let mut order = Vec::new();
        while !matches!(order.last(), Some(&"joined")) {
            let next = tokio::time::timeout(Duration::from_secs(10), told.recv()).await;
            order.push(match next.unwrap().unwrap() {
                ToHub::Result(report) if report.outcome.status == Status::AwaitingPlayer => "waits",
                ToHub::Joined(_) => "joined",
                _ => continue,
            });
        }
        drop((events, told));
        stop.cancel();
        order
    };
    let ((), order) = tokio::join!(worker.run(), listening);
    assert_eq!(order, ["waits", "joined"]);
}
