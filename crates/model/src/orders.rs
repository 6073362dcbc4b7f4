//! Orders and their life cycle.

use crate::Timestamp;
use crate::ids::{OrderId, OrderItemId, PackageId, ServerId, SessionId};
use crate::money::Money;
use crate::players::Player;

/// Where an order stands (source 001's words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Payment has started.
    Pending,
    /// Paid; its commands are queued or done.
    Paid,
    /// Never paid, or paid and sent back because it could not be fulfilled.
    Cancelled,
    /// Paid and refunded.
    Refunded,
    /// The buyer's bank took the money back.
    Chargeback,
}

impl OrderStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Paid,
        Self::Cancelled,
        Self::Refunded,
        Self::Chargeback,
    ];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Paid => "Paid",
            Self::Cancelled => "Cancelled",
            Self::Refunded => "Refunded",
            Self::Chargeback => "Chargeback",
        }
    }

    /// Finds by its word, ignoring case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.word().eq_ignore_ascii_case(word))
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Identity.
    pub id: OrderId,
    /// Its number in the store: 1, 2, ...
    pub number: i64,
    /// Where it stands.
    pub status: OrderStatus,
    /// Who receives.
    pub player: Player,
    /// The buyer's address, unmasked.
    pub email: Option<String>,
    /// After discounts and tax.
    pub total: Money,
    /// The gateway's public word: `Test`, `Manual`.
    pub provider: String,
    /// The checkout session it came from; a manual order has none.
    pub session: Option<SessionId>,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
}

/// Why what was bought ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Its time was over.
    Expired,
    /// The order was refunded.
    Refunded,
    /// The buyer's bank took the money back.
    Chargeback,
}

impl EndReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Expired, Self::Refunded, Self::Chargeback];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::Chargeback => "chargeback",
        }
    }

    /// Finds by the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderItem {
    /// Identity.
    pub id: OrderItemId,
    /// What was bought.
    pub package: PackageId,
    /// Its name then.
    pub package_name: String,
    /// How many.
    pub quantity: u32,
    /// Price of one then, after sale and tier, before coupon.
    pub unit_price: Money,
    /// Price of the line.
    pub total: Money,
    /// The server the buyer chose, where the package asks.
    pub server: Option<ServerId>,
    /// When what was bought ends, where it was bought for a time.
    pub expires_at: Option<Timestamp>,
    /// When it ended, and why.
    pub ended: Option<(Timestamp, EndReason)>,
}
