//! Domain events: what happened in a store, written in the transaction that made it so.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::Timestamp;
use crate::ids::{
    BanId, CommandId, EventId, GiftCardId, OrderId, OrderItemId, ServerId, SessionId,
};
use crate::money::Money;
use crate::payments::Dispute;
use crate::players::Player;
use crate::subscriptions::Subscription;

/// A line of an order, as events tell it.
#[derive(Clone, Debug)]
pub struct EventItem {
    /// The package.
    pub package: crate::ids::PackageId,
    /// Its name.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub price: Money,
}

/// What every event about an order carries.
#[derive(Clone, Debug)]
pub struct OrderFacts {
    /// The order.
    pub order: OrderId,
    /// The session it came from.
    pub session: Option<SessionId>,
    /// Who receives.
    pub player: Player,
    /// What it costs.
    pub total: Money,
    /// Its lines.
    pub items: Vec<EventItem>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Payment of an order has started.
    OrderCreated(OrderFacts),
    /// An order was paid.
    OrderCompleted {
        /// The order.
        facts: OrderFacts,
        /// The gateway's name for the payment.
        transaction: String,
        /// The gateway's word.
        gateway: String,
    },
    /// A payment was declined.
    PaymentDeclined {
        /// The order.
        facts: OrderFacts,
        /// Why.
        reason: String,
    },
    /// A payment went back to the buyer.
    PaymentRefunded(OrderFacts),
    /// The buyer's bank asks for the money back.
    DisputeOpened(OrderFacts, Dispute),
    /// A dispute was decided for the store.
    DisputeWon(OrderFacts, Dispute),
    /// A dispute was decided against the store.
    DisputeLost(OrderFacts, Dispute),
    /// A command ran.
    CommandCompleted {
        /// The command.
        command: CommandId,
        /// Its order.
        order: OrderId,
    },
    /// A command failed for good.
    CommandFailed {
        /// The command.
        command: CommandId,
        /// Its order.
        order: OrderId,
        /// Why.
        reason: String,
    },
    /// What was bought for a time was made to last for ever.
    ExpiryCancelled {
        /// The order.
        order: OrderId,
        /// Its line.
        item: OrderItemId,
        /// What was bought.
        package: crate::ids::PackageId,
        /// Whose it is.
        player: Player,
        /// Who decided it.
        by: String,
    },
    /// A player or an address was banned.
    BanCreated {
        /// The ban.
        ban: BanId,
        /// The player, where it is one. Addresses are told to nobody.
        player: Option<Player>,
        /// Why.
        reason: Option<String>,
        /// When it ends, where it does.
        expires_at: Option<Timestamp>,
    },
    /// A subscription began.
    SubscriptionStarted(Box<Subscription>),
    /// A subscription was paid for another period.
    SubscriptionRenewed {
        /// The subscription, as it stands now.
        subscription: Box<Subscription>,
        /// The order of this payment.
        order: OrderId,
    },
    /// Somebody wants no more renewals.
    SubscriptionCancelled(Box<Subscription>),
    /// Somebody wants renewals after all.
    SubscriptionResumed(Box<Subscription>),
    /// A subscription is over.
    SubscriptionEnded(Box<Subscription>),
    /// A gift card was made. Its code is not told.
    GiftCardCreated {
        /// The card.
        card: GiftCardId,
        /// What it is worth.
        amount: Money,
        /// When it can no longer be spent.
        expires_at: Option<Timestamp>,
    },
    /// A game server connected.
    ServerOnline(ServerId),
    /// A game server's connection ended.
    ServerOffline(ServerId),
}

