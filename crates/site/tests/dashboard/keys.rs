use axum::http::{StatusCode, header};
use tradepost_app::{Error, identity, origins, stores};
use tradepost_model::keys;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::plans::{Plan, Subscribed};

use crate::browser::{Browser, Page};
use crate::shop::Shop;

const LIST: &str = "/dashboard/demo/keys";
const NEW: &str = "/dashboard/demo/keys/new";

/// The whole key that a page shows.
fn secret(page: &Page) -> Option<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut words = page.body.split(|c| !word(c));
    words
        .find(|text| keys::parse(text).is_some())
        .map(str::to_owned)
}

/// Makes a key in the browser: its page, and the key.
async fn made(browser: &mut Browser, name: &str, can: &[&str]) -> (String, String) {
    browser.get(NEW).await.is(StatusCode::OK);
    let fields = can.iter().map(|can| ("can", *can));
    let fields: Vec<_> = fields.chain([("name", name)]).collect();
    let made = browser.post(NEW, &fields).await.is(StatusCode::SEE_OTHER);
    let page = browser.get(made.location()).await.is(StatusCode::OK);
    (made.location().to_owned(), secret(&page).unwrap())
}

#[tokio::test]
async fn a_key_is_shown_once_and_may_what_was_ticked() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser
        .get(LIST)
        .await
        .is(StatusCode::OK)
        .shows("Let your programs in");
    browser.get(NEW).await.is(StatusCode::OK);
    let form = [
        ("name", "Discord bot"),
        ("can", "all:View"),
        ("can", "Coupons:Edit"),
        ("can", "Servers:Edit"),
        ("expires", "2099-12-31"),
    ];
    let made = browser.post(NEW, &form).await.is(StatusCode::SEE_OTHER);
    let page = browser.get(made.location()).await.is(StatusCode::OK);
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    let text = secret(&page).unwrap();
    let bearer = identity::authenticate_key(&shop.app, &text).await.unwrap();
    let may = |area, access| bearer.key.permissions.allow(area, access);
    assert!(may(Area::Bans, Access::View) && may(Area::Coupons, Access::Edit));
    assert!(!may(Area::Packages, Access::Edit) && !may(Area::Servers, Access::Edit));
    assert_eq!(
        bearer.key.expires_at.unwrap().to_string(),
        "2099-12-31T23:59:59Z"
    );
    for cookie in made.headers.get_all(header::SET_COOKIE) {
        assert!(!cookie.to_str().unwrap().contains(&text[13..]));
    }
    let url = format!("{LIST}/{}", bearer.key.id);
    assert_eq!(made.location(), url);
    for address in [LIST, url.as_str()] {
        let later = browser.get(address).await.is(StatusCode::OK);
        assert_eq!(secret(&later), None);
        later.shows("Discord bot");
        later.shows(&text[..17]);
    }
    let list = browser.get(LIST).await;
    list.shows("31 Dec 2099");
    list.shows("Active");
}

#[tokio::test]
async fn of_two_keys_made_at_once_each_shows_its_own_secret() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser.get(NEW).await.is(StatusCode::OK);
    let form = |name: &'static str| [("name", name), ("can", "Orders:View")];
    let first = browser.post(NEW, &form("First")).await;
    let second = browser.post(NEW, &form("Second")).await;
    for (made, name) in [(second, "Second"), (first, "First")] {
        let shown = secret(&browser.get(made.location()).await).unwrap();
        let bearer = identity::authenticate_key(&shop.app, &shown).await.unwrap();
        assert_eq!(bearer.key.name, name);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_told_and_what_was_ticked_stays() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser.get(NEW).await;
    let form = [("name", " "), ("expires", "2020-01-01")];
    let page = browser.post(NEW, &form).await.is(StatusCode::BAD_REQUEST);
    for field in ["name", "permissions", "expires"] {
        page.shows(&format!("id=\"{field}-error\""));
        page.shows(&format!("href=\"#{field}\""));
    }
    page.shows("This day is over");
    page.shows("value=\"2020-01-01\"");
    let form = [("name", ""), ("can", "Orders:View"), ("expires", "soon")];
    let page = browser.post(NEW, &form).await.is(StatusCode::BAD_REQUEST);
    page.shows("value=\"Orders:View\" checked");
    page.shows("Write a day as in");
    page.shows_not("id=\"permissions-error\"");
    let known = identity::list_keys(&shop.app, &shop.actor()).await;
    assert!(known.unwrap().is_empty());
}

#[tokio::test]
async fn a_new_secret_and_the_end_ask_for_the_name() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    let (url, old) = made(&mut browser, "Website", &["Orders:View"]).await;
    let wrong = [("regenerate", "website"), ("revoke", "website")];
    for deed in ["regenerate", "revoke"] {
        let page = browser.post(&format!("{url}/{deed}"), &wrong).await;
        let page = page.is(StatusCode::BAD_REQUEST);
        page.shows(&format!("id=\"{deed}-error\""));
        assert_eq!(secret(&page), None);
        let back = browser.get(&format!("{url}/{deed}")).await;
        assert_eq!(back.location(), url);
    }
    let right = [("regenerate", "Website"), ("revoke", "Website")];
    let page = browser.post(&format!("{url}/regenerate"), &right).await;
    assert_eq!(page.is(StatusCode::SEE_OTHER).location(), url);
    let new = secret(&browser.get(&url).await).unwrap();
    assert_ne!(new, old);
    // Reloading the page that shows it makes no other, and shows it no second time.
    assert_eq!(secret(&browser.get(&url).await), None);
    let app = &shop.app;
    let refused = identity::authenticate_key(app, &old).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))));
    assert!(identity::authenticate_key(app, &new).await.is_ok());
    let gone = browser.post(&format!("{url}/revoke"), &right).await;
    assert_eq!(gone.is(StatusCode::SEE_OTHER).location(), LIST);
    assert!(identity::authenticate_key(app, &new).await.is_err());
    let list = browser.get(LIST).await;
    list.shows("The key is revoked.");
    list.shows("Revoked");
    let page = browser.get(&url).await.is(StatusCode::OK);
    page.shows_not("/regenerate");
    page.shows_not("/revoke");
    browser
        .post(&format!("{url}/regenerate"), &right)
        .await
        .is(StatusCode::CONFLICT)
        .shows("was revoked");
}

