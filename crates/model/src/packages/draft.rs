//! What is asked to be made of a package, as it was given: nothing is checked yet, and what was left
//! out is known from what was cleared. Ids and amounts are text.

use crate::Timestamp;
use crate::fields::Given;

use super::Metadata;

/// A package to be made, or changes to one. Fields are named and meant as in the Management API.
#[derive(Clone, Debug, Default)]
#[expect(
    missing_docs,
    reason = "the API's members, which its description explains"
)]
pub struct PackageDraft {
    pub name: Given<String>,
    pub slug: Given<String>,
    pub description: Given<String>,
    pub price: Given<String>,
    pub image_url: Given<String>,
    pub is_active: Given<bool>,
    pub sort_order: Given<i64>,
    pub category_id: Given<String>,
    pub server_ids: Given<Vec<String>>,
    pub user_server_selection_enabled: Given<bool>,
    pub kind: Given<String>,
    pub allow_custom_price: Given<bool>,
    pub custom_price: Given<CustomPriceDraft>,
    pub subscription: Given<BillingDraft>,
    pub timed: Given<TimedDraft>,
    pub tiers: Given<Vec<TierDraft>>,
    pub global_limit: Given<i64>,
    pub per_user_limit: Given<i64>,
    pub limit_period: Given<LimitPeriodDraft>,
    pub is_cumulative: Given<bool>,
    pub required_package_ids: Given<Vec<String>>,
    pub require_any: Given<bool>,
    pub visible_from: Given<Timestamp>,
    pub visible_until: Given<Timestamp>,
    pub inputs: Given<Vec<InputDraft>>,
    pub metadata: Given<Metadata>,
    pub commands: Given<Vec<CommandDraft>>,
}

/// `subscription`
#[derive(Clone, Debug, Default)]
pub struct BillingDraft {
    /// `day`, `week`, `month` or `year`.
    pub interval: String,
    /// 1 where it is left out.
    pub interval_count: Option<i64>,
    /// None where it is left out.
    pub trial_days: Option<i64>,
}

/// `timed`
#[derive(Clone, Copy, Debug, Default)]
pub struct TimedDraft {
    /// 0 where they are left out.
    pub days: Option<i64>,
    /// 0 where they are left out.
    pub hours: Option<i64>,
}

/// `customPrice`
#[derive(Clone, Debug, Default)]
pub struct CustomPriceDraft {
    /// 0 where it is left out.
    pub min: Option<String>,
    /// None where it is left out.
    pub max: Option<String>,
    /// None where it is left out.
    pub suggested: Option<String>,
}

/// One of `tiers`
#[derive(Clone, Debug, Default)]
pub struct TierDraft {
    /// From how many it holds.
    pub min_quantity: i64,
    /// What one costs then.
    pub unit_price: String,
}

/// `limitPeriod`
#[derive(Clone, Debug, Default)]
pub struct LimitPeriodDraft {
    /// How many units.
    pub every: i64,
    /// `day`, `week` or `month`.
    pub unit: String,
}

/// One of `inputs`
#[derive(Clone, Debug, Default)]
pub struct InputDraft {
    /// What templates call it.
    pub name: String,
    /// What buyers read.
    pub label: String,
    /// `text`, `choice` or `number`.
    pub kind: String,
    /// Whether it must be answered.
    pub required: bool,
    /// For text: what it must match.
    pub pattern: Option<String>,
    /// For a choice: what is offered.
    pub choices: Vec<String>,
    /// For text its shortest length, for a number the least.
    pub min: Option<i64>,
    /// For text its greatest length, for a number the most.
    pub max: Option<i64>,
}

/// One of `commands`
#[derive(Clone, Debug, Default)]
pub struct CommandDraft {
    /// The text with its variables.
    pub template: String,
    /// `initial`, `renewal`, `expiry`, `refund` or `chargeback`; `initial` where it is left out.
    pub kind: Option<String>,
    /// A server's id, `all` or `customerChoice`; `all` where it is left out.
    pub target: Option<String>,
    /// `always` or `whenOnline`; `always` where it is left out.
    pub execute: Option<String>,
    /// Seconds.
    pub delay_seconds: Option<i64>,
    /// Inventory slots.
    pub required_slots: Option<i64>,
    /// `unit` or `line`; `unit` where it is left out.
    pub run_per: Option<String>,
    /// Its place; as it stands in the list where it is left out.
    pub sort_order: Option<i64>,
}
