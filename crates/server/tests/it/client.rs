//! A program that uses the Management API, and what it is answered.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use tradepost_app::{Actor, App, identity, stores};
use tradepost_model::money::Currency;
use tradepost_model::names::Slug;
use tradepost_model::permissions::Permissions;
use tradepost_model::players::Game;
use tradepost_model::stores::{NewStore, Store};

use crate::shop::Shop;

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    /// As it was sent.
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    /// What was asked for. It was given.
    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        &self.body["data"]
    }

    pub(crate) fn id(&self) -> String {
        self.data()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    pub(crate) fn code(&self) -> (u16, &str) {
        let code = self.body["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), code)
    }

    pub(crate) fn errors(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.filter_map(Value::as_str).collect()
    }

    /// One member of everything in a list.
    pub(crate) fn all(&self, member: &str) -> Vec<&str> {
        let items = self.data()["items"].as_array().unwrap().iter();
        items.map(|it| it[member].as_str().unwrap()).collect()
    }
}

/// A program with a key to a store.
#[derive(Clone)]
pub(crate) struct Client {
    app: App,
    key: String,
}

impl Client {
    pub(crate) fn of(shop: &Shop) -> Self {
        Self {
            app: shop.app.clone(),
            key: shop.key.clone(),
        }
    }

    /// One that may do everything in another store, which has this currency.
    pub(crate) async fn of_another_store(shop: &Shop, currency: &str) -> Self {
        let subdomain = format!("other-{}", currency.to_lowercase());
        let email = format!("{subdomain}@example.com");
        let owner = identity::add_user(&shop.app, &email, "Owner", "a good password")
            .await
            .unwrap();
        let new = NewStore {
            name: subdomain.clone(),
            subdomain: Slug::parse(&subdomain).unwrap(),
            tagline: String::new(),
            currency: Currency::parse(currency).unwrap(),
            language: "en".to_owned(),
            game: Game::Minecraft,
            accent: "#2f6fed".to_owned(),
        };
        let store: Store = stores::create(&shop.app, new, owner.id).await.unwrap();
        Self::with(
            shop,
            &Actor::operator(store.id),
            Permissions::all_for_keys(),
        )
        .await
    }

    /// One with a key that this actor makes.
    pub(crate) async fn with(shop: &Shop, actor: &Actor, permissions: Permissions) -> Self {
        let key = identity::create_key(&shop.app, actor, "k", permissions, None).await;
        Self {
            app: shop.app.clone(),
            key: key.unwrap().text,
        }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl ToString,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("x-api-key", &self.key)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let (router, _) = tradepost_api::router(self.app.clone());
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 16 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> Answer {
        self.send("POST", path, &[], body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: impl ToString) -> Answer {
        self.send("PATCH", path, &[], body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], "").await
    }

    /// That a repeated request is answered alike and done once, and that a lost update is refused:
    /// what all resources have in common. `member` and `value` are a change.
    pub(crate) async fn keeps_to_the_rules(&self, path: &str, new: Value, change: Value) {
        let key = [("idempotency-key", "once")];
        let first = self.send("POST", path, &key, &new).await;
        let again = self.send("POST", path, &key, &new).await;
        assert_eq!(first.header("etag"), "\"1\"", "{}", first.text);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!((&again.text, again.header("etag")), (&first.text, "\"1\""));
        let one = format!("{path}/{}", first.id());
        assert_eq!(self.get(&one).await.text, first.text);
        let reused = self.send("POST", path, &key, &change).await;
        assert_eq!(reused.code(), (409, "idempotency_key_reused"));
        assert_eq!(self.get(path).await.data()["totalCount"], 1);

        let with = |tag: &'static str| [("if-match", tag)];
        let changed = self.send("PATCH", &one, &with("\"1\""), &change).await;
        assert_eq!(changed.header("etag"), "\"2\"", "{}", changed.text);
        let (name, value) = change.as_object().unwrap().iter().next().unwrap();
        assert_eq!(changed.data()[name], *value);
        let found = self.get(&one).await;
        assert_eq!(
            (found.text.as_str(), found.header("etag")),
            (changed.text.as_str(), "\"2\"")
        );
        let lost = self.send("PATCH", &one, &with("\"1\""), &change).await;
        assert_eq!(lost.code(), (412, "lost_update"));
        let lost = self.send("DELETE", &one, &with("\"1\""), "").await;
        assert_eq!(lost.code(), (412, "lost_update"));
        // Nothing that was sent changes nothing but the version.
        let same = self.patch(&one, "{}").await;
        assert_eq!(same.data()[name], *value);
        for (method, path, body) in [
            ("GET", "00000000-0000-0000-0000-000000000000", ""),
            ("GET", "nonsense", ""),
            ("PATCH", "00000000-0000-0000-0000-000000000000", "{}"),
            ("DELETE", "00000000-0000-0000-0000-000000000000", ""),
        ] {
            let none = self
                .send(method, &format!("{}/{path}", path_of(&one)), &[], body)
                .await;
            assert_eq!(none.code(), (404, "not_found"), "{method} {path}");
        }
    }

    /// That what another store has under this address does not exist for this one.
    pub(crate) async fn does_not_see(&self, one: &str, change: Value) {
        for (method, body) in [
            ("GET", String::new()),
            ("PATCH", change.to_string()),
            ("DELETE", String::new()),
        ] {
            let answer = self.send(method, one, &[], body).await;
            assert_eq!(answer.code(), (404, "not_found"), "{method} {one}");
        }
        assert_eq!(self.get(path_of(one)).await.data()["totalCount"], 0);
    }
}

fn path_of(one: &str) -> &str {
    one.rsplit_once('/').unwrap().0
}
