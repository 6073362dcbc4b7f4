//! Requests that open no WebSocket.

use crate::peer::{Peer, quick};
use signalr_server::{Options, Transport};

#[tokio::test]
async fn every_request_that_fits_nothing_has_its_answer() {
    let peer = Peer::start_with(Options {
        transports: vec![Transport::WebSockets],
        ..quick()
    })
    .await;
    let id = peer.id().await;
    let known = format!("/hub?id={id}");
    let unknown = "/hub?id=AAAAAAAAAAAAAAAAAAAAAA";
    let required = (400, "Connection ID required");
    let missing = (404, "No Connection with that ID");
    let long_polling = (
        404,
        "LongPolling transport not supported by this end point type",
    );
    let delete = (
        400,
        "Cannot terminate this connection using the DELETE endpoint.",
    );
    for (method, path, (status, sentence)) in [
        ("GET", "/hub", required),
        ("GET", "/hub?id=", required),
        ("POST", "/hub", required),
        ("DELETE", "/hub/", required),
        ("GET", unknown, missing),
        ("POST", unknown, missing),
        ("DELETE", unknown, missing),
        ("GET", &known, long_polling),
        ("PUT", &known, (405, "")),
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
    let events = [("accept", "text/plain, Text/Event-Stream;q=0.5")];
    let answer = peer.http("GET", &known, &events).await;
    assert_eq!(
        answer.body,
        "ServerSentEvents transport not supported by this end point type"
    );
    assert!(peer.open(&format!("id={id}"), &[]).await.is_ok());
}

#[tokio::test]
async fn a_hub_may_offer_no_websockets() {
    let peer = Peer::start_with(Options {
        transports: vec![Transport::LongPolling, Transport::ServerSentEvents],
        ..quick()
    })
    .await;
    let sentence = "WebSockets transport not supported by this end point type";
    let id = format!("id={}", peer.id().await);
    for query in ["", &id] {
        let refused = peer.open(query, &[]).await.err().unwrap();
        assert_eq!(refused, (404, sentence.to_owned()));
    }
    let offers = &peer.negotiate("").await["availableTransports"];
    assert_eq!(
        offers.to_string(),
        r#"[{"transport":"LongPolling","transferFormats":["Text","Binary"]},{"transport":"ServerSentEvents","transferFormats":["Text"]}]"#
    );
}

#[tokio::test]
async fn a_connection_keeps_its_transport() {
    let peer = Peer::start().await;
    let otherwise = (400, "Cannot change transports mid-connection".to_owned());
    let (socket, events, polls) = (peer.id().await, peer.id().await, peer.id().await);
    let _client = peer.open(&format!("id={socket}"), &[]).await.unwrap();
    let _events = peer.events(&events).await;
    peer.poll(&polls).await;
    for id in [&socket, &events] {
        let answer = peer.poll(id).await;
        assert_eq!((answer.status, answer.body), otherwise);
    }
    for id in [&socket, &polls] {
        let accept = [("accept", "text/event-stream")];
        let answer = peer.http("GET", &format!("/hub?id={id}"), &accept).await;
        assert_eq!((answer.status, answer.body), otherwise);
    }
    for id in [&events, &polls] {
        let refused = peer.open(&format!("id={id}"), &[]).await.err().unwrap();
        assert_eq!(refused, otherwise);
    }
    for id in [&socket, &events] {
        let answer = peer.http("DELETE", &format!("/hub?id={id}"), &[]).await;
        let sentence = "Cannot terminate this connection using the DELETE endpoint.";
        assert_eq!((answer.status, answer.body.as_str()), (400, sentence));
    }
    let answer = peer.post(&socket, b"x").await;
    let sentence = "POST requests are not allowed for WebSocket connections.";
    assert_eq!((answer.status, answer.body.as_str()), (405, sentence));
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
