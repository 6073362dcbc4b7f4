//! What a package asks of its buyer: its own inputs and, where the buyer decides, the price.

use tradepost_app::checkout::Line;
use tradepost_model::checkout::Entered;
use tradepost_model::inputs::{Input, InputError, InputKind, MAX_LENGTH};
use tradepost_model::money::{Money, MoneyError};
use tradepost_model::packages::{CustomPrice, Package};

use super::terms;
use crate::storefront::{BuyerInput, Control, OwnPrice};
use crate::view::{Choice, Field};
use crate::web::CheckedForm;

/// The field of the buyer's own price.
pub(super) const PRICE: &str = "price";

/// The fields of a package's inputs, empty.
pub(super) fn inputs(package: &Package) -> Vec<BuyerInput> {
    let inputs = package.inputs.iter();
    inputs.map(|input| field(input, Field::default())).collect()
}

/// The field of the buyer's own price, with what is suggested.
pub(super) fn own_price(package: &Package) -> Option<OwnPrice> {
    let custom = package.kind.custom_price()?;
    let suggested = custom.suggested.map(Money::decimal);
    Some(OwnPrice {
        field: Field::new(suggested.as_deref().unwrap_or_default()),
        hint: terms::range(custom),
        currency: custom.min.currency().code().to_owned(),
    })
}

/// Reads what was typed, each error beside its field, and gives what of it goes into the basket.
pub(super) fn read(
    package: &Package,
    form: &CheckedForm,
    shown: &mut [BuyerInput],
    own: &mut Option<OwnPrice>,
) -> (Entered, Option<String>) {
    let mut entered = Entered::new();
    for (input, shown) in package.inputs.iter().zip(shown) {
        let typed: String = form.get(&shown.name).chars().take(MAX_TYPED).collect();
        let answer = match input.check(&typed) {
            Ok(answer) => {
                *shown = field(input, Field::new(&typed));
                answer
            }
            Err(error) => {
                *shown = field(input, Field::refused(&typed, &told(input, &error)));
                continue;
            }
        };
        if !answer.is_empty() {
            entered.insert(input.name.clone(), answer);
        }
    }
    let mut price = None;
    if let (Some(custom), Some(own)) = (package.kind.custom_price(), own.as_mut()) {
        let typed: String = form.get(PRICE).trim().chars().take(MAX_TYPED).collect();
        match read_price(&typed, custom) {
            Ok(chosen) => {
                own.field = Field::new(&typed);
                price = Some(chosen.decimal());
            }
            Err(error) => own.field = Field::refused(&typed, &error),
        }
    }
    (entered, price)
}

/// What was entered for a line of the basket, by the labels that its buyer read.
pub(super) fn told_back(package: &Package, line: &Line) -> Vec<(String, String)> {
    let answers = package.inputs.iter().filter_map(|input| {
        let answer = line.inputs.get(&input.name)?;
        Some((input.label.clone(), answer.clone()))
    });
    answers.collect()
}

/// The most of what was typed that is shown again.
const MAX_TYPED: usize = 2 * MAX_LENGTH;

fn field(input: &Input, typed: Field) -> BuyerInput {
    BuyerInput {
        id: format!("input-{}", input.name),
        name: format!("input.{}", input.name),
        label: input.label.clone(),
        hint: hint(&input.kind),
        required: input.required,
        control: match &input.kind {
            InputKind::Text { max, .. } => Control::Text { max: *max },
            InputKind::Number { min, max } => Control::Number {
                min: *min,
                max: *max,
            },
            InputKind::Choice(choices) => {
                let choices = choices.iter();
                let choice = |text: &String| Choice::new(text, text).chosen(*text == typed.value);
                Control::Choice(choices.map(choice).collect())
            }
        },
        field: typed,
    }
}

