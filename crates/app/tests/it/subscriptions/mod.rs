//! Subscriptions: renewed by the clock, declined, cancelled, refunded.

mod decisions;
mod ends;
mod faults;
mod races;
mod renewals;

use tradepost_app::orders::{self, Details};
use tradepost_app::payments::{self, Decision};
use tradepost_app::subscriptions::{self, Who};
use tradepost_app::{Error, delivery, jobs};
use tradepost_db::orders::Filter;
use tradepost_db::{Stmt, params, statements};
use tradepost_model::commands::{CommandStatus, CommandType};
use tradepost_model::ids::PackageId;
use tradepost_model::packages::Interval;
use tradepost_model::subscriptions::{Every, Subscription, SubscriptionStatus};

use crate::shop::Shop;

const _: &[Stmt] = STATEMENTS;

statements! {
    MAKE = "UPDATE packages
        SET kind = 'subscription', billing_interval = $3, billing_count = $4, trial_days = $5
        WHERE store_id = $1 AND id = $2";
}

const MONTHLY: Every = Every {
    interval: Interval::Month,
    count: 1,
};
const DAILY: Every = Every {
    interval: Interval::Day,
    count: 1,
};
const DAY: i64 = 24 * 3600;

/// A package that is paid for again and again, with a command of each type.
async fn package(shop: &Shop, price: &str, every: Every, trial_days: u32) -> PackageId {
    let package = shop
        .package_with("VIP", price, |input| {
            for kind in ["renewal", "expiry", "refund", "chargeback"] {
                let mut command = shop.command(&format!("{kind} {{username}} {{price}}"));
                command.kind = kind.to_owned();
                input.commands.push(command);
            }
        })
        .await;
    let store = shop.store.id;
    let trial = (trial_days > 0).then_some(trial_days);
    shop.app
        .write(async move |tx| {
            let (interval, count) = (every.interval.word(), every.count);
            tx.exec(MAKE, &params![store, package, interval, count, trial])
                .await?;
            Ok(())
        })
        .await
        .unwrap();
    package
}

/// Lets the time pass to a moment.
async fn until(shop: &Shop, moment: &str) {
    let moment: tradepost_model::Timestamp = moment.parse().unwrap();
    let wait = moment.duration_since(shop.app.now());
    shop.clock.advance(wait);
    delivery::tick(&shop.app).await.unwrap();
    jobs::run_due(&shop.app).await.unwrap();
}

/// The subscription that an order began.
async fn of(shop: &Shop, bought: &Details) -> Subscription {
    let found = subscriptions::of_order(&shop.app, shop.store.id, bought.order.id).await;
    found.unwrap().expect("the order is a subscription's")
}

/// Each order of the store, oldest first.
async fn all_orders(shop: &Shop) -> Vec<Details> {
    let list = orders::list(&shop.app, &shop.actor, Filter::default(), 1000)
        .await
        .unwrap();
    let mut all = Vec::new();
    for (order, _) in list.into_iter().rev() {
        all.push(
            orders::find(&shop.app, &shop.actor, order.id)
                .await
                .unwrap(),
        );
    }
    all
}

/// The lines that stand for something.
async fn live_lines(shop: &Shop) -> usize {
    let all = all_orders(shop).await;
    let paid = all
        .iter()
        .filter(|it| it.order.status.word() == "Paid")
        .flat_map(|it| &it.items);
    paid.filter(|line| line.ended.is_none()).count()
}

/// How many commands of a type there are that were not taken back.
async fn commands(shop: &Shop, kind: CommandType) -> usize {
    let all = all_orders(shop).await;
    all.iter()
        .flat_map(|it| &it.commands)
        .filter(|it| it.command.kind == kind && it.command.status != CommandStatus::Cancelled)
        .count()
}

async fn events(shop: &Shop, start: &str) -> Vec<String> {
    let store = shop.store.id;
    let events = shop
        .app
        .read(async move |conn| Ok(tradepost_db::events::after(conn, store, 0, 1000).await?))
        .await
        .unwrap();
    events
        .into_iter()
        .map(|event| event.name)
        .filter(|name| name.starts_with(start))
        .collect()
}

async fn decide(shop: &Shop, details: &Details, decision: Decision) {
    let reference = details.payments[0].payment.reference.clone();
    let told = shop.told(&reference, decision).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
}

async fn cancel(shop: &Shop, it: &Subscription) -> Result<Subscription, Error> {
    let (app, id, who) = (shop.app.clone(), it.id, Who::Buyer(shop.store.id));
    let (next, after) = shop
        .app
        .write(async move |tx| subscriptions::cancel(&app, tx, &who, id).await)
        .await?;
    after.run(&shop.app, shop.store.id).await;
    Ok(next)
}

async fn resume(shop: &Shop, it: &Subscription) -> Result<Subscription, Error> {
    let (app, id, who) = (shop.app.clone(), it.id, Who::Staff(shop.actor.clone()));
    let (next, after) = shop
        .app
        .write(async move |tx| subscriptions::resume(&app, tx, &who, id).await)
        .await?;
    after.run(&shop.app, shop.store.id).await;
    Ok(next)
}

async fn declines(shop: &Shop, it: &Subscription, declines: bool) {
    subscriptions::set_declines(&shop.app, shop.store.id, it.id, declines)
        .await
        .unwrap();
}

fn stands(it: &Subscription) -> (SubscriptionStatus, u32, u32) {
    (it.status, it.renewal_count, it.failures)
}
