//! SQLite: reads inline on pooled connections, scans on threads of their own, writes through one
//! writer that commits many transactions with one fsync.
//!
//! Nothing here waits on the network, so the closures' futures never pend: they are polled once.

pub(crate) mod backup;
mod open;
mod pool;
mod queue;
mod scan;
mod statement;
mod writer;

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use tokio::sync::oneshot;

use crate::{Conn, Error, Options, Result, Stmt, Tx, conn::Link, faults::Faults};

pub(crate) use statement::{Cells, error, exec, query, run};

/// An open SQLite database.
pub(crate) struct Sqlite {
    pool: pool::Pool,
    scans: scan::Scans,
    writer: writer::Writer,
}

impl Sqlite {
    pub(crate) fn open(path: PathBuf, options: &Options, faults: Arc<Faults>) -> Result<Self> {
        let file = open::File::new(path, options);
        let mut first = file.writable()?;
        crate::migrate::sqlite::run(&mut first, options)?;
        let pool = pool::Pool::new(file, options.readers);
        let scans = scan::Scans::start(&pool, options.readers)?;
        let writer = writer::Writer::start(first, faults)?;
        Ok(Self {
            pool,
            scans,
            writer,
        })
    }

    pub(crate) fn read<T, E, F>(&self, f: &F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Conn) -> Result<T, E>,
    {
        self.pool.with(|conn| reads(conn, f))
    }

    pub(crate) async fn scan<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: AsyncFn(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.scans.push(Box::new(move |conn| {
            if !reply.is_closed() {
                let _ = reply.send(reads(conn, &f));
            }
        }))?;
        answer.await.unwrap_or_else(|_| Err(closed().into()))
    }

    pub(crate) async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        let answer = self.writer.push(f)?;
        answer.await.unwrap_or_else(|_| Err(closed().into()))
    }

    /// Prepares a statement, which is all that can be checked without its parameters.
    pub(crate) fn check(&self, stmt: Stmt) -> Result<()> {
        self.pool.with(|conn| match conn.link() {
            Link::Sqlite(connection) => statement::check(connection, stmt),
            Link::Postgres(_) => Ok(()),
        })
    }

    pub(crate) async fn close(&self) {
        self.scans.close().await;
        self.pool.close();
        self.writer.close().await;
    }
}

/// Lets a closure read.
fn reads<T, E, F>(conn: &mut Conn, f: &F) -> Result<T, E>
where
    E: From<Error>,
    F: AsyncFn(&mut Conn) -> Result<T, E>,
{
    let result = drive(f(conn));
    conn.end_reads()?;
    result
}

/// Runs a closure's future, which has nothing to wait for, to its end.
fn drive<T, E: From<Error>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }));
    match polled {
        Ok(Poll::Ready(result)) => result,
        Ok(Poll::Pending) => Err(Error::Pended.into()),
        Err(_) => Err(Error::Panicked.into()),
    }
}

fn closed() -> Error {
    Error::unavailable("the database is closed")
}
