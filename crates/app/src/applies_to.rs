//! Whether what a coupon, a sale or a gift card is for exists in its store.

use tradepost_db::{Tx, applies_to as db};
use tradepost_model::applies_to::AppliesTo;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::StoreId;

use crate::Result;

/// Notes what is listed and does not exist. What was listed before stays: packages and categories may
/// be removed meanwhile, and that must not stand in the way of another change.
pub(crate) async fn check(
    tx: &mut Tx,
    store: StoreId,
    before: &AppliesTo,
    now: &AppliesTo,
    errors: &mut FieldErrors,
) -> Result<()> {
    let is_new = |id| !before.packages().contains(id);
    if now.packages().iter().any(is_new) {
        let known = db::packages(tx, store).await?;
        for (place, id) in now.packages().iter().enumerate() {
            if is_new(id) && !known.contains(id) {
                errors.add(format!("packageIds[{place}]"), "does not exist");
            }
        }
    }
    let is_new = |id| !before.categories().contains(id);
    if now.categories().iter().any(is_new) {
        let known = db::categories(tx, store).await?;
        for (place, id) in now.categories().iter().enumerate() {
            if is_new(id) && !known.contains(id) {
                errors.add(format!("categoryIds[{place}]"), "does not exist");
            }
        }
    }
    Ok(())
}
