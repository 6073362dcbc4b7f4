//! `/categories`, the exemplar of a resource: what every other one does too is tested here.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tradepost_app::{Actor, idempotency, identity, packages};
use tradepost_model::permissions::{Access, Area, Permissions};
use uuid::Uuid;

use crate::shop::{Shop, new_store, on_both_engines};

on_both_engines!(
    a_category_is_made_read_changed_and_removed,
    every_field_that_fails_is_told_with_what_the_store_knows,
    a_category_finds_its_place_in_the_tree,
    removing_a_category_frees_its_packages_and_its_children,
    a_repeated_request_gets_the_same_answer,
    fifty_twins_make_one_category,
    a_request_that_failed_can_be_mended,
    keys_are_forgotten_after_a_day,
    a_lost_update_is_refused,
    lists_are_paged,
    another_stores_categories_do_not_exist,
    permissions_are_asked_for_first,
    odd_requests_are_told_why,
);

const PATH: &str = "/api/v1/categories";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn data(&self) -> &Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        &self.body["data"]
    }

    fn id(&self) -> String {
        self.data()["id"].as_str().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    fn code(&self) -> (u16, &str) {
        let code = self.body["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), code)
    }

    fn errors(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(Value::as_str).collect()
    }
}

/// Sends a request with headers beyond those that all have.
async fn send(
    shop: &Shop,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-api-key", &shop.key);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = body.map(|body| body.to_string());
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
    let (router, _) = tradepost_api::router(shop.app.clone());
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    }
}

async fn get(shop: &Shop, path: &str) -> Answer {
    send(shop, "GET", path, &[], None).await
}

async fn post(shop: &Shop, body: Value) -> Answer {
    send(shop, "POST", PATH, &[], Some(body)).await
}

async fn patch(shop: &Shop, id: &str, body: Value) -> Answer {
    send(shop, "PATCH", &format!("{PATH}/{id}"), &[], Some(body)).await
}

async fn made(shop: &Shop, name: &str, parent: Option<&str>) -> String {
    post(shop, json!({"name": name, "parentId": parent}))
        .await
        .id()
}

async fn total(shop: &Shop) -> u64 {
    get(shop, PATH).await.data()["totalCount"].as_u64().unwrap()
}

async fn a_category_is_made_read_changed_and_removed(shop: Shop) {
    let answer = post(&shop, json!({"name": " Ranks ", "description": "Perks."})).await;
    let category = answer.data().clone();
    let expected = json!({
        "id": category["id"], "name": "Ranks", "description": "Perks.", "slug": "ranks",
        "isEnabled": true, "sortOrder": 0, "parentId": null,
        "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:00Z",
    });
    assert_eq!(
        (category, answer.header("etag")),
        (expected.clone(), "\"1\"")
    );
    let id = answer.id();
    let path = format!("{PATH}/{id}");
    let found = get(&shop, &path).await;
    assert_eq!((found.data(), found.header("etag")), (&expected, "\"1\""));
    assert_eq!(found.header("cache-control"), "no-store");
    let head = send(&shop, "HEAD", &path, &[], None).await;
    assert_eq!((head.status.as_u16(), head.header("etag")), (200, "\"1\""));
    assert_eq!(head.body, Value::Null);

    shop.clock.advance(jiff::SignedDuration::from_secs(5));
    let changed = patch(&shop, &id, json!({"sortOrder": 3, "isEnabled": false})).await;
    let mut after = expected;
    after["sortOrder"] = json!(3);
    after["isEnabled"] = json!(false);
    after["updatedAt"] = json!("2026-11-20T10:00:05Z");
    assert_eq!((changed.data(), changed.header("etag")), (&after, "\"2\""));
    // Null clears what can be empty, and nothing else.
    let cleared = patch(&shop, &id, json!({"description": null})).await;
    assert_eq!(cleared.data()["description"], "");
    let refused = patch(&shop, &id, json!({"name": null, "isEnabled": null})).await;
    assert_eq!(
        refused.errors(),
        ["name: cannot be null", "isEnabled: cannot be null"]
    );
    // A name in web addresses stays, and is one category's alone.
    assert_eq!(
        patch(&shop, &id, json!({"name": "Titles"})).await.data()["slug"],
        "ranks"
    );
    assert_eq!(
        post(&shop, json!({"name": "Ranks"})).await.data()["slug"],
        "ranks-2"
    );

    let removed = send(&shop, "DELETE", &path, &[], None).await;
    assert_eq!(removed.data(), &Value::Null);
    assert_eq!(get(&shop, &path).await.code(), (404, "not_found"));
    assert_eq!(patch(&shop, &id, json!({})).await.status, 404);
    assert_eq!(send(&shop, "DELETE", &path, &[], None).await.status, 404);
}

