//! A gift card pays, after discounts and tax; it is no discount.

use super::{PriceLine, PricedLine, Scope, sum};
use crate::ids::GiftCardId;
use crate::money::{Currency, Money, MoneyError};

/// A gift card that may be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftRule {
    /// Identity.
    pub id: GiftCardId,
    /// What is left on it.
    pub balance: Money,
    /// What it is for.
    pub scope: Scope,
}

/// What a gift card pays of a basket: at most its balance, and at most what the lines it is for cost.
pub(super) fn pays(
    gift: &GiftRule,
    lines: &[PriceLine],
    priced: &[PricedLine],
    currency: Currency,
) -> Result<Money, MoneyError> {
    let covered = lines
        .iter()
        .zip(priced)
        .filter(|(line, _)| gift.scope.covers(line.package, &line.categories))
        .map(|(_, priced)| priced.total);
    let covered = sum(covered, currency)?;
    let balance = gift.balance.checked_in(currency)?;
    Ok(if balance.minor() < covered.minor() {
        balance
    } else {
        covered
    })
}
