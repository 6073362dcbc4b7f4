//! A package as it is told.

use serde::Serialize;
use tradepost_app::App;
use tradepost_app::packages::Listing;
use tradepost_model::inputs::{Input, InputKind};
use tradepost_model::packages::{
    Billing, CustomPrice, LimitPeriod, Metadata, Package, PackageCommand, PackageKind, Target,
};
use tradepost_model::pricing::Tier;
use utoipa::ToSchema;

use crate::shape::{Amount, Id, Time, amount};

/// A package.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct PackageView {
    id: Id,
    #[schema(example = "VIP Rank")]
    name: String,
    /// Rich text, reduced to HTML that cannot do harm.
    #[schema(example = "Get VIP status with special perks")]
    description: String,
    /// The list price of one.
    price: Amount,
    /// The price of one in the best sale under way; null where there is none.
    sale_price: Option<Amount>,
    #[schema(example = "https://cdn.example.com/vip.png")]
    image_url: Option<String>,
    #[schema(example = true)]
    is_active: bool,
    #[schema(example = 0)]
    sort_order: i32,
    category_id: Option<Id>,
    #[schema(example = "Ranks")]
    category_name: Option<String>,
    #[schema(example = false)]
    allow_custom_price: bool,
    #[schema(example = 100)]
    global_limit: Option<u32>,
    #[schema(example = 1)]
    per_user_limit: Option<u32>,
    #[schema(example = false)]
    is_cumulative: bool,
    /// Whether it has `tiers`.
    #[schema(example = false)]
    is_tiered: bool,
    /// Whether its `type` is `subscription`.
    #[schema(example = false)]
    is_subscription: bool,
    server_ids: Vec<Id>,
    /// Its name in web addresses.
    #[schema(example = "vip-rank")]
    slug: String,
    /// `oneTime`, `subscription`, `timed` or `custom`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "oneTime")]
    kind: &'static str,
    commands: Vec<PackageCommandView>,
    subscription: Option<PackageSubscriptionView>,
    timed: Option<PackageTimedView>,
    custom_price: Option<PackageCustomPriceView>,
    tiers: Vec<PackageTierView>,
    required_package_ids: Vec<Id>,
    #[schema(example = false)]
    require_any: bool,
    #[schema(example = false)]
    user_server_selection_enabled: bool,
    limit_period: Option<PackageLimitPeriodView>,
    visible_from: Option<Time>,
    visible_until: Option<Time>,
    inputs: Vec<PackageInputView>,
    /// Your own notes, for programs.
    #[schema(value_type = std::collections::BTreeMap<String, Value>, example = json!({}))]
    metadata: Metadata,
    /// How many are left; null without a `globalLimit`.
    #[schema(example = 97)]
    stock_remaining: Option<i64>,
    created_at: Time,
    updated_at: Time,
}

/// A delivery command.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackageCommandView {
    #[schema(example = "lp user {player} parent add vip")]
    template: String,
    /// `initial`, `renewal`, `expiry`, `refund` or `chargeback`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "initial")]
    kind: &'static str,
    /// A server's id, `all` or `customerChoice`.
    #[schema(example = "all")]
    target: String,
    /// `always` or `whenOnline`.
    #[schema(value_type = String, example = "always")]
    execute: &'static str,
    #[schema(example = 0)]
    delay_seconds: u32,
    #[schema(example = 0)]
    required_slots: u32,
    /// `unit` or `line`.
    #[schema(value_type = String, example = "unit")]
    run_per: &'static str,
    #[schema(example = 0)]
    sort_order: usize,
}

/// When it is paid again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackageSubscriptionView {
    /// `day`, `week`, `month` or `year`.
    #[schema(value_type = String, example = "month")]
    interval: &'static str,
    #[schema(example = 1)]
    interval_count: u32,
    #[schema(example = 7)]
    trial_days: Option<u32>,
}

/// For how long one is bought.
#[derive(Serialize, ToSchema)]
struct PackageTimedView {
    #[schema(example = 30)]
    days: u32,
    #[schema(example = 0)]
    hours: u32,
}

/// What buyers may pay.
#[derive(Serialize, ToSchema)]
struct PackageCustomPriceView {
    min: Amount,
    max: Option<Amount>,
    suggested: Option<Amount>,
}

/// What one costs from a quantity on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackageTierView {
    #[schema(example = 5)]
    min_quantity: u32,
    unit_price: Amount,
}

/// When the limits begin anew.
#[derive(Serialize, ToSchema)]
struct PackageLimitPeriodView {
    #[schema(example = 1)]
    every: u32,
    /// `day`, `week` or `month`.
    #[schema(value_type = String, example = "week")]
    unit: &'static str,
}

