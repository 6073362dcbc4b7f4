//! Facts about the installation as a whole.

use crate::{Result, Tx, params};

crate::statements! {
    KEEP = "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    VALUE = "SELECT value FROM installation WHERE name = $1";
}

/// Keeps a fact where none of that name is kept, and tells what is kept.
pub async fn keep(tx: &mut Tx, name: &str, value: &str) -> Result<String> {
    tx.exec(KEEP, &params![name, value]).await?;
    tx.query_one(VALUE, &params![name]).await?.get("value")
}
