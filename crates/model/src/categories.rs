//! Categories: how a storefront groups its packages.

use crate::ids::CategoryId;
use crate::names::Slug;

/// A category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Identity.
    pub id: CategoryId,
    /// Its name.
    pub name: String,
    /// Its name in web addresses.
    pub slug: Slug,
    /// A sentence or two; may be empty.
    pub description: String,
    /// Whether players see it.
    pub is_enabled: bool,
    /// Its place; smaller first.
    pub sort_order: i32,
}
