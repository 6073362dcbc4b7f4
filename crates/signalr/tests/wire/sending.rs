//! Much at a time, and clients that do not read.

use crate::peer::{Peer, quick};
use serde_json::json;
use signalr_server::{Invocation, MAX_INVOCATION, Options, SendError};
use std::{sync::atomic::Ordering, time::Duration};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn many_messages_arrive_whole_in_order_and_in_batches() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client.calls("1", "Burst", "[20000]").await;
    let (mut messages, mut commands) = (0, 0);
    loop {
        let Some(Message::Text(text)) = client.message().await else {
            panic!("it should go on")
        };
        assert!(text.len() <= 256 * 1024 && text.ends_with('\u{1e}'));
        messages += 1;
        commands += text.matches(r#""target":"Do""#).count();
        if text.ends_with("{\"type\":3,\"invocationId\":\"1\"}\u{1e}") {
            break;
        }
    }
    assert_eq!(commands, 20_000);
    assert!(messages < 2_000, "{messages} messages");
}

#[tokio::test]
async fn a_long_message_goes_alone_up_to_the_limit() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    peer.until(|peer| peer.server.connections() == 1).await;
    let connection = peer.hub.live.lock()[0].clone();
    let envelope = r#"{"type":1,"target":"Do","arguments":[""]}"#.len() + 1;
    let longest = "x".repeat(MAX_INVOCATION - envelope);
    connection.send("Do", &longest).unwrap();
    assert!(client.record().await.ends_with(r#"x"]}"#));
    let refused = connection.send("Do", &format!("{longest}x"));
    assert!(matches!(refused, Err(SendError::TooLong)));
    assert!(!connection.is_closed());
}

#[tokio::test]
async fn one_invocation_is_sent_to_many() {
    let peer = Peer::start().await;
    let mut clients = [peer.client().await, peer.client().await];
    peer.until(|peer| peer.server.connections() == 2).await;
    let invocation = Invocation::new("News", &json!({"text": "hello"})).unwrap();
    for connection in peer.hub.live.lock().iter() {
        connection.send_invocation(&invocation).unwrap();
    }
    for client in &mut clients {
        client
            .hears(r#"{"type":1,"target":"News","arguments":[{"text":"hello"}]}"#)
            .await;
    }
}

#[tokio::test]
async fn a_hub_that_floods_a_client_stores_no_more_than_the_bound() {
    let peer = Peer::start().await;
    let mut client = peer.client().await;
    client.calls("1", "Flood", "[]").await;
    client.is_dropped().await;
    peer.until_all_are_gone().await;
    let accepted = peer.hub.accepted.load(Ordering::SeqCst);
    assert!(accepted <= 64 * 1024, "{accepted} bytes were accepted");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_after_a_time() {
    let options = Options {
        send_timeout: Duration::from_millis(300),
        ..quick()
    };
    let peer = Peer::start_with(options).await;
    let mut client = peer.client().await;
    client.calls("1", "Burst", "[1000000]").await;
    peer.until(|peer| peer.hub.disconnected.load(Ordering::SeqCst) == 1)
        .await;
    // What the sockets of both sides take, and the queue; not the hundred megabytes asked for.
    let accepted = peer.hub.accepted.load(Ordering::SeqCst);
    assert!(accepted < 20_000_000, "{accepted} bytes were accepted");
    client.is_dropped().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answers_is_not_listened_to() {
    let options = Options {
        send_timeout: Duration::from_millis(300),
        ..quick()
    };
    let peer = Peer::start_with(options).await;
    let mut client = peer.client().await;
    let call = format!(
        r#"{{"type":1,"invocationId":"1","target":"Big","arguments":[100000],"pad":"{}"}}"#,
        "x".repeat(10_000)
    );
    let said = client.says_while_it_can(&call, 5000).await;
    assert!(said < 5000, "it should have been dropped");
    peer.until_all_are_gone().await;
    let calls = peer.hub.calls.lock().len() / 2;
    assert!(
        calls < 200,
        "{calls} calls were made for answers nobody read"
    );
}
