use axum::http::StatusCode;
use tradepost_app::orders;
use tradepost_model::commands::RunResult;
use tradepost_model::permissions::{Access, Area};

use crate::shop::{Shop, bought};

const GLOBAL: &str = "/dashboard/demo/global-commands";
const CALENDAR: &str = "/dashboard/demo/calendar";

#[tokio::test]
async fn the_calendar_shows_what_is_to_come_and_stops_it() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser
        .get(CALENDAR)
        .await
        .is(StatusCode::OK)
        .shows("Nothing is planned");
    shop.server().await;
    let commands = [
        ("initial", "rank add {player}", ""),
        ("initial", "say later {player}", "600"),
        ("expiry", "rank over {player}", ""),
    ];
    let package = shop.package_with("VIP", "9.99", &commands).await;
    let (order, _) = bought(&shop, package, "Steve").await;
    let page = browser.get(CALENDAR).await;
    page.shows("Runs on Survival");
    page.shows("say later Steve");
    let later = |body: &str| {
        let before = body.split_once("\" rel=\"next\"").unwrap().0;
        before.rsplit_once("href=\"").unwrap().1.to_owned()
    };
    let next = browser.get(&later(&page.body)).await.is(StatusCode::OK);
    next.shows("VIP ends");
    next.shows("Keep for ever");
    next.shows("Earlier");
    for odd in ["x", "9999-12-31", "1999-01-01"] {
        browser
            .get(&format!("{CALENDAR}?from={odd}"))
            .await
            .is(StatusCode::OK);
    }

    let details = orders::find(&shop.app, &shop.actor(), order).await.unwrap();
    let keep = format!("{CALENDAR}/keep/{}", details.items[0].id);
    let cancel = format!("{CALENDAR}/cancel/{}", details.commands[1].command.id);
    let kept = browser.post(&keep, &[]).await.is(StatusCode::SEE_OTHER);
    assert_eq!(kept.location(), CALENDAR);
    browser.get(CALENDAR).await.shows("It has no end any more.");
    browser.post(&keep, &[]).await.is(StatusCode::CONFLICT);
    browser.post(&cancel, &[]).await.is(StatusCode::SEE_OTHER);
    browser.get(CALENDAR).await.shows("Nothing is planned");
    browser
        .post(&cancel, &[])
        .await
        .is(StatusCode::CONFLICT)
        .shows("It is over already");
    browser
        .get(&format!("/dashboard/demo/orders/{order}"))
        .await
        .shows_not("Until ");

    let mut kim = shop.browser_of("kim").await;
    kim.get("/dashboard/other/calendar").await;
    for url in [&keep, &cancel] {
        let foreign = url.replace("/demo/", "/other/");
        kim.post(&foreign, &[]).await.is(StatusCode::NOT_FOUND);
        browser.post_bare(url, &[]).await.is(StatusCode::FORBIDDEN);
    }
    shop.member("sam", Area::Commands, Access::View).await;
    let mut sam = shop.browser_of("sam").await;
    sam.get(CALENDAR).await.is(StatusCode::OK);
    for url in [&keep, &cancel] {
        sam.post(url, &[]).await.is(StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn global_commands_are_edited_and_run_once_per_order() {
    let shop = Shop::open().await;
    shop.server().await;
    let mut browser = shop.browser_of("robin").await;
    browser
        .get(GLOBAL)
        .await
        .is(StatusCode::OK)
        .shows("No global commands yet");
    let form = |action, template, kind| {
        [
            ("action", action),
            ("commands", "1"),
            ("command-0-template", template),
            ("command-0-type", kind),
            ("command-0-target", "all"),
            ("command-0-execute", "always"),
            ("command-0-delay", "0"),
            ("command-0-slots", "0"),
        ]
    };
    let more = browser
        .post(GLOBAL, &form("add-command", "say {player}", "initial"))
        .await
        .is(StatusCode::OK);
    more.shows("name=\"commands\" value=\"2\"");
    more.shows("For Steve on Survival: say Steve");
    let wrong = browser
        .post(GLOBAL, &form("save", "say {plyer}", "initial"))
        .await
        .is(StatusCode::BAD_REQUEST);
    wrong.shows("id=\"command-0-template-error\"");
    wrong.shows("say {plyer}");
    browser
        .post(GLOBAL, &form("save", "say {player}", "expiry"))
        .await
        .is(StatusCode::BAD_REQUEST)
        .shows("id=\"command-0-type-error\"");
    browser
        .post(GLOBAL, &form("save", "broadcast {player}!", "initial"))
        .await
        .is(StatusCode::SEE_OTHER);
    let saved = browser.get(GLOBAL).await;
    saved.shows("Saved.");
    saved.shows("broadcast {player}!");
    let package = shop.package("VIP", "9.99").await;
    let (order, _) = bought(&shop, package, "Steve").await;
    let page = browser
        .get(&format!("/dashboard/demo/orders/{order}"))
        .await;
    page.shows("broadcast Steve!");
    page.shows("Global command");

    browser
        .post_bare(GLOBAL, &form("save", "op {player}", "initial"))
        .await
        .is(StatusCode::FORBIDDEN);
    shop.member("sam", Area::Stores, Access::View).await;
    let mut sam = shop.browser_of("sam").await;
    sam.get(GLOBAL).await.is(StatusCode::OK);
    for action in ["save", "add-command"] {
        sam.post(GLOBAL, &form(action, "op {player}", "initial"))
            .await
            .is(StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_server_tells_how_its_deliveries_went() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let mut browser = shop.browser_of("robin").await;
    let url = format!("/dashboard/demo/servers/{server}");
    browser
        .get(&url)
        .await
        .is(StatusCode::OK)
        .shows_not("Delivery report");
    let package = shop.package("VIP", "9.99").await;
    bought(&shop, package, "Steve").await;
    browser.get(&url).await.shows("Oldest waits for");
    shop.run_all(server, RunResult::Completed).await;
    let page = browser.get(&url).await.is(StatusCode::OK);
    for text in [
        "Delivery report",
        "Half within (p50)",
        "of the last command",
        "How long commands took",
        "ran give Steve diamond",
    ] {
        page.shows(text);
    }
    page.shows_not("Not known yet");
}

#[tokio::test]
async fn a_package_for_a_time_is_saved_and_told() {
    let shop = Shop::open().await;
    shop.server().await;
    let mut browser = shop.browser_of("robin").await;
    let new = "/dashboard/demo/packages/new";
    browser.get(new).await.shows("When its time is over");
    let form = |action, days| {
        [
            ("action", action),
            ("name", "Flight"),
            ("price", "3"),
            ("active", "1"),
            ("timed_days", days),
            ("timed_hours", "12"),
            ("commands", "1"),
            ("command-0-template", "fly {player}"),
            ("command-0-type", "initial"),
            ("command-0-target", "all"),
            ("command-0-execute", "always"),
            ("command-0-per", "unit"),
        ]
    };
    let wrong = browser
        .post_parts(new, &form("save", "many"), None)
        .await
        .is(StatusCode::BAD_REQUEST);
    wrong.shows("id=\"timed_days-error\"");
    wrong.shows("value=\"many\"");
    let again = browser
        .post_parts(new, &form("dry-run", "7"), None)
        .await
        .is(StatusCode::OK);
    again.shows("Nothing takes it away when its time is over.");
    let saved = browser
        .post_parts(new, &form("save", "7"), None)
        .await
        .is(StatusCode::SEE_OTHER);
    let page = browser.get(saved.location()).await;
    page.shows("value=\"7\"");
    page.shows("value=\"12\"");
    let mut buyer = shop.browser();
    buyer
        .get("/s/demo/package/flight")
        .await
        .is(StatusCode::OK)
        .shows("For 7 days and 12 hours");
}
