//! What a member's program does with their store: JSON Web Tokens, the envelope, every endpoint, and
//! that another store's things do not exist.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tradepost_app::{Actor, identity, servers};
use tradepost_model::ids::{StoreId, SubscriptionId};
use tradepost_model::permissions::Permissions;

use crate::shop::{Shop, new_store, on_both_engines};

on_both_engines!(
    a_token_opens_its_stores_alone,
    servers_are_made_and_told,
    commands_are_listed_changed_sent_and_cancelled,
    commands_are_added_with_every_error_told,
    orders_are_refunded_after_a_look,
    redeliveries_go_through_all_their_states,
    the_calendar_is_told_and_stopped,
    global_commands_are_replaced_as_a_whole,
    subscriptions_are_listed_cancelled_and_resumed,
    another_stores_things_do_not_exist,
    every_endpoint_asks_for_a_permission,
    methods_and_parameters_are_checked,
    requests_are_counted_per_member,
);

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        assert_eq!(
            (&self.body["success"], &self.body["errors"]),
            (&json!(true), &json!([]))
        );
        &self.body["data"]
    }

    /// The status, the code and the fields that fail.
    pub(crate) fn failure(&self) -> (u16, &str, Vec<&str>) {
        assert_eq!(
            (&self.body["success"], &self.body["data"]),
            (&json!(false), &Value::Null)
        );
        let errors = self.body["errors"].as_array().unwrap().iter();
        let fields = errors.filter_map(|it| Some(it.as_str()?.split_once(": ")?.0));
        let code = self.body["code"].as_str().unwrap();
        (self.status.as_u16(), code, fields.collect())
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.failure() == (404, "not_found", Vec::new())
    }
}

/// A member who calls from outside.
pub(crate) struct Member<'a> {
    shop: &'a Shop,
    pub(crate) store: String,
    token: String,
}

async fn member<'a>(shop: &'a Shop, email: &str, store: String) -> Member<'a> {
    let token = identity::issue(&shop.app, email, "a good password", "test").await;
    let token = token.unwrap().text;
    Member { shop, store, token }
}

pub(crate) async fn owner(shop: &Shop) -> Member<'_> {
    member(shop, "lobby@example.com", shop.store.id.to_string()).await
}

impl Member<'_> {
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/stores/{}{path}", self.store))
            .header("authorization", format!("Bearer {}", self.token));
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let (router, _) = tradepost_api::router(self.shop.app.clone());
        let (parts, body) = router.oneshot(request.unwrap()).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.call(Method::POST, path, None).await
    }

    pub(crate) async fn send(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }
}

async fn a_token_opens_its_stores_alone(shop: Shop) {
    let mut owner = owner(&shop).await;
    assert_eq!(owner.get("/servers").await.data()["totalCount"], 1);
    owner.store = shop.store.short_id.clone();
    assert_eq!(owner.get("/servers").await.data()["totalCount"], 1);
    let other = new_store(&shop.app, "other").await;
    for store in [other.id.to_string(), other.short_id, "nonsense".to_owned()] {
        owner.store = store;
        assert!(owner.get("/servers").await.is_not_found());
    }
    owner.store = shop.store.id.to_string();
    owner.token.push('x');
    assert_eq!(owner.get("/servers").await.failure().0, 401);
    for _ in 0..20 {
        owner.get("/servers").await;
    }
    assert_eq!(owner.get("/servers").await.failure().0, 429);
}

