//! Limits of requests that hold on all nodes together.

use jiff::SignedDuration;
use tradepost_app::rate::{self, Allowance, Caller};
use tradepost_app::{App, Error, identity};
use tradepost_db::rates::Window;
use tradepost_db::{Stmt, params, statements};
use tradepost_model::ids::ApiKeyId;

use crate::shop::{Engine, Shop, on_both_engines};

on_both_engines!(
    a_window_ends_with_its_minute,
    callers_are_counted_apart,
    clocks_of_nodes_may_differ,
);

const _: &[Stmt] = STATEMENTS;

statements! {
    CALLERS = "SELECT caller FROM rate_windows";
}

async fn take(app: &App, key: ApiKeyId, limit: u32) -> Allowance {
    let taken = app.limits.take(app, Caller::Key(key), limit).await;
    taken.unwrap()
}

async fn callers(app: &App) -> Vec<String> {
    app.read(async |conn| {
        let rows = conn.query(CALLERS, &params![]).await?;
        let callers = rows.iter().map(|row| row.get("caller"));
        Ok(callers.collect::<tradepost_db::Result<_>>()?)
    })
    .await
    .unwrap()
}

async fn a_window_ends_with_its_minute(shop: Shop) {
    let (app, key) = (&shop.app, shop.app.id());
    let start = app.now().as_second();
    assert_eq!(start % 60, 0);
    let at = |remaining, minutes: i64, retry_after| Allowance {
        limit: 2,
        remaining,
        reset: start + minutes * 60,
        retry_after,
    };
    assert_eq!(take(app, key, 2).await, at(1, 1, None));
    shop.clock.advance(SignedDuration::from_millis(59_999));
    assert_eq!(take(app, key, 2).await, at(0, 1, None));
    assert_eq!(take(app, key, 2).await, at(0, 1, Some(1)));
    assert_eq!(take(app, key, 2).await, at(0, 1, Some(1)));
    shop.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(
        take(app, key, 2).await,
        at(1, 2, None),
        "the next minute is new"
    );
    shop.clock.advance(SignedDuration::from_secs(15));
    take(app, key, 2).await;
    assert_eq!(take(app, key, 2).await, at(0, 2, Some(45)));
    shop.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(take(app, key, 2).await, at(1, 62, None));
}

async fn callers_are_counted_apart(shop: Shop) {
    let (one, two) = (shop.app.id(), shop.app.id());
    assert_eq!(take(&shop.app, one, 1).await.retry_after, None);
    assert!(take(&shop.app, one, 1).await.retry_after.is_some());
    assert_eq!(take(&shop.app, two, 1).await.retry_after, None);
    for caller in [
        Caller::LoginFrom("10.0.0.1"),
        Caller::LoginTo("10.0.0.1"),
        Caller::Refused("10.0.0.1"),
        Caller::Refused("10.0.0.2"),
    ] {
        let check = || shop.app.limits.check(&shop.app, caller, 1);
        assert!(check().await.is_ok(), "{caller:?}");
        let over = check().await;
        let waits = matches!(over, Err(Error::TooMany { retry_seconds: 60 }));
        assert!(waits, "{over:?}");
    }
}

async fn clocks_of_nodes_may_differ(shop: Shop) {
    let count = async |minute: i64| {
        let counted = shop
            .app
            .write(async move |tx| Ok(tradepost_db::rates::take(tx, "a", minute).await?));
        let Window { minute, used } = counted.await.unwrap();
        (minute, used)
    };
    assert_eq!(count(100).await, (100, 1));
    assert_eq!(count(101).await, (101, 1));
    assert_eq!(
        count(100).await,
        (101, 2),
        "a clock that is behind starts no window"
    );
    assert_eq!(count(101).await, (101, 3));
    assert_eq!(count(500).await, (500, 1), "a clock that is wrong");
    assert_eq!(
        count(102).await,
        (102, 1),
        "nobody waits for it to come true"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_share_a_limit() {
    let Some(shop) = Shop::open(Engine::Postgres).await else {
        println!("TEST_POSTGRES_URL is not set: this test needs PostgreSQL");
        return;
    };
    let other = shop.another_node("other-node").await;
    let key = shop.app.id();
    let requests: Vec<_> = (0..60)
        .map(|number| {
            let app = if number % 2 == 0 { &shop.app } else { &other }.clone();
            shop.app
                .tasks
                .spawn(async move { take(&app, key, 30).await })
        })
        .collect();
    let mut left = Vec::new();
    for request in requests {
        let allowance = request.await.unwrap();
        if allowance.retry_after.is_none() {
            left.push(allowance.remaining);
        }
    }
    left.sort_unstable();
    assert_eq!(
        left,
        (0..30).collect::<Vec<_>>(),
        "each place is given once"
    );
}

#[tokio::test]
async fn the_table_of_windows_stays_small_and_names_nobody() {
    let Some(shop) = Shop::open(Engine::Postgres).await else {
        println!("TEST_POSTGRES_URL is not set: this test needs PostgreSQL");
        return;
    };
    let app = &shop.app;
    let login = || identity::log_in(app, "lobby@example.com", "wrong password", "203.0.113.7");
    for _ in 0..50 {
        login().await.unwrap_err();
    }
    let kept = callers(app).await;
    assert_eq!(kept.len(), 2);
    for name in &kept {
        let is_clear = ["lobby", "example", "203"]
            .iter()
            .any(|it| name.contains(it));
        assert!(!is_clear, "{name}");
    }
    assert_eq!(rate::forget(app).await.unwrap(), 0, "they still run");
    shop.clock.advance(SignedDuration::from_secs(120));
    take(app, app.id(), 1).await;
    assert_eq!(rate::forget(app).await.unwrap(), 2);
    assert_eq!(callers(app).await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_let_through() {
    let Some(shop) = Shop::open(Engine::Postgres).await else {
        println!("TEST_POSTGRES_URL is not set: this test needs PostgreSQL");
        return;
    };
    shop.app.db.close().await;
    let taken = shop
        .app
        .limits
        .take(&shop.app, Caller::Key(shop.app.id()), 30);
    assert!(matches!(taken.await, Err(Error::Unavailable(_))));
}
