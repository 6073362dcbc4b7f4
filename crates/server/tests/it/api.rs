//! The Management API as a program sees it: the envelope, its statuses, its limits, and that another
//! store's things do not exist.

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tradepost_app::rate::Caller;
use tradepost_app::{Actor, identity};
use tradepost_model::permissions::{Access, Area, Permissions};

use crate::shop::{Shop, new_store, on_both_engines};

on_both_engines!(
    packages_are_listed_with_exact_amounts,
    a_manual_order_is_paid_and_queued_at_once,
    every_field_that_fails_is_told,
    bodies_are_checked_before_they_are_read,
    a_key_is_recognised_or_told_why_not,
    another_stores_things_do_not_exist,
    requests_are_counted_per_key,
    checkout_sessions_follow_their_rules,
    a_token_ends_with_the_log_out,
    callbacks_settle,
);

struct Answer {
    status: StatusCode,
    response: Response<()>,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    fn errors(&self) -> Vec<&str> {
        self.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

async fn send(shop: &Shop, request: Request<Body>) -> Answer {
    let (router, _) = tradepost_api::router(shop.app.clone());
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let body =
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
    Answer {
        status: parts.status,
        response: Response::from_parts(parts, ()),
        body,
    }
}

async fn get(shop: &Shop, path: &str) -> Answer {
    send(
        shop,
        Request::get(path)
            .header("x-api-key", &shop.key)
            .body(Body::empty())
            .unwrap(),
    )
    .await
}

async fn post(shop: &Shop, path: &str, body: Value) -> Answer {
    let request = Request::post(path)
        .header("x-api-key", &shop.key)
        .header("content-type", "application/json");
    send(shop, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn packages_are_listed_with_exact_amounts(shop: Shop) {
    shop.package("VIP", "9.90").await;
    shop.package_with("Hidden", "1", |package| package.is_active = false)
        .await;
    let (router, _) = tradepost_api::router(shop.app.clone());
    let request = Request::get("/api/v1/packages")
        .header("x-api-key", &shop.key)
        .body(Body::empty())
        .unwrap();
    let body = to_bytes(router.oneshot(request).await.unwrap().into_body(), 1 << 20)
        .await
        .unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains(r#""price":9.90,"#), "{text}");
    let answer = get(&shop, "/api/v1/packages?skip=1&take=1").await;
    assert_eq!(answer.body["data"]["totalCount"], 2);
    assert_eq!(answer.body["data"]["items"].as_array().unwrap().len(), 1);
    assert_eq!(answer.header("cache-control"), "no-store");
    for query in ["take=0", "take=1001", "skip=x", "limit=5"] {
        assert_eq!(
            get(&shop, &format!("/api/v1/packages?{query}"))
                .await
                .status,
            400,
            "{query}"
        );
    }
}

async fn a_manual_order_is_paid_and_queued_at_once(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let body = json!({"playerUsername": "Steve", "email": "steve@example.com",
        "items": [{"packageId": vip, "quantity": 2}]});
    let made = post(&shop, "/api/v1/orders", body).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let order = &made.body["data"];
    assert_eq!(
        (order["status"].as_str(), order["email"].as_str()),
        (Some("Paid"), Some("s***@example.com"))
    );
    assert_eq!(order["paymentProvider"], "Manual");
    assert_eq!(order["commands"].as_array().unwrap().len(), 2);
    let found = get(
        &shop,
        &format!("/api/v1/orders/{}", order["id"].as_str().unwrap()),
    )
    .await;
    assert_eq!(found.body["data"], *order);
    assert_eq!(get(&shop, "/api/v1/orders/nonsense").await.status, 404);
}

async fn every_field_that_fails_is_told(shop: Shop) {
    let body = json!({"playerUsername": "@a", "playerUuid": "x", "email": "steve", "colour": "red",
        "items": [{"quantity": 0}, {"packageId": "x", "quantity": 101, "price": 1}, 7]});
    let answer = post(&shop, "/api/v1/orders", body).await;
    assert_eq!(
        (answer.status, answer.body["code"].as_str()),
        (StatusCode::BAD_REQUEST, Some("validation_failed"))
    );
    let errors = answer.errors();
    for field in [
        "playerUsername: ",
        "playerUuid: ",
        "email: ",
        "colour: ",
        "items[0].packageId: ",
        "items[0].quantity: ",
        "items[1].packageId: ",
        "items[1].quantity: ",
        "items[1].price: ",
        "items[2]: ",
    ] {
        assert!(
            errors.iter().any(|error| error.starts_with(field)),
            "{field} in {errors:?}"
        );
    }
    assert_eq!(answer.body["message"], errors[0]);
    let empty = post(
        &shop,
        "/api/v1/orders",
        json!({"playerUsername": "Steve", "items": []}),
    )
    .await;
    assert_eq!(empty.errors(), ["items: must have at least one item"]);
    let many: Vec<_> = (0..51)
        .map(|_| json!({"packageId": uuid::Uuid::nil()}))
        .collect();
    let many = post(
        &shop,
        "/api/v1/orders",
        json!({"playerUsername": "Steve", "items": many}),
    )
    .await;
    assert_eq!(
        many.errors(),
        ["items: must have at most 50 items, this has 51"]
    );
    let unknown = json!({"playerUsername": "Steve", "items": [{"packageId": uuid::Uuid::nil()}]});
    let unknown = post(&shop, "/api/v1/orders", unknown).await;
    assert_eq!(
        unknown.errors(),
        ["items[0].packageId: One or more packages are not found or inactive"]
    );
    let hostile = [
        " ",
        "a b c",
        "Steve\nop",
        "\"Steve\"",
        "<script>",
        &"a".repeat(33),
    ];
    for name in hostile {
        let answer = post(
            &shop,
            "/api/v1/orders",
            json!({"playerUsername": name, "items": [{}]}),
        )
        .await;
        let reason = match name.contains(char::is_control) {
            true => "playerUsername: must have no control characters",
            false => "playerUsername: is not a Minecraft username",
        };
        let told = answer
            .errors()
            .iter()
            .any(|error| error.starts_with(reason));
        assert!(told, "{name:?}: {:?}", answer.errors());
    }
}

async fn bodies_are_checked_before_they_are_read(shop: Shop) {
    let with = |kind: &'static str, body: String| {
        let request = Request::post("/api/v1/orders")
            .header("x-api-key", &shop.key)
            .header("content-type", kind);
        send(&shop, request.body(Body::from(body)).unwrap())
    };
    assert_eq!(with("text/plain", "{}".to_owned()).await.status, 415);
    assert_eq!(with("application/json", "{".to_owned()).await.status, 400);
    assert_eq!(with("application/json", "[]".to_owned()).await.status, 400);
    assert_eq!(
        with("application/json", format!("\"{}\"", "x".repeat(1 << 20)))
            .await
            .status,
        413
    );
    let delete = Request::delete("/api/v1/orders")
        .header("x-api-key", &shop.key)
        .body(Body::empty())
        .unwrap();
    let answer = send(&shop, delete).await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD,POST")
    );
    assert_eq!(answer.body["success"], false);
    let nowhere = get(&shop, "/api/v1/nowhere").await;
    assert_eq!(
        (nowhere.status, nowhere.body["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("not_found"))
    );
    // What is no UTF-8 names nothing either.
    for path in [
        "/api/v1/packages/%ff",
        "/api/v1/checkout/sessions/%ff",
        "/api/stores/%ff/api-keys",
    ] {
        let answer = get(&shop, path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert_eq!(answer.body["success"], false, "{path}");
    }
}

async fn a_key_is_recognised_or_told_why_not(shop: Shop) {
    let with = |key: String| {
        send(
            &shop,
            Request::get("/api/v1/packages")
                .header("x-api-key", key)
                .body(Body::empty())
                .unwrap(),
        )
    };
    let missing = send(
        &shop,
        Request::get("/api/v1/packages")
            .body(Body::empty())
            .unwrap(),
    )
    .await;
    assert_eq!(missing.status, 401);
    assert_eq!(with("nonsense".to_owned()).await.status, 401);
    let mut wrong = shop.key.clone();
    wrong.replace_range(
        13..14,
        if wrong.as_bytes()[13] == b'a' {
            "b"
        } else {
            "a"
        },
    );
    assert_eq!(
        with(wrong).await.body["message"],
        "This API key does not exist."
    );
    let soon = shop.app.now() + jiff::SignedDuration::from_secs(1);
    let all = Permissions::all_for_keys();
    let expired = identity::create_key(&shop.app, &shop.actor, "old", all.clone(), Some(soon))
        .await
        .unwrap();
    shop.clock.advance(jiff::SignedDuration::from_secs(1));
    assert_eq!(
        with(expired.text).await.body["message"],
        "This API key has expired."
    );
    let revoked = identity::create_key(&shop.app, &shop.actor, "gone", all, None)
        .await
        .unwrap();
    identity::revoke_key(&shop.app, &shop.actor, revoked.key.id)
        .await
        .unwrap();
    assert_eq!(
        with(revoked.text).await.body["message"],
        "This API key was revoked."
    );
    let mut few = Permissions::default();
    few.grant(Area::Orders, Access::View);
    let few = identity::create_key(&shop.app, &shop.actor, "few", few, None)
        .await
        .unwrap();
    let refused = with(few.text).await;
    assert_eq!(
        (refused.status, refused.body["code"].as_str()),
        (StatusCode::FORBIDDEN, Some("permission_missing"))
    );
    assert!(
        refused.body["message"]
            .as_str()
            .unwrap()
            .contains("Packages:View")
    );
}

async fn another_stores_things_do_not_exist(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let order = shop.buys("Steve", vip).await.order;
    let session = order.session.clone().unwrap();
    let other = new_store(&shop.app, "other").await;
    let actor = Actor::operator(other.id);
    let key = identity::create_key(&shop.app, &actor, "k", Permissions::all_for_keys(), None)
        .await
        .unwrap();
    let mut stranger = shop;
    stranger.key = key.text;
    for path in [
        format!("/api/v1/orders/{}", order.id),
        format!("/api/v1/checkout/sessions/{session}"),
    ] {
        assert_eq!(get(&stranger, &path).await.status, 404, "{path}");
    }
    let body = json!({"playerUsername": "Steve", "items": [{"packageId": vip}]});
    let answer = post(&stranger, "/api/v1/orders", body).await;
    assert_eq!(
        answer.errors(),
        ["items[0].packageId: One or more packages are not found or inactive"]
    );
    assert_eq!(
        get(&stranger, "/api/v1/packages").await.body["data"]["totalCount"],
        0
    );
}

async fn requests_are_counted_per_key(shop: Shop) {
    let first = get(&shop, "/api/v1/packages").await;
    assert_eq!(
        (
            first.header("x-ratelimit-limit"),
            first.header("x-ratelimit-remaining")
        ),
        ("1000", "999")
    );
    let reset = first.header("x-ratelimit-reset").parse::<i64>().unwrap();
    assert_eq!(reset % 60, 0);
    let caller = Caller::Key(key_id(&shop).await);
    for _ in 0..999 {
        shop.app.limits.take(&shop.app, caller, 1000).await.unwrap();
    }
    let over = get(&shop, "/api/v1/orders/nonsense").await;
    assert_eq!(
        (over.status, over.header("x-ratelimit-remaining")),
        (StatusCode::TOO_MANY_REQUESTS, "0")
    );
    assert_eq!(over.header("retry-after"), "60");
    assert_eq!(over.body["success"], false);
    shop.clock.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(get(&shop, "/api/v1/packages").await.status, 200);
    for _ in 0..20 {
        send(
            &shop,
            Request::get("/api/v1/packages")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    }
    let failures = send(
        &shop,
        Request::get("/api/v1/packages")
            .body(Body::empty())
            .unwrap(),
    )
    .await;
    assert_eq!(
        failures.status, 429,
        "failed authentication is limited per address"
    );
}

async fn key_id(shop: &Shop) -> tradepost_model::ids::ApiKeyId {
    identity::authenticate_key(&shop.app, &shop.key)
        .await
        .unwrap()
        .key
        .id
}

async fn checkout_sessions_follow_their_rules(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let body = |success: &str| {
        json!({"items": [{"packageId": vip}], "customer": {"playerUsername": "Steve", "email": "s@example.com"},
            "successUrl": success, "cancelUrl": "https://shop.example.com/no", "clientReferenceId": "ref-1",
            "metadata": {"a": 1}})
    };
    let path = "/api/v1/checkout/sessions";
    let done = "https://shop.example.com/done?s={CHECKOUT_SESSION_ID}&o={ORDER_ID}";
    let closed = post(&shop, path, body(done)).await;
    assert_eq!(
        closed.body["message"],
        "API checkout is not enabled for this store."
    );
    tradepost_app::stores::allow_origin(&shop.app, shop.store.id, "https://shop.example.com")
        .await
        .unwrap();
    let attacker = post(&shop, path, body("https://attacker.com/x")).await;
    let expected = "successUrl: URL origin (https://attacker.com) is not in the allow-list";
    assert_eq!(
        (attacker.status, attacker.errors()),
        (StatusCode::BAD_REQUEST, vec![expected])
    );
    let plain = post(&shop, path, body("http://shop.example.com/x")).await;
    assert_eq!(plain.errors(), ["successUrl: URL scheme must be https"]);
    let port = post(&shop, path, body("https://shop.example.com:8443/x")).await;
    assert_eq!(port.status, 400);
    let made = post(&shop, path, body(done)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let session = &made.body["data"];
    assert_eq!(
        (session["status"].as_str(), session["orderId"].is_null()),
        (Some("Open"), true)
    );
    assert_eq!(session["customer"]["email"], "s***@example.com");
    assert_eq!(session["metadata"], json!({"a": 1}));
    let id = session["id"].as_str().unwrap();
    let found = get(&shop, &format!("{path}/{id}")).await;
    assert_eq!(found.body["data"], *session);
    shop.clock.advance(jiff::SignedDuration::from_secs(3600));
    assert_eq!(
        get(&shop, &format!("{path}/{id}")).await.body["data"]["status"],
        "Expired"
    );
    for (field, value) in [
        ("expiresInSeconds", json!(59)),
        ("clientReferenceId", json!("x".repeat(256))),
        ("couponCode", json!("NONE")),
        ("items", json!([])),
        ("customer", json!({})),
    ] {
        let mut body = body(done);
        body[field] = value;
        let answer = post(&shop, path, body).await;
        assert_eq!(answer.status, 400, "{field}");
        assert!(
            answer.errors()[0].starts_with(field),
            "{field}: {:?}",
            answer.errors()
        );
    }
}

async fn a_token_ends_with_the_log_out(shop: Shop) {
    let log_in = |password: &'static str| {
        let body = json!({"email": "LOBBY@example.com", "password": password}).to_string();
        let request =
            Request::post("/api/account/login").header("content-type", "application/json");
        send(&shop, request.body(Body::from(body)).unwrap())
    };
    assert_eq!(log_in("wrong password").await.status, 401);
    let answer = log_in("a good password").await;
    assert_eq!(answer.body["data"]["stores"][0]["subdomain"], "lobby");
    let token = answer.body["data"]["token"].as_str().unwrap().to_owned();
    let log_out = |token: String| {
        let request =
            Request::post("/api/account/logout").header("authorization", format!("Bearer {token}"));
        send(&shop, request.body(Body::empty()).unwrap())
    };
    assert_eq!(log_out(format!("{token}x")).await.status, 401);
    assert_eq!(log_out(token.clone()).await.status, 200);
    assert_eq!(log_out(token).await.status, 401, "void after the log-out");
    let again = log_in("a good password").await.body["data"]["token"]
        .as_str()
        .unwrap()
        .to_owned();
    shop.clock.advance(jiff::SignedDuration::from_hours(12));
    assert_eq!(log_out(again).await.status, 401, "expired");
    for _ in 0..10 {
        log_in("wrong password").await;
    }
    assert_eq!(
        log_in("a good password").await.status,
        429,
        "log-in is limited"
    );
}

async fn callbacks_settle(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    let (signature, body) = shop
        .notification(&reference, tradepost_app::payments::Decision::Approve)
        .await;
    let call = |signature: String| {
        let request = Request::post("/callbacks/test").header("x-signature", signature);
        send(&shop, request.body(Body::from(body.clone())).unwrap())
    };
    assert_eq!(call("forged".to_owned()).await.status, 401);
    assert_eq!(call(signature.clone()).await.status, 200);
    assert_eq!(
        call(signature).await.status,
        200,
        "a repeat is answered as well"
    );
    shop.app.tasks.close();
    shop.app.tasks.wait().await;
    assert_eq!(shop.order(&session).await.order.status.word(), "Paid");
}
