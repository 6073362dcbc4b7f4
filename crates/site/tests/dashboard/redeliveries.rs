use axum::http::{StatusCode, header};
use tradepost_app::{jobs, redeliveries};
use tradepost_model::commands::RunResult;
use tradepost_model::permissions::{Access, Area};

use crate::browser::Page;
use crate::shop::{Shop, bought};

const NEW: &str = "/dashboard/demo/redeliveries/new";

/// What a preview holds of the choice it is about.
fn seen(page: &Page) -> String {
    let (_, rest) = page.body.split_once("name=\"seen\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_wiped_server_is_filled_again_after_its_name_was_typed() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let package = shop.package("VIP", "9.99").await;
    for player in ["Steve", "Alex"] {
        bought(&shop, package, player).await;
    }
    shop.run_all(server, RunResult::Completed).await;
    let mut browser = shop.browser_of("robin").await;
    let page = format!("/dashboard/demo/servers/{server}");
    let url = format!("{page}/wipe");
    browser.get(&page).await.shows("Server was wiped?");
    let ask = browser.get(&url).await.is(StatusCode::OK);
    ask.shows("Survival was wiped");
    ask.shows("value=\"600\"");
    ask.shows("VIP");
    let id = package.to_string();
    let form = |action, seen, confirm, pace| {
        [
            ("action", action),
            ("packages", id.as_str()),
            ("from", "2020-01-01"),
            ("per_minute", pace),
            ("seen", seen),
            ("confirm", confirm),
        ]
    };
    let wrong = browser
        .post(&url, &form("preview", "", "", "none"))
        .await
        .is(StatusCode::BAD_REQUEST);
    wrong.shows("id=\"per_minute-error\"");
    wrong.shows("value=\"none\"");
    wrong.shows(&format!("value=\"{id}\" checked"));

    let preview = browser
        .post(&url, &form("preview", "", "", "600"))
        .await
        .is(StatusCode::OK);
    preview.shows("2 commands for 2 players");
    preview.shows("give Steve diamond");
    let choice = seen(&preview);
    let unconfirmed = browser
        .post(&url, &form("start", &choice, "survival", "600"))
        .await
        .is(StatusCode::BAD_REQUEST);
    unconfirmed.shows("id=\"confirm-error\"");
    unconfirmed.shows("value=\"survival\"");
    let changed = browser
        .post(&url, &form("start", &choice, "Survival", "60"))
        .await
        .is(StatusCode::BAD_REQUEST);
    changed.shows("You changed the choice");
    let none = redeliveries::list(&shop.app, &shop.actor(), None, 5).await;
    assert!(none.unwrap().is_empty());

    let started = browser
        .post(&url, &form("start", &choice, "Survival", "600"))
        .await
        .is(StatusCode::SEE_OTHER);
    let progress = started.location().to_owned();
    browser
        .get(&progress)
        .await
        .is(StatusCode::OK)
        .shows("Wipe of Survival");
    browser
        .get(&page)
        .await
        .shows(&format!("href=\"{progress}\""));
    browser
        .get("/dashboard/demo/queue")
        .await
        .shows("Sending again");
    // One at a time.
    browser
        .post(&url, &form("start", &choice, "Survival", "600"))
        .await
        .is(StatusCode::CONFLICT)
        .shows("has not ended");
    browser
        .post(&format!("{progress}/pause"), &[])
        .await
        .is(StatusCode::SEE_OTHER);
    let paused = browser.get(&progress).await;
    paused.shows("Paused");
    paused.shows("Go on");
    let live = browser.open(&format!("{progress}/live")).await;
    assert_eq!(live.headers()[header::CONTENT_TYPE], "text/event-stream");
    browser
        .post(&format!("{progress}/resume"), &[])
        .await
        .is(StatusCode::SEE_OTHER);
    for _ in 0..3 {
        jobs::run_due(&shop.app).await.unwrap();
    }
    let view = redeliveries::list(&shop.app, &shop.actor(), None, 1).await;
    assert_eq!(view.unwrap()[0].redelivery.queued, 2);
    shop.run_all(server, RunResult::Completed).await;
    let order = browser.get("/dashboard/demo/orders?player=Steve").await;
    order.shows("Delivered");
    browser
        .post(&format!("{progress}/cancel"), &[("queued", "1")])
        .await
        .is(StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn many_failed_commands_are_sent_again() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let package = shop.package("VIP", "9.99").await;
    for player in ["Steve", "Alex"] {
        bought(&shop, package, player).await;
    }
    shop.run_all(server, RunResult::Interrupted(None)).await;
    let mut browser = shop.browser_of("robin").await;
    browser
        .get(NEW)
        .await
        .is(StatusCode::OK)
        .shows("value=\"Failed\" checked");
    let pace = ("per_minute", "600");
    let refused = browser
        .post(NEW, &[("action", "preview"), pace])
        .await
        .is(StatusCode::BAD_REQUEST);
    refused.shows("id=\"statuses-error\"");
    let failed = ("statuses", "Failed");
    let refused = browser
        .post(
            NEW,
            &[("action", "preview"), pace, failed, ("from", "then")],
        )
        .await
        .is(StatusCode::BAD_REQUEST);
    refused.shows("id=\"from-error\"");
    let late = ("from", "2100-01-01T00:00");
    browser
        .post(NEW, &[("action", "preview"), pace, failed, late])
        .await
        .is(StatusCode::OK)
        .shows("Nothing to send");
    let preview = browser
        .post(NEW, &[("action", "preview"), pace, failed])
        .await
        .is(StatusCode::OK);
    preview.shows("2 commands for 2 players");
    let choice = seen(&preview);
    let started = browser
        .post(NEW, &[("action", "start"), pace, failed, ("seen", &choice)])
        .await
        .is(StatusCode::SEE_OTHER);
    let progress = started.location().to_owned();
    for _ in 0..3 {
        jobs::run_due(&shop.app).await.unwrap();
    }
    let page = browser.get(&progress).await.is(StatusCode::OK);
    page.shows("All queued");
    page.shows("2 of 2");
    browser
        .post(&format!("{progress}/cancel"), &[("queued", "1")])
        .await
        .is(StatusCode::SEE_OTHER);
    browser.get(&progress).await.shows("Taken back");
}

#[tokio::test]
async fn redeliveries_are_started_only_by_who_may() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let looks = [
        (Area::Commands, Access::View),
        (Area::Servers, Access::View),
    ];
    shop.member_of("sam", &looks).await;
    let mut sam = shop.browser_of("sam").await;
    let wipe = format!("/dashboard/demo/servers/{server}/wipe");
    for url in [NEW, &wipe] {
        sam.get(url).await.is(StatusCode::FORBIDDEN);
        sam.post(url, &[("action", "preview")])
            .await
            .is(StatusCode::FORBIDDEN);
    }
    sam.get(&format!("/dashboard/demo/servers/{server}"))
        .await
        .is(StatusCode::OK)
        .shows_not("/wipe");
    let mut owner = shop.browser_of("robin").await;
    owner
        .post_bare(&wipe, &[("action", "start")])
        .await
        .is(StatusCode::FORBIDDEN);
    let mut kim = shop.browser_of("kim").await;
    kim.get("/dashboard/other/queue").await;
    let foreign = wipe.replace("/demo/", "/other/");
    kim.get(&foreign).await.is(StatusCode::NOT_FOUND);
    kim.post(&foreign, &[]).await.is(StatusCode::NOT_FOUND);
}
