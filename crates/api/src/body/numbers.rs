//! Kinds of members that are numbers. None passes through a float.

use std::ops::RangeInclusive;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tradepost_model::fields::FieldErrors;

use super::{Kind, Member, Scalar};

/// A whole number; see [`integer`].
#[derive(Clone)]
pub(crate) struct Integer(RangeInclusive<i64>);

/// A whole number in a range.
pub(crate) fn integer(range: RangeInclusive<i64>) -> Member<Integer> {
    Member::new(Integer(range))
}

impl Kind for Integer {
    type Value = i64;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<i64> {
        errors.check(name, self.parse(raw.get()))
    }

    fn schema(&self) -> Value {
        json!({"type": "integer", "minimum": self.0.start(), "maximum": self.0.end()})
    }
}

impl Scalar for Integer {
    fn parse(&self, text: &str) -> Result<i64, String> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| self.0.contains(number));
        number.filter(|_| plain).ok_or_else(|| {
            format!(
                "must be a whole number from {} to {}",
                self.0.start(),
                self.0.end()
            )
        })
    }
}

/// A number with decimals, as it was written; see [`money`], [`percentage`].
#[derive(Clone)]
pub(crate) struct Decimal {
    most: Option<u32>,
    what: &'static str,
}

/// An amount in the store's currency, in major units. What the currency allows is for the model to say.
pub(crate) fn money() -> Member<Decimal> {
    Member::new(Decimal {
        most: None,
        what: "must be a number such as 9.99",
    })
}

/// A percentage with at most two decimals.
pub(crate) fn percentage() -> Member<Decimal> {
    Member::new(Decimal {
        most: Some(100),
        what: "must be a number from 0 to 100 with at most two decimals, such as 12.5",
    })
}

impl Decimal {
    fn fits(&self, text: &str) -> bool {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let rest = fraction.trim_end_matches('0');
        digits(whole)
            && digits(fraction)
            && self.most.is_none_or(|most| {
                let whole = whole.parse::<u32>().unwrap_or(u32::MAX);
                rest.len() <= 2 && (whole < most || (whole == most && rest.is_empty()))
            })
    }
}

impl Kind for Decimal {
    type Value = String;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<String> {
        errors.check(name, self.parse(raw.get()))
    }

    fn schema(&self) -> Value {
        let mut schema = json!({"type": "number", "minimum": 0});
        if let Some(most) = self.most {
            schema["maximum"] = json!(most);
        }
        schema
    }
}

impl Scalar for Decimal {
    fn parse(&self, text: &str) -> Result<String, String> {
        if self.fits(text) {
            Ok(text.to_owned())
        } else {
            Err(self.what.to_owned())
        }
    }
}
