//! How the parts of a package are stored that no statement looks into: JSON in a column, and the
//! columns of the way it is paid for.

use serde_json::{Map, Value as Json, json};
use tradepost_model::ids::PackageId;
use tradepost_model::inputs::{Input, InputKind, Pattern};
use tradepost_model::money::{Currency, Money};
use tradepost_model::packages::{Billing, CustomPrice, Interval, LimitPeriod, Package, PackageKind, PeriodUnit};
use tradepost_model::pricing::Tier;
use uuid::Uuid;

use crate::codec::word;
use crate::{Error, Result, Row, Value};

/// The columns `kind, timed_hours, billing_interval, billing_count, trial_days, custom_min, custom_max,
/// custom_suggested`.
pub(super) fn kind_values(kind: PackageKind) -> [Value; 8] {
    let hours = match kind {
        PackageKind::Timed { hours } => Some(hours),
        PackageKind::OneTime | PackageKind::Subscription(_) | PackageKind::Custom(_) => None,
    };
    let (billing, custom) = (kind.billing(), kind.custom_price());
    let minor = |amount: Option<Money>| Value::from(amount.map(Money::minor));
    [
        kind.word().into(),
        hours.into(),
        billing.map(|it| it.interval.word()).into(),
        billing.map(|it| it.count).into(),
        billing.and_then(|it| it.trial_days).into(),
        minor(custom.map(|it| it.min)),
        minor(custom.and_then(|it| it.max)),
        minor(custom.and_then(|it| it.suggested)),
    ]
}

pub(super) fn read_kind(row: &Row, currency: Currency) -> Result<PackageKind> {
    let minor = |column: &str| {
        let minor = row.get::<Option<i64>>(column)?;
        Ok::<_, Error>(minor.map(|minor| Money::new(minor, currency)))
    };
    match row.text("kind")? {
        "oneTime" => Ok(PackageKind::OneTime),
        "timed" => Ok(PackageKind::Timed { hours: row.get("timed_hours")? }),
        "subscription" => Ok(PackageKind::Subscription(Billing {
            interval: word(row, "billing_interval", Interval::parse)?,
            count: row.get("billing_count")?,
            trial_days: row.get("trial_days")?,
        })),
        "custom" => Ok(PackageKind::Custom(CustomPrice {
            min: minor("custom_min")?.unwrap_or(Money::zero(currency)),
            max: minor("custom_max")?,
            suggested: minor("custom_suggested")?,
        })),
        _ => Err(wrong("kind")),
    }
}

pub(super) fn read_period(row: &Row) -> Result<Option<LimitPeriod>> {
    let Some(every) = row.get("limit_every")? else { return Ok(None) };
    Ok(Some(LimitPeriod { every, unit: word(row, "limit_unit", PeriodUnit::parse)? }))
}

/// The columns `tiers, inputs, required_packages, metadata`; what is empty is not stored.
pub(super) fn json_values(package: &Package) -> [Value; 4] {
    let tiers = package
        .tiers
        .iter()
        .map(|tier| json!({"min_quantity": tier.min_quantity, "unit_price": tier.unit_price.minor()}));
    let required = package.required_packages.iter().map(|id| Json::from(id.to_string()));
    let metadata = Some(&package.metadata).filter(|metadata| !metadata.is_empty());
    [
        list(tiers.collect()),
        list(package.inputs.iter().map(write_input).collect()),
        list(required.collect()),
        metadata.map(|metadata| Json::Object(metadata.clone())).into(),
    ]
}

pub(super) fn read_tiers(row: &Row, currency: Currency) -> Result<Vec<Tier>> {
    read_list(row, "tiers", |json| {
        Some(Tier {
            min_quantity: json["min_quantity"].as_i64()?.try_into().ok()?,
            unit_price: Money::new(json["unit_price"].as_i64()?, currency),
        })
    })
}

pub(super) fn read_inputs(row: &Row) -> Result<Vec<Input>> {
    read_list(row, "inputs", read_input)
}

pub(super) fn read_required(row: &Row) -> Result<Vec<PackageId>> {
    read_list(row, "required_packages", |json| Uuid::try_parse(json.as_str()?).ok().map(PackageId))
}

pub(super) fn read_metadata(row: &Row) -> Result<Map<String, Json>> {
    match row.get::<Option<Json>>("metadata")? {
        None => Ok(Map::new()),
        Some(Json::Object(metadata)) => Ok(metadata),
        Some(_) => Err(wrong("metadata")),
    }
}

fn write_input(input: &Input) -> Json {
    let Input { name, label, kind, required } = input;
    let mut json = json!({"name": name, "label": label, "kind": kind.word(), "required": required});
    match kind {
        InputKind::Text { pattern, min, max } => {
            json["pattern"] = pattern.as_ref().map(Pattern::source).into();
            json["min"] = (*min).into();
            json["max"] = (*max).into();
        }
        InputKind::Choice(choices) => json["choices"] = choices.clone().into(),
        InputKind::Number { min, max } => {
            json["min"] = (*min).into();
            json["max"] = (*max).into();
        }
    }
    json
}

fn read_input(json: &Json) -> Option<Input> {
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let length = |name: &str| json[name].as_i64().and_then(|it| it.try_into().ok());
    let kind = match json["kind"].as_str()? {
        "text" => InputKind::Text {
            pattern: text("pattern").map(Pattern::from_stored),
            min: length("min"),
            max: length("max"),
        },
        "choice" => {
            let choices = json["choices"].as_array()?.iter();
            InputKind::Choice(choices.map(|it| it.as_str().map(str::to_owned)).collect::<Option<_>>()?)
        }
        "number" => InputKind::Number { min: json["min"].as_i64(), max: json["max"].as_i64() },
        _ => return None,
    };
    Some(Input { name: text("name")?, label: text("label")?, kind, required: json["required"].as_bool()? })
}

fn list(items: Vec<Json>) -> Value {
    if items.is_empty() { Value::Null } else { Value::Json(Json::Array(items)) }
}

fn read_list<T>(row: &Row, column: &str, read: impl Fn(&Json) -> Option<T>) -> Result<Vec<T>> {
    match row.get::<Option<Json>>(column)? {
        None => Ok(Vec::new()),
        Some(Json::Array(items)) => items.iter().map(|item| read(item).ok_or_else(|| wrong(column))).collect(),
        Some(_) => Err(wrong(column)),
    }
}

fn wrong(column: &str) -> Error {
    Error::Decode { column: column.to_owned() }
}
