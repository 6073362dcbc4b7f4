//! `/coupons`

use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::Client;
use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    a_coupon_is_made_read_changed_and_removed,
    absent_null_and_value_are_three_things,
    every_field_that_fails_is_told,
    values_are_exact_in_every_currency,
    what_a_coupon_is_for_must_exist_in_its_store,
    of_fifty_with_one_code_one_is_made,
    a_code_is_one_coupons_whatever_its_case,
    coupons_are_found_by_code_and_status,
    coupons_keep_to_the_rules_of_all_resources,
);

const PATH: &str = "/coupons";

fn ten(code: &str) -> Value {
    json!({"code": code, "discountType": "percentage", "discountValue": 10})
}

async fn a_coupon_is_made_read_changed_and_removed(shop: Shop) {
    let client = Client::of(&shop);
    let body = json!({
        "code": "SUMMER25", "discountType": "percentage", "discountValue": 25,
        "applicationScope": "packages", "packageScope": "all", "maxUses": 100, "maxUsesPerUser": 1,
        "validFrom": "2026-06-01T00:00:00Z", "validUntil": "2027-09-01T00:00:00Z", "isActive": true,
    });
    let made = client.post(PATH, body).await;
    let expected = json!({
        "id": made.id(), "code": "SUMMER25", "discountType": "percentage", "discountValue": 25,
        "applicationScope": "packages", "packageScope": "all", "packageIds": [], "categoryIds": [],
        "maxUses": 100, "maxUsesPerUser": 1, "uses": 0, "validFrom": "2026-06-01T00:00:00Z",
        "validUntil": "2027-09-01T00:00:00Z", "isActive": true, "overrideSales": false,
        "minimumPurchaseAmount": null, "maximumDiscountAmount": null,
        "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:00Z",
    });
    assert_eq!(made.data(), &expected);
    let names = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(made.data()), names(&expected));

    let one = format!("{PATH}/{}", made.id());
    shop.clock.advance(jiff::SignedDuration::from_secs(5));
    let body = json!({"discountValue": 30, "maxUses": 200, "isActive": false});
    let changed = client.patch(&one, body).await;
    let mut after = expected;
    for (name, value) in [
        ("discountValue", json!(30)),
        ("maxUses", json!(200)),
        ("isActive", json!(false)),
    ] {
        after[name] = value;
    }
    after["updatedAt"] = json!("2026-11-20T10:00:05Z");
    assert_eq!(changed.data(), &after);
    assert_eq!(client.delete(&one).await.data(), &json!(null));
    assert_eq!(client.get(&one).await.code(), (404, "not_found"));
    assert_eq!(client.delete(&one).await.status, 404);
}

