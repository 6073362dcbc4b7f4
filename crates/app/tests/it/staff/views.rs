//! What staff look at: lists, the calendar, a server's report, the store's own commands.

use jiff::{SignedDuration, ToSpan as _};
use tradepost_app::commands::{Edit, Filter};
use tradepost_app::packages::CommandInput;
use tradepost_app::{
    Actor, Error, calendar, commands, delivery, global_commands, orders, reports, servers,
};
use tradepost_model::commands::{CommandStatus, CommandType, RunResult};
use tradepost_model::permissions::{Access, Area, Permissions};

use super::{fields, find, last_reason, mara, new_command, only, report};
use crate::shop::{Shop, code, new_store, on_both_engines};

on_both_engines!(
    lists_find_by_every_filter,
    another_stores_commands_do_not_exist,
    permissions_are_asked_for,
    the_calendar_shows_what_comes_and_stops_it,
    the_calendar_is_bounded_for_the_whole_store,
    a_report_tells_how_deliveries_go,
    global_commands_are_checked_and_run,
);

async fn lists_find_by_every_filter(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let lobby = servers::create(&shop.app, &shop.actor, "Lobby", "", "").await;
    let lobby = lobby.unwrap().server.id;
    let (plugin, recorder) = shop.connect().await;
    let mut orders = Vec::new();
    for (name, result) in [
        ("Done", Some(RunResult::Completed)),
        ("Failed", Some(RunResult::Interrupted(None))),
        ("Away", Some(RunResult::AwaitingPlayer)),
        ("Sent", None),
    ] {
        shop.clock.advance(SignedDuration::from_secs(1));
        orders.push(shop.buys(name, vip).await.order.id);
        let run = recorder.take().remove(0);
        if let Some(result) = result {
            report(&shop, plugin, &run, result).await;
        }
    }
    shop.clock.advance(SignedDuration::from_secs(1));
    let pending = new_command(lobby, "pending {player}");
    let pending = commands::add(&shop.app, &shop.actor, orders[0], pending)
        .await
        .unwrap();
    let mut gone = new_command(lobby, "gone {player}");
    gone.kind = Some(CommandType::Expiry);
    let gone = commands::add(&shop.app, &shop.actor, orders[1], gone)
        .await
        .unwrap();
    commands::cancel(&shop.app, &shop.actor, gone)
        .await
        .unwrap();
    let page = async |filter: Filter, skip: usize, take: usize| {
        commands::list(&shop.app, &shop.actor, filter, skip, take)
            .await
            .unwrap()
    };
    let all = page(Filter::default(), 0, 10).await;
    assert_eq!(
        (all.commands.len(), all.total, all.more),
        (6, Some(6), false)
    );
    assert_eq!(all.commands[5].command.player.username.as_str(), "Done");
    assert_eq!(all.commands[5].server_name, "Survival");
    for status in CommandStatus::ALL {
        for server in [None, Some(shop.survival), Some(lobby)] {
            let filter = Filter {
                server,
                statuses: vec![status],
                ..Filter::default()
            };
            let found = page(filter, 0, 10).await;
            let expected = all.commands.iter().filter(|it| {
                it.command.status == status && server.is_none_or(|id| it.command.server == id)
            });
            let expected: Vec<_> = expected.map(|it| it.command.id).collect();
            let found: Vec<_> = found.commands.iter().map(|it| it.command.id).collect();
            assert_eq!(found, expected, "{status:?} {server:?}");
        }
    }
    let several = Filter {
        statuses: vec![
            CommandStatus::Failed,
            CommandStatus::Pending,
            CommandStatus::Completed,
        ],
        ..Filter::default()
    };
    let found = page(several, 1, 1).await;
    assert_eq!(
        (found.total, found.more, found.commands.len()),
        (Some(3), true, 1)
    );
    assert_eq!(found.commands[0].command.status, CommandStatus::Failed);
    let of = async |filter| page(filter, 0, 10).await.commands.len();
    let order = Some(orders[0]);
    assert_eq!(
        of(Filter {
            order,
            ..Filter::default()
        })
        .await,
        2
    );
    let on_lobby = Filter {
        order,
        server: Some(lobby),
        ..Filter::default()
    };
    assert_eq!(of(on_lobby).await, 1);
    let kind = Some(CommandType::Expiry);
    assert_eq!(
        of(Filter {
            kind,
            ..Filter::default()
        })
        .await,
        1
    );
    let from = Some(shop.app.now());
    assert_eq!(
        of(Filter {
            from,
            ..Filter::default()
        })
        .await,
        2
    );
    assert_eq!(
        of(Filter {
            to: from,
            ..Filter::default()
        })
        .await,
        4
    );
    // Page by page, without counting.
    let (mut before, mut seen) = (Some(all.commands[0].command.id), 1);
    while let Some(place) = before {
        let filter = Filter {
            before: Some(place),
            ..Filter::default()
        };
        let next = page(filter, 0, 2).await;
        assert_eq!(next.total, None);
        seen += next.commands.len();
        before = next
            .commands
            .last()
            .filter(|_| next.more)
            .map(|it| it.command.id);
    }
    assert_eq!(seen, 6);
    assert_eq!(find(&shop, pending).await.1.len(), 1);
}

