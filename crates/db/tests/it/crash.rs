//! kill -9 at any moment: every answered transaction is there, and none is half there.

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hasher, RandomState},
    io::Read,
    thread::sleep,
    time::Duration,
};

use tradepost_db::{Db, Error, Stmt, statements};
use uuid::Uuid;

use crate::{
    child::{self, Orders},
    shop::{self, TestDb},
};

const _: &[Stmt] = STATEMENTS;

statements! {
    /// Whole orders have two items.
    ORDERS = "SELECT o.id AS id,
                     (SELECT COUNT(*) FROM items i WHERE i.order_id = o.id) AS items
              FROM orders o";
    INTEGRITY = sqlite "PRAGMA integrity_check" postgres "SELECT 'ok' AS integrity_check";
}

const ROUNDS: u32 = 8;

#[tokio::test]
async fn a_killed_process_loses_nothing_it_has_answered() {
    for db in shop::engines().await {
        let mut answered = Vec::new();
        for round in 0..ROUNDS {
            let orders = Orders {
                from: round * 1_000_000,
                to: u32::MAX,
            };
            let output = killed(&db, orders);
            answered.extend(child::said(&output, "answered"));
            assert_eq!(child::said(&output, "refused"), [0_u32; 0]);
        }
        let there = whole(&Db::open(&db.url, db.options.clone()).await.unwrap()).await;
        let lost: Vec<_> = answered
            .iter()
            .filter(|n| !there.contains(&child::id(**n)))
            .collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        assert!(
            answered.len() > 100,
            "only {} orders in {ROUNDS} rounds",
            answered.len()
        );
        println!(
            "{:?}: {} answered, {} there",
            db.engine(),
            answered.len(),
            there.len()
        );
    }
}

/// What a child said before it was killed, a moment after its first answer.
fn killed(db: &TestDb, orders: Orders) -> String {
    let mut child = child::command("child::writes_orders", db, orders, &[])
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut output = vec![0; 4096];
    while !String::from_utf8_lossy(&output).contains("answered") {
        let start = output.len() - 4096;
        let read = stdout.read(&mut output[start..]).unwrap();
        assert!(read > 0, "the child ended by itself");
        output.truncate(start + read);
        output.resize(start + read + 4096, 0);
    }
    output.truncate(output.len() - 4096);
    let reader = std::thread::spawn(move || {
        stdout.read_to_end(&mut output).unwrap();
        String::from_utf8(output).unwrap()
    });
    sleep(Duration::from_micros(
        RandomState::new().build_hasher().finish() % 100_000,
    ));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// The orders that are there, none of which may be half there.
pub(crate) async fn whole(db: &Db) -> HashSet<Uuid> {
    let (rows, integrity) = db
        .scan::<_, Error, _>(async |conn| {
            let integrity = conn
                .query_one(INTEGRITY, &[])
                .await?
                .get::<String>("integrity_check")?;
            Ok((conn.query(ORDERS, &[]).await?, integrity))
        })
        .await
        .unwrap();
    assert_eq!(integrity, "ok");
    let whole = |row: &tradepost_db::Row| row.get::<i64>("items").unwrap() == 2;
    assert!(rows.iter().all(whole), "half an order");
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}
