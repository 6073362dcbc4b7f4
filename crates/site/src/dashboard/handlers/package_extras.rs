//! What a package has that its editor does not show: it was made over the API.

use tradepost_model::packages::{Billing, LimitPeriod, Package, PackageKind};

use super::money::{amount, counted};
use super::permissions::listed;

/// One sentence on what else this package has; nothing where there is no more.
pub(super) fn tell(package: &Package) -> Option<String> {
    let more: Vec<_> = [
        way(&package.kind),
        number(package.tiers.len(), "quantity tier", "quantity tiers"),
        number(
            package.inputs.len(),
            "question for the buyer",
            "questions for the buyer",
        ),
        number(
            package.required_packages.len(),
            "package that is needed first",
            "packages that are needed first",
        ),
        package.limit_period.map(period),
        (package.visible_from.is_some() || package.visible_until.is_some())
            .then(|| "a time in which it is visible".to_owned()),
        (!package.metadata.is_empty()).then(|| "metadata".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let all = listed(&more);
    match more.len() {
        0 => None,
        1 => Some(format!(
            "This package also has {all}. That is edited over the API for now and stays as it is."
        )),
        _ => Some(format!(
            "This package also has {all}. They are edited over the API for now and stay as they are."
        )),
    }
}

/// "every month", "every 3 months".
pub(super) fn rhythm(count: u32, unit: &str) -> String {
    match count {
        1 => format!("every {unit}"),
        count => format!("every {count} {unit}s"),
    }
}

fn way(kind: &PackageKind) -> Option<String> {
    match kind {
        PackageKind::OneTime | PackageKind::Timed { .. } => None,
        PackageKind::Subscription(billing) => Some(payments(*billing)),
        PackageKind::Custom(own) => Some(match own.max {
            Some(max) => format!(
                "a price that the buyer chooses, from {} to {}",
                amount(own.min),
                amount(max)
            ),
            None => format!("a price that the buyer chooses, from {}", amount(own.min)),
        }),
    }
}

fn payments(billing: Billing) -> String {
    let every = rhythm(billing.count, billing.interval.word());
    match billing.trial_days {
        Some(days) => {
            let days = counted(i64::from(days), "free day", "free days");
            format!("a payment {every} after {days}")
        }
        None => format!("a payment {every}"),
    }
}

fn period(period: LimitPeriod) -> String {
    let every = rhythm(period.every, period.unit.word());
    format!("limits that begin anew {every}")
}

fn number(number: usize, one: &str, many: &str) -> Option<String> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    (number > 0).then(|| counted(number, one, many))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradepost_model::Timestamp;
    use tradepost_model::ids::PackageId;
    use tradepost_model::money::{Currency, Money};
    use tradepost_model::names::Slug;
    use tradepost_model::packages::Interval;
    use uuid::Uuid;

    #[test]
    fn only_what_is_there_is_told() {
        let eur = Currency::parse("EUR").unwrap();
        let (id, slug) = (PackageId(Uuid::from_u128(1)), Slug::parse("vip").unwrap());
        let mut package = Package::new(id, slug, Money::zero(eur), Timestamp::UNIX_EPOCH);
        assert_eq!(tell(&package), None);
        package.kind = PackageKind::Subscription(Billing {
            interval: Interval::Month,
            count: 3,
            trial_days: Some(7),
        });
        assert_eq!(
            tell(&package).unwrap(),
            "This package also has a payment every 3 months after 7 free days. \
             That is edited over the API for now and stays as it is."
        );
        package.required_packages = vec![id];
        assert_eq!(
            tell(&package).unwrap(),
            "This package also has a payment every 3 months after 7 free days and 1 package that \
             is needed first. They are edited over the API for now and stay as they are."
        );
    }
}