async fn another_stores_commands_do_not_exist(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let details = shop.buys("Steve", vip).await;
    let (app, command) = (&shop.app, only(&details));
    let stranger = Actor::operator(new_store(app, "other").await.id);
    assert_eq!(
        code(commands::find(app, &stranger, command).await),
        "not_found"
    );
    assert_eq!(
        code(commands::resend(app, &stranger, command).await),
        "not_found"
    );
    assert_eq!(
        code(commands::cancel(app, &stranger, command).await),
        "not_found"
    );
    let edit = commands::edit(app, &stranger, command, Edit::default()).await;
    assert_eq!(code(edit), "not_found");
    let new = new_command(shop.survival, "x");
    let added = commands::add(app, &stranger, details.order.id, new).await;
    assert_eq!(code(added), "not_found");
    for filter in [
        Filter::default(),
        Filter {
            order: Some(details.order.id),
            ..Filter::default()
        },
        Filter {
            server: Some(shop.survival),
            ..Filter::default()
        },
        Filter {
            server: Some(shop.survival),
            statuses: CommandStatus::ALL.to_vec(),
            ..Filter::default()
        },
    ] {
        let page = commands::list(app, &stranger, filter, 0, 10).await.unwrap();
        assert_eq!(page.total, Some(0));
    }
    let item = details.items[0].id;
    assert_eq!(
        code(calendar::cancel_expiry(app, &stranger, item).await),
        "not_found"
    );
    let report = reports::delivery_report(app, &stranger, shop.survival).await;
    assert_eq!(code(report.map(|_| ())), "not_found");
}

async fn permissions_are_asked_for(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let details = shop.buys("Steve", vip).await;
    let (app, command) = (&shop.app, only(&details));
    let mut few = Permissions::default();
    few.grant(Area::Commands, Access::View);
    let viewer = Actor::key(shop.store.id, few);
    let nobody = Actor::key(shop.store.id, Permissions::default());
    let is_forbidden = |result: Result<(), Error>| matches!(result, Err(Error::Forbidden { .. }));
    assert!(commands::find(app, &viewer, command).await.is_ok());
    assert!(is_forbidden(
        commands::find(app, &nobody, command).await.map(|_| ())
    ));
    let list = commands::list(app, &nobody, Filter::default(), 0, 1).await;
    assert!(is_forbidden(list.map(|_| ())));
    assert!(is_forbidden(commands::resend(app, &viewer, command).await));
    assert!(is_forbidden(commands::cancel(app, &viewer, command).await));
    assert!(is_forbidden(
        commands::edit(app, &viewer, command, Edit::default()).await
    ));
    let new = new_command(shop.survival, "x");
    let added = commands::add(app, &viewer, details.order.id, new).await;
    assert!(is_forbidden(added.map(|_| ())));
    let item = details.items[0].id;
    assert!(is_forbidden(
        calendar::cancel_expiry(app, &viewer, item).await
    ));
    assert!(is_forbidden(global_commands::save(app, &viewer, &[]).await));
    // How long what was bought lasts is the order's matter.
    let mut commands_only = Permissions::default();
    commands_only.grant(Area::Commands, Access::Edit);
    let commands_only = Actor::key(shop.store.id, commands_only);
    assert!(is_forbidden(
        calendar::cancel_expiry(app, &commands_only, item).await
    ));
    let mut orders_too = Permissions::default();
    orders_too.grant(Area::Orders, Access::Edit);
    let orders_too = Actor::key(shop.store.id, orders_too);
    assert_eq!(
        code(calendar::cancel_expiry(app, &orders_too, item).await),
        "no_expiry"
    );
}

