use crate::peer::{Peer, quick};
use signalr_server::Options;
use std::time::{Duration, Instant};

const PING: &str = r#"{"type":6}"#;
const CLOSE: &str =
    r#"{"type":7,"error":"Connection closed with an error.","allowReconnect":true}"#;

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test]
async fn an_idle_client_is_pinged_again_and_again() {
    let peer = Peer::start_with(Options {
        keep_alive: millis(60),
        ..quick()
    })
    .await;
    let began = Instant::now();
    let mut client = peer.client().await;
    client.hears(PING).await;
    client.hears(PING).await;
    assert!(began.elapsed() >= millis(120), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_client_that_was_sent_something_is_not_pinged() {
    let peer = Peer::start_with(Options {
        keep_alive: millis(1000),
        ..quick()
    })
    .await;
    let mut client = peer.client().await;
    let began = Instant::now();
    while began.elapsed() < millis(1200) {
        client.calls("1", "Void", "[]").await;
        client.hears(r#"{"type":3,"invocationId":"1"}"#).await;
        tokio::time::sleep(millis(50)).await;
    }
}

#[tokio::test]
async fn a_client_that_never_pings_may_be_silent() {
    let peer = Peer::start_with(Options {
        client_timeout: millis(50),
        ..quick()
    })
    .await;
    let mut client = peer.client().await;
    client.is_silent_for(millis(300)).await;
}

#[tokio::test]
async fn a_client_that_pinged_once_must_keep_talking() {
    let peer = Peer::start_with(Options {
        client_timeout: millis(500),
        ..quick()
    })
    .await;
    let mut client = peer.client().await;
    client.says(PING).await;
    for _ in 0..8 {
        tokio::time::sleep(millis(100)).await;
        client.says(r#"{"type":42}"#).await;
    }
    let silent = Instant::now();
    client.hears(CLOSE).await;
    client.is_closed_with(1000).await;
    assert!(silent.elapsed() >= millis(490), "{:?}", silent.elapsed());
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn pings_are_heard_during_a_slow_call() {
    let peer = Peer::start_with(Options {
        client_timeout: millis(500),
        ..quick()
    })
    .await;
    let mut client = peer.client().await;
    client.says(PING).await;
    client.calls("1", "Slow", "[1000]").await;
    for _ in 0..10 {
        tokio::time::sleep(millis(100)).await;
        client.says(PING).await;
    }
    client
        .hears(r#"{"type":3,"invocationId":"1","result":"slow"}"#)
        .await;
}
