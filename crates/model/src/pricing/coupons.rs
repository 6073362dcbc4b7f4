//! A coupon lowers the lines it is for, after sales and before tax.

use super::spread::spread;
use super::{PriceLine, PricedLine, Rule, Scope, sum};
use crate::ids::CouponId;
use crate::money::{Money, MoneyError};
use crate::percent::Percent;

/// A coupon that may be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponRule {
    /// Identity.
    pub id: CouponId,
    /// Its code.
    pub code: String,
    /// What it takes off.
    pub discount: Discount,
    /// What it is for.
    pub scope: Scope,
    /// Whether it lowers lines that are on sale, too.
    pub override_sales: bool,
    /// What the whole basket must cost at least, after sales.
    pub minimum: Option<Money>,
    /// What it takes off at most.
    pub maximum: Option<Money>,
}

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    /// A part of each line.
    Percentage(Percent),
    /// An amount, spread over the lines in proportion; at most what they cost.
    Fixed(Money),
}

/// What became of a basket's coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponOutcome {
    /// There is none.
    None,
    /// It is used, even where what it takes off rounds to nothing.
    Applied,
    /// The basket costs less than it asks for.
    BelowMinimum {
        /// What the basket must cost.
        minimum: Money,
    },
    /// No line is one it is for, or none of those costs anything.
    NotForTheseItems,
}

/// Lowers the lines that a coupon is for.
pub(super) fn apply(
    coupon: &CouponRule,
    lines: &[PriceLine],
    priced: &mut [PricedLine],
    subtotal: Money,
) -> Result<CouponOutcome, MoneyError> {
    let mut eligible: Vec<_> = lines
        .iter()
        .zip(priced)
        .filter(|(line, priced)| is_for(coupon, line) && !priced.subtotal.is_zero())
        .map(|(_, priced)| priced)
        .collect();
    // First, since a fuller basket would not help.
    if eligible.is_empty() {
        return Ok(CouponOutcome::NotForTheseItems);
    }
    if let Some(minimum) = coupon.minimum
        && subtotal.minor() < minimum.checked_in(subtotal.currency())?.minor()
    {
        return Ok(CouponOutcome::BelowMinimum { minimum });
    }
    // The odd units of a spread go to the same packages however the basket is ordered.
    eligible.sort_by_key(|line| (line.package, line.subtotal.minor(), line.unit_price.minor()));
    let discounts = discounts(coupon, &eligible, subtotal)?;
    for (line, minor) in eligible.into_iter().zip(discounts) {
        let amount = Money::new(minor, subtotal.currency());
        line.discount = amount;
        line.total = line.subtotal.checked_sub(amount)?;
        if !amount.is_zero() {
            let code = coupon.code.clone();
            line.rules.push(Rule::Coupon { code, amount });
        }
    }
    Ok(CouponOutcome::Applied)
}

fn is_for(coupon: &CouponRule, line: &PriceLine) -> bool {
    let in_scope = coupon.scope.covers(line.package, &line.categories);
    in_scope && (coupon.override_sales || line.sale.is_none())
}

/// What each line is lowered by, in minor units.
fn discounts(
    coupon: &CouponRule,
    eligible: &[&mut PricedLine],
    subtotal: Money,
) -> Result<Vec<i64>, MoneyError> {
    let currency = subtotal.currency();
    let costs = || eligible.iter().map(|line| line.subtotal);
    let uncapped: Vec<i64> = match coupon.discount {
        Discount::Percentage(percent) => costs().map(|cost| percent.of(cost).minor()).collect(),
        Discount::Fixed(amount) => {
            let most = sum(costs(), currency)?.minor();
            let amount = amount.checked_in(currency)?.minor().min(most);
            spread(amount, &costs().map(Money::minor).collect::<Vec<_>>())
        }
    };
    let Some(maximum) = coupon.maximum else {
        return Ok(uncapped);
    };
    let maximum = maximum.checked_in(currency)?.minor();
    // No line's discount is above its subtotal, whose sum was computed before.
    Ok(if uncapped.iter().sum::<i64>() > maximum {
        spread(maximum, &uncapped)
    } else {
        uncapped
    })
}