impl Event {
    /// The event's public name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OrderCreated(_) => "order.created",
            Self::OrderCompleted { .. } => "order.completed",
            Self::PaymentDeclined { .. } => "payment.declined",
            Self::PaymentRefunded(_) => "payment.refunded",
            Self::DisputeOpened(..) => "dispute.opened",
            Self::DisputeWon(..) => "dispute.won",
            Self::DisputeLost(..) => "dispute.lost",
            Self::CommandCompleted { .. } => "command.completed",
            Self::CommandFailed { .. } => "command.failed",
            Self::ExpiryCancelled { .. } => "expiry.cancelled",
            Self::BanCreated { .. } => "ban.created",
            Self::SubscriptionStarted(_) => "subscription.started",
            Self::SubscriptionRenewed { .. } => "subscription.renewed",
            Self::SubscriptionCancelled(_) => "subscription.cancelled",
            Self::SubscriptionResumed(_) => "subscription.resumed",
            Self::SubscriptionEnded(_) => "subscription.ended",
            Self::GiftCardCreated { .. } => "gift_card.created",
            Self::ServerOnline(_) => "server.online",
            Self::ServerOffline(_) => "server.offline",
        }
    }

    /// The event's data, as receivers see it. Amounts are decimal text here and become numbers where
    /// they are written for a receiver.
    pub fn data(&self) -> Value {
        match self {
            Self::OrderCreated(facts) | Self::PaymentRefunded(facts) => order(facts),
            Self::PaymentDeclined { facts, reason } => {
                let mut data = order(facts);
                data["reason"] = json!(reason);
                data
            }
            Self::DisputeOpened(facts, dispute) => disputed(facts, dispute, "opened"),
            Self::DisputeWon(facts, dispute) => disputed(facts, dispute, "won"),
            Self::DisputeLost(facts, dispute) => disputed(facts, dispute, "lost"),
            Self::OrderCompleted {
                facts,
                transaction,
                gateway,
            } => {
                let mut data = order(facts);
                data["transaction_id"] = json!(transaction);
                data["gateway"] = json!(gateway);
                data
            }
            Self::CommandCompleted { command, order } => {
                json!({"command_id": command, "order_id": order})
            }
            Self::CommandFailed {
                command,
                order,
                reason,
            } => {
                json!({"command_id": command, "order_id": order, "reason": reason})
            }
            Self::ExpiryCancelled {
                order,
                item,
                package,
                player,
                by,
            } => json!({
                "order_id": order,
                "item_id": item,
                "package_id": package,
                "player_username": player.username.as_str(),
                "player_uuid": player.uuid,
                "cancelled_by": by,
            }),
            Self::BanCreated {
                ban,
                player,
                reason,
                expires_at,
            } => json!({
                "ban_id": ban,
                "player_username": player.as_ref().map(|player| player.username.as_str()),
                "player_uuid": player.as_ref().and_then(|player| player.uuid),
                "reason": reason,
                "expires_at": expires_at,
            }),
            Self::SubscriptionStarted(it) => {
                let mut data = subscribed(it);
                data["payment_provider"] = json!(it.gateway);
                data
            }
            Self::SubscriptionRenewed {
                subscription,
                order,
            } => {
                let mut data = subscribed(subscription);
                data["renewal_count"] = json!(subscription.renewal_count);
                data["current_period_end"] = json!(subscription.period_end);
                data["order_id"] = json!(order);
                data
            }
            Self::SubscriptionCancelled(it) => json!({
                "subscription_id": it.id,
                "package_id": it.package,
                "cancel_at_period_end": it.cancel_at_period_end,
            }),
            Self::SubscriptionResumed(it) => {
                json!({"subscription_id": it.id, "package_id": it.package})
            }
            Self::SubscriptionEnded(it) => subscribed(it),
            Self::GiftCardCreated {
                card,
                amount,
                expires_at,
            } => json!({
                "gift_card_id": card,
                "amount": amount.decimal(),
                "currency": amount.currency().code(),
                "expires_at": expires_at,
            }),
            Self::ServerOnline(server) | Self::ServerOffline(server) => {
                json!({"server_id": server})
            }
        }
    }
}

/// An event as it is stored, with its place in the store's sequence.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Identity.
    pub id: EventId,
    /// 1, 2, ... without gaps that are ever filled later.
    pub seq: i64,
    /// The public name.
    pub name: String,
    /// The data.
    pub data: Value,
    /// When it happened.
    pub created_at: Timestamp,
}

