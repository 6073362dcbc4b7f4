//! The rules of a package's parts: how it is paid for, tiers, limits, inputs.

use std::collections::BTreeSet;

use crate::fields::{FieldErrors, Given};
use crate::inputs::{
    Input, InputKind, MAX_CHOICES, MAX_INPUTS, MAX_LENGTH, MAX_NUMBER, Pattern, is_safe_text,
};
use crate::money::{Currency, Money};
use crate::names::{self, NameError};
use crate::pricing::Tier;

use super::apply::whole;
use super::draft::{
    BillingDraft, CustomPriceDraft, InputDraft, LimitPeriodDraft, TierDraft, TimedDraft,
};
use super::{
    Billing, CustomPrice, Interval, LimitPeriod, MAX_TIERS, MAX_TIMED_HOURS, PackageKind,
    PeriodUnit,
};

/// What is asked for about the way a package is paid for.
pub(super) struct Asked {
    pub(super) kind: Given<String>,
    pub(super) allow_custom_price: Given<bool>,
    pub(super) custom_price: Given<CustomPriceDraft>,
    pub(super) subscription: Given<BillingDraft>,
    pub(super) timed: Given<TimedDraft>,
}

impl Asked {
    /// The way that follows, over the way that is.
    pub(super) fn over(
        self,
        now: PackageKind,
        currency: Currency,
        errors: &mut FieldErrors,
    ) -> PackageKind {
        let Some(word) = self.word(now, errors) else {
            return now;
        };
        self.contradictions(word, errors);
        let same = now.word() == word;
        match word {
            "subscription" => match self.subscription {
                Given::Value(draft) => billing(&draft, errors).map(PackageKind::Subscription),
                Given::Absent if same => Some(now),
                Given::Absent | Given::Null => required("subscription", errors),
            },
            "timed" => match self.timed {
                Given::Value(draft) => {
                    time(draft, errors).map(|hours| PackageKind::Timed { hours })
                }
                Given::Absent if same => Some(now),
                Given::Absent | Given::Null => required("timed", errors),
            },
            "custom" => match self.custom_price {
                Given::Value(draft) => {
                    custom_price(&draft, currency, errors).map(PackageKind::Custom)
                }
                Given::Absent if same => Some(now),
                Given::Absent | Given::Null => Some(PackageKind::Custom(CustomPrice {
                    min: Money::zero(currency),
                    max: None,
                    suggested: None,
                })),
            },
            _ => Some(PackageKind::OneTime),
        }
        .unwrap_or(now)
    }

    /// The type's word: as given, else as follows from what else is given. What a package of another
    /// type than the plain one has is not swept away by what merely follows.
    fn word(&self, now: PackageKind, errors: &mut FieldErrors) -> Option<&'static str> {
        match &self.kind {
            Given::Value(word) => {
                let known = PackageKind::WORDS.into_iter().find(|known| known == word);
                if known.is_none() {
                    errors.add(
                        "type",
                        format!("must be one of {}", PackageKind::WORDS.join(", ")),
                    );
                }
                return known;
            }
            Given::Null => {
                errors.add("type", "cannot be null");
                return None;
            }
            Given::Absent => {}
        }
        let wants_own_price = matches!(self.allow_custom_price, Given::Value(true));
        let taken_away = match now {
            PackageKind::OneTime => true,
            PackageKind::Timed { .. } => matches!(self.timed, Given::Null),
            PackageKind::Subscription(_) => matches!(self.subscription, Given::Null),
            PackageKind::Custom(_) => matches!(self.allow_custom_price, Given::Value(false)),
        };
        Some(if !taken_away {
            now.word()
        } else if is_given(&self.subscription) {
            "subscription"
        } else if is_given(&self.timed) {
            "timed"
        } else if wants_own_price || is_given(&self.custom_price) {
            "custom"
        } else {
            "oneTime"
        })
    }

    fn contradictions(&self, word: &str, errors: &mut FieldErrors) {
        let mut only_for = |field: &str, given: bool, kind: &str| {
            if given && word != kind {
                errors.add(field, format!("is for type {kind}, and the type is {word}"));
            }
        };
        only_for("subscription", is_given(&self.subscription), "subscription");
        only_for("timed", is_given(&self.timed), "timed");
        only_for("customPrice", is_given(&self.custom_price), "custom");
        match self.allow_custom_price {
            Given::Null => errors.add("allowCustomPrice", "cannot be null"),
            Given::Value(true) if word != "custom" => errors.add(
                "allowCustomPrice",
                format!("must be false where type is {word}"),
            ),
            Given::Value(false) if word == "custom" => {
                errors.add("allowCustomPrice", "must be true where type is custom");
            }
            Given::Absent | Given::Value(_) => {}
        }
    }
}

