//! The embedded gateway for trying things out.

use askama::Template;

use super::frame::Frame;
use crate::view::{Money, Notice, Sample};

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
    /// How the payment stands.
    pub standing: Standing,
    /// What can be decided about it now: each a button.
    pub choices: Vec<Decide>,
    /// Where the buyer goes on: the words of the link and its address. Absent before a decision.
    pub go_on: Option<(String, String)>,
}

/// How a payment stands, as a heading and a sentence.
#[derive(Debug, Clone)]
pub struct Standing {
    /// "This payment is approved".
    pub title: String,
    /// What that means.
    pub text: String,
}

/// One button of the page.
#[derive(Debug, Clone)]
pub struct Decide {
    /// The value sent as `decision`.
    pub value: &'static str,
    /// Its words: "Approve payment".
    pub label: &'static str,
    /// Its icon in the sprite.
    pub icon: &'static str,
}

/// Every decision there is, in the order of the buttons.
pub(crate) const DECISIONS: [Decide; 6] = [
    Decide::new("approve", "Approve payment", "check"),
    Decide::new("decline", "Decline payment", "x"),
    Decide::new("refund", "Refund payment", "undo-2"),
    Decide::new("dispute", "Open a dispute", "gavel"),
    Decide::new("win", "Win the dispute", "check"),
    Decide::new("lose", "Lose the dispute", "x"),
];

/// What can be decided about a subscription whose payments come through here.
pub(crate) const RENEW: Decide = Decide::new("renew", "Renew the subscription now", "refresh-cw");
/// The next payments are declined.
pub(crate) const FAIL: Decide = Decide::new("fail", "Let the next payments fail", "x");
/// They go through.
pub(crate) const MEND: Decide = Decide::new("mend", "Let the next payments succeed", "check");

impl Decide {
    const fn new(value: &'static str, label: &'static str, icon: &'static str) -> Self {
        Self { value, label, icon }
    }
}

impl TestGateway {
    /// Whether this is the first decision: its first button is the usual one.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.go_on.is_none()
    }
}

impl Sample for TestGateway {
    fn sample() -> Self {
        Self {
            frame: Frame::sample("/pay/test/tp_7f3k"),
            reference: "tp_7f3kQ2".to_owned(),
            amount: Money::new("39.96", "EUR"),
            order: "#1042".to_owned(),
            standing: Standing {
                title: "A test payment".to_owned(),
                text: "Here you are the bank: decide whether this payment goes through. No money moves either way."
                    .to_owned(),
            },
            choices: DECISIONS[..2].to_vec(),
            go_on: None,
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let decided = |title: &str, text: &str, choices: &[Decide], words: &str| Self {
            standing: Standing {
                title: title.to_owned(),
                text: text.to_owned(),
            },
            choices: choices.to_vec(),
            go_on: Some((words.to_owned(), "/receipt/cs_x?t=secret".to_owned())),
            ..Self::sample()
        };
        let receipt = "Go to the receipt";
        let approved = decided(
            "This payment is approved",
            "You are still the bank: try what happens when the money goes back. No money moves either way.",
            &DECISIONS[2..4],
            receipt,
        );
        let mut unchanged = approved.clone();
        unchanged.frame.notice = Some(Notice::warn(
            "Nothing has changed. This was decided once before.",
        ));
        vec![
            ("usual", Self::sample()),
            (
                "subscribed",
                Self {
                    choices: [&DECISIONS[2..4], &[RENEW, FAIL]].concat(),
                    ..approved.clone()
                },
            ),
            ("approved", approved),
            (
                "declined",
                decided(
                    "This payment was declined",
                    "Nothing was charged, and the checkout is open for another try.",
                    &[],
                    "Back to the checkout",
                ),
            ),
            (
                "disputed",
                decided(
                    "This payment is disputed",
                    "The buyer asked the bank for the money back. Decide who keeps it.",
                    &DECISIONS[4..],
                    receipt,
                ),
            ),
            ("unchanged", unchanged),
        ]
    }
}
