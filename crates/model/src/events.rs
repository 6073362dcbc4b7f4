//! Domain events: what happened in a store, written in the transaction that made it so.

use serde_json::{Value, json};

use crate::Timestamp;
use crate::ids::{CommandId, OrderId, OrderItemId, ServerId, SessionId};
use crate::money::Money;
use crate::payments::Dispute;
use crate::players::Player;

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
    PaymentDeclined(OrderFacts),
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
            Self::PaymentDeclined(_) => "payment.declined",
            Self::PaymentRefunded(_) => "payment.refunded",
            Self::DisputeOpened(..) => "dispute.opened",
            Self::DisputeWon(..) => "dispute.won",
            Self::DisputeLost(..) => "dispute.lost",
            Self::CommandCompleted { .. } => "command.completed",
            Self::CommandFailed { .. } => "command.failed",
            Self::ExpiryCancelled { .. } => "expiry.cancelled",
            Self::ServerOnline(_) => "server.online",
            Self::ServerOffline(_) => "server.offline",
        }
    }

    /// The event's data, as receivers see it. Amounts are decimal text here and become numbers where
    /// they are written for a receiver.
    pub fn data(&self) -> Value {
        match self {
            Self::OrderCreated(facts)
            | Self::PaymentDeclined(facts)
            | Self::PaymentRefunded(facts) => order(facts),
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
            Self::ServerOnline(server) | Self::ServerOffline(server) => {
                json!({"server_id": server})
            }
        }
    }
}

/// An event as it is stored, with its place in the store's sequence.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// 1, 2, ... without gaps that are ever filled later.
    pub seq: i64,
    /// The public name.
    pub name: String,
    /// The data.
    pub data: Value,
    /// When it happened.
    pub created_at: Timestamp,
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
