//! Limits as a program sees them: every response to a recognised key tells where it stands.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use jiff::SignedDuration;
use serde_json::json;
use tower::ServiceExt as _;
use tradepost_app::{App, identity, stores};
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::plans::{Plan, Subscribed};

use crate::shop::{Engine, Shop, on_both_engines};

on_both_engines!(
    every_response_to_a_key_tells_where_it_stands,
    the_headers_change_with_the_minute,
    strangers_are_told_nothing_and_limited,
    members_are_counted_wherever_they_call,
);

async fn send(app: &App, request: Request<Body>) -> (StatusCode, HeaderMap) {
    let (router, _) = tradepost_api::router(app.clone());
    let (parts, _) = router.oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers)
}

fn request(
    key: &str,
    method: Method,
    path: &str,
    kind: &str,
    body: impl Into<Body>,
) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("x-api-key", key)
        .header("content-type", kind)
        .body(body.into())
        .unwrap()
}

async fn get(app: &App, key: &str, path: &str) -> (StatusCode, HeaderMap) {
    send(app, request(key, Method::GET, path, "application/json", "")).await
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// Limit, remaining and reset.
fn standing(headers: &HeaderMap) -> Option<[i64; 3]> {
    let names = [
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ];
    let numbers = names.map(|name| number(headers, name));
    assert!(numbers.iter().all(Option::is_some) || numbers.iter().all(Option::is_none));
    Some([numbers[0]?, numbers[1]?, numbers[2]?])
}

async fn every_response_to_a_key_tells_where_it_stands(shop: Shop) {
    let (app, key) = (&shop.app, shop.key.as_str());
    let reset = shop.app.now().as_second() + 60;
    let (text, json, big) = ("text/plain", "application/json", "x".repeat((1 << 20) + 1));
    let mut few = Permissions::default();
    few.grant(Area::Customers, Access::View);
    let few = identity::create_key(app, &shop.actor, "few", few, None);
    let few = few.await.unwrap().text;
    let orders = "/api/v1/orders";
    let cases = [
        (200, request(key, Method::GET, "/api/v1/packages", json, "")),
        (
            200,
            request(key, Method::HEAD, "/api/v1/packages", json, ""),
        ),
        (
            400,
            request(key, Method::GET, "/api/v1/packages?take=0", json, ""),
        ),
        (400, request(key, Method::POST, orders, json, "{")),
        (
            400,
            request(key, Method::POST, orders, json, json!({}).to_string()),
        ),
        (
            404,
            request(key, Method::GET, "/api/v1/orders/nonsense", json, ""),
        ),
        (404, request(key, Method::GET, "/api/v1/nowhere", json, "")),
        (
            404,
            request(key, Method::GET, "/api/v1/nowhere/at/all", json, ""),
        ),
        (404, request(key, Method::GET, "/api/v1/", json, "")),
        (404, request(key, Method::GET, "/api/v1", json, "")),
        (
            405,
            request(key, Method::DELETE, "/api/v1/packages", json, ""),
        ),
        (405, request(key, Method::OPTIONS, orders, json, "")),
        (413, request(key, Method::POST, orders, json, big)),
        (415, request(key, Method::POST, orders, text, "{}")),
    ];
    let mut left = 1000;
    for (status, request) in cases {
        let what = format!("{} {}", request.method(), request.uri());
        let (answered, headers) = send(app, request).await;
        left -= 1;
        assert_eq!(answered, status, "{what}");
        assert_eq!(standing(&headers), Some([1000, left, reset]), "{what}");
        assert!(!headers.contains_key("retry-after"));
    }
    let (status, headers) = get(app, &few, "/api/v1/packages").await;
    assert_eq!(
        (status.as_u16(), standing(&headers)),
        (403, Some([1000, 999, reset]))
    );
    stores::set_plan(app, shop.store.id, Subscribed::to(Plan::Free))
        .await
        .unwrap();
    let (status, headers) = get(app, &few, "/api/v1/packages").await;
    assert_eq!(
        (status.as_u16(), standing(&headers)),
        (403, Some([1000, 998, reset]))
    );
}

async fn the_headers_change_with_the_minute(shop: Shop) {
    let (app, key) = (&shop.app, shop.key.as_str());
    let reset = shop.app.now().as_second() + 60;
    for left in (0..1000).rev() {
        let (status, headers) = get(app, key, "/api/v1/nowhere").await;
        assert_eq!(
            (status.as_u16(), standing(&headers)),
            (404, Some([1000, left, reset]))
        );
    }
    for (millis, wait) in [(0, 60), (500, 60), (29_500, 30), (29_999, 1)] {
        shop.clock.advance(SignedDuration::from_millis(millis));
        let (status, headers) = get(app, key, "/api/v1/packages").await;
        assert_eq!(
            (status.as_u16(), standing(&headers)),
            (429, Some([1000, 0, reset]))
        );
        assert_eq!(
            number(&headers, "retry-after"),
            Some(wait),
            "after {millis} ms"
        );
    }
    shop.clock.advance(SignedDuration::from_millis(1));
    let (status, headers) = get(app, key, "/api/v1/packages").await;
    assert_eq!(
        (status.as_u16(), standing(&headers)),
        (200, Some([1000, 999, reset + 60]))
    );
}

async fn strangers_are_told_nothing_and_limited(shop: Shop) {
    let app = &shop.app;
    let wrong = format!("{}x", &shop.key[..shop.key.len() - 1]);
    for key in ["", "nonsense", &wrong].iter().cycle().take(20) {
        let (status, headers) = get(app, key, "/api/v1/packages").await;
        assert_eq!((status.as_u16(), standing(&headers)), (401, None));
    }
    let (status, headers) = get(app, "nonsense", "/api/v1/packages").await;
    assert_eq!((status.as_u16(), standing(&headers)), (429, None));
    assert_eq!(number(&headers, "retry-after"), Some(60));
    let bearer = |token: &str| {
        Request::post("/api/account/logout")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(
        send(app, bearer("nonsense")).await.0,
        429,
        "tokens count as well"
    );
    // A neighbour with a good key is not kept out.
    assert_eq!(get(app, &shop.key, "/api/v1/packages").await.0, 200);
    shop.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(send(app, bearer("nonsense")).await.0, 401);
}

async fn members_are_counted_wherever_they_call(shop: Shop) {
    let app = &shop.app;
    let token = identity::issue(app, "lobby@example.com", "a good password", "here").await;
    let token = token.unwrap().text;
    // The scheme is a word in any spelling.
    let servers = |scheme: &str| {
        Request::get(format!("/api/stores/{}/servers", shop.store.short_id))
            .header("authorization", format!("{scheme} {token}"))
            .body(Body::empty())
            .unwrap()
    };
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer "]
        .iter()
        .cycle()
        .take(120)
    {
        assert_eq!(send(app, servers(scheme)).await.0, 200, "{scheme}");
    }
    let (status, headers) = send(app, servers("Bearer")).await;
    assert_eq!(
        (status.as_u16(), number(&headers, "retry-after")),
        (429, Some(60))
    );
    let log_out = || {
        Request::post("/api/account/logout")
            .header("authorization", format!("bearer {token}"))
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(send(app, log_out()).await.0, 429);
    shop.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(send(app, log_out()).await.0, 200);
    assert_eq!(send(app, servers("Bearer")).await.0, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_has_one_limit_on_two_nodes() {
    let Some(shop) = Shop::open(Engine::Postgres).await else {
        println!("TEST_POSTGRES_URL is not set: this test needs PostgreSQL");
        return;
    };
    let other = shop.another_node("other-node").await;
    for round in 0..500 {
        for (app, left) in [(&shop.app, 999), (&other, 998)] {
            let (status, headers) = get(app, &shop.key, "/api/v1/nowhere").await;
            assert_eq!(status, 404);
            assert_eq!(
                number(&headers, "x-ratelimit-remaining"),
                Some(left - 2 * round)
            );
        }
    }
    for app in [&shop.app, &other] {
        assert_eq!(get(app, &shop.key, "/api/v1/nowhere").await.0, 429);
    }
    // A node that cannot count answers that, and tells nothing it does not know.
    other.db.close().await;
    let (status, headers) = get(&other, &shop.key, "/api/v1/packages").await;
    assert_eq!((status.as_u16(), standing(&headers)), (503, None));
}
