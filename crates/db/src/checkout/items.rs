//! The lines of a session, as JSON in its row: what their prices are made of, and what they come to.

use serde_json::{Value as Json, json};
use tradepost_model::checkout::SessionItem;
use tradepost_model::ids::SaleId;
use tradepost_model::money::{Currency, Money};
use tradepost_model::percent::Percent;
use tradepost_model::pricing::{Base, PriceLine, PricedLine, Rule, SalePick};

use crate::Value;
use crate::codec::{entered, entered_json};

pub(super) fn to_json(items: &[SessionItem]) -> Value {
    Value::Json(Json::Array(items.iter().map(item_json).collect()))
}

pub(super) fn from_json(stored: &Json, currency: Currency) -> Option<Vec<SessionItem>> {
    let items = stored.as_array()?.iter();
    items.map(|item| read_item(item, currency)).collect()
}

fn item_json(item: &SessionItem) -> Json {
    let SessionItem { package, name, shape, quantity, server, inputs, line, priced } = item;
    let PriceLine { package: _, categories, quantity: _, list_price, base, sale } = line;
    let PricedLine { package: _, unit_price, subtotal: _, discount, total, rules } = priced;
    json!({
        "package": package, "name": name, "shape": shape, "quantity": quantity, "server": server,
        "inputs": entered_json(inputs), "categories": categories, "listPrice": list_price.minor(),
        "base": base_json(*base), "sale": sale.as_ref().map(sale_json),
        "unitPrice": unit_price.minor(), "discount": discount.minor(), "total": total.minor(),
        "rules": rules.iter().map(rule_json).collect::<Vec<_>>(),
    })
}

fn read_item(json: &Json, currency: Currency) -> Option<SessionItem> {
    let amount = |name: &str| json[name].as_i64().map(|minor| Money::new(minor, currency));
    let rules = json["rules"].as_array()?.iter().map(|rule| read_rule(rule, currency));
    let package = json["package"].as_str()?.parse().ok()?;
    let quantity = number(&json["quantity"])?;
    let unit_price = amount("unitPrice")?;
    // What was stored before there were tiers, sales and coupons lacks them.
    let categories = json["categories"].as_array().into_iter().flatten();
    Some(SessionItem {
        package,
        name: json["name"].as_str()?.to_owned(),
        shape: json["shape"].as_str().unwrap_or_default().to_owned(),
        quantity,
        server: json["server"].as_str().map(str::parse).transpose().ok()?,
        inputs: entered(Some(&json["inputs"])),
        line: PriceLine {
            package,
            categories: categories.map(|id| id.as_str()?.parse().ok()).collect::<Option<_>>()?,
            quantity,
            list_price: amount("listPrice").unwrap_or(unit_price),
            base: match &json["base"] {
                Json::Null => Base::List,
                base => read_base(base, currency)?,
            },
            sale: match &json["sale"] {
                Json::Null => None,
                sale => Some(read_sale(sale)?),
            },
        },
        priced: PricedLine {
            package,
            unit_price,
            subtotal: unit_price.checked_mul(quantity).ok()?,
            discount: amount("discount").unwrap_or(Money::zero(currency)),
            total: amount("total")?,
            rules: rules.collect::<Option<_>>()?,
        },
    })
}

fn base_json(base: Base) -> Json {
    match base {
        Base::List => Json::Null,
        Base::Tier { min_quantity, unit } => json!({"tier": min_quantity, "unit": unit.minor()}),
        Base::Custom { unit } => json!({"custom": unit.minor()}),
        Base::Trial { days } => json!({"trialDays": days}),
    }
}

fn read_base(json: &Json, currency: Currency) -> Option<Base> {
    let amount = |json: &Json| json.as_i64().map(|minor| Money::new(minor, currency));
    if let Some(days) = number(&json["trialDays"]) {
        return Some(Base::Trial { days });
    }
    if let Some(unit) = amount(&json["custom"]) {
        return Some(Base::Custom { unit });
    }
    Some(Base::Tier { min_quantity: number(&json["tier"])?, unit: amount(&json["unit"])? })
}

fn sale_json(sale: &SalePick) -> Json {
    json!({"id": sale.sale, "name": sale.name, "percent": sale.percent.decimal()})
}

fn read_sale(json: &Json) -> Option<SalePick> {
    Some(SalePick {
        sale: json["id"].as_str()?.parse::<SaleId>().ok()?,
        name: json["name"].as_str()?.to_owned(),
        percent: Percent::parse(json["percent"].as_str()?).ok()?,
    })
}

