//! What operations share: schemas by name, failures, headers, parameters; and examples made of schemas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

use crate::call::LONGEST_KEY;

const SCHEMAS: &str = "#/components/schemas/";

/// The failures that are described: name, status, code, and an example of what is said.
const FAILURES: [(&str, &str, &[&str], &str); 11] = [
    (
        "BadRequest",
        "Something does not fit; every field is named.",
        &["validation_failed", "malformed"],
        "name: is required",
    ),
    (
        "Unauthorized",
        "There is no key or token, or it does not exist, has expired or was revoked.",
        &["unauthenticated"],
        "This API key does not exist.",
    ),
    (
        "Forbidden",
        "The key or the member lacks the permission, or the store's plan has lapsed.",
        &["permission_missing"],
        "This needs the permission Categories:Edit.",
    ),
    (
        "NotFound",
        "There is no such thing in this store.",
        &["not_found"],
        "Category not found.",
    ),
    (
        "MethodNotAllowed",
        "This address does not take this method; `Allow` tells which it takes.",
        &["method_not_allowed"],
        "This endpoint does not take this method.",
    ),
    (
        "Conflict",
        "It collides with something that exists, or the Idempotency-Key was used for another request.",
        &["idempotency_key_reused"],
        "This Idempotency-Key was used for another request, choose a new one.",
    ),
    (
        "PreconditionFailed",
        "It was changed since it was read.",
        &["lost_update"],
        "This was changed since you read it: read it again, and repeat your change on what it is now.",
    ),
    (
        "ContentTooLarge",
        "The body has more than 1 MiB.",
        &["body_too_large"],
        "The body must be at most 1 MiB.",
    ),
    (
        "UnsupportedMediaType",
        "The body is not declared as JSON.",
        &["unsupported_media_type"],
        "Send the body as Content-Type: application/json.",
    ),
    (
        "TooManyRequests",
        "The minute's requests are used up.",
        &["rate_limited"],
        "Rate limit exceeded. Try again in 12 s.",
    ),
    (
        "InternalServerError",
        "A mistake of ours; nothing was done.",
        &["internal"],
        "Something went wrong on our side.",
    ),
];

/// A reference to a component.
pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// A view's name as the world sees it.
pub(super) fn short(name: &str) -> &str {
    name.strip_suffix("View").unwrap_or(name)
}

/// Schemas by name.
#[derive(Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// Adds one. Two things of one name would describe each other.
    pub(super) fn add(&mut self, name: &str, schema: &Value) {
        let known = self
            .0
            .entry(name.to_owned())
            .or_insert_with(|| schema.clone());
        assert!(known == schema, "two schemas are called {name}");
    }

    /// Adds a view. All its members are always there.
    pub(super) fn add_view(&mut self, name: &str, schema: &RefOr<Schema>) {
        let mut schema = serde_json::to_value(schema).expect("a schema is JSON");
        tidy(&mut schema);
        self.add(short(name), &schema);
    }

    pub(super) fn into_value(mut self) -> Value {
        self.add("Failure", &failure_schema());
        json!(self.0)
    }

    /// What a value may look like: its own example, or one made of its parts.
    pub(super) fn example(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let named = self.0.get(reference.trim_start_matches(SCHEMAS));
            return named.map(|schema| self.example(schema)).unwrap_or_default();
        }
        if let Some(example) = schema["examples"].get(0) {
            return example.clone();
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        for parts in ["oneOf", "anyOf", "allOf"] {
            let parts = schema[parts].as_array().into_iter().flatten();
            if let Some(part) = parts.rev().find(|part| part["type"] != "null") {
                return self.example(part);
            }
        }
        if let Some(word) = schema["enum"].get(0) {
            return word.clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.first().cloned().unwrap_or_default(),
            kind => kind.clone(),
        };
        match kind.as_str().unwrap_or_default() {
            "object" => {
                let members = schema["properties"].as_object().into_iter().flatten();
                let members = members.filter(|(_, schema)| schema["x-rarely"] != true);
                let members = members.map(|(name, schema)| (name.clone(), self.example(schema)));
                Value::Object(members.collect())
            }
            "array" if schema["items"].is_object() => json!([self.example(&schema["items"])]),
            "array" => json!([]),
            "boolean" => json!(true),
            "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
            "number" => json!(9.99),
            "string" => match schema["format"].as_str().unwrap_or_default() {
                "uuid" => json!("01931f3c-5a00-7000-8000-000000000001"),
                "date-time" => json!("2026-11-20T10:00:00Z"),
                "email" => json!("steve@example.com"),
                _ => json!("text"),
            },
            _ => Value::Null,
        }
    }
}

