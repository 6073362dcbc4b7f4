//! Categories of packages.

use tradepost_model::Timestamp;
use tradepost_model::categories::Category;
use tradepost_model::ids::StoreId;

use crate::{Conn, Result, Row, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO categories
        (id, store_id, name, slug, description, is_enabled, sort_order, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        ON CONFLICT (store_id, slug) DO NOTHING";
    LIST = "SELECT id, name, slug, description, is_enabled, sort_order FROM categories WHERE store_id = $1";
}

/// Adds a category; `false` where its slug is taken.
pub async fn insert(tx: &mut Tx, store: StoreId, category: &Category, now: Timestamp) -> Result<bool> {
    let Category { id, name, slug, description, is_enabled, sort_order } = category;
    let values = params![*id, store, name, slug, description, *is_enabled, *sort_order, now];
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// A store's categories, by their place and then their name.
pub async fn list(conn: &mut Conn, store: StoreId) -> Result<Vec<Category>> {
    let rows = conn.query(LIST, &params![store]).await?;
    let mut list = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    list.sort_by(|a, b| a.sort_order.cmp(&b.sort_order).then_with(|| a.name.cmp(&b.name)));
    Ok(list)
}

fn read(row: &Row) -> Result<Category> {
    Ok(Category {
        id: row.get("id")?,
        name: row.get("name")?,
        slug: row.get("slug")?,
        description: row.get("description")?,
        is_enabled: row.get("is_enabled")?,
        sort_order: row.get("sort_order")?,
    })
}
