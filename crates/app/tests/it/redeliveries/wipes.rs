//! After a wipe: what players hold is given again, on one server.

use jiff::{SignedDuration, ToSpan as _};
use tradepost_app::redeliveries::{NewRedelivery, RedeliveryFilter, RedeliveryState};
use tradepost_app::{orders, redeliveries, servers};
use tradepost_model::commands::{CommandOrigin, CommandStatus, RunResult};

use super::{all, of_commands, progress, redelivered, view, wipe};
use crate::shop::{Shop, code, on_both_engines};
use crate::staff::{find, mara, report};

on_both_engines!(
    a_wipe_gives_again_what_players_hold,
    a_wipe_does_not_double_what_is_under_way,
    what_ends_meanwhile_is_skipped,
    one_wipe_at_a_time_for_a_server,
);

async fn a_wipe_gives_again_what_players_hold(shop: Shop) {
    let lobby = servers::create(&shop.app, &shop.actor, "Lobby", "", "").await;
    let lobby = lobby.unwrap().server.id;
    let vip = shop.package_with("VIP", "9.99", |package| {
        let mut elsewhere = shop.command("elsewhere {player}");
        elsewhere.target = lobby.to_string();
        let mut everywhere = shop.command("everywhere {player}");
        everywhere.target = "all".to_owned();
        let mut expiry = shop.command("take {player}");
        expiry.kind = "expiry".to_owned();
        package.commands.extend([elsewhere, everywhere, expiry]);
        package.timed_hours = "48".to_owned();
    });
    let (vip, kit) = (vip.await, shop.package("Kit", "1.00").await);
    let (plugin, recorder) = shop.connect().await;
    let mut orders = Vec::new();
    for (name, package) in [
        ("Expired", vip),
        ("Steve", vip),
        ("Alex", vip),
        ("Alex", kit),
        ("Gone", vip),
    ] {
        orders.push(shop.buys(name, package).await.order.id);
        for run in recorder.take() {
            report(&shop, plugin, &run, RunResult::Completed).await;
        }
        shop.clock.advance(SignedDuration::from_secs(1));
        if name == "Expired" {
            shop.wait(24 * 3600).await;
        }
    }
    orders::refund_order(&shop.app, &shop.actor, orders[4], None)
        .await
        .unwrap();
    shop.wait(25 * 3600).await;
    for run in recorder.take() {
        report(&shop, plugin, &run, RunResult::Completed).await;
    }
    let before = all(&shop).await.len();
    let preview = redeliveries::preview(&shop.app, &shop.actor, wipe(shop.survival, 6000));
    let preview = preview.await.unwrap();
    assert_eq!(
        (preview.lines, preview.commands, preview.players),
        (3, 5, 2)
    );
    let expected = [
        format!("give Steve {vip}"),
        "everywhere Steve".to_owned(),
        format!("give Alex {vip}"),
        "everywhere Alex".to_owned(),
        format!("give Alex {kit}"),
    ];
    assert_eq!(preview.texts, expected);
    assert_eq!(all(&shop).await.len(), before, "nothing was written");
    let mara = mara(&shop).await;
    let id = redeliveries::start(&shop.app, &mara, wipe(shop.survival, 6000))
        .await
        .unwrap();
    // What is bought now comes anyway.
    shop.clock.advance(SignedDuration::from_secs(1));
    let new = shop.buys("New", kit).await;
    assert_eq!(recorder.take().len(), 1);
    shop.wait(1).await;
    let sent = recorder.take();
    let texts: Vec<_> = sent.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, expected);
    assert!(
        sent.iter()
            .all(|it| it.origin == CommandOrigin::Redelivery && it.attempt == 1)
    );
    assert_eq!(
        find(&shop, sent[0].id).await.1[0].reason,
        "redelivered by Mara"
    );
    for run in sent {
        report(&shop, plugin, &run, RunResult::Completed).await;
    }
    shop.wait(60).await;
    assert_eq!(progress(&shop, id).await, (3, 3, 5));
    assert!(!redelivered(&shop).await.contains_key(&new.order.id));
    // Only one package, bought in a time.
    let filter = RedeliveryFilter {
        packages: vec![kit],
        to: Some(shop.app.now() - 1.hours()),
        ..RedeliveryFilter::default()
    };
    let some = NewRedelivery {
        filter,
        ..wipe(shop.survival, 6000)
    };
    let preview = redeliveries::preview(&shop.app, &shop.actor, some.clone())
        .await
        .unwrap();
    assert_eq!((preview.lines, preview.commands), (1, 1));
    let id = redeliveries::start(&shop.app, &mara, some).await.unwrap();
    shop.wait(10).await;
    assert_eq!(progress(&shop, id).await, (1, 1, 1));
    assert_eq!(
        view(&shop, id).await.redelivery.state,
        RedeliveryState::Done
    );
    let other = redeliveries::preview(&shop.app, &shop.actor, wipe(lobby, 600))
        .await
        .unwrap();
    assert_eq!(
        (other.lines, other.commands),
        (4, 0),
        "they wait there already"
    );
}

