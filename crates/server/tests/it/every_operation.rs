//! What every operation that is described has in common, tried on each: who is let in, what is said to whom
//! is not, and that another store's things do not exist. An operation without a place here fails.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tradepost_app::{Actor, identity, stores};
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::plans::{Plan, Subscribed};
use uuid::Uuid;

use crate::shop::{Shop, new_store, on_both_engines};
use crate::stores::subscription;

on_both_engines!(every_operation_of_a_key, every_operation_of_a_member);

/// The secrets that callers send.
#[derive(Clone)]
enum Who {
    Nobody,
    Key(String),
    Token(String),
}

/// An operation of the description.
struct Operation {
    method: String,
    /// With its braces.
    path: String,
    described: Value,
    /// The methods that its path takes.
    methods: Vec<String>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

/// The operations that one of the schemes opens.
fn operations(scheme: Option<&str>) -> Vec<Operation> {
    let document = tradepost_api::openapi();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let item = item.as_object().unwrap();
        for (method, described) in item {
            let security = described.get("security").unwrap_or(&document["security"]);
            let schemes: Vec<_> = security.as_array().unwrap().iter().collect();
            let its = schemes.first().and_then(|it| it.as_object()?.keys().next());
            if its.map(String::as_str) == scheme {
                all.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    described: described.clone(),
                    methods: item.keys().map(|method| method.to_uppercase()).collect(),
                });
            }
        }
    }
    assert!(!all.is_empty(), "nothing is open to {scheme:?}");
    all
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn has(&self, status: &str) -> bool {
        self.described["responses"][status].is_object()
    }

    fn takes_a_body(&self) -> bool {
        self.described["requestBody"].is_object()
    }

    /// A body that fits. An operation that takes one needs a line here.
    async fn body(&self, shop: &Shop) -> Option<Value> {
        if !self.takes_a_body() {
            return None;
        }
        let package = || shop.package("VIP", "9.99");
        let id = self.described["operationId"].as_str().unwrap();
        Some(match id {
            "createPackage" => json!({"name": "VIP", "price": 9.99}),
            "createCategory" => json!({"name": "Ranks"}),
            "createCoupon" => json!({"code": shop.app.ids.short(12), "discountType": "percentage",
                "discountValue": 10, "applicationScope": "store"}),
            "createSale" => {
                json!({"name": "Summer", "discountPercentage": 10, "applicationScope": "store"})
            }
            "createGiftCard" => json!({"amount": 25, "applicationScope": "store"}),
            "createOrder" => {
                json!({"playerUsername": "Steve", "items": [{"packageId": package().await, "quantity": 1}]})
            }
            "createCheckoutSession" => {
                stores::allow_origin(&shop.app, shop.store.id, "https://shop.example")
                    .await
                    .unwrap();
                json!({"items": [{"packageId": package().await}], "customer": {"playerUsername": "Steve"},
                    "successUrl": "https://shop.example/", "cancelUrl": "https://shop.example/"})
            }
            "createBan" => json!({"playerUsername": "griefer123"}),
            "updatePackage" | "updateCategory" | "updateSale" => json!({"name": "Other"}),
            "updateCoupon" => json!({"maxUses": 5}),
            "updateGiftCard" => json!({"message": "Enjoy!"}),
            "updateBan" => json!({"reason": "Fraud"}),
            "createApiKey" => json!({"name": "bot", "permissions": {"Bans": ["View"]}}),
            "replaceCheckoutOrigins" => json!({"origins": []}),
            "logIn" => json!({"email": "lobby@example.com", "password": "a good password"}),
            other => panic!("{other} takes a body: add one here"),
        })
    }

    /// The id of something the operation can be about, and one that nothing has. A path with an id needs a
    /// line here.
    async fn ids(&self, shop: &Shop) -> Option<(String, String)> {
        let (collection, action) = self.path.split_once("/{id}")?;
        let nothing = Uuid::from_u128(1).to_string();
        let key = Who::Key(shop.key.clone());
        let collection = collection.trim_start_matches("/api/v1");
        let made = match collection {
            "/packages" | "/categories" | "/coupons" | "/sales" | "/gift-cards" | "/bans"
            | "/checkout/sessions" => {
                let creates = operations(Some("apiKey"));
                let path = format!("/api/v1{collection}");
                let is_it = |it: &&Operation| it.path == path && it.method == "POST";
                let create = creates.iter().find(is_it).unwrap();
                let body = Box::pin(create.body(shop)).await;
                let made = create.send(shop, &key, &path, body).await;
                made.body["data"]["id"].as_str().unwrap().to_owned()
            }
            "/orders" => {
                let package = shop.package("VIP", "9.99").await;
                shop.buys("Steve", package).await.order.id.to_string()
            }
            "/customers" => {
                let package = shop.package("VIP", "9.99").await;
                shop.buys("Steve", package).await;
                let is_it = |it: &Operation| it.path == "/api/v1/customers";
                let list = operations(Some("apiKey")).into_iter().find(is_it).unwrap();
                let found = list.send(shop, &key, &list.path, None).await;
                let id = &found.body["data"]["items"][0]["id"];
                id.as_str().unwrap().to_owned()
            }
            "/subscriptions" => subscription(shop).await.to_string(),
            "/api/stores/{storeId}/subscriptions" => {
                let id = subscription(shop).await;
                if action == "/resume" {
                    let who = tradepost_app::subscriptions::Who::Staff(shop.actor.clone());
                    let cancelled = tradepost_app::subscriptions::cancel_now(&shop.app, who, id);
                    cancelled.await.unwrap();
                }
                id.to_string()
            }
            "/api/stores/{storeId}/api-keys" => {
                let all = Permissions::all_for_keys();
                let key = identity::create_key(&shop.app, &shop.actor, "k", all, None).await;
                key.unwrap().key.id.to_string()
            }
            other => panic!("{other} has ids: make such a thing here"),
        };
        let nothing = match collection {
            "/checkout/sessions" => format!("cs_{}", "x".repeat(24)),
            _ => nothing,
        };
        Some((made, nothing))
    }

    /// Sends what fits.
    async fn send(&self, shop: &Shop, who: &Who, path: &str, body: Option<Value>) -> Answer {
        let json = body.is_some().then_some("application/json");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        send(shop, who, &self.method, path, json, body).await
    }

    /// What is wrong with how it is asked, whoever asks.
    async fn refuses_what_does_not_fit(&self, shop: &Shop, who: &Who, path: &str) {
        let name = self.name();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if !self.methods.iter().any(|it| it == method) {
                let wrong = send(shop, who, method, path, None, String::new()).await;
                assert_eq!(wrong.code(), (405, "method_not_allowed"), "{method} {path}");
                let allow = wrong.headers["allow"].to_str().unwrap();
                let mut allowed: Vec<_> = allow.split(',').map(str::trim).collect();
                allowed.retain(|method| *method != "HEAD");
                allowed.sort_unstable();
                let mut methods = self.methods.clone();
                methods.sort_unstable();
                assert_eq!(allowed, methods, "{path}");
            }
        }
        let sent = async |kind, body| send(shop, who, &self.method, path, kind, body).await;
        let json = Some("application/json");
        if self.has("413") {
            let large = sent(json, format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20))).await;
            assert_eq!(large.code(), (413, "body_too_large"), "{name}");
        }
        assert_eq!(self.takes_a_body(), self.has("415"), "{name}");
        let Some(mut body) = self.body(shop).await else {
            return;
        };
        for kind in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
        ] {
            let wrong = sent(kind, body.to_string()).await;
            assert_eq!(
                wrong.code(),
                (415, "unsupported_media_type"),
                "{name} {kind:?}"
            );
        }
        for text in ["", "{", "[]", "null", "{\"a\": 1, \"a\": 2}"] {
            let wrong = sent(json, text.to_owned()).await;
            assert_eq!(wrong.code(), (400, "malformed"), "{name} {text}");
        }
        body["surely"] = json!(1);
        let wrong = sent(json, body.to_string()).await;
        assert_eq!(wrong.code(), (400, "validation_failed"), "{name}");
        assert_eq!(
            wrong.body["errors"],
            json!(["surely: is not a known member"]),
            "{name}"
        );
    }
}

