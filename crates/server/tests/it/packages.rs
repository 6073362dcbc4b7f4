//! `/packages`

use serde_json::{Map, Value, json};
use tradepost_model::permissions::{Access, Area, Permissions};
use uuid::Uuid;

use crate::client::Client;
use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    a_package_is_made_read_changed_and_archived,
    every_part_is_told_as_it_was_given,
    absent_null_and_value_are_three_things,
    every_field_that_fails_is_told,
    amounts_are_exact_in_every_currency,
    a_package_costs_less_in_the_best_sale,
    the_pricing_shape_is_fixed_once_somebody_has_bought,
    what_is_left_is_told,
    pictures_are_whole_addresses,
    what_a_package_names_must_exist_in_its_store,
    packages_keep_to_the_rules_of_all_resources,
    packages_are_listed_by_place_and_name,
    permissions_are_asked_for_first,
);

const PATH: &str = "/packages";

fn named(name: &str) -> Value {
    json!({"name": name, "price": 9.99})
}

async fn a_package_is_made_read_changed_and_archived(shop: Shop) {
    let client = Client::of(&shop);
    let category = client
        .post("/categories", json!({"name": "Ranks"}))
        .await
        .id();
    let body = json!({
        "name": " VIP Rank ", "description": "<p>Perks</p><script>alert(1)</script>",
        "price": 9.99, "isActive": true, "sortOrder": 3, "categoryId": category,
        "serverIds": [shop.survival.to_string()],
    });
    let made = client.post(PATH, body).await;
    let expected = json!({
        "id": made.id(), "name": "VIP Rank", "description": "<p>Perks</p>", "price": 9.99,
        "salePrice": null, "imageUrl": null, "isActive": true, "sortOrder": 3,
        "categoryId": category, "categoryName": "Ranks", "allowCustomPrice": false,
        "globalLimit": null, "perUserLimit": null, "isCumulative": false, "isTiered": false,
        "isSubscription": false, "serverIds": [shop.survival.to_string()],
        "slug": "vip-rank", "type": "oneTime", "commands": [], "subscription": null, "timed": null,
        "customPrice": null, "tiers": [], "requiredPackageIds": [], "requireAny": false,
        "userServerSelectionEnabled": false, "limitPeriod": null, "visibleFrom": null,
        "visibleUntil": null, "inputs": [], "metadata": {}, "stockRemaining": null,
        "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:00Z",
    });
    assert_eq!(made.data(), &expected);
    let names = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(made.data()), names(&expected));

    let one = format!("{PATH}/{}", made.id());
    assert_eq!(client.get(&one).await.text, made.text);
    shop.clock.advance(jiff::SignedDuration::from_secs(5));
    let changed = client
        .patch(&one, json!({"price": 14.99, "isActive": false}))
        .await;
    let mut after = expected;
    after["price"] = json!(14.99);
    after["isActive"] = json!(false);
    after["updatedAt"] = json!("2026-11-20T10:00:05Z");
    assert_eq!(changed.data(), &after);
    assert_eq!(client.get(PATH).await.data()["items"], json!([after]));

    assert_eq!(client.delete(&one).await.data(), &json!(null));
    assert_eq!(client.get(&one).await.code(), (404, "not_found"));
    assert_eq!(client.patch(&one, "{}").await.code(), (404, "not_found"));
    assert_eq!(client.delete(&one).await.code(), (404, "not_found"));
    assert_eq!(client.get(PATH).await.data()["totalCount"], 0);
}

