//! Periods after which a package's limits begin anew. They are aligned to the calendar in UTC, so that
//! everybody's begins at the same time.

use jiff::tz::TimeZone;

use crate::Timestamp;

/// The unit of a limit's period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodUnit {
    /// Days, from midnight.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Calendar months.
    Month,
}

impl PeriodUnit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// After how long a package's limits begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LimitPeriod {
    /// How many units; at least 1.
    pub every: u32,
    /// The unit.
    pub unit: PeriodUnit,
}

impl LimitPeriod {
    /// The number of the period that runs at a time. A later period has a larger number.
    pub fn index_at(self, at: Timestamp) -> i64 {
        let days = at.as_second().div_euclid(86_400);
        let units = match self.unit {
            PeriodUnit::Day => days,
            // The first of January 1970 was a Thursday.
            PeriodUnit::Week => (days + 3).div_euclid(7),
            PeriodUnit::Month => {
                let date = at.to_zoned(TimeZone::UTC).date();
                i64::from(date.year()) * 12 + i64::from(date.month()) - 1
            }
        };
        units.div_euclid(i64::from(self.every.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(every: u32, unit: PeriodUnit, at: &str) -> i64 {
        LimitPeriod { every, unit }.index_at(at.parse().unwrap())
    }

    #[test]
    fn periods_begin_with_the_calendar() {
        let changes = |unit, before: &str, after: &str| {
            assert_eq!(index(1, unit, before) + 1, index(1, unit, after), "{after}");
        };
        changes(
            PeriodUnit::Day,
            "2026-11-20T23:59:59.999999Z",
            "2026-11-21T00:00:00Z",
        );
        changes(
            PeriodUnit::Week,
            "2026-11-22T23:59:59Z",
            "2026-11-23T00:00:00Z",
        );
        changes(
            PeriodUnit::Month,
            "2026-12-31T23:59:59Z",
            "2027-01-01T00:00:00Z",
        );
        changes(
            PeriodUnit::Month,
            "2028-02-29T23:59:59Z",
            "2028-03-01T00:00:00Z",
        );
    }

    #[test]
    fn a_period_of_several_units_changes_once_in_so_many() {
        let months = (1..=12)
            .map(|month| {
                index(
                    3,
                    PeriodUnit::Month,
                    &format!("2026-{month:02}-15T12:00:00Z"),
                )
            })
            .collect::<std::collections::BTreeSet<_>>();
        assert_eq!(months.len(), 4);
        assert_eq!(
            index(2, PeriodUnit::Day, "1970-01-02T00:00:00Z"),
            index(2, PeriodUnit::Day, "1970-01-01T00:00:00Z")
        );
    }
}
