//! Prices: one pure function for API, pages and checkout, which also tells how each price came about.
//!
//! A line's unit price (list, tier, the buyer's own, or a trial's nothing) is lowered by its sale;
//! times the quantity it is the line's subtotal. The coupon then lowers the lines it is for, and the
//! gift card pays what it can of what is left. Nothing is kept of a fraction of a minor unit: a sale
//! rounds per unit, a coupon per line, so that what a page shows adds up to the last unit.

mod coupons;
mod gift_cards;
mod rules;
mod sales;
mod scope;
mod spread;
mod tiers;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use coupons::{CouponOutcome, CouponRule, Discount};
pub use gift_cards::GiftRule;
pub use rules::Rule;
pub use sales::{SalePick, SaleRule, best_sale};
pub use scope::Scope;
pub use tiers::{Tier, tier_for};

use crate::ids::{CategoryId, PackageId};
use crate::money::{Currency, MAX_MINOR, Money, MoneyError};

/// A line to be priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceLine {
    /// What.
    pub package: PackageId,
    /// Its category and all of that one's ancestors.
    pub categories: Vec<CategoryId>,
    /// How many.
    pub quantity: u32,
    /// The list price of one.
    pub list_price: Money,
    /// Where the price of one comes from.
    pub base: Base,
    /// The sale it is in, already chosen: see [`best_sale`].
    pub sale: Option<SalePick>,
}

/// Where the price of one comes from, before a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The list price.
    List,
    /// A tier of the quantity: see [`tier_for`].
    Tier {
        /// From how many it holds.
        min_quantity: u32,
        /// Price of one.
        unit: Money,
    },
    /// What the buyer chose to pay.
    Custom {
        /// Price of one.
        unit: Money,
    },
    /// A subscription's free trial: nothing is paid now.
    Trial {
        /// How long it is free.
        days: u32,
    },
}

/// A priced line, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// What.
    pub package: PackageId,
    /// Price of one, after tier and sale, before the coupon.
    pub unit_price: Money,
    /// The price of one times the quantity.
    pub subtotal: Money,
    /// The line's share of the coupon's discount.
    pub discount: Money,
    /// Price of the line: the subtotal less the discount.
    pub total: Money,
    /// The rules that made it, in order.
    pub rules: Vec<Rule>,
}

/// All prices of a basket. None is negative, and the lines' amounts add up to the basket's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The lines.
    pub lines: Vec<PricedLine>,
    /// The sum of the lines before the coupon.
    pub subtotal: Money,
    /// What the coupon takes off.
    pub discount: Money,
    /// The tax on top. There is none yet.
    pub tax: Money,
    /// What it costs: the subtotal less the discount plus the tax.
    pub total: Money,
    /// What the gift card pays of it.
    pub gift_card: Money,
    /// What is left to pay.
    pub due: Money,
    /// What became of the coupon.
    pub coupon: CouponOutcome,
}

/// Prices a basket. Errors: mixed currencies, a negative amount, or a total above [`MAX_MINOR`].
pub fn price(
    lines: &[PriceLine],
    coupon: Option<&CouponRule>,
    gift: Option<&GiftRule>,
    currency: Currency,
) -> Result<Quote, MoneyError> {
    let mut priced = Vec::with_capacity(lines.len());
    for line in lines {
        priced.push(before_coupon(line, currency)?);
    }
    let subtotal = sum(priced.iter().map(|line| line.subtotal), currency)?;
    let outcome = match coupon {
        Some(coupon) => coupons::apply(coupon, lines, &mut priced, subtotal)?,
        None => CouponOutcome::None,
    };
    let discount = sum(priced.iter().map(|line| line.discount), currency)?;
    let tax = Money::zero(currency);
    let total = subtotal.checked_sub(discount)?.checked_add(tax)?;
    if total.minor() > MAX_MINOR {
        return Err(MoneyError::TooLarge);
    }
    let gift_card = match gift {
        Some(gift) => gift_cards::pays(gift, lines, &priced, currency)?,
        None => Money::zero(currency),
    };
    Ok(Quote {
        lines: priced,
        subtotal,
        discount,
        tax,
        total,
        gift_card,
        due: total.checked_sub(gift_card)?,
        coupon: outcome,
    })
}

fn before_coupon(line: &PriceLine, currency: Currency) -> Result<PricedLine, MoneyError> {
    let (unit, rule) = base(line, currency);
    let unit = unit.checked_in(currency)?;
    let (unit_price, sale) = match &line.sale {
        Some(sale) => sales::apply(sale, unit)?,
        None => (unit, None),
    };
    let subtotal = unit_price.checked_mul(line.quantity)?;
    Ok(PricedLine {
        package: line.package,
        unit_price,
        subtotal,
        discount: Money::zero(currency),
        total: subtotal,
        rules: [rule].into_iter().chain(sale).collect(),
    })
}

fn base(line: &PriceLine, currency: Currency) -> (Money, Rule) {
    match line.base {
        Base::List => {
            let (unit, quantity) = (line.list_price, line.quantity);
            (unit, Rule::ListPrice { unit, quantity })
        }
        Base::Tier { min_quantity, unit } => (unit, Rule::Tier { min_quantity, unit }),
        Base::Custom { unit } => (unit, Rule::CustomPrice { unit }),
        Base::Trial { days } => (Money::zero(currency), Rule::Trial { days }),
    }
}

fn sum(mut amounts: impl Iterator<Item = Money>, currency: Currency) -> Result<Money, MoneyError> {
    amounts.try_fold(Money::zero(currency), Money::checked_add)
}
