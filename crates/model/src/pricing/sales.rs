//! Sales lower the price of one, before any coupon.

use std::cmp::Reverse;

use super::{Rule, Scope};
use crate::ids::{CategoryId, PackageId, SaleId};
use crate::money::{Money, MoneyError};
use crate::percent::Percent;

/// A sale under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleRule {
    /// Identity.
    pub id: SaleId,
    /// Its name.
    pub name: String,
    /// What it takes off.
    pub percent: Percent,
    /// What it is for.
    pub scope: Scope,
}

/// The sale chosen for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalePick {
    /// Identity.
    pub sale: SaleId,
    /// Its name.
    pub name: String,
    /// What it takes off.
    pub percent: Percent,
}

/// The sale for a package in these categories (its own and all ancestors), of those under way: the
/// one that takes off most, since sales do not stack; of equal ones always the same. A sale of
/// nothing is none.
pub fn best_sale(
    package: PackageId,
    categories: &[CategoryId],
    sales: &[SaleRule],
) -> Option<SalePick> {
    sales
        .iter()
        .filter(|sale| sale.percent.basis_points() > 0 && sale.scope.covers(package, categories))
        .max_by_key(|sale| (sale.percent, Reverse(sale.id)))
        .map(|sale| SalePick {
            sale: sale.id,
            name: sale.name.clone(),
            percent: sale.percent,
        })
}

/// The price of one in a sale, and the rule where it changed. The discount is rounded per unit, so
/// that the price shown times the quantity is what the line costs.
pub(super) fn apply(sale: &SalePick, was: Money) -> Result<(Money, Option<Rule>), MoneyError> {
    let now = was.checked_sub(sale.percent.of(was))?;
    let rule = (now != was).then(|| Rule::Sale {
        name: sale.name.clone(),
        percent: sale.percent,
        was,
        now,
    });
    Ok((now, rule))
}
