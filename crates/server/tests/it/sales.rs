//! `/sales`

use serde_json::json;
use uuid::Uuid;

use crate::client::Client;
use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    a_sale_is_made_read_changed_and_removed,
    every_field_that_fails_is_told,
    what_a_sale_is_for_must_exist_in_its_store,
    sales_keep_to_the_rules_of_all_resources,
    sales_are_listed_newest_first,
);

async fn a_sale_is_made_read_changed_and_removed(shop: Shop) {
    let client = Client::of(&shop);
    let made = client
        .post(
            "/sales",
            r#"{"name": " Summer Sale ", "discountPercentage": 12.50}"#,
        )
        .await;
    let expected = json!({
        "id": made.id(), "name": "Summer Sale", "discountPercentage": 12.5,
        "applicationScope": "store", "categoryIds": [], "packageIds": [], "isEnabled": true,
        "startDate": "2026-11-20T10:00:00Z", "endDate": null,
        "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:00Z",
    });
    assert_eq!(made.data(), &expected);
    assert!(made.text.contains(r#""discountPercentage":12.5,"#));
    let names =
        |it: &serde_json::Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(made.data()), names(&expected));

    let one = format!("/sales/{}", made.id());
    shop.clock.advance(jiff::SignedDuration::from_secs(5));
    let body = json!({"endDate": "2026-12-24T18:00:00+01:00", "isEnabled": false});
    let changed = client.patch(&one, body).await;
    let mut after = expected;
    after["endDate"] = json!("2026-12-24T17:00:00Z");
    after["isEnabled"] = json!(false);
    after["updatedAt"] = json!("2026-11-20T10:00:05Z");
    assert_eq!(changed.data(), &after);
    // Null is now for a beginning, and never for an end.
    let cleared = client
        .patch(&one, json!({"startDate": null, "endDate": null}))
        .await;
    assert_eq!(cleared.data()["startDate"], "2026-11-20T10:00:05Z");
    assert_eq!(cleared.data()["endDate"], json!(null));
    let refused = client
        .patch(&one, json!({"name": null, "discountPercentage": null, "isEnabled": null, "packageIds": null}))
        .await;
    assert_eq!(
        refused.errors(),
        [
            "name: cannot be null",
            "discountPercentage: cannot be null",
            "packageIds: cannot be null",
            "isEnabled: cannot be null",
        ]
    );
    assert_eq!(client.delete(&one).await.data(), &json!(null));
    assert_eq!(client.get(&one).await.code(), (404, "not_found"));
}

async fn every_field_that_fails_is_told(shop: Shop) {
    let client = Client::of(&shop);
    let body = json!({
        "name": "a\u{7}b", "discountPercentage": 100.5, "applicationScope": "everything",
        "isEnabled": 1, "startDate": "2026-12-01T00:00:00Z", "endDate": "2026-12-01T00:00:00Z",
        "colour": "red",
    });
    let answer = client.post("/sales", body).await;
    assert_eq!(answer.code(), (400, "validation_failed"));
    assert_eq!(
        answer.errors(),
        [
            "name: must not contain control or text-direction characters",
            "discountPercentage: must be a number from 0 to 100 with at most two decimals, such as 12.5",
            "applicationScope: must be one of store, category, package",
            "isEnabled: must be true or false",
            "colour: is not a known member",
            "endDate: must be after startDate",
        ]
    );
    let missing = client.post("/sales", "{}").await;
    assert_eq!(
        missing.errors(),
        ["name: is required", "discountPercentage: is required"]
    );
    for bad in ["1e1", "\"10\"", "-1", "12.345", "100.01", "1.", "true"] {
        let body = format!(r#"{{"name": "a", "discountPercentage": {bad}}}"#);
        assert_eq!(client.post("/sales", body).await.status, 400, "{bad}");
    }
    for (fine, written) in [
        ("0", "0"),
        ("100.00", "100"),
        ("0.05", "0.05"),
        ("33.30", "33.3"),
    ] {
        let body = format!(r#"{{"name": "a", "discountPercentage": {fine}}}"#);
        let made = client.post("/sales", body).await;
        let part = format!(r#""discountPercentage":{written},"#);
        assert!(made.text.contains(&part), "{}", made.text);
    }
}

async fn what_a_sale_is_for_must_exist_in_its_store(shop: Shop) {
    let (client, other) = (
        Client::of(&shop),
        Client::of_another_store(&shop, "USD").await,
    );
    let package = shop.package("VIP", "9.99").await.to_string();
    let category = client
        .post("/categories", json!({"name": "Ranks"}))
        .await
        .id();
    let for_package = json!({"name": "a", "discountPercentage": 10, "applicationScope": "package",
        "packageIds": [package]});
    let made = client.post("/sales", &for_package).await;
    assert_eq!(made.data()["packageIds"], json!([package]));
    let wider = json!({"applicationScope": "category", "categoryIds": [category]});
    let one = format!("/sales/{}", made.id());
    let changed = client.patch(&one, wider).await;
    let data = changed.data();
    assert_eq!(
        (&data["packageIds"], &data["categoryIds"]),
        (&json!([]), &json!([category]))
    );

    let theirs = other.post("/sales", &for_package).await;
    assert_eq!(theirs.errors(), ["packageIds[0]: does not exist"]);
    let nil = Uuid::nil();
    let unknown = json!({"applicationScope": "category", "categoryIds": [category, nil]});
    assert_eq!(
        client.patch(&one, unknown).await.errors(),
        ["categoryIds[1]: does not exist"]
    );
    let twice = json!({"categoryIds": [category, category]});
    assert_eq!(
        client.patch(&one, twice).await.errors(),
        ["categoryIds[1]: is there twice"]
    );
    let none = client
        .patch(&one, json!({"applicationScope": "package"}))
        .await;
    assert_eq!(
        none.errors(),
        ["packageIds: needs at least one package with this scope"]
    );
    other.does_not_see(&one, json!({"name": "Mine"})).await;
    assert_eq!(client.get(&one).await.data()["name"], "a");
}

async fn sales_keep_to_the_rules_of_all_resources(shop: Shop) {
    let new = json!({"name": "Summer", "discountPercentage": 30});
    Client::of(&shop)
        .keeps_to_the_rules("/sales", new, json!({"name": "Winter"}))
        .await;
}

async fn sales_are_listed_newest_first(shop: Shop) {
    let client = Client::of(&shop);
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        shop.clock.advance(jiff::SignedDuration::from_secs(1));
        let body = json!({"name": name, "discountPercentage": 1});
        ids.push(client.post("/sales", body).await.id());
    }
    let all = client.get("/sales").await;
    assert_eq!(all.all("name"), ["c", "b", "a"]);
    assert_eq!(
        (&all.data()["totalCount"], &all.data()["take"]),
        (&json!(3), &json!(20))
    );
    assert_eq!(client.get("/sales?skip=1&take=1").await.all("name"), ["b"]);
    let after = client.get(&format!("/sales?after={}", ids[2])).await;
    assert_eq!(
        (after.all("name"), &after.data()["hasMore"]),
        (vec!["b", "a"], &json!(false))
    );
    assert_eq!(client.get("/sales?take=101").await.status, 400);
}