async fn the_calendar_shows_what_comes_and_stops_it(shop: Shop) {
    let vip = shop.package_with("VIP", "9.99", |package| {
        let mut later = shop.command("later {player}");
        later.delay = "7200".to_owned();
        let mut expiry = shop.command("take {player}");
        expiry.kind = "expiry".to_owned();
        package.timed_hours = "1".to_owned();
        package.commands.extend([later, expiry]);
    });
    let details = shop.buys("Steve", vip.await).await;
    let (app, mara, now) = (&shop.app, mara(&shop).await, shop.app.now());
    let all = async || {
        calendar::upcoming(app, &mara, now, now + 24.hours(), 50)
            .await
            .unwrap()
    };
    let entries = all().await;
    assert_eq!(entries.len(), 2);
    let item = details.items[0].id;
    let expiry = calendar::EntryKind::Expiry { item, quantity: 1 };
    assert_eq!(
        (&entries[0].kind, entries[0].at),
        (&expiry, now + 1.hours())
    );
    assert_eq!(entries[1].at, now + 2.hours());
    assert_eq!(entries[1].server_name.as_deref(), Some("Survival"));
    let calendar::EntryKind::Command { command, text, .. } = &entries[1].kind else {
        panic!("a command is due");
    };
    assert_eq!(text, "later Steve");
    let soon = calendar::upcoming(app, &mara, now, now + 1.hours(), 50)
        .await
        .unwrap();
    assert!(soon.is_empty(), "the end is not part of it");
    calendar::cancel_expiry(app, &mara, item).await.unwrap();
    commands::cancel(app, &mara, *command).await.unwrap();
    assert!(all().await.is_empty());
    assert_eq!(
        code(calendar::cancel_expiry(app, &mara, item).await),
        "no_expiry"
    );
    let first = details.commands[0].command.id;
    let reason = "expiry cancelled by Mara: what was bought lasts for ever";
    assert_eq!(last_reason(&shop, first).await, reason);
    let store = shop.store.id;
    let events = app
        .read(async move |conn| Ok(tradepost_db::events::after(conn, store, 0, 100).await?))
        .await
        .unwrap();
    let event = events
        .iter()
        .find(|it| it.name == "expiry.cancelled")
        .unwrap();
    assert_eq!(event.data["cancelled_by"], "Mara");
    shop.wait(2 * 3600).await;
    let order = orders::find(app, &mara, details.order.id).await.unwrap();
    assert!(order.items[0].ended.is_none() && order.commands.len() == 2);
}

async fn the_calendar_is_bounded_for_the_whole_store(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let order = shop.buys("Steve", vip).await.order.id;
    let (app, actor, now) = (&shop.app, &shop.actor, shop.app.now());
    let lobby = servers::create(app, actor, "Lobby", "", "").await.unwrap();
    for (server, delay) in [
        (shop.survival, 300),
        (lobby.server.id, 100),
        (shop.survival, 200),
        (lobby.server.id, 400),
    ] {
        let mut new = new_command(server, &format!("after {delay}"));
        new.delay_seconds = delay;
        commands::add(app, actor, order, new).await.unwrap();
    }
    let entries = calendar::upcoming(app, actor, now, now + 24.hours(), 3);
    let mut found = Vec::new();
    for entry in entries.await.unwrap() {
        let calendar::EntryKind::Command { text, .. } = entry.kind else {
            panic!("nothing expires");
        };
        found.push(format!("{text} on {}", entry.server_name.unwrap()));
    }
    let expected = [
        "after 100 on Lobby",
        "after 200 on Survival",
        "after 300 on Survival",
    ];
    assert_eq!(found, expected);
}

