//! The Test gateway: takes no money. Its page lets the buyer decide how a payment ends, and what it
//! tells us is signed and read like any gateway's.

use serde::{Deserialize, Serialize};
use tradepost_model::payments::{Dispute, Notification, Outcome, Payment, PaymentStatus};
use tradepost_model::stores::Store;
use tradepost_model::subscriptions::Subscription;

use super::{Gateway, Told};
use crate::secrets::{Secrets, hmac, same};
use crate::{Error, Result};

/// How the buyer lets a test payment end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The money arrives.
    Approve,
    /// It does not.
    Decline,
    /// It goes back.
    Refund,
    /// The buyer's bank asks for it.
    Dispute,
    /// The store keeps it after all.
    WinDispute,
    /// The store loses it.
    LoseDispute,
}

impl Decision {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Approve,
        Self::Decline,
        Self::Refund,
        Self::Dispute,
        Self::WinDispute,
        Self::LoseDispute,
    ];

    /// Its word in addresses and event ids.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Decline => "declined",
            Self::Refund => "refunded",
            Self::Dispute => "disputed",
            Self::WinDispute => "dispute_won",
            Self::LoseDispute => "dispute_lost",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// Whether it can be made about a payment that stands here.
    pub const fn fits(self, status: PaymentStatus) -> bool {
        match self {
            Self::Approve | Self::Decline => matches!(status, PaymentStatus::Pending),
            Self::Refund | Self::Dispute => matches!(status, PaymentStatus::Paid),
            Self::WinDispute | Self::LoseDispute => matches!(status, PaymentStatus::Disputed),
        }
    }

    const fn status(self) -> &'static str {
        match self {
            Self::Approve => "succeeded",
            Self::Decline => "failed",
            other => other.word(),
        }
    }
}

/// The Test gateway.
#[derive(Clone)]
pub struct TestGateway {
    key: [u8; 32],
}

#[derive(Serialize, Deserialize)]
struct Body {
    id: String,
    reference: String,
    status: String,
    amount: i64,
    currency: String,
}

impl TestGateway {
    pub(super) fn new(secrets: &Secrets) -> Self {
        Self {
            key: secrets.derived("test-gateway"),
        }
    }

    /// What the gateway tells about a decision: signature and body. The same decision about the same
    /// payment is the same event.
    pub fn notification(&self, payment: &Payment, decision: Decision) -> Result<(String, Vec<u8>)> {
        let body = Body {
            id: format!("evt_{}_{}", payment.reference, decision.word()),
            reference: payment.reference.clone(),
            status: decision.status().to_owned(),
            amount: payment.amount.minor(),
            currency: payment.amount.currency().code().to_owned(),
        };
        let body = serde_json::to_vec(&body).map_err(Error::internal)?;
        Ok((self.signature(&body), body))
    }

    fn signature(&self, body: &[u8]) -> String {
        hex::encode(hmac(&self.key, &[body]))
    }
}

impl Gateway for TestGateway {
    fn word(&self) -> &'static str {
        "test"
    }

    fn provider(&self) -> &'static str {
        "Test"
    }

    fn title(&self) -> &'static str {
        "Test payment"
    }

    fn serves(&self, store: &Store) -> bool {
        store.test_mode
    }

    fn start(&self, payment: &Payment) -> Result<String> {
        Ok(format!("/pay/test/{}", payment.reference))
    }

    fn read(&self, signature: &str, body: &[u8]) -> Result<Notification> {
        if !same(self.signature(body).as_bytes(), signature.as_bytes()) {
            return Err(Error::Unauthenticated("The signature is not right."));
        }
        let body: Body = serde_json::from_slice(body)
            .map_err(|_| Error::invalid("", "the body is not readable"))?;
        let outcome = match body.status.as_str() {
            "succeeded" => Outcome::Paid,
            "failed" | "expired" => Outcome::Declined,
            "refunded" => Outcome::Refunded,
            "disputed" => Outcome::Disputed,
            "dispute_won" => Outcome::DisputeWon,
            "dispute_lost" => Outcome::DisputeLost,
            _ => Outcome::Pending,
        };
        let disputed = matches!(
            outcome,
            Outcome::Disputed | Outcome::DisputeWon | Outcome::DisputeLost
        );
        let dispute = disputed.then(|| Dispute {
            id: format!("dp_{}", body.reference),
            reason: "fraudulent".to_owned(),
        });
        Ok(Notification {
            dispute,
            event_id: body.id,
            reference: body.reference,
            outcome,
            amount_minor: body.amount,
            currency: body.currency,
        })
    }

    fn charge(&self, payment: &Payment, subscription: &Subscription) -> Result<Option<Told>> {
        let decision = match subscription.declines {
            true => Decision::Decline,
            false => Decision::Approve,
        };
        self.notification(payment, decision).map(Some)
    }

    fn refund(&self, _payment: &Payment) -> Result<()> {
        Ok(())
    }
}