fn is_given<T>(member: &Given<T>) -> bool {
    matches!(member, Given::Value(_))
}

fn required(field: &str, errors: &mut FieldErrors) -> Option<PackageKind> {
    errors.add(field, format!("is required where type is {field}"));
    None
}

fn billing(draft: &BillingDraft, errors: &mut FieldErrors) -> Option<Billing> {
    let interval = one_of(
        "subscription.interval",
        Interval::parse(&draft.interval),
        Interval::ALL.map(Interval::word),
        errors,
    );
    let count = errors.check(
        "subscription.intervalCount",
        whole(draft.interval_count.unwrap_or(1), 1, 100),
    );
    let trial = errors.check(
        "subscription.trialDays",
        whole(draft.trial_days.unwrap_or(0), 0, 365),
    );
    Some(Billing {
        interval: interval?,
        count: count?,
        trial_days: trial.filter(|days| *days > 0),
    })
}

fn time(draft: TimedDraft, errors: &mut FieldErrors) -> Option<u32> {
    let most_days = MAX_TIMED_HOURS / 24;
    let days = whole(draft.days.unwrap_or(0), 0, i64::from(most_days));
    let days: Option<u32> = errors.check("timed.days", days);
    let hours = whole(draft.hours.unwrap_or(0), 0, i64::from(MAX_TIMED_HOURS));
    let hours: Option<u32> = errors.check("timed.hours", hours);
    let total = days? * 24 + hours?;
    if total > MAX_TIMED_HOURS {
        errors.add(
            "timed.days",
            format!("must be at most {most_days} days in all"),
        );
    } else if total == 0 {
        errors.add("timed", "must be at least one hour");
    }
    Some(total)
}

fn custom_price(
    draft: &CustomPriceDraft,
    currency: Currency,
    errors: &mut FieldErrors,
) -> Option<CustomPrice> {
    let mut amount = |field: &str, text: &Option<String>| {
        text.as_ref()
            .and_then(|text| errors.check(field, Money::parse(text, currency)))
    };
    let price = CustomPrice {
        min: amount("customPrice.min", &draft.min).unwrap_or(Money::zero(currency)),
        max: amount("customPrice.max", &draft.max),
        suggested: amount("customPrice.suggested", &draft.suggested),
    };
    if price.max.is_some_and(|max| max.minor() < price.min.minor()) {
        errors.add("customPrice.max", "must not be less than customPrice.min");
    } else if price.suggested.is_some_and(|it| !price.allows(it)) {
        let reason = "must not be less than customPrice.min or more than customPrice.max";
        errors.add("customPrice.suggested", reason);
    }
    Some(price)
}

/// Tiers, by quantity.
pub(super) fn tiers(
    drafts: &[TierDraft],
    currency: Currency,
    errors: &mut FieldErrors,
) -> Vec<Tier> {
    if drafts.len() > MAX_TIERS {
        errors.add("tiers", format!("must be at most {MAX_TIERS}"));
    }
    let mut quantities = BTreeSet::new();
    let mut tiers = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.iter().enumerate() {
        let field = format!("tiers[{place}].minQuantity");
        let quantity = errors.check(&field, whole(draft.min_quantity, 2, 100));
        if quantity.is_some_and(|quantity| !quantities.insert(quantity)) {
            errors.add(field, "stands in the list already");
        }
        let price = Money::parse(&draft.unit_price, currency);
        let price = errors.check(&format!("tiers[{place}].unitPrice"), price);
        if let (Some(min_quantity), Some(unit_price)) = (quantity, price) {
            tiers.push(Tier {
                min_quantity,
                unit_price,
            });
        }
    }
    tiers.sort_by_key(|tier| tier.min_quantity);
    tiers
}

/// After how long limits begin anew.
pub(super) fn limit_period(
    draft: &LimitPeriodDraft,
    errors: &mut FieldErrors,
) -> Option<LimitPeriod> {
    let every = errors.check("limitPeriod.every", whole(draft.every, 1, 365));
    let unit = one_of(
        "limitPeriod.unit",
        PeriodUnit::parse(&draft.unit),
        PeriodUnit::ALL.map(PeriodUnit::word),
        errors,
    );
    Some(LimitPeriod {
        every: every?,
        unit: unit?,
    })
}

