//! A disk that takes no more: who is refused has changed nothing, who is answered stays.
//!
//! The disk is a limit on the size of files, which a child puts up with.

use std::time::Duration;

use tradepost_db::{Error, Result, Stmt, params, statements};

use crate::{
    child::{self, Orders},
    crash, shop,
};

const _: &[Stmt] = STATEMENTS;

statements! {
    INSERT = "INSERT INTO things (id, a_text) VALUES ($1, $2)";
    COUNT = "SELECT COUNT(*) AS things FROM things";
}

/// Files up to 1 MiB (2048 blocks of 512 bytes); a write beyond fails instead of killing.
const LIMITED: [&str; 3] = ["sh", "-c", "trap '' 25; ulimit -f 2048; exec \"$0\" \"$@\""];

#[tokio::test]
async fn who_is_refused_by_a_full_disk_has_changed_nothing() {
    let db = shop::sqlite().await;
    let orders = Orders {
        from: 0,
        to: 20_000,
    };
    let ran = child::command("child::writes_orders", &db, orders, &LIMITED)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let output = String::from_utf8(ran.stdout).unwrap();
    let (answered, refused) = (
        child::said(&output, "answered"),
        child::said(&output, "refused"),
    );
    assert!(
        answered.len() > 16 && refused.len() > 16,
        "{} {}",
        answered.len(),
        refused.len()
    );
    let there = crash::whole(&db).await;
    assert!(answered.iter().all(|n| there.contains(&child::id(*n))));
    assert!(refused.iter().all(|n| !there.contains(&child::id(*n))));
    shop::order(&db, 1).await.unwrap();
}

#[tokio::test]
async fn one_transaction_too_big_for_the_disk_does_not_fail_its_batch() {
    let db = shop::sqlite().await;
    let orders = Orders { from: 0, to: 30 };
    let child = "full_disk::writes_a_batch_with_one_too_big";
    let ran = child::command(child, &db, orders, &LIMITED)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let output = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(child::said(&output, "refused"), [15]);
    assert_eq!(child::said(&output, "answered").len(), 29);
    assert_eq!(crash::whole(&db).await.len(), 29);
    let things: Result<i64> = db
        .read(async |conn| conn.query_one(COUNT, &[]).await?.get("things"))
        .await;
    assert_eq!(things.unwrap(), 0);
}

#[tokio::test]
async fn writes_a_batch_with_one_too_big() {
    let Some((db, orders)) = child::started().await else {
        return;
    };
    let writes = (orders.from..orders.to).map(async |number| {
        let wrote = db.write(async move |tx| {
            if number == 0 {
                // Long enough for the others to line up behind it.
                std::thread::sleep(Duration::from_millis(200));
            }
            if number == 15 {
                tx.exec(INSERT, &params![1, "x".repeat(3_000_000)]).await?;
            }
            shop::insert_order(tx, child::id(number), None).await
        });
        match wrote.await {
            Ok(()) => child::say(&format!("answered {number}")),
            Err(Error::Unavailable { .. }) => child::say(&format!("refused {number}")),
            Err(e) => panic!("{e:?}"),
        }
    });
    futures_util::future::join_all(writes).await;
}
