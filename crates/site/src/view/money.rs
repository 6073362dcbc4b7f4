//! Amounts as they are shown.

use std::fmt;

/// An amount in the currency's decimals, and the currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// For instance `9.99`.
    pub amount: String,
    /// For instance `EUR`.
    pub currency: String,
}

impl Money {
    /// An amount, ready to show.
    #[must_use]
    pub fn new(amount: &str, currency: &str) -> Self {
        Self {
            amount: amount.to_owned(),
            currency: currency.to_owned(),
        }
    }

    /// Whether nothing is due.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        !self.amount.chars().any(|c| c.is_ascii_digit() && c != '0')
    }
}

impl From<tradepost_model::money::Money> for Money {
    fn from(money: tradepost_model::money::Money) -> Self {
        Self::new(&money.decimal(), money.currency().code())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A no-break space keeps amount and currency on one line.
        write!(f, "{}\u{a0}{}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_of_noughts_is_zero() {
        assert!(Money::new("0.00", "EUR").is_zero());
        assert!(Money::new("0", "JPY").is_zero());
        assert!(!Money::new("0.01", "EUR").is_zero());
    }
}
