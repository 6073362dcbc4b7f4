//! Checkout sessions and manual orders as a shop of one's own uses them.

use serde_json::{Value, json};
use tradepost_app::packages::PackageInput;
use tradepost_app::payments::{self, Decision};
use tradepost_model::ids::{PackageId, SessionId};

use crate::client::Client;
use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    a_session_tells_its_price_and_how_it_came_about,
    the_vendors_messages_are_told_word_for_word,
    all_that_is_wrong_with_a_session_is_told,
    what_goods_and_codes_have_wrong_is_told_with_the_rest,
    fifty_twins_make_one_session,
    a_key_of_an_ended_session_is_refused,
    sessions_are_listed_and_ended,
    a_gift_is_delivered_to_another,
    a_manual_order_is_made_once_for_a_key,
    fifty_twins_make_one_order,
    orders_are_listed_and_filtered,
    one_line_tells_all_that_it_has_wrong,
    a_manual_order_tells_all_that_stands_in_its_way,
);

const SESSIONS: &str = "/checkout/sessions";

async fn client(shop: &Shop) -> Client {
    tradepost_app::stores::allow_origin(&shop.app, shop.store.id, "https://shop.example.com")
        .await
        .unwrap();
    Client::of(shop)
}

fn body(items: Value) -> Value {
    let mut body = json!({
        "customer": {"playerUsername": "Steve", "email": "steve@example.com"},
        "successUrl": "https://shop.example.com/done?o={ORDER_ID}",
        "cancelUrl": "https://shop.example.com/no",
    });
    body["items"] = items;
    body
}

