//! The description as a page: made here, complete without a script, and without a word to another host.

use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::http::header;
use axum::response::IntoResponse;
use serde_json::Value;

use super::document;

const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/api/docs`
pub(crate) async fn page() -> impl IntoResponse {
    static PAGE: OnceLock<String> = OnceLock::new();
    let page = PAGE.get_or_init(|| render(&document(&crate::catalogue())));
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, page.as_str())
}

/// `/api/docs/style.css`
pub(crate) async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, include_str!("style.css"))
}

struct Html(String);

impl Html {
    /// Adds markup as it is.
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Adds an element with a text in it; `open` is the tag with its attributes.
    fn element(&mut self, open: &str, text: &str) {
        let tag = open.split(' ').next().unwrap_or_default();
        let text = escaped(text);
        writeln!(self.0, "<{open}>{text}</{tag}>").expect("writing to a text cannot fail");
    }

    /// Adds a paragraph in which words in backquotes are code.
    fn prose(&mut self, text: &str) {
        self.raw("<p>");
        for (place, part) in text.split('`').enumerate() {
            match place % 2 {
                0 => self.raw(&escaped(part)),
                _ => self.element("code", part),
            }
        }
        self.raw("</p>\n");
    }
}

fn escaped(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The operations of a map of paths, with method and path.
fn operations(paths: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let items = paths.as_object().into_iter().flatten();
    items.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (method, path, operation))
    })
}

fn render(document: &Value) -> String {
    let mut html = Html(String::new());
    let title = text(&document["info"]["title"]);
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.element("title", title);
    html.raw("<link rel=\"stylesheet\" href=\"/api/docs/style.css\">\n</head>\n<body>\n<main>\n");
    html.element("h1", title);
    html.prose(text(&document["info"]["description"]));
    html.raw("<p><a href=\"/api/openapi.json\">OpenAPI 3.1 as JSON</a></p>\n");
    let tags = document["tags"].as_array().into_iter().flatten();
    // Events have a list of their own.
    let tags = tags.filter(|tag| tag["name"] != "Webhooks");
    html.raw("<nav aria-label=\"Contents\">\n");
    for tag in tags.clone() {
        html.element("p", text(&tag["name"]));
        html.raw("<ul>\n");
        for (_, _, operation) in
            operations(&document["paths"]).filter(|it| it.2["tags"][0] == tag["name"])
        {
            link(
                &mut html,
                text(&operation["operationId"]),
                text(&operation["summary"]),
            );
        }
        html.raw("</ul>\n");
    }
    html.raw("<ul>\n");
    link(&mut html, "webhooks", "Webhooks");
    html.raw("</ul>\n</nav>\n");
    for tag in tags {
        html.element("h2", text(&tag["name"]));
        html.prose(text(&tag["description"]));
        for (method, path, operation) in operations(&document["paths"]) {
            if operation["tags"][0] == tag["name"] {
                endpoint(&mut html, document, method, path, operation);
            }
        }
    }
    html.raw("<h2 id=\"webhooks\">Webhooks</h2>\n");
    for (_, name, operation) in operations(&document["webhooks"]) {
        html.element(&format!("h3 id=\"{name}\""), name);
        html.prose(text(&operation["summary"]));
        let content = &operation["requestBody"]["content"]["application/json"];
        html.element("pre", &format!("{:#}", content["example"]));
    }
    html.raw("</main>\n</body>\n</html>\n");
    html.0
}

fn link(html: &mut Html, id: &str, name: &str) {
    html.raw("<li>");
    html.element(&format!("a href=\"#{id}\""), name);
    html.raw("</li>\n");
}

fn endpoint(html: &mut Html, document: &Value, method: &str, path: &str, operation: &Value) {
    let id = text(&operation["operationId"]);
    html.element(&format!("h3 id=\"{id}\""), text(&operation["summary"]));
    html.raw("<p>");
    html.element("code class=\"method\"", &method.to_uppercase());
    html.element("code", path);
    html.raw("</p>\n");
    html.prose(text(&operation["description"]));
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters: Vec<_> = parameters
        .map(|it| resolved(document, it))
        .map(|it| {
            (
                text(&it["name"]),
                &it["schema"],
                text(&it["description"]),
                it["required"] == true,
            )
        })
        .collect();
    table(html, "Parameters", &parameters);
    let body = &operation["requestBody"]["content"]["application/json"];
    let schema = resolved(document, &body["schema"]);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let members = schema["properties"].as_object().into_iter().flatten();
    let members: Vec<_> = members
        .map(|(name, schema)| {
            let required = required.iter().any(|it| it == name);
            (
                name.as_str(),
                schema,
                text(&schema["description"]),
                required,
            )
        })
        .collect();
    table(html, "Body", &members);
    let mut curl = format!("curl -X {} \"$STORE{path}\"", method.to_uppercase());
    curl += match operation["security"].as_array().map(Vec::as_slice) {
        None => " -H \"X-Api-Key: $KEY\"",
        Some([]) => "",
        Some(_) => " -H \"Authorization: Bearer $TOKEN\"",
    };
    if body.is_object() {
        let example = body["example"].to_string().replace('\'', "'\\''");
        curl += &format!(" \\\n  -H 'Content-Type: application/json' \\\n  -d '{example}'");
    }
    html.element("pre", &curl);
    let answer = &operation["responses"]["200"]["content"]["application/json"]["example"];
    html.element("pre", &format!("{answer:#}"));
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    pointer.and_then(|it| document.pointer(it)).unwrap_or(value)
}

fn table(html: &mut Html, title: &str, rows: &[(&str, &Value, &str, bool)]) {
    if rows.is_empty() {
        return;
    }
    html.raw("<div class=\"table\"><table>\n<tr>");
    html.element("th", title);
    html.raw("<th>Kind</th><th>About</th></tr>\n");
    for (name, schema, about, required) in rows {
        html.raw("<tr><td>");
        html.element("code", name);
        if *required {
            html.element("span class=\"soft\"", "required");
        }
        html.raw("</td>");
        html.element("td", &kind(schema));
        html.raw("<td>");
        html.prose(about);
        html.raw("</td></tr>\n");
    }
    html.raw("</table></div>\n");
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    let names: Vec<_> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        kind => vec![text(kind)],
    };
    let mut words = vec![names.join(" or ")];
    words.extend(schema["format"].as_str().map(str::to_owned));
    if let Some(of) = schema["enum"].as_array() {
        words.push(
            of.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    let limits = [
        ("minLength", "at least"),
        ("maxLength", "at most"),
        ("minimum", "from"),
        ("maximum", "to"),
        ("maxItems", "at most"),
        ("default", "default"),
    ];
    for (limit, word) in limits {
        if let Some(value) = schema.get(limit) {
            words.push(format!("{word} {value}"));
        }
    }
    words.join(", ")
}
