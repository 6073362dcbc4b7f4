//! The Long Polling transport.

use crate::peer::{Answer, HANDSHAKE, Peer, quick};
use signalr_server::Options;
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::sleep};

const CALL: &str = r#"{"type":1,"invocationId":"1","target":"Echo","arguments":["a"]}"#;
const RESULT: &str = r#"{"type":3,"invocationId":"1","result":"a"}"#;
const CLOSE: &str = r#"{"type":7,"allowReconnect":true}"#;

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn is_empty(answer: &Answer, status: u16, kind: &str) {
    assert_eq!((answer.status, answer.body.as_str()), (status, ""));
    let kind = format!("content-type: {kind}\r\n");
    assert!(answer.headers.contains(&kind), "{}", answer.headers);
}

#[tokio::test]
async fn the_first_poll_is_answered_at_once_and_later_ones_with_messages() {
    let peer = Peer::start().await;
    let id = peer.id().await;
    is_empty(&peer.poll(&id).await, 200, "application/octet-stream");
    peer.says(&id, &[HANDSHAKE, CALL, CALL]).await;
    peer.until(|peer| peer.hub.calls.lock().len() == 4).await;
    let answer = peer.poll(&id).await;
    assert_eq!(
        answer.body,
        format!("{{}}\u{1e}{RESULT}\u{1e}{RESULT}\u{1e}")
    );
    for header in [
        "content-type: application/octet-stream",
        "content-length: 89",
        "cache-control: no-cache, no-store",
        "pragma: no-cache",
        "expires: thu, 01 jan 1970 00:00:00 gmt",
    ] {
        assert!(answer.headers.contains(header), "{}", answer.headers);
    }
}

#[tokio::test]
async fn a_poll_waits_for_messages_but_not_for_ever() {
    let peer = Peer::start_with(Options {
        poll_timeout: millis(200),
        keep_alive: millis(50),
        ..quick()
    })
    .await;
    let id = peer.poller().await;
    let began = Instant::now();
    is_empty(&peer.poll(&id).await, 200, "text/plain");
    assert!(began.elapsed() >= millis(195), "{:?}", began.elapsed());
    tokio::join!(peer.hears(&id, &[RESULT]), async {
        sleep(millis(20)).await;
        peer.says(&id, &[CALL]).await;
    });
}

#[tokio::test]
async fn what_is_posted_before_the_first_poll_is_kept() {
    let peer = Peer::start().await;
    let id = peer.id().await;
    peer.says(&id, &[HANDSHAKE]).await;
    peer.hears(&id, &[]).await;
    peer.hears(&id, &["{}"]).await;
}

#[tokio::test]
async fn a_newer_poll_ends_the_older() {
    let peer = Peer::start().await;
    let id = peer.poller().await;
    let older = async { is_empty(&peer.poll(&id).await, 204, "text/plain") };
    let newer = async {
        sleep(millis(50)).await;
        peer.hears(&id, &[RESULT]).await;
    };
    let call = async {
        sleep(millis(100)).await;
        peer.says(&id, &[CALL]).await;
    };
    tokio::join!(older, newer, call);
}

#[tokio::test]
async fn one_client_is_given_one_message_at_a_time() {
    let peer = Peer::start().await;
    let id = peer.id().await;
    peer.hears(&id, &[]).await;
    peer.says(&id, &[HANDSHAKE, CALL, CALL]).await;
    peer.until(|peer| peer.hub.calls.lock().len() == 4).await;
    for record in ["{}", RESULT, RESULT] {
        let path = format!("/hub?id={id}");
        let answer = peer.http("GET", &path, &[("accept", "Text")]).await;
        assert_eq!(answer.body, format!("{record}\u{1e}"));
    }
}

