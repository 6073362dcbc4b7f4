//! Prices: one pure function for API, pages and checkout, which also tells how each price came about.

use crate::ids::PackageId;
use crate::money::{Currency, MAX_MINOR, Money, MoneyError};

/// A line to be priced.
#[derive(Clone, Debug)]
pub struct PriceLine {
    /// What.
    pub package: PackageId,
    /// How many.
    pub quantity: u32,
    /// The list price of one.
    pub list_price: Money,
}

/// A rule that took part in a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The list price of one, times the quantity.
    ListPrice {
        /// Price of one.
        unit: Money,
        /// How many.
        quantity: u32,
    },
}

impl Rule {
    /// The rule in words, for pages and receipts.
    pub fn explain(&self) -> String {
        match self {
            Self::ListPrice { unit, quantity: 1 } => format!("List price {unit}"),
            Self::ListPrice { unit, quantity } => format!("{quantity} x {unit}"),
        }
    }
}

/// A priced line, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// What.
    pub package: PackageId,
    /// Price of one, after sale and tier.
    pub unit_price: Money,
    /// Price of the line.
    pub total: Money,
    /// The rules that made it, in order.
    pub rules: Vec<Rule>,
}

/// All prices of a basket. The lines' totals add up to `total`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The lines.
    pub lines: Vec<PricedLine>,
    /// The sum of the lines.
    pub total: Money,
}

/// Prices a basket. Errors: mixed currencies, or a total above [`MAX_MINOR`].
pub fn price(lines: &[PriceLine], currency: Currency) -> Result<Quote, MoneyError> {
    let mut quote = Quote {
        lines: Vec::with_capacity(lines.len()),
        total: Money::zero(currency),
    };
    for line in lines {
        let total = line.list_price.checked_mul(line.quantity)?;
        quote.total = quote.total.checked_add(total)?;
        quote.lines.push(PricedLine {
            package: line.package,
            unit_price: line.list_price,
            total,
            rules: vec![Rule::ListPrice {
                unit: line.list_price,
                quantity: line.quantity,
            }],
        });
    }
    if quote.total.minor() > MAX_MINOR {
        Err(MoneyError::TooLarge)
    } else {
        Ok(quote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(code: &str) -> impl Strategy<Value = Vec<PriceLine>> + use<> {
        let currency = Currency::parse(code).unwrap();
        let line = (0..100_000_i64, 1..=100_u32).prop_map(move |(minor, quantity)| PriceLine {
            package: PackageId(uuid::Uuid::nil()),
            quantity,
            list_price: Money::new(minor, currency),
        });
        proptest::collection::vec(line, 0..50)
    }

    proptest! {
        #[test]
        fn lines_add_up_and_their_order_is_irrelevant(mut basket in lines("KWD")) {
            let currency = Currency::parse("KWD").unwrap();
            let quote = price(&basket, currency).unwrap();
            prop_assert_eq!(quote.lines.iter().map(|line| line.total.minor()).sum::<i64>(), quote.total.minor());
            prop_assert!(quote.total.minor() >= 0);
            basket.reverse();
            prop_assert_eq!(price(&basket, currency).unwrap().total, quote.total);
        }
    }

    #[test]
    fn a_total_too_large_or_of_two_currencies_is_an_error() {
        let (eur, jpy) = (
            Currency::parse("EUR").unwrap(),
            Currency::parse("JPY").unwrap(),
        );
        let line = |minor, currency| PriceLine {
            package: PackageId(uuid::Uuid::nil()),
            quantity: 100,
            list_price: Money::new(minor, currency),
        };
        assert_eq!(
            price(&[line(MAX_MINOR, eur)], eur),
            Err(MoneyError::TooLarge)
        );
        assert_eq!(
            price(&[line(1, jpy)], eur),
            Err(MoneyError::MixedCurrencies)
        );
    }
}
