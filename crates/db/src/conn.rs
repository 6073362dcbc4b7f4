//! What a closure gets: a connection to read with, or a transaction.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use crate::{
    Engine, Error, Result, Row, Stmt, Value, faults::Faults, postgres, row::Cells, sqlite,
};

/// A connection to read with. Outside a transaction each statement sees the latest commit, or on SQLite,
/// from the second one on, what the second one saw.
pub struct Conn {
    link: Link,
    transaction: Option<Transaction>,
    reads: Reads,
}

/// What was read outside a transaction since the connection was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    None,
    One,
    /// Each statement of SQLite by itself takes and leaves the locks of the log, so that several share a
    /// snapshot.
    InSnapshot,
}

/// A transaction, which also is a [`Conn`].
pub struct Tx(Conn);

/// A connection to one of the engines.
pub(crate) enum Link {
    Sqlite(Box<rusqlite::Connection>),
    Postgres(Box<postgres::Client>),
}

/// What is known of the transaction so far.
struct Transaction {
    faults: Arc<Faults>,
    statements: u64,
    failure: Option<Failure>,
}

/// How a statement of the transaction failed: after either, it can only be rolled back. SQLite
/// would go on, PostgreSQL would not, and no code may depend on the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Running the closure again may succeed.
    Conflict,
    Final,
}

impl Conn {
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            transaction: None,
            reads: Reads::None,
        }
    }

    pub(crate) fn into_link(self) -> Link {
        self.link
    }

    pub(crate) fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// The engine it leads to.
    pub(crate) fn engine(&self) -> Engine {
        match self.link {
            Link::Sqlite(_) => Engine::Sqlite,
            Link::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of a statement.
    pub async fn query(&mut self, stmt: Stmt, params: &[Value]) -> Result<Vec<Row>> {
        self.before()?;
        self.share_snapshot()?;
        let rows = match &mut self.link {
            Link::Sqlite(connection) => sqlite::query(connection, stmt, params).map(|rows| {
                rows.into_iter()
                    .map(|cells| Row::new(Cells::Sqlite(cells)))
                    .collect::<Vec<_>>()
            }),
            Link::Postgres(client) => client.query(stmt, params).await,
        };
        self.after(rows)
    }

    /// All rows of a statement for each row of parameters, on PostgreSQL without waiting in between.
    pub async fn query_many(&mut self, stmt: Stmt, params: &[Vec<Value>]) -> Result<Vec<Vec<Row>>> {
        if let Link::Postgres(client) = &mut self.link
            && self.transaction.is_none()
        {
            return client.query_many(stmt, params).await;
        }
        let mut all = Vec::with_capacity(params.len());
        for params in params {
            all.push(self.query(stmt, params).await?);
        }
        Ok(all)
    }

    /// The only row of a statement, if it has one.
    pub async fn query_opt(&mut self, stmt: Stmt, params: &[Value]) -> Result<Option<Row>> {
        let mut rows = self.query(stmt, params).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            _ => self.after(Err(Error::ManyRows)),
        }
    }

    /// The only row of a statement.
    pub async fn query_one(&mut self, stmt: Stmt, params: &[Value]) -> Result<Row> {
        self.query_opt(stmt, params).await?.ok_or(Error::NoRow)
    }

    fn share_snapshot(&mut self) -> Result<()> {
        let Link::Sqlite(connection) = &self.link else {
            return Ok(());
        };
        self.reads = match self.reads {
            _ if self.transaction.is_some() => return Ok(()),
            Reads::None => Reads::One,
            Reads::One => {
                sqlite::run(connection, "BEGIN")?;
                Reads::InSnapshot
            }
            Reads::InSnapshot => return Ok(()),
        };
        Ok(())
    }

    /// Called when whoever read is done: the next one sees what is committed then.
    pub(crate) fn end_reads(&mut self) -> Result<()> {
        let Link::Sqlite(connection) = &self.link else {
            return Ok(());
        };
        match std::mem::replace(&mut self.reads, Reads::None) {
            // An I/O error ends it by itself.
            Reads::InSnapshot if !connection.is_autocommit() => sqlite::run(connection, "COMMIT"),
            _ => Ok(()),
        }
    }

    fn before(&mut self) -> Result<()> {
        let Some(transaction) = &mut self.transaction else {
            return Ok(());
        };
        if transaction.failure.is_some() {
            return Err(Error::Aborted);
        }
        transaction.statements += 1;
        let injected = transaction.faults.statement();
        // Until its statement has answered, a transaction counts as failed: a closure may drop
        // the future of a statement half-way and return as if nothing had happened.
        transaction.failure = Some(Failure::Final);
        injected
    }

    fn after<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Some(transaction) = &mut self.transaction {
            transaction.failure = match &result {
                Ok(_) => None,
                Err(Error::Conflict) => Some(Failure::Conflict),
                Err(_) => Some(Failure::Final),
            };
        }
        result
    }
}

impl Tx {
    pub(crate) fn new(link: Link, faults: Arc<Faults>) -> Self {
        let transaction = Transaction {
            faults,
            statements: 0,
            failure: None,
        };
        Self(Conn {
            link,
            transaction: Some(transaction),
            reads: Reads::None,
        })
    }

    /// Runs a statement and tells how many rows it changed.
    pub async fn exec(&mut self, stmt: Stmt, params: &[Value]) -> Result<u64> {
        self.before()?;
        let changed = match &mut self.link {
            Link::Sqlite(connection) => sqlite::exec(connection, stmt, params),
            Link::Postgres(client) => client.exec(stmt, params).await,
        };
        self.after(changed)
    }

    /// Runs a statement once per row of parameters, on PostgreSQL without waiting in between, and
    /// tells how many rows were changed in all.
    pub async fn exec_many(&mut self, stmt: Stmt, rows: Vec<Vec<Value>>) -> Result<u64> {
        for i in 0..rows.len() {
            self.before()?;
            if i + 1 < rows.len() {
                self.after(Ok(()))?;
            }
        }
        if rows.is_empty() {
            return Ok(0);
        }
        let changed = match &mut self.link {
            Link::Sqlite(connection) => rows
                .iter()
                .map(|row| sqlite::exec(connection, stmt, row))
                .sum(),
            Link::Postgres(client) => client.exec_many(stmt, &rows).await,
        };
        self.after(changed)
    }

    /// Called before the commit: refuses it if a statement failed and the closure did not care.
    pub(crate) fn ready_to_commit(&mut self) -> Result<()> {
        self.before()?;
        self.after(Ok(()))
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        self.0
            .transaction
            .as_ref()
            .and_then(|transaction| transaction.failure)
    }

    /// Forgets what is known: the connection is about to run the next transaction.
    pub(crate) fn reset(&mut self) {
        if let Some(transaction) = &mut self.0.transaction {
            transaction.faults.written(transaction.statements);
            transaction.statements = 0;
            transaction.failure = None;
        }
    }

    pub(crate) fn into_link(mut self) -> Link {
        self.reset();
        self.0.into_link()
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}
