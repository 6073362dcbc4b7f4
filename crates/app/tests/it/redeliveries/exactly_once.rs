//! Nothing is left out and nothing is sent twice, whatever fails and however many nodes run it.

use jiff::SignedDuration;
use tradepost_app::redeliveries::RedeliveryState;
use tradepost_app::{jobs, orders, redeliveries};
use tradepost_db::redeliveries as db;
use tradepost_model::commands::{CommandStatus, RunResult};
use tradepost_model::ids::RedeliveryId;

use super::{attempts_of, cancelled, of_cancelled, of_commands, redelivered, view, wipe};
use crate::shop::{Shop, on_both_engines};
use crate::staff::{find, report};

on_both_engines!(
    every_statement_of_a_batch_may_fail,
    every_statement_of_a_wipe_may_fail,
    two_nodes_send_nothing_twice,
    a_refund_between_the_page_and_the_write_is_seen,
    an_expiry_between_the_page_and_the_write_is_seen,
);

/// Runs the job again and again, each time with another statement that fails, until it is done.
async fn runs_with_failures(shop: &Shop, id: RedeliveryId, check: impl AsyncFn()) {
    for statement in 1..200 {
        // Longer than a lease and than any pause.
        shop.clock.advance(SignedDuration::from_secs(70));
        shop.app.db.fail_at(Some(statement));
        // A failure of the runner itself is an error, one of a batch is tried again later.
        jobs::run_batch(&shop.app).await.ok();
        shop.app.db.fail_at(None);
        check().await;
        let view = view(shop, id).await.redelivery;
        if view.state == RedeliveryState::Done {
            assert_eq!((view.seen, view.queued), (view.total, view.total));
            assert!(
                statement > 20,
                "only {statement} statements were made to fail"
            );
            return;
        }
    }
    panic!("it never ended");
}

async fn every_statement_of_a_batch_may_fail(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let commands = cancelled(&shop, vip, 20).await;
    shop.wait(1).await;
    let new = of_cancelled(12);
    let id = redeliveries::start(&shop.app, &shop.actor, new)
        .await
        .unwrap();
    runs_with_failures(&shop, id, async || {
        let queued = attempts_of(&shop, &commands).await;
        let queued = queued.iter().filter(|attempt| **attempt == 2).count();
        let it = view(&shop, id).await.redelivery;
        assert_eq!((it.seen, it.queued), (queued as i64, queued as i64));
    })
    .await;
    for command in commands {
        let (command, steps) = find(&shop, command).await;
        assert_eq!(
            (command.attempt, command.status, steps.len()),
            (2, CommandStatus::Pending, 3)
        );
    }
}

async fn every_statement_of_a_wipe_may_fail(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    let mut orders = Vec::new();
    for number in 0..20 {
        orders.push(shop.buys(&format!("Buyer_{number}"), vip).await.order.id);
        for run in recorder.take() {
            report(&shop, plugin, &run, RunResult::Completed).await;
        }
    }
    tradepost_app::delivery::disconnect(&shop.app, plugin)
        .await
        .unwrap();
    shop.wait(1).await;
    let id = redeliveries::start(&shop.app, &shop.actor, wipe(shop.survival, 12))
        .await
        .unwrap();
    runs_with_failures(&shop, id, async || {
        let queued: usize = redelivered(&shop).await.values().sum();
        let it = view(&shop, id).await.redelivery;
        assert_eq!((it.seen, it.queued), (queued as i64, queued as i64));
    })
    .await;
    let counts = redelivered(&shop).await;
    assert!(orders.iter().all(|order| counts.get(order) == Some(&1)));
}

async fn two_nodes_send_nothing_twice(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let commands = cancelled(&shop, vip, 30).await;
    let other = shop.another_node("other-node").await;
    shop.wait(1).await;
    let new = of_cancelled(12);
    let id = redeliveries::start(&shop.app, &shop.actor, new)
        .await
        .unwrap();
    for _ in 0..100 {
        let nodes = [
            shop.app.clone(),
            other.clone(),
            shop.app.clone(),
            other.clone(),
        ];
        let runs: Vec<_> = nodes
            .into_iter()
            .map(|app| {
                // The lease of the one before lapses while it runs.
                shop.clock.advance(SignedDuration::from_secs(61));
                let work = async move { jobs::run_batch(&app).await };
                shop.app.tasks.spawn(work)
            })
            .collect();
        for run in runs {
            run.await.unwrap().ok();
        }
        if view(&shop, id).await.redelivery.state == RedeliveryState::Done {
            break;
        }
    }
    let it = view(&shop, id).await.redelivery;
    assert_eq!(
        (it.state, it.seen, it.queued),
        (RedeliveryState::Done, 30, 30)
    );
    for command in commands {
        let (command, steps) = find(&shop, command).await;
        assert_eq!((command.attempt, steps.len()), (2, 3));
    }
}

/// A redelivery of all that completed, which has read its page before `meanwhile` happens; the job does
/// not run by itself.
async fn nothing_is_sent_after(shop: &Shop, meanwhile: impl AsyncFnOnce()) {
    let mut new = of_commands(12);
    new.filter.statuses = vec![CommandStatus::Completed];
    let id = redeliveries::start(&shop.app, &shop.actor, new)
        .await
        .unwrap();
    let (it, store, now) = (
        view(shop, id).await.redelivery,
        shop.store.id,
        shop.app.now(),
    );
    let page = {
        let it = it.clone();
        shop.app
            .read(async move |conn| Ok(db::candidates(conn, store, &it, it.place, 10).await?))
            .await
            .unwrap()
    };
    assert_eq!(page.len(), 1);
    meanwhile().await;
    let command = page[0].id;
    let sent = shop
        .app
        .write(async move |tx| Ok(db::send_again(tx, store, &it, command, now).await?))
        .await
        .unwrap();
    assert_eq!(sent, None);
    let (found, _) = find(shop, command).await;
    assert_eq!((found.status, found.attempt), (CommandStatus::Completed, 1));
}

async fn a_refund_between_the_page_and_the_write_is_seen(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    let order = shop.buys("Steve", vip).await.order.id;
    report(&shop, plugin, &recorder.take()[0], RunResult::Completed).await;
    let refund = async || orders::refund_order(&shop.app, &shop.actor, order, None).await;
    nothing_is_sent_after(&shop, async || refund().await.unwrap()).await;
}

async fn an_expiry_between_the_page_and_the_write_is_seen(shop: Shop) {
    let vip = shop.package_with("VIP", "9.99", |package| {
        package.timed_hours = "1".to_owned();
    });
    let vip = vip.await;
    let (plugin, recorder) = shop.connect().await;
    let item = shop.buys("Steve", vip).await.items[0].id;
    report(&shop, plugin, &recorder.take()[0], RunResult::Completed).await;
    let store = shop.store.id;
    nothing_is_sent_after(&shop, async || {
        let end = shop.app.now() + SignedDuration::from_hours(1);
        let ended = shop.app.write(async move |tx| {
            Ok(tradepost_db::entitlements::expire(tx, store, item, end).await?)
        });
        assert!(ended.await.unwrap());
    })
    .await;
}
