//! A failure at any statement leaves nothing behind. Tests of the product are made like these.

use tradepost_db::Error;

use crate::shop::{self, counts, order};

#[tokio::test]
async fn a_failure_anywhere_undoes_everything() {
    for db in shop::engines().await {
        order(&db, 1).await.unwrap();
        // One order, two items, the commit.
        assert_eq!(db.statements_of_last_write(), 4);
        for n in 1..=4 {
            db.fail_at(Some(n));
            let failed = order(&db, 2).await;
            assert!(matches!(failed, Err(Error::Injected)), "{failed:?}");
            assert_eq!(db.statements_of_last_write(), n);
            assert_eq!(counts(&db).await, (1, 2), "after a failure at {n}");
        }
        db.fail_at(Some(5));
        order(&db, 2).await.unwrap();
        assert!(matches!(order(&db, 3).await, Err(Error::Injected)));
        db.fail_at(Some(1));
        db.fail_at(None);
        order(&db, 3).await.unwrap();
        assert_eq!(counts(&db).await, (3, 6));
    }
}
