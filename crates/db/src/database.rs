//! The database: one type for both engines.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    Conn, Error, MIGRATIONS, Migration, Result, Stmt, Tx,
    faults::Faults,
    postgres::{Hints, Postgres},
    sqlite::Sqlite,
};

/// An open database. Cloning it clones a pointer.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    engine: Kind,
    #[cfg_attr(
        not(feature = "fault-injection"),
        expect(dead_code, reason = "tests only")
    )]
    faults: Arc<Faults>,
}

enum Kind {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Which engine a database runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one node.
    Sqlite,
    /// PostgreSQL, or another that speaks its protocol; any number of nodes.
    Postgres,
}

/// How to open a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// The schema; the product's by default.
    pub migrations: &'static [Migration],
    /// PostgreSQL: connections at most.
    pub postgres_pool: usize,
    /// PostgreSQL: the schema to live in, made if need be. Its name consists of a-z, 0-9 and _.
    pub schema: Option<String>,
    /// SQLite: threads for [`Db::scan`].
    pub readers: usize,
    /// SQLite: how long to wait for another process that is writing.
    pub busy_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            migrations: MIGRATIONS,
            postgres_pool: 16,
            schema: None,
            readers: 2,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

impl Db {
    /// Opens `sqlite:///absolute/path.db` (made if need be) or `postgres://...`, and brings its
    /// schema up to date.
    pub async fn open(url: &str, options: Options) -> Result<Self> {
        let faults = Arc::new(Faults::default());
        let engine = if let Some(path) = url.strip_prefix("sqlite://") {
            let (path, faults) = (PathBuf::from(path), faults.clone());
            let open = move || Sqlite::open(path, &options, faults);
            let opened = tokio::task::spawn_blocking(open).await;
            Kind::Sqlite(opened.map_err(|e| Error::unavailable(e.to_string()))??)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Kind::Postgres(Postgres::open(url, &options, faults.clone()).await?)
        } else {
            let why = "a database URL begins with sqlite:// or postgres://";
            return Err(Error::unavailable(why));
        };
        Ok(Self(Arc::new(Inner { engine, faults })))
    }

    /// Copies an SQLite database, which may be in use, to a file that does not exist yet.
    pub async fn back_up(url: &str, target: &Path) -> Result<()> {
        let Some(source) = url.strip_prefix("sqlite://") else {
            let why = "only SQLite is copied by this program, for PostgreSQL there is pg_dump";
            return Err(Error::unavailable(why));
        };
        let (source, target) = (PathBuf::from(source), target.to_owned());
        let copy = move || crate::sqlite::backup::copy(&source, &target);
        let copied = tokio::task::spawn_blocking(copy).await;
        copied.map_err(|e| Error::unavailable(e.to_string()))?
    }

    /// The engine it runs on.
    pub fn engine(&self) -> Engine {
        match self.0.engine {
            Kind::Sqlite(_) => Engine::Sqlite,
            Kind::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs statements that an index bounds to few rows. On SQLite they run at once, on the
    /// caller's thread. Nothing may rest on what statements see together: on PostgreSQL each sees the
    /// latest commit.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: AsyncFn(&mut Conn) -> Result<T, E> + Send + Sync + 'static,
    {
        match &self.0.engine {
            Kind::Sqlite(sqlite) => {
                // These reads never wait, so a task made of them would never let others run.
                tokio::task::coop::consume_budget().await;
                sqlite.read(&f)
            }
            Kind::Postgres(postgres) => postgres.read(&f).await,
        }
    }

    /// Runs statements that may look at many rows: searches, statistics, exports. On SQLite they
    /// run on threads of their own.
    pub async fn scan<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: AsyncFn(&mut Conn) -> Result<T, E> + Send + Sync + 'static,
    {
        match &self.0.engine {
            Kind::Sqlite(sqlite) => sqlite.scan(f).await,
            Kind::Postgres(postgres) => postgres.read(&f).await,
        }
    }

    /// Runs one transaction and returns when it is durable. If the closure returns an error, or
    /// if any of its statements failed, nothing has happened. The closure may be run more than
    /// once: it changes nothing but through the transaction and awaits nothing else. If this
    /// future is dropped before it is done, the transaction happens as a whole or not at all.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync + 'static,
    {
        match &self.0.engine {
            Kind::Sqlite(sqlite) => sqlite.write(f).await,
            Kind::Postgres(postgres) => postgres.write(&f).await,
        }
    }

    /// Tells the other nodes on this database something short, at most 7,900 bytes each: a hint, which
    /// may be lost. On SQLite there are none.
    pub async fn notify(&self, payloads: &[String]) -> Result<()> {
        match &self.0.engine {
            Kind::Sqlite(_) => Ok(()),
            Kind::Postgres(postgres) => postgres.notify(payloads).await,
        }
    }

    /// Listens for what nodes tell each other with [`Db::notify`]; `None` where there is one node.
    pub fn hints(&self) -> Option<Hints> {
        match &self.0.engine {
            Kind::Sqlite(_) => None,
            Kind::Postgres(postgres) => Some(postgres.hints()),
        }
    }

    /// Prepares every statement of the product and tells how many there are.
    pub async fn check_statements(&self) -> Result<usize> {
        let mut checked = 0;
        for stmt in crate::registry().flatten() {
            self.check(*stmt).await?;
            checked += 1;
        }
        Ok(checked)
    }

    async fn check(&self, stmt: Stmt) -> Result<()> {
        match &self.0.engine {
            Kind::Sqlite(sqlite) => sqlite.check(stmt),
            Kind::Postgres(postgres) => postgres.check(stmt).await,
        }
    }

    /// Finishes the transactions that are queued and closes the database. Later calls fail.
    pub async fn close(&self) {
        match &self.0.engine {
            Kind::Sqlite(sqlite) => sqlite.close().await,
            Kind::Postgres(postgres) => postgres.close(),
        }
    }
}

#[cfg(feature = "fault-injection")]
impl Db {
    /// Makes the n-th statement from now on fail, counted from 1 over all writes, each row of an
    /// `exec_many` and each commit included. Once; `None` takes it back.
    pub fn fail_at(&self, n: Option<u64>) {
        self.0.faults.fail_at(n);
    }

    /// How many statements the last write to end has run, its commit included.
    pub fn statements_of_last_write(&self) -> u64 {
        self.0.faults.last_write()
    }
}