#[tokio::test]
async fn after_the_last_message_it_is_over() {
    let peer = Peer::start().await;
    for (record, last) in [
        (r#"{"type":1,"target":"CloseMe","arguments":[]}"#, CLOSE),
        (r#"{"type":7}"#, r#"{"type":7}"#),
    ] {
        let id = peer.poller().await;
        let (last, record) = ([last], [record]);
        tokio::join!(peer.hears(&id, &last), peer.says(&id, &record));
        // Until it hears of the end a client may go on sending.
        peer.says(&id, &["too late"]).await;
        is_empty(&peer.poll(&id).await, 204, "text/plain");
        let answer = peer.poll(&id).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, "No Connection with that ID")
        );
    }
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn a_client_ends_its_connection_with_a_request() {
    let peer = Peer::start().await;
    let id = peer.poller().await;
    let path = format!("/hub?id={id}");
    let slow = r#"{"type":1,"invocationId":"1","target":"Slow","arguments":[50]}"#;
    peer.says(&id, &[slow, CALL]).await;
    let delete = async {
        sleep(millis(20)).await;
        is_empty(&peer.http("DELETE", &path, &[]).await, 202, "text/plain");
    };
    tokio::join!(peer.hears(&id, &[CLOSE]), delete);
    for method in ["GET", "POST", "DELETE"] {
        assert_eq!(peer.http(method, &path, &[]).await.status, 404);
    }
    peer.until_all_are_gone().await;
    assert_eq!(
        peer.hub.calls.lock().len(),
        4,
        "what was sent before is done"
    );
    peer.server.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn a_connection_without_a_poll_ends_at_once_too() {
    let peer = Peer::start().await;
    let id = peer.poller().await;
    let answer = peer.http("DELETE", &format!("/hub?id={id}"), &[]).await;
    is_empty(&answer, 202, "text/plain");
    peer.until_all_are_gone().await;
}

#[tokio::test]
async fn a_client_that_stays_away_is_forgotten() {
    let peer = Peer::start_with(Options {
        negotiate_lifetime: millis(200),
        poll_timeout: millis(400),
        ..quick()
    })
    .await;
    let id = peer.poller().await;
    is_empty(&peer.poll(&id).await, 200, "text/plain");
    sleep(millis(100)).await;
    peer.says(&id, &[CALL]).await;
    peer.hears(&id, &[RESULT]).await;
    peer.until_all_are_gone().await;
    assert_eq!(peer.poll(&id).await.status, 404);
}

#[tokio::test]
async fn a_poll_that_is_given_up_loses_nothing() {
    let peer = Peer::start().await;
    let id = peer.poller().await;
    let mut stream = TcpStream::connect(peer.address).await.unwrap();
    let request = format!("GET /hub?id={id} HTTP/1.1\r\nhost: t\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    sleep(millis(50)).await;
    drop(stream);
    sleep(millis(50)).await;
    peer.says(&id, &[CALL]).await;
    peer.hears(&id, &[RESULT]).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_cut_off() {
    let peer = Peer::start_with(Options {
        send_timeout: millis(300),
        ..quick()
    })
    .await;
    let id = peer.poller().await;
    // More than the sockets of both sides take, if the client's takes little.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(peer.address).await.unwrap();
    let mut asked = 0;
    while peer.hub.disconnected.load(Ordering::SeqCst) == 0 {
        let big = r#"{"type":1,"invocationId":"1","target":"Big","arguments":[1000000]}"#;
        peer.post(&id, format!("{big}\u{1e}").as_bytes()).await;
        let request = format!("GET /hub?id={id} HTTP/1.1\r\nhost: t\r\n\r\n");
        if stream.write_all(request.as_bytes()).await.is_err() {
            break;
        }
        asked += 1;
        sleep(millis(50)).await;
        assert!(asked < 90, "it should have been cut off");
    }
    peer.until_all_are_gone().await;
    assert_eq!(peer.poll(&id).await.status, 404);
}

#[tokio::test]
async fn a_shutdown_answers_every_poll() {
    let peer = Peer::start().await;
    let id = peer.poller().await;
    let farewell = async {
        peer.hears(&id, &[CLOSE]).await;
        is_empty(&peer.poll(&id).await, 204, "text/plain");
    };
    tokio::join!(farewell, async {
        sleep(millis(20)).await;
        peer.server.shutdown(Duration::ZERO).await;
    });
    assert_eq!(peer.hub.disconnected.load(Ordering::SeqCst), 1);
}