async fn every_field_that_fails_is_told_with_what_the_store_knows(shop: Shop) {
    let body = json!({"name": "", "description": "a\u{202e}b", "isEnabled": "yes", "sortOrder": 1.5,
        "parentId": Uuid::nil(), "slug": "x", "colour": "red"});
    let answer = post(&shop, body).await;
    assert_eq!(answer.code(), (400, "validation_failed"));
    let expected = [
        "slug: is not set: it is made of the name",
        "name: must not be empty",
        "description: must not contain control or text-direction characters",
        "isEnabled: must be true or false",
        "sortOrder: must be a whole number from 0 to 1000000",
        "colour: is not a known member",
        "parentId: does not exist",
    ];
    assert_eq!(answer.errors(), expected);
    assert_eq!(answer.body["message"], expected[0]);
    assert_eq!(post(&shop, json!({})).await.errors(), ["name: is required"]);
    assert_eq!(total(&shop).await, 0);
}

async fn a_category_finds_its_place_in_the_tree(shop: Shop) {
    let mut chain = vec![made(&shop, "1", None).await];
    for depth in 2..=5 {
        let above = chain.last().unwrap().clone();
        chain.push(made(&shop, &depth.to_string(), Some(&above)).await);
    }
    let deep = post(&shop, json!({"name": "6", "parentId": chain[4]})).await;
    assert_eq!(
        deep.errors(),
        ["parentId: must leave categories at most 5 deep"]
    );
    let circle = patch(&shop, &chain[0], json!({"parentId": chain[2]})).await;
    assert_eq!(
        circle.errors(),
        ["parentId: must not be the category itself or one below it"]
    );
    let top = patch(&shop, &chain[2], json!({"parentId": null})).await;
    assert_eq!(top.data()["parentId"], Value::Null);
    // Two that become each other's parent at once cannot both have their way.
    for _ in 0..5 {
        let (a, b) = (made(&shop, "a", None).await, made(&shop, "b", None).await);
        let (one, two) = tokio::join!(
            patch(&shop, &a, json!({"parentId": b})),
            patch(&shop, &b, json!({"parentId": a})),
        );
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
    }
}

async fn removing_a_category_frees_its_packages_and_its_children(shop: Shop) {
    let top = made(&shop, "Top", None).await;
    let child = made(&shop, "Child", Some(&top)).await;
    let package = shop
        .package_with("VIP", "9.99", |package| package.category.clone_from(&top))
        .await;
    let removed = send(&shop, "DELETE", &format!("{PATH}/{top}"), &[], None).await;
    assert_eq!(removed.status, 200);
    let child = get(&shop, &format!("{PATH}/{child}")).await;
    assert_eq!(child.data()["parentId"], Value::Null);
    assert_eq!(child.header("etag"), "\"2\"");
    let found = packages::find(&shop.app, &shop.actor, &shop.store, package).await;
    assert_eq!(found.unwrap().0.category, None);
}