/// What buyers are asked for.
#[derive(Serialize, ToSchema)]
struct PackageInputView {
    #[schema(example = "nick")]
    name: String,
    #[schema(example = "Your nickname")]
    label: String,
    /// `text`, `choice` or `number`.
    #[schema(value_type = String, example = "text")]
    kind: &'static str,
    #[schema(example = true)]
    required: bool,
    #[schema(example = "[A-Za-z]+")]
    pattern: Option<String>,
    choices: Vec<String>,
    #[schema(example = 2)]
    min: Option<i64>,
    #[schema(example = 16)]
    max: Option<i64>,
}

pub(super) fn view(app: &App, listing: Listing) -> PackageView {
    let Listing {
        package,
        commands,
        category_name,
        sale_price,
    } = listing;
    let stock_remaining = package.stock(app.now());
    let Package {
        id,
        category,
        name,
        slug,
        description,
        kind,
        price,
        tiers,
        image_url,
        is_active,
        sort_order,
        visible_from,
        visible_until,
        global_limit,
        per_user_limit,
        limit_period,
        is_cumulative,
        required_packages,
        require_any,
        server_selection,
        servers,
        inputs,
        metadata,
        sold: _,
        reserved: _,
        period: _,
        period_taken: _,
        version: _,
        created_at,
        updated_at,
    } = package;
    PackageView {
        id: Id(id.0),
        name,
        description,
        price: amount(price),
        sale_price: sale_price.map(amount),
        image_url: image_url.map(|url| match url.starts_with('/') {
            true => format!("{}{url}", app.settings.public_url),
            false => url,
        }),
        is_active,
        sort_order,
        category_id: category.map(|id| Id(id.0)),
        category_name,
        allow_custom_price: kind.custom_price().is_some(),
        global_limit,
        per_user_limit,
        is_cumulative,
        is_tiered: !tiers.is_empty(),
        is_subscription: kind.billing().is_some(),
        server_ids: servers.iter().map(|id| Id(id.0)).collect(),
        slug: slug.to_string(),
        kind: kind.word(),
        commands: commands.into_iter().enumerate().map(command).collect(),
        subscription: kind.billing().map(subscription),
        timed: timed(kind),
        custom_price: kind.custom_price().map(custom_price),
        tiers: tiers.into_iter().map(tier).collect(),
        required_package_ids: required_packages.iter().map(|id| Id(id.0)).collect(),
        require_any,
        user_server_selection_enabled: server_selection,
        limit_period: limit_period.map(period),
        visible_from: visible_from.map(Time),
        visible_until: visible_until.map(Time),
        inputs: inputs.into_iter().map(input).collect(),
        metadata,
        stock_remaining,
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}

fn command((place, command): (usize, PackageCommand)) -> PackageCommandView {
    let PackageCommand {
        id: _,
        template,
        kind,
        target,
        execute,
        delay_seconds,
        required_slots,
        run_per,
    } = command;
    PackageCommandView {
        template: template.source().to_owned(),
        kind: kind.word(),
        target: match target {
            Target::Server(id) => id.to_string(),
            Target::All => "all".to_owned(),
            Target::CustomerChoice => "customerChoice".to_owned(),
        },
        execute: execute.word(),
        delay_seconds,
        required_slots,
        run_per: run_per.word(),
        sort_order: place,
    }
}

fn subscription(billing: Billing) -> PackageSubscriptionView {
    let Billing {
        interval,
        count,
        trial_days,
    } = billing;
    PackageSubscriptionView {
        interval: interval.word(),
        interval_count: count,
        trial_days,
    }
}

fn timed(kind: PackageKind) -> Option<PackageTimedView> {
    match kind {
        PackageKind::Timed { hours } => Some(PackageTimedView {
            days: hours / 24,
            hours: hours % 24,
        }),
        PackageKind::OneTime | PackageKind::Subscription(_) | PackageKind::Custom(_) => None,
    }
}

fn custom_price(price: CustomPrice) -> PackageCustomPriceView {
    let CustomPrice {
        min,
        max,
        suggested,
    } = price;
    PackageCustomPriceView {
        min: amount(min),
        max: max.map(amount),
        suggested: suggested.map(amount),
    }
}

fn tier(tier: Tier) -> PackageTierView {
    let Tier {
        min_quantity,
        unit_price,
    } = tier;
    PackageTierView {
        min_quantity,
        unit_price: amount(unit_price),
    }
}

fn period(LimitPeriod { every, unit }: LimitPeriod) -> PackageLimitPeriodView {
    let unit = unit.word();
    PackageLimitPeriodView { every, unit }
}

fn input(input: Input) -> PackageInputView {
    let Input {
        name,
        label,
        kind,
        required,
    } = input;
    let word = kind.word();
    let (mut pattern, mut choices) = (None, Vec::new());
    let (min, max) = match kind {
        InputKind::Text {
            pattern: source,
            min,
            max,
        } => {
            pattern = source.map(|it| it.source().to_owned());
            (min.map(i64::from), max.map(i64::from))
        }
        InputKind::Choice(offered) => {
            choices = offered;
            (None, None)
        }
        InputKind::Number { min, max } => (min, max),
    };
    PackageInputView {
        name,
        label,
        kind: word,
        required,
        pattern,
        choices,
        min,
        max,
    }
}