async fn send(
    shop: &Shop,
    who: &Who,
    method: &str,
    path: &str,
    kind: Option<&str>,
    body: String,
) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = match who {
        Who::Nobody => request,
        Who::Key(key) => request.header("x-api-key", key),
        Who::Token(token) => request.header("authorization", format!("Bearer {token}")),
    };
    let request = match kind {
        Some(kind) => request.header("content-type", kind),
        None => request,
    };
    // Nobody here is to be kept out for asking often.
    shop.clock.advance(SignedDuration::from_secs(4));
    let (router, _) = tradepost_api::router(shop.app.clone());
    let response = router
        .oneshot(request.body(Body::from(body)).unwrap())
        .await;
    let (parts, body) = response.unwrap().into_parts();
    let bytes = to_bytes(body, 16 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let status = parts.status.as_u16();
    assert_eq!(body["success"], status == 200, "{method} {path}: {body}");
    Answer {
        status,
        headers: parts.headers,
        body,
    }
}

/// All permissions that can be had but one.
fn without(permission: &str, can_have: impl Fn(Area) -> &'static [Access]) -> Permissions {
    let mut some = Permissions::default();
    for area in Area::ALL {
        for access in can_have(*area) {
            if format!("{}:{}", area.word(), access.word()) != permission {
                some.grant(*area, *access);
            }
        }
    }
    some
}

