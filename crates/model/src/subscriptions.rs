//! Subscriptions: what is paid for again and again, and their life cycle.
//!
//! `trialing` -> `active` -> `past_due` -> `active` or `expired`; whoever cancels makes it `cancelled`
//! until the paid time ends. Nothing leads out of `expired`.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};

use crate::Timestamp;
use crate::clock::{FAR, later};
use crate::ids::{OrderId, OrderItemId, PackageId, ServerId, SubscriptionId};
use crate::money::Money;
use crate::packages::{Billing, Interval};
use crate::players::Player;

/// How often a subscription is paid for: every so many intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    /// The unit.
    pub interval: Interval,
    /// How many of them make a period; at least one.
    pub count: u32,
}

impl From<Billing> for Every {
    fn from(billing: Billing) -> Self {
        Self {
            interval: billing.interval,
            count: billing.count,
        }
    }
}

impl Every {
    /// The first end of a period after some moment, where periods are counted from `anchor`. Months keep the
    /// anchor's day as well as they can: 31 January, 28 February, 31 March. None ends after [`FAR`].
    pub fn next_end(self, anchor: Timestamp, after: Timestamp) -> Timestamp {
        let mut number = self.passed(anchor, after).max(1);
        loop {
            let end = self.end(anchor, number);
            if end > after || end == FAR {
                return end;
            }
            number += 1;
        }
    }

    /// A number of periods that has surely passed, and is short of all that have by two at most.
    fn passed(self, anchor: Timestamp, after: Timestamp) -> i64 {
        let (from, to) = (
            anchor.to_zoned(TimeZone::UTC),
            after.to_zoned(TimeZone::UTC),
        );
        let days = after.duration_since(anchor).as_secs() / 86_400;
        let years = i64::from(to.year()) - i64::from(from.year());
        let units = match self.interval {
            Interval::Day => days,
            Interval::Week => days / 7,
            Interval::Month => years * 12 + i64::from(to.month()) - i64::from(from.month()),
            Interval::Year => years,
        };
        units / i64::from(self.count.max(1)) - 1
    }

    fn end(self, anchor: Timestamp, number: i64) -> Timestamp {
        let units = number.saturating_mul(i64::from(self.count.max(1)));
        let span = match self.interval {
            Interval::Day => Span::new().try_days(units),
            Interval::Week => Span::new().try_weeks(units),
            Interval::Month => Span::new().try_months(units),
            Interval::Year => Span::new().try_years(units),
        };
        let end = span.and_then(|span| anchor.to_zoned(TimeZone::UTC).checked_add(span));
        end.map_or(FAR, |end| end.timestamp().min(FAR))
    }
}

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionStatus {
    /// The trial runs; nothing was charged yet.
    Trialing,
    /// Paid for the period that runs.
    Active,
    /// The payment for the next period failed and is tried again; the goods stay.
    PastDue,
    /// Cancelled; the goods stay until the period ends that is paid for.
    Cancelled,
    /// Over.
    Expired,
}

/// Something that moves a subscription on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The next period was paid.
    Renew,
    /// The payment for it failed.
    Decline,
    /// Somebody wants no more renewals.
    Cancel,
    /// Somebody wants them after all.
    Resume,
    /// The time is over, or the money went back.
    End,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Renew,
        Self::Decline,
        Self::Cancel,
        Self::Resume,
        Self::End,
    ];
}

impl SubscriptionStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Trialing,
        Self::Active,
        Self::PastDue,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Where a step leads from here; `None` where it cannot be made. (A trial that is resumed is a trial
    /// again: [`Subscription::resume`].)
    pub const fn after(self, step: Step) -> Option<Self> {
        Some(match (self, step) {
            (Self::Expired, _) => return None,
            (_, Step::End) => Self::Expired,
            // The payment was under way when it was cancelled: it buys one period more.
            (Self::Cancelled, Step::Renew) => Self::Cancelled,
            (Self::Trialing | Self::Active | Self::PastDue, Step::Renew) => Self::Active,
            (Self::Trialing | Self::Active | Self::PastDue, Step::Decline) => Self::PastDue,
            // Nobody wants it, and it is not paid for.
            (Self::Cancelled, Step::Decline) | (Self::PastDue, Step::Cancel) => Self::Expired,
            (Self::Trialing | Self::Active, Step::Cancel) => Self::Cancelled,
            (Self::Cancelled, Step::Resume) => Self::Active,
            (Self::Cancelled, Step::Cancel)
            | (Self::Trialing | Self::Active | Self::PastDue, Step::Resume) => return None,
        })
    }
}