/// A package that has everything that goes together.
fn everything(shop: &Shop, required: &str) -> Value {
    json!({
        "name": "Everything", "slug": "all-of-it", "price": 10, "type": "subscription",
        "imageUrl": "https://cdn.example.com/a.png", "globalLimit": 100, "perUserLimit": 2,
        "limitPeriod": {"every": 2, "unit": "week"}, "isCumulative": true,
        "subscription": {"interval": "month", "intervalCount": 3, "trialDays": 7},
        "requiredPackageIds": [required], "requireAny": true,
        "visibleFrom": "2026-01-01T00:00:00Z", "visibleUntil": "2027-01-01T00:00:00Z",
        "userServerSelectionEnabled": true, "serverIds": [shop.survival.to_string()],
        "inputs": [
            {"name": "nick", "label": "Nickname", "kind": "text", "required": true,
                "pattern": "[A-Za-z]+", "choices": [], "min": 2, "max": 16},
            {"name": "colour", "label": "Colour", "kind": "choice", "required": false,
                "pattern": null, "choices": ["red", "blue"], "min": null, "max": null},
        ],
        "metadata": {"b": 1.5, "a": [null, {"deep": "ü"}]},
        "commands": [
            {"template": "nick {player} {input.nick}", "type": "initial",
                "target": shop.survival.to_string(), "execute": "whenOnline", "delaySeconds": 5,
                "requiredSlots": 1, "runPer": "line", "sortOrder": 0},
            {"template": "say {input.colour}", "type": "expiry", "target": "customerChoice",
                "execute": "always", "delaySeconds": 0, "requiredSlots": 0, "runPer": "unit",
                "sortOrder": 1},
        ],
    })
}

