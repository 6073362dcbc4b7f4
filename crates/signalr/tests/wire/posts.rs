//! Requests that bring what a client sends.

use crate::peer::{Answer, Peer, quick};
use signalr_server::Options;
use std::time::Duration;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::sleep};

const ERROR: &str =
    r#"{"type":7,"error":"Connection closed with an error.","allowReconnect":true}"#;

/// Begins a request of `announced` bytes and sends these of them.
async fn begin(peer: &Peer, id: &str, announced: usize, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(peer.address).await.unwrap();
    let request = format!(
        "POST /hub?id={id} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {announced}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_ends_its_connection() {
    let peer = Peer::start_with(Options {
        body_timeout: Duration::from_millis(100),
        ..quick()
    })
    .await;
    let id = peer.poller().await;
    let mut stream = begin(&peer, &id, 100, "x").await;
    assert_eq!(Answer::read(&mut stream).await.status, 408);
    peer.hears(&id, &[ERROR]).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_ends_its_connection() {
    let peer = Peer::start().await;
    let id = peer.poller().await;
    let stream = begin(&peer, &id, 100, "x").await;
    sleep(Duration::from_millis(50)).await;
    drop(stream);
    peer.hears(&id, &[ERROR]).await;
}

#[tokio::test]
async fn a_body_may_only_be_so_long() {
    let peer = Peer::start_with(Options {
        max_body: 1000,
        ..quick()
    })
    .await;
    let id = peer.poller().await;
    let mut announced = begin(&peer, &id, 1001, "").await;
    assert_eq!(Answer::read(&mut announced).await.status, 413);
    let ping = "{\"type\":6}\u{1e}";
    assert_eq!(peer.post(&id, ping.as_bytes()).await.status, 200);

    let mut stream = TcpStream::connect(peer.address).await.unwrap();
    let body = ping.repeat(100);
    let request = format!(
        "POST /hub?id={id} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(Answer::read(&mut stream).await.status, 413);
}

#[tokio::test]
async fn bodies_at_the_same_time_do_not_mix() {
    let peer = Peer::start().await;
    let id = peer.poller().await;
    let call =
        "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Echo\",\"arguments\":[\"a\"]}\u{1e}";
    let (start, end) = call.split_at(20);
    let mut first = begin(&peer, &id, call.len(), start).await;
    sleep(Duration::from_millis(50)).await;
    let second = peer.post(&id, call.as_bytes());
    let rest = async {
        sleep(Duration::from_millis(50)).await;
        first.write_all(end.as_bytes()).await.unwrap();
        Answer::read(&mut first).await
    };
    let (second, first) = tokio::join!(second, rest);
    assert_eq!((first.status, second.status), (200, 200));
    peer.until(|peer| peer.hub.calls.lock().len() == 4).await;
    let result = r#"{"type":3,"invocationId":"1","result":"a"}"#;
    peer.hears(&id, &[result, result]).await;
}

#[tokio::test]
async fn a_busy_hub_slows_its_client_down() {
    let peer = Peer::start().await;
    let id = peer.poller().await;
    let slow = "{\"type\":1,\"target\":\"Slow\",\"arguments\":[300]}\u{1e}";
    assert_eq!(peer.post(&id, slow.as_bytes()).await.status, 200);
    let began = std::time::Instant::now();
    let pings = "{\"type\":6}\u{1e}".repeat(100_000);
    assert_eq!(peer.post(&id, pings.as_bytes()).await.status, 200);
    assert!(
        began.elapsed() >= Duration::from_millis(200),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn nobody_waits_for_a_connection_that_was_forgotten() {
    let peer = Peer::start_with(Options {
        negotiate_lifetime: Duration::from_millis(100),
        ..quick()
    })
    .await;
    let id = peer.id().await;
    let answer = peer.post(&id, &[b'x'; 100_000]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(peer.post(&id, b"x").await.status, 404);
}
