//! The events: what each carries.

use serde_json::{Map, Value, json};

const ORDER: &[&str] = &[
    "order_id",
    "checkout_session_id",
    "player_username",
    "player_uuid",
    "total_amount",
    "currency",
    "items",
];
const DISPUTE: &[&str] = &["dispute_id", "dispute_status", "reason"];
const SUBSCRIPTION: &[&str] = &[
    "subscription_id",
    "player_username",
    "player_uuid",
    "package_id",
    "package_name",
];

/// Name, when it happens, and its data: what many have, and what it has beyond. With a `?` it can be null.
const EVENTS: &[(&str, &str, &[&str], &[&str])] = &[
    (
        "order.created",
        "Payment of an order has started.",
        ORDER,
        &[],
    ),
    (
        "order.completed",
        "An order was paid.",
        ORDER,
        &["transaction_id", "gateway"],
    ),
    (
        "payment.declined",
        "A payment was declined.",
        ORDER,
        &["reason"],
    ),
    (
        "payment.refunded",
        "A payment went back to the buyer.",
        ORDER,
        &[],
    ),
    (
        "dispute.opened",
        "The buyer's bank asks for the money back.",
        ORDER,
        DISPUTE,
    ),
    (
        "dispute.won",
        "A dispute was decided for the store.",
        ORDER,
        DISPUTE,
    ),
    (
        "dispute.lost",
        "A dispute was decided against the store.",
        ORDER,
        DISPUTE,
    ),
    (
        "subscription.started",
        "A subscription has begun.",
        SUBSCRIPTION,
        &["payment_provider"],
    ),
    (
        "subscription.renewed",
        "A subscription was paid for another period.",
        SUBSCRIPTION,
        &["renewal_count", "current_period_end", "order_id"],
    ),
    (
        "subscription.cancelled",
        "A subscription will not be renewed, or has ended at once.",
        &["subscription_id", "package_id"],
        &["cancel_at_period_end"],
    ),
    (
        "subscription.resumed",
        "A subscription will be renewed after all.",
        &["subscription_id", "package_id"],
        &[],
    ),
    (
        "subscription.ended",
        "A subscription is over.",
        SUBSCRIPTION,
        &[],
    ),
    (
        "command.completed",
        "A command ran on its server.",
        &["command_id", "order_id"],
        &[],
    ),
    (
        "command.failed",
        "A command failed for good.",
        &["command_id", "order_id"],
        &["reason"],
    ),
    (
        "expiry.cancelled",
        "What was bought for a time lasts for ever now.",
        &[
            "order_id",
            "item_id",
            "package_id",
            "player_username",
            "player_uuid",
        ],
        &["cancelled_by"],
    ),
    (
        "ban.created",
        "A player was banned, or addresses, which are not told.",
        &["ban_id", "player_username?", "player_uuid"],
        &["reason?", "expires_at"],
    ),
    (
        "gift_card.created",
        "A gift card was made. Its code is not told.",
        &["gift_card_id", "amount", "currency"],
        &["expires_at"],
    ),
    (
        "server.online",
        "A game server has connected.",
        &["server_id"],
        &[],
    ),
    (
        "server.offline",
        "A game server's connection has ended.",
        &["server_id"],
        &[],
    ),
];

/// The `webhooks` of the document.
pub(super) fn webhooks() -> Value {
    let all = EVENTS.iter().map(|(name, about, common, own)| {
        let names = common.iter().chain(*own);
        let members: Map<_, _> = names
            .map(|name| (name.trim_end_matches('?').to_owned(), member(name)))
            .collect();
        let examples = members.iter().map(|(name, schema)| (name.clone(), schema["examples"][0].clone()));
        let data: Map<String, Value> = examples.collect();
        let example = json!({
            "id": "evt_01931f3c5a0070008000000000000001",
            "event": name,
            "created_at": "2026-11-20T10:00:00Z",
            "store_id": "a1b2c3d4",
            "data": data,
        });
        let required: Vec<_> = members.keys().cloned().collect();
        let schema = json!({
            "type": "object",
            "required": ["id", "event", "created_at", "store_id", "data"],
            "properties": {
                "id": {"type": "string", "description": "The same in every attempt to deliver it."},
                "event": {"const": name},
                "created_at": {"type": "string", "format": "date-time"},
                "store_id": {"type": "string"},
                "data": {"type": "object", "required": required, "properties": members},
            },
        });
        let operation = json!({
            "operationId": format!("on {name}"),
            "summary": about,
            "tags": ["Webhooks"],
            "security": [],
            "requestBody": {"required": true, "content": {"application/json": {"schema": schema, "example": example}}},
            "responses": {"2XX": {"description": "Received. Any other answer is tried again."}},
        });
        ((*name).to_owned(), json!({"post": operation}))
    });
    Value::Object(all.collect())
}

fn member(name: &str) -> Value {
    if let Some(name) = name.strip_suffix('?') {
        return or_null(member(name));
    }
    let id = "01931f3c-5a00-7000-8000-000000000001";
    let text = |example: &str| json!({"type": "string", "examples": [example]});
    let time =
        |example: &str| json!({"type": "string", "format": "date-time", "examples": [example]});
    match name {
        "player_uuid" => or_null(json!({"type": "string", "format": "uuid", "examples": [id]})),
        "checkout_session_id" => or_null(text("cs_abcdefghijklmnopqrstuvwx")),
        "order_id" | "package_id" | "subscription_id" | "command_id" | "item_id" | "server_id"
        | "ban_id" | "gift_card_id" => {
            json!({"type": "string", "format": "uuid", "examples": [id]})
        }
        "current_period_end" => time("2026-12-20T10:00:00Z"),
        "expires_at" => or_null(time("2027-01-01T00:00:00Z")),
        "total_amount" | "price" | "amount" => json!({"type": "number", "examples": [9.99]}),
        "quantity" | "renewal_count" => json!({"type": "integer", "examples": [1]}),
        "cancel_at_period_end" => json!({"type": "boolean", "examples": [true]}),
        "items" => {
            let names = ["package_id", "package_name", "quantity", "price"];
            let members: Map<_, _> = names
                .map(|name| (name.to_owned(), member(name)))
                .into_iter()
                .collect();
            let example: Map<_, _> = members
                .iter()
                .map(|(name, schema)| (name.clone(), schema["examples"][0].clone()))
                .collect();
            let item = json!({"type": "object", "required": names, "properties": members});
            json!({"type": "array", "items": item, "examples": [[example]]})
        }
        "dispute_status" => {
            json!({"type": "string", "enum": ["opened", "won", "lost"], "examples": ["opened"]})
        }
        "player_username" => text("Steve"),
        "package_name" => text("VIP"),
        "currency" => text("EUR"),
        "gateway" | "payment_provider" => text("test"),
        "dispute_id" => text("dp_1"),
        "transaction_id" => text("pay_1"),
        "cancelled_by" => text("Owner"),
        _ => text("text"),
    }
}

fn or_null(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"], "null"]);
    schema
}