async fn a_repeated_request_gets_the_same_answer(shop: Shop) {
    let key = [("idempotency-key", "first")];
    let body = json!({"name": "Ranks"});
    let first = send(&shop, "POST", PATH, &key, Some(body.clone())).await;
    let again = send(&shop, "POST", PATH, &key, Some(body.clone())).await;
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("content-type"), "application/json");
    let reused = (409, "idempotency_key_reused");
    let other = send(&shop, "POST", PATH, &key, Some(json!({"name": "Kits"}))).await;
    assert_eq!(other.code(), reused);
    // What was done before is told before anything is checked; so is that the key is taken.
    let bad = send(&shop, "POST", PATH, &key, Some(json!({"name": 1}))).await;
    assert_eq!(bad.code(), reused);
    let path = format!("{PATH}/{}", first.id());
    let elsewhere = send(&shop, "PATCH", &path, &key, Some(body.clone())).await;
    assert_eq!(elsewhere.code(), reused);
    // A change and a removal are repeated as well, though what they changed has changed again.
    let change = [("idempotency-key", "change"), ("if-match", "\"1\"")];
    let changed = send(
        &shop,
        "PATCH",
        &path,
        &change,
        Some(json!({"sortOrder": 1})),
    )
    .await;
    patch(&shop, &first.id(), json!({"sortOrder": 2})).await;
    let repeated = send(
        &shop,
        "PATCH",
        &path,
        &change,
        Some(json!({"sortOrder": 1})),
    )
    .await;
    assert_eq!(changed.data(), repeated.data());
    let remove = [("idempotency-key", "remove")];
    for _ in 0..2 {
        assert_eq!(
            send(&shop, "DELETE", &path, &remove, None).await.status,
            200
        );
    }
    // Keys are a store's own.
    let other = new_store(&shop.app, "other").await;
    let mut stranger = shop;
    stranger.key = key_of(
        &stranger,
        &Actor::operator(other.id),
        Permissions::all_for_keys(),
    )
    .await;
    let theirs = send(&stranger, "POST", PATH, &key, Some(body)).await;
    assert_eq!(theirs.header("idempotency-replayed"), "");
    assert_ne!(theirs.id(), first.id());
}

async fn fifty_twins_make_one_category(shop: Shop) {
    let key = [("idempotency-key", "twins")];
    let twins: Vec<_> = (0..50)
        .map(|_| send(&shop, "POST", PATH, &key, Some(json!({"name": "Ranks"}))))
        .collect();
    let answers = futures_join(twins).await;
    let first = &answers[0];
    assert!(
        answers
            .iter()
            .all(|it| it.status == 200 && it.body == first.body)
    );
    let made = answers
        .iter()
        .filter(|it| it.header("idempotency-replayed").is_empty());
    assert_eq!(made.count(), 1);
    assert_eq!(total(&shop).await, 1);
}

async fn futures_join<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *result = Some(value);
            }
        }
        if results.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    results.into_iter().flatten().collect()
}

async fn a_request_that_failed_can_be_mended(shop: Shop) {
    let key = [("idempotency-key", "mended")];
    let bad = send(&shop, "POST", PATH, &key, Some(json!({"name": ""}))).await;
    assert_eq!(bad.status, 400);
    let unknown = json!({"name": "Ranks", "parentId": Uuid::nil()});
    assert_eq!(
        send(&shop, "POST", PATH, &key, Some(unknown)).await.status,
        400
    );
    let good = send(&shop, "POST", PATH, &key, Some(json!({"name": "Ranks"}))).await;
    assert_eq!(
        (good.status.as_u16(), good.header("idempotency-replayed")),
        (200, "")
    );
    assert_eq!(total(&shop).await, 1);
}

async fn keys_are_forgotten_after_a_day(shop: Shop) {
    let key = [("idempotency-key", "daily")];
    let body = json!({"name": "Ranks"});
    let first = send(&shop, "POST", PATH, &key, Some(body.clone())).await;
    shop.clock.advance(jiff::SignedDuration::from_hours(24));
    let again = send(&shop, "POST", PATH, &key, Some(body.clone())).await;
    assert_eq!(again.id(), first.id());
    shop.clock.advance(jiff::SignedDuration::from_secs(1));
    let taken_over = send(&shop, "POST", PATH, &key, Some(json!({"name": "Kits"}))).await;
    assert_ne!(taken_over.id(), first.id());
    shop.clock.advance(jiff::SignedDuration::from_hours(25));
    idempotency::forget_old(&shop.app).await.unwrap();
    let third = send(&shop, "POST", PATH, &key, Some(body)).await;
    assert_eq!(
        (third.status.as_u16(), third.header("idempotency-replayed")),
        (200, "")
    );
    assert_eq!(total(&shop).await, 3);
}