fn of(package: PackageId) -> Value {
    body(json!([{"packageId": package}]))
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

/// Pays a session's order, or what there is to pay of it.
async fn pay(shop: &Shop, session: &str) {
    let id = SessionId::parse(session).unwrap();
    let found = tradepost_app::checkout::find(&shop.app, &id).await.unwrap();
    let reference = shop.start(&found).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
}

async fn a_session_tells_its_price_and_how_it_came_about(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let client = client(&shop).await;
    let extra = json!({
        "code": "EXTRA", "discountType": "percentage", "discountValue": 10, "overrideSales": true,
    });
    let coupon = client.post("/coupons", extra).await.id();
    let sale =
        json!({"name": "Summer Sale", "discountPercentage": 30, "applicationScope": "store"});
    client.post("/sales", sale).await.data();
    let asked = with(of(vip), "couponCode", json!("extra"));
    let made = client.post(SESSIONS, asked).await;
    let session = made.data();
    assert!(
        made.text.contains(r#""amounts":{"subtotal":6.99,"discount":0.70,"tax":0.00,"giftCard":0.00,"total":6.29,"due":6.29,"currency":"EUR"}"#),
        "{}",
        made.text
    );
    assert_eq!(session["couponCode"], "EXTRA");
    let explanation = session["items"][0]["explanation"].to_string();
    assert!(
        explanation.contains("Summer Sale") && explanation.contains("EXTRA"),
        "{explanation}"
    );
    // What happens to the sale later changes nothing.
    shop.clock.advance(jiff::SignedDuration::from_secs(60));
    let id = made.id();
    pay(&shop, &id).await;
    let done = client.get(&format!("{SESSIONS}/{id}")).await;
    assert_eq!(done.data()["status"], "Completed");
    let order = done.data()["orderId"].as_str().unwrap();
    let order = client.get(&format!("/orders/{order}")).await;
    assert!(
        order.text.contains(r#""totalAmount":6.29"#),
        "{}",
        order.text
    );
    assert!(order.text.contains(r#""couponDiscountAmount":0.70"#));
    assert!(order.text.contains(r#""priceAtPurchase":6.99"#));
    assert_eq!(order.data()["couponId"], coupon.as_str());
    assert_eq!(order.data()["checkoutSessionId"], id.as_str());
    assert_eq!(order.data()["email"], "s***@example.com");
    let uses = client.get(&format!("/coupons/{coupon}")).await;
    assert_eq!(uses.data()["uses"], 1);
}

async fn the_vendors_messages_are_told_word_for_word(shop: Shop) {
    let choice = |package: &mut PackageInput| package.server_selection = true;
    let anywhere = shop.package_with("Anywhere", "1.00", choice).await;
    let client = Client::of(&shop);
    let refused = client.post(SESSIONS, of(anywhere)).await;
    assert_eq!(
        refused.body["message"],
        "API checkout is not enabled for this store."
    );
    let client = self::client(&shop).await;
    let unknown = PackageId(uuid::Uuid::from_u128(1));
    let cases = [
        (
            with(of(anywhere), "successUrl", json!("https://attacker.com/x")),
            "successUrl: URL origin (https://attacker.com) is not in the allow-list",
        ),
        (
            with(of(anywhere), "cancelUrl", json!("ftp://shop.example.com/x")),
            "cancelUrl: URL scheme must be https",
        ),
        (
            of(unknown),
            "One or more packages are not found or inactive",
        ),
        (
            of(anywhere),
            "Package 'Anywhere' requires a server selection",
        ),
    ];
    for (body, expected) in cases {
        let refused = client.post(SESSIONS, body).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.body["message"], expected);
        assert_eq!(refused.errors()[0], expected);
    }
    let vip = shop.package("VIP", "9.99").await;
    let big = json!({
        "code": "BIG", "discountType": "fixed", "discountValue": 1, "minimumPurchaseAmount": 50,
    });
    client.post("/coupons", big).await.data();
    let reasons = [("BIG", "does not meet minimum"), ("NOPE", "not found")];
    for (code, reason) in reasons {
        let refused = client
            .post(SESSIONS, with(of(vip), "couponCode", json!(code)))
            .await;
        assert_eq!(refused.body["message"], format!("couponCode: {reason}"));
    }
}

async fn all_that_is_wrong_with_a_session_is_told(shop: Shop) {
    let client = client(&shop).await;
    let vip = shop.package("VIP", "9.99").await;
    let mut bad =
        body(json!([{"packageId": vip, "quantity": 101}, {"packageId": "x", "serverId": 5}]));
    bad["customer"] = json!({"playerUsername": "a b", "email": "nobody"});
    bad["successUrl"] = json!("https://attacker.com");
    bad["expiresInSeconds"] = json!(59);
    bad["metadata"] = json!([]);
    bad["gift"] = json!({"recipientUsername": "x y"});
    bad["surprise"] = json!(1);
    let refused = client.post(SESSIONS, bad).await;
    assert_eq!(refused.status, 400);
    let errors = refused.errors().join("\n");
    let members = [
        "items[0].quantity",
        "items[1].packageId",
        "items[1].serverId",
        "customer.playerUsername",
        "customer.email",
        "successUrl",
        "expiresInSeconds",
        "metadata",
        "gift.recipientUsername",
        "surprise",
    ];
    for member in members {
        assert!(
            errors.contains(&format!("{member}: ")),
            "{member} in {errors}"
        );
    }
}

async fn what_goods_and_codes_have_wrong_is_told_with_the_rest(shop: Shop) {
    let client = client(&shop).await;
    let limited = |package: &mut PackageInput| package.per_user_limit = "1".to_owned();
    let once = shop.package_with("Once", "9.99", limited).await;
    let none = "0193aaaa-0000-7000-8000-000000000000";
    let mut bad = body(
        json!([{"packageId": once, "customPrice": 5.00}, {"packageId": none}, {"packageId": none}]),
    );
    bad["customer"]["playerUsername"] = json!("a b");
    bad["cancelUrl"] = json!("https://attacker.com");
    bad["couponCode"] = json!("NOSUCH");
    bad["giftCardCode"] = json!("AAAA-BBBB-CCCC-DDDD");
    let refused = client.post(SESSIONS, bad).await;
    assert_eq!(refused.status, 400);
    let errors = refused.errors();
    assert!(
        errors[0].starts_with("customer.playerUsername: is not"),
        "{errors:?}"
    );
    assert_eq!(
        errors[1..],
        [
            "cancelUrl: URL origin (https://attacker.com) is not in the allow-list",
            "Package 'Once' has a fixed price",
            "One or more packages are not found or inactive",
            "couponCode: not found",
            "giftCardCode: not found",
        ]
    );
    assert_eq!(refused.body["message"], errors[0]);
    let made = client.get(SESSIONS).await;
    assert_eq!(made.data()["totalCount"], 0);
    // Where it is known who receives, what they may have is looked at as well.
    let mut bad = body(json!([{"packageId": once, "quantity": 2}]));
    bad["successUrl"] = json!("http://shop.example.com/");
    let refused = client.post(SESSIONS, bad).await;
    assert_eq!(
        refused.errors(),
        [
            "successUrl: URL scheme must be https",
            "Package 'Once' is limited to 1 per player"
        ]
    );
}

async fn fifty_twins_make_one_session(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    client(&shop).await;
    let mut tasks = Vec::new();
    for number in 0..50 {
        let client = Client::of(&shop);
        let asked = with(of(vip), "clientReferenceId", json!(format!("try-{number}")));
        tasks.push(shop.app.tasks.spawn(async move {
            let key = [("idempotency-key", "basket-1")];
            client.send("POST", SESSIONS, &key, asked).await.id()
        }));
    }
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "the same session, whatever the body");
}

async fn a_key_of_an_ended_session_is_refused(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let client = client(&shop).await;
    let key = [("idempotency-key", "basket-1")];
    let id = client.send("POST", SESSIONS, &key, of(vip)).await.id();
    pay(&shop, &id).await;
    let refused = client.send("POST", SESSIONS, &key, of(vip)).await;
    assert_eq!(
        refused.body["message"],
        format!("Idempotency-Key already used by Completed session {id}")
    );
    assert_eq!(refused.status, 400);
}

async fn sessions_are_listed_and_ended(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let client = client(&shop).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let asked = with(
            of(vip),
            "clientReferenceId",
            json!(format!("ref-{}", number % 2)),
        );
        ids.insert(0, client.post(SESSIONS, asked).await.id());
        shop.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    let first = client.get(&format!("{SESSIONS}?take=2")).await;
    assert_eq!(first.all("id"), ids[..2]);
    assert_eq!(first.data()["totalCount"], 5);
    let rest = client
        .get(&format!("{SESSIONS}?take=10&after={}", ids[1]))
        .await;
    assert_eq!(rest.all("id"), ids[2..]);
    assert_eq!(rest.data()["hasMore"], false);
    let named = client
        .get(&format!("{SESSIONS}?clientReferenceId=ref-1&status=open"))
        .await;
    assert_eq!(named.all("id"), [ids[1].as_str(), &ids[3]]);
    let end = format!("{SESSIONS}/{}/expire", ids[0]);
    let said = client.post(&end, json!({"reason": "late"})).await;
    assert_eq!(said.errors(), ["reason: is not a known member"]);
    let ended = client.post(&end, "").await;
    assert_eq!(ended.data()["status"], "Cancelled");
    pay(&shop, &ids[1]).await;
    let paid = client
        .post(&format!("{SESSIONS}/{}/expire", ids[1]), "")
        .await;
    assert_eq!(
        paid.data()["status"],
        "Completed",
        "what is paid stays paid"
    );
    let other = Client::of_another_store(&shop, "USD").await;
    assert_eq!(
        other
            .post(&format!("{SESSIONS}/{}/expire", ids[2]), "")
            .await
            .code(),
        (404, "not_found")
    );
    assert_eq!(
        other.get(&format!("{SESSIONS}/{}", ids[2])).await.code(),
        (404, "not_found")
    );
    assert_eq!(other.get(SESSIONS).await.data()["totalCount"], 0);
    let odd = client.get(&format!("{SESSIONS}?after=x&status=lost")).await;
    assert_eq!(odd.status, 400);
}

async fn a_gift_is_delivered_to_another(shop: Shop) {
    let mut command = shop.command("give {player} vip from {gifter}");
    command.run_per = "line".to_owned();
    let vip = shop
        .package_with("VIP", "9.99", |package| {
            package.commands = vec![command];
            package.per_user_limit = "1".to_owned();
        })
        .await;
    let client = client(&shop).await;
    let asked = with(of(vip), "gift", json!({"recipientUsername": "Alex"}));
    let made = client.post(SESSIONS, &asked).await;
    assert_eq!(made.data()["gift"], json!({"recipientUsername": "Alex"}));
    pay(&shop, &made.id()).await;
    let session = client.get(&format!("{SESSIONS}/{}", made.id())).await;
    let order = session.data()["orderId"].as_str().unwrap().to_owned();
    let order = client.get(&format!("/orders/{order}")).await;
    assert_eq!(order.data()["playerUsername"], "Alex");
    assert_eq!(order.data()["gifterUsername"], "Steve");
    assert_eq!(
        order.data()["commands"][0]["command"],
        "give Alex vip from Steve"
    );
    // The one who has it now is Alex; the customer is Steve.
    let again = client.post(SESSIONS, asked).await;
    assert_eq!(again.status, 400, "{}", again.text);
    client.post(SESSIONS, of(vip)).await.data();
    let customers = client.get("/customers").await;
    assert_eq!(customers.all("playerUsername"), ["Steve"]);
}

async fn a_manual_order_is_made_once_for_a_key(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let client = Client::of(&shop);
    let new = json!({"playerUsername": "Steve", "items": [{"packageId": vip}]});
    let key = [("idempotency-key", "grant-1")];
    let first = client.send("POST", "/orders", &key, &new).await;
    assert_eq!(first.data()["status"], "Paid");
    assert_eq!(first.data()["commands"].as_array().unwrap().len(), 1);
    let again = client.send("POST", "/orders", &key, &new).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.text, first.text);
    let mut other = new.clone();
    other["playerUsername"] = json!("Alex");
    let reused = client.send("POST", "/orders", &key, other).await;
    assert_eq!(reused.code(), (409, "idempotency_key_reused"));
    assert_eq!(client.get("/orders").await.data()["totalCount"], 1);
}

async fn fifty_twins_make_one_order(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mut tasks = Vec::new();
    for _ in 0..50 {
        let client = Client::of(&shop);
        let new = json!({"playerUsername": "Steve", "items": [{"packageId": vip}]});
        tasks.push(shop.app.tasks.spawn(async move {
            let key = [("idempotency-key", "grant-1")];
            client.send("POST", "/orders", &key, new).await.text
        }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all the same answer");
    let orders = Client::of(&shop).get("/orders").await;
    assert_eq!(orders.data()["totalCount"], 1);
}

async fn orders_are_listed_and_filtered(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let client = Client::of(&shop);
    let uuid = "069a79f4-44e9-4726-a5be-fca90e38aaf5";
    for (name, uuid) in [("Steve", Some(uuid)), ("Alex", None), ("steve", None)] {
        let new =
            json!({"playerUsername": name, "playerUuid": uuid, "items": [{"packageId": vip}]});
        client.post("/orders", new).await.data();
        shop.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    let names = async |query: &str| {
        let list = client.get(&format!("/orders?{query}")).await;
        let names: Vec<_> = list
            .all("playerUsername")
            .into_iter()
            .map(str::to_owned)
            .collect();
        names
    };
    assert_eq!(names("").await, ["steve", "Alex", "Steve"], "newest first");
    assert_eq!(names("playerUsername=STEVE").await, ["steve", "Steve"]);
    assert_eq!(names(&format!("playerUuid={uuid}")).await, ["Steve"]);
    assert_eq!(names("status=paid&take=1&skip=1").await, ["Alex"]);
    assert_eq!(names("status=Refunded").await, [""; 0]);
    let list = client.get("/orders").await;
    assert!(
        list.data()["items"][0].get("commands").is_none(),
        "commands come with one order"
    );
    assert_eq!(
        client
            .get("/orders?status=paidd&take=0")
            .await
            .errors()
            .len(),
        2
    );
}

async fn one_line_tells_all_that_it_has_wrong(shop: Shop) {
    let client = client(&shop).await;
    let title = client
        .post(
            "/packages",
            json!({"name": "Title", "price": 3, "perUserLimit": 1, "inputs": [
                {"name": "title", "label": "Title", "kind": "text", "required": true},
                {"name": "size", "label": "Size", "kind": "number", "min": 1, "max": 5},
            ]}),
        )
        .await
        .id();
    let asked =
        body(json!([{"packageId": title, "quantity": 2, "inputs": {"size": "9", "nick": "x"}}]));
    let refused = client.post(SESSIONS, asked.clone()).await;
    let errors = refused.errors();
    assert_eq!(errors.len(), 4, "{errors:?}");
    for part in [
        "Title is needed",
        "Size must be",
        "asks for no such thing",
        "limited to 1 per player",
    ] {
        assert!(
            errors.iter().any(|it| it.contains(part)),
            "{part} in {errors:?}"
        );
    }
    let order = json!({"playerUsername": "Steve", "items": asked["items"]});
    let refused = client.post("/orders", order).await;
    let of: Vec<_> = refused
        .errors()
        .iter()
        .map(|it| it.split(':').next().unwrap())
        .collect();
    assert_eq!(
        of,
        [
            "items[0].inputs.title",
            "items[0].inputs.size",
            "items[0].inputs.nick",
            "items[0].quantity"
        ]
    );
}

async fn a_manual_order_tells_all_that_stands_in_its_way(shop: Shop) {
    let limited = |package: &mut PackageInput| package.per_user_limit = "1".to_owned();
    let once = shop.package_with("Once", "9.99", limited).await;
    let client = Client::of(&shop);
    let order = |quantity: u32| json!({"playerUsername": "Steve", "items": [{"packageId": once, "quantity": quantity}]});
    let refused = client.post("/orders", order(2)).await;
    assert_eq!(
        refused.errors(),
        ["items[0].quantity: Package 'Once' is limited to 1 per player"]
    );
    let mut nobody = order(1);
    nobody["playerUsername"] = json!("a b");
    nobody["items"][0]["packageId"] = json!("0193aaaa-0000-7000-8000-000000000000");
    nobody["email"] = json!("nowhere");
    let refused = client.post("/orders", nobody).await;
    let errors = refused.errors();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(
        errors[0].starts_with("email: must be") && errors[1].starts_with("playerUsername: is not")
    );
    assert_eq!(
        errors[2],
        "items[0].packageId: One or more packages are not found or inactive"
    );
    client.post("/orders", order(1)).await.data();
    let key = [("idempotency-key", "second")];
    let refused = client.send("POST", "/orders", &key, order(1)).await;
    assert_eq!(refused.status, 400);
    // A failure is not remembered: what is mended goes through under the same key.
    let free = shop.package("Free", "0.00").await;
    let mended = json!({"playerUsername": "Steve", "items": [{"packageId": free}]});
    client.send("POST", "/orders", &key, mended).await.data();
}
