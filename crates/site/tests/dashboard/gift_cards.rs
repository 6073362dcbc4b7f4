use axum::http::{StatusCode, header};
use tradepost_app::gift_cards;
use tradepost_model::gift_cards::{GiftCard, GiftCode};
use tradepost_model::permissions::{Access, Area};

use crate::browser::{Browser, Page};
use crate::shop::{Shop, buy, session};

const LIST: &str = "/dashboard/demo/gift-cards";
const NEW: &str = "/dashboard/demo/gift-cards/new";

/// The code that a page shows.
fn code(page: &Page) -> Option<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut words = page.body.split(|c| !word(c));
    words
        .find(|text| text.len() == 24 && GiftCode::parse(text).is_some())
        .map(str::to_owned)
}

/// Makes a gift card of 25.00 EUR: its page.
async fn made(browser: &mut Browser, more: &[(&str, &str)]) -> String {
    browser.get(NEW).await.is(StatusCode::OK);
    let form = [&[("amount", "25.00")], more].concat();
    let sent = browser.post(NEW, &form).await.is(StatusCode::SEE_OTHER);
    sent.location().to_owned()
}

async fn only(shop: &Shop) -> GiftCard {
    let span = tradepost_app::lists::Span::first(2);
    let found = gift_cards::list(&shop.app, &shop.actor(), span).await;
    let mut cards = found.unwrap().items;
    assert_eq!(cards.len(), 1);
    cards.remove(0)
}

#[tokio::test]
async fn a_gift_card_is_made_and_its_code_shown_to_who_asks_and_is_noted() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    let page = browser.get(LIST).await.is(StatusCode::OK);
    page.shows("Money that can be given away");
    let form = [
        ("recipient_name", "Alex"),
        ("recipient_email", "alex@mail.example"),
        ("message", "Well\r\nbuilt!"),
        ("expires", "2099-12-31"),
        ("scope", "store"),
    ];
    let url = made(&mut browser, &form).await;
    let page = browser.get(&url).await.is(StatusCode::OK);
    for text in [
        "Gift card for Alex",
        "25.00\u{a0}EUR",
        "alex@mail.example",
        "Well\nbuilt!",
        "31 Dec 2099",
        "Put on the card",
        "Everything",
        "Nobody in this dashboard yet",
    ] {
        page.shows(text);
    }
    assert_eq!(code(&page), None);
    let asked = browser.post(&format!("{url}/code"), &[]).await;
    let asked = asked.is(StatusCode::SEE_OTHER);
    assert_eq!(asked.location(), url);
    let shown = browser.get(&url).await.is(StatusCode::OK);
    assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store");
    let text = code(&shown).unwrap();
    shown.shows("<span>robin</span>");
    for cookie in asked.headers.get_all(header::SET_COOKIE) {
        assert!(!cookie.to_str().unwrap().contains(&text));
    }
    for address in [LIST, url.as_str(), &format!("{url}/edit")] {
        let page = browser.get(address).await.is(StatusCode::OK);
        assert_eq!(code(&page), None, "{address}");
    }
    let back = browser.get(&format!("{url}/code")).await;
    assert_eq!(back.location(), url);
    let seen = gift_cards::readings(&shop.app, &shop.actor(), only(&shop).await.id).await;
    assert_eq!(seen.unwrap().len(), 1);
    shop.server().await;
    let package = shop.package("VIP", "9.99").await;
    let mut paying = session(package, "Steve");
    paying.gift_card_code = Some(text);
    paying.lines[0].quantity = 3;
    let (order, _) = buy(&shop, paying).await;
    let page = browser.get(&url).await;
    page.shows("Spent");
    page.shows(&format!("/dashboard/demo/orders/{order}"));
    let order = browser
        .get(&format!("/dashboard/demo/orders/{order}"))
        .await
        .is(StatusCode::OK);
    order.shows(&format!("<a class=\"tap\" href=\"{url}\">Gift card</a>"));
    order.shows("4.97\u{a0}EUR");
    assert_eq!(code(&order), None);
}

#[tokio::test]
async fn what_is_wrong_with_a_gift_card_is_told_beside_its_field() {
    let shop = Shop::open().await;
    shop.package("VIP", "9.99").await;
    let mut browser = shop.browser_of("robin").await;
    browser.get(NEW).await.shows("VIP");
    let form = [
        ("amount", "0"),
        ("recipient_email", "nobody"),
        ("expires", "2020-01-01"),
        ("scope", "package"),
        ("message", "Hello"),
    ];
    let page = browser.post(NEW, &form).await.is(StatusCode::BAD_REQUEST);
    for field in ["amount", "recipient_email", "expires", "scope"] {
        page.shows(&format!("id=\"{field}-error\""));
        page.shows(&format!("href=\"#{field}\""));
    }
    page.shows("Choose at least one package.");
    page.shows("value=\"package\" checked");
    page.shows(">Hello</textarea>");
    let form = [("amount", "25.00"), ("expires", "soon")];
    let page = browser.post(NEW, &form).await.is(StatusCode::BAD_REQUEST);
    page.shows("Write a day as in");
    browser
        .get(LIST)
        .await
        .shows("Money that can be given away");
}

#[tokio::test]
async fn a_gift_card_can_be_for_some_packages() {
    let shop = Shop::open().await;
    let package = shop.package("VIP", "9.99").await.to_string();
    let mut browser = shop.browser_of("robin").await;
    let url = made(
        &mut browser,
        &[("scope", "package"), ("packages", &package)],
    )
    .await;
    let page = browser.get(&url).await;
    page.shows("Gift card of 25.00 EUR");
    page.shows("<dd>VIP</dd>");
}

