//! The plugin protocol by single requests, as a plugin sees it.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tradepost_app::servers;

use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    commands_are_asked_for_acknowledged_and_answered,
    the_token_is_taken_from_three_places,
    players_who_join_get_what_waits,
    what_does_not_fit_is_told,
    asking_too_often_is_answered_429,
    lists_of_players_are_limited_by_their_length,
    a_hub_call_counts_as_a_request_does,
    a_flood_of_wrong_tokens_ends_at_the_door_and_keeps_nobody_out,
);

struct Answer {
    status: StatusCode,
    retry_after: Option<u64>,
    body: Value,
}

async fn send(shop: &Shop, request: Request<Body>) -> Answer {
    let (router, _) = tradepost_api::router(shop.app.clone());
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let retry_after = parts.headers.get("retry-after");
    Answer {
        status: parts.status,
        retry_after: retry_after.map(|value| value.to_str().unwrap().parse().unwrap()),
        body: serde_json::from_slice(&bytes).unwrap_or_else(|_| {
            let text = String::from_utf8_lossy(&bytes);
            panic!("not JSON: {} {text}", parts.status)
        }),
    }
}

async fn poll(shop: &Shop) -> Answer {
    let request = Request::get("/api/plugin/commands");
    let request = request.header("authorization", format!("Bearer {}", shop.token));
    send(shop, request.body(Body::empty()).unwrap()).await
}

