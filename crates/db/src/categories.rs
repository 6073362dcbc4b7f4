//! Categories of packages.

use tradepost_model::Timestamp;
use tradepost_model::categories::Category;
use tradepost_model::ids::{CategoryId, StoreId};

use crate::{Conn, Result, Row, Tx, params};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, name, slug, description, is_enabled, sort_order, parent_id, version, created_at, updated_at"
    };
}

crate::statements! {
    INSERT = "INSERT INTO categories
        (id, store_id, name, slug, description, is_enabled, sort_order, parent_id, version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (store_id, slug) DO NOTHING";
    UPDATE = "UPDATE categories
        SET name = $3, description = $4, is_enabled = $5, sort_order = $6, parent_id = $7, version = $8,
            updated_at = $9
        WHERE store_id = $1 AND id = $2";
    LIST = concat!("SELECT ", columns!(), " FROM categories WHERE store_id = $1");
    FIND = concat!("SELECT ", columns!(), " FROM categories WHERE store_id = $1 AND id = $2");
    LOCK = sqlite "SELECT id FROM categories WHERE store_id = $1 LIMIT 0"
    postgres "SELECT id FROM categories WHERE store_id = $1 ORDER BY id FOR UPDATE";
    FREE_PACKAGES = "UPDATE packages
        SET category_id = NULL, version = version + 1, updated_at = $3
        WHERE store_id = $1 AND category_id = $2";
    FREE_CHILDREN = "UPDATE categories
        SET parent_id = NULL, version = version + 1, updated_at = $3
        WHERE store_id = $1 AND parent_id = $2";
    DELETE = "DELETE FROM categories WHERE store_id = $1 AND id = $2";
}

/// Adds a category; `false` where its slug is taken.
pub async fn insert(tx: &mut Tx, store: StoreId, category: &Category) -> Result<bool> {
    let Category {
        id,
        name,
        slug,
        description,
        is_enabled,
        sort_order,
        parent,
        version,
        created_at,
        updated_at,
    } = category;
    let values = params![
        *id, store, name, slug, description, *is_enabled, *sort_order, *parent, *version, *created_at, *updated_at
    ];
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// Changes a category; its slug stays.
pub async fn update(tx: &mut Tx, store: StoreId, category: &Category) -> Result<bool> {
    let values = params![
        store,
        category.id,
        &category.name,
        &category.description,
        category.is_enabled,
        category.sort_order,
        category.parent,
        category.version,
        category.updated_at,
    ];
    Ok(tx.exec(UPDATE, &values).await? == 1)
}

/// A store's categories, by their place and then their name.
pub async fn list(conn: &mut Conn, store: StoreId) -> Result<Vec<Category>> {
    let rows = conn.query(LIST, &params![store]).await?;
    let mut list = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    list.sort_by_cached_key(|category| (category.sort_order, category.name.to_lowercase(), category.id));
    Ok(list)
}

/// One category.
pub async fn find(conn: &mut Conn, store: StoreId, category: CategoryId) -> Result<Option<Category>> {
    let row = conn.query_opt(FIND, &params![store, category]).await?;
    row.as_ref().map(read).transpose()
}

/// Locks a store's categories until the transaction ends: who changes the tree looks at all of it.
pub async fn lock(tx: &mut Tx, store: StoreId) -> Result<()> {
    tx.query(LOCK, &params![store]).await.map(|_| ())
}

/// Removes a category: its packages are in none any more, and its children are at the top.
pub async fn delete(tx: &mut Tx, store: StoreId, category: CategoryId, now: Timestamp) -> Result<bool> {
    tx.exec(FREE_PACKAGES, &params![store, category, now]).await?;
    tx.exec(FREE_CHILDREN, &params![store, category, now]).await?;
    Ok(tx.exec(DELETE, &params![store, category]).await? == 1)
}

fn read(row: &Row) -> Result<Category> {
    Ok(Category {
        id: row.get("id")?,
        name: row.get("name")?,
        slug: row.get("slug")?,
        description: row.get("description")?,
        is_enabled: row.get("is_enabled")?,
        sort_order: row.get("sort_order")?,
        parent: row.get("parent_id")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
