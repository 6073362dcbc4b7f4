//! The embedded gateway for trying things out.

use askama::Template;

use super::frame::Frame;
use crate::view::{Money, Sample};

/// `GET /pay/test/{reference}`; its form posts `decision` to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "checkout/test_gateway.html")]
pub struct TestGateway {
    /// The store's frame.
    pub frame: Frame,
    /// The payment's reference, as in the address.
    pub reference: String,
    /// What is to be paid.
    pub amount: Money,
    /// The order, in the store's words: "#1042".
    pub order: String,
    /// What was decided before, if it was.
    pub decided: Option<Decided>,
}

/// A decision that was made.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Whether it was approved.
    pub approved: bool,
    /// Where to go on.
    pub continue_url: String,
}

impl Sample for TestGateway {
    fn sample() -> Self {
        Self {
            frame: Frame::sample("/pay/test/tp_7f3k"),
            reference: "tp_7f3kQ2".to_owned(),
            amount: Money::new("39.96", "EUR"),
            order: "#1042".to_owned(),
            decided: None,
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let decided = |approved| Self {
            decided: Some(Decided {
                approved,
                continue_url: "/receipt/cs_x?t=secret".to_owned(),
            }),
            ..Self::sample()
        };
        vec![
            ("usual", Self::sample()),
            ("approved", decided(true)),
            ("declined", decided(false)),
        ]
    }
}