async fn a_lost_update_is_refused(shop: Shop) {
    let id = made(&shop, "Ranks", None).await;
    let path = format!("{PATH}/{id}");
    let change = |tag: &'static str, place: u32| {
        let (shop, path) = (&shop, path.as_str());
        async move {
            let headers = [("if-match", tag)];
            send(
                shop,
                "PATCH",
                path,
                &headers,
                Some(json!({"sortOrder": place})),
            )
            .await
        }
    };
    let (one, two) = tokio::join!(change("\"1\"", 1), change("\"1\"", 2));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    assert_eq!(change("\"1\"", 3).await.code(), (412, "lost_update"));
    assert_eq!(change("W/\"2\"", 3).await.status, 412);
    assert_eq!(change("\"x\"", 3).await.status, 412);
    assert_eq!(change("\"9\", \"2\"", 3).await.header("etag"), "\"3\"");
    assert_eq!(change("*", 4).await.header("etag"), "\"4\"");
    let unreadable = change("4", 5).await;
    assert_eq!(unreadable.code(), (400, "validation_failed"));
    let stale = [("if-match", "\"1\"")];
    assert_eq!(send(&shop, "DELETE", &path, &stale, None).await.status, 412);
    let fresh = [("if-match", "\"4\"")];
    assert_eq!(send(&shop, "DELETE", &path, &fresh, None).await.status, 200);
}

async fn lists_are_paged(shop: Shop) {
    let empty = get(&shop, PATH).await;
    assert_eq!(
        empty.data(),
        &json!({"items": [], "totalCount": 0, "skip": 0, "take": 1000})
    );
    let mut ids = Vec::new();
    for (name, place) in [("c", 1), ("b", 1), ("a", 2), ("d", 0)] {
        let body = json!({"name": name, "sortOrder": place});
        ids.push(post(&shop, body).await.id());
    }
    let names = |answer: &Answer| {
        let items = answer.data()["items"].as_array().unwrap().clone();
        let names = items
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>().concat()
    };
    assert_eq!(names(&get(&shop, PATH).await), "dbca");
    let page = get(&shop, &format!("{PATH}?skip=1&take=2")).await;
    assert_eq!(names(&page), "bc");
    assert_eq!(
        (&page.data()["totalCount"], &page.data()["skip"]),
        (&json!(4), &json!(1))
    );
    let beyond = get(&shop, &format!("{PATH}?skip=9")).await;
    assert_eq!(
        (names(&beyond).as_str(), &beyond.data()["totalCount"]),
        ("", &json!(4))
    );
    let after = get(&shop, &format!("{PATH}?after={}&take=2", ids[1])).await;
    assert_eq!(names(&after), "ca");
    let members: Vec<_> = after.data().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["items", "take", "hasMore"]);
    assert_eq!(after.data()["hasMore"], false);
    let bad = get(&shop, &format!("{PATH}?take=0&skip=-1&after=x&limit=5")).await;
    assert_eq!(bad.errors().len(), 4, "{:?}", bad.errors());
    assert_eq!(get(&shop, &format!("{PATH}?take=1001")).await.status, 400);
    assert_eq!(
        get(&shop, &format!("{PATH}?after={}", Uuid::nil()))
            .await
            .status,
        400
    );
}

async fn key_of(shop: &Shop, actor: &Actor, permissions: Permissions) -> String {
    let key = identity::create_key(&shop.app, actor, "k", permissions, None).await;
    key.unwrap().text
}

async fn another_stores_categories_do_not_exist(shop: Shop) {
    let id = made(&shop, "Ranks", None).await;
    let path = format!("{PATH}/{id}");
    let other = new_store(&shop.app, "other").await;
    let mut stranger = shop;
    let ours = stranger.key.clone();
    stranger.key = key_of(
        &stranger,
        &Actor::operator(other.id),
        Permissions::all_for_keys(),
    )
    .await;
    assert_eq!(get(&stranger, &path).await.status, 404);
    assert_eq!(
        patch(&stranger, &id, json!({"name": "Mine"})).await.status,
        404
    );
    assert_eq!(
        send(&stranger, "DELETE", &path, &[], None).await.status,
        404
    );
    let child = post(&stranger, json!({"name": "Child", "parentId": id})).await;
    assert_eq!(child.errors(), ["parentId: does not exist"]);
    assert_eq!(total(&stranger).await, 0);
    stranger.key = ours;
    assert_eq!(get(&stranger, &path).await.data()["name"], "Ranks");
}