#[tokio::test]
async fn keys_are_handled_only_by_who_may_in_their_own_store() {
    let shop = Shop::open().await;
    let mut owner = shop.browser_of("robin").await;
    let (url, text) = made(&mut owner, "Website", &["Orders:View"]).await;
    let confirm = [("revoke", "Website"), ("regenerate", "Website")];
    let posts = [
        format!("{url}/revoke"),
        format!("{url}/regenerate"),
        NEW.to_owned(),
        format!("{LIST}/origins"),
        format!("{LIST}/origins/remove"),
    ];
    for post in &posts {
        let sent = owner.post_bare(post, &confirm).await;
        sent.is(StatusCode::FORBIDDEN);
    }
    shop.member("sam", Area::Stores, Access::View).await;
    let mut sam = shop.browser_of("sam").await;
    sam.get("/dashboard/demo").await;
    for post in &posts {
        sam.post(post, &confirm).await.is(StatusCode::FORBIDDEN);
    }
    for page in [LIST, NEW, url.as_str()] {
        let page = sam.get(page).await.is(StatusCode::FORBIDDEN);
        page.shows("You may not see this");
        page.shows_not("Website");
    }
    let mut kim = shop.browser_of("kim").await;
    kim.get("/dashboard/other/keys").await.is(StatusCode::OK);
    let foreign = url.replace("/demo/", "/other/");
    kim.get(&foreign).await.is(StatusCode::NOT_FOUND);
    kim.get(&url).await.is(StatusCode::NOT_FOUND);
    for deed in ["revoke", "regenerate"] {
        let sent = kim.post(&format!("{foreign}/{deed}"), &confirm).await;
        sent.is(StatusCode::NOT_FOUND);
    }
    assert!(identity::authenticate_key(&shop.app, &text).await.is_ok());
}

#[tokio::test]
async fn without_the_plan_keys_can_be_looked_at_and_revoked() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    let (url, _) = made(&mut browser, "Website", &["Orders:View"]).await;
    browser.get(NEW).await;
    let lapsed = Subscribed {
        plan: Plan::Pro,
        expires_at: Some("2026-01-31T12:00:00Z".parse().unwrap()),
    };
    let set = stores::set_plan(&shop.app, shop.store.id, lapsed).await;
    set.unwrap();
    let form = [("name", "Another"), ("can", "Orders:View")];
    let late = browser.post(NEW, &form).await.is(StatusCode::FORBIDDEN);
    late.shows("No key was made");
    let list = browser.get(LIST).await.is(StatusCode::OK);
    list.shows("The Pro plan ended on 31 Jan 2026");
    list.shows("Paused");
    list.shows_not("keys/new");
    assert_eq!(browser.get(NEW).await.location(), LIST);
    let page = browser.get(&url).await.is(StatusCode::OK);
    page.shows_not("/regenerate");
    let gone = browser
        .post(&format!("{url}/revoke"), &[("revoke", "Website")])
        .await;
    gone.is(StatusCode::SEE_OTHER);
    let set = stores::set_plan(&shop.app, shop.store.id, Subscribed::to(Plan::Free)).await;
    set.unwrap();
    browser.get(LIST).await.shows("API keys need the Pro plan");
}

#[tokio::test]
async fn origins_are_added_and_removed() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    let page = browser.get(LIST).await;
    page.shows("Checkouts through the API are off");
    page.shows("a path is not part of the match");
    let add = format!("{LIST}/origins");
    for wrong in [
        "https://shop.example/thanks",
        "shop.example",
        "",
        "http://shop.example",
    ] {
        let page = browser.post(&add, &[("origin", wrong)]).await;
        let page = page.is(StatusCode::BAD_REQUEST);
        page.shows("id=\"origin-error\"");
        page.shows("Write an origin such as");
        page.shows(&format!("value=\"{wrong}\""));
    }
    for origin in ["HTTPS://Shop.Example", "https://www.example:8443"] {
        let sent = browser.post(&add, &[("origin", origin)]).await;
        assert_eq!(sent.is(StatusCode::SEE_OTHER).location(), LIST);
    }
    let page = browser.get(LIST).await;
    page.shows("The origin is added.");
    page.shows("<code>https://shop.example</code>");
    let remove = format!("{LIST}/origins/remove");
    let sent = browser
        .post(&remove, &[("origin", "https://shop.example")])
        .await;
    sent.is(StatusCode::SEE_OTHER);
    let left = origins::list(&shop.app, &shop.actor()).await.unwrap();
    assert_eq!(left, ["https://www.example:8443"]);
}
