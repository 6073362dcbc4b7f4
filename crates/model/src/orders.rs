//! Orders and their life cycle.

use crate::Timestamp;
use crate::checkout::Entered;
use crate::ids::{
    CouponId, GiftCardId, OrderId, OrderItemId, PackageId, ServerId, SessionId, SubscriptionId,
};
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

/// The coupon of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderCoupon {
    /// Which.
    pub id: CouponId,
    /// Its code then.
    pub code: String,
    /// What it took off.
    pub discount: Money,
}

/// The gift card of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderGiftCard {
    /// Which.
    pub id: GiftCardId,
    /// What it pays.
    pub amount: Money,
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
    /// Who buys, where it is a gift.
    pub gifter: Option<Player>,
    /// The buyer's address, unmasked.
    pub email: Option<String>,
    /// After coupon and tax, before the gift card.
    pub total: Money,
    /// The tax in it.
    pub tax: Money,
    /// The coupon it was bought with.
    pub coupon: Option<OrderCoupon>,
    /// The gift card that pays a part of it.
    pub gift_card: Option<OrderGiftCard>,
    /// The subscription it begins or goes on with.
    pub subscription: Option<SubscriptionId>,
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

impl Order {
    /// Who buys.
    pub fn buyer(&self) -> &Player {
        self.gifter.as_ref().unwrap_or(&self.player)
    }

    /// What is to pay in money: the total without what the gift card pays.
    pub fn due(&self) -> Money {
        let gift = self.gift_card.map_or(0, |card| card.amount.minor());
        Money::new(self.total.minor() - gift, self.total.currency())
    }
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
    /// A subscription's next payment stands for it now.
    Renewed,
}

impl EndReason {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Expired,
        Self::Refunded,
        Self::Chargeback,
        Self::Renewed,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::Chargeback => "chargeback",
            Self::Renewed => "renewed",
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
    /// What the coupon takes off the line.
    pub discount: Money,
    /// Price of the line: `unit_price * quantity - discount`.
    pub total: Money,
    /// The server the buyer chose, where the package asks.
    pub server: Option<ServerId>,
    /// What the buyer entered for it.
    pub inputs: Entered,
    /// When what was bought ends, where it was bought for a time.
    pub expires_at: Option<Timestamp>,
    /// When it ended, and why.
    pub ended: Option<(Timestamp, EndReason)>,
    /// In which period of the package's limits it was counted, where limits begin anew.
    pub limit_period: Option<i64>,
}