async fn permissions_are_asked_for_first(mut shop: Shop) {
    let key = [("idempotency-key", "mine")];
    let id = send(&shop, "POST", PATH, &key, Some(json!({"name": "Ranks"})))
        .await
        .id();
    let path = format!("{PATH}/{id}");
    let mut few = Permissions::default();
    few.grant(Area::Categories, Access::View);
    shop.key = key_of(&shop, &shop.actor, few).await;
    assert_eq!(get(&shop, &path).await.status, 200);
    let missing = (403, "permission_missing");
    // Also what was answered to another key is not told.
    let replay = send(&shop, "POST", PATH, &key, Some(json!({"name": "Ranks"}))).await;
    assert_eq!(replay.code(), missing);
    assert!(
        replay.body["message"]
            .as_str()
            .unwrap()
            .contains("Categories:Edit")
    );
    assert_eq!(post(&shop, json!({"nonsense": 1})).await.code(), missing);
    assert_eq!(patch(&shop, &id, json!({})).await.code(), missing);
    assert_eq!(
        send(&shop, "DELETE", &path, &[], None).await.code(),
        missing
    );
}

async fn odd_requests_are_told_why(shop: Shop) {
    let put = send(&shop, "PUT", PATH, &[], Some(json!({}))).await;
    assert_eq!(put.code(), (405, "method_not_allowed"));
    assert_eq!(put.header("allow"), "GET,HEAD,POST");
    let id = made(&shop, "Ranks", None).await;
    let put = send(&shop, "PUT", &format!("{PATH}/{id}"), &[], None).await;
    assert_eq!(put.header("allow"), "GET,HEAD,PATCH,DELETE");
    assert_eq!(
        get(&shop, &format!("{PATH}/nonsense")).await.code(),
        (404, "not_found")
    );
    assert_eq!(patch(&shop, "nonsense", json!({})).await.status, 404);
    let plain = [("content-type", "text/plain")];
    assert_eq!(send(&shop, "POST", PATH, &plain, None).await.status, 415);
    let long = "x".repeat(256);
    for key in ["", "with space", "h\u{fc}", long.as_str()] {
        let headers = [("idempotency-key", key)];
        let answer = send(&shop, "POST", PATH, &headers, Some(json!({"name": "a"}))).await;
        assert_eq!(answer.status, 400, "{key}");
        assert!(answer.errors()[0].starts_with("Idempotency-Key: "));
    }
    let request = Request::post(PATH)
        .header("x-api-key", &shop.key)
        .header("content-type", "application/json");
    let (router, _) = tradepost_api::router(shop.app.clone());
    let twice = request
        .body(Body::from(r#"{"name": "a", "name": "b"}"#))
        .unwrap();
    let answer = router.oneshot(twice).await.unwrap();
    assert_eq!(answer.status(), 400);
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains("malformed"));
}

#[tokio::test]
async fn the_description_can_be_read_by_anybody_and_asks_no_other_host() {
    let shop = Shop::open(crate::shop::Engine::Sqlite).await.unwrap();
    let (router, _) = tradepost_api::router(shop.app.clone());
    let get = |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request)
    };
    let page = get("/api/docs").await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"));
    let page = to_bytes(page.into_body(), 1 << 20).await.unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    assert!(page.contains("id=\"createCategory\"") && page.contains("Idempotency-Key"));
    assert!(!page.contains("<script") && !page.contains(" style="));
    assert!(!page.contains("src=\"") && !page.contains("href=\"http"));
    let document = get("/api/openapi.json").await.unwrap();
    let document = to_bytes(document.into_body(), 1 << 20).await.unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document, tradepost_api::openapi());
    assert_eq!(get("/api/docs/style.css").await.unwrap().status(), 200);
}
