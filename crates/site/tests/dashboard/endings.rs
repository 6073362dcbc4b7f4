use axum::http::StatusCode;
use tradepost_app::orders::{self, ManualOrder};
use tradepost_model::commands::RunResult;
use tradepost_model::permissions::{Access, Area};

use crate::shop::{Shop, bought, player};

/// A package that gives a rank for thirty days and takes it away in every way there is.
const RANK: &[(&str, &str, &str)] = &[
    ("initial", "rank add {player}", ""),
    ("initial", "say later {player}", "600"),
    ("expiry", "rank over {player}", ""),
    ("refund", "rank refunded {player}", ""),
    ("chargeback", "rank gone {player}", ""),
];

#[tokio::test]
async fn a_refund_says_what_will_happen_and_then_does_it() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let package = shop.package_with("VIP", "9.99", RANK).await;
    let (order, _) = bought(&shop, package, "Steve").await;
    shop.run_all(server, RunResult::Completed).await;
    let mut browser = shop.browser_of("robin").await;
    let url = format!("/dashboard/demo/orders/{order}");
    let page = browser.get(&url).await.is(StatusCode::OK);
    page.shows(&format!("{url}/refund"));
    page.shows("/pay/test/");
    page.shows("Until ");
    let ask = browser
        .get(&format!("{url}/refund"))
        .await
        .is(StatusCode::OK);
    ask.shows("9.99\u{a0}EUR go back through Test payment.");
    ask.shows("1 command that was not sent yet is taken back.");
    ask.shows("1 refund command runs on Survival.");

    let long = "x".repeat(201);
    let refused = browser
        .post(&format!("{url}/refund"), &[("reason", &long)])
        .await
        .is(StatusCode::BAD_REQUEST);
    refused.shows("id=\"reason-error\"");
    refused.shows(&long);

    let done = browser
        .post(&format!("{url}/refund"), &[("reason", "Bought twice.")])
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(done.location(), url);
    let page = browser.get(&url).await.is(StatusCode::OK);
    for text in [
        "The order is refunded.",
        "Refunded",
        "Bought twice.",
        "Ended on ",
        "Refund command",
        "rank refunded Steve",
        "9.99\u{a0}EUR received",
        "Cancelled",
    ] {
        page.shows(text);
    }
    page.shows_not(&format!("{url}/refund"));
    let list = browser.get("/dashboard/demo/orders").await;
    list.shows("Refunded");
    list.shows_not("Delivered");
    // Whoever had the page open still, or comes back to it, is told.
    for again in [
        browser.get(&format!("{url}/refund")).await,
        browser.post(&format!("{url}/refund"), &[]).await,
    ] {
        again
            .is(StatusCode::CONFLICT)
            .shows("This order was refunded already.");
    }
}

#[tokio::test]
async fn only_who_may_refunds() {
    let shop = Shop::open().await;
    shop.server().await;
    let package = shop.package("VIP", "9.99").await;
    let (order, _) = bought(&shop, package, "Steve").await;
    let orders = [(Area::Orders, Access::View), (Area::Orders, Access::Edit)];
    shop.member_of("sam", &orders).await;
    let mut browser = shop.browser_of("sam").await;
    let url = format!("/dashboard/demo/orders/{order}");
    let page = browser.get(&url).await.is(StatusCode::OK);
    page.shows_not("/refund");
    page.shows_not("/commands/");
    browser
        .get(&format!("{url}/refund"))
        .await
        .is(StatusCode::FORBIDDEN);
    browser
        .post(&format!("{url}/refund"), &[])
        .await
        .is(StatusCode::FORBIDDEN);
    browser.get(&url).await.shows("Paid");
    let mut owner = shop.browser_of("robin").await;
    owner
        .post_bare(&format!("{url}/refund"), &[("reason", "forged")])
        .await
        .is(StatusCode::FORBIDDEN);
    let foreign = format!("/dashboard/other/orders/{order}/refund");
    let mut other = shop.browser_of("kim").await;
    other.get(&foreign).await.is(StatusCode::NOT_FOUND);
    other.post(&foreign, &[]).await.is(StatusCode::NOT_FOUND);
    owner.get(&url).await.shows("Paid");
}

