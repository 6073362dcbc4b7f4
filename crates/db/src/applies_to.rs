//! What coupons, sales and gift cards are for: how it is stored, and whether it exists.

use std::collections::HashSet;

use serde_json::{Value as Json, json};
use tradepost_model::applies_to::{AppliesTo, Vocabulary};
use tradepost_model::ids::{CategoryId, PackageId, StoreId};

use crate::{Conn, Error, Result, Row, params};

crate::statements! {
    PACKAGES = "SELECT id FROM packages WHERE store_id = $1 AND archived_at IS NULL";
    CATEGORIES = "SELECT id FROM categories WHERE store_id = $1";
}

/// The packages of a store that are not archived.
pub async fn packages(conn: &mut Conn, store: StoreId) -> Result<HashSet<PackageId>> {
    conn.query(PACKAGES, &params![store]).await?.iter().map(|row| row.get("id")).collect()
}

/// The categories of a store.
pub async fn categories(conn: &mut Conn, store: StoreId) -> Result<HashSet<CategoryId>> {
    conn.query(CATEGORIES, &params![store]).await?.iter().map(|row| row.get("id")).collect()
}

/// The lists as they are stored: packages and categories.
pub(crate) fn lists(applies_to: &AppliesTo) -> (Json, Json) {
    (json!(applies_to.packages()), json!(applies_to.categories()))
}

/// Reads `application_scope`, `package_ids` and `category_ids`, and of coupons `package_scope`.
pub(crate) fn read(row: &Row, vocabulary: Vocabulary) -> Result<AppliesTo> {
    let package_scope: Option<String> = match vocabulary {
        Vocabulary::Coupons => row.get("package_scope")?,
        Vocabulary::Others => None,
    };
    let bad = |column: &str| Error::Decode { column: column.to_owned() };
    let packages = serde_json::from_value(row.get("package_ids")?).map_err(|_| bad("package_ids"))?;
    let categories = serde_json::from_value(row.get("category_ids")?).map_err(|_| bad("category_ids"))?;
    let word: String = row.get("application_scope")?;
    AppliesTo::from_stored(vocabulary, &word, package_scope.as_deref(), packages, categories)
        .ok_or_else(|| bad("application_scope"))
}