/// How long after a payment that failed the next one is tried, in days: on the first, third and fifth day.
pub const RETRY_DAYS: [i64; 3] = [1, 2, 2];

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Identity.
    pub id: SubscriptionId,
    /// The order it began with.
    pub order: OrderId,
    /// The line of the order that pays for the time that runs: what the player holds.
    pub item: OrderItemId,
    /// Who receives.
    pub player: Player,
    /// What.
    pub package: PackageId,
    /// Its name when it was bought.
    pub package_name: String,
    /// The server the buyer chose.
    pub server: Option<ServerId>,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// How often it is paid for.
    pub every: Every,
    /// What a renewal costs: the list price when it was bought.
    pub price: Money,
    /// The word of the gateway that charges it.
    pub gateway: String,
    /// The gateway's name for it.
    pub reference: String,
    /// Whether the Test gateway declines its payments.
    pub declines: bool,
    /// What periods are counted from.
    pub anchor: Timestamp,
    /// When the trial ends or ended, where there was one.
    pub trial_end: Option<Timestamp>,
    /// When the period began that runs.
    pub period_start: Timestamp,
    /// When it ends.
    pub period_end: Timestamp,
    /// When something is to be done about it next; nothing once it has ended.
    pub due_at: Option<Timestamp>,
    /// Whether it ends with the period.
    pub cancel_at_period_end: bool,
    /// How often it was renewed.
    pub renewal_count: u32,
    /// How many payments for the next period failed.
    pub failures: u32,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A step that cannot be made from where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a subscription that is {} cannot do this", .0.word())]
pub struct NotAllowed(pub SubscriptionStatus);

impl Subscription {
    /// The name of the payment for the next period. It says which period and which try, so that it is made
    /// once, whoever makes it.
    pub fn next_reference(&self) -> String {
        let (number, attempt) = (self.renewal_count + 1, self.failures + 1);
        format!("sub_{}_{number}_{attempt}", self.id)
    }

    /// The next period was paid, by this line.
    pub fn renew(self, item: OrderItemId, now: Timestamp) -> Result<Self, NotAllowed> {
        let mut next = self.step(Step::Renew, now)?;
        let (start, mut end) = (
            next.period_end,
            next.every.next_end(next.anchor, next.period_end),
        );
        next.period_start = start;
        if end <= now {
            // It was not paid for longer than a period: nobody pays for time that is over.
            (next.anchor, next.period_start) = (now, now);
            end = next.every.next_end(now, now);
        }
        next.period_end = end;
        next.due_at = Some(end);
        next.item = item;
        next.renewal_count += 1;
        next.failures = 0;
        Ok(next)
    }

    /// A payment for the next period failed. After the last try it has ended.
    pub fn decline(self, now: Timestamp) -> Result<Self, NotAllowed> {
        let mut next = self.step(Step::Decline, now)?;
        if next.status == SubscriptionStatus::Expired {
            return Ok(next);
        }
        let wait = RETRY_DAYS.get(next.failures as usize).copied();
        next.failures += 1;
        match wait {
            Some(days) => {
                next.due_at = Some(later(now, SignedDuration::from_hours(24 * days)));
                Ok(next)
            }
            None => next.step(Step::End, now),
        }
    }

    /// No more renewals. One that is past due has ended with it.
    pub fn cancel(self, now: Timestamp) -> Result<Self, NotAllowed> {
        let mut next = self.step(Step::Cancel, now)?;
        if next.status == SubscriptionStatus::Cancelled {
            next.cancel_at_period_end = true;
            next.due_at = Some(next.period_end);
        }
        Ok(next)
    }

    /// Renewals after all.
    pub fn resume(self, now: Timestamp) -> Result<Self, NotAllowed> {
        let mut next = self.step(Step::Resume, now)?;
        next.cancel_at_period_end = false;
        if next.trial_end.is_some() && next.renewal_count == 0 {
            next.status = SubscriptionStatus::Trialing;
        }
        Ok(next)
    }

    /// It is over.
    pub fn end(self, now: Timestamp) -> Result<Self, NotAllowed> {
        self.step(Step::End, now)
    }

    /// The period that runs ends now, as the Test gateway's buyer may decide.
    #[must_use]
    pub fn hasten(mut self, now: Timestamp) -> Self {
        if self.due_at.is_some() {
            (self.anchor, self.period_end) = (now, now);
            self.due_at = Some(now);
            self.trial_end = self.trial_end.map(|end| end.min(now));
            self.updated_at = now;
        }
        self
    }

