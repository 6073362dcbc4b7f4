//! `/events`: the feed for a receiver that was away.

use serde_json::{Value, json};
use tradepost_model::permissions::{Access, Area, Permissions};

use crate::client::Client;
use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    whoever_remembers_the_last_number_misses_nothing,
    what_a_key_may_not_view_is_left_out,
    parameters_of_the_feed_are_checked,
    another_stores_events_are_not_told,
);

async fn whoever_remembers_the_last_number_misses_nothing(shop: Shop) {
    let client = Client::of(&shop);
    let empty = client.get("/events").await;
    assert_eq!(*empty.data(), json!({"items": [], "last": 0, "take": 100}));
    let vip = shop.package("VIP", "9.90").await;
    let order = shop.buys("Steve", vip).await.order.id;
    let first = client.get("/events?take=1").await;
    let created = &first.data()["items"][0];
    assert_eq!(
        (&created["seq"], &created["event"]),
        (&json!(1), &json!("order.created"))
    );
    assert_eq!(created["createdAt"], "2026-11-20T10:00:00Z");
    let id = created["id"].as_str().unwrap();
    assert!(id.starts_with("evt_") && id.len() == 36, "{id}");
    assert_eq!(
        (&first.data()["last"], &first.data()["take"]),
        (&json!(1), &json!(1))
    );
    let rest = client.get("/events?after=1").await;
    let completed = &rest.data()["items"][0];
    assert_eq!(
        (&completed["seq"], &completed["event"]),
        (&json!(2), &json!("order.completed"))
    );
    let data = &completed["data"];
    assert_eq!(
        (&data["order_id"], &data["gateway"]),
        (&json!(order), &json!("test"))
    );
    // An amount is a number, with its currency's decimals.
    assert!(
        rest.text.contains(r#""total_amount":9.90"#),
        "{}",
        rest.text
    );
    assert!(rest.text.contains(r#""price":9.90"#), "{}", rest.text);
    let last = rest.data()["last"].as_i64().unwrap();
    let none = client.get(&format!("/events?after={last}")).await;
    assert_eq!(
        *none.data(),
        json!({"items": [], "last": last, "take": 100})
    );
    client
        .post("/bans", json!({"playerUsername": "griefer"}))
        .await
        .data();
    let new = client.get(&format!("/events?after={last}")).await;
    let names: Vec<_> = new.data()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["event"])
        .collect();
    assert_eq!(names, ["ban.created"]);
    assert_eq!(new.data()["items"][0]["seq"], last + 1);
}

async fn parameters_of_the_feed_are_checked(shop: Shop) {
    let client = Client::of(&shop);
    let wrong = client.get("/events?after=-1&take=1001&skip=1").await;
    let expected = [
        "after: must be a whole number from 0 to 9007199254740991",
        "take: must be a whole number from 1 to 1000",
        "skip: is not a known parameter",
    ];
    assert_eq!(wrong.errors(), expected);
    assert_eq!(
        client
            .get("/events?take=1000&after=9007199254740991")
            .await
            .status,
        200
    );
}

async fn another_stores_events_are_not_told(shop: Shop) {
    let stranger = Client::of_another_store(&shop, "USD").await;
    stranger
        .post("/bans", json!({"playerUsername": "griefer"}))
        .await
        .data();
    assert_eq!(
        Client::of(&shop).get("/events").await.data()["items"],
        Value::Array(Vec::new())
    );
    assert_eq!(stranger.get("/events").await.data()["items"][0]["seq"], 1);
}

async fn what_a_key_may_not_view_is_left_out(shop: Shop) {
    let all = Client::of(&shop);
    all.post("/gift-cards", json!({"amount": 25})).await.data();
    let ban = json!({"playerUsername": "Griefer", "reason": "for the team alone"});
    all.post("/bans", ban).await.data();
    let vip = shop.package("VIP", "9.99").await;
    let order = json!({"playerUsername": "Steve", "items": [{"packageId": vip}]});
    all.post("/orders", order).await.data();
    let mut permissions = Permissions::default();
    permissions.grant(Area::Orders, Access::View);
    let orders_alone = Client::with(&shop, &shop.actor, permissions).await;
    let told = orders_alone.get("/events").await;
    assert_eq!(told.all("event"), ["order.completed"]);
    let every = all.get("/events").await;
    assert_eq!(every.data()["items"].as_array().unwrap().len(), 3);
    assert_eq!(
        told.data()["last"],
        every.data()["last"],
        "nobody asks for them again"
    );
}