async fn every_operation_of_a_key(shop: Shop) {
    let other = new_store(&shop.app, "other").await;
    let operator = Actor::operator(other.id);
    let key_of = async |actor: &Actor, permissions| {
        let key = identity::create_key(&shop.app, actor, "k", permissions, None).await;
        Who::Key(key.unwrap().text)
    };
    let stranger = key_of(&operator, Permissions::all_for_keys()).await;
    let ours = Who::Key(shop.key.clone());
    for operation in operations(Some("apiKey")) {
        let name = operation.name();
        let permission = operation.described["x-permission"].as_str().unwrap();
        let lacks = key_of(&shop.actor, without(permission, Area::key_matrix)).await;
        let ids = operation.ids(&shop).await;
        let at = |id: &str| operation.path.replace("{id}", id);
        let (path, nowhere) = match &ids {
            Some((id, nothing)) => (at(id), Some(at(nothing))),
            None => (operation.path.clone(), None),
        };
        assert!(!path.contains('{'), "{path} has a parameter that is no id");
        let ask = async |who: &Who, path: &str| {
            let body = operation.body(&shop).await;
            operation.send(&shop, who, path, body).await
        };
        shop.clock.advance(SignedDuration::from_secs(60));
        let refused = ask(&Who::Nobody, &path).await;
        assert_eq!(refused.code(), (401, "unauthenticated"), "{name}");
        let refused = ask(&lacks, &path).await;
        assert_eq!(refused.code(), (403, "permission_missing"), "{name}");
        let message = refused.body["message"].as_str().unwrap();
        assert!(message.contains(permission), "{name}: {message}");
        let plan = async |plan| {
            let changed = stores::set_plan(&shop.app, shop.store.id, Subscribed::to(plan));
            changed.await.unwrap();
        };
        plan(Plan::Free).await;
        let lapsed = ask(&ours, &path).await;
        assert_eq!(lapsed.code(), (403, "plan_required"), "{name}");
        plan(Plan::Pro).await;
        if let Some(nowhere) = nowhere {
            assert!(operation.has("404"), "{name}");
            let none = ask(&ours, &nowhere).await;
            assert_eq!(none.code(), (404, "not_found"), "{name}");
            let none = ask(&ours, &at("nonsense")).await;
            assert_eq!(none.code(), (404, "not_found"), "{name}");
            let whole = path.strip_suffix("/expire").unwrap_or(&path);
            let now = async || {
                send(&shop, &ours, "GET", whole, None, String::new())
                    .await
                    .body
            };
            let before = now().await;
            assert_eq!(before["success"], true, "{name}");
            let none = ask(&stranger, &path).await;
            assert_eq!(none.code(), (404, "not_found"), "{name}");
            assert_eq!(now().await, before, "{name}: a stranger changed it");
        }
        operation
            .refuses_what_does_not_fit(&shop, &ours, &path)
            .await;
        let done = ask(&ours, &path).await;
        assert_eq!(done.status, 200, "{name}: {}", done.body);
        assert!(done.headers.contains_key("x-ratelimit-remaining"), "{name}");
    }
}