impl StoredEvent {
    /// The data as receivers see it: amounts are numbers, exactly as they were written.
    pub fn rendered(&self) -> Box<RawValue> {
        let text =
            serde_json::to_string(&Rendered(&self.data)).unwrap_or_else(|_| "null".to_owned());
        RawValue::from_string(text).expect("serde_json writes JSON")
    }
}

/// Members that hold an amount in decimal text.
const AMOUNTS: [&str; 3] = ["total_amount", "price", "amount"];

/// JSON whose amounts are written as numbers. They never pass through a float.
struct Rendered<'a>(&'a Value);

impl Serialize for Rendered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(Rendered)),
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    match number(name, value) {
                        Some(number) => map.serialize_entry(name, &number)?,
                        None => map.serialize_entry(name, &Rendered(value))?,
                    }
                }
                map.end()
            }
            other => other.serialize(serializer),
        }
    }
}

fn number(name: &str, value: &Value) -> Option<Box<RawValue>> {
    let text = value.as_str().filter(|_| AMOUNTS.contains(&name))?;
    let is_decimal = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"-.".contains(&b));
    // Whatever is no number after all stays the text it is.
    RawValue::from_string(text.to_owned())
        .ok()
        .filter(|_| is_decimal)
}

fn subscribed(it: &Subscription) -> Value {
    json!({
        "subscription_id": it.id,
        "player_username": it.player.username.as_str(),
        "player_uuid": it.player.uuid,
        "package_id": it.package,
        "package_name": it.package_name,
    })
}

fn disputed(facts: &OrderFacts, dispute: &Dispute, status: &str) -> Value {
    let mut data = order(facts);
    data["dispute_id"] = json!(dispute.id);
    data["dispute_status"] = json!(status);
    data["reason"] = json!(dispute.reason);
    data
}

fn order(facts: &OrderFacts) -> Value {
    let OrderFacts {
        order,
        session,
        player,
        total,
        items,
    } = facts;
    let items: Vec<_> = items
        .iter()
        .map(|item| {
            json!({
                "package_id": item.package, "package_name": item.name,
                "quantity": item.quantity, "price": item.price.decimal(),
            })
        })
        .collect();
    json!({
        "order_id": order,
        "checkout_session_id": session,
        "player_username": player.username.as_str(),
        "player_uuid": player.uuid,
        "total_amount": total.decimal(),
        "currency": total.currency().code(),
        "items": items,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn amounts_are_exact_numbers_and_nothing_else_changes() {
        let data = json!({
            "order_id": "x", "total_amount": "90071992547409.93", "currency": "KWD", "player_username": "9.90",
            "items": [{"price": "0.100", "quantity": 2}, {"price": "990"}, {"price": "-5.00"}],
            "price": "no number", "nothing": null, "text": "\"quoted\" \u{1f600}",
        });
        let event = StoredEvent {
            id: EventId(Uuid::nil()),
            seq: 1,
            name: "order.completed".to_owned(),
            data,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let expected = r#"{"order_id":"x","total_amount":90071992547409.93,"currency":"KWD","player_username":"9.90","items":[{"price":0.100,"quantity":2},{"price":990},{"price":-5.00}],"price":"no number","nothing":null,"text":"\"quoted\" 😀"}"#;
        assert_eq!(event.rendered().get(), expected);
    }

    #[test]
    fn a_ban_tells_no_address() {
        let event = Event::BanCreated {
            ban: BanId(Uuid::nil()),
            player: None,
            reason: Some("Abuse".to_owned()),
            expires_at: Some(Timestamp::UNIX_EPOCH),
        };
        let expected = json!({
            "ban_id": Uuid::nil(), "player_username": null, "player_uuid": null, "reason": "Abuse",
            "expires_at": "1970-01-01T00:00:00Z",
        });
        assert_eq!((event.name(), event.data()), ("ban.created", expected));
    }
}
