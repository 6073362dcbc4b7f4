//! Filled stores, kept from run to run: an SQLite file in a folder, a database in PostgreSQL. What is
//! measured is a copy, so that every run begins alike.

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tokio_postgres::NoTls;
use tradepost_bench::store::Failure;
use tradepost_model::clock::Ids;

use super::shop;

/// Grows when the store is filled in another way.
const FILLING: u32 = 1;

/// Which database.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    Sqlite,
    /// By the URL of a database in which others can be made.
    Postgres(String),
}

impl FromStr for Engine {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            _ if text.starts_with("postgres") && text.contains("://") => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err("is neither sqlite nor the URL of a PostgreSQL"),
        }
    }
}

/// A database to be measured.
pub(super) struct Database {
    pub(super) url: String,
    /// What removes it, where that is more than its folder.
    drop: Option<(String, String)>,
}

impl Engine {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// A copy of a store with so many orders, which is filled first where none is kept.
    pub(super) async fn copy(
        &self,
        orders: u32,
        cache: &Path,
        folder: &Path,
    ) -> Result<Database, Failure> {
        let name = format!("tradepost_api_{:016x}_{orders}", shape());
        match self {
            Self::Sqlite => sqlite(&cache.join(name), orders, folder).await,
            Self::Postgres(url) => postgres(url, &name, orders).await,
        }
    }
}

impl Database {
    pub(super) async fn remove(self) -> Result<(), Failure> {
        if let Some((url, name)) = self.drop {
            tell(&url, &format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        }
        Ok(())
    }
}

/// What tells apart stores that were filled differently: the schema, and how.
fn shape() -> u64 {
    let mut hasher = DefaultHasher::new();
    FILLING.hash(&mut hasher);
    for migration in tradepost_db::MIGRATIONS {
        (migration.sqlite, migration.postgres).hash(&mut hasher);
    }
    hasher.finish()
}

async fn sqlite(kept: &Path, orders: u32, folder: &Path) -> Result<Database, Failure> {
    let kept = kept.with_extension("db");
    if !kept.exists() {
        let draft = tempfile::tempdir_in(kept.parent().unwrap_or(folder))?;
        let file = draft.path().join("draft.db");
        shop::make(&sqlite_url(&file), orders).await?;
        if file.with_extension("db-wal").exists() {
            return Err("the log was not written back into the database".into());
        }
        std::fs::rename(file, &kept)?;
    }
    let file = folder.join("bench.db");
    std::fs::copy(kept, &file)?;
    // Not while it is measured.
    File::open(&file)?.sync_all()?;
    Ok(Database {
        url: sqlite_url(&file),
        drop: None,
    })
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", PathBuf::from(file).display())
}

async fn postgres(url: &str, kept: &str, orders: u32) -> Result<Database, Failure> {
    let (server, _) = url
        .rsplit_once('/')
        .ok_or("the PostgreSQL URL names no database")?;
    if !tells(
        url,
        &format!("SELECT 1 FROM pg_database WHERE datname = '{kept}'"),
    )
    .await?
    {
        let draft = format!("{kept}_draft");
        tell(
            url,
            &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"),
        )
        .await?;
        tell(url, &format!("CREATE DATABASE {draft}")).await?;
        let inside = format!("{server}/{draft}");
        shop::make(&inside, orders).await?;
        tell(&inside, "VACUUM ANALYZE").await?;
        tell(url, &format!("ALTER DATABASE {draft} RENAME TO {kept}")).await?;
    }
    let name = format!("tradepost_api_{}", Ids.short(12));
    tell(url, &format!("CREATE DATABASE {name} TEMPLATE {kept}")).await?;
    // Not while it is measured; not everybody may ask for it.
    tell(url, "CHECKPOINT").await.ok();
    Ok(Database {
        url: format!("{server}/{name}"),
        drop: Some((url.to_owned(), name)),
    })
}

async fn tell(url: &str, sql: &str) -> Result<(), Failure> {
    tells(url, sql).await.map(drop)
}

/// Runs a statement on a connection of its own, and tells whether it gave a row.
#[expect(clippy::disallowed_methods, reason = "it is waited for")]
async fn tells(url: &str, sql: &str) -> Result<bool, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    let told = client.simple_query(sql).await;
    drop(client);
    connection.await??;
    let row = |message: &_| matches!(message, tokio_postgres::SimpleQueryMessage::Row(_));
    Ok(told?.iter().any(row))
}