#[tokio::test]
async fn what_was_paid_elsewhere_is_given_back_elsewhere() {
    let shop = Shop::open().await;
    shop.server().await;
    let package = shop.package("VIP", "9.99").await;
    let order = ManualOrder {
        player: player("Steve"),
        email: None,
        items: vec![tradepost_app::checkout::Line::plain(package, 1, None)],
    };
    let order = orders::give(&shop.app, &shop.actor(), order).await.unwrap();
    let mut browser = shop.browser_of("robin").await;
    let url = format!("/dashboard/demo/orders/{order}/refund");
    let ask = browser.get(&url).await.is(StatusCode::OK);
    ask.shows("give the 9.99\u{a0}EUR back yourself");
    ask.shows("No refund command runs");
    browser
        .post(&url, &[("reason", "")])
        .await
        .is(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_dispute_is_opened_won_and_opened_only_once() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let package = shop.package_with("VIP", "9.99", RANK).await;
    let (order, gateway) = bought(&shop, package, "Steve").await;
    shop.run_all(server, RunResult::Completed).await;
    let mut buyer = shop.browser();
    let page = buyer.get(&gateway).await.is(StatusCode::OK);
    for button in ["Refund payment", "Open a dispute", "Go to the receipt"] {
        page.shows(button);
    }
    page.shows_not("Approve payment");
    page.shows_not("Win the dispute");
    let decide = |word| [("decision", word)];
    buyer
        .post(&gateway, &decide("nonsense"))
        .await
        .is(StatusCode::BAD_REQUEST);
    let there = buyer.post(&gateway, &decide("dispute")).await;
    assert_eq!(there.location(), gateway);
    let page = buyer.get(&gateway).await;
    page.shows("This payment is disputed");
    page.shows("Win the dispute");
    page.shows("Lose the dispute");

    let mut owner = shop.browser_of("robin").await;
    let url = format!("/dashboard/demo/orders/{order}");
    let page = owner.get(&url).await;
    for text in ["Disputed", "Chargeback command", "Why it was charged back"] {
        page.shows(text);
    }
    page.shows_not(&format!("{url}/refund"));
    let home = owner.get("/dashboard/demo").await;
    home.shows("Order #1 is disputed");

    buyer.get(&gateway).await;
    buyer.post(&gateway, &decide("win")).await;
    owner.get(&url).await.shows("Paid");
    owner.get("/dashboard/demo").await.shows_not("is disputed");
    buyer.get(&gateway).await.shows("Open a dispute");
    let again = buyer.post(&gateway, &decide("dispute")).await;
    assert_eq!(again.location(), format!("{gateway}?unchanged"));
    buyer
        .get(again.location())
        .await
        .shows("Nothing has changed.");
}

#[tokio::test]
async fn a_receipt_tells_that_the_order_was_refunded_and_hides_what_took_it_back() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let package = shop.package_with("VIP", "9.99", RANK).await;
    let (_, gateway) = bought(&shop, package, "Steve").await;
    shop.run_all(server, RunResult::Completed).await;
    let mut buyer = shop.browser();
    let page = buyer.get(&gateway).await;
    let receipt = page
        .body
        .split("href=\"")
        .find(|rest| rest.starts_with("/receipt/"))
        .and_then(|rest| rest.split('"').next())
        .unwrap()
        .replace("&#38;", "&");
    let paid = buyer.get(&receipt).await.is(StatusCode::OK);
    paid.shows("Yours until ");
    paid.shows("For 30 days");
    buyer.post(&gateway, &[("decision", "refund")]).await;
    let refunded = buyer.get(&receipt).await.is(StatusCode::OK);
    refunded.shows("This order was refunded on ");
    refunded.shows("Taken back: the order was refunded");
    refunded.shows("One of 2 had reached the game.");
    refunded.shows_not("rank refunded");
    refunded.shows_not("Have fun");
}

#[tokio::test]
async fn a_lost_dispute_is_told_to_both() {
    let shop = Shop::open().await;
    shop.server().await;
    let package = shop.package("VIP", "9.99").await;
    let (order, gateway) = bought(&shop, package, "Steve").await;
    let mut buyer = shop.browser();
    buyer.get(&gateway).await;
    for word in ["dispute", "lose"] {
        buyer
            .post(&gateway, &[("decision", word)])
            .await
            .is(StatusCode::SEE_OTHER);
    }
    let end = buyer.get(&gateway).await;
    end.shows("The store lost this dispute");
    end.shows_not("name=\"decision\"");
    let mut owner = shop.browser_of("robin").await;
    let page = owner.get(&format!("/dashboard/demo/orders/{order}")).await;
    page.shows("Charged back");
    page.shows("Dispute lost: the bank took 9.99\u{a0}EUR");
}
