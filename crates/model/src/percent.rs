//! Percentages: from 0 to 100 with up to two decimals, exact.

use crate::money::Money;

/// A percentage from 0 to 100, kept in hundredths: 12.5 % is 1250.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u16);

/// Why a text is no percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PercentError {
    /// The text is no plain decimal number.
    #[error("must be a number such as 12.5")]
    NotANumber,
    /// More than two decimals.
    #[error("must have at most two decimals")]
    TooManyDecimals,
    /// Above 100.
    #[error("must be from 0 to 100")]
    OutOfRange,
}

impl Percent {
    /// Everything.
    pub const ALL: Self = Self(10_000);

    /// A percentage of so many hundredths of a percent; `None` above 100 %.
    pub fn from_basis_points(points: u16) -> Option<Self> {
        (points <= Self::ALL.0).then_some(Self(points))
    }

    /// How many hundredths of a percent it is: 1250 for 12.5 %.
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// Reads a decimal such as `12.5` exactly; no sign, exponent or separators.
    pub fn parse(text: &str) -> Result<Self, PercentError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || (text.contains('.') && !digits(fraction)) {
            return Err(PercentError::NotANumber);
        }
        // Zeros beyond the second decimal change nothing: 12.500 is 12.5.
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 2 {
            return Err(PercentError::TooManyDecimals);
        }
        let points = format!("{whole}{fraction:0<2}").parse().ok();
        points
            .and_then(Self::from_basis_points)
            .ok_or(PercentError::OutOfRange)
    }

    /// The number without superfluous zeros: `12.5`, `25`.
    pub fn decimal(self) -> String {
        let (whole, fraction) = (self.0 / 100, self.0 % 100);
        if fraction == 0 {
            return whole.to_string();
        }
        let text = format!("{whole}.{fraction:02}");
        text.trim_end_matches('0').to_owned()
    }

    /// This part of an amount, rounded half-up to the minor unit.
    pub fn of(self, amount: Money) -> Money {
        let whole = i128::from(Self::ALL.0);
        let part = (i128::from(amount.minor()) * i128::from(self.0) + whole / 2).div_euclid(whole);
        let part = i64::try_from(part).expect("a part is no larger than the whole");
        Money::new(part, amount.currency())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn of(percent: &str, minor: i64) -> i64 {
        let amount = Money::new(minor, Currency::parse("EUR").unwrap());
        Percent::parse(percent).unwrap().of(amount).minor()
    }

    #[test]
    fn percentages_are_read_and_written_exactly() {
        for (text, points, written) in [
            ("0", 0, "0"),
            ("25", 2500, "25"),
            ("12.5", 1250, "12.5"),
            ("12.500", 1250, "12.5"),
            ("0.05", 5, "0.05"),
            ("10.10", 1010, "10.1"),
            ("100.00", 10_000, "100"),
        ] {
            let percent = Percent::parse(text).unwrap();
            assert_eq!(percent.basis_points(), points, "{text}");
            assert_eq!(percent.decimal(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for bad in ["", ".", "-1", "+1", "1e1", "12,5", " 1", "1.", ".5", "NaN"] {
            assert_eq!(Percent::parse(bad), Err(PercentError::NotANumber), "{bad}");
        }
        assert_eq!(Percent::parse("1.005"), Err(PercentError::TooManyDecimals));
        for large in ["100.01", "101", "655.37", "99999999999999999999"] {
            assert_eq!(
                Percent::parse(large),
                Err(PercentError::OutOfRange),
                "{large}"
            );
        }
        assert_eq!(Percent::from_basis_points(10_001), None);
    }

    #[test]
    fn a_half_is_rounded_up() {
        assert_eq!(of("50", 1), 1);
        assert_eq!(of("49.99", 1), 0);
        assert_eq!(of("30", 999), 300);
        assert_eq!(of("12.5", 100), 13);
        assert_eq!(of("12.49", 100), 12);
        assert_eq!(of("100", i64::MAX), i64::MAX);
        assert_eq!(of("100", i64::MIN), i64::MIN);
    }

    proptest! {
        #[test]
        fn printing_and_reading_are_inverse(points in 0..=10_000_u16) {
            let percent = Percent::from_basis_points(points).unwrap();
            prop_assert_eq!(Percent::parse(&percent.decimal()), Ok(percent));
        }

        #[test]
        fn a_part_is_the_nearest_one(points in 0..=10_000_u16, minor in 0..1_000_000_000_000_i64) {
            let percent = Percent::from_basis_points(points).unwrap();
            let part = percent.of(Money::new(minor, Currency::parse("EUR").unwrap())).minor();
            let off = 2 * (part * 10_000 - minor * i64::from(points));
            prop_assert!(-10_000 < off && off <= 10_000);
        }
    }
}
