//! Handlers await the database on a runtime with threads, so their futures have to be `Send`.

use std::{future::Future, pin::Pin};

use tradepost_db::{Conn, Db, Error, Result, Row, Stmt, Tx, Value, params, statements};
use uuid::Uuid;

use crate::shop;

const _: &[Stmt] = STATEMENTS;

statements! {
    FIND = "SELECT id, number, left_over FROM orders WHERE id = $1";
    TAKE = "UPDATE orders SET left_over = left_over - 1 WHERE id = $1 AND left_over > 0";
    EDIT = "UPDATE orders SET number = $2 WHERE id = $1 RETURNING number";
}

#[derive(Debug)]
struct AppError(Error);

impl From<Error> for AppError {
    fn from(e: Error) -> Self {
        Self(e)
    }
}

/// A noun's functions take a connection or a transaction by reference, and parameters too.
async fn find(conn: &mut Conn, id: &Uuid) -> Result<Option<Row>> {
    conn.query_opt(FIND, &params![*id]).await
}

async fn edit(tx: &mut Tx, stmt: Stmt, params: &[Value]) -> Result<Row> {
    tx.query_one(stmt, params).await
}

struct Body {
    id: Uuid,
    lines: Vec<i64>,
    name: Option<String>,
}

async fn handler(db: Db, body: Body) -> Result<Vec<i64>, AppError> {
    let (id, name) = (body.id, body.name.clone());
    let numbers = db
        .write(async move |tx| {
            shop::insert_order(tx, id, None).await?;
            let name = name.as_deref().unwrap_or("nobody");
            let mut numbers = Vec::new();
            for line in &body.lines {
                let number = *line + i64::try_from(name.len()).unwrap();
                let row = edit(tx, EDIT, &params![id, number]).await?;
                numbers.push(row.get::<i64>("number")?);
            }
            assert_eq!(tx.exec(TAKE, &params![id]).await?, 0);
            // A function that reads takes a transaction as well.
            assert!(find(tx, &id).await?.is_some());
            Ok::<_, AppError>(numbers)
        })
        .await?;
    db.scan(async move |conn| find(conn, &id).await).await?;
    let found = db.read(async move |conn| find(conn, &id).await).await?;
    assert_eq!(
        found.unwrap().get::<Option<i64>>("number")?,
        numbers.last().copied()
    );
    Ok(numbers)
}

/// What axum asks of a handler.
trait Handler<T>: Clone + Send + Sync + Sized + 'static {
    type Future: Future<Output = Result<Vec<i64>, AppError>> + Send + 'static;
    fn call(self, db: Db, body: Body) -> Self::Future;
}

impl<F, Fut> Handler<(Db, Body)> for F
where
    F: FnOnce(Db, Body) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Vec<i64>, AppError>> + Send + 'static,
{
    type Future = Pin<Box<dyn Future<Output = Result<Vec<i64>, AppError>> + Send>>;

    fn call(self, db: Db, body: Body) -> Self::Future {
        Box::pin(self(db, body))
    }
}

fn body(id: u128) -> Body {
    Body {
        id: Uuid::from_u128(id),
        lines: vec![3, 4],
        name: Some("me".to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "spawning is what is tested")]
async fn handlers_can_be_spawned_and_routed() {
    for db in shop::engines().await {
        let spawned = tokio::spawn(handler(db.clone(), body(1)));
        assert_eq!(spawned.await.unwrap().unwrap(), [5, 6]);
        // The same numbers again: they are unique, and the caller's own error says so.
        let refused = Handler::call(handler, db.clone(), body(2))
            .await
            .unwrap_err();
        assert!(
            matches!(refused.0, Error::UniqueViolation { .. }),
            "{refused:?}"
        );
    }
}
