//! How a package is paid for: once, for a time, again and again, or at the buyer's own price.

use crate::money::Money;

/// How a package is paid for, with what belongs to that way alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageKind {
    /// Once, and it is the player's for ever.
    OneTime,
    /// Once, for a time.
    Timed {
        /// For how long, in hours.
        hours: u32,
    },
    /// Again and again.
    Subscription(Billing),
    /// Once, as much as the buyer likes.
    Custom(CustomPrice),
}

impl PackageKind {
    /// The public words.
    pub const WORDS: [&'static str; 4] = ["oneTime", "subscription", "timed", "custom"];

    /// The public word, also stored.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::OneTime => "oneTime",
            Self::Timed { .. } => "timed",
            Self::Subscription(_) => "subscription",
            Self::Custom(_) => "custom",
        }
    }

    /// The rhythm of payments, where there is one.
    pub const fn billing(&self) -> Option<Billing> {
        match self {
            Self::Subscription(billing) => Some(*billing),
            Self::OneTime | Self::Timed { .. } | Self::Custom(_) => None,
        }
    }

    /// The range of the buyer's own price, where the buyer decides.
    pub const fn custom_price(&self) -> Option<CustomPrice> {
        match self {
            Self::Custom(price) => Some(*price),
            Self::OneTime | Self::Timed { .. } | Self::Subscription(_) => None,
        }
    }

    /// Whether prices can fall with the quantity.
    pub const fn can_have_tiers(&self) -> bool {
        matches!(self, Self::OneTime | Self::Timed { .. })
    }

    /// Whether the pricing shape is the same, which is fixed once somebody has bought: the type, and
    /// the rhythm of a subscription.
    pub fn has_shape_of(&self, other: &Self) -> bool {
        let rhythm = |kind: &Self| kind.billing().map(|it| (it.interval, it.count));
        self.word() == other.word() && rhythm(self) == rhythm(other)
    }
}

/// The unit of a subscription's rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interval {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Calendar months.
    Month,
    /// Calendar years.
    Year,
}

impl Interval {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// When a subscription is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Billing {
    /// The unit.
    pub interval: Interval,
    /// After how many of them it is paid again.
    pub count: u32,
    /// How many days are free first.
    pub trial_days: Option<u32>,
}

/// What a buyer may pay who decides the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomPrice {
    /// At least this.
    pub min: Money,
    /// At most this.
    pub max: Option<Money>,
    /// What is suggested.
    pub suggested: Option<Money>,
}

impl CustomPrice {
    /// Whether a buyer may pay this for one.
    pub fn allows(&self, price: Money) -> bool {
        price.currency() == self.min.currency()
            && price.minor() >= self.min.minor()
            && self.max.is_none_or(|max| price.minor() <= max.minor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn the_shape_is_the_type_and_the_rhythm() {
        let of = |count, trial_days| {
            PackageKind::Subscription(Billing {
                interval: Interval::Month,
                count,
                trial_days,
            })
        };
        assert!(of(1, None).has_shape_of(&of(1, Some(7))));
        assert!(!of(1, None).has_shape_of(&of(2, None)));
        assert!(PackageKind::Timed { hours: 1 }.has_shape_of(&PackageKind::Timed { hours: 9 }));
        assert!(!PackageKind::OneTime.has_shape_of(&PackageKind::Timed { hours: 9 }));
    }

    #[test]
    fn a_buyers_own_price_stays_in_its_range() {
        let eur = |minor| Money::new(minor, Currency::parse("EUR").unwrap());
        let price = CustomPrice {
            min: eur(100),
            max: Some(eur(500)),
            suggested: None,
        };
        let allowed = [99, 100, 500, 501].map(|minor| price.allows(eur(minor)));
        assert_eq!(allowed, [false, true, true, false]);
        assert!(!price.allows(Money::new(200, Currency::parse("USD").unwrap())));
    }
}
