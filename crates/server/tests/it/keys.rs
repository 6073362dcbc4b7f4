//! Keys, as a member's program manages them.

use axum::body::Body;
use axum::http::{Method, Request};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tradepost_app::stores;
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::plans::{Plan, Subscribed};

use crate::shop::{Shop, new_store, on_both_engines};
use crate::stores::{Answer, join, owner};

on_both_engines!(
    a_key_is_made_listed_regenerated_and_revoked,
    what_does_not_fit_is_told_field_by_field,
    a_lapsed_plan_is_told_apart_from_a_missing_permission,
    whoever_may_not_is_told_so,
    keys_of_another_store_do_not_exist,
    a_login_tells_the_plans_of_its_stores,
);

/// The status and the code that a key is answered.
async fn answer(shop: &Shop, key: &str) -> (u16, Value) {
    let request = Request::get(format!("/api/v1/orders/{}", uuid::Uuid::nil()))
        .header("x-api-key", key)
        .body(Body::empty());
    let (router, _) = tradepost_api::router(shop.app.clone());
    let response = router.oneshot(request.unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    (status, body["code"].clone())
}

async fn works(shop: &Shop, key: &Value) -> bool {
    answer(shop, key.as_str().unwrap()).await == (404, json!("not_found"))
}

fn asked() -> Value {
    json!({"name": "Discord bot", "permissions": {"Orders": ["View", "Edit"], "Coupons": ["View"]},
        "expiresAt": "2027-01-01T00:00:00Z"})
}

fn without_key(answer: &Answer) -> Value {
    let mut data = answer.data().clone();
    data.as_object_mut().unwrap().remove("key").unwrap();
    data
}

async fn a_key_is_made_listed_regenerated_and_revoked(shop: Shop) {
    let owner = owner(&shop).await;
    shop.clock.advance(SignedDuration::from_secs(1));
    let made = owner.send("/api-keys", asked()).await;
    let key = made.data()["key"].clone();
    let text = key.as_str().unwrap();
    assert_eq!(
        (text.len(), &text[..13]),
        (45, format!("flx_{}_", shop.store.short_id).as_str())
    );
    let id = made.data()["id"].as_str().unwrap();
    let expected = json!({"id": id, "name": "Discord bot", "prefix": text[..17],
        "permissions": {"Orders": ["View", "Edit"], "Coupons": ["View"]},
        "expiresAt": "2027-01-01T00:00:00Z", "lastUsedAt": null, "createdAt": "2026-11-20T10:00:01Z",
        "revokedAt": null});
    assert_eq!(without_key(&made), expected);
    let list = owner.get("/api-keys").await;
    assert_eq!(
        list.data()["items"][0],
        expected,
        "newest first, and no secret"
    );
    assert_eq!(
        (&list.data()["totalCount"], &list.data()["take"]),
        (&json!(2), &json!(20))
    );
    assert_eq!(
        owner.get("/api-keys?skip=1&take=1").await.data()["items"][0]["name"],
        "test"
    );
    shop.clock.advance(SignedDuration::from_secs(89));
    assert!(works(&shop, &key).await);
    let used = owner.get("/api-keys").await.data()["items"][0]["lastUsedAt"].clone();
    assert_eq!(used, "2026-11-20T10:01:30Z");
    let regenerate = format!("/api-keys/{id}/regenerate");
    let wider = json!({"permissions": {"Bans": ["View"]}});
    let refused = owner.send(&regenerate, wider).await;
    assert_eq!(refused.failure().0, 400, "permissions stay as they are");
    assert!(works(&shop, &key).await);
    let again = owner.post(&regenerate).await;
    let new = again.data()["key"].clone();
    let mut kept = expected.clone();
    kept["prefix"] = json!(new.as_str().unwrap()[..17]);
    kept["lastUsedAt"] = used;
    assert_eq!(without_key(&again), kept);
    assert!(works(&shop, &new).await && !works(&shop, &key).await);
    let path = format!("/api-keys/{id}");
    let gone = owner.call(Method::DELETE, &path, None).await;
    assert_eq!(*gone.data(), Value::Null);
    assert!(!works(&shop, &new).await);
    let revoked = owner.get("/api-keys").await.data()["items"][0]["revokedAt"].clone();
    assert_eq!(revoked, "2026-11-20T10:01:30Z");
    let again = owner.post(&format!("/api-keys/{id}/regenerate")).await;
    assert_eq!((again.failure().0, again.failure().1), (409, "key_revoked"));
    assert!(owner.call(Method::DELETE, &path, None).await.is_not_found());
    let wrong = owner.call(Method::GET, &path, None).await;
    assert_eq!(
        (wrong.failure().0, wrong.headers["allow"].to_str().unwrap()),
        (405, "DELETE")
    );
}

async fn what_does_not_fit_is_told_field_by_field(shop: Shop) {
    let owner = owner(&shop).await;
    for (body, fields) in [
        (json!({}), vec!["name", "permissions"]),
        (
            json!({"name": 7, "permissions": ["Orders"], "expiresAt": "soon", "colour": "red"}),
            vec!["name", "permissions", "expiresAt", "colour"],
        ),
        (
            json!({"name": " ", "permissions": {"Orders": ["Delete"], "Moon": ["View"],
                "Customers": ["Edit"], "Stores": ["Edit"], "Packages": ["view"]},
                "expiresAt": "2026-11-20T10:00:00Z"}),
            vec![
                "name",
                "permissions.Customers",
                "permissions.Moon",
                "permissions.Orders",
                "permissions.Packages",
                "permissions.Stores",
                "expiresAt",
            ],
        ),
        (
            json!({"name": "n".repeat(65), "permissions": {}}),
            vec!["name", "permissions"],
        ),
        (
            json!({"name": "a\u{202e}b", "permissions": {"Orders": []}}),
            vec!["name", "permissions"],
        ),
        (
            json!({"name": null, "permissions": null, "expiresAt": null}),
            vec!["name", "permissions"],
        ),
    ] {
        let answer = owner.send("/api-keys", body.clone()).await;
        assert_eq!(
            answer.failure(),
            (400, "validation_failed", fields),
            "{body}"
        );
    }
    let beyond = owner
        .send(
            "/api-keys",
            json!({"name": "x", "permissions": {"Orders": ["View", "Delete"]}}),
        )
        .await;
    let told = r#"permissions.Orders: cannot have "Delete", only View, Edit"#;
    assert_eq!(beyond.body["errors"], json!([told]));
    assert_eq!(owner.get("/api-keys").await.data()["totalCount"], 1);
    assert_eq!(
        owner.get("/api-keys?take=0&x=1").await.failure().2,
        ["take", "x"]
    );
    let bare = owner.send(
        "/api-keys",
        json!({"name": "n".repeat(64), "permissions": {"Bans": ["View"]}}),
    );
    assert_eq!(bare.await.data()["expiresAt"], Value::Null);
}

async fn a_lapsed_plan_is_told_apart_from_a_missing_permission(shop: Shop) {
    let owner = owner(&shop).await;
    let mut few = asked();
    few["permissions"] = json!({"Bans": ["View"]});
    let few = owner.send("/api-keys", few).await.data()["key"].clone();
    let few = few.as_str().unwrap();
    assert_eq!(answer(&shop, few).await, (403, json!("permission_missing")));
    stores::set_plan(&shop.app, shop.store.id, Subscribed::to(Plan::Free))
        .await
        .unwrap();
    for key in [few, &shop.key] {
        assert_eq!(answer(&shop, key).await, (403, json!("plan_required")));
    }
    let refused = owner.send("/api-keys", asked()).await;
    assert_eq!(
        (refused.failure().0, refused.failure().1),
        (403, "plan_required")
    );
    assert!(
        refused.body["message"]
            .as_str()
            .unwrap()
            .contains("Pro plan")
    );
    assert_eq!(
        owner.get("/api-keys").await.data()["totalCount"],
        2,
        "they are still there"
    );
    stores::set_plan(&shop.app, shop.store.id, Subscribed::to(Plan::Pro))
        .await
        .unwrap();
    assert_eq!(answer(&shop, &shop.key).await, (404, json!("not_found")));
}

/// Every endpoint, with a body where it takes one.
fn endpoints(id: &str) -> [(Method, String, Option<Value>); 4] {
    [
        (Method::GET, "/api-keys".to_owned(), None),
        (Method::POST, "/api-keys".to_owned(), Some(asked())),
        (Method::DELETE, format!("/api-keys/{id}"), None),
        (Method::POST, format!("/api-keys/{id}/regenerate"), None),
    ]
}

async fn whoever_may_not_is_told_so(shop: Shop) {
    let id = owner(&shop).await.get("/api-keys").await.data()["items"][0]["id"].clone();
    let mut looks = Permissions::default();
    looks.grant(Area::Stores, Access::View);
    let looks = join(&shop, shop.store.id, looks).await;
    for (method, path, body) in endpoints(id.as_str().unwrap()) {
        let answer = looks.call(method.clone(), &path, body).await;
        let failure = answer.failure();
        assert_eq!(
            (failure.0, failure.1),
            (403, "permission_missing"),
            "{method} {path}"
        );
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains("Stores:Edit"), "{message}");
    }
    assert!(works(&shop, &json!(shop.key)).await);
}

