//! What coupons, sales and gift cards are for: the members that say so.

use tradepost_model::applies_to::AppliesToDraft;
use tradepost_model::fields::Given;
use tradepost_model::ids::{CategoryId, PackageId};
use uuid::Uuid;

use crate::shape::Id;

/// The words of `applicationScope` for sales and gift cards; coupons have their own.
pub(super) const SCOPES: &[&str] = &["store", "category", "package"];

/// What was given, for the operations.
pub(super) fn draft(
    application_scope: Given<String>,
    package_ids: Given<Vec<Uuid>>,
    category_ids: Given<Vec<Uuid>>,
) -> AppliesToDraft {
    AppliesToDraft {
        application_scope,
        package_scope: Given::Absent,
        package_ids: package_ids.map(|ids| ids.into_iter().map(PackageId).collect()),
        category_ids: category_ids.map(|ids| ids.into_iter().map(CategoryId).collect()),
    }
}

/// Packages as they are told.
pub(super) fn packages(ids: &[PackageId]) -> Vec<Id> {
    ids.iter().map(|id| Id(id.0)).collect()
}

/// Categories as they are told.
pub(super) fn categories(ids: &[CategoryId]) -> Vec<Id> {
    ids.iter().map(|id| Id(id.0)).collect()
}
