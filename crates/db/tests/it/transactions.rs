//! Transactions happen as a whole or not at all, whatever their closures do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tradepost_db::{Db, Error, Result, Stmt, params, statements};
use uuid::Uuid;

use crate::shop::{self, counts, insert_order, is_sqlite, order};

const _: &[Stmt] = STATEMENTS;

statements! {
    TAKE = "UPDATE orders SET left_over = left_over - 1 WHERE id = $1 AND left_over > 0";
    STOCK = "UPDATE orders SET left_over = $2 WHERE id = $1 RETURNING left_over";
    LEFT = "SELECT left_over FROM orders WHERE id = $1";
    INSERT_ITEM = "INSERT INTO items (order_id, line) VALUES ($1, $2)";
    INSERT_IF_NEW = "INSERT INTO orders (id, number, left_over) VALUES ($1, $2, 0)
                     ON CONFLICT (number) DO NOTHING";
    SLEEP = sqlite "SELECT 1 AS one" postgres "SELECT 1 AS one FROM pg_sleep(0.1)";
    BROKEN = "INSERT INTO no_such_table (id) VALUES ($1)";
}

async fn stock(db: &Db, id: Uuid, left: i64) {
    let stocked = async move |tx: &mut tradepost_db::Tx| {
        tx.query_one(STOCK, &params![id, left])
            .await?
            .get::<i64>("left_over")
    };
    assert_eq!(db.write(stocked).await.unwrap(), left);
}

async fn left(db: &Db, id: Uuid) -> i64 {
    let found =
        db.read(async move |conn| conn.query_one(LEFT, &params![id]).await?.get("left_over"));
    found.await.unwrap_or_else(|e: Error| panic!("{e:?}"))
}

#[tokio::test]
async fn what_is_answered_is_there_and_what_fails_is_not() {
    for db in shop::engines().await {
        order(&db, 1).await.unwrap();
        assert_eq!(counts(&db).await, (1, 2));
        let refused: Result<(), String> = db
            .write(async |tx| {
                insert_order(tx, Uuid::from_u128(2), None).await?;
                Err(Said::from("changed my mind"))
            })
            .await
            .map_err(|e: Said| e.0);
        assert_eq!(refused.unwrap_err(), "changed my mind");
        assert_eq!(counts(&db).await, (1, 2));
    }
}

#[derive(Debug)]
struct Said(String);

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Error> for Said {
    fn from(e: Error) -> Self {
        Self(e.to_string())
    }
}

#[tokio::test]
async fn a_panic_costs_its_own_transaction_only() {
    for db in shop::engines().await {
        let panicked: Result<()> = db
            .write(async |tx| {
                insert_order(tx, Uuid::from_u128(1), None).await?;
                panic!("this panic is part of the test");
            })
            .await;
        assert!(matches!(panicked, Err(Error::Panicked)));
        let panicked: Result<()> = db.scan(async |_| panic!("this one, too")).await;
        assert!(matches!(panicked, Err(Error::Panicked)));
        let panicked: Result<()> = db.read(async |_| panic!("and this one")).await;
        assert!(matches!(panicked, Err(Error::Panicked)));
        assert_eq!(counts(&db).await, (0, 0));
        order(&db, 2).await.unwrap();
        assert_eq!(counts(&db).await, (1, 2));
    }
}

#[tokio::test]
async fn a_failed_statement_fails_the_transaction_even_if_nobody_cares() {
    for db in shop::engines().await {
        order(&db, 1).await.unwrap();
        let swallowed: Result<()> = db
            .write(async |tx| {
                insert_order(tx, Uuid::from_u128(2), None).await?;
                let twice = insert_order(tx, Uuid::from_u128(1), None).await;
                assert!(
                    matches!(twice, Err(Error::UniqueViolation { .. })),
                    "{twice:?}"
                );
                let after = tx.query(LEFT, &params![Uuid::nil()]).await;
                assert!(matches!(after, Err(Error::Aborted)), "{after:?}");
                Ok(())
            })
            .await;
        assert!(matches!(swallowed, Err(Error::Aborted)), "{swallowed:?}");
        assert_eq!(counts(&db).await, (1, 2));
    }
}

