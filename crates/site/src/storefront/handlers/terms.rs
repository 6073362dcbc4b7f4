//! How a package is sold, in words: rhythm, trial, sale, tiers, limits, what one must have first.

use jiff::ToSpan as _;
use tradepost_app::catalog::Catalog;
use tradepost_model::Timestamp;
use tradepost_model::money::Money;
use tradepost_model::packages::{
    CustomPrice, Interval, LimitPeriod, Package, PackageKind, PeriodUnit,
};
use tradepost_model::sales::Sale;

use crate::storefront::TierRow;
use crate::web::when;

/// "every month", "every 3 months".
pub(crate) fn rhythm(interval: Interval, count: u32) -> String {
    every(interval.word(), count)
}

fn every(unit: &str, count: u32) -> String {
    match count {
        1 => format!("every {unit}"),
        count => format!("every {count} {unit}s"),
    }
}

/// "7 days free", "1 day free".
pub(crate) fn free(days: u32) -> String {
    format!("{days} day{} free", if days == 1 { "" } else { "s" })
}

/// "every month" of a subscription.
pub(super) fn cadence(package: &Package) -> Option<String> {
    let billing = package.kind.billing()?;
    Some(rhythm(billing.interval, billing.count))
}

/// How a package is sold, where that is not once and for ever, in a line of a card.
pub(super) fn note(package: &Package) -> Option<String> {
    match &package.kind {
        PackageKind::Subscription(billing) => {
            let trial = billing.trial_days.map(free);
            Some(trial.unwrap_or_else(|| "Subscription".to_owned()))
        }
        PackageKind::Timed { hours } => Some(format!("For {}", when::span(*hours))),
        PackageKind::Custom(_) => Some("You choose the price".to_owned()),
        PackageKind::OneTime => {
            let first = package.tiers.iter().min_by_key(|it| it.min_quantity)?;
            Some(format!("Cheaper from {}", first.min_quantity))
        }
    }
}

/// "Autumn sale, until 30 Nov".
pub(super) fn sale_short(sale: &Sale, now: Timestamp) -> String {
    match sale.end_date {
        Some(end) => format!("{}, until {}", sale.name, last_day(end, now)),
        None => sale.name.clone(),
    }
}

/// "Autumn sale: 20 % off, until 30 Nov".
pub(super) fn sale_in_full(sale: &Sale, now: Timestamp) -> String {
    let percent = sale.percent.decimal();
    let percent = percent.strip_suffix(".00").unwrap_or(&percent);
    let ends = sale.end_date.map(|end| last_day(end, now));
    let ends = ends.map_or(String::new(), |day| format!(", until {day}"));
    format!("{}: {percent} % off{ends}", sale.name)
}

/// The last day of what ends at a time, and the time itself where that is less than two days away.
fn last_day(end: Timestamp, now: Timestamp) -> String {
    if end <= now + 48.hours() {
        return end.strftime("%-d %b, %H:%M UTC").to_string();
    }
    // What ends at midnight ends with the day before.
    let last = end - 1.second();
    let same_year = last.strftime("%Y").to_string() == now.strftime("%Y").to_string();
    let format = if same_year { "%-d %b" } else { "%-d %b %Y" };
    last.strftime(format).to_string()
}

/// The tiers as a table, each with the sale of now.
pub(super) fn tiers(catalog: &Catalog, package: &Package) -> Vec<TierRow> {
    if package.tiers.is_empty() {
        return Vec::new();
    }
    let mut tiers = package.tiers.clone();
    tiers.sort_by_key(|tier| tier.min_quantity);
    let row = |from: String, unit: Money| {
        let offer = catalog.offer(package, unit);
        TierRow {
            from,
            each: offer.now.into(),
            was: offer.was.map(Into::into),
        }
    };
    let first = tiers.first().map(|tier| tier.min_quantity);
    let list = match first {
        Some(2) => Some("1".to_owned()),
        Some(first) if first > 2 => Some(format!("1 to {}", first - 1)),
        _ => None,
    };
    let list = list.map(|from| row(from, package.price));
    let rest = tiers.iter().enumerate().map(|(place, tier)| {
        let from = match tiers.get(place + 1) {
            Some(next) if next.min_quantity == tier.min_quantity + 1 => {
                tier.min_quantity.to_string()
            }
            Some(next) => format!("{} to {}", tier.min_quantity, next.min_quantity - 1),
            None => format!("{} or more", tier.min_quantity),
        };
        row(from, tier.unit_price)
    });
    list.into_iter().chain(rest).collect()
}