async fn keys_of_another_store_do_not_exist(shop: Shop) {
    let mut owner = owner(&shop).await;
    let id = owner.get("/api-keys").await.data()["items"][0]["id"].clone();
    let id = id.as_str().unwrap();
    let other = new_store(&shop.app, "other").await;
    for store in [other.id.to_string(), other.short_id.clone()] {
        owner.store = store;
        for (method, path, body) in endpoints(id) {
            let answer = owner.call(method.clone(), &path, body).await;
            assert!(answer.is_not_found(), "{method} {path}");
        }
    }
    let stranger = join(&shop, other.id, Permissions::owner()).await;
    assert!(
        stranger
            .call(Method::DELETE, &format!("/api-keys/{id}"), None)
            .await
            .is_not_found()
    );
    assert!(
        stranger
            .post(&format!("/api-keys/{id}/regenerate"))
            .await
            .is_not_found()
    );
    assert!(
        stranger
            .post("/api-keys/nonsense/regenerate")
            .await
            .is_not_found()
    );
    assert!(works(&shop, &json!(shop.key)).await);
}

async fn a_login_tells_the_plans_of_its_stores(shop: Shop) {
    let expires_at = Some("2027-01-01T00:00:00Z".parse().unwrap());
    let plan = Subscribed {
        plan: Plan::Pro,
        expires_at,
    };
    stores::set_plan(&shop.app, shop.store.id, plan)
        .await
        .unwrap();
    let body = json!({"email": "lobby@example.com", "password": "a good password"}).to_string();
    let request = Request::post("/api/account/login").header("content-type", "application/json");
    let (router, _) = tradepost_api::router(shop.app.clone());
    let response = router
        .oneshot(request.body(Body::from(body)).unwrap())
        .await
        .unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    assert_eq!(body["success"], true);
    let data = &body["data"];
    assert_eq!(data["expiresAt"], "2026-11-20T22:00:00Z");
    assert_eq!(data["user"]["email"], "lobby@example.com");
    let store = json!({"id": shop.store.id.to_string(), "shortId": shop.store.short_id, "name": "lobby",
        "subdomain": "lobby", "plan": "pro", "planExpiresAt": "2027-01-01T00:00:00Z"});
    assert_eq!(data["stores"], json!([store]));
}