#[tokio::test]
async fn what_the_engine_refuses_has_a_name() {
    for db in shop::engines().await {
        let id = Uuid::from_u128(1);
        let run = async |id, number| -> Result<()> {
            db.write(async move |tx| insert_order(tx, id, Some(number)).await)
                .await
        };
        run(id, 5).await.unwrap();
        let Err(Error::UniqueViolation { constraint }) = run(Uuid::nil(), 5).await else {
            panic!()
        };
        assert_eq!(
            constraint,
            if is_sqlite(&db) {
                "orders.number"
            } else {
                "orders_number_key"
            }
        );
        let orphan: Result<_> = db
            .write(async |tx| tx.exec(INSERT_ITEM, &params![Uuid::nil(), 1]).await)
            .await;
        assert!(matches!(orphan, Err(Error::ForeignKey)), "{orphan:?}");
        let below: Result<_> = db
            .write(async move |tx| tx.exec(STOCK, &params![id, -1]).await)
            .await;
        assert!(matches!(below, Err(Error::Statement { .. })), "{below:?}");
        let broken: Result<_> = db
            .write(async |tx| tx.exec(BROKEN, &params![1]).await)
            .await;
        assert!(matches!(broken, Err(Error::Statement { .. })), "{broken:?}");
        let ignored: Result<_> = db
            .write(async |tx| tx.exec(INSERT_IF_NEW, &params![Uuid::nil(), 5]).await)
            .await;
        assert_eq!(ignored.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_takers_get_exactly_what_there_is() {
    for db in shop::engines().await {
        let id = Uuid::from_u128(1);
        order(&db, 1).await.unwrap();
        stock(&db, id, 10).await;
        let mut takers = JoinSet::new();
        for _ in 0..64 {
            let db = db.clone();
            takers.spawn(async move {
                db.write(async move |tx| tx.exec(TAKE, &params![id]).await)
                    .await
            });
        }
        let taken: Vec<Result<u64>> = takers.join_all().await;
        let taken: u64 = taken.into_iter().map(Result::unwrap).sum();
        assert_eq!((taken, left(&db, id).await), (10, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_tried_again() {
    for db in shop::engines().await {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let runs = Arc::new(AtomicU32::new(0));
        for id in [one, two] {
            order(&db, id.as_u128()).await.unwrap();
            stock(&db, id, 2).await;
        }
        let cross = |first: Uuid, second: Uuid| {
            let (db, runs) = (db.clone(), runs.clone());
            async move {
                db.write(async move |tx| {
                    runs.fetch_add(1, SeqCst);
                    tx.exec(TAKE, &params![first]).await?;
                    tx.query_one(SLEEP, &[]).await?;
                    // The error is wrapped and re-worded on its way out: it is retried all the same.
                    let taken = tx.exec(TAKE, &params![second]).await;
                    taken.map_err(|_| Said::from("unlucky"))
                })
                .await
            }
        };
        let (a, b) = tokio::join!(cross(one, two), cross(two, one));
        assert_eq!((a.unwrap(), b.unwrap()), (1, 1));
        assert_eq!((left(&db, one).await, left(&db, two).await), (0, 0));
        assert_eq!(runs.load(SeqCst), if is_sqlite(&db) { 2 } else { 3 });
    }
}

#[tokio::test]
async fn a_caller_who_leaves_leaves_nothing_half_done() {
    for db in shop::engines().await {
        let slow = db.write(async |tx| {
            insert_order(tx, Uuid::from_u128(1), None).await?;
            tx.query_one(SLEEP, &[]).await?;
            insert_order(tx, Uuid::from_u128(2), None).await
        });
        let left: Result<Result<()>, _> =
            tokio::time::timeout(Duration::from_millis(30), slow).await;
        let whole = if left.is_ok() { (2, 4) } else { (0, 0) };
        for _ in 0..20 {
            assert_eq!(counts(&db).await, whole);
        }
        order(&db, 3).await.unwrap();
        assert_eq!(counts(&db).await, (whole.0 + 1, whole.1 + 2));
    }
}

#[tokio::test]
async fn closing_finishes_what_is_queued() {
    for db in shop::engines().await {
        let mut queued = Vec::new();
        for n in 1..=100 {
            let mut write = Box::pin(order(&db, n));
            let ready = futures_util::poll!(&mut write);
            queued.push(async move {
                match ready {
                    Poll::Ready(result) => result,
                    Poll::Pending => write.await,
                }
            });
        }
        let (answers, ()) = tokio::join!(join_all(queued), db.close());
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(done == 100 || !is_sqlite(&db), "{done} of 100");
        let closed = order(&db, 1000).await;
        assert!(
            matches!(closed, Err(Error::Unavailable { .. })),
            "{closed:?}"
        );
        let again = Db::open(&db.url, db.options.clone()).await.unwrap();
        let orders = i64::try_from(done).unwrap();
        assert_eq!(counts(&again).await, (orders, orders * 2));
    }
}