/// Limits in words: "2 per player every week", "7 left this month".
pub(super) fn limits(package: &Package, now: Timestamp) -> Vec<String> {
    let often = package
        .limit_period
        .map(|it| every(it.unit.word(), it.every));
    let per_player = package.per_user_limit.map(|limit| match &often {
        Some(often) if !package.is_cumulative => format!("{limit} per player {often}"),
        _ => format!("{limit} per player"),
    });
    let left = package.stock(now).filter(|left| *left > 0);
    let left = left.map(|left| match package.limit_period {
        None => format!("{left} left"),
        Some(period) => format!("{left} left {}", this(period)),
    });
    per_player.into_iter().chain(left).collect()
}

/// "this week", "in these 2 weeks".
fn this(period: LimitPeriod) -> String {
    match (period.unit, period.every) {
        (PeriodUnit::Day, 1) => "today".to_owned(),
        (unit, 1) => format!("this {}", unit.word()),
        (unit, every) => format!("in these {every} {}s", unit.word()),
    }
}

/// When more of what is sold out comes, where it does.
pub(super) fn sold_out(package: &Package) -> String {
    match package.limit_period {
        None => "Sold out".to_owned(),
        Some(period) => format!("Sold out {}", this(period)),
    }
}

/// "For players who have VIP", "For players who have VIP or MVP".
pub(super) fn requirement(catalog: &Catalog, package: &Package) -> Option<String> {
    let required = package.required_packages.iter();
    let names: Vec<_> = required.filter_map(|id| catalog.name(*id)).collect();
    let or_and = if package.require_any { "or" } else { "and" };
    let names = match names.as_slice() {
        [] => return None,
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {or_and} {last}", first.join(", ")),
    };
    Some(format!("For players who have {names}"))
}

/// What may be paid, where the buyer decides: "From 1.00 EUR to 50.00 EUR."
pub(super) fn range(price: CustomPrice) -> String {
    match (price.min.is_zero(), price.max) {
        (true, None) => "As much as you like.".to_owned(),
        (true, Some(max)) => format!("At most {max}."),
        (false, None) => format!("At least {}.", price.min),
        (false, Some(max)) => format!("From {} to {max}.", price.min),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_rhythm_is_told_in_words() {
        assert_eq!(rhythm(Interval::Month, 1), "every month");
        assert_eq!(rhythm(Interval::Week, 3), "every 3 weeks");
        assert_eq!(
            (free(1), free(7)),
            ("1 day free".into(), "7 days free".into())
        );
    }

    #[test]
    fn what_ends_at_midnight_ends_with_the_day_before() {
        let now = at("2026-11-20T18:00:00Z");
        for (end, told) in [
            ("2026-12-01T00:00:00Z", "30 Nov"),
            ("2026-12-01T12:00:00Z", "1 Dec"),
            ("2027-01-01T12:00:00Z", "1 Jan 2027"),
            ("2026-11-21T00:00:00Z", "21 Nov, 00:00 UTC"),
        ] {
            assert_eq!(last_day(at(end), now), told);
        }
    }

    #[test]
    fn a_period_is_told_as_it_runs() {
        let of = |every, unit| this(LimitPeriod { every, unit });
        assert_eq!(of(1, PeriodUnit::Day), "today");
        assert_eq!(of(1, PeriodUnit::Week), "this week");
        assert_eq!(of(2, PeriodUnit::Month), "in these 2 months");
    }
}
