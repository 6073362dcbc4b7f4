//! A copy of a database while it is in use.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{Error, Result};

/// Writes a copy as of this moment to a file that does not exist yet, and waits until it is on disk.
pub(crate) fn copy(source: &Path, target: &Path) -> Result<()> {
    let failed = |error: rusqlite::Error| Error::unavailable(error.to_string());
    let connection =
        Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let name = target
        .to_str()
        .ok_or_else(|| Error::unavailable("the file's name is not text"))?;
    connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(failed)?;
    let synced = std::fs::File::open(target).and_then(|file| file.sync_all());
    synced.map_err(|error| Error::unavailable(error.to_string()))
}
