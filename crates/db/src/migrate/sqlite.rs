//! Migrations of SQLite: all that are pending in one transaction, which is the lock as well.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{Applied, applied_at, checksum, pending};
use crate::{Error, Options, Result, sqlite::error};

pub(crate) fn run(connection: &mut Connection, options: &Options) -> Result<()> {
    // Off, or a table that others refer to could not be rebuilt; checked before the commit.
    foreign_keys(connection, false)?;
    let outcome = apply(connection, options);
    foreign_keys(connection, true)?;
    outcome
}

fn apply(connection: &mut Connection, options: &Options) -> Result<()> {
    let fail = |e| error("migrate::sqlite", e);
    let tx = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fail)?;
    let applied = applied(&tx).map_err(fail)?;
    for migration in pending(options.migrations, &applied, |m| m.sqlite)? {
        tx.execute_batch(migration.sqlite).map_err(|e| {
            Error::migration(format!(
                "number {} ({}): {e}",
                migration.version, migration.name
            ))
        })?;
        tx.execute(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at)
             VALUES (?1, ?2, ?3, ?4)",
            (
                migration.version,
                migration.name,
                checksum(migration.sqlite),
                applied_at(),
            ),
        )
        .map_err(fail)?;
    }
    let dangling: i64 = tx
        .query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", (), |row| {
            row.get(0)
        })
        .map_err(fail)?;
    if dangling > 0 {
        return Err(Error::migration(format!(
            "{dangling} rows would refer to missing ones"
        )));
    }
    tx.commit().map_err(fail)
}

fn applied(tx: &Transaction<'_>) -> rusqlite::Result<Vec<Applied>> {
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
             version INTEGER NOT NULL PRIMARY KEY,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL
         ) STRICT",
    )?;
    tx.prepare("SELECT version, checksum FROM schema_migrations ORDER BY version")?
        .query_map((), |row| {
            Ok(Applied {
                version: row.get(0)?,
                checksum: row.get(1)?,
            })
        })?
        .collect()
}

fn foreign_keys(connection: &Connection, on: bool) -> Result<()> {
    connection
        .pragma_update(None, "foreign_keys", on)
        .map_err(|e| error("migrate::foreign_keys", e))
}
