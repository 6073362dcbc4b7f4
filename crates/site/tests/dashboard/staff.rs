use axum::http::StatusCode;
use tradepost_app::orders;
use tradepost_model::commands::{CommandStatus, RunResult};
use tradepost_model::ids::OrderId;
use tradepost_model::permissions::{Access, Area};

use crate::shop::{Shop, bought};

const LOST: RunResult = RunResult::Interrupted(None);

/// The addresses of an order's commands, with how they stand.
async fn commands(shop: &Shop, order: OrderId) -> Vec<(String, CommandStatus)> {
    let details = orders::find(&shop.app, &shop.actor(), order).await.unwrap();
    let url = |id| format!("/dashboard/demo/orders/{order}/commands/{id}");
    let of = |it: orders::CommandView| (url(it.command.id), it.command.status);
    details.commands.into_iter().map(of).collect()
}

#[tokio::test]
async fn a_failed_command_is_sent_again_and_a_waiting_one_is_taken_back() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let package = shop.package("VIP", "9.99").await;
    let (order, _) = bought(&shop, package, "Steve").await;
    shop.run_all(server, LOST).await;
    let mut browser = shop.browser_of("robin").await;
    let url = format!("/dashboard/demo/orders/{order}");
    let page = browser.get(&url).await.is(StatusCode::OK);
    page.shows("Send again");
    page.shows("interrupted");
    page.shows("ran give Steve diamond");
    let command = commands(&shop, order).await[0].0.clone();
    let sent = browser.post(&format!("{command}/resend"), &[]).await;
    assert_eq!(sent.is(StatusCode::SEE_OTHER).location(), url);
    let page = browser.get(&url).await;
    page.shows("The command is sent again.");
    page.shows("resent by robin");
    page.shows("Not sent again yet, sent when Survival is back");
    page.shows_not("/resend");
    // It waits: now it can be taken back, and what is taken back is told of.
    browser
        .post(&format!("{command}/resend"), &[])
        .await
        .is(StatusCode::CONFLICT)
        .shows("It is queued already");
    browser
        .post(&format!("{command}/cancel"), &[])
        .await
        .is(StatusCode::SEE_OTHER);
    assert_eq!(commands(&shop, order).await[0].1, CommandStatus::Cancelled);
    browser
        .post(&format!("{command}/cancel"), &[])
        .await
        .is(StatusCode::CONFLICT)
        .shows("It is over already");
}

#[tokio::test]
async fn a_command_is_added_and_changed_before_it_is_sent() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await.to_string();
    let package = shop.package("VIP", "9.99").await;
    let (order, _) = bought(&shop, package, "Steve").await;
    let mut browser = shop.browser_of("robin").await;
    let url = format!("/dashboard/demo/orders/{order}");
    let new = format!("{url}/commands/new");
    browser.get(&url).await.shows("Add a command");
    browser.get(&new).await.is(StatusCode::OK).shows("{player}");
    let form = |text, delay| {
        [
            ("text", text),
            ("server", server.as_str()),
            ("execute", "whenOnline"),
            ("delay", delay),
            ("slots", "1"),
        ]
    };
    let refused = browser
        .post(&new, &form("say {plyer}", "soon"))
        .await
        .is(StatusCode::BAD_REQUEST);
    refused.shows("id=\"delay-error\"");
    refused.shows("value=\"say {plyer}\"");
    refused.shows("<option value=\"whenOnline\" selected>");
    let refused = browser
        .post(&new, &form("say {plyer}", "0"))
        .await
        .is(StatusCode::BAD_REQUEST);
    refused.shows("id=\"text-error\"");
    browser
        .post(&new, &form("say sorry {player}", "600"))
        .await
        .is(StatusCode::SEE_OTHER);
    let page = browser.get(&url).await;
    for text in [
        "The command is queued.",
        "say sorry Steve",
        "Added by staff",
        "added by robin",
        "Delayed",
        "Send now",
    ] {
        page.shows(text);
    }
    let added = commands(&shop, order).await[1].0.clone();
    let edit = browser.get(&added).await.is(StatusCode::OK);
    edit.shows("value=\"say sorry Steve\"");
    browser
        .post(&added, &form("", "600"))
        .await
        .is(StatusCode::BAD_REQUEST)
        .shows("id=\"text-error\"");
    browser
        .post(&added, &form("say hello {player}", "0"))
        .await
        .is(StatusCode::SEE_OTHER);
    let page = browser.get(&url).await;
    page.shows("say hello Steve");
    page.shows("changed by robin");
}

