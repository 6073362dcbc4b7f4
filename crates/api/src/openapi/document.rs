//! The document as a whole: OpenAPI 3.1.

use serde_json::{Map, Value, json};

use super::components;
use super::operation::{Answer, View};
use super::routes::{Catalogue, Described, Side};
use super::webhooks::webhooks;

const ABOUT: &str = "Everything a store sells, and everything that was bought, for programs. \
The store is the key's: no address names it, and another store's things do not exist (404). \
Every answer is `{success, data, message, errors}`; a failure also has `code`, a stable word, and names \
every field that does not fit. Amounts are numbers in major units with exactly the currency's decimals; \
times are RFC 3339 in UTC. In a PATCH what is left out stays, and `null` clears where a member can be null. \
What is about a store and not in it, such as its keys, is for its members: they log in, send their token as \
`Authorization: Bearer`, and name the store in the address.";

/// The description of these operations.
pub(crate) fn document(catalogue: &Catalogue) -> Value {
    let mut paths = Map::new();
    let mut schemas = components::Schemas::default();
    for described in &catalogue.described {
        let path = format!("{}{}", described.side.prefix(), described.path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[described.method] = operation(described, &mut schemas);
    }
    link(&mut paths);
    let tags: Vec<_> = catalogue
        .tags
        .iter()
        .map(|(name, about)| json!({"name": name, "description": about}))
        .chain([json!({"name": "Webhooks", "description": "What happens in a store, as `GET /api/v1/events` tells it."})])
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tradepost Management API",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"apiKey": []}],
        "tags": tags,
        "paths": paths,
        "webhooks": webhooks(),
        "components": {
            "securitySchemes": {"apiKey": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Api-Key",
                "description": "A key of the store: `flx_{storeId}_{secret}`.",
            }, "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A member's token: `POST /api/account/login` gives it.",
            }},
            "parameters": components::parameters(),
            "headers": components::headers(),
            "responses": components::responses(),
            "schemas": schemas.into_value(),
        },
    })
}

/// Tells which operations take the ids that a list gives: those that read one thing, or do something with it.
fn link(paths: &mut Map<String, Value>) {
    let mut links = Vec::new();
    for (path, item) in paths.iter() {
        let Some((list, action)) = path.split_once("/{id}") else {
            continue;
        };
        let method = if action.is_empty() { "get" } else { "post" };
        if let Some(id) = item[method]["operationId"].as_str() {
            links.push((list.to_owned(), id.to_owned()));
        }
    }
    for (list, id) in links {
        let Some(answer) = paths.get_mut(&list).and_then(|item| item.get_mut("get")) else {
            continue;
        };
        let mut parameters = json!({"id": "$response.body#/data/items/0/id"});
        if list.contains("{storeId}") {
            parameters["storeId"] = json!("$request.path.storeId");
        }
        answer["responses"]["200"]["links"][id.as_str()] =
            json!({"operationId": id, "parameters": parameters});
    }
}

fn operation(described: &Described, schemas: &mut components::Schemas) -> Value {
    let Described {
        side,
        tag,
        path,
        operation,
        ..
    } = described;
    let mut value = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.about,
        "tags": [tag],
    });
    if let Some((area, access)) = operation.permission {
        let permission = format!("{}:{}", area.word(), access.word());
        let about = format!("{} Needs the permission `{permission}`.", operation.about);
        value["description"] = json!(about.trim());
        value["x-permission"] = json!(permission);
    }
    if operation.for_anybody {
        value["security"] = json!([]);
    } else if *side != Side::Keys {
        value["security"] = json!([{"bearer": []}]);
    }
    let parameter = |name| components::reference("parameters", name);
    let mut parameters = Vec::new();
    if *side == Side::Members {
        parameters.push(parameter("storeId"));
    }
    if path.contains("{id}") {
        parameters.push(parameter("id"));
    }
    parameters.extend(operation.parameters.iter().cloned());
    if described.repeats() {
        parameters.push(parameter("idempotencyKey"));
    }
    if described.is_versioned() {
        parameters.push(parameter("ifMatch"));
    }
    if !parameters.is_empty() {
        value["parameters"] = json!(parameters);
    }
    if let Some((name, schema)) = &operation.body {
        let example = schemas.example(schema);
        schemas.add(name, schema);
        let schema = components::reference("schemas", name);
        value["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": schema, "example": example}},
        });
    }
    let mut responses = json!({"200": success(described, schemas)});
    for (status, name) in failures(described) {
        responses[status] = components::reference("responses", name);
    }
    value["responses"] = responses;
    value
}

impl Described {
    fn writes(&self) -> bool {
        self.method != "get"
    }

    /// Whether it takes an `Idempotency-Key` by the general rule.
    fn repeats(&self) -> bool {
        self.side == Side::Keys && self.writes() && !self.operation.own_rule
    }

    /// Whether it takes `If-Match`.
    fn is_versioned(&self) -> bool {
        self.side == Side::Keys && matches!(self.method, "patch" | "delete")
    }
}

fn success(described: &Described, schemas: &mut components::Schemas) -> Value {
    let (data, tagged) = match &described.operation.answer {
        Answer::Nothing => (json!({"type": "null"}), false),
        Answer::One(view) => (named(view, schemas), described.side == Side::Keys),
        Answer::Feed(view) => (named(view, schemas), false),
        Answer::List(view) => (components::list_of(&named(view, schemas)), false),
    };
    let schema = json!({
        "type": "object",
        "required": ["success", "data", "message", "errors"],
        "properties": {
            "success": {"const": true},
            "data": data,
            "message": {"type": "null"},
            "errors": {"type": "array", "maxItems": 0},
        },
    });
    let data = schemas.example(&schema["properties"]["data"]);
    let example = json!({"success": true, "data": data, "message": null, "errors": []});
    let mut headers = match described.side {
        Side::Keys => components::rate_headers(),
        Side::Members | Side::Account => json!({}),
    };
    if tagged {
        headers["ETag"] = components::reference("headers", "ETag");
    }
    if described.repeats() {
        headers["Idempotency-Replayed"] = components::reference("headers", "Idempotency-Replayed");
    }
    json!({
        "description": "Done.",
        "headers": headers,
        "content": {"application/json": {"schema": schema, "example": example}},
    })
}

fn named(view: &View, schemas: &mut components::Schemas) -> Value {
    for (name, schema) in &view.schemas {
        schemas.add_view(name, schema);
    }
    components::reference("schemas", components::short(&view.name))
}

fn failures(described: &Described) -> Vec<(&'static str, &'static str)> {
    let Described {
        side,
        path,
        operation,
        ..
    } = described;
    let (of_key, writes) = (*side == Side::Keys, described.writes());
    let has_body = operation.body.is_some();
    let mut all = Vec::new();
    if (of_key && writes) || has_body || !operation.parameters.is_empty() {
        all.push(("400", "BadRequest"));
    }
    all.push(("401", "Unauthorized"));
    if operation.permission.is_some() {
        all.push(("403", "Forbidden"));
    }
    if path.contains("{id}") || *side == Side::Members {
        all.push(("404", "NotFound"));
    }
    if writes && *side != Side::Account {
        all.push(("409", "Conflict"));
    }
    if described.is_versioned() {
        all.push(("412", "PreconditionFailed"));
    }
    if (of_key && writes) || has_body {
        all.push(("413", "ContentTooLarge"));
    }
    if has_body {
        all.push(("415", "UnsupportedMediaType"));
    }
    all.extend([
        ("429", "TooManyRequests"),
        ("500", "InternalServerError"),
        ("503", "ServiceUnavailable"),
    ]);
    all
}
