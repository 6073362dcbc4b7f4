//! `/bans`

use serde_json::{Value, json};

use crate::client::Client;
use crate::shop::{Shop, code, on_both_engines};

on_both_engines!(
    a_player_is_banned_and_pardoned,
    addresses_are_banned,
    a_ban_is_of_a_player_or_of_addresses,
    bans_keep_to_the_rules_of_all_resources,
    bans_are_listed_newest_first,
);

async fn a_player_is_banned_and_pardoned(shop: Shop) {
    let client = Client::of(&shop);
    let vip = shop.package("VIP", "9.99").await;
    let body = json!({"playerUsername": "Griefer123", "playerUuid": "069a79f4-44e9-4726-a5be-fca90e38aaf5",
        "reason": "Chargeback fraud", "expiresAt": "2026-12-01T00:00:00Z"});
    let made = client.post("/bans", body).await;
    let expected = json!({
        "id": made.id(), "playerUsername": "Griefer123",
        "playerUuid": "069a79f4-44e9-4726-a5be-fca90e38aaf5", "ipAddress": null,
        "reason": "Chargeback fraud", "expiresAt": "2026-12-01T00:00:00Z", "isActive": true,
        "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:00Z",
    });
    assert_eq!(made.data(), &expected);
    let refused = shop.session("griefer123", vip).await;
    assert_eq!(code(refused), "banned");
    let one = format!("/bans/{}", made.id());
    assert_eq!(client.get(&one).await.data(), &expected);
    shop.clock.advance(jiff::SignedDuration::from_secs(5));
    let change = json!({"isActive": false, "reason": null, "expiresAt": null});
    let changed = client.patch(&one, change).await;
    let mut after = expected;
    (after["isActive"], after["reason"], after["expiresAt"]) =
        (json!(false), Value::Null, Value::Null);
    after["updatedAt"] = json!("2026-11-20T10:00:05Z");
    assert_eq!(changed.data(), &after);
    shop.session("griefer123", vip).await.unwrap();
    let moved = client.patch(
        &one,
        json!({"playerUsername": "Steve", "ipAddress": null, "isActive": null}),
    );
    let whom = "cannot be changed: delete this ban and make another";
    let expected = [
        format!("playerUsername: {whom}"),
        format!("ipAddress: {whom}"),
        "isActive: cannot be null".to_owned(),
    ];
    assert_eq!(moved.await.errors(), expected);
    assert_eq!(client.delete(&one).await.data(), &Value::Null);
    assert_eq!(client.get(&one).await.code(), (404, "not_found"));
}

async fn addresses_are_banned(shop: Shop) {
    let client = Client::of(&shop);
    for (given, kept) in [
        ("192.168.1.100", "192.168.1.100"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("2001:DB8::/32", "2001:db8::/32"),
    ] {
        let made = client
            .post("/bans", json!({"ipAddress": given, "reason": "Abuse"}))
            .await;
        let banned = (&made.data()["ipAddress"], &made.data()["playerUsername"]);
        assert_eq!(banned, (&json!(kept), &Value::Null));
    }
    // Nobody is told an address.
    let events = client.get("/events").await;
    assert_eq!(events.data()["items"][0]["event"], "ban.created");
    assert!(!events.text.contains("192.168"), "{}", events.text);
}

async fn a_ban_is_of_a_player_or_of_addresses(shop: Shop) {
    let client = Client::of(&shop);
    let fields = async |body: Value| {
        let answer = client.post("/bans", body).await;
        assert_eq!(answer.code(), (400, "validation_failed"));
        let fields = answer
            .errors()
            .into_iter()
            .map(|it| it.split(':').next().unwrap().to_owned());
        fields.collect::<Vec<_>>()
    };
    let whom = ["playerUsername", "ipAddress"];
    assert_eq!(fields(json!({})).await, whom);
    assert_eq!(
        fields(json!({"playerUsername": null, "reason": "x"})).await,
        whom
    );
    assert_eq!(
        fields(json!({"playerUsername": "Steve", "ipAddress": "10.0.0.1"})).await,
        whom
    );
    assert_eq!(
        fields(json!({"playerUuid": uuid::Uuid::nil()})).await,
        ["playerUsername"]
    );
    let body = json!({"playerUsername": "a", "playerUuid": "x", "reason": "x".repeat(501),
        "expiresAt": "2026-11-20T10:00:00Z", "isActive": 1, "colour": "red"});
    let mut all = fields(body).await;
    all.sort_unstable();
    let expected = [
        "colour",
        "expiresAt",
        "isActive",
        "playerUsername",
        "playerUuid",
        "reason",
    ];
    assert_eq!(all, expected);
    for address in ["10.0.0.256", "10.0.0.0/33", "::1/129", "example.com", ""] {
        assert_eq!(
            fields(json!({"ipAddress": address})).await,
            ["ipAddress"],
            "{address}"
        );
    }
    assert_eq!(client.get("/bans").await.data()["totalCount"], 0);
}

async fn bans_keep_to_the_rules_of_all_resources(shop: Shop) {
    let client = Client::of(&shop);
    let change = json!({"reason": "Fraud"});
    client
        .keeps_to_the_rules(
            "/bans",
            json!({"playerUsername": "griefer"}),
            change.clone(),
        )
        .await;
    let id = client.get("/bans").await.all("id")[0].to_owned();
    let stranger = Client::of_another_store(&shop, "USD").await;
    stranger.does_not_see(&format!("/bans/{id}"), change).await;
}

async fn bans_are_listed_newest_first(shop: Shop) {
    let client = Client::of(&shop);
    for name in ["One11", "Two22", "Three"] {
        client
            .post("/bans", json!({"playerUsername": name}))
            .await
            .data();
        shop.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    let all = client.get("/bans").await;
    assert_eq!(all.all("playerUsername"), ["Three", "Two22", "One11"]);
    let first = client.get("/bans?take=1").await;
    assert_eq!(
        (&first.data()["totalCount"], &first.data()["take"]),
        (&json!(3), &json!(1))
    );
    let after = client
        .get(&format!("/bans?after={}&take=1", all.all("id")[0]))
        .await;
    assert_eq!(after.all("playerUsername"), ["Two22"]);
    assert_eq!(after.data()["hasMore"], true);
}