    fn step(mut self, step: Step, now: Timestamp) -> Result<Self, NotAllowed> {
        self.status = self.status.after(step).ok_or(NotAllowed(self.status))?;
        self.updated_at = now;
        if self.status == SubscriptionStatus::Expired {
            self.ended_at = Some(now);
            self.due_at = None;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn each_step_leads_where_it_should_or_nowhere() {
        use SubscriptionStatus::{Active, Cancelled, Expired, PastDue, Trialing};
        let [renew, decline, cancel, resume, end] = Step::ALL;
        let table = [
            (
                Trialing,
                [
                    Some(Active),
                    Some(PastDue),
                    Some(Cancelled),
                    None,
                    Some(Expired),
                ],
            ),
            (
                Active,
                [
                    Some(Active),
                    Some(PastDue),
                    Some(Cancelled),
                    None,
                    Some(Expired),
                ],
            ),
            (
                PastDue,
                [
                    Some(Active),
                    Some(PastDue),
                    Some(Expired),
                    None,
                    Some(Expired),
                ],
            ),
            (
                Cancelled,
                [
                    Some(Cancelled),
                    Some(Expired),
                    None,
                    Some(Active),
                    Some(Expired),
                ],
            ),
            (Expired, [None; 5]),
        ];
        for (from, expected) in table {
            let steps = [renew, decline, cancel, resume, end];
            assert_eq!(
                steps.map(|step| from.after(step)),
                expected,
                "from {from:?}"
            );
        }
    }

    #[test]
    fn months_keep_the_day_as_well_as_they_can() {
        let every = Every {
            interval: Interval::Month,
            count: 1,
        };
        let anchor = at("2027-01-31T10:00:00Z");
        let mut end = anchor;
        let mut days = Vec::new();
        for _ in 0..13 {
            end = every.next_end(anchor, end);
            days.push(end.to_string()[5..10].to_owned());
        }
        assert_eq!(
            days,
            [
                "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31",
                "11-30", "12-31", "01-31", "02-29"
            ]
        );
    }

    #[test]
    fn other_periods_are_as_long_as_they_say() {
        let anchor = at("2028-02-29T12:00:00Z");
        let end = |interval, count, after: &str| {
            Every { interval, count }
                .next_end(anchor, at(after))
                .to_string()
        };
        assert_eq!(
            end(Interval::Year, 1, "2028-02-29T12:00:00Z"),
            "2029-02-28T12:00:00Z"
        );
        assert_eq!(
            end(Interval::Year, 1, "2031-03-01T00:00:00Z"),
            "2032-02-29T12:00:00Z"
        );
        assert_eq!(
            end(Interval::Week, 2, "2028-02-29T12:00:00Z"),
            "2028-03-14T12:00:00Z"
        );
        assert_eq!(
            end(Interval::Day, 3, "2028-03-03T12:00:00Z"),
            "2028-03-06T12:00:00Z"
        );
        assert_eq!(
            end(Interval::Month, 3, "2028-05-29T12:00:00Z"),
            "2028-08-29T12:00:00Z"
        );
    }

    #[test]
    fn periods_that_end_after_all_time_end_at_a_far_date() {
        let now = at("2026-11-20T10:00:00Z");
        for (interval, count) in [
            (Interval::Day, u32::MAX),
            (Interval::Week, u32::MAX),
            (Interval::Month, 12 * 8_000),
            (Interval::Year, 7_973),
        ] {
            let every = Every { interval, count };
            let end = every.next_end(now, now);
            assert_eq!(end, FAR, "{every:?}");
            assert_eq!(every.next_end(now, end), FAR, "{every:?}");
            assert_eq!(every.next_end(FAR, Timestamp::MAX), FAR, "{every:?}");
        }
        assert_eq!(FAR.to_string(), "9999-01-01T00:00:00Z");
        assert_eq!(later(FAR, SignedDuration::MAX), FAR);
        let sooner = crate::clock::sooner(now, SignedDuration::MAX);
        assert_eq!(sooner, Timestamp::MIN);
    }

    #[test]
    fn the_end_of_a_period_comes_after_its_beginning_and_within_it() {
        for interval in Interval::ALL {
            for count in [1, 2, 5] {
                let every = Every { interval, count };
                let anchor = at("2026-12-31T23:59:59Z");
                for hours in (0..40_000).step_by(997) {
                    let after = anchor + SignedDuration::from_hours(hours);
                    let end = every.next_end(anchor, after);
                    assert!(end > after);
                    let longest = Every { interval, count }.end(after, 1);
                    assert!(
                        end <= longest + SignedDuration::from_hours(24 * 3),
                        "{every:?} {after} {end}"
                    );
                }
            }
        }
    }
}
