//! One connection of the pool, and what its errors mean.

use deadpool_postgres::Object;
use futures_util::{
    TryStreamExt,
    future::{join_all, try_join_all},
};
use tokio_postgres::{Statement, error::SqlState};

use super::codec::Bound;
use crate::{Error, Result, Row, Stmt, Value, error::Cause, row::Cells};

/// Statements sent without waiting for the answer of the first.
const PIPELINE: usize = 256;

/// A pooled connection. Dropped with a transaction still open, as when a caller goes away in the
/// middle, it is closed instead of given to the next.
pub(crate) struct Client {
    object: Option<Object>,
    in_transaction: bool,
    lost: bool,
}

impl Client {
    pub(super) fn new(object: Object) -> Self {
        Self {
            object: Some(object),
            in_transaction: false,
            lost: false,
        }
    }

    fn object(&self) -> &Object {
        self.object.as_ref().expect("taken only when dropped")
    }

    /// Whether the server has closed the connection. The client's own word comes a moment late.
    pub(super) fn is_lost(&self) -> bool {
        self.lost || self.object().is_closed()
    }

    fn error(&mut self, name: &'static str, e: &tokio_postgres::Error) -> Error {
        self.lost |= lost(e);
        error(name, e)
    }

    pub(super) async fn begin(&mut self) -> Result<()> {
        self.in_transaction = true;
        let begun = self.object().batch_execute("BEGIN").await;
        begun.map_err(|e| self.error("postgres::BEGIN", &e))
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        match self.object().batch_execute("COMMIT").await {
            Ok(()) => {
                self.in_transaction = false;
                Ok(())
            }
            // No word from the server, or one that says it does not know either.
            Err(e) if unknown(&e) => Err(Error::CommitUnknown),
            Err(e) => Err(self.error("postgres::COMMIT", &e)),
        }
    }

    pub(super) async fn roll_back(&mut self) {
        self.in_transaction = self.object().batch_execute("ROLLBACK").await.is_err();
    }

    pub(crate) async fn query(&mut self, stmt: Stmt, params: &[Value]) -> Result<Vec<Row>> {
        let rows = async {
            let prepared = self.object().prepare_cached(stmt.postgres()).await?;
            self.rows(&prepared, params).await
        };
        let rows = rows.await;
        rows.map_err(|e| self.error(stmt.name(), &e))
    }

    pub(crate) async fn query_many(
        &mut self,
        stmt: Stmt,
        params: &[Vec<Value>],
    ) -> Result<Vec<Vec<Row>>> {
        let all = async {
            let prepared = self.object().prepare_cached(stmt.postgres()).await?;
            let mut all = Vec::with_capacity(params.len());
            for part in params.chunks(PIPELINE) {
                let rows = part.iter().map(|params| self.rows(&prepared, params));
                all.extend(try_join_all(rows).await?);
            }
            Ok(all)
        };
        let all = all.await;
        all.map_err(|e| self.error(stmt.name(), &e))
    }

    async fn rows(
        &self,
        prepared: &Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let rows = self.object().query_raw(prepared, params.iter().map(Bound));
        let rows = rows.await?;
        rows.map_ok(|row| Row::new(Cells::Postgres(row)))
            .try_collect()
            .await
    }

    pub(crate) async fn exec(&mut self, stmt: Stmt, params: &[Value]) -> Result<u64> {
        let changed = async {
            let prepared = self.object().prepare_cached(stmt.postgres()).await?;
            self.object()
                .execute_raw(&prepared, params.iter().map(Bound))
                .await
        };
        let changed = changed.await;
        changed.map_err(|e| self.error(stmt.name(), &e))
    }

    pub(crate) async fn exec_many(&mut self, stmt: Stmt, rows: &[Vec<Value>]) -> Result<u64> {
        let changed = self.pipeline(stmt, rows).await;
        changed.map_err(|e| self.error(stmt.name(), &e))
    }

    async fn pipeline(
        &self,
        stmt: Stmt,
        rows: &[Vec<Value>],
    ) -> Result<u64, tokio_postgres::Error> {
        let prepared = self.object().prepare_cached(stmt.postgres()).await?;
        let mut changed = 0;
        for part in rows.chunks(PIPELINE) {
            let answers = join_all(part.iter().map(|row| self.one(&prepared, row))).await;
            for answer in answers {
                changed += answer?;
            }
        }
        Ok(changed)
    }

    async fn one(&self, prepared: &Statement, row: &[Value]) -> Result<u64, tokio_postgres::Error> {
        self.object()
            .execute_raw(prepared, row.iter().map(Bound))
            .await
    }

    pub(super) async fn notify(&mut self, channel: &str, payloads: &[String]) -> Result<()> {
        const NOTIFY: &str = "SELECT pg_notify($1, told) FROM unnest($2::text[]) AS told";
        let told = async {
            let prepared = self.object().prepare_cached(NOTIFY).await?;
            self.object()
                .execute(&prepared, &[&channel, &payloads])
                .await
        };
        let told = told.await;
        told.map(drop)
            .map_err(|e| self.error("postgres::NOTIFY", &e))
    }

    pub(super) async fn check(&self, stmt: Stmt) -> Result<()> {
        let prepared = self.object().prepare(stmt.postgres()).await;
        prepared.map(drop).map_err(|e| error(stmt.name(), &e))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if (self.in_transaction || self.lost)
            && let Some(object) = self.object.take()
        {
            drop(Object::take(object));
        }
    }
}

/// Whether a failed commit may have happened nevertheless.
fn unknown(e: &tokio_postgres::Error) -> bool {
    match e.code() {
        Some(code) => code.code() == "40003" || lost(e),
        None => true,
    }
}

/// Whether the connection is of no more use.
fn lost(e: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    match e.code() {
        Some(code) => code.code().starts_with("08") || shutting_down(code),
        None => {
            e.is_closed()
                || e.source()
                    .is_some_and(|source| source.is::<std::io::Error>())
        }
    }
}

fn shutting_down(code: &SqlState) -> bool {
    ["57P01", "57P02", "57P03", "57P05"].contains(&code.code())
}

/// What PostgreSQL says, in our words, without the DETAIL, which quotes values.
pub(crate) fn error(name: &'static str, e: &tokio_postgres::Error) -> Error {
    let Some(said) = e.as_db_error() else {
        use std::error::Error as _;
        let io = e
            .source()
            .is_some_and(|source| source.is::<std::io::Error>());
        if e.is_closed() || io || name == "postgres::connect" {
            return Error::unavailable(e.to_string());
        }
        let source = Cause {
            code: "client".to_owned(),
            text: e.to_string(),
        };
        return Error::Statement { name, source };
    };
    let code = said.code();
    match code.code() {
        "40001" | "40P01" => Error::Conflict,
        "25P02" => Error::Aborted,
        "23505" => Error::UniqueViolation {
            constraint: said.constraint().unwrap_or_default().to_owned(),
        },
        "23503" => Error::ForeignKey,
        "55P03" | "57014" => Error::unavailable(said.message()),
        word if word.starts_with("53") || lost(e) => Error::unavailable(said.message()),
        word => {
            // Messages of class 22 (wrong data) quote the data.
            let text = match word.starts_with("22") {
                true => "the data does not fit".to_owned(),
                false => said.message().to_owned(),
            };
            Error::Statement {
                name,
                source: Cause {
                    code: word.to_owned(),
                    text,
                },
            }
        }
    }
}
