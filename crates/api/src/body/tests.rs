//! Bodies are read whole, exactly, and with every error at once.

use serde_json::{Value, json};
use tradepost_model::Timestamp;
use tradepost_model::fields::{FieldErrors, Given};
use uuid::Uuid;

use super::*;

#[derive(Clone, Debug, Default, PartialEq)]
struct TierDraft {
    min_quantity: Given<i64>,
    unit_price: Given<String>,
}

members! {
    /// A price from some quantity on.
    struct TierBody -> TierDraft {
        /// From how many on.
        min_quantity = integer(2..=1000).required(),
        /// What one costs then.
        unit_price = money().required().example(7.5),
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct ThingDraft {
    name: Given<String>,
    kind: Given<String>,
    price: Given<String>,
    discount: Given<String>,
    is_on: Given<bool>,
    valid_from: Given<Timestamp>,
    package_ids: Given<Vec<Uuid>>,
    tiers: Given<Vec<TierDraft>>,
    metadata: Given<Value>,
    permissions: Given<std::collections::BTreeMap<String, Vec<String>>>,
}

members! {
    /// A thing,
    /// as it is sent.
    struct ThingBody -> ThingDraft {
        /// Its name.
        name = text(1, 8).required().example("Sword"),
        /// Its kind.
        kind as "type" = words(&["oneTime", "timed"]).default("oneTime"),
        /// Its price.
        price = money(),
        /// Its discount.
        discount = percentage().nullable(),
        /// Whether it is on.
        is_on = boolean(),
        /// From when on.
        valid_from = timestamp().nullable(),
        /// Of what.
        package_ids = ids(3),
        /// Prices.
        tiers = objects(TierBody, 0, 2).nullable(),
        /// Anything.
        metadata = json(20).nullable(),
        /// Who may do what.
        permissions = map(["Orders", "Bans"], ["View", "Edit"]),
    }
    refuses {
        "isTiered" => "is not set: it follows from tiers",
    }
}

fn read(purpose: Purpose, body: &str) -> (ThingDraft, Vec<String>) {
    let mut errors = FieldErrors::default();
    let draft = ThingBody::read(parse(body.as_bytes()).unwrap(), purpose, &mut errors);
    (draft, errors.0.iter().map(ToString::to_string).collect())
}

#[test]
fn every_member_is_read_exactly() {
    let body = r#"{"name": " Sword ", "type": "timed", "price": 9.90, "discount": 12.50, "isOn": true,
        "validFrom": "2026-11-20T12:00:00+02:00", "packageIds": ["01931f3c-5a00-7000-8000-000000000001"],
        "tiers": [{"minQuantity": 2, "unitPrice": 90071992547409.93}], "metadata": {"a": null},
        "permissions": {"Orders": ["View"]}}"#;
    let (draft, errors) = read(Purpose::Create, body);
    assert_eq!(errors, [""; 0]);
    assert_eq!(draft.name, Given::Value("Sword".to_owned()));
    assert_eq!(draft.price, Given::Value("9.90".to_owned()));
    assert_eq!(
        draft.valid_from,
        Given::Value("2026-11-20T10:00:00Z".parse().unwrap())
    );
    let tiers = draft.tiers.value().unwrap();
    assert_eq!(
        tiers[0].unit_price,
        Given::Value("90071992547409.93".to_owned())
    );
}

#[test]
fn left_out_null_and_given_are_three_things() {
    let (draft, errors) = read(Purpose::Change, r#"{"discount": null, "isOn": false}"#);
    assert_eq!(errors, [""; 0]);
    let expected = ThingDraft {
        discount: Given::Null,
        is_on: Given::Value(false),
        ..ThingDraft::default()
    };
    assert_eq!(draft, expected);
    let (_, errors) = read(Purpose::Change, r#"{"name": null, "isOn": null}"#);
    assert_eq!(errors, ["name: cannot be null", "isOn: cannot be null"]);
    let (_, errors) = read(Purpose::Create, r#"{"isOn": null}"#);
    assert_eq!(errors, ["name: is required", "isOn: cannot be null"]);
}

#[test]
fn everything_that_does_not_fit_is_told_at_once() {
    let body = r#"{"name": "much too long", "type": "x", "price": "9.90", "discount": 100.01, "isOn": 1,
        "validFrom": "2026-11-20T12:00:00", "packageIds": ["x", 7], "metadata": {"a": "aaaaaaaaaaaaaaaaaaaaa"},
        "tiers": [{"minQuantity": 1, "colour": 1}, 3, {}], "permissions": {"Orders": ["Fly"], "Sky": []},
        "isTiered": true, "nonsense": 1}"#;
    let (draft, errors) = read(Purpose::Create, body);
    assert_eq!(draft, ThingDraft::default());
    let expected = [
        "isTiered: is not set: it follows from tiers",
        "name: must have at most 8 characters, this has 13",
        "type: must be one of oneTime, timed",
        "price: must be a number such as 9.99",
        "discount: must be a number from 0 to 100 with at most two decimals, such as 12.5",
        "isOn: must be true or false",
        "validFrom: must be a time with its offset, such as 2026-11-20T10:00:00Z",
        "packageIds[0]: must be an id such as 01931f3c-5a00-7000-8000-000000000001",
        "packageIds[1]: must be a text",
        "tiers: must have at most 2 items, this has 3",
        "tiers[0].minQuantity: must be a whole number from 2 to 1000",
        "tiers[0].unitPrice: is required",
        "tiers[0].colour: is not a known member",
        "tiers[1]: must be an object",
        "metadata: must be at most 20 bytes of JSON, this is 29",
        "permissions.Orders[0]: must be one of View, Edit",
        "permissions.Sky: is not one of Orders, Bans",
        "nonsense: is not a known member",
    ];
    assert_eq!(errors, expected);
}

#[test]
fn texts_that_deceive_and_numbers_that_are_none_are_refused() {
    for name in ["a\\u0007", "a\\u202eb", "a\\nb", "", " "] {
        let body = format!(r#"{{"name": "{name}"}}"#);
        assert_eq!(read(Purpose::Create, &body).1.len(), 1, "{body}");
    }
    for price in ["1e3", "-1", "1E2", "[]", "true", "\"1\""] {
        let (_, errors) = read(Purpose::Change, &format!(r#"{{"price": {price}}}"#));
        assert_eq!(errors, ["price: must be a number such as 9.99"], "{price}");
    }
    for time in [
        "2026-11-20",
        "2026-11-20 10:00:00Z",
        "2026-11-20T10:00:00Z[UTC]",
        "1",
    ] {
        let (_, errors) = read(Purpose::Change, &format!(r#"{{"validFrom": "{time}"}}"#));
        assert_eq!(errors.len(), 1, "{time}");
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    assert!(parse(br#"{"a": 1, "a": 2}"#).is_err());
    let (_, errors) = read(
        Purpose::Change,
        r#"{"tiers": [{"minQuantity": 2, "minQuantity": 3, "unitPrice": 1}]}"#,
    );
    assert!(
        errors[0].starts_with("tiers[0]: has the member `minQuantity` twice"),
        "{errors:?}"
    );
    let id = Uuid::nil();
    let (_, errors) = read(
        Purpose::Change,
        &json!({"packageIds": [id, id]}).to_string(),
    );
    assert_eq!(errors, ["packageIds[1]: is there twice"]);
}

#[test]
fn the_same_table_describes_what_it_reads() {
    let schema = schema_of::<ThingBody>(Purpose::Create);
    assert_eq!(schema["description"], "A thing, as it is sent.");
    assert_eq!(schema["required"], json!(["name"]));
    let name = json!({"type": "string", "minLength": 1, "maxLength": 8, "description": "Its name.", "examples": ["Sword"]});
    assert_eq!(schema["properties"]["name"], name);
    assert_eq!(
        schema["properties"]["discount"]["type"],
        json!(["number", "null"])
    );
    let tier = &schema["properties"]["tiers"]["items"];
    assert_eq!(tier["required"], json!(["minQuantity", "unitPrice"]));
    let change = schema_of::<ThingBody>(Purpose::Change);
    assert_eq!(change.get("required"), None);
    assert_eq!(change["properties"]["type"].get("default"), None);
}
