use crate::peer::{HANDSHAKE, Peer, quick};
use signalr_server::Options;
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test]
async fn a_hub_closes_a_connection_with_or_without_coming_back() {
    let peer = Peer::start().await;
    for (method, close) in [
        ("CloseMe", r#"{"type":7,"allowReconnect":true}"#),
        (
            "CloseForGood",
            r#"{"type":7,"error":"Your token was replaced."}"#,
        ),
    ] {
        let mut client = peer.client().await;
        client.calls("1", method, "[]").await;
        client.hears(close).await;
        client.is_closed_with(1000).await;
    }
    peer.until_all_are_gone().await;
    assert_eq!(peer.hub.connected.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_was_sent_before_closing_arrives() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    peer.until(|peer| peer.server.connections() == 1).await;
    let connection = peer.hub.live.lock()[0].clone();
    connection.send("Last", "words").unwrap();
    connection.close(None, false);
    connection.close(Some("too late"), true);
    assert!(connection.is_closed());
    assert!(connection.send("Too", "late").is_err());
    client
        .hears(r#"{"type":1,"target":"Last","arguments":["words"]}"#)
        .await;
    client.hears(r#"{"type":7}"#).await;
    client.is_closed_with(1000).await;
}

#[tokio::test]
async fn a_client_that_takes_leave_is_answered() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client.says(r#"{"type":7}"#).await;
    client.hears(r#"{"type":7}"#).await;
    client.is_closed_with(1000).await;
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn a_client_may_just_vanish() {
    let peer = Peer::start().await;
    drop(peer.client().await);
    peer.client().await.leaves().await;
    peer.until(|peer| peer.hub.disconnected.load(Ordering::SeqCst) == 2)
        .await;
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn calls_sent_before_leaving_are_still_made() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client
        .says(r#"{"type":1,"target":"Slow","arguments":[50]}"#)
        .await;
    client
        .says(r#"{"type":1,"target":"Void","arguments":[]}"#)
        .await;
    client.leaves().await;
    peer.until_all_are_gone().await;
    let calls = peer.hub.calls.lock().clone();
    assert_eq!(
        calls,
        ["Slow begins", "Slow ends", "Void begins", "Void ends"]
    );
}

#[tokio::test]
async fn a_hub_learns_that_its_caller_is_gone() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client.calls("1", "Slow", "[60000]").await;
    peer.until(|peer| peer.hub.calls.lock().len() == 1).await;
    client.leaves().await;
    peer.until(|peer| peer.hub.live.lock()[0].is_closed()).await;
    assert_eq!(peer.server.connections(), 0);
    assert_eq!(
        peer.hub.disconnected.load(Ordering::SeqCst),
        0,
        "the call has not ended"
    );
}

#[tokio::test]
async fn a_client_that_does_not_answer_the_closing_is_dropped() {
    let options = Options {
        close_timeout: Duration::from_millis(50),
        ..quick()
    };
    let peer = Peer::start_with(options).await;
    let client = peer.client().await; // reads nothing, so it answers nothing
    peer.until(|peer| peer.server.connections() == 1).await;
    peer.hub.live.lock()[0].close(None, true);
    peer.until_all_are_gone().await;
    drop(client);
    peer.server.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn a_shutdown_sends_everybody_away_to_come_back_later() {
    let peer = Peer::start().await;
    let negotiated = peer.id().await;
    let mut early = peer.open("", &[]).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(peer.client().await);
    }
    peer.until(|peer| peer.server.connections() == 10).await;

    let farewells = async {
        for client in &mut clients {
            client.hears(r#"{"type":7,"allowReconnect":true}"#).await;
            client.is_closed_with(1000).await;
        }
        early.is_dropped().await;
    };
    tokio::join!(peer.server.shutdown(Duration::from_millis(50)), farewells);
    assert_eq!(peer.hub.disconnected.load(Ordering::SeqCst), 10);

    let answer = peer.http("POST", "/hub/negotiate", &[]).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (503, "The server is shutting down.")
    );
    assert_eq!(peer.open("", &[]).await.err().unwrap().0, 503);
    assert_eq!(
        peer.open(&format!("id={negotiated}"), &[])
            .await
            .err()
            .unwrap()
            .0,
        404
    );
}

#[tokio::test]
async fn closing_all_is_spread_over_the_time_given() {
    let peer = Peer::start().await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(peer.client().await);
    }
    peer.until(|peer| peer.server.connections() == 5).await;
    let began = std::time::Instant::now();
    peer.server
        .close_all(false, Duration::from_millis(50))
        .await;
    assert!(
        began.elapsed() >= Duration::from_millis(40),
        "{:?}",
        began.elapsed()
    );
    for client in &mut clients {
        client.hears(r#"{"type":7}"#).await;
    }
    drop(clients);
    peer.until_all_are_gone().await;
    let mut next = peer.open("", &[]).await.unwrap();
    next.says(HANDSHAKE).await;
    next.hears("{}").await;
}