async fn servers_are_made_and_told(shop: Shop) {
    let owner = owner(&shop).await;
    shop.clock.advance(jiff::SignedDuration::from_secs(1));
    let made = owner
        .send("/servers", json!({"name": "Lobby", "address": "l.example"}))
        .await;
    let (id, token) = (made.data()["id"].clone(), made.data()["token"].clone());
    assert_eq!(token.as_str().unwrap().len(), 65);
    let path = format!("/servers/{}", id.as_str().unwrap());
    let found = owner.get(&path).await;
    assert_eq!(
        (&found.data()["name"], &found.data()["status"]),
        (&json!("Lobby"), &json!("Offline"))
    );
    assert!(found.data().get("token").is_none());
    let body = json!({"name": "Hub"});
    let renamed = owner.call(Method::PATCH, &path, Some(body)).await;
    assert_eq!(
        (&renamed.data()["name"], &renamed.data()["address"]),
        (&json!("Hub"), &json!("l.example"))
    );
    let body = json!({"name": "", "address": null});
    let wrong = owner.call(Method::PATCH, &path, Some(body)).await;
    assert_eq!(wrong.failure(), (400, "validation_failed", vec!["address"]));
    let again = owner.post(&format!("{path}/token")).await;
    assert_ne!(again.data()["token"], token);
    shop.connect().await;
    let list = owner.get("/servers?take=1").await;
    let list = list.data();
    assert_eq!(
        (&list["totalCount"], &list["hasMore"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(list["items"][0]["status"], "Online");
    let report = owner.get(&format!("{path}/delivery")).await;
    assert_eq!(report.data()["latency"]["count"], 0);
    assert_eq!(report.data()["server"]["queue"]["pending"], 0);
    let wrong = owner
        .send("/servers", json!({"address": 1, "colour": "red"}))
        .await;
    let expected = (400, "validation_failed", vec!["name", "address", "colour"]);
    assert_eq!(wrong.failure(), expected);
}

async fn commands_are_listed_changed_sent_and_cancelled(shop: Shop) {
    let owner = owner(&shop).await;
    let vip = shop.package("VIP", "9.99").await;
    let order = shop.buys("Steve", vip).await.order.id;
    shop.buys("Alex", vip).await;
    let list = owner
        .get(&format!("/commands?orderId={order}&status=pending,Failed"))
        .await;
    assert_eq!(
        (&list.data()["totalCount"], &list.data()["skip"]),
        (&json!(1), &json!(0))
    );
    let id = list.data()["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/commands/{id}");
    let body = json!({"text": "/say {player}", "requireOnline": true, "requiredSlots": 3,
        "dueAt": "2026-11-20T12:00:00Z"});
    let changed = owner.call(Method::PATCH, &path, Some(body)).await;
    let changed = changed.data();
    assert_eq!(
        (&changed["command"], &changed["requiredSlots"]),
        (&json!("say Steve"), &json!(3))
    );
    assert_eq!(changed["dueAt"], "2026-11-20T12:00:00Z");
    let reason = changed["history"][1]["reason"].as_str().unwrap();
    assert!(reason.starts_with("changed by Owner: "), "{reason}");
    let wrong =
        json!({"text": null, "requiredSlots": "x", "dueAt": "tomorrow", "status": "Failed"});
    let wrong = owner.call(Method::PATCH, &path, Some(wrong)).await;
    let fields = vec!["text", "requiredSlots", "dueAt", "status"];
    assert_eq!(wrong.failure(), (400, "validation_failed", fields));
    assert_eq!(
        owner.post(&format!("{path}/resend")).await.data()["attempts"],
        1
    );
    let queued = owner.post(&format!("{path}/resend")).await;
    assert_eq!(queued.failure().1, "command_queued");
    assert_eq!(queued.status, StatusCode::CONFLICT);
    let cancelled = owner.post(&format!("{path}/cancel")).await;
    assert_eq!(cancelled.data()["status"], "Cancelled");
    let again = owner.post(&format!("{path}/cancel")).await;
    assert_eq!(
        (again.failure().0, again.failure().1),
        (409, "command_over")
    );
    assert_eq!(
        owner.post(&format!("{path}/resend")).await.data()["attempts"],
        2
    );
    let found = owner.get(&path).await;
    assert_eq!(found.data()["history"].as_array().unwrap().len(), 5);
    let newest = owner.get("/commands?take=1").await;
    assert_eq!(newest.data()["hasMore"], true);
    let after = newest.data()["items"][0]["id"].as_str().unwrap().to_owned();
    let rest = owner.get(&format!("/commands?take=1&after={after}")).await;
    assert!(rest.data().get("totalCount").is_none() && rest.data()["hasMore"] == false);
    assert_eq!(rest.data()["items"].as_array().unwrap().len(), 1);
}

async fn commands_are_added_with_every_error_told(shop: Shop) {
    let owner = owner(&shop).await;
    let vip = shop.package("VIP", "9.99").await;
    let order = shop.buys("Steve", vip).await.order.id;
    let path = format!("/orders/{order}/commands");
    let body = json!({"serverId": shop.survival, "text": "/sorry {player}", "delaySeconds": 60});
    let added = owner.send(&path, body).await;
    let added = added.data();
    assert_eq!(
        (&added["command"], &added["type"]),
        (&json!("sorry Steve"), &json!("initial"))
    );
    assert_eq!(
        (&added["origin"], &added["dueAt"]),
        (&json!("staff"), &json!("2026-11-20T10:01:00Z"))
    );
    let wrong = json!({"type": "x", "requiredSlots": -1, "itemId": 5, "price": 1});
    let fields = vec![
        "serverId",
        "text",
        "type",
        "requiredSlots",
        "itemId",
        "price",
    ];
    let answer = owner.send(&path, wrong).await;
    assert_eq!(answer.failure(), (400, "validation_failed", fields));
    let wrong = json!({"serverId": vip, "text": "{x}", "requiredSlots": 99});
    let answer = owner.send(&path, wrong).await;
    let fields = vec!["serverId", "requiredSlots", "text"];
    assert_eq!(answer.failure(), (400, "validation_failed", fields));
}

async fn orders_are_refunded_after_a_look(shop: Shop) {
    let owner = owner(&shop).await;
    let vip = shop.package_with("VIP", "9.99", |package| {
        let mut refund = shop.command("take {username}");
        refund.kind = "refund".to_owned();
        package.commands.push(refund);
    });
    let order = shop.buys("Steve", vip.await).await.order.id;
    let path = format!("/orders/{order}");
    let preview = owner.get(&format!("{path}/refund")).await;
    let expected = json!({
        "takenBack": 1,
        "runs": [{"serverName": "Survival", "count": 1}],
        "endsSubscription": false,
    });
    assert_eq!(*preview.data(), expected);
    assert_eq!(owner.get(&path).await.data()["status"], "Paid");
    let refunded = owner
        .send(&format!("{path}/refund"), json!({"reason": "asked for it"}))
        .await;
    assert_eq!(refunded.data()["status"], "Refunded");
    assert_eq!(refunded.data()["commands"].as_array().unwrap().len(), 2);
    let again = owner.post(&format!("{path}/refund")).await;
    assert_eq!(
        (again.failure().0, again.failure().1),
        (409, "order_not_refundable")
    );
    let preview = owner.get(&format!("{path}/refund")).await;
    assert_eq!(preview.failure().0, 409);
}

async fn redeliveries_go_through_all_their_states(shop: Shop) {
    let owner = owner(&shop).await;
    let vip = shop.package("VIP", "9.99").await;
    for number in 0..3 {
        let details = shop.buys(&format!("Buyer_{number}"), vip).await;
        let path = format!("/commands/{}/cancel", details.commands[0].command.id);
        owner.post(&path).await.data();
    }
    shop.clock.advance(jiff::SignedDuration::from_secs(1));
    let wipe = json!({"kind": "entitlements", "serverId": shop.survival, "packageIds": [vip],
        "from": "2026-11-20T09:00:00Z", "perMinute": 12});
    let preview = owner.send("/redeliveries/preview", wipe.clone()).await;
    let preview = preview.data();
    assert_eq!(
        (&preview["lines"], &preview["players"]),
        (&json!(3), &json!(3))
    );
    let made = owner.send("/redeliveries", wipe.clone()).await;
    assert_eq!(
        (&made.data()["state"], &made.data()["total"]),
        (&json!("running"), &json!(3))
    );
    assert_eq!(made.data()["requestedBy"], "Owner");
    let second = owner
        .post(&format!("/servers/{}/wipe", shop.survival))
        .await;
    assert_eq!(
        (second.failure().0, second.failure().1),
        (409, "redelivery_running")
    );
    shop.wait(0).await;
    let path = format!("/redeliveries/{}", made.data()["id"].as_str().unwrap());
    let paused = owner.post(&format!("{path}/pause")).await;
    assert_eq!(
        (&paused.data()["state"], &paused.data()["seen"]),
        (&json!("paused"), &json!(1))
    );
    assert_eq!(owner.post(&format!("{path}/pause")).await.failure().0, 409);
    assert_eq!(
        owner.post(&format!("{path}/resume")).await.data()["state"],
        "running"
    );
    let cancelled = owner
        .send(&format!("{path}/cancel"), json!({"cancelQueued": true}))
        .await;
    let cancelled = cancelled.data();
    assert_eq!(
        (&cancelled["state"], &cancelled["waiting"]),
        (&json!("cancelled"), &json!(0))
    );
    let door = owner
        .send(
            &format!("/servers/{}/wipe", shop.survival),
            json!({"perMinute": 6000}),
        )
        .await;
    assert_eq!(
        (&door.data()["kind"], &door.data()["total"]),
        (&json!("entitlements"), &json!(3))
    );
    let door = owner
        .send("/commands/resend", json!({"statuses": ["cancelled"]}))
        .await;
    assert_eq!(
        (&door.data()["kind"], &door.data()["total"]),
        (&json!("commands"), &json!(4))
    );
    let list = owner.get("/redeliveries?take=2").await;
    assert_eq!(list.data()["items"].as_array().unwrap().len(), 2);
    let after = list.data()["items"][1]["id"].as_str().unwrap();
    let rest = owner.get(&format!("/redeliveries?after={after}")).await;
    assert_eq!(rest.data()["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest.data()["hasMore"], false);
    let wrong = json!({"kind": "entitlements", "statuses": [], "perMinute": "x", "to": 1});
    let answer = owner.send("/redeliveries", wrong).await;
    assert_eq!(answer.failure().2, ["to", "perMinute", "statuses"]);
    let wrong =
        json!({"kind": "commands", "serverId": vip, "perMinute": 0, "statuses": ["Pending"]});
    let answer = owner.send("/redeliveries", wrong).await;
    assert_eq!(answer.failure().2, ["serverId", "statuses", "perMinute"]);
}

async fn the_calendar_is_told_and_stopped(shop: Shop) {
    let owner = owner(&shop).await;
    let vip = shop.package_with("VIP", "9.99", |package| {
        package.commands[0].delay = "60".to_owned();
        package.timed_days = "1".to_owned();
    });
    let item = shop.buys("Steve", vip.await).await.items[0].id;
    let calendar = owner.get("/calendar").await;
    let items = calendar.data()["items"].as_array().unwrap();
    let kinds: Vec<_> = items
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["command", "expiry"]);
    assert_eq!(
        (&items[1]["itemId"], &items[1]["at"]),
        (&json!(item), &json!("2026-11-21T10:00:00Z"))
    );
    let today = owner.get("/calendar?to=2026-11-20T23:00:00Z").await;
    assert_eq!(today.data()["items"].as_array().unwrap().len(), 1);
    let path = format!("/calendar/expiries/{item}/cancel");
    assert_eq!(*owner.post(&path).await.data(), Value::Null);
    let again = owner.post(&path).await;
    assert_eq!((again.failure().0, again.failure().1), (409, "no_expiry"));
}

async fn global_commands_are_replaced_as_a_whole(shop: Shop) {
    let owner = owner(&shop).await;
    let put = async |body: Value| {
        owner
            .call(Method::PUT, "/global-commands", Some(body))
            .await
    };
    let command = json!({"template": "/broadcast {player}", "type": "initial", "target": "all", "delaySeconds": 5});
    let saved = put(json!({"commands": [command]})).await;
    let saved = &saved.data()["commands"][0];
    assert_eq!(
        (&saved["template"], &saved["delaySeconds"]),
        (&json!("broadcast {player}"), &json!(5))
    );
    let wrong = json!({"commands": [{"template": "", "type": "expiry", "target": "x", "requiredSlots": 99}]});
    let fields = vec![
        "commands[0].template",
        "commands[0].target",
        "commands[0].requiredSlots",
    ];
    assert_eq!(
        put(wrong).await.failure(),
        (400, "validation_failed", fields)
    );
    let wrong = json!({"commands": [{"template": "x", "type": "expiry", "target": "all"}]});
    assert_eq!(put(wrong).await.failure().2, ["commands[0].type"]);
    assert_eq!(
        owner.get("/global-commands").await.data()["commands"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        put(json!({"commands": []})).await.data()["commands"],
        json!([])
    );
}

/// Every endpoint with an id of this shop, and a body that fits.
async fn endpoints(shop: &Shop) -> Vec<(Method, String, Option<Value>)> {
    let vip = shop.package_with("VIP", "9.99", |package| package.timed_days = "1".to_owned());
    let details = shop.buys("Steve", vip.await).await;
    let (order, item) = (details.order.id, details.items[0].id);
    let command = details.commands[0].command.id;
    let new = tradepost_app::redeliveries::NewRedelivery {
        kind: tradepost_app::redeliveries::RedeliveryKind::Commands,
        server: None,
        filter: Default::default(),
        per_minute: 1,
    };
    let redelivery = tradepost_app::redeliveries::start(&shop.app, &shop.actor, new).await;
    let (redelivery, server) = (redelivery.unwrap(), shop.survival);
    let subscription = subscription(shop).await;
    let get = |path: String| (Method::GET, path, None);
    let post = |path: String| (Method::POST, path, None);
    let added = json!({"serverId": server, "text": "x"});
    vec![
        get(format!("/servers/{server}")),
        (Method::PATCH, format!("/servers/{server}"), Some(json!({}))),
        get(format!("/servers/{server}/delivery")),
        post(format!("/servers/{server}/token")),
        post(format!("/servers/{server}/wipe")),
        get(format!("/commands/{command}")),
        (
            Method::PATCH,
            format!("/commands/{command}"),
            Some(json!({})),
        ),
        post(format!("/commands/{command}/resend")),
        post(format!("/commands/{command}/cancel")),
        get(format!("/orders/{order}")),
        get(format!("/orders/{order}/refund")),
        post(format!("/orders/{order}/refund")),
        (
            Method::POST,
            format!("/orders/{order}/commands"),
            Some(added),
        ),
        get(format!("/redeliveries/{redelivery}")),
        post(format!("/redeliveries/{redelivery}/pause")),
        post(format!("/redeliveries/{redelivery}/resume")),
        post(format!("/redeliveries/{redelivery}/cancel")),
        post(format!("/calendar/expiries/{item}/cancel")),
        get(format!("/subscriptions/{subscription}")),
        post(format!("/subscriptions/{subscription}/cancel")),
        post(format!("/subscriptions/{subscription}/resume")),
    ]
}

const _: &[tradepost_db::Stmt] = STATEMENTS;

tradepost_db::statements! {
    MAKE = "UPDATE packages SET kind = 'subscription', billing_interval = 'month', billing_count = 1
        WHERE store_id = $1 AND id = $2";
}

/// A subscription of Alex.
pub(crate) async fn subscription(shop: &Shop) -> SubscriptionId {
    let (store, package) = (shop.store.id, shop.package("Club", "9.99").await);
    shop.app
        .write(async move |tx| {
            tx.exec(MAKE, &tradepost_db::params![store, package])
                .await?;
            Ok(())
        })
        .await
        .unwrap();
    let order = shop.buys("Alex", package).await.order.id;
    let found = tradepost_app::subscriptions::of_order(&shop.app, store, order).await;
    found.unwrap().unwrap().id
}

async fn subscriptions_are_listed_cancelled_and_resumed(shop: Shop) {
    let owner = owner(&shop).await;
    let id = subscription(&shop).await;
    let list = owner.get("/subscriptions?playerUsername=ALEX").await;
    let list = list.data();
    assert_eq!(
        (&list["totalCount"], &list["items"][0]["id"]),
        (&json!(1), &json!(id))
    );
    assert_eq!(
        owner.get("/subscriptions?playerUsername=Bob").await.data()["totalCount"],
        0
    );
    let found = owner.get(&format!("/subscriptions/{id}")).await;
    let found = found.data();
    let told = [
        "status",
        "currency",
        "interval",
        "currentPeriodEnd",
        "nextPaymentAt",
    ];
    let end = "2026-12-20T10:00:00Z";
    assert_eq!(
        told.map(|name| found[name].as_str().unwrap()),
        ["active", "EUR", "month", end, end]
    );
    assert_eq!(found["price"].to_string(), "9.99");
    let cancelled = owner.post(&format!("/subscriptions/{id}/cancel")).await;
    let cancelled = cancelled.data();
    assert_eq!(
        (&cancelled["status"], &cancelled["nextPaymentAt"]),
        (&json!("cancelled"), &Value::Null)
    );
    let again = owner.post(&format!("/subscriptions/{id}/cancel")).await;
    assert_eq!(again.failure(), (409, "subscription_cancelled", Vec::new()));
    let resumed = owner.post(&format!("/subscriptions/{id}/resume")).await;
    assert_eq!(resumed.data()["status"], "active");
}

async fn another_stores_things_do_not_exist(shop: Shop) {
    let other = new_store(&shop.app, "other").await;
    let stranger = member(&shop, "other@example.com", other.id.to_string()).await;
    for (method, path, body) in endpoints(&shop).await {
        let answer = stranger.call(method.clone(), &path, body).await;
        assert!(answer.is_not_found(), "{method} {path}: {}", answer.body);
    }
    for path in ["/commands", "/calendar"] {
        assert_eq!(
            stranger.get(path).await.data()["items"],
            json!([]),
            "{path}"
        );
    }
    let theirs = servers::create(&shop.app, &Actor::operator(other.id), "Theirs", "", "").await;
    let theirs = theirs.unwrap().server.id;
    let owner = owner(&shop).await;
    let filtered = owner.get(&format!("/commands?serverId={theirs}")).await;
    assert_eq!(filtered.data()["items"], json!([]));
}

async fn every_endpoint_asks_for_a_permission(shop: Shop) {
    let nobody = join(&shop, shop.store.id, Permissions::default()).await;
    let mut all = endpoints(&shop).await;
    let put = json!({"commands": []});
    all.extend([
        (Method::GET, "/servers".to_owned(), None),
        (
            Method::POST,
            "/servers".to_owned(),
            Some(json!({"name": "x"})),
        ),
        (Method::GET, "/commands".to_owned(), None),
        (Method::POST, "/commands/resend".to_owned(), None),
        (Method::GET, "/redeliveries".to_owned(), None),
        (
            Method::POST,
            "/redeliveries".to_owned(),
            Some(json!({"kind": "commands"})),
        ),
        (
            Method::POST,
            "/redeliveries/preview".to_owned(),
            Some(json!({"kind": "commands"})),
        ),
        (Method::GET, "/calendar".to_owned(), None),
        (Method::GET, "/global-commands".to_owned(), None),
        (Method::PUT, "/global-commands".to_owned(), Some(put)),
    ]);
    for (method, path, body) in all {
        let answer = nobody.call(method.clone(), &path, body).await;
        let failure = answer.failure();
        assert_eq!(
            (failure.0, failure.1),
            (403, "permission_missing"),
            "{method} {path}"
        );
    }
}

/// A new member with these permissions.
pub(crate) async fn join(shop: &Shop, store: StoreId, permissions: Permissions) -> Member<'_> {
    let email = "mara@example.com";
    let user = identity::add_user(&shop.app, email, "Mara", "a good password").await;
    let (user, now) = (user.unwrap().id, shop.app.now());
    shop.app
        .write(async move |tx| {
            Ok(tradepost_db::users::join(tx, store, user, &permissions, now).await?)
        })
        .await
        .unwrap();
    member(shop, email, store.to_string()).await
}

async fn methods_and_parameters_are_checked(shop: Shop) {
    let owner = owner(&shop).await;
    let wrong = owner.call(Method::DELETE, "/commands", None).await;
    assert_eq!(
        (wrong.failure().0, wrong.failure().1),
        (405, "method_not_allowed")
    );
    assert_eq!(wrong.headers["allow"], "GET,HEAD");
    assert!(owner.get("/nowhere").await.is_not_found());
    assert!(owner.get("/commands/nonsense").await.is_not_found());
    let wrong = owner
        .get("/commands?status=x&serverId=y&orderId=z&type=w&from=v&to=u&after=t&skip=s&take=101&colour=red")
        .await;
    let fields = vec![
        "status", "serverId", "type", "orderId", "from", "to", "after", "skip", "take", "colour",
    ];
    assert_eq!(wrong.failure(), (400, "validation_failed", fields));
    let request = Request::post(format!("/api/stores/{}/redeliveries", owner.store))
        .header("authorization", format!("Bearer {}", owner.token))
        .header("content-type", "text/plain")
        .body(Body::from("{}"));
    let (router, _) = tradepost_api::router(shop.app.clone());
    assert_eq!(
        router.oneshot(request.unwrap()).await.unwrap().status(),
        415
    );
}

async fn requests_are_counted_per_member(shop: Shop) {
    let owner = owner(&shop).await;
    for _ in 0..120 {
        assert_eq!(owner.get("/global-commands").await.status, StatusCode::OK);
    }
    let over = owner.get("/global-commands").await;
    assert_eq!((over.failure().0, over.failure().1), (429, "rate_limited"));
    assert_eq!(over.headers["retry-after"], "60");
    shop.clock.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(owner.get("/global-commands").await.status, StatusCode::OK);
}