async fn every_part_is_told_as_it_was_given(shop: Shop) {
    let client = Client::of(&shop);
    let required = client.post(PATH, named("First")).await.id();
    let all = everything(&shop, &required);
    let made = client.post(PATH, &all).await;
    for (name, value) in all.as_object().unwrap() {
        if name != "price" {
            assert_eq!(&made.data()[name], value, "{name}");
        }
    }
    assert!(made.text.contains(r#""price":10.00,"#));
    assert_eq!(made.data()["isSubscription"], true);
    let one = format!("{PATH}/{}", made.id());
    assert_eq!(client.get(&one).await.text, made.text);
    let list = client.get(PATH).await;
    let listed = list.data()["items"].as_array().unwrap();
    let listed = listed.iter().find(|it| it["id"] == made.id().as_str());
    assert_eq!(listed.unwrap(), made.data());

    // What is told can be sent again, but for what follows from the rest.
    let mut told = made.data().clone();
    let follows = [
        "id",
        "salePrice",
        "categoryName",
        "isTiered",
        "isSubscription",
        "stockRemaining",
        "createdAt",
        "updatedAt",
    ];
    for name in follows {
        told.as_object_mut().unwrap().remove(name);
    }
    let again = client.patch(&one, told).await;
    assert_eq!(again.data(), made.data());

    let timed = json!({"name": "Month", "price": 5, "timed": {"days": 30, "hours": 6}});
    let timed = client.post(PATH, timed).await;
    assert_eq!(timed.data()["type"], "timed");
    assert_eq!(timed.data()["timed"], json!({"days": 30, "hours": 6}));
    let tiered = json!({"name": "Keys", "price": 1, "tiers": [
        {"minQuantity": 10, "unitPrice": 0.8}, {"minQuantity": 5, "unitPrice": 0.9}]});
    let tiered = client.post(PATH, tiered).await;
    assert_eq!(tiered.data()["isTiered"], true);
    let tiers =
        r#""tiers":[{"minQuantity":5,"unitPrice":0.90},{"minQuantity":10,"unitPrice":0.80}]"#;
    assert!(tiered.text.contains(tiers), "{}", tiered.text);
    let gift = json!({"name": "Donation", "customPrice": {"min": 1, "max": 50.5, "suggested": 5}});
    let gift = client.post(PATH, gift).await;
    assert_eq!(
        (&gift.data()["type"], &gift.data()["allowCustomPrice"]),
        (&json!("custom"), &json!(true))
    );
    assert!(
        gift.text
            .contains(r#""customPrice":{"min":1.00,"max":50.50,"suggested":5.00}"#)
    );
    assert!(gift.text.contains(r#""price":5.00,"#));
}

async fn absent_null_and_value_are_three_things(shop: Shop) {
    let client = Client::of(&shop);
    let required = client.post(PATH, named("First")).await.id();
    let category = client
        .post("/categories", json!({"name": "Ranks"}))
        .await
        .id();
    let mut all = everything(&shop, &required);
    all["categoryId"] = json!(category);
    all["description"] = json!("Hi");
    let one = format!("{PATH}/{}", client.post(PATH, all).await.id());
    let nullable = [
        "imageUrl",
        "categoryId",
        "globalLimit",
        "perUserLimit",
        "limitPeriod",
        "visibleFrom",
        "visibleUntil",
        "subscription",
    ];
    let mut nulls: Map<_, _> = nullable
        .map(|name| (name.to_owned(), Value::Null))
        .into_iter()
        .collect();
    nulls.insert("description".to_owned(), Value::Null);
    nulls.insert("metadata".to_owned(), Value::Null);
    let cleared = client.patch(&one, Value::Object(nulls)).await;
    let data = cleared.data();
    for name in nullable {
        assert_eq!(data[name], Value::Null, "{name}");
    }
    assert_eq!(
        (&data["description"], &data["metadata"]),
        (&json!(""), &json!({}))
    );
    assert_eq!(data["type"], "oneTime");
    assert_eq!(data["commands"].as_array().unwrap().len(), 2, "left out");
    let others = [
        "name",
        "slug",
        "price",
        "isActive",
        "sortOrder",
        "type",
        "allowCustomPrice",
        "tiers",
        "isCumulative",
        "requiredPackageIds",
        "requireAny",
        "userServerSelectionEnabled",
        "serverIds",
        "inputs",
        "commands",
    ];
    let nulls: Map<_, _> = others
        .map(|name| (name.to_owned(), Value::Null))
        .into_iter()
        .collect();
    let refused = client.patch(&one, Value::Object(nulls)).await;
    assert_eq!(
        refused.errors(),
        others.map(|name| format!("{name}: cannot be null"))
    );
    let empty = json!({"serverIds": [], "commands": [], "inputs": [], "requiredPackageIds": []});
    let emptied = client.patch(&one, &empty).await;
    for name in empty.as_object().unwrap().keys() {
        assert_eq!(emptied.data()[name], json!([]), "{name}");
    }
}

async fn every_field_that_fails_is_told(shop: Shop) {
    let client = Client::of(&shop);
    let nil = Uuid::nil();
    let body = json!({
        "name": "a\u{202e}b", "slug": "No Slug", "description": "a\u{7}", "price": -1,
        "imageUrl": "http://cdn.example.com/a.png", "isActive": "yes", "sortOrder": 0.5,
        "categoryId": nil, "serverIds": [nil, "x"], "globalLimit": 0, "perUserLimit": "3",
        "limitPeriod": {"every": 0, "unit": "year"}, "subscription": {"interval": "hour"},
        "tiers": [{"minQuantity": 1, "unitPrice": "1"}], "requiredPackageIds": nil,
        "visibleFrom": "2027-01-01T00:00:00Z", "visibleUntil": "2026-01-01T00:00:00Z",
        "inputs": [{"name": "Nick", "kind": "text"}], "metadata": [],
        "commands": [{"template": "say {nonsense}", "target": nil, "run": 1}],
        "isTiered": true, "isSubscription": false, "salePrice": 1, "colour": "red",
    });
    let answer = client.post(PATH, body).await;
    assert_eq!(answer.code(), (400, "validation_failed"));
    let expected = [
        "isTiered: is not set: it follows from tiers",
        "isSubscription: is not set: it follows from type",
        "salePrice: is not set: it follows from the sales",
        "name: must not contain control or text-direction characters",
        "description: must not contain control or text-direction characters",
        "price: must be a number such as 9.99",
        "isActive: must be true or false",
        "sortOrder: must be a whole number from -1000000 to 1000000",
        "subscription.interval: must be one of day, week, month, year",
        "tiers[0].minQuantity: must be a whole number from 2 to 100",
        "tiers[0].unitPrice: must be a number such as 9.99",
        "globalLimit: must be a whole number from 1 to 1000000",
        "perUserLimit: must be a whole number from 1 to 1000000",
        "limitPeriod.every: must be a whole number from 1 to 365",
        "limitPeriod.unit: must be one of day, week, month",
        "requiredPackageIds: must be a list",
        "serverIds[1]: must be an id such as 01931f3c-5a00-7000-8000-000000000001",
        "inputs[0].label: is required",
        "metadata: must be an object",
        "commands[0].run: is not a known member",
        "colour: is not a known member",
        "imageUrl: must be an address that starts with https://",
        "categoryId: does not exist",
        "visibleUntil: must be after visibleFrom",
        "inputs[0].name: must have 1 to 32 letters, digits or underscores, first a small letter",
        "commands[0].template: does not know the variable {nonsense}; the known ones are listed below the field",
        "commands[0].target: is not one of the choices",
    ];
    for error in expected {
        assert!(
            answer.errors().contains(&error),
            "{error} is not in {:#?}",
            answer.errors()
        );
    }
    let slug = answer
        .errors()
        .into_iter()
        .filter(|it| it.starts_with("slug: "))
        .count();
    assert_eq!(
        (answer.errors().len(), slug),
        (expected.len() + 1, 1),
        "{:#?}",
        answer.errors()
    );
    // What is inside of a part that could be read is looked at as well.
    let body = json!({
        "name": "a", "price": 1, "serverIds": [nil], "requiredPackageIds": [nil],
        "inputs": [{"name": "Nick", "label": "Nick", "kind": "text"}],
        "commands": [{"template": "say {nonsense}", "target": nil}],
        "subscription": {"interval": "day"}, "timed": {"days": 1}, "tiers": [{"minQuantity": 2, "unitPrice": 0.001}],
    });
    let answer = client.post(PATH, body).await;
    let fields: Vec<_> = answer
        .errors()
        .iter()
        .map(|it| it.split_once(": ").unwrap().0)
        .collect();
    let expected = [
        "serverIds[0]",
        "timed",
        "tiers[0].unitPrice",
        "requiredPackageIds[0]",
        "inputs[0].name",
        "commands[0].template",
        "commands[0].target",
    ];
    for field in expected {
        assert!(
            fields.contains(&field),
            "{field} is not in {:#?}",
            answer.errors()
        );
    }
    assert_eq!(
        client.post(PATH, "{}").await.errors(),
        ["name: is required", "price: is required"]
    );
    assert_eq!(client.get(PATH).await.data()["totalCount"], 0);
}

async fn amounts_are_exact_in_every_currency(shop: Shop) {
    let (euros, yen) = (
        Client::of(&shop),
        Client::of_another_store(&shop, "JPY").await,
    );
    let new = |price: &str| format!(r#"{{"name": "a", "price": {price}}}"#);
    for (sent, written) in [
        ("9.9", "9.90"),
        ("9.990", "9.99"),
        ("0", "0.00"),
        ("0.07", "0.07"),
        ("1234567.89", "1234567.89"),
    ] {
        let made = euros.post(PATH, new(sent)).await;
        assert!(
            made.text.contains(&format!(r#""price":{written},"#)),
            "{}",
            made.text
        );
    }
    let made = yen.post(PATH, new("990")).await;
    assert!(made.text.contains(r#""price":990,"#), "{}", made.text);
    for bad in [
        "9.999",
        "1e2",
        "9.9e0",
        "\"9.99\"",
        "-1",
        "99999999999999999999",
        "null",
        "true",
    ] {
        let answer = euros.post(PATH, new(bad)).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(
            answer.errors()[0].starts_with("price: "),
            "{bad}: {}",
            answer.text
        );
    }
    let answer = yen.post(PATH, new("9.5")).await;
    assert_eq!(
        answer.errors(),
        ["price: has more decimals than the currency allows"]
    );
}

async fn a_package_costs_less_in_the_best_sale(shop: Shop) {
    let client = Client::of(&shop);
    let top = client
        .post("/categories", json!({"name": "Ranks"}))
        .await
        .id();
    let below = json!({"name": "Old ranks", "parentId": top});
    let below = client.post("/categories", below).await.id();
    let mut vip = named("VIP");
    vip["categoryId"] = json!(below);
    let one = format!("{PATH}/{}", client.post(PATH, vip).await.id());
    let other = format!("{PATH}/{}", client.post(PATH, named("Key")).await.id());
    let sale = async |percent: u32, scope: Value| {
        let mut body = json!({"name": "Sale", "discountPercentage": percent});
        body.as_object_mut()
            .unwrap()
            .extend(scope.as_object().unwrap().clone());
        client.post("/sales", body).await.id()
    };
    let costs = async |path: &str| client.get(path).await.data()["salePrice"].to_string();
    assert_eq!(costs(&one).await, "null");
    sale(10, json!({})).await;
    assert_eq!(
        (costs(&one).await, costs(&other).await),
        ("8.99".to_owned(), "8.99".to_owned())
    );
    // A category includes what is below it; of several sales the best counts.
    let best = sale(
        50,
        json!({"applicationScope": "category", "categoryIds": [top]}),
    )
    .await;
    sale(90, json!({"isEnabled": false})).await;
    sale(80, json!({"startDate": "2026-12-01T00:00:00Z"})).await;
    assert_eq!(
        (costs(&one).await, costs(&other).await),
        ("4.99".to_owned(), "8.99".to_owned())
    );
    let list = client.get(PATH).await;
    let listed = list.data()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["salePrice"].to_string());
    assert_eq!(listed.collect::<Vec<_>>(), ["8.99", "4.99"]);
    let changed = client.patch(&one, json!({"price": 2})).await;
    assert!(
        changed.text.contains(r#""price":2.00,"salePrice":1.00,"#),
        "{}",
        changed.text
    );
    let ended = json!({"endDate": "2026-11-20T11:00:00Z"});
    client.patch(&format!("/sales/{best}"), ended).await;
    shop.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(costs(&one).await, "1.8");
}

async fn the_pricing_shape_is_fixed_once_somebody_has_bought(shop: Shop) {
    let client = Client::of(&shop);
    let package = shop.package("VIP", "9.99").await;
    let one = format!("{PATH}/{package}");
    let timed = json!({"timed": {"days": 30}});
    assert_eq!(client.patch(&one, &timed).await.data()["type"], "timed");
    shop.buys("Steve", package).await;
    let fixed = client.patch(&one, json!({"type": "oneTime"})).await;
    assert_eq!(fixed.code(), (409, "pricing_shape_fixed"));
    let longer = client
        .patch(&one, json!({"timed": {"days": 60}, "price": 20}))
        .await;
    assert_eq!(longer.data()["timed"], json!({"days": 60, "hours": 0}));
    // What was bought stays readable when the package is gone.
    assert_eq!(client.delete(&one).await.status, 200);
    assert_eq!(client.get(&one).await.status, 404);
    let orders = client.get("/orders").await;
    assert_eq!(orders.data()["items"][0]["items"][0]["packageName"], "VIP");
}

async fn what_is_left_is_told(shop: Shop) {
    let client = Client::of(&shop);
    let package = shop.package("VIP", "9.99").await;
    let one = format!("{PATH}/{package}");
    let limited = client.patch(&one, json!({"globalLimit": 3})).await;
    assert_eq!(limited.data()["stockRemaining"], 3);
    let tag = limited.header("etag").to_owned();
    shop.buys("Steve", package).await;
    let sold = client.get(&one).await;
    assert_eq!(sold.data()["stockRemaining"], 2);
    assert_eq!(sold.header("etag"), tag, "a sale is no change by people");
}

async fn pictures_are_whole_addresses(shop: Shop) {
    let client = Client::of(&shop);
    let one = format!("{PATH}/{}", client.post(PATH, named("a")).await.id());
    let uploaded = format!("/media/{}", Uuid::nil());
    let changed = client.patch(&one, json!({"imageUrl": uploaded})).await;
    let whole = format!("http://127.0.0.1:8080{uploaded}");
    assert_eq!(changed.data()["imageUrl"], whole.as_str());
    let again = client.patch(&one, json!({"imageUrl": whole})).await;
    assert_eq!(again.data()["imageUrl"], whole.as_str());
    for bad in [
        "http://cdn.example.com/a.png",
        "javascript:alert(1)",
        "/etc/passwd",
        "/media/x",
        "https://a b.example/",
    ] {
        let refused = client.patch(&one, json!({"imageUrl": bad})).await;
        assert_eq!(
            refused.errors(),
            ["imageUrl: must be an address that starts with https://"],
            "{bad}"
        );
    }
}

async fn what_a_package_names_must_exist_in_its_store(shop: Shop) {
    let (client, other) = (
        Client::of(&shop),
        Client::of_another_store(&shop, "USD").await,
    );
    let first = client.post(PATH, named("First")).await.id();
    let category = client
        .post("/categories", json!({"name": "Ranks"}))
        .await
        .id();
    let body = json!({
        "name": "a", "price": 1, "categoryId": category, "requiredPackageIds": [first],
        "serverIds": [shop.survival.to_string()],
        "commands": [{"template": "say hi", "target": shop.survival.to_string()}],
    });
    let made = client.post(PATH, &body).await;
    let one = format!("{PATH}/{}", made.id());
    assert_eq!(
        other.post(PATH, &body).await.errors(),
        [
            "categoryId: does not exist",
            "serverIds[0]: does not exist",
            "requiredPackageIds[0]: does not exist",
            "commands[0].target: is not one of the choices",
        ]
    );
    let itself = client
        .patch(&one, json!({"requiredPackageIds": [made.id()]}))
        .await;
    assert_eq!(
        itself.errors(),
        ["requiredPackageIds[0]: is the package itself"]
    );
    other.does_not_see(&one, json!({"price": 0})).await;
    assert_eq!(client.get(&one).await.data()["price"], 1.0);
    let slug = json!({"name": "b", "price": 1, "slug": "first"});
    assert_eq!(client.post(PATH, slug).await.code(), (409, "slug_taken"));
    assert_eq!(
        client.patch(&one, json!({"slug": "first"})).await.code(),
        (409, "slug_taken")
    );
}

async fn packages_keep_to_the_rules_of_all_resources(shop: Shop) {
    Client::of(&shop)
        .keeps_to_the_rules(PATH, named("VIP"), json!({"sortOrder": 4}))
        .await;
}

async fn packages_are_listed_by_place_and_name(shop: Shop) {
    let client = Client::of(&shop);
    let mut ids = Vec::new();
    for (name, place) in [("c", 1), ("b", 1), ("a", 2), ("d", -1)] {
        let body = json!({"name": name, "price": 1, "sortOrder": place,
            "commands": [{"template": format!("say {name}")}]});
        ids.push(client.post(PATH, body).await.id());
    }
    let all = client.get(PATH).await;
    assert_eq!(all.all("name"), ["d", "b", "c", "a"]);
    assert_eq!(
        (&all.data()["totalCount"], &all.data()["take"]),
        (&json!(4), &json!(1000))
    );
    for item in all.data()["items"].as_array().unwrap() {
        let command = format!("say {}", item["name"].as_str().unwrap());
        assert_eq!(item["commands"][0]["template"], command.as_str());
    }
    assert_eq!(
        client.get("/packages?skip=1&take=2").await.all("name"),
        ["b", "c"]
    );
    let after = client
        .get(&format!("/packages?after={}&take=1", ids[1]))
        .await;
    assert_eq!(
        (after.all("name"), &after.data()["hasMore"]),
        (vec!["c"], &json!(true))
    );
    assert_eq!(client.get("/packages?take=1001").await.status, 400);
    assert_eq!(client.get("/packages?after=x").await.status, 400);
}

async fn permissions_are_asked_for_first(shop: Shop) {
    let client = Client::of(&shop);
    let one = format!("{PATH}/{}", client.post(PATH, named("VIP")).await.id());
    let mut few = Permissions::default();
    few.grant(Area::Packages, Access::View);
    let reader = Client::with(&shop, &shop.actor, few).await;
    let missing = (403, "permission_missing");
    assert_eq!(reader.get(&one).await.status, 200);
    assert_eq!(reader.get(PATH).await.status, 200);
    assert_eq!(
        reader.post(PATH, json!({"nonsense": 1})).await.code(),
        missing
    );
    assert_eq!(reader.patch(&one, "{}").await.code(), missing);
    assert_eq!(reader.delete(&one).await.code(), missing);
    for path in ["/coupons", "/sales", "/gift-cards"] {
        assert_eq!(reader.get(path).await.code(), missing, "{path}");
        assert_eq!(reader.post(path, "{}").await.code(), missing, "{path}");
    }
}
