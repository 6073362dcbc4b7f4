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
}

impl PaymentStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Paid,
        Self::Declined,
        Self::Refunding,
        Self::Refunded,
        Self::Review,
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
}
