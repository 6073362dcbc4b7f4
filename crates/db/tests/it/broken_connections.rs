//! PostgreSQL closes connections: when it restarts, when an operator says so, when a network ends.

use futures_util::future::join_all;
use tradepost_db::{Db, Error, Result, Stmt, params, statements};
use uuid::Uuid;

use crate::shop::{self, counts, insert_order, order};

const _: &[Stmt] = STATEMENTS;

statements! {
    PID = sqlite "SELECT 1 AS pid" postgres "SELECT pg_backend_pid() AS pid";
    KILL = sqlite "SELECT $1 AS killed" postgres "SELECT pg_terminate_backend($1) AS killed";
}

#[tokio::test]
async fn a_connection_lost_within_a_transaction_loses_the_transaction_only() {
    let Some(db) = shop::postgres().await else {
        return;
    };
    let lost: Result<()> = db
        .write(async |tx| {
            insert_order(tx, Uuid::from_u128(1), None).await?;
            let pid: i64 = tx.query_one(PID, &[]).await?.get("pid")?;
            tx.query_one(KILL, &params![pid]).await.map(drop)
        })
        .await;
    assert!(matches!(lost, Err(Error::Unavailable { .. })), "{lost:?}");
    order(&db, 2).await.unwrap();
    assert_eq!(counts(&db).await, (1, 2));
}

#[tokio::test]
async fn idle_connections_lost_are_replaced_unnoticed() {
    let Some(db) = shop::postgres().await else {
        return;
    };
    let killer = shop::postgres().await.unwrap();
    for round in 1..=20_i64 {
        // Each connection is held until all are: one is made for each.
        let pids = join_all((0..4).map(|_| pid(&db))).await;
        for pid in pids {
            killer
                .read::<_, Error, _>(async move |conn| conn.query_one(KILL, &params![pid]).await)
                .await
                .unwrap();
        }
        if round % 2 == 0 {
            pid(&db).await;
        }
        order(&db, round.unsigned_abs().into()).await.unwrap();
        assert_eq!(counts(&db).await, (round, round * 2));
    }
}

async fn pid(db: &Db) -> i64 {
    let pid = db
        .read(async |conn| conn.query_one(PID, &[]).await?.get("pid"))
        .await;
    pid.unwrap_or_else(|e: Error| panic!("{e:?}"))
}
