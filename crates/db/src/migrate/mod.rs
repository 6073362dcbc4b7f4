//! Bringing a database to the schema this program needs: forward only, at every start, under a
//! lock, so that many nodes may start at once.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// One step of the schema, for both engines. Once released it never changes.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place: 1, 2, 3...
    pub version: i64,
    /// What it brings, as in its file's name.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// A migration found in the database.
struct Applied {
    version: i64,
    checksum: String,
}

/// What is still to do, if what was done is what we know.
fn pending<'a>(
    known: &'a [Migration],
    applied: &[Applied],
    text: fn(&Migration) -> &'static str,
) -> Result<&'a [Migration]> {
    for (known, expected) in known.iter().zip(1..) {
        if known.version != expected {
            return Err(Error::migration(format!(
                "number {expected} is missing in the program"
            )));
        }
    }
    for (i, found) in applied.iter().enumerate() {
        let Some(known) = known.get(i) else {
            return Err(Error::migration(format!(
                "the database has schema version {}, this program knows only up to {}: \
                 it was used by a newer version, which has to be installed again",
                applied.last().map_or(0, |last| last.version),
                known.len(),
            )));
        };
        if known.version != found.version {
            return Err(Error::migration(format!(
                "number {} was never applied to the database, later ones were",
                known.version
            )));
        }
        if checksum(text(known)) != found.checksum {
            return Err(Error::migration(format!(
                "number {} ({}) was changed after it had been applied",
                known.version, known.name
            )));
        }
    }
    Ok(&known[applied.len()..])
}

fn checksum(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// For the record only: nothing is ever decided by it.
#[expect(
    clippy::disallowed_methods,
    reason = "there is no context yet at start"
)]
fn applied_at() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since
        .ok()
        .and_then(|since| since.as_micros().try_into().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Migration] = &[
        Migration {
            version: 1,
            name: "first",
            sqlite: "one",
            postgres: "",
        },
        Migration {
            version: 2,
            name: "second",
            sqlite: "two",
            postgres: "",
        },
    ];

    fn why(applied: &[(i64, &str)]) -> String {
        let applied: Vec<_> = applied
            .iter()
            .map(|(version, text)| Applied {
                version: *version,
                checksum: checksum(text),
            })
            .collect();
        match pending(KNOWN, &applied, |m| m.sqlite) {
            Ok(pending) => format!("{} pending", pending.len()),
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn only_what_is_missing_is_pending() {
        assert_eq!(why(&[]), "2 pending");
        assert_eq!(why(&[(1, "one")]), "1 pending");
        assert_eq!(why(&[(1, "one"), (2, "two")]), "0 pending");
    }

    #[test]
    fn a_foreign_history_is_refused() {
        assert!(why(&[(1, "uno")]).contains("number 1 (first) was changed"));
        assert!(why(&[(2, "two")]).contains("number 1 was never applied"));
        assert!(why(&[(1, "one"), (2, "two"), (3, "three")]).contains("newer version"));
    }
}
