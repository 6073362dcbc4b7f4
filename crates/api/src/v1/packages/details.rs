//! The parts of a package that are objects, as they are sent. Each is given as a whole.

use serde_json::Value;
use tradepost_model::fields::Given;
use tradepost_model::inputs::{MAX_CHOICES, MAX_LENGTH, MAX_NUMBER, MAX_PATTERN};
use tradepost_model::packages::{
    BillingDraft, CommandDraft, CustomPriceDraft, InputDraft, LimitPeriodDraft, MAX_DELAY,
    MAX_SLOTS, MAX_TIMED_HOURS, TierDraft, TimedDraft,
};
use tradepost_model::templates;

use crate::body::{boolean, integer, list, members, money, text, verbatim, words};

#[derive(Clone)]
pub(super) struct CustomPrice {
    min: Given<String>,
    max: Given<String>,
    suggested: Given<String>,
}

members! {
    /// What buyers may pay.
    pub(super) struct CustomPriceBody -> CustomPrice {
        /// At least this.
        min = money().default(0).example(1),
        /// At most this; null for no limit.
        max = money().nullable().example(100),
        /// What is suggested.
        suggested = money().nullable().example(5),
    }
}

impl From<CustomPrice> for CustomPriceDraft {
    fn from(
        CustomPrice {
            min,
            max,
            suggested,
        }: CustomPrice,
    ) -> Self {
        Self {
            min: min.value(),
            max: max.value(),
            suggested: suggested.value(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Subscription {
    interval: Given<String>,
    interval_count: Given<i64>,
    trial_days: Given<i64>,
}

members! {
    /// When it is paid again.
    pub(super) struct SubscriptionBody -> Subscription {
        /// The unit.
        interval = words(&["day", "week", "month", "year"]).required().example("month"),
        /// After how many of them.
        interval_count = integer(1..=100).default(1).example(1),
        /// How many days are free first; null for none.
        trial_days = integer(0..=365).nullable().example(7),
    }
}

impl From<Subscription> for BillingDraft {
    fn from(given: Subscription) -> Self {
        let Subscription {
            interval,
            interval_count,
            trial_days,
        } = given;
        Self {
            interval: interval.value().unwrap_or_default(),
            interval_count: interval_count.value(),
            trial_days: trial_days.value(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Timed {
    days: Given<i64>,
    hours: Given<i64>,
}

members! {
    /// For how long one is bought; the two are added up.
    pub(super) struct TimedBody -> Timed {
        /// So many days.
        days = integer(0..=i64::from(MAX_TIMED_HOURS / 24)).default(0).example(30),
        /// So many hours.
        hours = integer(0..=i64::from(MAX_TIMED_HOURS)).default(0).example(0),
    }
}

impl From<Timed> for TimedDraft {
    fn from(Timed { days, hours }: Timed) -> Self {
        let (days, hours) = (days.value(), hours.value());
        Self { days, hours }
    }
}

#[derive(Clone)]
pub(super) struct Tier {
    min_quantity: Given<i64>,
    unit_price: Given<String>,
}

members! {
    /// A price that falls with the quantity.
    pub(super) struct TierBody -> Tier {
        /// From how many it holds.
        min_quantity = integer(2..=100).required().example(5),
        /// What one costs then.
        unit_price = money().required().example(8.99),
    }
}

impl From<Tier> for TierDraft {
    fn from(
        Tier {
            min_quantity,
            unit_price,
        }: Tier,
    ) -> Self {
        Self {
            min_quantity: min_quantity.value().unwrap_or_default(),
            unit_price: unit_price.value().unwrap_or_default(),
        }
    }
}

#[derive(Clone)]
pub(super) struct LimitPeriod {
    every: Given<i64>,
    unit: Given<String>,
}

members! {
    /// When limits begin anew, by the calendar in UTC.
    pub(super) struct LimitPeriodBody -> LimitPeriod {
        /// After how many units.
        every = integer(1..=365).required().example(1),
        /// The unit.
        unit = words(&["day", "week", "month"]).required().example("week"),
    }
}

impl From<LimitPeriod> for LimitPeriodDraft {
    fn from(LimitPeriod { every, unit }: LimitPeriod) -> Self {
        Self {
            every: every.value().unwrap_or_default(),
            unit: unit.value().unwrap_or_default(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Input {
    name: Given<String>,
    label: Given<String>,
    kind: Given<String>,
    required: Given<bool>,
    pattern: Given<String>,
    choices: Given<Vec<String>>,
    min: Given<i64>,
    max: Given<i64>,
}

members! {
    /// What buyers are asked for.
    pub(super) struct InputBody -> Input {
        /// What commands call it: `{input.<name>}`.
        name = text(1, 32).required().example("nick"),
        /// What buyers read.
        label = text(1, 64).required().example("Your nickname"),
        /// What an answer looks like.
        kind = words(&["text", "choice", "number"]).required().example("text"),
        /// Whether it must be answered.
        required = boolean().default(false).example(true),
        /// A regular expression that the whole of a text must match.
        pattern = verbatim(MAX_PATTERN).nullable().example("[A-Za-z]+"),
        /// What there is to choose from.
        choices = list(verbatim(MAX_LENGTH), 0, MAX_CHOICES).example(serde_json::json!([])),
        /// The fewest characters of a text, or the least number.
        min = integer(-MAX_NUMBER..=MAX_NUMBER).nullable().example(2),
        /// The most characters of a text, or the largest number.
        max = integer(-MAX_NUMBER..=MAX_NUMBER).nullable().example(16),
    }
}

impl From<Input> for InputDraft {
    fn from(given: Input) -> Self {
        let Input {
            name,
            label,
            kind,
            required,
            pattern,
            choices,
            min,
            max,
        } = given;
        Self {
            name: name.value().unwrap_or_default(),
            label: label.value().unwrap_or_default(),
            kind: kind.value().unwrap_or_default(),
            required: required.value().unwrap_or_default(),
            pattern: pattern.value(),
            choices: choices.value().unwrap_or_default(),
            min: min.value(),
            max: max.value(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Command {
    template: Given<String>,
    kind: Given<String>,
    target: Given<String>,
    execute: Given<String>,
    delay_seconds: Given<i64>,
    required_slots: Given<i64>,
    run_per: Given<String>,
    sort_order: Given<i64>,
}

members! {
    /// What is run on the servers.
    pub(super) struct CommandBody -> Command {
        /// The command's text, with variables such as `{player}`.
        template = verbatim(templates::MAX_LENGTH).required().example("lp user {player} parent add vip"),
        /// What makes it run.
        kind as "type" = words(&["initial", "renewal", "expiry", "refund", "chargeback"]).default("initial").example("initial"),
        /// Where it runs: a server's id, `all`, or `customerChoice`.
        target = verbatim(36).default("all").example("all"),
        /// When it runs: whether or not the player is on the server, or once they are.
        execute = words(&["always", "whenOnline"]).default("always").example("always"),
        /// How long it waits.
        delay_seconds = integer(0..=i64::from(MAX_DELAY)).default(0).example(0),
        /// How many free slots the player's inventory must have.
        required_slots = integer(0..=i64::from(MAX_SLOTS)).default(0).example(0),
        /// Whether it runs for each one bought, or once for all of a line.
        run_per = words(&["unit", "line"]).default("unit").example("unit"),
        /// Its place among the others; as it stands in the list where it is left out.
        sort_order = integer(0..=1_000_000).example(Value::from(0)),
    }
}

impl From<Command> for CommandDraft {
    fn from(given: Command) -> Self {
        let Command {
            template,
            kind,
            target,
            execute,
            delay_seconds,
            required_slots,
            run_per,
            sort_order,
        } = given;
        Self {
            template: template.value().unwrap_or_default(),
            kind: kind.value(),
            target: target.value(),
            execute: execute.value(),
            delay_seconds: delay_seconds.value(),
            required_slots: required_slots.value(),
            run_per: run_per.value(),
            sort_order: sort_order.value(),
        }
    }
}