async fn post(shop: &Shop, path: &str, body: impl ToString) -> Answer {
    let request =
        Request::post(format!("/api/plugin{path}")).header("X-Connection-Token", &shop.token);
    send(shop, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn commands_are_asked_for_acknowledged_and_answered(shop: Shop) {
    let answer = poll(&shop).await;
    assert_eq!(answer.body, json!({"commands": [], "nextCheckSeconds": 15}));
    let vip = shop.package("VIP", "9.99").await;
    let details = shop.buys("Steve", vip).await;
    shop.clock.advance(SignedDuration::from_secs(15));
    let answer = poll(&shop).await;
    assert_eq!(answer.status, StatusCode::OK);
    let id = details.commands[0].command.id;
    let expected = json!({
        "commands": [{
            "id": id, "attempt": 1, "idempotencyKey": format!("{id}:1"),
            "command": format!("give Steve {vip}"), "type": "initial",
            "player": {"username": "Steve"}, "requireOnline": false, "requiredSlots": 0,
            "delaySeconds": 0, "orderId": details.order.id, "orderNumber": 1, "packageName": "VIP",
        }],
        "nextCheckSeconds": 15,
    });
    assert_eq!(answer.body, expected);
    let answer = post(&shop, "/commands/ack", json!({"ids": [id, "nonsense"]})).await;
    assert_eq!(
        (answer.status, answer.body),
        (StatusCode::OK, json!({"accepted": 1}))
    );
    let unknown = uuid::Uuid::from_u128(1);
    let results = json!({"results": [
        {"id": id, "attempt": 1, "status": "completed", "output": "done", "durationMs": 3},
        {"id": unknown, "status": "failed", "error": "no"},
    ]});
    let answer = post(&shop, "/commands/results", &results).await;
    assert_eq!(
        (answer.status, answer.body),
        (StatusCode::OK, json!({"accepted": 1}))
    );
    let answer = post(&shop, "/commands/results", &results).await;
    assert_eq!(
        answer.body,
        json!({"accepted": 0}),
        "a repeat changes nothing"
    );
    let view = &shop.commands(&details).await[0];
    assert_eq!(view.command.output.as_deref(), Some("done"));
}

async fn the_token_is_taken_from_three_places(shop: Shop) {
    let empty = || Body::empty();
    let path = "/api/plugin/commands";
    let bearer = Request::get(path).header("authorization", format!("bearer {}", shop.token));
    let header = Request::get(path).header("x-connection-token", &shop.token);
    let query = Request::get(format!("{path}?limit=5&access_token={}", shop.token));
    for request in [bearer, header, query] {
        shop.clock.advance(SignedDuration::from_secs(300));
        let answer = send(&shop, request.body(empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let answer = send(&shop, Request::get(path).body(empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.body["code"], "unauthenticated");
    servers::regenerate_token(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    let answer = poll(&shop).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.contains("may have been regenerated"), "{message}");
}

async fn players_who_join_get_what_waits(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let details = shop.buys("Steve", vip).await;
    let id = details.commands[0].command.id;
    poll(&shop).await;
    let away = json!({"results": [{"id": id, "attempt": 1, "status": "awaitingPlayer"}]});
    assert_eq!(
        post(&shop, "/commands/results", away).await.body["accepted"],
        1
    );
    let came = json!({"joined": [{"username": "Alex"}], "left": [{"username": "Steve"}]});
    assert_eq!(
        post(&shop, "/players", came).await.body,
        json!({"waiting": 0})
    );
    let there = json!({"online": [
        {"username": "alex", "uuid": "not one"}, {"username": "STEVE", "uuid": null},
    ], "more": false});
    assert_eq!(
        post(&shop, "/players", there).await.body,
        json!({"waiting": 1})
    );
    let answer = poll(&shop).await;
    assert_eq!(
        answer.body["commands"][0]["idempotencyKey"],
        format!("{id}:2")
    );
}

async fn what_does_not_fit_is_told(shop: Shop) {
    let many = |count: usize| vec![json!({"username": "x"}); count];
    for (path, body, word) in [
        ("/commands/ack", json!({}), "missing field `ids`"),
        ("/commands/ack", json!({"ids": vec!["x"; 201]}), ""),
        (
            "/commands/results",
            json!({"results": [{"id": "x", "status": "great"}]}),
            "unknown variant",
        ),
        ("/players", json!({"players": []}), "joined"),
        (
            "/players",
            json!({"joined": many(150), "online": many(51)}),
            "at most 200",
        ),
    ] {
        let answer = post(&shop, path, &body).await;
        // Ids that cannot be ours are not counted.
        let expected = if word.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::BAD_REQUEST
        };
        assert_eq!(answer.status, expected, "{path} {}", answer.body);
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(message.contains(word), "{message}");
    }
    let answer = post(&shop, "/commands/ack", "no JSON").await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::BAD_REQUEST, &json!("malformed"))
    );
    let answer = post(&shop, "/players", "x".repeat(300_000)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.body["code"], "body_too_large");
    for limit in ["0", "x", "-1"] {
        let request = Request::get(format!("/api/plugin/commands?limit={limit}"))
            .header("x-connection-token", &shop.token);
        let answer = send(&shop, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let delete = Request::builder()
        .method(Method::DELETE)
        .uri("/api/plugin/commands");
    let answer = send(&shop, delete.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let nothing = Request::get("/api/plugin/nothing")
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(&shop, nothing).await.status, StatusCode::NOT_FOUND);
}

async fn asking_too_often_is_answered_429(shop: Shop) {
    for _ in 0..3 {
        assert_eq!(poll(&shop).await.status, StatusCode::OK);
    }
    let answer = poll(&shop).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.body["code"], "rate_limited");
    let seconds = answer.retry_after.unwrap();
    assert_eq!(seconds, 8);
    let seconds = i64::try_from(seconds).unwrap();
    shop.clock.advance(SignedDuration::from_secs(seconds));
    assert_eq!(poll(&shop).await.status, StatusCode::OK);
}

async fn lists_of_players_are_limited_by_their_length(shop: Shop) {
    let list = json!({"online": vec![json!({"username": "x"}); 200]});
    let mut answered = 0;
    let refused = loop {
        let answer = post(&shop, "/players", &list).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        answered += 1;
    };
    // Each is one request and fifty calls' worth of players.
    assert_eq!(answered, 109);
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.body["code"], "rate_limited");
    assert!(refused.retry_after.is_some());
    shop.clock.advance(SignedDuration::from_secs(60));
    for _ in 0..1200 {
        let answer = post(&shop, "/commands/ack", json!({"ids": []})).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let answer = post(&shop, "/commands/ack", json!({"ids": []})).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

/// A plugin on the hub, by Long Polling.
struct OnHub {
    router: axum::Router,
    id: String,
    token: String,
    calls: u32,
}

impl OnHub {
    async fn connect(shop: &Shop) -> Self {
        let (router, _) = tradepost_api::router(shop.app.clone());
        let mut hub = Self {
            router,
            id: String::new(),
            token: shop.token.clone(),
            calls: 0,
        };
        let path = "/plugin-hub/negotiate?negotiateVersion=1";
        let answer = hub.send(Method::POST, path, String::new()).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let id = answer["connectionToken"].as_str().unwrap();
        hub.id = format!("/plugin-hub?id={id}");
        hub.post(json!({"protocol": "json", "version": 1})).await;
        hub
    }

    async fn send(&self, method: Method, path: &str, body: String) -> String {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let request = request.body(Body::from(body)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        // The hub counts a part as written once it is dropped.
        let (mut body, mut bytes) = (answer.into_body(), Vec::new());
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            bytes.extend_from_slice(&frame.unwrap().into_data().unwrap());
        }
        String::from_utf8(bytes).unwrap()
    }

    async fn post(&self, record: Value) {
        let record = format!("{record}\u{1e}");
        self.send(Method::POST, &self.id, record).await;
    }

    /// Calls a method. Gives its answer, or why it failed.
    async fn call(&mut self, method: &str, argument: &Value) -> Result<Value, String> {
        self.calls += 1;
        let id = self.calls.to_string();
        let call =
            json!({"type": 1, "invocationId": id, "target": method, "arguments": [argument]});
        self.post(call).await;
        loop {
            let records = self.send(Method::GET, &self.id, String::new()).await;
            let records = records.split_terminator('\u{1e}');
            let mut records = records.map(|it| serde_json::from_str::<Value>(it).unwrap());
            let Some(answer) = records.find(|it| it["invocationId"] == id.as_str()) else {
                continue;
            };
            return match answer["error"].as_str() {
                Some(error) => Err(error.to_owned()),
                None => Ok(answer["result"].clone()),
            };
        }
    }
}

async fn a_hub_call_counts_as_a_request_does(shop: Shop) {
    let mut hub = OnHub::connect(&shop).await;
    let list = json!({"players": vec![json!({"username": "x"}); 200]});
    let mut answered = 0;
    let error = loop {
        match hub.call("PlayersOnline", &list).await {
            Ok(_) => answered += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(answered, 118);
    assert!(error.ends_with("HubException: rate limited"), "{error}");
    let (player, none) = (json!({"username": "x"}), json!({}));
    for (method, argument) in [
        ("Hello", &list),
        ("PlayerJoined", &player),
        ("playerleft", &player),
        ("PlayersOnline", &none),
        ("FetchPendingCommands", &none),
    ] {
        let error = hub.call(method, argument).await.unwrap_err();
        assert!(error.ends_with("rate limited"), "{method}: {error}");
    }
    let answer = post(&shop, "/players", json!({"joined": []})).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // Answers to commands are always taken.
    for (method, argument) in [
        ("AckCommands", json!({"ids": []})),
        ("ReportResults", json!({"results": []})),
    ] {
        for _ in 0..10 {
            let answer = hub.call(method, &argument).await;
            assert_eq!(answer, Ok(json!({"accepted": 0})));
        }
    }
    shop.clock.advance(SignedDuration::from_secs(60));
    let mut greeted = 0;
    while hub.call("Hello", &none).await.is_ok() {
        greeted += 1;
    }
    assert_eq!(greeted, 300);
    shop.clock.advance(SignedDuration::from_secs(60));
    assert!(hub.call("PlayersOnline", &list).await.is_ok());
}

async fn a_flood_of_wrong_tokens_ends_at_the_door_and_keeps_nobody_out(shop: Shop) {
    let from = |address: [u8; 4], token: &str| {
        let mut request = Request::get("/api/plugin/commands").header("x-connection-token", token);
        let address = SocketAddr::from((address, 1234));
        request
            .extensions_mut()
            .unwrap()
            .insert(ConnectInfo(address));
        request.body(Body::empty()).unwrap()
    };
    let (here, elsewhere) = ([203, 0, 113, 7], [203, 0, 113, 8]);
    assert_eq!(
        send(&shop, from(here, &shop.token)).await.status,
        StatusCode::OK
    );
    let wrong = format!("{}{}", &shop.token[..33], "x".repeat(32));
    for _ in 0..20 {
        let answer = send(&shop, from(here, &wrong)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let answer = send(&shop, from(here, &wrong)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.retry_after.is_some());
    let answer = send(&shop, from(elsewhere, &wrong)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    // A plugin that was known before goes on, from the same address too.
    let answer = send(&shop, from(here, &shop.token)).await;
    assert_eq!(answer.status, StatusCode::OK);
    let other = servers::create(&shop.app, &shop.actor, "Hub", "", "")
        .await
        .unwrap();
    let answer = send(&shop, from(here, &other.token)).await;
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "a new one waits"
    );
    shop.clock.advance(SignedDuration::from_secs(60));
    let answer = send(&shop, from(here, &other.token)).await;
    assert_eq!(answer.status, StatusCode::OK);
}
