//! What goes wrong at bad moments: browsers that go away, nodes that die, plugins that come at once,
//! owners who change things meanwhile. Whatever it is, what was paid for arrives or is paid back.

use std::sync::Arc;

use jiff::SignedDuration;
use tradepost_app::delivery::{self, Hello, Plugin};
use tradepost_app::orders::{Settled, start_payment};
use tradepost_app::packages::PackageInput;
use tradepost_app::payments::{self, Decision};
use tradepost_app::{Error, identity, jobs, packages, servers};
use tradepost_model::commands::CommandStatus;
use tradepost_model::ids::ConnectionId;
use tradepost_model::orders::OrderStatus;
use tradepost_model::payments::PaymentStatus;

use crate::shop::{Recorder, Shop, code, new_session, on_both_engines};

on_both_engines!(
    a_browser_that_goes_away_changes_nothing,
    what_memory_has_forgotten_the_sweep_sends_again,
    a_big_order_is_handed_over_in_windows,
    an_order_has_a_limit_of_commands,
    plugins_that_come_at_once_leave_one_that_receives,
    a_plugin_that_waits_behind_a_dead_node_receives_when_its_time_is_over,
    a_hello_after_the_other_has_gone_is_enough,
    a_row_without_a_connection_ends,
    what_can_no_longer_be_delivered_is_paid_back,
    nothing_more_is_paid_while_a_payment_is_looked_at,
    settling_starting_and_cancelling_at_once_ends_well,
    one_account_has_one_limit,
    a_socket_opened_before_the_token_changed_gets_nothing,
    what_a_connection_has_no_room_for_comes_later,
    a_backlog_of_jobs_is_worked_off,
);

async fn a_browser_that_goes_away_changes_nothing(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (_, recorder) = shop.connect().await;
    let mut arrived = 0;
    for polls in 0..8 {
        let session = shop.session(&format!("Buyer_{polls}"), vip).await.unwrap();
        let reference = shop.start(&session).await.unwrap();
        let told = shop.told(&reference, Decision::Approve).await;
        {
            let settling = payments::settle_now(&shop.app, &told);
            tokio::pin!(settling);
            for _ in 0..polls {
                tokio::select! {
                    biased;
                    _ = &mut settling => break,
                    () = tokio::task::yield_now() => {}
                }
            }
        }
        // Dropped. Begun or not, the job or the work itself brings it to its end.
        shop.app.tasks.close();
        shop.app.tasks.wait().await;
        shop.app.tasks.reopen();
        shop.wait(2).await;
        assert_eq!(shop.order(&session).await.order.status, OrderStatus::Paid);
        arrived += recorder.take().len();
        assert_eq!(arrived, polls + 1, "dropped after {polls} polls");
        let acked = shop.commands(&shop.order(&session).await).await[0]
            .command
            .id;
        let plugin = shop.plugin().await;
        delivery::ack(&shop.app, plugin, vec![acked]).await.unwrap();
    }
}

async fn what_memory_has_forgotten_the_sweep_sends_again(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    let details = shop.buys("Steve", vip).await;
    let first = recorder.take();
    // The acknowledgement takes it out of memory, and is then undone in the database: as if the
    // process had died between the commit and the hand-over.
    delivery::ack(&shop.app, plugin, vec![first[0].id])
        .await
        .unwrap();
    let (store, server, connection) = (shop.store.id, plugin.server, plugin.connection);
    let (id, now) = (first[0].id, shop.app.now());
    shop.app
        .write(async move |tx| {
            tradepost_db::commands::await_player(tx, store, &first[0], now).await?;
            tradepost_db::commands::player_joined(tx, store, server, "steve", None, true, now)
                .await?;
            Ok(tradepost_db::commands::claim(tx, store, server, connection, now, 10).await?)
        })
        .await
        .map(|claimed| assert_eq!(claimed[0].id, id))
        .unwrap();
    shop.wait(11).await;
    assert!(recorder.take().is_empty(), "memory knows nothing of it");
    delivery::sweep(&shop.app).await.unwrap();
    assert_eq!(recorder.take().len(), 1);
    assert_eq!(
        shop.commands(&details).await[0].command.status,
        CommandStatus::Delivered
    );
}