async fn a_wipe_does_not_double_what_is_under_way(shop: Shop) {
    let kit = shop.package_with("Kit", "1.00", |package| {
        package.commands = ["one {player}", "two {player}"]
            .map(|it| shop.command(it))
            .to_vec();
    });
    let details = shop.buys("Steve", kit.await).await;
    let (plugin, recorder) = shop.connect().await;
    let runs = recorder.take();
    report(&shop, plugin, &runs[0], RunResult::Completed).await;
    report(&shop, plugin, &runs[1], RunResult::AwaitingPlayer).await;
    let new = || wipe(shop.survival, 600);
    let preview = redeliveries::preview(&shop.app, &shop.actor, new())
        .await
        .unwrap();
    assert_eq!(
        (preview.commands, preview.texts),
        (1, vec!["one Steve".to_owned()])
    );
    let id = redeliveries::start(&shop.app, &shop.actor, new())
        .await
        .unwrap();
    shop.wait(10).await;
    assert_eq!(progress(&shop, id).await, (1, 1, 1));
    assert_eq!(shop.commands(&details).await.len(), 3);
    let sent = recorder.take();
    assert_eq!((sent.len(), sent[0].text.as_str()), (1, "one Steve"));
}

async fn what_ends_meanwhile_is_skipped(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mut orders = Vec::new();
    for number in 0..3 {
        orders.push(shop.buys(&format!("Buyer_{number}"), vip).await.order.id);
    }
    let (plugin, recorder) = shop.connect().await;
    for run in recorder.take() {
        report(&shop, plugin, &run, RunResult::Completed).await;
    }
    let wipe = redeliveries::start(&shop.app, &shop.actor, wipe(shop.survival, 12))
        .await
        .unwrap();
    shop.wait(0).await;
    let refunded = redelivered(&shop).await;
    let refunded = orders
        .iter()
        .find(|order| !refunded.contains_key(order))
        .unwrap();
    orders::refund_order(&shop.app, &shop.actor, *refunded, None)
        .await
        .unwrap();
    for _ in 0..4 {
        shop.wait(5).await;
    }
    let done = redelivered(&shop).await;
    assert!(done.len() == 2 && !done.contains_key(refunded));
    assert_eq!(progress(&shop, wipe).await, (3, 3, 2));
    // Commands of goods that were taken away are skipped as well.
    let bulk = NewRedelivery {
        filter: RedeliveryFilter {
            statuses: vec![CommandStatus::Completed],
            ..RedeliveryFilter::default()
        },
        ..of_commands(600)
    };
    let preview = redeliveries::preview(&shop.app, &shop.actor, bulk)
        .await
        .unwrap();
    assert_eq!(preview.commands, 2);
}

async fn one_wipe_at_a_time_for_a_server(shop: Shop) {
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let (app, actor, new) = (
                shop.app.clone(),
                shop.actor.clone(),
                wipe(shop.survival, 600),
            );
            let work = async move { redeliveries::start(&app, &actor, new).await };
            shop.app.tasks.spawn(work)
        })
        .collect();
    let mut started = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(id) => started.push(id),
            refused => assert_eq!(code(refused), "redelivery_running"),
        }
    }
    assert_eq!(started.len(), 1);
    let (app, actor) = (&shop.app, &shop.actor);
    redeliveries::pause(app, actor, started[0]).await.unwrap();
    let paused = redeliveries::start(app, actor, wipe(shop.survival, 600)).await;
    assert_eq!(code(paused), "redelivery_running");
    let lobby = servers::create(app, actor, "Lobby", "", "").await.unwrap();
    redeliveries::start(app, actor, wipe(lobby.server.id, 600))
        .await
        .unwrap();
    redeliveries::start(app, actor, of_commands(600))
        .await
        .unwrap();
    redeliveries::cancel(app, actor, started[0], false)
        .await
        .unwrap();
    redeliveries::start(app, actor, wipe(shop.survival, 600))
        .await
        .unwrap();
    let list = redeliveries::list(app, actor, None, 10).await.unwrap();
    assert_eq!(list.len(), 4);
    let last = list.last().unwrap().redelivery.id;
    let rest = redeliveries::list(app, actor, Some(list[0].redelivery.id), 10)
        .await
        .unwrap();
    assert_eq!((rest.len(), rest[2].redelivery.id), (3, last));
}
