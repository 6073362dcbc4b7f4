//! What a package is made of, or changed by.

use serde_json::{Value, json as example};
use tradepost_model::Timestamp;
use tradepost_model::fields::Given;
use tradepost_model::packages::{
    MAX_COMMANDS, MAX_DESCRIPTION, MAX_LIMIT, MAX_METADATA, MAX_REQUIRED, MAX_TIERS, PackageDraft,
};
use uuid::Uuid;

use super::details::{
    Command, CommandBody, CustomPrice, CustomPriceBody, Input, InputBody, LimitPeriod,
    LimitPeriodBody, Subscription, SubscriptionBody, Tier, TierBody, Timed, TimedBody,
};
use crate::body::{
    boolean, ids, integer, json, members, money, object, objects, paragraph, text, timestamp, uuid,
    verbatim, words,
};

/// The most servers that can be listed; no store has more.
const MAX_SERVERS: usize = 1000;
const COUNTED: &str = "is not set: it follows from globalLimit and what was sold";

/// A package as it was sent.
#[derive(Clone)]
pub(in crate::v1) struct NewPackage {
    name: Given<String>,
    slug: Given<String>,
    description: Given<String>,
    price: Given<String>,
    image_url: Given<String>,
    is_active: Given<bool>,
    sort_order: Given<i64>,
    category_id: Given<Uuid>,
    kind: Given<String>,
    allow_custom_price: Given<bool>,
    custom_price: Given<CustomPrice>,
    subscription: Given<Subscription>,
    timed: Given<Timed>,
    tiers: Given<Vec<Tier>>,
    global_limit: Given<i64>,
    per_user_limit: Given<i64>,
    limit_period: Given<LimitPeriod>,
    is_cumulative: Given<bool>,
    required_package_ids: Given<Vec<Uuid>>,
    require_any: Given<bool>,
    visible_from: Given<Timestamp>,
    visible_until: Given<Timestamp>,
    user_server_selection_enabled: Given<bool>,
    server_ids: Given<Vec<Uuid>>,
    inputs: Given<Vec<Input>>,
    metadata: Given<Value>,
    commands: Given<Vec<Command>>,
}

members! {
    /// What a package is made of, or changed by.
    pub(in crate::v1) struct PackageBody -> NewPackage {
        /// Its name.
        name = text(1, 128).required().example("VIP Rank"),
        /// Its name in web addresses; made of its name where it is left out.
        slug = text(1, 63).example("vip-rank"),
        /// Rich text: of HTML, paragraphs, emphasis, lists, headings and links are kept.
        description = paragraph(MAX_DESCRIPTION).nullable().example("Get VIP status with special perks"),
        /// What one costs.
        price = money().example(9.99),
        /// A picture: an address that starts with `https://`, or an uploaded one.
        image_url = verbatim(500).nullable().example(Value::Null),
        /// Whether it can be seen and bought.
        is_active = boolean().default(true).example(true),
        /// Its place among the others; smaller first.
        sort_order = integer(-1_000_000..=1_000_000).default(0).example(0),
        /// The category it is in; null for none.
        category_id = uuid().nullable().example("01931f3c-5a00-7000-8000-000000000001"),
        /// How it is paid for.
        kind as "type" = words(&["oneTime", "subscription", "timed", "custom"]).default("oneTime").example("oneTime"),
        /// Whether buyers choose what they pay, which is the type `custom`.
        allow_custom_price = boolean().default(false).example(false),
        /// What buyers may pay, for the type `custom`.
        custom_price = object(CustomPriceBody).nullable().example(Value::Null),
        /// When it is paid again, for the type `subscription`.
        subscription = object(SubscriptionBody).nullable().example(Value::Null),
        /// For how long one is bought, for the type `timed`.
        timed = object(TimedBody).nullable().example(Value::Null),
        /// What one costs from which quantity on.
        tiers = objects(TierBody, 0, MAX_TIERS).example(example!([])),
        /// How many can be sold in all, or in a period; null for no limit.
        global_limit = integer(1..=MAX_LIMIT).nullable().example(Value::Null),
        /// How many one player can buy, in all or in a period; null for no limit.
        per_user_limit = integer(1..=MAX_LIMIT).nullable().example(Value::Null),
        /// When the limits begin anew; null for never.
        limit_period = object(LimitPeriodBody).nullable().example(Value::Null),
        /// Whether a player's purchases count towards `perUserLimit` in later periods as well.
        is_cumulative = boolean().default(false).example(false),
        /// What a player must have bought before, or buy with it.
        required_package_ids = ids(MAX_REQUIRED).example(example!([])),
        /// Whether one of them is enough.
        require_any = boolean().default(false).example(false),
        /// From when on it is in the shop.
        visible_from = timestamp().nullable().example(Value::Null),
        /// Until when it is in the shop, not at that time itself.
        visible_until = timestamp().nullable().example(Value::Null),
        /// Whether buyers choose the server.
        user_server_selection_enabled = boolean().default(false).example(false),
        /// The servers to choose from, and those meant by the target `all`; none for all of the store.
        server_ids = ids(MAX_SERVERS).example(example!(["01931f3c-5a00-7000-8000-000000000002"])),
        /// What buyers are asked for.
        inputs = objects(InputBody, 0, 10).example(example!([])),
        /// Your own notes, for programs: at most 4 KiB of JSON.
        metadata = json(MAX_METADATA).nullable().example(example!({})),
        /// What is run on the servers when it was bought, renewed, taken back or is over.
        commands = objects(CommandBody, 0, MAX_COMMANDS).example(example!([
            {"template": "lp user {player} parent add vip"},
        ])),
    }
    refuses {
        "isTiered" => "is not set: it follows from tiers",
        "isSubscription" => "is not set: it follows from type",
        "salePrice" => "is not set: it follows from the sales",
        "stockRemaining" => COUNTED,
    }
}

impl From<NewPackage> for PackageDraft {
    fn from(new: NewPackage) -> Self {
        let NewPackage {
            name,
            slug,
            description,
            price,
            image_url,
            is_active,
            sort_order,
            category_id,
            kind,
            allow_custom_price,
            custom_price,
            subscription,
            timed,
            tiers,
            global_limit,
            per_user_limit,
            limit_period,
            is_cumulative,
            required_package_ids,
            require_any,
            visible_from,
            visible_until,
            user_server_selection_enabled,
            server_ids,
            inputs,
            metadata,
            commands,
        } = new;
        Self {
            name,
            slug,
            description,
            price,
            image_url,
            is_active,
            sort_order,
            category_id: category_id.map(|id| id.to_string()),
            server_ids: server_ids.map(texts),
            user_server_selection_enabled,
            kind,
            allow_custom_price,
            custom_price: custom_price.map(Into::into),
            subscription: subscription.map(Into::into),
            timed: timed.map(Into::into),
            tiers: tiers.map(drafts),
            global_limit,
            per_user_limit,
            limit_period: limit_period.map(Into::into),
            is_cumulative,
            required_package_ids: required_package_ids.map(texts),
            require_any,
            visible_from,
            visible_until,
            inputs: inputs.map(drafts),
            metadata: metadata.map(|json| match json {
                Value::Object(members) => members,
                _ => serde_json::Map::new(),
            }),
            commands: commands.map(drafts),
        }
    }
}

fn texts(ids: Vec<Uuid>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

fn drafts<T, U: From<T>>(given: Vec<T>) -> Vec<U> {
    given.into_iter().map(U::from).collect()
}
