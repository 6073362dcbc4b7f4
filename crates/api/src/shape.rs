//! What views are made of beyond texts and numbers: amounts, ids and times, each with its schema.

use serde::{Serialize, Serializer};
use serde_json::json;
use serde_json::value::RawValue;
use tradepost_model::money::Money;
use tradepost_model::percent::Percent;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// An amount in major units, with exactly the currency's decimals: written as text, so that it never
/// passes through a float.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Amount(Box<RawValue>);

/// [`Amount`] of money.
pub(crate) fn amount(money: Money) -> Amount {
    Amount(RawValue::from_string(money.decimal()).expect("a decimal is a JSON number"))
}

/// A percentage, which is written as exactly as an amount is.
pub(crate) fn percentage(percent: Percent) -> Amount {
    Amount(RawValue::from_string(percent.decimal()).expect("a decimal is a JSON number"))
}

/// The id of something.
pub(crate) struct Id(pub(crate) Uuid);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Uuid::encode_buffer();
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut text))
    }
}

/// A time, as RFC 3339 in UTC.
pub(crate) struct Time(pub(crate) tradepost_model::Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The schema of a text that is one of some words, the first of which stands in examples.
pub(crate) fn one_of(words: impl IntoIterator<Item = &'static str>) -> Schema {
    let words: Vec<_> = words.into_iter().collect();
    let example = words.first().map(|word| json!(word));
    let schema = ObjectBuilder::new().schema_type(Type::String);
    schema.enum_values(Some(words)).examples(example).into()
}

macro_rules! schemas {
    ($($name:ident: $kind:ident $(($format:literal))?, $example:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let schema = ObjectBuilder::new().schema_type(Type::$kind);
                $(let schema = schema.format(Some(SchemaFormat::Custom($format.to_owned())));)?
                schema.examples([json!($example)]).into()
            }
        }
        impl ToSchema for $name {}
    )*};
}

schemas! {
    Amount: Number, 9.99;
    Id: String("uuid"), "01931f3c-5a00-7000-8000-000000000001";
    Time: String("date-time"), "2026-11-20T10:00:00Z";
}
