//! The MessagePack protocol.

use crate::peer::{Client, Peer};
use signalr_server::Invocation;
use tokio_tungstenite::tungstenite::Message;

const HANDSHAKE: &str = "{\"protocol\":\"messagepack\",\"version\":1}\u{1e}";
const ERROR: &[u8] = b"\x25\x93\x07\xd9\x20Connection closed with an error.\xc3";

async fn client(peer: &Peer) -> Client {
    let mut client = peer.open("", &[]).await.unwrap();
    client.sends(Message::text(HANDSHAKE)).await;
    is(&mut client, b"{}\x1e").await;
    client
}

/// The next bytes, in however many messages.
async fn is(client: &mut Client, bytes: &[u8]) {
    let mut heard = Vec::new();
    while heard.len() < bytes.len() {
        match client.message().await {
            Some(Message::Binary(more)) => heard.extend_from_slice(&more),
            other => panic!("expected {bytes:x?}, got {other:?}"),
        }
    }
    assert_eq!(heard, bytes);
}

fn framed(body: &[u8]) -> Vec<u8> {
    let len = u8::try_from(body.len()).unwrap();
    [&[len], body].concat()
}

#[tokio::test]
async fn calls_are_answered_in_kind() {
    let peer = Peer::start().await;
    let mut client = client(&peer).await;
    for (call, answer) in [
        (
            &b"\x95\x01\x80\xa17\xa4Echo\x91\xa1a"[..],
            &b"\x95\x03\x80\xa17\x03\xa1a"[..],
        ),
        (
            b"\x96\x01\x81\xa1h\xa1v\xa17\xa3add\x92\x01\xd1\xff\x00\x90",
            b"\x95\x03\x80\xa17\x03\xd1\xff\x01",
        ),
        (
            b"\x95\x01\x80\xa17\xa4Void\x90",
            b"\x94\x03\x80\xa17\x02",
        ),
        (
            b"\x95\x01\x80\xa17\xa4Null\x90",
            b"\x95\x03\x80\xa17\x03\xc0",
        ),
        (
            b"\x95\x01\x80\xa17\xa4Echo\x91\x01",
            b"\x95\x03\x80\xa17\x01\xd9\x36Failed to invoke 'Echo' due to an error on the server.",
        ),
        (
            b"\x95\x01\x80\xa17\xa4Echo\x91\xd4\x01\x00",
            b"\x95\x03\x80\xa17\x01\xd9\x36Failed to invoke 'Echo' due to an error on the server.",
        ),
        (
            b"\x95\x04\x80\xa17\xa4Nope\x90",
            b"\x95\x03\x80\xa17\x01\xd9\x5bFailed to invoke 'Nope' due to an error on the server. HubException: Method does not exist.",
        ),
    ] {
        client.sends(Message::binary(framed(call))).await;
        is(&mut client, &framed(answer)).await;
    }
}

#[tokio::test]
async fn messages_may_arrive_in_any_pieces() {
    let peer = Peer::start().await;
    let mut client = peer.open("", &[]).await.unwrap();
    let call = framed(b"\x95\x01\x80\xa17\xa4Echo\x91\xa1a");
    let stream = [HANDSHAKE.as_bytes(), &call, &call].concat();
    for byte in stream {
        client.sends(Message::binary(vec![byte])).await;
    }
    let answer = framed(b"\x95\x03\x80\xa17\x03\xa1a");
    is(&mut client, &[b"{}\x1e", &answer[..], &answer].concat()).await;
}

#[tokio::test]
async fn leaving_is_answered() {
    let peer = Peer::start().await;
    let mut client = client(&peer).await;
    client.sends(Message::binary(framed(b"\x91\x06"))).await;
    client.sends(Message::binary(framed(b"\x92\x07\xc0"))).await;
    is(&mut client, b"\x04\x93\x07\xc0\xc2").await;
    client.is_closed_with(1000).await;
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn malformed_messages_end_the_connection() {
    let peer = Peer::start().await;
    for record in [
        &b"\x00"[..],
        b"\x01\x06",
        b"\x02\x91\xc1",
        b"\x05\xdd\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\x07",
        b"\xff\xff\xff\xff\xff\xff",
        b"\x03\x91\x06\x00",
    ] {
        let mut client = client(&peer).await;
        client.sends(Message::binary(record)).await;
        is(&mut client, ERROR).await;
        client.is_closed_with(1000).await;
    }
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn one_invocation_goes_to_clients_of_both_protocols() {
    let peer = Peer::start().await;
    let (mut binary, mut text) = (client(&peer).await, peer.client().await);
    peer.until(|peer| peer.server.connections() == 2).await;
    let invocation = Invocation::with_arguments("News", &("hi", 5, [true])).unwrap();
    for connection in peer.hub.live.lock().iter() {
        connection.send_invocation(&invocation).unwrap();
        connection.send("Last", "one").unwrap();
    }
    let news = framed(b"\x96\x01\x80\xc0\xa4News\x93\xa2hi\x05\x91\xc3\x90");
    let last = framed(b"\x96\x01\x80\xc0\xa4Last\x91\xa3one\x90");
    is(&mut binary, &[news, last].concat()).await;
    text.hears(r#"{"type":1,"target":"News","arguments":["hi",5,[true]]}"#)
        .await;
}

#[tokio::test]
async fn it_travels_by_long_polling_too() {
    let peer = Peer::start().await;
    let id = peer.id().await;
    peer.hears(&id, &[]).await;
    let call = framed(b"\x95\x01\x80\xa17\xa4Echo\x91\xa1a");
    peer.post(&id, &[HANDSHAKE.as_bytes(), &call].concat())
        .await;
    peer.until(|peer| peer.hub.calls.lock().len() == 2).await;
    let answer = [&b"{}\x1e"[..], &framed(b"\x95\x03\x80\xa17\x03\xa1a")].concat();
    assert_eq!(peer.poll(&id).await.bytes, answer);
}
