//! The Server-Sent Events transport.

use crate::peer::{Peer, quick};
use signalr_server::Options;
use std::{sync::atomic::Ordering, time::Duration};

const CALL: &str = r#"{"type":1,"invocationId":"1","target":"Echo","arguments":["a"]}"#;
const RESULT: &str = r#"{"type":3,"invocationId":"1","result":"a"}"#;

#[tokio::test]
async fn calls_are_posted_and_answers_are_events() {
    let peer = Peer::start().await;
    let (mut events, id) = peer.listener().await;
    for header in [
        "content-type: text/event-stream\r\n",
        "cache-control: no-cache,no-store\r\n",
        "pragma: no-cache\r\n",
        "content-encoding: identity\r\n",
        "x-accel-buffering: no\r\n",
    ] {
        assert!(events.head.contains(header), "{}", events.head);
    }
    peer.says(&id, &[CALL, CALL]).await;
    events.hears(RESULT).await;
    events.hears(RESULT).await;
    let (start, end) = CALL.split_at(20);
    peer.post(&id, start.as_bytes()).await;
    peer.says(&id, &[end]).await;
    events.hears(RESULT).await;
}

#[tokio::test]
async fn many_messages_arrive_whole_and_in_batches() {
    let peer = Peer::start().await;
    let (mut events, id) = peer.listener().await;
    let burst = r#"{"type":1,"invocationId":"1","target":"Burst","arguments":[5000]}"#;
    peer.says(&id, &[burst]).await;
    let (mut commands, mut chunks) = (0, 0);
    while commands < 5000 {
        let chunk = events.chunk().await.unwrap();
        assert!(chunk.starts_with("data: ") && chunk.ends_with("\u{1e}\r\n\r\n"));
        commands += chunk.matches(r#""target":"Do""#).count();
        chunks += 1;
    }
    assert!(chunks < 500, "{chunks} chunks");
}

#[tokio::test]
async fn what_is_posted_before_the_stream_is_opened_is_kept() {
    let peer = Peer::start().await;
    let id = peer.id().await;
    peer.says(&id, &[crate::peer::HANDSHAKE, CALL]).await;
    let mut events = peer.events(&id).await;
    assert_eq!(events.chunk().await.unwrap(), ":\r\n");
    events.hears("{}").await;
    events.hears(RESULT).await;
}

#[tokio::test]
async fn there_is_one_stream_for_each_connection() {
    let peer = Peer::start().await;
    let (_events, id) = peer.listener().await;
    let again = peer.events(&id).await;
    assert!(again.head.starts_with("HTTP/1.1 409"), "{}", again.head);
}

#[tokio::test]
async fn a_binary_protocol_is_refused() {
    let peer = Peer::start().await;
    let id = peer.id().await;
    let mut events = peer.events(&id).await;
    assert_eq!(events.chunk().await.unwrap(), ":\r\n");
    peer.says(&id, &[r#"{"protocol":"messagepack","version":1}"#])
        .await;
    events
        .hears(r#"{"error":"Cannot use the 'messagepack' protocol on the current transport. The transport does not support 'Binary' transfer format."}"#)
        .await;
    assert_eq!(events.chunk().await, None);
}

#[tokio::test]
async fn an_idle_client_is_pinged() {
    let peer = Peer::start_with(Options {
        keep_alive: Duration::from_millis(50),
        ..quick()
    })
    .await;
    let (mut events, _id) = peer.listener().await;
    events.hears(r#"{"type":6}"#).await;
    events.hears(r#"{"type":6}"#).await;
}

#[tokio::test]
async fn a_closed_connection_says_so_and_ends_the_stream() {
    let peer = Peer::start().await;
    for (record, close) in [
        (
            r#"{"type":1,"target":"CloseMe","arguments":[]}"#,
            r#"{"type":7,"allowReconnect":true}"#,
        ),
        (r#"{"type":7}"#, r#"{"type":7}"#),
        (
            "[]",
            r#"{"type":7,"error":"Connection closed with an error.","allowReconnect":true}"#,
        ),
    ] {
        let (mut events, id) = peer.listener().await;
        peer.says(&id, &[record]).await;
        events.hears(close).await;
        assert_eq!(events.chunk().await, None);
        while peer.post(&id, b"x").await.status != 404 {}
    }
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn a_client_leaves_by_hanging_up() {
    let peer = Peer::start().await;
    let (events, id) = peer.listener().await;
    peer.until(|peer| peer.server.connections() == 1).await;
    drop(events);
    peer.until_all_are_gone().await;
    while peer.post(&id, b"x").await.status != 404 {}
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let peer = Peer::start_with(Options {
        send_timeout: Duration::from_millis(300),
        ..quick()
    })
    .await;
    let (mut events, id) = peer.listener().await;
    let burst = r#"{"type":1,"invocationId":"1","target":"Burst","arguments":[1000000]}"#;
    peer.says(&id, &[burst]).await;
    peer.until(|peer| peer.hub.disconnected.load(Ordering::SeqCst) == 1)
        .await;
    let accepted = peer.hub.accepted.load(Ordering::SeqCst);
    assert!(accepted < 20_000_000, "{accepted} bytes were accepted");
    events.is_cut_off().await;
}

#[tokio::test]
async fn a_shutdown_ends_every_stream() {
    let peer = Peer::start().await;
    let (mut events, _id) = peer.listener().await;
    let farewell = async {
        events.hears(r#"{"type":7,"allowReconnect":true}"#).await;
        assert_eq!(events.chunk().await, None);
    };
    tokio::join!(peer.server.shutdown(Duration::ZERO), farewell);
    assert_eq!(peer.hub.disconnected.load(Ordering::SeqCst), 1);
}
