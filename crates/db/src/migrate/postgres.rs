//! Migrations of PostgreSQL, on a connection of their own, in one transaction under an advisory
//! lock. Where there are no such locks (CockroachDB), a locked row does the same.

use sha2::{Digest, Sha256};
use tokio_postgres::{Client, Config, Error as PgError, NoTls, error::SqlState};

use super::{Applied, applied_at, checksum, pending};
use crate::{Error, Options, Result, postgres::error};

pub(crate) async fn run(config: &Config, options: &Options) -> Result<()> {
    let fail = |e: PgError| error("migrate::postgres", &e);
    let (client, connection) = config
        .connect(NoTls)
        .await
        .map_err(|e| error("postgres::connect", &e))?;
    let work = async {
        let outcome = apply(&client, options).await;
        // Dropped, the connection ends, and with it whatever transaction is open.
        drop(client);
        outcome
    };
    let (outcome, ended) = tokio::join!(work, connection);
    outcome?;
    ended.map_err(fail)
}

async fn apply(client: &Client, options: &Options) -> Result<()> {
    let fail = |e: PgError| error("migrate::postgres", &e);
    let schema = options.schema.as_deref();
    lock(client, schema.unwrap_or("public"))
        .await
        .map_err(fail)?;
    if let Some(schema) = schema {
        let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        client.batch_execute(&create).await.map_err(fail)?;
    }
    let applied = applied(client).await.map_err(fail)?;
    for migration in pending(options.migrations, &applied, |m| m.postgres)? {
        client
            .batch_execute(migration.postgres)
            .await
            .map_err(|e| {
                let why = e
                    .as_db_error()
                    .map_or_else(|| e.to_string(), |e| e.message().to_owned());
                Error::migration(format!(
                    "number {} ({}): {why}",
                    migration.version, migration.name
                ))
            })?;
        client
            .execute(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at)
                 VALUES ($1, $2, $3, $4)",
                &[
                    &migration.version,
                    &migration.name,
                    &checksum(migration.postgres),
                    &applied_at(),
                ],
            )
            .await
            .map_err(fail)?;
    }
    client.batch_execute("COMMIT").await.map_err(fail)
}

/// Opens a transaction that excludes every other start on this schema.
async fn lock(client: &Client, schema: &str) -> Result<(), PgError> {
    let digest = Sha256::digest(format!("tradepost migrations of {schema}"));
    let key = i64::from_be_bytes(std::array::from_fn(|i| digest[i]));
    client.batch_execute("BEGIN").await?;
    let locked = client
        .execute("SELECT pg_advisory_xact_lock($1)", &[&key])
        .await;
    match locked {
        Err(e) if lacks_advisory_locks(&e) => {
            client.batch_execute("ROLLBACK").await?;
            lock_row(client).await
        }
        other => other.map(drop),
    }
}

fn lacks_advisory_locks(e: &PgError) -> bool {
    e.code().is_some_and(|code| {
        [
            SqlState::UNDEFINED_FUNCTION,
            SqlState::FEATURE_NOT_SUPPORTED,
        ]
        .contains(code)
    })
}

async fn lock_row(client: &Client) -> Result<(), PgError> {
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS public.schema_lock (id BIGINT NOT NULL PRIMARY KEY)",
        )
        .await?;
    client
        .batch_execute("INSERT INTO public.schema_lock (id) VALUES (1) ON CONFLICT DO NOTHING")
        .await?;
    client.batch_execute("BEGIN").await?;
    client
        .batch_execute("SELECT id FROM public.schema_lock WHERE id = 1 FOR UPDATE")
        .await
}

async fn applied(client: &Client) -> Result<Vec<Applied>, PgError> {
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (
                 version BIGINT NOT NULL PRIMARY KEY,
                 name TEXT NOT NULL,
                 checksum TEXT NOT NULL,
                 applied_at BIGINT NOT NULL
             )",
        )
        .await?;
    let rows = client
        .query(
            "SELECT version, checksum FROM schema_migrations ORDER BY version",
            &[],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Applied {
            version: row.get("version"),
            checksum: row.get("checksum"),
        })
        .collect())
}