/// What buyers are asked for.
pub(super) fn inputs(drafts: Vec<InputDraft>, errors: &mut FieldErrors) -> Vec<Input> {
    if drafts.len() > MAX_INPUTS {
        errors.add("inputs", format!("must be at most {MAX_INPUTS}"));
    }
    let mut names = BTreeSet::new();
    let mut inputs = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.into_iter().enumerate() {
        let at = format!("inputs[{place}]");
        let name = errors.check(&format!("{at}.name"), input_name(&draft.name));
        if let Some(name) = &name
            && !names.insert(name.clone())
        {
            errors.add(format!("{at}.name"), "stands in the list already");
        }
        let label = errors.check(&format!("{at}.label"), names::line(&draft.label, 1, 64));
        let kind = input_kind(&at, &draft, errors);
        if let (Some(name), Some(label), Some(kind)) = (name, label, kind) {
            inputs.push(Input {
                name,
                label,
                kind,
                required: draft.required,
            });
        }
    }
    inputs
}

fn input_name(text: &str) -> Result<String, NameError> {
    let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 32
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits {
        Ok(text.to_owned())
    } else {
        Err(NameError::new(
            "must have 1 to 32 letters, digits or underscores, first a small letter",
        ))
    }
}

fn input_kind(at: &str, draft: &InputDraft, errors: &mut FieldErrors) -> Option<InputKind> {
    let word = draft.kind.as_str();
    if draft.pattern.is_some() && word != "text" {
        errors.add(format!("{at}.pattern"), "is for kind text");
    }
    if !draft.choices.is_empty() && word != "choice" {
        errors.add(format!("{at}.choices"), "is for kind choice");
    }
    if word == "choice" && (draft.min.is_some() || draft.max.is_some()) {
        errors.add(format!("{at}.min"), "is for kind text or number");
    }
    match word {
        "text" => {
            let most = i64::try_from(MAX_LENGTH).unwrap_or(i64::MAX);
            let (min, max) = range(at, draft, (0, most), errors);
            let pattern = draft
                .pattern
                .as_ref()
                .and_then(|text| errors.check(&format!("{at}.pattern"), Pattern::parse(text)));
            Some(InputKind::Text {
                pattern,
                min: min.and_then(|min| min.try_into().ok()),
                max: max.and_then(|max| max.try_into().ok()),
            })
        }
        "choice" => Some(InputKind::Choice(choices(at, &draft.choices, errors))),
        "number" => {
            let (min, max) = range(at, draft, (-MAX_NUMBER, MAX_NUMBER), errors);
            Some(InputKind::Number { min, max })
        }
        _ => {
            errors.add(format!("{at}.kind"), "must be one of text, choice, number");
            None
        }
    }
}

fn range(
    at: &str,
    draft: &InputDraft,
    (least, most): (i64, i64),
    errors: &mut FieldErrors,
) -> (Option<i64>, Option<i64>) {
    let mut bound = |name: &str, value: Option<i64>| {
        value.and_then(|value| errors.check(&format!("{at}.{name}"), whole(value, least, most)))
    };
    let (min, max) = (bound("min", draft.min), bound("max", draft.max));
    if let (Some(min), Some(max)) = (min, max)
        && max < min
    {
        errors.add(format!("{at}.max"), "must not be less than min");
    }
    (min, max)
}

fn choices(at: &str, texts: &[String], errors: &mut FieldErrors) -> Vec<String> {
    if !(1..=MAX_CHOICES).contains(&texts.len()) {
        errors.add(
            format!("{at}.choices"),
            format!("must be 1 to {MAX_CHOICES}"),
        );
    }
    let mut seen = BTreeSet::new();
    for (place, text) in texts.iter().enumerate() {
        let field = format!("{at}.choices[{place}]");
        let plain = names::line(text, 1, 64).is_ok_and(|line| line == *text);
        if !plain || !is_safe_text(text) {
            errors.add(
                field,
                "must be plain text of 1 to 64 characters, as buyers may answer",
            );
        } else if !seen.insert(text) {
            errors.add(field, "stands in the list already");
        }
    }
    texts.to_vec()
}

fn one_of<T, const N: usize>(
    field: &str,
    value: Option<T>,
    words: [&str; N],
    errors: &mut FieldErrors,
) -> Option<T> {
    if value.is_none() {
        errors.add(field, format!("must be one of {}", words.join(", ")));
    }
    value
}