/// What an answer must look like, in words.
fn hint(kind: &InputKind) -> String {
    match kind {
        InputKind::Text { pattern, min, max } => {
            let least = min.filter(|min| *min > 1);
            let length = match (least, max) {
                (Some(min), Some(max)) if min == *max => format!("Exactly {min} characters."),
                (Some(min), Some(max)) => format!("{min} to {max} characters."),
                (Some(min), None) => format!("At least {min} characters."),
                (None, Some(max)) => format!("At most {max} characters."),
                (None, None) => String::new(),
            };
            let form = pattern.as_ref().and_then(|it| characters(it.source()));
            [form.unwrap_or_default(), length]
                .into_iter()
                .filter(|it| !it.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        }
        InputKind::Number { min, max } => match (min, max) {
            (Some(min), Some(max)) => format!("A whole number from {min} to {max}."),
            (Some(min), None) => format!("A whole number, at least {min}."),
            (None, Some(max)) => format!("A whole number, at most {max}."),
            (None, None) => "A whole number.".to_owned(),
        },
        InputKind::Choice(_) => String::new(),
    }
}

/// The usual patterns in words: one set of characters, any number of times.
fn characters(pattern: &str) -> Option<String> {
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
    let set = pattern.strip_prefix('[')?;
    let (set, rest) = set.split_once(']')?;
    let repeated = matches!(rest, "+" | "*") || (rest.starts_with('{') && rest.ends_with('}'));
    if !repeated || rest.len() > 1 && rest[1..].contains('{') {
        return None;
    }
    let (mut parts, mut set) = (Vec::new(), set.to_owned());
    let mut take = |what: &[&str], words: &'static str| {
        if what.iter().all(|it| set.contains(it)) {
            for it in what {
                set = set.replacen(it, "", 1);
            }
            parts.push(words);
        }
    };
    take(&["A-Z", "a-z"], "letters");
    take(&["a-z"], "small letters");
    take(&["A-Z"], "capital letters");
    take(&["0-9"], "digits");
    take(&["\\d"], "digits");
    take(&["_"], "underscores");
    take(&[" "], "spaces");
    take(&["\\-"], "hyphens");
    take(&["-"], "hyphens");
    if !set.is_empty() {
        return None;
    }
    let words = match parts.as_slice() {
        [] => return None,
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let mut words = words.chars();
    let first = words.next()?.to_uppercase();
    Some(format!("{first}{} only.", words.as_str()))
}

/// Why an answer is refused, as a sentence beside its field.
fn told(input: &Input, error: &InputError) -> String {
    let hint = hint(&input.kind);
    match error {
        InputError::Required if matches!(input.kind, InputKind::Choice(_)) => {
            "Choose one of these.".to_owned()
        }
        InputError::Required => "Fill this in, it is needed.".to_owned(),
        InputError::Unsafe => {
            "Use plain text: no quotes, no line breaks, no //, none of \\ ; @ $ | < > { }, and no / - ~ or ^ in front of a word."
                .to_owned()
        }
        InputError::Signs => "Write it without % and &.".to_owned(),
        InputError::TooShort(least) => format!("This is too short: at least {least} characters."),
        InputError::TooLong(most) => format!("This is too long: at most {most} characters."),
        InputError::Form | InputError::Pattern if hint.is_empty() => {
            "This does not have the form that is asked for.".to_owned()
        }
        InputError::Form | InputError::Pattern => format!("This does not fit. {hint}"),
        InputError::Choice(_) => "Choose one of these.".to_owned(),
        InputError::Number { .. } => format!("Enter a number. {hint}"),
    }
}

fn read_price(typed: &str, custom: CustomPrice) -> Result<Money, String> {
    // Many write a comma before the cents.
    let plain = if typed.contains('.') {
        typed.to_owned()
    } else {
        typed.replacen(',', ".", 1)
    };
    let such = custom.suggested.unwrap_or(custom.min).decimal();
    let price = match Money::parse(&plain, custom.min.currency()) {
        Ok(price) => price,
        Err(_) if typed.is_empty() => return Err("Enter what you want to pay.".to_owned()),
        Err(MoneyError::TooManyDecimals) => {
            return Err(format!(
                "Enter an amount with fewer decimals, such as {such}."
            ));
        }
        Err(MoneyError::TooLarge) => return Err("This is more than can be paid here.".to_owned()),
        Err(_) => return Err(format!("Enter an amount, such as {such}.")),
    };
    match custom.max {
        _ if price.minor() < custom.min.minor() => {
            Err(format!("It costs at least {}.", custom.min))
        }
        Some(max) if price.minor() > max.minor() => Err(format!("At most {max} can be paid.")),
        _ => Ok(price),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradepost_model::money::Currency;

    #[test]
    fn usual_patterns_are_told_in_words() {
        for (pattern, words) in [
            (
                "[a-z0-9_]+",
                Some("Small letters, digits and underscores only."),
            ),
            ("^[A-Za-z]{3,16}$", Some("Letters only.")),
            (
                "[A-Za-z0-9 \\-]*",
                Some("Letters, digits, spaces and hyphens only."),
            ),
            ("\\d+", None),
            ("[a-z]+[0-9]", None),
            ("[^a-z]+", None),
            ("#[0-9a-f]{6}", None),
            ("[0-9a-f]{6}", None),
        ] {
            assert_eq!(characters(pattern).as_deref(), words, "{pattern}");
        }
    }

    #[test]
    fn a_price_of_ones_own_stays_in_its_range() {
        let eur = |minor| Money::new(minor, Currency::parse("EUR").unwrap());
        let custom = CustomPrice {
            min: eur(100),
            max: Some(eur(5_000)),
            suggested: Some(eur(500)),
        };
        for (typed, read) in [
            ("5", Ok(eur(500))),
            ("5,50", Ok(eur(550))),
            ("1.00", Ok(eur(100))),
            ("", Err("Enter what you want to pay.")),
            ("0.99", Err("It costs at least 1.00 EUR.")),
            ("50.01", Err("At most 50.00 EUR can be paid.")),
            ("-5", Err("Enter an amount, such as 5.00.")),
            ("1e3", Err("Enter an amount, such as 5.00.")),
            (
                "5.001",
                Err("Enter an amount with fewer decimals, such as 5.00."),
            ),
            ("99999999999", Err("This is more than can be paid here.")),
        ] {
            assert_eq!(
                read_price(typed, custom),
                read.map_err(str::to_owned),
                "{typed}"
            );
        }
    }
}
