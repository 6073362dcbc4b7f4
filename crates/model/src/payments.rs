//! Payments: attempts to pay an order, and what a gateway says about them.

use crate::ids::{OrderId, PaymentId};
use crate::money::Money;

/// Where an attempt to pay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentStatus {
    /// The buyer is at the gateway, or the gateway has not decided.
    Pending,
    /// The gateway has the money.
    Paid,
    /// The gateway refused, or the buyer gave up.
    Declined,
    /// The money is on its way back: it came for something that could not be sold.
    Refunding,
    /// The money went back.
    Refunded,
    /// The amount or currency differed from the order's: a person must look.
    Review,
    /// The buyer's bank has asked for the money; it is not decided who keeps it.
    Disputed,
    /// The buyer's bank took the money back for good.
    ChargedBack,
}

impl PaymentStatus {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Paid,
        Self::Declined,
        Self::Refunding,
        Self::Refunded,
        Self::Review,
        Self::Disputed,
        Self::ChargedBack,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Declined => "declined",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
            Self::Review => "review",
            Self::Disputed => "disputed",
            Self::ChargedBack => "charged_back",
        }
    }

    /// Finds by the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// One attempt to pay an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Identity.
    pub id: PaymentId,
    /// What is paid.
    pub order: OrderId,
    /// The gateway's word: `test`, `manual`.
    pub gateway: String,
    /// The gateway's own name for this payment.
    pub reference: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// How much.
    pub amount: Money,
}

/// What a gateway tells about a payment. A word we do not know is [`Outcome::Pending`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money has arrived.
    Paid,
    /// It will not arrive.
    Declined,
    /// Nothing is decided.
    Pending,
    /// The money went back to the buyer.
    Refunded,
    /// The buyer's bank asks for it back.
    Disputed,
    /// A dispute was decided for the store.
    DisputeWon,
    /// A dispute was decided against the store.
    DisputeLost,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Paid,
        Self::Declined,
        Self::Pending,
        Self::Refunded,
        Self::Disputed,
        Self::DisputeWon,
        Self::DisputeLost,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Declined => "declined",
            Self::Pending => "pending",
            Self::Refunded => "refunded",
            Self::Disputed => "disputed",
            Self::DisputeWon => "dispute_won",
            Self::DisputeLost => "dispute_lost",
        }
    }

    /// Finds by the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A dispute, as a gateway names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// The gateway's id of it.
    pub id: String,
    /// Why, in the gateway's words.
    pub reason: String,
}

/// A gateway's notification, verified and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The gateway's id of this event, unique per gateway.
    pub event_id: String,
    /// The gateway's name for the payment.
    pub reference: String,
    /// What it says.
    pub outcome: Outcome,
    /// The amount in minor units, as the gateway tells it.
    pub amount_minor: i64,
    /// The currency's code, as the gateway tells it.
    pub currency: String,
    /// Which dispute it is about, where it is about one.
    pub dispute: Option<Dispute>,
}
