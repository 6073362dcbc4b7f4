use crate::peer::{HANDSHAKE, Peer, quick};
use serde_json::Value;
use signalr_server::Options;
use std::time::Duration;

fn member<'a>(negotiation: &'a Value, name: &str) -> &'a str {
    negotiation[name].as_str().unwrap()
}

#[tokio::test]
async fn version_one_gives_a_secret_beside_the_public_id() {
    let peer = Peer::start().await;
    for query in [
        "negotiateVersion=1",
        "negotiateVersion=7",
        "NEGOTIATEversion=1&serverId=3",
    ] {
        let answer = peer
            .http("POST", &format!("/hub/negotiate?{query}"), &[])
            .await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.headers.contains("content-type: application/json"),
            "{}",
            answer.headers
        );
        assert!(
            answer.headers.contains("content-length: "),
            "{}",
            answer.headers
        );
        let negotiation: Value = serde_json::from_str(&answer.body).unwrap();
        let (id, token) = (
            member(&negotiation, "connectionId"),
            member(&negotiation, "connectionToken"),
        );
        assert_eq!(
            answer.body,
            format!(
                r#"{{"negotiateVersion":1,"connectionId":"{id}","connectionToken":"{token}","availableTransports":[{{"transport":"WebSockets","transferFormats":["Text","Binary"]}},{{"transport":"ServerSentEvents","transferFormats":["Text"]}},{{"transport":"LongPolling","transferFormats":["Text","Binary"]}}]}}"#
            )
        );
        assert_eq!((id.len(), token.len()), (22, 22));
        assert_ne!(id, token);
    }
}

