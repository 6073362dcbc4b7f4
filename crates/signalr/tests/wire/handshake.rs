use crate::peer::{HANDSHAKE, Peer, quick};
use signalr_server::Options;
use std::{sync::atomic::Ordering, time::Duration};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn versions_zero_to_two_are_accepted() {
    let peer = Peer::start().await;
    for handshake in [
        r#"{"protocol":"json","version":0}"#,
        r#"{"protocol":"json","version":1,"more":[]}"#,
        r#"{"version":2,"protocol":"JSON"}"#,
    ] {
        let mut client = peer.open("", &[]).await.unwrap();
        client.says(handshake).await;
        client.hears("{}").await;
        client.calls("1", "Echo", r#"["a"]"#).await;
        client
            .hears(r#"{"type":3,"invocationId":"1","result":"a"}"#)
            .await;
    }
}

#[tokio::test]
async fn anything_else_is_answered_with_its_error() {
    let peer = Peer::start().await;
    let unexpected = "An unexpected error occurred during connection handshake.";
    let too_long = format!(
        r#"{{"protocol":"json","version":1,"x":"{}"}}"#,
        "x".repeat(33_000)
    );
    for (handshake, sentence) in [
        (
            r#"{"protocol":"json","version":3}"#,
            "The server does not support version 3 of the 'json' protocol.",
        ),
        (
            r#"{"protocol":"xml","version":1}"#,
            "The protocol 'xml' is not supported.",
        ),
        (r#"{"protocol":"json"}"#, unexpected),
        (r#"{"version":1}"#, unexpected),
        (r#"["json"]"#, unexpected),
        ("hello", unexpected),
        ("", unexpected),
        (r#"{"type":6}"#, unexpected),
        (&too_long, unexpected),
    ] {
        let mut client = peer.open("", &[]).await.unwrap();
        client.says(handshake).await;
        client.hears(&format!(r#"{{"error":"{sentence}"}}"#)).await;
        client.is_closed_with(1000).await;
    }
    assert_eq!(peer.hub.connected.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_client_that_says_nothing_is_sent_away() {
    let options = Options {
        handshake_timeout: Duration::from_millis(50),
        ..quick()
    };
    let peer = Peer::start_with(options).await;
    let mut client = peer.open("", &[]).await.unwrap();
    client.hears(r#"{"error":"Handshake was canceled."}"#).await;
    client.is_closed_with(1000).await;
}

#[tokio::test]
async fn it_may_come_in_pieces_and_with_calls_glued_to_it() {
    let peer = Peer::start().await;
    let mut client = peer.open("", &[]).await.unwrap();
    let (start, end) = HANDSHAKE.split_at(10);
    client.sends(Message::text(start)).await;
    let call = r#"{"type":1,"invocationId":"1","target":"Add","arguments":[1,2]}"#;
    client
        .sends(Message::binary(format!(
            "{end}\u{1e}{call}\u{1e}{{\"type\":6}}\u{1e}"
        )))
        .await;
    client.hears("{}").await;
    client
        .hears(r#"{"type":3,"invocationId":"1","result":3}"#)
        .await;
}

#[tokio::test]
async fn a_client_that_leaves_before_it_was_never_connected() {
    let peer = Peer::start().await;
    let id = peer.id().await;
    peer.open(&format!("id={id}"), &[])
        .await
        .unwrap()
        .leaves()
        .await;
    let gone = async || {
        peer.http("POST", &format!("/hub?id={id}"), &[])
            .await
            .status
            == 404
    };
    while !gone().await {}
    assert_eq!(peer.hub.connected.load(Ordering::SeqCst), 0);
    assert_eq!(peer.hub.disconnected.load(Ordering::SeqCst), 0);
}
