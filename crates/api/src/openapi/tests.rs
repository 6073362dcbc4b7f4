//! The description is whole, and the one that is checked in.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

#[test]
fn the_kept_description_is_what_the_code_says() {
    let now = format!("{:#}\n", document(&crate::catalogue()));
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(
        now == kept,
        "docs/openapi.json is out of date: cargo run -- openapi > docs/openapi.json"
    );
}

#[test]
fn every_operation_says_all_there_is_to_know() {
    let document = document(&crate::catalogue());
    let (mut ids, mut count) = (BTreeSet::new(), 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            count += 1;
            ids.insert(operation["operationId"].as_str().unwrap().to_owned());
            // What is about the caller alone needs no permission.
            let permitted = !path.starts_with("/api/account/");
            let permission = ["x-permission"].into_iter().filter(|_| permitted);
            for member in ["summary", "description"].into_iter().chain(permission) {
                assert_ne!(
                    operation[member].as_str().unwrap_or_default(),
                    "",
                    "{place} {member}"
                );
            }
            let content = &operation["responses"]["200"]["content"]["application/json"];
            assert_eq!(content["example"]["success"], true, "{place}");
            let forbidden = ["403"].into_iter().filter(|_| permitted);
            for status in ["401", "429", "500"].into_iter().chain(forbidden) {
                assert!(
                    operation["responses"][status].is_object(),
                    "{place} {status}"
                );
            }
        }
    }
    assert_eq!(ids.len(), count, "two operations have one id");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document(&crate::catalogue());
    follow(&document, &document);
}

fn follow(value: &Value, document: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            map.values().for_each(|value| follow(value, document));
        }
        Value::Array(list) => list.iter().for_each(|value| follow(value, document)),
        _ => {}
    }
}
