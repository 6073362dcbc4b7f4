//! `/gift-cards`

use serde_json::json;
use tradepost_app::gift_cards;
use tradepost_model::ids::GiftCardId;
use uuid::Uuid;

use crate::client::Client;
use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    a_gift_card_is_made_read_changed_and_voided,
    every_field_that_fails_is_told,
    what_it_is_worth_and_for_cannot_be_changed,
    the_code_is_in_no_answer,
    amounts_are_exact_in_every_currency,
    what_a_gift_card_is_for_must_exist_in_its_store,
    gift_cards_keep_to_the_rules_of_all_resources,
    gift_cards_are_listed_newest_first,
);

const PATH: &str = "/gift-cards";

async fn a_gift_card_is_made_read_changed_and_voided(shop: Shop) {
    let client = Client::of(&shop);
    let body = json!({
        "amount": 25.5, "applicationScope": "store", "recipientName": "John",
        "recipientEmail": "john.doe@example.com", "message": "Happy Birthday!\nYours",
        "expiresAt": "2027-01-01T00:00:00Z",
    });
    let made = client.post(PATH, body).await;
    let expected = json!({
        "id": made.id(), "amount": 25.5, "balance": 25.5, "applicationScope": "store",
        "categoryIds": [], "packageIds": [], "recipientName": "John",
        "recipientEmail": "j***@example.com", "message": "Happy Birthday!\nYours",
        "expiresAt": "2027-01-01T00:00:00Z", "status": "active",
        "createdAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:00Z",
    });
    assert_eq!(made.data(), &expected);
    let names =
        |it: &serde_json::Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(made.data()), names(&expected));
    let one = format!("{PATH}/{}", made.id());
    let changed = client
        .patch(
            &one,
            json!({"recipientEmail": "jane@example.org", "message": null, "expiresAt": null}),
        )
        .await;
    let data = changed.data();
    assert_eq!(data["recipientEmail"], "j***@example.org");
    assert_eq!(
        (&data["message"], &data["expiresAt"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(data["recipientName"], "John");

    assert_eq!(client.delete(&one).await.data(), &json!(null));
    let voided = client.get(&one).await;
    let data = voided.data();
    assert_eq!(
        (&data["status"], &data["balance"]),
        (&json!("void"), &json!(0.0))
    );
    assert!(
        voided.text.contains(r#""amount":25.50,"balance":0.00,"#),
        "{}",
        voided.text
    );
    let late = client.patch(&one, json!({"message": "Hi"})).await;
    assert_eq!(late.code(), (409, "gift_card_void"));
    assert_eq!(client.delete(&one).await.status, 200);

    let soon = json!({"amount": 5, "expiresAt": "2026-11-20T11:00:00Z"});
    let soon = format!("{PATH}/{}", client.post(PATH, soon).await.id());
    shop.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(client.get(&soon).await.data()["status"], "expired");
}

async fn every_field_that_fails_is_told(shop: Shop) {
    let client = Client::of(&shop);
    let body = json!({
        "amount": 0, "applicationScope": "packages", "categoryIds": "all",
        "recipientName": "a\u{202e}b", "recipientEmail": "nobody", "message": "x".repeat(501),
        "expiresAt": "2026-11-20T10:00:00Z", "code": "AAAA", "balance": 3, "colour": "red",
    });
    let answer = client.post(PATH, body).await;
    assert_eq!(answer.code(), (400, "validation_failed"));
    assert_eq!(
        answer.errors(),
        [
            "code: is not set: it is drawn",
            "balance: is not set: it follows from amount and what was spent",
            "applicationScope: must be one of store, category, package",
            "categoryIds: must be a list",
            "recipientName: must not contain control or text-direction characters",
            "recipientEmail: must be an e-mail address such as steve@example.com",
            "message: must have at most 500 characters, this has 501",
            "colour: is not a known member",
            "amount: must be more than 0",
            "expiresAt: must be in the future",
        ]
    );
    assert_eq!(
        client.post(PATH, "{}").await.errors(),
        ["amount: is required"]
    );
}

async fn what_it_is_worth_and_for_cannot_be_changed(shop: Shop) {
    let client = Client::of(&shop);
    let one = format!(
        "{PATH}/{}",
        client.post(PATH, json!({"amount": 5})).await.id()
    );
    let body =
        json!({"amount": 50, "applicationScope": "store", "packageIds": [], "categoryIds": []});
    let refused = client.patch(&one, body).await;
    let hint = "cannot be changed: void this gift card and make another";
    let expected = ["amount", "applicationScope", "categoryIds", "packageIds"];
    assert_eq!(
        refused.errors(),
        expected.map(|name| format!("{name}: {hint}"))
    );
    assert_eq!(client.get(&one).await.data()["amount"], 5.0);
}

async fn the_code_is_in_no_answer(shop: Shop) {
    let client = Client::of(&shop);
    let mut texts = Vec::new();
    let key = [("idempotency-key", "card")];
    let made = client.send("POST", PATH, &key, json!({"amount": 25})).await;
    let one = format!("{PATH}/{}", made.id());
    let card: GiftCardId = made.id().parse().unwrap();
    texts.push(made.text);
    texts.push(
        client
            .send("POST", PATH, &key, json!({"amount": 25}))
            .await
            .text,
    );
    texts.push(client.get(&one).await.text);
    texts.push(client.get(PATH).await.text);
    texts.push(client.patch(&one, json!({"message": "Hi"})).await.text);
    texts.push(client.patch(&one, json!({"code": "x"})).await.text);
    texts.push(client.delete(&one).await.text);
    texts.push(client.get(&one).await.text);
    texts.push(client.get("/events").await.text);
    let code = gift_cards::reveal(&shop.app, &shop.member, card)
        .await
        .unwrap();
    let code = code.expose().to_lowercase();
    assert!(code.len() >= 16);
    for text in texts {
        let plain = text.to_lowercase().replace(['-', ' '], "");
        assert!(!plain.contains(&code), "the code is in {text}");
        assert!(
            !plain.contains("\"code\":\"") || plain.contains("\"success\":false"),
            "{text}"
        );
    }
}

async fn amounts_are_exact_in_every_currency(shop: Shop) {
    let (euros, yen) = (
        Client::of(&shop),
        Client::of_another_store(&shop, "JPY").await,
    );
    for (sent, written) in [
        ("9.9", "9.90"),
        ("0.10", "0.10"),
        ("25", "25.00"),
        ("1234567.89", "1234567.89"),
    ] {
        let made = euros.post(PATH, format!(r#"{{"amount": {sent}}}"#)).await;
        let part = format!(r#""amount":{written},"balance":{written},"#);
        assert!(made.text.contains(&part), "{}", made.text);
    }
    let made = yen.post(PATH, r#"{"amount": 990}"#).await;
    assert!(
        made.text.contains(r#""amount":990,"balance":990,"#),
        "{}",
        made.text
    );
    for bad in [
        "9.999",
        "1e2",
        "\"9.99\"",
        "-1",
        "99999999999999999999",
        "true",
        "[1]",
    ] {
        let answer = euros.post(PATH, format!(r#"{{"amount": {bad}}}"#)).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(answer.errors()[0].starts_with("amount: "), "{bad}");
    }
    let answer = yen.post(PATH, r#"{"amount": 9.5}"#).await;
    assert_eq!(
        answer.errors(),
        ["amount: has more decimals than the currency allows"]
    );
}

async fn what_a_gift_card_is_for_must_exist_in_its_store(shop: Shop) {
    let (client, other) = (
        Client::of(&shop),
        Client::of_another_store(&shop, "USD").await,
    );
    let package = shop.package("VIP", "9.99").await.to_string();
    let body = json!({"amount": 5, "applicationScope": "package", "packageIds": [package]});
    let made = client.post(PATH, &body).await;
    assert_eq!(made.data()["packageIds"], json!([package]));
    assert_eq!(
        other.post(PATH, &body).await.errors(),
        ["packageIds[0]: does not exist"]
    );
    let unknown =
        json!({"amount": 5, "applicationScope": "category", "categoryIds": [Uuid::nil()]});
    assert_eq!(
        client.post(PATH, unknown).await.errors(),
        ["categoryIds[0]: does not exist"]
    );
    let one = format!("{PATH}/{}", made.id());
    other.does_not_see(&one, json!({"message": "Mine"})).await;
    assert_eq!(client.get(&one).await.data()["status"], "active");
}

async fn gift_cards_keep_to_the_rules_of_all_resources(shop: Shop) {
    let new = json!({"amount": 5, "recipientName": "John"});
    Client::of(&shop)
        .keeps_to_the_rules(PATH, new, json!({"recipientName": "Jane"}))
        .await;
}

async fn gift_cards_are_listed_newest_first(shop: Shop) {
    let client = Client::of(&shop);
    let mut ids = Vec::new();
    for amount in 1..=3 {
        shop.clock.advance(jiff::SignedDuration::from_secs(1));
        ids.push(client.post(PATH, json!({"amount": amount})).await.id());
    }
    let all = client.get(PATH).await;
    assert_eq!(all.all("id"), [&ids[2][..], &ids[1], &ids[0]]);
    assert_eq!(
        (&all.data()["totalCount"], &all.data()["take"]),
        (&json!(3), &json!(20))
    );
    let after = client.get(&format!("{PATH}?after={}&take=1", ids[2])).await;
    assert_eq!(
        (after.all("id"), &after.data()["hasMore"]),
        (vec![ids[1].as_str()], &json!(true))
    );
    assert_eq!(client.get(&format!("{PATH}?take=0")).await.status, 400);
}
