use axum::http::StatusCode;

use crate::shop::Shop;

const NEW: &str = "/dashboard/demo/packages/new";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

#[tokio::test]
async fn every_mistake_is_told_beside_its_field_and_what_was_typed_stays() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser
        .get(NEW)
        .await
        .is(StatusCode::OK)
        .shows("Create package");
    let form = [
        ("action", "save"),
        ("name", "  "),
        ("description", "<p>Two &amp; more</p>"),
        ("category", "nonsense"),
        ("new_category", "Ranks"),
        ("image_url", "ftp://x"),
        ("price", "nine"),
        ("total_limit", "0"),
        ("player_limit", "many"),
        ("commands", "1"),
        ("command-0-template", "lp user {plyer} add"),
        ("command-0-type", "initial"),
        ("command-0-target", "customerChoice"),
        ("command-0-execute", "always"),
        ("command-0-delay", "soon"),
        ("command-0-slots", "99"),
        ("command-0-per", "unit"),
    ];
    let page = browser
        .post_parts(NEW, &form, Some(b"<svg>"))
        .await
        .is(StatusCode::BAD_REQUEST);
    for field in [
        "name",
        "category",
        "image_url",
        "image",
        "price",
        "total_limit",
        "player_limit",
        "command-0-template",
        "command-0-target",
        "command-0-delay",
        "command-0-slots",
    ] {
        page.shows(&format!("id=\"{field}-error\""));
        page.shows(&format!("href=\"#{field}\""));
    }
    for typed in [
        "ftp://x",
        "nine",
        "many",
        "lp user {plyer} add",
        "soon",
        "99",
        "Ranks",
    ] {
        page.shows(&format!("value=\"{typed}\""));
    }
    page.shows("The name must not be empty.");
    page.shows("The command does not know the variable {plyer}");
    page.shows("Two &#38;amp; more");
    browser
        .get("/dashboard/demo/packages")
        .await
        .shows("What will players buy?");
}

#[tokio::test]
async fn a_package_is_saved_and_can_be_edited() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser.get(NEW).await;
    let form = [
        ("action", "save"),
        ("name", "VIP+"),
        ("price", "9.99"),
        ("new_category", "Ranks"),
        ("active", "1"),
        ("player_limit", "1"),
        ("commands", "1"),
        ("command-0-template", "/lp user {player} add vip"),
        ("command-0-type", "initial"),
        ("command-0-target", "all"),
        ("command-0-execute", "whenOnline"),
        ("command-0-per", "unit"),
    ];
    let saved = browser
        .post_parts(NEW, &form, Some(PNG))
        .await
        .is(StatusCode::SEE_OTHER);
    let editor = saved.location().to_owned();
    assert!(editor.starts_with("/dashboard/demo/packages/0"), "{editor}");
    let page = browser.get(&editor).await.is(StatusCode::OK);
    page.shows("Saved.");
    page.shows("value=\"/media/");
    page.shows("For Steve on your server: lp user Steve add vip");
    page.shows("<option value=\"whenOnline\" selected>");
    page.shows("/s/demo/package/vip");
    browser.get(&editor).await.shows_not("Saved.");
    let list = browser
        .get("/dashboard/demo/packages?q=RANKS")
        .await
        .is(StatusCode::OK);
    list.shows("VIP+");
    list.shows("9.99");
    browser
        .get("/dashboard/demo/packages?q=crown")
        .await
        .shows("Nothing found");
    let hidden = [
        ("action", "save"),
        ("name", "VIP+"),
        ("price", "12"),
        ("commands", "0"),
    ];
    browser
        .post_parts(&editor, &hidden, None)
        .await
        .is(StatusCode::SEE_OTHER);
    let list = browser.get("/dashboard/demo/packages").await;
    list.shows("12.00");
    list.shows("Hidden");
}

#[tokio::test]
async fn rows_of_commands_come_and_go_without_saving() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser.get(NEW).await;
    let form = |action| {
        [
            ("action", action),
            ("name", "Half typed"),
            ("price", "nine"),
            ("commands", "2"),
            ("command-0-template", "say first {player}"),
            ("command-0-type", "initial"),
            ("command-0-target", "all"),
            ("command-1-template", "say second"),
            ("command-1-delay", "soon"),
        ]
    };
    let page = browser
        .post_parts(NEW, &form("add-command"), None)
        .await
        .is(StatusCode::OK);
    page.shows("name=\"commands\" value=\"3\"");
    page.shows("value=\"Half typed\"");
    page.shows("value=\"nine\"");
    page.shows("value=\"soon\"");
    page.shows("say first Steve");
    page.shows_not("-error\"");
    let page = browser
        .post_parts(NEW, &form("remove-command:0"), None)
        .await;
    page.shows("name=\"commands\" value=\"1\"");
    page.shows("name=\"command-0-template\" value=\"say second\"");
    page.shows_not("say first");
    let page = browser.post_parts(NEW, &form("move-up:1"), None).await;
    page.shows("name=\"command-0-template\" value=\"say second\"");
    page.shows("name=\"command-1-template\" value=\"say first {player}\"");
    browser
        .get("/dashboard/demo/packages")
        .await
        .shows_not("Half typed");
}

#[tokio::test]
async fn a_picture_that_is_too_large_is_told_beside_its_field() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser.get(NEW).await;
    let form = [
        ("action", "save"),
        ("name", "VIP"),
        ("price", "9.99"),
        ("commands", "0"),
    ];
    let photo = [PNG, &vec![0; 3 * 1024 * 1024]].concat();
    let page = browser
        .post_parts(NEW, &form, Some(&photo))
        .await
        .is(StatusCode::BAD_REQUEST);
    page.shows("id=\"image-error\"");
    page.shows("at most 1 MiB");
    page.shows("value=\"VIP\"");
    browser
        .post_parts(NEW, &form, None)
        .await
        .is(StatusCode::SEE_OTHER);
}