#[tokio::test]
async fn version_zero_has_one_id_for_both() {
    let peer = Peer::start().await;
    for query in ["", "negotiateVersion=0", "useStatefulReconnect=true"] {
        let answer = peer
            .http("POST", &format!("/hub/negotiate?{query}"), &[])
            .await;
        let negotiation: Value = serde_json::from_str(&answer.body).unwrap();
        let id = member(&negotiation, "connectionId");
        assert_eq!(
            answer.body,
            format!(
                r#"{{"negotiateVersion":0,"connectionId":"{id}","availableTransports":[{{"transport":"WebSockets","transferFormats":["Text","Binary"]}},{{"transport":"ServerSentEvents","transferFormats":["Text"]}},{{"transport":"LongPolling","transferFormats":["Text","Binary"]}}]}}"#
            )
        );
        let mut client = peer.open(&format!("id={id}"), &[]).await.unwrap();
        client.says(r#"{"protocol":"json","version":0}"#).await;
        client.hears("{}").await;
        assert!(
            peer.hub
                .live
                .lock()
                .iter()
                .any(|connection| connection.id() == id)
        );
    }
}

#[tokio::test]
async fn a_version_that_makes_no_sense_is_refused_with_a_sentence() {
    let peer = Peer::start().await;
    for (version, sentence) in [
        ("x", "The client requested a non-integer protocol version."),
        (
            "1.0",
            "The client requested a non-integer protocol version.",
        ),
        ("", "The client requested a non-integer protocol version."),
        (
            "-1",
            "The client requested version '-1', but the server does not support this version.",
        ),
    ] {
        let path = format!("/hub/negotiate?negotiateVersion={version}");
        let answer = peer.http("POST", &path, &[]).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, format!(r#"{{"error":"{sentence}"}}"#))
        );
    }
}

#[tokio::test]
async fn the_path_is_found_in_any_spelling() {
    let peer = Peer::start().await;
    for path in [
        "/hub/negotiate/",
        "/HUB/Negotiate",
        "/Hub/NEGOTIATE/?negotiateVersion=1",
    ] {
        assert_eq!(peer.http("POST", path, &[]).await.status, 200, "{path}");
    }
    for path in ["/hub/other", "/hubs/negotiate", "/hub/negotiate/more", "/"] {
        assert_eq!(peer.http("POST", path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn negotiation_takes_post_only() {
    let peer = Peer::start().await;
    for method in ["GET", "OPTIONS", "PUT"] {
        let answer = peer.http(method, "/hub/negotiate", &[]).await;
        assert_eq!(answer.status, 405);
        assert!(
            answer.headers.contains("content-type: text/plain"),
            "{}",
            answer.headers
        );
    }
}

#[tokio::test]
async fn bad_credentials_are_refused_with_a_sentence() {
    let peer = Peer::start().await;
    let bad = [("authorization", "Bearer nobody")];
    let answer = peer.http("POST", "/hub/negotiate", &bad).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (401, "This token is not known here.")
    );
    assert!(
        answer.headers.contains("content-type: text/plain"),
        "{}",
        answer.headers
    );
    assert!(
        answer.headers.contains("www-authenticate: bearer"),
        "{}",
        answer.headers
    );

    let answer = peer
        .http("POST", "/hub/negotiate?access_token=paused", &[])
        .await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"error":"This server is paused."}"#)
    );
}

#[tokio::test]
async fn only_the_secret_opens_a_connection_and_only_once() {
    let peer = Peer::start().await;
    let negotiation = peer.negotiate("negotiateVersion=1").await;
    let public = member(&negotiation, "connectionId");
    let secret = member(&negotiation, "connectionToken");
    let unknown = (404, "No Connection with that ID".to_owned());
    for id in [public, "nonsense", "AAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(
            peer.open(&format!("id={id}"), &[]).await.err(),
            Some(unknown.clone()),
            "{id}"
        );
    }

    let mut client = peer.open(&format!("ID={secret}"), &[]).await.unwrap();
    assert_eq!(
        peer.open(&format!("id={secret}"), &[])
            .await
            .err()
            .unwrap()
            .0,
        409
    );
    client.says(HANDSHAKE).await;
    client.hears("{}").await;
    assert_eq!(peer.hub.live.lock()[0].id(), public);

    client.leaves().await;
    peer.until_all_are_gone().await;
    assert_eq!(
        peer.open(&format!("id={secret}"), &[]).await.err(),
        Some(unknown)
    );
}

#[tokio::test]
async fn an_id_nobody_comes_for_is_forgotten() {
    let options = Options {
        negotiate_lifetime: Duration::from_millis(50),
        ..quick()
    };
    let peer = Peer::start_with(options).await;
    let id = peer.id().await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(
        peer.open(&format!("id={id}"), &[]).await.err().unwrap().0,
        404
    );
}

#[tokio::test]
async fn an_upgrade_without_an_id_brings_its_own_credentials() {
    let peer = Peer::start().await;
    let refused = Some((401, "This token is not known here.".to_owned()));
    assert_eq!(peer.open("access_token=nobody", &[]).await.err(), refused);
    let paused = Some((403, "This server is paused.".to_owned()));
    assert_eq!(peer.open("access_token=paused", &[]).await.err(), paused);

    let mut clients = Vec::new();
    for (query, headers) in [
        ("access_token=ali", vec![]),
        ("", vec![("authorization", "Bearer ali")]),
        ("", vec![("x-connection-token", "ali")]),
    ] {
        let mut client = peer.open(query, &headers).await.unwrap();
        client.says(HANDSHAKE).await;
        client.hears("{}").await;
        clients.push(client);
    }
    peer.until(|peer| peer.hub.live.lock().len() == 3).await;
    assert!(
        peer.hub
            .live
            .lock()
            .iter()
            .all(|connection| connection.identity() == "ali")
    );
}

#[tokio::test]
async fn credentials_repeated_at_the_upgrade_must_be_those_of_the_negotiation() {
    let peer = Peer::start().await;
    let ali = [("authorization", "Bearer ali")];
    let answer = peer
        .http("POST", "/hub/negotiate?negotiateVersion=1", &ali)
        .await;
    let negotiation: Value = serde_json::from_str(&answer.body).unwrap();
    let query = format!("id={}", member(&negotiation, "connectionToken"));

    for token in ["bea", "nobody"] {
        let query = format!("{query}&access_token={token}");
        assert_eq!(
            peer.open(&query, &[]).await.err().unwrap().0,
            401,
            "{token}"
        );
    }
    assert!(peer.open(&query, &ali).await.is_ok());
}
