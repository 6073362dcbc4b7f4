//! Money: whole minor units of one currency. No floats; checked arithmetic; named rounding.

use std::fmt;
use std::str::FromStr;

/// A currency of ISO 4217, for instance `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Finds a currency by its three-letter code, in upper case.
    pub fn parse(code: &str) -> Option<Self> {
        let currency = iso_currency::Currency::from_code(code)?;
        // Metals, test codes and the like have no minor unit and cannot be a price.
        currency.exponent().map(|_| Self(currency))
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals an amount has: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in a currency's minor units (cents for EUR).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// The largest price or total that is accepted: 1,000,000,000 minor units.
pub const MAX_MINOR: i64 = 1_000_000_000;

/// Why an amount could not be computed or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit, or is above [`MAX_MINOR`].
    #[error("the amount is too large")]
    TooLarge,
    /// An amount is below zero where none may be.
    #[error("the amount is negative")]
    Negative,
    /// Two currencies were mixed.
    #[error("two currencies cannot be added")]
    MixedCurrencies,
    /// The text is no plain decimal number.
    #[error("must be a number such as 9.99")]
    NotANumber,
    /// More decimals than the currency has.
    #[error("has more decimals than the currency allows")]
    TooManyDecimals,
}

impl Money {
    /// An amount of minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum. Errors: mixed currencies, overflow.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The difference. Errors: mixed currencies, overflow.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        let minor = self
            .minor
            .checked_sub(other.minor)
            .ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The amount itself, where it is of this currency and not below zero. Errors: it is not.
    pub fn checked_in(self, currency: Currency) -> Result<Self, MoneyError> {
        match self {
            money if money.currency != currency => Err(MoneyError::MixedCurrencies),
            money if money.minor < 0 => Err(MoneyError::Negative),
            money => Ok(money),
        }
    }

    /// The product with a quantity. Errors: overflow.
    pub fn checked_mul(self, quantity: u32) -> Result<Self, MoneyError> {
        let minor = self
            .minor
            .checked_mul(i64::from(quantity))
            .ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// Reads a non-negative decimal such as `9.9` exactly; no sign, exponent or separators.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || (text.contains('.') && !digits(fraction)) {
            return Err(MoneyError::NotANumber);
        }
        let decimals = currency.decimals() as usize;
        // Zeros beyond the currency's decimals change nothing: 9.900 is 9.90.
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > decimals {
            return Err(MoneyError::TooManyDecimals);
        }
        let minor = format!("{whole}{fraction:0<decimals$}");
        let minor = minor.parse::<i64>().map_err(|_| MoneyError::TooLarge)?;
        if minor > MAX_MINOR {
            return Err(MoneyError::TooLarge);
        }
        Ok(Self { minor, currency })
    }

    /// The amount in major units with exactly the currency's decimals: `9.90`, or `990` for JPY.
    pub fn decimal(self) -> String {
        let decimals = self.currency.decimals() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.minor.unsigned_abs().to_string();
        if decimals == 0 {
            return format!("{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        format!("{sign}{whole}.{fraction}")
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::parse(code).ok_or(MoneyError::NotANumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn amounts_are_read_and_written_exactly() {
        let eur = currency("EUR");
        for (text, minor) in [
            ("9.99", 999),
            ("9.9", 990),
            ("0", 0),
            ("0.05", 5),
            ("12.500", 1250),
        ] {
            assert_eq!(Money::parse(text, eur).unwrap().minor(), minor, "{text}");
        }
        assert_eq!(Money::new(990, eur).to_string(), "9.90 EUR");
        assert_eq!(Money::new(5, eur).decimal(), "0.05");
        assert_eq!(Money::new(-5, eur).decimal(), "-0.05");
        assert_eq!(Money::new(990, currency("JPY")).decimal(), "990");
        assert_eq!(Money::new(1_234, currency("KWD")).decimal(), "1.234");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let eur = currency("EUR");
        for bad in [
            "", ".", "-1", "+1", "1e3", "1,00", " 1", "1.", ".5", "NaN", "१",
        ] {
            assert_eq!(Money::parse(bad, eur), Err(MoneyError::NotANumber), "{bad}");
        }
        assert_eq!(Money::parse("9.999", eur), Err(MoneyError::TooManyDecimals));
        assert_eq!(
            Money::parse("1.5", currency("JPY")),
            Err(MoneyError::TooManyDecimals)
        );
        assert_eq!(
            Money::parse("99999999999999999999", eur),
            Err(MoneyError::TooLarge)
        );
        assert_eq!(Money::parse("10000000.01", eur), Err(MoneyError::TooLarge));
        assert!(Currency::parse("eur").is_none() && Currency::parse("XAU").is_none());
        let yen = Money::new(1, currency("JPY"));
        assert_eq!(
            Money::new(1, eur).checked_add(yen),
            Err(MoneyError::MixedCurrencies)
        );
        assert_eq!(
            Money::new(1, eur).checked_sub(yen),
            Err(MoneyError::MixedCurrencies)
        );
        assert_eq!(yen.checked_in(eur), Err(MoneyError::MixedCurrencies));
        assert_eq!(
            Money::new(-1, eur).checked_in(eur),
            Err(MoneyError::Negative)
        );
        assert_eq!(
            Money::new(i64::MIN, eur).checked_sub(Money::new(1, eur)),
            Err(MoneyError::TooLarge)
        );
        assert_eq!(
            Money::new(i64::MAX, eur).checked_mul(2),
            Err(MoneyError::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(minor in 0..=MAX_MINOR, code in "EUR|JPY|KWD") {
            let money = Money::new(minor, currency(&code));
            prop_assert_eq!(Money::parse(&money.decimal(), money.currency()), Ok(money));
        }
    }
}