async fn a_report_tells_how_deliveries_go(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    for (name, seconds, result) in [
        ("One", 1, RunResult::Completed),
        ("Two", 2, RunResult::Completed),
        ("Three", 40, RunResult::Interrupted(None)),
    ] {
        shop.buys(name, vip).await;
        let run = recorder.take().remove(0);
        shop.clock.advance(SignedDuration::from_secs(seconds));
        report(&shop, plugin, &run, result).await;
    }
    delivery::disconnect(&shop.app, plugin).await.unwrap();
    let waiting = shop.buys("Four", vip).await;
    let since = waiting.commands[0].command.due_at;
    let mut later = new_command(shop.survival, "later");
    later.delay_seconds = 60;
    commands::add(&shop.app, &shop.actor, waiting.order.id, later)
        .await
        .unwrap();
    shop.wait(5).await;
    let report = reports::delivery_report(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    assert_eq!(
        (report.queue.pending, report.waiting_since),
        (2, Some(since))
    );
    assert_eq!((report.completed, report.failed), (2, 1));
    assert_eq!(
        (report.latency.count, report.latency.p50_ms),
        (3, Some(2000))
    );
    assert_eq!(report.latency.p99_ms, Some(40_000));
    let names: Vec<_> = report
        .results
        .iter()
        .map(|it| it.player.username.as_str())
        .collect();
    assert_eq!(names, ["Three", "Two", "One"]);
    assert_eq!(report.results[1].output.as_deref(), Some("said"));
    assert_eq!(
        (report.delayed.len(), report.delayed[0].text.as_str()),
        (1, "later")
    );
    // Single commands are shown to who may see them.
    let mut few = Permissions::default();
    few.grant(Area::Servers, Access::View);
    let few = Actor::key(shop.store.id, few);
    let short = reports::delivery_report(&shop.app, &few, shop.survival)
        .await
        .unwrap();
    assert_eq!((short.completed, short.queue.pending), (2, 2));
    assert!(short.results.is_empty() && short.delayed.is_empty());
    shop.wait(25 * 3600).await;
    let report = reports::delivery_report(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    assert_eq!(
        (report.completed, report.failed, report.results.len()),
        (0, 0, 3)
    );
}

async fn global_commands_are_checked_and_run(shop: Shop) {
    let (app, actor) = (&shop.app, &shop.actor);
    let input = |kind: &str, target: &str| CommandInput {
        kind: kind.to_owned(),
        target: target.to_owned(),
        run_per: String::new(),
        ..shop.command("broadcast {player} bought {package}")
    };
    let wrong = [
        input("expiry", "all"),
        input("initial", "customerChoice"),
        CommandInput {
            template: "{nobody}".to_owned(),
            delay: "x".to_owned(),
            ..input("refund", "nowhere")
        },
    ];
    let expected = [
        "commands[0].kind",
        "commands[1].target",
        "commands[2].template",
        "commands[2].target",
        "commands[2].delay",
    ];
    assert_eq!(
        fields(global_commands::save(app, actor, &wrong).await),
        expected
    );
    let many: Vec<_> = (0..21).map(|_| input("initial", "all")).collect();
    assert_eq!(
        fields(global_commands::save(app, actor, &many).await),
        ["commands"]
    );
    let own = shop.survival.to_string();
    let good = [input("initial", "all"), input("refund", &own)];
    global_commands::save(app, actor, &good).await.unwrap();
    assert_eq!(global_commands::list(app, actor).await.unwrap().len(), 2);
    let vip = shop.package("VIP", "9.99").await;
    let texts: Vec<_> = shop.buys("Steve", vip).await.commands;
    let texts: Vec<_> = texts.into_iter().map(|it| it.command.text).collect();
    assert_eq!(
        texts,
        [
            format!("give Steve {vip}"),
            "broadcast Steve bought VIP".to_owned()
        ]
    );
    global_commands::save(app, actor, &[]).await.unwrap();
    assert!(global_commands::list(app, actor).await.unwrap().is_empty());
}
