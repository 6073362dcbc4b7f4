//! Uploaded images, kept in the database so that they are in every backup and on every node.

use tradepost_model::Timestamp;
use tradepost_model::ids::{ImageId, StoreId};

use crate::{Conn, Result, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO images (id, store_id, content_type, content, created_at) VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT content_type, content FROM images WHERE id = $1";
}

/// Keeps an image.
pub async fn insert(
    tx: &mut Tx,
    store: StoreId,
    image: ImageId,
    content_type: &str,
    content: &[u8],
    now: Timestamp,
) -> Result<()> {
    tx.exec(INSERT, &params![image, store, content_type, content, now]).await.map(|_| ())
}

/// An image's content type and bytes. Images are public, so no store is asked for.
pub async fn find(conn: &mut Conn, image: ImageId) -> Result<Option<(String, Vec<u8>)>> {
    let Some(row) = conn.query_opt(FIND, &params![image]).await? else { return Ok(None) };
    Ok(Some((row.get("content_type")?, row.get("content")?)))
}