#[tokio::test]
async fn whom_it_is_for_can_be_changed_unless_somebody_did_meanwhile() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    let url = made(&mut browser, &[("recipient_name", "Alex")]).await;
    let edit = format!("{url}/edit");
    browser.get(&edit).await.shows("value=\"Alex\"");
    let form = |name, version| {
        [
            ("recipient_name", name),
            ("message", "Hi"),
            ("version", version),
        ]
    };
    let saved = browser.post(&edit, &form("Kim", "1")).await;
    assert_eq!(saved.is(StatusCode::SEE_OTHER).location(), url);
    browser.get(&url).await.shows("Gift card for Kim");
    let stale = browser.post(&edit, &form("Sam", "1")).await;
    let stale = stale.is(StatusCode::PRECONDITION_FAILED);
    stale.shows("meanwhile");
    stale.shows("value=\"Sam\"");
    let long = "x".repeat(65);
    let refused = browser.post(&edit, &form(&long, "2")).await;
    refused
        .is(StatusCode::BAD_REQUEST)
        .shows("id=\"recipient_name-error\"");
}

#[tokio::test]
async fn a_gift_card_is_voided_by_its_name() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    let url = made(&mut browser, &[]).await;
    let void = format!("{url}/void");
    let wrong = browser.post(&void, &[("confirm", "25")]).await;
    wrong
        .is(StatusCode::BAD_REQUEST)
        .shows("id=\"confirm-error\"");
    let right = browser.post(&void, &[("confirm", "25.00 EUR")]).await;
    assert_eq!(right.is(StatusCode::SEE_OTHER).location(), url);
    let page = browser.get(&url).await;
    page.shows("The gift card is void.");
    page.shows("Voided");
    page.shows_not("/void\"");
    page.shows_not("/edit\"");
    for (status, found) in [("void", true), ("active", false), ("redeemed", false)] {
        let list = browser.get(&format!("{LIST}?status={status}")).await;
        assert_eq!(
            list.body.contains("Nobody in particular"),
            found,
            "{status}"
        );
        assert_eq!(
            list.body.contains("No gift card stands"),
            !found,
            "{status}"
        );
    }
}

#[tokio::test]
async fn gift_cards_are_handled_only_by_who_may_in_their_own_store() {
    let shop = Shop::open().await;
    let mut owner = shop.browser_of("robin").await;
    let more = [
        ("recipient_name", "Alex"),
        ("recipient_email", "alex@mail.example"),
    ];
    let url = made(&mut owner, &more).await;
    let form = [("confirm", "Alex"), ("amount", "1"), ("version", "1")];
    let posts = ["code", "void", "edit"].map(|deed| format!("{url}/{deed}"));
    for post in posts.iter().chain([&NEW.to_owned()]) {
        owner.post_bare(post, &form).await.is(StatusCode::FORBIDDEN);
    }
    shop.member("sam", Area::GiftCards, Access::View).await;
    let mut sam = shop.browser_of("sam").await;
    let list = sam.get(LIST).await.is(StatusCode::OK);
    list.shows("Alex");
    list.shows_not("/gift-cards/new");
    let page = sam.get(&url).await.is(StatusCode::OK);
    page.shows("a***@mail.example");
    for hidden in ["alex@mail.example", "/code\"", "/void\"", "/edit\""] {
        page.shows_not(hidden);
    }
    for post in posts.iter().chain([&NEW.to_owned()]) {
        sam.post(post, &form).await.is(StatusCode::FORBIDDEN);
    }
    sam.get(NEW).await.is(StatusCode::FORBIDDEN);
    shop.member_of(
        "alex",
        &[
            (Area::GiftCards, Access::View),
            (Area::GiftCards, Access::Edit),
        ],
    )
    .await;
    // Who may not see the address keeps it by leaving the field empty.
    let mut alex = shop.browser_of("alex").await;
    let page = alex.get(&format!("{url}/edit")).await.is(StatusCode::OK);
    page.shows("a***@mail.example");
    page.shows_not("alex@mail.example");
    let form = [("recipient_name", "Alexa"), ("version", "1")];
    let saved = alex.post(&format!("{url}/edit"), &form).await;
    saved.is(StatusCode::SEE_OTHER);
    let card = only(&shop).await;
    assert_eq!(card.recipient_email.as_deref(), Some("alex@mail.example"));
    let mut kim = shop.browser_of("kim").await;
    kim.get("/dashboard/other/gift-cards").await;
    let foreign = url.replace("/demo/", "/other/");
    kim.get(&foreign).await.is(StatusCode::NOT_FOUND);
    for deed in ["code", "void", "edit"] {
        let sent = kim.post(&format!("{foreign}/{deed}"), &form).await;
        sent.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn pages_of_gift_cards_lead_on_and_back() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    for _ in 0..26 {
        made(&mut browser, &[]).await;
    }
    let link = |page: &Page, rel: &str| {
        let before = page.body.split_once(&format!("\" rel=\"{rel}\""))?.0;
        let url = before.rsplit_once("href=\"")?.1;
        Some(url.replace("&#38;", "&"))
    };
    let first = browser.get(&format!("{LIST}?status=active")).await;
    first.shows("1 to 25");
    let second = browser.get(&link(&first, "next").unwrap()).await;
    second.shows("26 to 26");
    assert_eq!(link(&second, "next"), None);
    let back = browser.get(&link(&second, "prev").unwrap()).await;
    back.shows("1 to 25");
    browser.get(LIST).await.shows("26 gift cards");
}