fn rule_json(rule: &Rule) -> Json {
    match rule {
        Rule::ListPrice { unit, quantity } => {
            json!({"rule": "listPrice", "unit": unit.minor(), "quantity": quantity})
        }
        Rule::Tier { min_quantity, unit } => {
            json!({"rule": "tier", "minQuantity": min_quantity, "unit": unit.minor()})
        }
        Rule::CustomPrice { unit } => json!({"rule": "customPrice", "unit": unit.minor()}),
        Rule::Trial { days } => json!({"rule": "trial", "days": days}),
        Rule::Sale { name, percent, was, now } => json!({
            "rule": "sale", "name": name, "percent": percent.decimal(),
            "was": was.minor(), "now": now.minor(),
        }),
        Rule::Coupon { code, amount } => {
            json!({"rule": "coupon", "code": code, "amount": amount.minor()})
        }
    }
}

fn read_rule(json: &Json, currency: Currency) -> Option<Rule> {
    let amount = |name: &str| json[name].as_i64().map(|minor| Money::new(minor, currency));
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    Some(match json["rule"].as_str()? {
        "listPrice" => Rule::ListPrice { unit: amount("unit")?, quantity: number(&json["quantity"])? },
        "tier" => Rule::Tier { min_quantity: number(&json["minQuantity"])?, unit: amount("unit")? },
        "customPrice" => Rule::CustomPrice { unit: amount("unit")? },
        "trial" => Rule::Trial { days: number(&json["days"])? },
        "sale" => Rule::Sale {
            name: text("name")?,
            percent: Percent::parse(json["percent"].as_str()?).ok()?,
            was: amount("was")?,
            now: amount("now")?,
        },
        "coupon" => Rule::Coupon { code: text("code")?, amount: amount("amount")? },
        _ => return None,
    })
}

fn number(json: &Json) -> Option<u32> {
    json.as_u64().and_then(|number| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradepost_model::ids::{CategoryId, PackageId, ServerId};

    #[test]
    fn items_survive_their_storage() {
        let currency = Currency::parse("EUR").unwrap();
        let unit = Money::new(999, currency);
        let name = "Summer Sale".to_owned();
        let percent = Percent::parse("12.5").unwrap();
        let bases = [
            Base::List,
            Base::Tier { min_quantity: 2, unit },
            Base::Custom { unit },
            Base::Trial { days: 7 },
        ];
        for base in bases {
            let package = PackageId(uuid::Uuid::from_u128(1));
            let item = SessionItem {
                package,
                name: "VIP".to_owned(),
                shape: "oneTime".to_owned(),
                quantity: 2,
                server: Some(ServerId(uuid::Uuid::from_u128(2))),
                inputs: [("colour".to_owned(), "red".to_owned())].into(),
                line: PriceLine {
                    package,
                    categories: vec![CategoryId(uuid::Uuid::from_u128(3))],
                    quantity: 2,
                    list_price: unit,
                    base,
                    sale: Some(SalePick { sale: SaleId(uuid::Uuid::from_u128(4)), name: name.clone(), percent }),
                },
                priced: PricedLine {
                    package,
                    unit_price: Money::new(874, currency),
                    subtotal: Money::new(1748, currency),
                    discount: Money::new(250, currency),
                    total: Money::new(1498, currency),
                    rules: vec![
                        Rule::ListPrice { unit, quantity: 2 },
                        Rule::Tier { min_quantity: 10, unit },
                        Rule::CustomPrice { unit },
                        Rule::Trial { days: 7 },
                        Rule::Sale { name: name.clone(), percent, was: unit, now: Money::new(874, currency) },
                        Rule::Coupon { code: "SUMMER25".to_owned(), amount: Money::new(250, currency) },
                    ],
                },
            };
            let Value::Json(json) = to_json(std::slice::from_ref(&item)) else { panic!("items are JSON") };
            assert_eq!(from_json(&json, currency), Some(vec![item]));
        }
    }

    #[test]
    fn items_stored_before_there_were_coupons_are_read() {
        let currency = Currency::parse("EUR").unwrap();
        let rule = json!({"rule": "listPrice", "unit": 999, "quantity": 2});
        let unit = Money::new(999, currency);
        assert_eq!(rule_json(&Rule::ListPrice { unit, quantity: 2 }), rule);
        assert_eq!(read_rule(&json!({"rule": "luck"}), currency), None);
        let stored = json!([{
            "package": uuid::Uuid::from_u128(1), "name": "VIP", "quantity": 2, "server": null,
            "unitPrice": 999, "total": 1998, "rules": [rule],
        }]);
        let read = from_json(&stored, currency).unwrap();
        assert_eq!(read[0].priced.subtotal.minor(), 1998);
        assert_eq!(read[0].line.base, Base::List);
        assert_eq!(from_json(&json!([{"package": "?"}]), currency), None);
    }
}
