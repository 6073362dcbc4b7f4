//! Amounts and counts for reading: `1,842.60 EUR`, `1,032`.

use tradepost_model::money::Money;

use crate::view;

/// An amount of money.
pub(super) fn amount(money: Money) -> view::Money {
    let decimal = money.decimal();
    let (whole, fraction) = match decimal.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (decimal.as_str(), String::new()),
    };
    view::Money::new(
        &format!("{}{fraction}", grouped(whole)),
        money.currency().code(),
    )
}

/// A number of things.
pub(super) fn count(number: i64) -> String {
    grouped(&number.to_string())
}

/// "1 order", "2 orders".
pub(super) fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    let mut text = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradepost_model::money::Currency;

    #[test]
    fn thousands_stand_apart() {
        let eur = Currency::parse("EUR").unwrap();
        for (minor, text) in [
            (5, "0.05"),
            (184_260, "1,842.60"),
            (-123_456_789, "-1,234,567.89"),
        ] {
            assert_eq!(amount(Money::new(minor, eur)).amount, text);
        }
        assert_eq!(counted(1, "order", "orders"), "1 order");
        assert_eq!(counted(1032, "order", "orders"), "1,032 orders");
    }
}
