//! What is said of each event is what it carries.

use std::collections::BTreeSet;

use serde_json::Value;
use tradepost_model::Timestamp;
use tradepost_model::events::{Event, EventItem, OrderFacts, StoredEvent};
use tradepost_model::ids::{
    BanId, CommandId, EventId, GiftCardId, OrderId, OrderItemId, PackageId, ServerId,
    SubscriptionId,
};
use tradepost_model::money::{Currency, Money};
use tradepost_model::packages::Interval;
use tradepost_model::payments::Dispute;
use tradepost_model::players::{Game, Player, Username};
use tradepost_model::subscriptions::{Every, Subscription, SubscriptionStatus};
use uuid::Uuid;

use super::webhooks::webhooks;

#[test]
fn every_event_carries_what_is_said_of_it() {
    let described = webhooks();
    let mut names = BTreeSet::new();
    let mut next = Some(first());
    while let Some(event) = next {
        let name = event.name();
        assert!(names.insert(name), "{name} comes twice");
        let operation = &described[name]["post"];
        let content = &operation["requestBody"]["content"]["application/json"];
        let schema = &content["schema"]["properties"]["data"];
        assert!(schema.is_object(), "{name} is not described");
        let stored = StoredEvent {
            id: EventId(Uuid::nil()),
            seq: 1,
            name: name.to_owned(),
            data: event.data(),
            created_at: Timestamp::UNIX_EPOCH,
        };
        let data = serde_json::from_str(stored.rendered().get()).unwrap();
        fits(&format!("{name}: data"), schema, &data);
        let example = &content["example"]["data"];
        fits(&format!("{name}: example"), schema, example);
        next = after(&event);
    }
    let described = described.as_object().unwrap().keys();
    let described: BTreeSet<_> = described.map(String::as_str).collect();
    assert_eq!(
        described, names,
        "an event has no sample, or does not exist"
    );
}

/// Asserts that a value has exactly the members of its schema, each of its kind.
fn fits(place: &str, schema: &Value, value: &Value) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() && schema["type"] == "integer" => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    assert!(kinds.iter().any(|it| it == kind), "{place} is {value}");
    let text = value.as_str().unwrap_or_default();
    match schema["format"].as_str().filter(|_| !value.is_null()) {
        Some("uuid") => assert!(Uuid::try_parse(text).is_ok(), "{place} is {value}"),
        Some("date-time") => assert!(text.parse::<Timestamp>().is_ok(), "{place} is {value}"),
        other => assert_eq!(other, None, "{place}"),
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place} is {value}");
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        fits(&format!("{place}[{number}]"), &schema["items"], item);
    }
    if let Some(members) = value.as_object() {
        let known = schema["properties"].as_object().unwrap();
        let names: Vec<_> = known.keys().collect();
        assert_eq!(members.keys().collect::<Vec<_>>(), names, "{place}");
        for (name, member) in members {
            fits(&format!("{place}.{name}"), &known[name], member);
        }
    }
}

fn first() -> Event {
    Event::OrderCreated(facts())
}

/// A sample of the event after this one. A new event has to find its place here.
fn after(event: &Event) -> Option<Event> {
    let (command, order) = (CommandId(id()), OrderId(id()));
    Some(match event {
        Event::OrderCreated(_) => Event::OrderCompleted {
            facts: facts(),
            transaction: "pay_1".to_owned(),
            gateway: "test".to_owned(),
        },
        Event::OrderCompleted { .. } => Event::PaymentDeclined {
            facts: facts(),
            reason: "The payment was declined.".to_owned(),
        },
        Event::PaymentDeclined { .. } => Event::PaymentRefunded(facts()),
        Event::PaymentRefunded(_) => Event::DisputeOpened(facts(), dispute()),
        Event::DisputeOpened(..) => Event::DisputeWon(facts(), dispute()),
        Event::DisputeWon(..) => Event::DisputeLost(facts(), dispute()),
        Event::DisputeLost(..) => Event::CommandCompleted { command, order },
        Event::CommandCompleted { .. } => Event::CommandFailed {
            command,
            order,
            reason: "The server said no.".to_owned(),
        },
        Event::CommandFailed { .. } => Event::ExpiryCancelled {
            order,
            item: OrderItemId(id()),
            package: PackageId(id()),
            player: player(),
            by: "Owner".to_owned(),
        },
        Event::ExpiryCancelled { .. } => Event::BanCreated {
            ban: BanId(id()),
            player: None,
            reason: None,
            expires_at: Some(Timestamp::UNIX_EPOCH),
        },
        Event::BanCreated { .. } => Event::SubscriptionStarted(subscription()),
        Event::SubscriptionStarted(_) => Event::SubscriptionRenewed {
            subscription: subscription(),
            order,
        },
        Event::SubscriptionRenewed { .. } => Event::SubscriptionCancelled(subscription()),
        Event::SubscriptionCancelled(_) => Event::SubscriptionResumed(subscription()),
        Event::SubscriptionResumed(_) => Event::SubscriptionEnded(subscription()),
        Event::SubscriptionEnded(_) => Event::GiftCardCreated {
            card: GiftCardId(id()),
            amount: money(),
            expires_at: None,
        },
        Event::GiftCardCreated { .. } => Event::ServerOnline(ServerId(id())),
        Event::ServerOnline(_) => Event::ServerOffline(ServerId(id())),
        Event::ServerOffline(_) => return None,
    })
}

fn id() -> Uuid {
    Uuid::nil()
}

fn money() -> Money {
    Money::new(1250, Currency::parse("EUR").unwrap())
}

fn player() -> Player {
    Player {
        username: Username::parse("Steve", Game::Minecraft).unwrap(),
        uuid: Some(id()),
    }
}

fn dispute() -> Dispute {
    Dispute {
        id: "dp_1".to_owned(),
        reason: "fraudulent".to_owned(),
    }
}

fn facts() -> OrderFacts {
    let item = EventItem {
        package: PackageId(id()),
        name: "VIP".to_owned(),
        quantity: 1,
        price: money(),
    };
    OrderFacts {
        order: OrderId(id()),
        session: None,
        player: player(),
        total: money(),
        items: vec![item],
    }
}

fn subscription() -> Box<Subscription> {
    let now = Timestamp::UNIX_EPOCH;
    Box::new(Subscription {
        id: SubscriptionId(id()),
        order: OrderId(id()),
        item: OrderItemId(id()),
        player: player(),
        package: PackageId(id()),
        package_name: "VIP".to_owned(),
        server: None,
        status: SubscriptionStatus::Active,
        every: Every {
            interval: Interval::Month,
            count: 1,
        },
        price: money(),
        gateway: "test".to_owned(),
        reference: "sub_1".to_owned(),
        declines: false,
        anchor: now,
        trial_end: None,
        period_start: now,
        period_end: now,
        due_at: None,
        cancel_at_period_end: false,
        renewal_count: 1,
        failures: 0,
        ended_at: None,
        created_at: now,
        updated_at: now,
    })
}