/// Makes of what is derived what JSON Schema 2020-12 says: examples in the plural, short names, and members
/// that are always there: what is an `Option` is null where it is nothing, unless it says that it is not nullable,
/// and is left out then.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref") {
                *reference = short(reference).to_owned();
            }
            if !map.contains_key("$ref")
                && let Some(example) = map.remove("example")
            {
                map.insert("examples".to_owned(), json!([example]));
            }
            if let Some(Value::Object(members)) = map.get("properties") {
                let listed = map.get("required").and_then(Value::as_array);
                let there = |(name, schema): &(&String, &Value)| {
                    can_be_null(schema) || listed.is_some_and(|it| it.iter().any(|it| it == *name))
                };
                let names: Vec<_> = members
                    .iter()
                    .filter(there)
                    .map(|it| it.0.clone())
                    .collect();
                map.insert("required".to_owned(), json!(names));
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn can_be_null(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    let kinds = schema["type"].as_array().into_iter().flatten();
    let parts = schema["oneOf"].as_array().into_iter().flatten();
    kinds.chain(parts.map(|part| &part["type"])).any(is_null)
}

/// The schema of a part of a list.
pub(super) fn list_of(item: &Value) -> Value {
    let rarely = |schema: Value, doc: &str| {
        let mut schema = schema;
        schema["description"] = json!(doc);
        schema["x-rarely"] = json!(true);
        schema
    };
    json!({
        "type": "object",
        "required": ["items", "take"],
        "properties": {
            "items": {"type": "array", "items": item},
            "totalCount": {
                "type": "integer",
                "description": "How many there are in all, counted up to 10,000. Not there with `after`.",
                "examples": [1],
            },
            "totalCountCapped": rarely(json!({"const": true}), "There where there are more than `totalCount` says."),
            "skip": {
                "type": "integer",
                "description": "How many were left out. Not there with `after`.",
                "examples": [0],
            },
            "take": {"type": "integer", "description": "How many were asked for.", "examples": [20]},
            "hasMore": rarely(json!({"type": "boolean"}), "Whether the list goes on. There with `after` alone."),
        },
    })
}

fn failure_schema() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was not answered. Nothing of it was done.",
        "required": ["success", "data", "message", "errors", "code"],
        "properties": {
            "success": {"const": false},
            "data": {"type": "null"},
            "message": {"type": "string", "description": "The first error.", "examples": ["name: is required"]},
            "errors": {
                "type": "array",
                "description": "All errors; those of a field begin with its name.",
                "items": {"type": "string", "examples": ["name: is required"]},
            },
            "code": {
                "type": "string",
                "description": "A stable word for programs.",
                "examples": ["validation_failed"],
            },
        },
    })
}

/// The failures.
pub(super) fn responses() -> Value {
    let mut all = Map::new();
    let busy = (
        "ServiceUnavailable",
        "The database is busy; nothing was done.",
        ["unavailable"].as_slice(),
        "The service is busy, try again in a moment.",
    );
    for (name, about, codes, message) in FAILURES.into_iter().chain([busy]) {
        let example = json!({"success": false, "data": null, "message": message, "errors": [message], "code": codes[0]});
        let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
        let mut headers = rate_headers();
        if name == "TooManyRequests" {
            headers["Retry-After"] = reference("headers", "Retry-After");
        }
        let response = json!({
            "description": format!("{about} `code` is {} or another that tells more.", codes.join(" or ")),
            "headers": headers,
            "content": {"application/json": {"schema": reference("schemas", "Failure"), "example": example}},
        });
        all.insert(name.to_owned(), response);
    }
    Value::Object(all)
}

/// References to the headers of every answer to a known key.
pub(super) fn rate_headers() -> Value {
    let names = [
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
    ];
    let headers = names.map(|name| (name.to_owned(), reference("headers", name)));
    Value::Object(headers.into_iter().collect())
}

/// The headers of answers.
pub(super) fn headers() -> Value {
    let number = |about: &str, example: i64| json!({"description": about, "schema": {"type": "integer", "examples": [example]}});
    json!({
        "X-RateLimit-Limit": number("Requests of this key per minute.", 30),
        "X-RateLimit-Remaining": number("Requests that are left in this minute.", 29),
        "X-RateLimit-Reset": number("When this minute ends, in Unix seconds.", 1_795_168_860),
        "Retry-After": number("Seconds to wait.", 12),
        "ETag": {
            "description": "Its version, for `If-Match`; of what has no versions, a hash of it.",
            "schema": {"type": "string", "examples": ["\"3\""]},
        },
        "Idempotency-Replayed": {
            "description": "There, and `true`, where this is the answer to an earlier request with the same key.",
            "schema": {"type": "string", "const": "true"},
        },
    })
}

/// The parameters that many operations have.
pub(super) fn parameters() -> Value {
    json!({
        "id": {
            "name": "id",
            "in": "path",
            "required": true,
            "description": "Which one.",
            "schema": {"type": "string", "examples": ["01931f3c-5a00-7000-8000-000000000001"]},
        },
        "storeId": {
            "name": "storeId",
            "in": "path",
            "required": true,
            "description": "Which store: its id, or its short id as in its keys.",
            "schema": {"type": "string", "examples": ["a1b2c3d4"]},
        },
        "idempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A word of your choice. For 24 hours the same request with the same key is done once, \
                and answered alike; another request with it is refused (409).",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
        },
        "ifMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The `ETag` of what you have read: where it was changed since, nothing happens (412).",
            "schema": {
                "type": "string",
                "pattern": r#"^(\*|(W/)?"[ !#-~]*"( *, *(W/)?"[ !#-~]*")*)$"#,
                "examples": ["\"3\""],
            },
        },
    })
}
