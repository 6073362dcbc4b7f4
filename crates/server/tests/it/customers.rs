//! `/customers`, and what they pay for again and again.

use serde_json::{Value, json};

use crate::client::Client;
use crate::shop::{Shop, on_both_engines};
use crate::stores::subscription;

on_both_engines!(
    customers_are_told_without_anything_personal,
    customers_are_searched_and_sorted,
    subscriptions_are_listed_and_found,
);

async fn customers_are_told_without_anything_personal(shop: Shop) {
    let client = Client::of(&shop);
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    shop.clock.advance(jiff::SignedDuration::from_secs(5));
    let body = json!({"playerUsername": "steve", "email": "steve@example.com",
        "items": [{"packageId": vip, "quantity": 2}]});
    client.post("/orders", body).await.data();
    let list = client.get("/customers").await;
    let customer = list.data()["items"][0].clone();
    let expected = json!({
        "id": customer["id"], "playerUsername": customer["playerUsername"], "playerUuid": null,
        "totalSpent": customer["totalSpent"], "ordersCount": 2,
        "lastPurchaseAt": "2026-11-20T10:00:05Z", "createdAt": "2026-11-20T10:00:00Z",
    });
    assert_eq!(
        (&customer, &list.data()["totalCount"]),
        (&expected, &json!(1))
    );
    assert!(
        list.text.contains(r#""totalSpent":29.97,"#),
        "{}",
        list.text
    );
    assert!(!list.text.contains("example.com"), "{}", list.text);
    let one = format!("/customers/{}", customer["id"].as_str().unwrap());
    let found = client.get(&one).await;
    assert_eq!(found.data(), &expected);
    assert_ne!(found.header("etag"), "");
    let stranger = Client::of_another_store(&shop, "JPY").await;
    assert_eq!(stranger.get(&one).await.code(), (404, "not_found"));
    assert_eq!(stranger.get("/customers").await.data()["totalCount"], 0);
}

async fn customers_are_searched_and_sorted(shop: Shop) {
    let client = Client::of(&shop);
    let (cheap, dear) = (
        shop.package("Coins", "1.00").await,
        shop.package("VIP", "50.00").await,
    );
    for (name, package) in [
        ("Steve", cheap),
        ("Alex_Stone", dear),
        ("stefan", cheap),
        ("Stefan", cheap),
    ] {
        shop.buys(name, package).await;
        shop.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    let names = async |query: &str| {
        let list = client.get(&format!("/customers{query}")).await;
        let names = list
            .all("playerUsername")
            .into_iter()
            .map(str::to_lowercase);
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        names("").await,
        ["stefan", "alex_stone", "steve"],
        "newest first"
    );
    assert_eq!(names("?search=STE").await, ["stefan", "steve"]);
    assert_eq!(
        names("?search=st").await,
        ["stefan", "steve"],
        "two letters begin the name"
    );
    assert_eq!(
        names("?search=one&sortBy=&take=5").await,
        ["alex_stone"],
        "three are anywhere in it"
    );
    assert_eq!(names("?search=%25%25%25").await, Vec::<String>::new());
    assert_eq!(
        names("?sortBy=totalSpent").await,
        ["alex_stone", "stefan", "steve"]
    );
    assert_eq!(
        names("?sortBy=totalSpent&sortDesc=false").await,
        ["steve", "stefan", "alex_stone"]
    );
    assert_eq!(names("?sortBy=lastPurchaseAt&take=1").await, ["stefan"]);
    assert_eq!(
        names("?sortBy=createdAt&sortDesc=false&skip=1&take=1").await,
        ["alex_stone"]
    );
    let first = client.get("/customers?sortBy=totalSpent&take=1").await;
    let after = format!("?sortBy=totalSpent&after={}", first.all("id")[0]);
    assert_eq!(names(&after).await, ["stefan", "steve"]);
    let wrong = client
        .get("/customers?sortBy=name&sortDesc=yes&take=101&colour=red")
        .await;
    let expected = [
        "take: must be a whole number from 1 to 100",
        "sortBy: must be one of totalSpent, lastPurchaseAt, createdAt",
        "sortDesc: must be true or false",
        "colour: is not a known parameter",
    ];
    assert_eq!(wrong.errors(), expected);
}

async fn subscriptions_are_listed_and_found(shop: Shop) {
    let client = Client::of(&shop);
    let id = subscription(&shop).await;
    let list = client.get("/subscriptions?playerUsername=ALEX").await;
    let told = list.data()["items"][0].clone();
    let expected = json!({
        "id": id, "playerUsername": "Alex", "playerUuid": null, "packageId": told["packageId"],
        "packageName": "Club", "status": "active", "currentPeriodEnd": "2026-12-20T10:00:00Z",
        "cancelAtPeriodEnd": false, "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:00Z",
    });
    assert_eq!((&told, &list.data()["take"]), (&expected, &json!(1000)));
    let one = format!("/subscriptions/{id}");
    assert_eq!(client.get(&one).await.data(), &expected);
    let none = client.get("/subscriptions?playerUsername=Bob").await;
    assert_eq!(none.data()["items"], json!([]));
    assert_eq!(
        client.get("/subscriptions?take=1001").await.code(),
        (400, "validation_failed")
    );
    let stranger = Client::of_another_store(&shop, "USD").await;
    assert_eq!(stranger.get(&one).await.code(), (404, "not_found"));
    let theirs = stranger.get("/subscriptions").await;
    assert_eq!(theirs.data()["items"], Value::Array(Vec::new()));
}