async fn absent_null_and_value_are_three_things(shop: Shop) {
    let client = Client::of(&shop);
    let mut new = ten("A");
    new["maxUses"] = json!(5);
    new["minimumPurchaseAmount"] = json!(10.5);
    new["maximumDiscountAmount"] = json!(50);
    new["validUntil"] = json!("2027-01-01T00:00:00Z");
    let one = format!("{PATH}/{}", client.post(PATH, new).await.id());
    let same = client.patch(&one, json!({"overrideSales": true})).await;
    assert!(
        same.text
            .contains(r#""minimumPurchaseAmount":10.50,"maximumDiscountAmount":50.00"#)
    );
    assert_eq!(
        (&same.data()["maxUses"], &same.data()["overrideSales"]),
        (&json!(5), &json!(true))
    );
    let nullable = [
        "maxUses",
        "maxUsesPerUser",
        "minimumPurchaseAmount",
        "maximumDiscountAmount",
        "validFrom",
        "validUntil",
    ];
    let nulls: serde_json::Map<_, _> = nullable
        .map(|name| (name.to_owned(), Value::Null))
        .into_iter()
        .collect();
    let cleared = client.patch(&one, Value::Object(nulls)).await;
    for name in nullable {
        assert_eq!(cleared.data()[name], Value::Null, "{name}");
    }
    let others = [
        "code",
        "discountType",
        "discountValue",
        "applicationScope",
        "packageIds",
        "categoryIds",
        "isActive",
        "overrideSales",
    ];
    let nulls: serde_json::Map<_, _> = others
        .map(|name| (name.to_owned(), Value::Null))
        .into_iter()
        .collect();
    let refused = client.patch(&one, Value::Object(nulls)).await;
    assert_eq!(
        refused.errors(),
        others.map(|name| format!("{name}: cannot be null"))
    );
    // What is told can be sent again.
    let mut told = client.get(&one).await.data().clone();
    for name in ["id", "uses", "createdAt", "updatedAt"] {
        told.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(client.patch(&one, told).await.status, 200);
}

async fn every_field_that_fails_is_told(shop: Shop) {
    let client = Client::of(&shop);
    let body = json!({
        "code": "no spaces", "discountType": "percentage", "discountValue": 100.5,
        "applicationScope": "package", "packageIds": ["x"], "maxUses": 0, "maxUsesPerUser": 1.5,
        "validFrom": "2026-06-02T00:00:00Z", "validUntil": "2026-06-01T00:00:00Z", "isActive": "yes",
        "minimumPurchaseAmount": -1, "maximumDiscountAmount": 0, "uses": 1, "colour": "red",
    });
    let answer = client.post(PATH, body).await;
    assert_eq!(answer.code(), (400, "validation_failed"));
    assert_eq!(
        answer.errors(),
        [
            "uses: is not set: it is counted",
            "applicationScope: must be one of packages, categories, store",
            "packageIds[0]: must be an id such as 01931f3c-5a00-7000-8000-000000000001",
            "maxUses: must be a whole number from 1 to 1000000000",
            "maxUsesPerUser: must be a whole number from 1 to 1000000000",
            "isActive: must be true or false",
            "minimumPurchaseAmount: must be a number such as 9.99",
            "colour: is not a known member",
            "code: must have 1 to 64 characters: letters, digits, hyphens and underscores",
            "discountValue: must be from 0 to 100",
            "validUntil: must be after validFrom",
            "maximumDiscountAmount: must be more than 0, or null for no maximum",
        ]
    );
    let missing = client.post(PATH, "{}").await;
    let expected = ["code", "discountType", "discountValue"];
    assert_eq!(
        missing.errors(),
        expected.map(|name| format!("{name}: is required"))
    );
    let mut scoped = ten("A");
    scoped["applicationScope"] = json!("packages");
    assert_eq!(
        client.post(PATH, &scoped).await.errors(),
        ["packageScope: is needed with the applicationScope packages: all or specific"]
    );
    scoped["packageScope"] = json!("specific");
    let none = client.post(PATH, &scoped).await;
    assert_eq!(
        none.errors(),
        ["packageIds: needs at least one package with this scope"]
    );
    for bad in ["", "a b", "ä", "a\u{0}", &"x".repeat(65)] {
        assert_eq!(client.post(PATH, ten(bad)).await.status, 400, "{bad:?}");
    }
    assert_eq!(client.get(PATH).await.data()["totalCount"], 0);
}

async fn values_are_exact_in_every_currency(shop: Shop) {
    let (euros, yen) = (
        Client::of(&shop),
        Client::of_another_store(&shop, "JPY").await,
    );
    let new = |code: &str, kind: &str, value: &str| {
        format!(r#"{{"code": "{code}", "discountType": "{kind}", "discountValue": {value}}}"#)
    };
    for (place, (kind, sent, written)) in [
        ("fixed", "9.9", "9.90"),
        ("fixed", "0.10", "0.10"),
        ("fixed", "123456.78", "123456.78"),
        ("percentage", "12.50", "12.5"),
        ("percentage", "100", "100"),
    ]
    .into_iter()
    .enumerate()
    {
        let made = euros
            .post(PATH, new(&format!("C{place}"), kind, sent))
            .await;
        let part = format!(r#""discountValue":{written},"#);
        assert!(made.text.contains(&part), "{}", made.text);
    }
    let made = yen.post(PATH, new("Y", "fixed", "990")).await;
    assert!(
        made.text.contains(r#""discountValue":990,"#),
        "{}",
        made.text
    );
    for (client, kind, bad) in [
        (&euros, "fixed", "9.999"),
        (&euros, "fixed", "1e2"),
        (&euros, "fixed", "\"9.99\""),
        (&euros, "percentage", "\"10\""),
        (&euros, "percentage", "100.01"),
        (&euros, "percentage", "1.234"),
        (&yen, "fixed", "9.5"),
    ] {
        let answer = client.post(PATH, new("BAD", kind, bad)).await;
        assert_eq!(answer.status, 400, "{kind} {bad}");
        assert!(
            answer.errors()[0].starts_with("discountValue: "),
            "{}",
            answer.text
        );
    }
    // What a value means changes with its type alone.
    let one = format!("{PATH}/{}", made.id());
    let alone = yen.patch(&one, json!({"discountType": "percentage"})).await;
    assert_eq!(
        alone.errors(),
        ["discountValue: must be given with another discountType"]
    );
    let both = yen
        .patch(
            &one,
            json!({"discountType": "percentage", "discountValue": 5}),
        )
        .await;
    assert_eq!(both.data()["discountValue"], 5);
}

async fn what_a_coupon_is_for_must_exist_in_its_store(shop: Shop) {
    let (client, other) = (
        Client::of(&shop),
        Client::of_another_store(&shop, "USD").await,
    );
    let package = shop.package("VIP", "9.99").await.to_string();
    let mut new = ten("VIPS");
    new["applicationScope"] = json!("packages");
    new["packageScope"] = json!("specific");
    new["packageIds"] = json!([package]);
    let made = client.post(PATH, &new).await;
    assert_eq!(made.data()["packageIds"], json!([package]));
    assert_eq!(
        other.post(PATH, &new).await.errors(),
        ["packageIds[0]: does not exist"]
    );
    let one = format!("{PATH}/{}", made.id());
    let unknown = json!({"applicationScope": "categories", "packageScope": null, "categoryIds": [Uuid::nil()]});
    assert_eq!(
        client.patch(&one, unknown).await.errors(),
        ["categoryIds[0]: does not exist"]
    );
    other.does_not_see(&one, json!({"isActive": false})).await;
    assert_eq!(client.get(&one).await.data()["isActive"], true);
    // A package that is gone does not stand in the way of another change.
    assert_eq!(
        client.delete(&format!("/packages/{package}")).await.status,
        200
    );
    assert_eq!(client.patch(&one, json!({"maxUses": 3})).await.status, 200);
}

async fn of_fifty_with_one_code_one_is_made(shop: Shop) {
    let client = Client::of(&shop);
    let mut twins = tokio::task::JoinSet::new();
    for number in 0..50 {
        let client = client.clone();
        let code = if number % 2 == 0 {
            "WELCOME"
        } else {
            "welcome"
        };
        twins.spawn(async move { client.post(PATH, ten(code)).await });
    }
    let answers = twins.join_all().await;
    let made = answers.iter().filter(|it| it.status == 200).count();
    let taken = answers
        .iter()
        .filter(|it| it.code() == (409, "code_taken"))
        .count();
    assert_eq!((made, taken), (1, 49));
    assert_eq!(client.get(PATH).await.data()["totalCount"], 1);
}

async fn a_code_is_one_coupons_whatever_its_case(shop: Shop) {
    let client = Client::of(&shop);
    client.post(PATH, ten("Welcome")).await;
    let one = format!("{PATH}/{}", client.post(PATH, ten("OTHER")).await.id());
    let taken = client.patch(&one, json!({"code": "WELCOME"})).await;
    assert_eq!(taken.code(), (409, "code_taken"));
    assert!(
        taken.body["message"]
            .as_str()
            .unwrap()
            .starts_with("code: ")
    );
    // What cannot be read is told first: there is no use in another code with it.
    let both = client
        .patch(&one, json!({"code": "WELCOME", "maxUses": -1}))
        .await;
    assert_eq!(both.status, 400);
    assert!(
        both.errors()[0].starts_with("maxUses: "),
        "{:?}",
        both.errors()
    );
    // Another case of its own code is no collision, and neither is another store's.
    assert_eq!(
        client.patch(&one, json!({"code": "other"})).await.data()["code"],
        "other"
    );
    let stranger = Client::of_another_store(&shop, "USD").await;
    assert_eq!(stranger.post(PATH, ten("WELCOME")).await.status, 200);
}

async fn coupons_are_found_by_code_and_status(shop: Shop) {
    let client = Client::of(&shop);
    let mut ids = Vec::new();
    for (code, member, value) in [
        ("SUMMER_on", "isActive", json!(true)),
        ("SUMMER_off", "isActive", json!(false)),
        ("SUMMER_old", "validUntil", json!("2026-01-01T00:00:00Z")),
        ("later", "validFrom", json!("2027-01-01T00:00:00Z")),
    ] {
        shop.clock.advance(jiff::SignedDuration::from_secs(1));
        let mut new = ten(code);
        new[member] = value;
        ids.push(client.post(PATH, new).await.id());
    }
    let codes = async |query: &str| {
        let list = client.get(&format!("{PATH}?{query}")).await;
        list.all("code").join(" ")
    };
    assert_eq!(codes("").await, "later SUMMER_old SUMMER_off SUMMER_on");
    assert_eq!(
        codes("search=summer").await,
        "SUMMER_old SUMMER_off SUMMER_on"
    );
    assert_eq!(codes("search=R_O&take=1&skip=1").await, "SUMMER_off");
    // What a code cannot hold, or a pattern would mean, finds nothing.
    assert_eq!(codes("search=%25").await, "");
    assert_eq!(codes("status=active").await, "SUMMER_on");
    assert_eq!(codes("status=Inactive").await, "SUMMER_off");
    assert_eq!(codes("status=expired").await, "SUMMER_old");
    assert_eq!(codes("status=scheduled").await, "later");
    assert_eq!(codes("status=exhausted").await, "");
    assert_eq!(codes("status=active&search=off").await, "");
    assert_eq!(
        codes(&format!("after={}&take=2", ids[3])).await,
        "SUMMER_old SUMMER_off"
    );
    let list = client.get(&format!("{PATH}?search=summer&take=1")).await;
    assert_eq!(list.data()["totalCount"], 3);
    let bad = client
        .get(&format!("{PATH}?status=lost&take=101&sort=x"))
        .await;
    assert_eq!(
        bad.errors(),
        [
            "take: must be a whole number from 1 to 100",
            "status: must be one of active, inactive, expired, exhausted, scheduled",
            "sort: is not a known parameter",
        ]
    );
}

async fn coupons_keep_to_the_rules_of_all_resources(shop: Shop) {
    Client::of(&shop)
        .keeps_to_the_rules(PATH, ten("A"), json!({"maxUses": 7}))
        .await;
}
