//! Requests that open no WebSocket.

use crate::peer::{Peer, quick};
use signalr_server::Options;

#[tokio::test]
async fn every_request_that_fits_nothing_has_its_answer() {
    let peer = Peer::start().await;
    let known = format!("/hub?id={}", peer.id().await);
    let unknown = "/hub?id=AAAAAAAAAAAAAAAAAAAAAA";
    let required = (400, "Connection ID required");
    let missing = (404, "No Connection with that ID");
    let long_polling = (
        404,
        "LongPolling transport not supported by this end point type",
    );
    let post = (
        405,
        "POST requests are not allowed for WebSocket connections.",
    );
    let delete = (
        400,
        "Cannot terminate this connection using the DELETE endpoint.",
    );
    for (method, path, (status, sentence)) in [
        ("GET", "/hub", required),
        ("POST", "/hub", required),
        ("DELETE", "/hub/", required),
        ("GET", unknown, missing),
        ("POST", unknown, missing),
        ("DELETE", unknown, missing),
        ("GET", &known, long_polling),
        ("POST", &known, post),
        ("DELETE", &known, delete),
    ] {
        let answer = peer.http(method, path, &[]).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, sentence),
            "{method} {path}"
        );
        assert!(
            answer.headers.contains("content-type: text/plain"),
            "{}",
            answer.headers
        );
    }
    assert_eq!(peer.http("PUT", &known, &[]).await.status, 405);

    let events = [("accept", "text/plain, Text/Event-Stream;q=0.5")];
    let answer = peer.http("GET", &known, &events).await;
    assert_eq!(
        answer.body,
        "ServerSentEvents transport not supported by this end point type"
    );
}

#[tokio::test]
async fn pages_of_allowed_origins_may_use_the_hub() {
    let origin = "https://shop.example".to_owned();
    let peer = Peer::start_with(Options {
        allowed_origins: vec![origin],
        ..quick()
    })
    .await;
    let ask = ("access-control-request-method", "POST");

    let ours = ("origin", "https://shop.example");
    let preflight = peer.http("OPTIONS", "/hub/negotiate", &[ours, ask]).await;
    assert_eq!(preflight.status, 204);
    let negotiation = peer.http("POST", "/hub/negotiate", &[ours]).await;
    assert_eq!(negotiation.status, 200);
    for headers in [&preflight.headers, &negotiation.headers] {
        assert!(headers.contains("access-control-allow-origin: https://shop.example"));
        assert!(headers.contains("access-control-allow-credentials: true"));
    }
    assert!(
        preflight.headers.contains("x-signalr-user-agent"),
        "{}",
        preflight.headers
    );

    let theirs = ("origin", "https://shop.example.evil");
    assert_eq!(
        peer.http("OPTIONS", "/hub/negotiate", &[theirs, ask])
            .await
            .status,
        405
    );
    let negotiation = peer.http("POST", "/hub/negotiate", &[theirs]).await;
    assert!(
        !negotiation.headers.contains("access-control"),
        "{}",
        negotiation.headers
    );
}
