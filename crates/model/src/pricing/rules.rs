//! The rules that take part in a price, and how they are told to people.

use crate::money::Money;
use crate::percent::Percent;

/// A rule that took part in a line's price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The list price of one, times the quantity.
    ListPrice {
        /// Price of one.
        unit: Money,
        /// How many.
        quantity: u32,
    },
    /// A tier: who buys many pays less for each.
    Tier {
        /// From how many it holds.
        min_quantity: u32,
        /// Price of one.
        unit: Money,
    },
    /// What the buyer chose to pay.
    CustomPrice {
        /// Price of one.
        unit: Money,
    },
    /// A subscription's free trial.
    Trial {
        /// How long it is free.
        days: u32,
    },
    /// A sale lowered the price of one.
    Sale {
        /// Its name.
        name: String,
        /// What it takes off.
        percent: Percent,
        /// Price of one before.
        was: Money,
        /// Price of one after.
        now: Money,
    },
    /// A coupon lowered the line.
    Coupon {
        /// Its code.
        code: String,
        /// What it takes off this line.
        amount: Money,
    },
}

impl Rule {
    /// The rule in words, for pages and receipts.
    pub fn explain(&self) -> String {
        match self {
            Self::ListPrice { unit, quantity: 1 } => format!("List price {unit}"),
            Self::ListPrice { unit, quantity } => format!("{quantity} x {unit}"),
            Self::Tier { min_quantity, unit } => format!("From {min_quantity}: {unit} each"),
            Self::CustomPrice { unit } => format!("Your price {unit}"),
            Self::Trial { days: 1 } => "Free for 1 day".to_owned(),
            Self::Trial { days } => format!("Free for {days} days"),
            Self::Sale { name, percent, .. } => format!("{name}: {} % off", percent.decimal()),
            Self::Coupon { code, amount } => format!("Coupon {code}: -{amount}"),
        }
    }
}