async fn every_operation_of_a_member(shop: Shop) {
    let other = new_store(&shop.app, "other").await;
    let token = async |email: &str| {
        let token = identity::issue(&shop.app, email, "a good password", "test").await;
        Who::Token(token.unwrap().text)
    };
    let stranger = token("other@example.com").await;
    for operation in operations(Some("bearer")) {
        let name = operation.name();
        shop.clock.advance(SignedDuration::from_secs(60));
        // Logging out ends all of them.
        let owner = token("lobby@example.com").await;
        let ids = operation.ids(&shop).await;
        let at = |store: &str, id: &str| {
            let path = operation.path.replace("{storeId}", store);
            path.replace("{id}", id)
        };
        let id = ids.as_ref().map_or("", |(id, _)| id);
        let (store, path) = (shop.store.id.to_string(), at(&shop.store.short_id, id));
        assert!(!path.contains('{'), "{path} has a parameter that is no id");
        let ask = async |who: &Who, path: &str| {
            let body = operation.body(&shop).await;
            operation.send(&shop, who, path, body).await
        };
        let refused = ask(&Who::Nobody, &path).await;
        assert_eq!(refused.code(), (401, "unauthenticated"), "{name}");
        if let Some(permission) = operation.described["x-permission"].as_str() {
            let name_of = shop.app.ids.short(12);
            let email = format!("{name_of}@example.com");
            let user = identity::add_user(&shop.app, &email, "Mara", "a good password").await;
            let (user, few) = (user.unwrap().id, without(permission, |_| Access::ALL));
            let (joined, now) = (shop.store.id, shop.app.now());
            let join = shop.app.write(async move |tx| {
                Ok(tradepost_db::users::join(tx, joined, user, &few, now).await?)
            });
            join.await.unwrap();
            let refused = ask(&token(&email).await, &path).await;
            assert_eq!(refused.code(), (403, "permission_missing"), "{name}");
            let message = refused.body["message"].as_str().unwrap();
            assert!(message.contains(permission), "{name}: {message}");
            for store in [&store, &shop.store.short_id] {
                let none = ask(&stranger, &at(store, id)).await;
                assert_eq!(none.code(), (404, "not_found"), "{name}");
            }
            // Our things do not exist in a stranger's own store either.
            if let Some((id, nothing)) = &ids {
                for (who, store, id) in
                    [(&stranger, &other.short_id, id), (&owner, &store, nothing)]
                {
                    let none = ask(who, &at(store, id)).await;
                    assert_eq!(none.code(), (404, "not_found"), "{name}");
                }
            }
        } else {
            assert_eq!(
                operation.path, "/api/account/logout",
                "{name} asks for no permission"
            );
        }
        operation
            .refuses_what_does_not_fit(&shop, &owner, &path)
            .await;
        let done = ask(&owner, &path).await;
        assert_eq!(done.status, 200, "{name}: {}", done.body);
    }
    for operation in operations(None) {
        assert_eq!(operation.path, "/api/account/login", "is open to everybody");
        shop.clock.advance(SignedDuration::from_secs(60));
        let path = operation.path.clone();
        operation
            .refuses_what_does_not_fit(&shop, &Who::Nobody, &path)
            .await;
        let body = operation.body(&shop).await;
        let done = operation.send(&shop, &Who::Nobody, &path, body).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
}
