//! Backup and restore of an installation on SQLite: the database and the master key, without which
//! nothing in it that is signed or encrypted is worth anything.

use std::path::Path;

use tradepost_db::Db;

use crate::cli::Failure;
use crate::config::Config;
use crate::serve::{DataFolder, MASTER_KEY, write_private};

const DATABASE: &str = "tradepost.db";

/// Copies database and key into a new folder.
pub(crate) async fn backup(config: &Config, folder: &Path) -> Result<(), Failure> {
    let url = config.database_url();
    let Some(source) = url.strip_prefix("sqlite://") else {
        return Err("backup copies SQLite; for PostgreSQL use pg_dump, and keep master.key of the data folder with it".into());
    };
    if !Path::new(source).exists() {
        return Err(format!("there is no database at {source}").into());
    }
    if folder.exists() {
        return Err(format!("{} exists already; name a new folder", folder.display()).into());
    }
    std::fs::create_dir_all(folder)?;
    let copied = copy(config, &url, folder).await;
    if copied.is_err() {
        // Half a backup looks like one.
        std::fs::remove_dir_all(folder)?;
    }
    copied?;
    println!("Backed up to {}.", folder.display());
    Ok(())
}

async fn copy(config: &Config, url: &str, folder: &Path) -> Result<(), Failure> {
    Db::back_up(url, &folder.join(DATABASE)).await?;
    let key = std::fs::read(config.data.join(MASTER_KEY))?;
    write_private(&folder.join(MASTER_KEY), &key)?;
    Ok(())
}

/// Brings a backup into an empty data folder.
pub(crate) fn restore(config: &Config, folder: &Path) -> Result<(), Failure> {
    if !config.database.url.is_empty() {
        return Err("restore fills the data folder; leave database.url empty".into());
    }
    let missing = |name: &str| format!("{} holds no {name}, it is not a backup", folder.display());
    let key = std::fs::read(folder.join(MASTER_KEY)).map_err(|_| missing(MASTER_KEY))?;
    let database = folder.join(DATABASE);
    if !database.exists() {
        return Err(missing(DATABASE).into());
    }
    let data = DataFolder::open(&config.data)?;
    let target = data.path.join(DATABASE);
    if target.exists() {
        return Err(format!(
            "{} exists; restore into an empty data folder",
            target.display()
        )
        .into());
    }
    write_private(&data.path.join(MASTER_KEY), &key)?;
    let draft = data.path.join("restoring.db");
    std::fs::copy(&database, &draft)?;
    std::fs::File::open(&draft)?.sync_all()?;
    std::fs::rename(&draft, &target)?;
    println!("Restored into {}.", data.path.display());
    Ok(())
}
