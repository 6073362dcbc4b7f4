//! Opening the file, with the settings every connection needs.

use std::{path::PathBuf, thread::sleep, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use super::error;
use crate::{Options, Result};

/// Prepared statements kept per connection: more than the product has.
const STATEMENTS: usize = 1024;

/// Where the database is and how to open it.
#[derive(Clone)]
pub(super) struct File {
    path: PathBuf,
    busy: Duration,
}

impl File {
    pub(super) fn new(path: PathBuf, options: &Options) -> Self {
        Self {
            path,
            busy: options.busy_timeout,
        }
    }

    /// The first connection: creates the file if need be and switches it to WAL.
    pub(super) fn writable(&self) -> Result<Connection> {
        self.create_private();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = self.connect(flags)?;
        self.use_wal(&connection)
            .map_err(|e| error("sqlite::journal_mode", e))?;
        // 16 MB of log between checkpoints: fewer stops of the writer, still a short recovery.
        // A small cache: a commit that has balanced a tree visits every page in it. What it does
        // not hold is read from the mapped file.
        connection
            .execute_batch(
                "PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;
                 PRAGMA cache_size = -8192;
                 PRAGMA wal_autocheckpoint = 4000;
                 PRAGMA journal_size_limit = 67108864;",
            )
            .map_err(|e| error("sqlite::settings", e))?;
        Ok(connection)
    }

    pub(super) fn read_only(&self) -> Result<Connection> {
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let cache = connection.execute_batch("PRAGMA cache_size = -65536");
        cache.map_err(|e| error("sqlite::settings", e))?;
        Ok(connection)
    }

    fn connect(&self, flags: OpenFlags) -> Result<Connection> {
        let open = || {
            let connection =
                Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.busy_timeout(self.busy)?;
            // Plans do not depend on the values of parameters. Otherwise SQLite plans most statements on a
            // table with partial indexes anew at every run, which costs more than running them.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            connection.execute_batch(
                "PRAGMA mmap_size = 268435456;
                 PRAGMA temp_store = MEMORY;
                 PRAGMA trusted_schema = OFF;",
            )?;
            Ok(connection)
        };
        open().map_err(|e| error("sqlite::open", e))
    }

    /// Switching to WAL does not wait for other connections as a statement would, so we do.
    fn use_wal(&self, connection: &Connection) -> rusqlite::Result<()> {
        let pause = Duration::from_millis(5);
        let mut waited = Duration::ZERO;
        loop {
            let switched = connection.execute_batch("PRAGMA journal_mode = WAL");
            match switched {
                Err(e)
                    if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && waited < self.busy =>
                {
                    sleep(pause);
                    waited += pause;
                }
                other => return other,
            }
        }
    }

    /// The file holds customers' data: only its owner may read it. SQLite gives the log beside it
    /// the same mode, and reports whatever is wrong with the path when it opens it.
    fn create_private(&self) {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let _ = options.open(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn no_statement_is_planned_anew_because_a_parameter_has_another_value() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::default();
        let file = File::new(folder.path().join("store.db"), &options);
        let mut connection = file.writable().unwrap();
        crate::migrate::sqlite::run(&mut connection, &options).unwrap();
        for stmt in crate::registry().flatten() {
            let mut prepared = connection.prepare(stmt.sqlite()).unwrap();
            for value in 1..=3 {
                prepared.clear_bindings();
                for i in 1..=prepared.parameter_count() {
                    prepared.raw_bind_parameter(i, value).unwrap();
                }
                // Whether it fits the schema is not what is asked here.
                let _ = prepared.raw_query().next().map(drop);
            }
            let planned_again = prepared.get_status(StatementStatus::RePrepare);
            assert_eq!(planned_again, 0, "{stmt:?}");
        }
    }
}
