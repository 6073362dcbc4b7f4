//! PostgreSQL and what speaks its protocol: a pool of connections, READ COMMITTED, and another try
//! for transactions that lost against concurrent ones.

mod client;
mod codec;
mod hints;

use std::{
    future::Future,
    hash::{BuildHasher, Hasher, RandomState},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use futures_util::FutureExt;
use tokio_postgres::{Config, NoTls};

use crate::{
    Conn, Error, Options, Result, Stmt, Tx,
    conn::{Failure, Link},
    faults::Faults,
};

pub(crate) use client::{Client, error};
pub(crate) use codec::cell;
pub use hints::{Hint, Hints};

/// Runs of one transaction, the first included, before its caller gets `Error::Conflict`.
const RUNS: u32 = 12;

/// How long to wait for a connection to be free, or to be made.
const WAIT: Duration = Duration::from_secs(10);

/// An open PostgreSQL database.
pub(crate) struct Postgres {
    pool: Pool,
    faults: Arc<Faults>,
    config: Config,
    /// Where hints go: every installation on a database has its own.
    channel: String,
}

impl Postgres {
    pub(crate) async fn open(url: &str, options: &Options, faults: Arc<Faults>) -> Result<Self> {
        let config = config(url, options)?;
        crate::migrate::postgres::run(&config, options).await?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let pool = Pool::builder(Manager::from_config(config.clone(), NoTls, recycling))
            .max_size(options.postgres_pool)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| Error::unavailable(e.to_string()))?;
        let schema = options.schema.as_deref().unwrap_or("public");
        // A name longer than 63 bytes is none.
        let channel = format!("tradepost_{schema}").chars().take(63).collect();
        Ok(Self {
            pool,
            faults,
            config,
            channel,
        })
    }

    #[expect(clippy::future_not_send, reason = "it is when the closure's future is")]
    pub(crate) async fn read<T, E, F>(&self, f: &F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Conn) -> Result<T, E>,
    {
        for _ in 0..self.pool.status().max_size {
            let mut conn = Conn::new(Link::Postgres(Box::new(self.client().await?)));
            let result = caught(f(&mut conn)).await;
            let lost = matches!(conn.link(), Link::Postgres(client) if client.is_lost());
            if result.is_ok() || !lost {
                return result;
            }
        }
        Err(gone().into())
    }

    #[expect(clippy::future_not_send, reason = "it is when the closure's future is")]
    pub(crate) async fn write<T, E, F>(&self, f: &F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>,
    {
        for run in 1..=RUNS {
            let client = self.begin().await?;
            let mut tx = Tx::new(Link::Postgres(Box::new(client)), self.faults.clone());
            let result = caught(f(&mut tx)).await;
            let lost = tx.failure() == Some(Failure::Conflict);
            let result = match result {
                Ok(value) => tx.ready_to_commit().map(|()| value).map_err(E::from),
                Err(e) => Err(e),
            };
            let Link::Postgres(mut client) = tx.into_link() else {
                break;
            };
            match result {
                Ok(value) => match client.commit().await {
                    Ok(()) => return Ok(value),
                    Err(Error::Conflict) if run < RUNS => {}
                    Err(e) => return Err(e.into()),
                },
                Err(e) => {
                    client.roll_back().await;
                    if !lost || run == RUNS {
                        return Err(e);
                    }
                }
            }
            drop(client);
            pause(run).await;
        }
        Err(Error::Conflict.into())
    }

    /// Tells every node that listens.
    pub(crate) async fn notify(&self, payloads: &[String]) -> Result<()> {
        self.client().await?.notify(&self.channel, payloads).await
    }

    pub(crate) fn hints(&self) -> Hints {
        Hints::new(self.config.clone(), self.channel.clone())
    }

    /// Prepares a statement, which is all that can be checked without its parameters.
    pub(crate) async fn check(&self, stmt: Stmt) -> Result<()> {
        self.client().await?.check(stmt).await
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }

    async fn client(&self) -> Result<Client> {
        let object = self.pool.get().await.map_err(|e| match e {
            PoolError::Backend(e) => error("postgres::connect", &e),
            other => Error::unavailable(other.to_string()),
        })?;
        Ok(Client::new(object))
    }

    /// A connection with a transaction open.
    ///
    /// After a restart of the server every pooled connection is dead, and some only say so when
    /// used. While nothing has been done, which includes reads, the next one is tried.
    async fn begin(&self) -> Result<Client> {
        for _ in 0..=self.pool.status().max_size {
            let mut client = self.client().await?;
            match client.begin().await {
                Ok(()) => return Ok(client),
                Err(_) if client.is_lost() => {}
                Err(e) => return Err(e),
            }
        }
        Err(Error::unavailable(
            "every connection was closed by the server",
        ))
    }
}

fn gone() -> Error {
    Error::unavailable("the server closes every connection")
}

/// How to connect: the URL, with the schema first in the search path.
fn config(url: &str, options: &Options) -> Result<Config> {
    let mut config: Config = url
        .parse()
        .map_err(|_| Error::unavailable("the PostgreSQL URL cannot be read"))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(WAIT);
    }
    if config.get_application_name().is_none() {
        config.application_name("tradepost");
    }
    // A node that has vanished without a word must not hold its connections for minutes.
    config.tcp_user_timeout(WAIT).keepalives_idle(WAIT);
    if let Some(schema) = &options.schema {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if schema.is_empty() || !schema.chars().all(plain) {
            return Err(Error::migration(
                "a schema's name consists of a-z, 0-9 and _",
            ));
        }
        let others = config
            .get_options()
            .map(|o| format!("{o} "))
            .unwrap_or_default();
        config.options(format!("{others}-c search_path={schema}"));
    }
    Ok(config)
}

async fn caught<T, E: From<Error>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    AssertUnwindSafe(future)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::Panicked.into()))
}

/// Waits longer after each run, and not as long as the others that lost at the same moment.
async fn pause(run: u32) {
    let longest = 2_000 << run.min(7);
    let micros = RandomState::new().build_hasher().finish() % longest;
    tokio::time::sleep(Duration::from_micros(micros)).await;
}
