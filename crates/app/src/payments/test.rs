//! The Test gateway: takes no money. Its page lets the buyer decide how a payment ends, and what it
//! tells us is signed and read like any gateway's.

use serde::{Deserialize, Serialize};
use tradepost_model::payments::{Notification, Outcome, Payment};
use tradepost_model::stores::Store;

use super::Gateway;
use crate::secrets::{Secrets, hmac, same};
use crate::{Error, Result};

/// How the buyer lets a test payment end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The money arrives.
    Approve,
    /// It does not.
    Decline,
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
        let (word, status) = match decision {
            Decision::Approve => ("approved", "succeeded"),
            Decision::Decline => ("declined", "failed"),
        };
        let body = Body {
            id: format!("evt_{}_{word}", payment.reference),
            reference: payment.reference.clone(),
            status: status.to_owned(),
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
            _ => Outcome::Pending,
        };
        Ok(Notification {
            event_id: body.id,
            reference: body.reference,
            outcome,
            amount_minor: body.amount,
            currency: body.currency,
        })
    }

    fn refund(&self, _payment: &Payment) -> Result<()> {
        Ok(())
    }
}