async fn a_big_order_is_handed_over_in_windows(shop: Shop) {
    let kit = shop
        .package_with("Kit", "0.01", |package| {
            package.commands = (0..5)
                .map(|n| shop.command(&format!("give {{player}} {n}")))
                .collect();
        })
        .await;
    let (_, recorder) = shop.connect().await;
    let mut new = new_session("Steve", kit);
    new.lines[0].quantity = 100;
    let session = tradepost_app::checkout::create(&shop.app, &shop.store, new)
        .await
        .unwrap();
    let reference = shop.start(&session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    assert_eq!(recorder.take().len(), delivery::WINDOW);
    let (plugin, again) = shop.connect().await;
    let mut seen = Vec::new();
    loop {
        let sent = again.take();
        if sent.is_empty() {
            break;
        }
        assert!(sent.len() <= delivery::WINDOW);
        let ids: Vec<_> = sent.iter().map(|command| command.id).collect();
        delivery::ack(&shop.app, plugin, ids).await.unwrap();
        seen.extend(sent);
    }
    assert_eq!(seen.len(), 500);
    assert!(
        seen.iter().all(|command| command.attempt == 1),
        "the same keys"
    );
}

async fn an_order_has_a_limit_of_commands(shop: Shop) {
    let kit = shop
        .package_with("Kit", "0.01", |package| {
            package.commands = (0..20)
                .map(|n| shop.command(&format!("give {{player}} {n}")))
                .collect();
        })
        .await;
    let mut new = new_session("Steve", kit);
    new.lines[0].quantity = 51;
    let Err(Error::Invalid(errors)) =
        tradepost_app::checkout::create(&shop.app, &shop.store, new).await
    else {
        panic!("1,020 commands are too many")
    };
    assert!(errors.0[0].reason.contains("too much for one order"));
}

async fn plugins_that_come_at_once_leave_one_that_receives(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    for round in 0..10 {
        let mut tasks = Vec::new();
        for _ in 0..4 {
            let (app, store, server) = (shop.app.clone(), shop.store.id, shop.survival);
            tasks.push(shop.app.tasks.spawn(async move {
                let plugin = Plugin {
                    store,
                    server,
                    connection: app.id(),
                };
                let recorder = Arc::new(Recorder::default());
                delivery::connect(&app, plugin, recorder.clone())
                    .await
                    .unwrap();
                (plugin, recorder)
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        let (closed, open): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|(_, recorder)| recorder.closed.lock().is_some());
        assert_eq!(open.len(), 1);
        for (plugin, _) in &closed {
            delivery::disconnect(&shop.app, *plugin).await.unwrap();
        }
        shop.buys(&format!("Buyer_{round}"), vip).await;
        let sent = open[0].1.take();
        assert_eq!(sent.len(), 1, "round {round}");
        let ids = sent.iter().map(|command| command.id).collect();
        delivery::ack(&shop.app, open[0].0, ids).await.unwrap();
        let reports = crate::delivery::completed(&sent);
        delivery::report_results(&shop.app, open[0].0, reports)
            .await
            .unwrap();
        delivery::disconnect(&shop.app, open[0].0).await.unwrap();
    }
}

/// Leaves the row of a plugin whose node died behind.
async fn dead_node(shop: &Shop) {
    let (store, server, now) = (shop.store.id, shop.survival, shop.app.now());
    let connection: ConnectionId = shop.app.id();
    shop.app
        .write(async move |tx| {
            let until = now + SignedDuration::from_secs(60);
            let new = tradepost_db::servers::NewConnection {
                connection,
                instance: Some("X"),
                node: "dead-node",
                now,
                until,
            };
            Ok(tradepost_db::servers::connect(tx, store, server, &new).await?)
        })
        .await
        .unwrap();
}

async fn a_plugin_that_waits_behind_a_dead_node_receives_when_its_time_is_over(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    dead_node(&shop).await;
    let (_, recorder) = shop.connect().await;
    shop.buys("Steve", vip).await;
    assert!(recorder.take().is_empty(), "the other may still live");
    shop.wait(61).await;
    delivery::sweep(&shop.app).await.unwrap();
    assert_eq!(recorder.take().len(), 1);
}

async fn a_hello_after_the_other_has_gone_is_enough(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    dead_node(&shop).await;
    let (plugin, recorder) = shop.connect().await;
    shop.buys("Steve", vip).await;
    shop.wait(61).await;
    let hello = Hello {
        instance: Some("Y".to_owned()),
        online_mode: true,
        ..Hello::default()
    };
    delivery::hello(&shop.app, plugin, hello).await.unwrap();
    assert_eq!(recorder.take().len(), 1);
}

async fn a_row_without_a_connection_ends(shop: Shop) {
    let (store, server, now) = (shop.store.id, shop.survival, shop.app.now());
    let connection: ConnectionId = shop.app.id();
    shop.app
        .write(async move |tx| {
            let until = now + SignedDuration::from_secs(60);
            let node = "test-node";
            let new = tradepost_db::servers::NewConnection {
                connection,
                instance: Some("X"),
                node,
                now,
                until,
            };
            Ok(tradepost_db::servers::connect(tx, store, server, &new).await?)
        })
        .await
        .unwrap();
    delivery::sweep(&shop.app).await.unwrap();
    let (state, ..) = servers::find(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    assert!(!state.is_there(), "nothing stands for it");
}

async fn what_can_no_longer_be_delivered_is_paid_back(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    // Meanwhile the owner lets buyers choose the server, which this one was never asked.
    let mut command = shop.command("give {player}");
    command.target = "customerChoice".to_owned();
    let input = PackageInput {
        name: "VIP".to_owned(),
        price: "9.99".to_owned(),
        is_active: true,
        server_selection: true,
        commands: vec![command],
        ..PackageInput::default()
    };
    packages::save(&shop.app, &shop.actor, &shop.store, Some(vip), &input)
        .await
        .unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Refunding
    );
    jobs::run_due(&shop.app).await.unwrap();
    let details = shop.order(&session).await;
    assert_eq!(details.order.status, OrderStatus::Cancelled);
    assert_eq!(details.payments[0].payment.status, PaymentStatus::Refunded);
    assert!(
        details
            .order
            .reason
            .unwrap()
            .contains("cannot be delivered")
    );
}

async fn nothing_more_is_paid_while_a_payment_is_looked_at(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    let (_, mut payment) = payments::by_reference(&shop.app, "test", &reference)
        .await
        .unwrap();
    payment.amount = tradepost_model::money::Money::new(998, payment.amount.currency());
    let (signature, body) = shop
        .app
        .gateways
        .test
        .notification(&payment, Decision::Approve)
        .unwrap();
    let told = payments::receive(&shop.app, "test", &signature, &body)
        .await
        .unwrap();
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Review
    );
    assert_eq!(code(shop.start(&session).await), "payment_in_review");
}

async fn settling_starting_and_cancelling_at_once_ends_well(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    for round in 0..20 {
        let session = shop.session(&format!("Buyer_{round}"), vip).await.unwrap();
        let reference = shop.start(&session).await.unwrap();
        let told = shop.told(&reference, Decision::Approve).await;
        let (app, other, third) = (shop.app.clone(), shop.app.clone(), shop.app.clone());
        let (one, two) = (session.clone(), session.clone());
        let settling = shop
            .app
            .tasks
            .spawn(async move { payments::settle_now(&app, &told).await });
        let starting = shop.app.tasks.spawn(async move {
            start_payment(&other, &one.id, tradepost_app::orders::Paying::by("test")).await
        });
        let cancelling = shop
            .app
            .tasks
            .spawn(async move { tradepost_app::checkout::cancel(&third, &two).await });
        let settled = settling.await.unwrap().unwrap();
        if let Err(error) = starting.await.unwrap() {
            assert!(matches!(error, Error::Refused { .. }), "{error:?}");
        }
        cancelling.await.unwrap().unwrap();
        jobs::run_due(&shop.app).await.unwrap();
        let details = shop.order(&session).await;
        let ending = (
            details.order.status,
            details.payments[0].payment.status,
            details.commands.len(),
        );
        let expected = match settled {
            Settled::Paid => (OrderStatus::Paid, PaymentStatus::Paid, 1),
            _ => (OrderStatus::Cancelled, PaymentStatus::Refunded, 0),
        };
        assert_eq!(ending, expected, "round {round}");
    }
}

async fn one_account_has_one_limit(shop: Shop) {
    let mut refused = 0;
    for number in 0..40 {
        let email = format!("{}lobby@Example.com", " ".repeat(number));
        let address = format!("10.0.0.{number}");
        match identity::log_in(&shop.app, &email, "wrong password", &address).await {
            Err(Error::TooMany { .. }) => refused += 1,
            Err(Error::Unauthenticated(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        refused, 30,
        "ten guesses a minute, however the address is written"
    );
}

async fn a_backlog_of_jobs_is_worked_off(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    for number in 0..60 {
        shop.session(&format!("Buyer_{number}"), vip).await.unwrap();
    }
    shop.clock.advance(SignedDuration::from_secs(3601));
    delivery::tick(&shop.app).await.unwrap();
    assert_eq!(jobs::run_due(&shop.app).await.unwrap(), 60);
    assert_eq!(jobs::run_due(&shop.app).await.unwrap(), 0);
    let (_, recorder) = shop.connect().await;
    let details = shop.buys("Steve", vip).await;
    assert_eq!(recorder.take().len(), 1);
    let status = shop.commands(&details).await[0].command.status;
    assert_eq!(status, CommandStatus::Delivered);
}

async fn a_socket_opened_before_the_token_changed_gets_nothing(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (store, server, token) = delivery::authenticate(&shop.app, Some(&shop.token))
        .await
        .unwrap();
    servers::regenerate_token(&shop.app, &shop.actor, server)
        .await
        .unwrap();
    shop.buys("Steve", vip).await;
    let plugin = Plugin {
        store,
        server,
        connection: shop.app.id(),
    };
    let recorder = Arc::new(Recorder::with_token(token));
    let refused = delivery::connect(&shop.app, plugin, recorder.clone()).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))));
    let closed = recorder.closed.lock().clone();
    assert_eq!(
        closed,
        Some((Some("Connection token was regenerated.".to_owned()), false))
    );
    assert!(recorder.take().is_empty());
    let (_, rightful) = shop.connect().await;
    assert_eq!(rightful.take().len(), 1);
}

async fn what_a_connection_has_no_room_for_comes_later(shop: Shop) {
    let kit = shop
        .package_with("Kit", "1.00", |package| {
            package.commands = (0..5)
                .map(|n| shop.command(&format!("give {{player}} {n}")))
                .collect();
        })
        .await;
    let (plugin, recorder) = shop.connect().await;
    *recorder.room.lock() = Some(2);
    shop.buys("Steve", kit).await;
    let first = recorder.take();
    assert_eq!(first.len(), 2);
    delivery::ack(
        &shop.app,
        plugin,
        first.iter().map(|command| command.id).collect(),
    )
    .await
    .unwrap();
    *recorder.room.lock() = None;
    shop.clock.advance(SignedDuration::from_secs(11));
    delivery::sweep(&shop.app).await.unwrap();
    let rest = recorder.take();
    assert_eq!(rest.len(), 3);
    assert!(rest.iter().all(|command| command.attempt == 1));
}
