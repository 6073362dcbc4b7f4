//! The origins that checkouts may return to, as a member's program manages them.

use axum::http::Method;
use serde_json::{Value, json};
use tradepost_app::stores;
use tradepost_model::permissions::{Access, Area, Permissions};

use crate::shop::{Shop, new_store, on_both_engines};
use crate::stores::{join, owner};

on_both_engines!(
    origins_are_replaced_as_a_whole,
    origins_that_do_not_fit_are_told_one_by_one,
    whoever_may_only_look_changes_nothing,
    another_stores_origins_do_not_exist,
);

async fn origins_are_replaced_as_a_whole(shop: Shop) {
    let owner = owner(&shop).await;
    let put = |origins: Value| {
        owner.call(
            Method::PUT,
            "/checkout-origins",
            Some(json!({"origins": origins})),
        )
    };
    assert_eq!(
        *owner.get("/checkout-origins").await.data(),
        json!({"origins": []})
    );
    let given = json!([
        "https://Shop.example.com:443",
        "https://b.example:8443",
        "http://localhost:*",
        "http://localhost:3000",
        "https://shop.example.com"
    ]);
    let stored = json!({"origins": ["http://localhost:*", "http://localhost:3000", "https://b.example:8443",
        "https://shop.example.com"]});
    assert_eq!(*put(given).await.data(), stored);
    assert_eq!(*owner.get("/checkout-origins").await.data(), stored);
    let one = json!({"origins": ["https://a.example"]});
    assert_eq!(*put(one["origins"].clone()).await.data(), one);
    assert_eq!(*owner.get("/checkout-origins").await.data(), one);
    // The operator's way adds to it.
    stores::allow_origin(&shop.app, shop.store.id, "https://b.example")
        .await
        .unwrap();
    let both = json!({"origins": ["https://a.example", "https://b.example"]});
    assert_eq!(*owner.get("/checkout-origins").await.data(), both);
    let many: Vec<_> = (0..50)
        .map(|n| format!("https://shop{n}.example"))
        .collect();
    assert_eq!(
        put(json!(many)).await.data()["origins"]
            .as_array()
            .unwrap()
            .len(),
        50
    );
    assert_eq!(*put(json!([])).await.data(), json!({"origins": []}));
    let (left, right) = tokio::join!(
        put(json!(["https://a.example"])),
        put(json!(["https://b.example"]))
    );
    assert!(left.status == 200 && right.status == 200);
    let winner = owner.get("/checkout-origins").await;
    assert_eq!(
        winner.data()["origins"].as_array().unwrap().len(),
        1,
        "no mixture of the two"
    );
}

async fn origins_that_do_not_fit_are_told_one_by_one(shop: Shop) {
    let owner = owner(&shop).await;
    let put = |body: Value| owner.call(Method::PUT, "/checkout-origins", Some(body));
    let mixed = json!({"origins": ["https://a.example", "https://a.example/path", "https://b.example",
        "http://a.example", "javascript:alert(1)"]});
    let answer = put(mixed).await;
    let fields = vec!["origins[1]", "origins[3]", "origins[4]"];
    assert_eq!(answer.failure(), (400, "validation_failed", fields));
    let many: Vec<_> = (0..51)
        .map(|n| format!("https://shop{n}.example"))
        .collect();
    for (body, field) in [
        (json!({"origins": many}), "origins"),
        (json!({"origins": "https://a.example"}), "origins"),
        (json!({"origins": [1]}), "origins[0]"),
        (json!({}), "origins"),
        (json!({"origins": [], "more": 1}), "more"),
    ] {
        assert_eq!(
            put(body).await.failure(),
            (400, "validation_failed", vec![field])
        );
    }
    assert_eq!(
        *owner.get("/checkout-origins").await.data(),
        json!({"origins": []})
    );
}

async fn whoever_may_only_look_changes_nothing(shop: Shop) {
    let mut looks = Permissions::default();
    looks.grant(Area::Stores, Access::View);
    let looks = join(&shop, shop.store.id, looks).await;
    let none = json!({"origins": []});
    let answer = looks.get("/checkout-origins").await;
    assert_eq!(*answer.data(), none);
    let answer = looks.call(Method::PUT, "/checkout-origins", Some(none));
    let answer = answer.await;
    let failure = answer.failure();
    assert_eq!((failure.0, failure.1), (403, "permission_missing"));
}

async fn another_stores_origins_do_not_exist(shop: Shop) {
    let mut owner = owner(&shop).await;
    let other = new_store(&shop.app, "other").await;
    for store in [other.id.to_string(), other.short_id] {
        owner.store = store;
        assert!(owner.get("/checkout-origins").await.is_not_found());
        let body = json!({"origins": []});
        let put = owner.call(Method::PUT, "/checkout-origins", Some(body));
        assert!(put.await.is_not_found());
    }
}