#[tokio::test]
async fn commands_are_handled_only_by_who_may_and_of_their_own_order() {
    let shop = Shop::open().await;
    let server = shop.seen_server().await;
    let package = shop.package("VIP", "9.99").await;
    let (first, _) = bought(&shop, package, "Steve").await;
    let (second, _) = bought(&shop, package, "Alex").await;
    shop.run_all(server, LOST).await;
    let command = commands(&shop, first).await[0].0.clone();
    let wrong = command.replace(&first.to_string(), &second.to_string());
    let foreign = command.replace("/demo/", "/other/");
    let mut owner = shop.browser_of("robin").await;
    owner.get("/dashboard/demo").await;
    for deed in ["", "/resend", "/cancel"] {
        owner
            .post(&format!("{wrong}{deed}"), &[])
            .await
            .is(StatusCode::NOT_FOUND);
        owner
            .post_bare(&format!("{command}{deed}"), &[("text", "op Steve")])
            .await
            .is(StatusCode::FORBIDDEN);
    }
    owner.get(&wrong).await.is(StatusCode::NOT_FOUND);
    let mut kim = shop.browser_of("kim").await;
    kim.get("/dashboard/other/orders").await;
    for deed in ["", "/resend", "/cancel"] {
        kim.post(&format!("{foreign}{deed}"), &[])
            .await
            .is(StatusCode::NOT_FOUND);
    }
    let looks = [
        (Area::Orders, Access::View),
        (Area::Commands, Access::View),
        (Area::Servers, Access::View),
    ];
    shop.member_of("sam", &looks).await;
    let mut sam = shop.browser_of("sam").await;
    sam.get("/dashboard/demo/queue")
        .await
        .is(StatusCode::OK)
        .shows_not("/resend");
    for deed in ["", "/resend", "/cancel"] {
        sam.post(&format!("{command}{deed}"), &[])
            .await
            .is(StatusCode::FORBIDDEN);
    }
    assert_eq!(commands(&shop, first).await[0].1, CommandStatus::Failed);
}

#[tokio::test]
async fn the_queue_shows_what_waits_or_failed() {
    let shop = Shop::open().await;
    let mut browser = shop.browser_of("robin").await;
    browser
        .get("/dashboard/demo/queue")
        .await
        .is(StatusCode::OK)
        .shows("Nothing waits");
    let server = shop.seen_server().await;
    let actor = shop.actor();
    let other = tradepost_app::servers::create(&shop.app, &actor, "Lobby", "", "");
    let other = other.await.unwrap().server.id;
    let package = shop.package("VIP", "9.99").await;
    bought(&shop, package, "Steve").await;
    shop.run_all(server, LOST).await;
    bought(&shop, package, "Alex").await;
    let all = browser.get("/dashboard/demo/queue").await;
    for text in ["4 commands", ">Lobby<", "give Alex diamond", "Failed"] {
        all.shows(text);
    }
    all.shows("interrupted");
    let failed = browser.get("/dashboard/demo/queue?status=failed").await;
    failed.shows("give Steve diamond");
    failed.shows_not("give Alex diamond");
    let home = browser.get("/dashboard/demo").await;
    home.shows(&format!(
        "/dashboard/demo/queue?status=failed&#38;server={server}"
    ));
    let both = format!("/dashboard/demo/queue?status=failed&server={other}");
    browser.get(&both).await.shows("No command matches");
    browser
        .get("/dashboard/demo/queue?status=x&server=y&before=z&trail=..")
        .await
        .is(StatusCode::OK)
        .shows("4 commands");
    // From the queue one comes back to the queue, and nowhere else.
    let action = failed
        .body
        .split("action=\"")
        .find(|it| it.contains("/resend\""));
    let action = action.and_then(|it| it.split('"').next()).unwrap();
    let back = "/dashboard/demo/queue?status=failed";
    let sent = browser.post(action, &[("next", back)]).await;
    assert_eq!(sent.is(StatusCode::SEE_OTHER).location(), back);
    shop.run_all(server, LOST).await;
    let sent = browser.post(action, &[("next", "//evil.example")]).await;
    assert!(
        sent.is(StatusCode::SEE_OTHER)
            .location()
            .contains("/orders/")
    );
}

#[tokio::test]
async fn pages_of_the_queue_lead_on_and_back() {
    let shop = Shop::open().await;
    shop.server().await;
    let many: Vec<_> = (0..26).map(|n| ("initial", format!("say {n}."))).collect();
    let many: Vec<_> = many
        .iter()
        .map(|(kind, text)| (*kind, text.as_str(), ""))
        .collect();
    for half in many.chunks(13) {
        let package = shop.package_with("Many", "1", half).await;
        bought(&shop, package, "Steve").await;
    }
    let mut browser = shop.browser_of("robin").await;
    let link = |body: &str, rel: &str| {
        let before = body.split_once(&format!("\" rel=\"{rel}\""))?.0;
        let url = before.rsplit_once("href=\"")?.1;
        Some(url.replace("&#38;", "&"))
    };
    let first = browser.get("/dashboard/demo/queue").await;
    first.shows("1 to 25 of 26");
    assert_eq!(link(&first.body, "prev"), None);
    let second = browser.get(&link(&first.body, "next").unwrap()).await;
    second.shows("26 to 26");
    assert_eq!(link(&second.body, "next"), None);
    let back = browser.get(&link(&second.body, "prev").unwrap()).await;
    back.shows("1 to 25 of 26");
}
