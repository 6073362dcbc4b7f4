//! Refunding an order: what will happen, and the word to do it.

use askama::Template;

use super::shell::{Section, Shell};
use crate::view::{Field, FieldError, Money, Sample};

/// `GET {base}/orders/{id}/refund`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/refund.html")]
pub struct Refund {
    /// The frame.
    pub shell: Shell,
    /// "#1042".
    pub number: String,
    /// The order.
    pub order_url: String,
    /// Who bought it.
    pub player: String,
    /// What goes back.
    pub amount: Money,
    /// What will happen, one sentence each.
    pub effects: Vec<Effect>,
    /// `reason`
    pub reason: Field,
}

/// One thing that will happen.
#[derive(Debug, Clone)]
pub struct Effect {
    /// Its icon in the sprite.
    pub icon: &'static str,
    /// The sentence.
    pub text: String,
}

impl Effect {
    /// One thing that will happen.
    #[must_use]
    pub fn new(icon: &'static str, text: &str) -> Self {
        Self {
            icon,
            text: text.to_owned(),
        }
    }
}

impl Refund {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[("reason", &self.reason)])
    }
}

impl Sample for Refund {
    fn sample() -> Self {
        Self {
            shell: Shell::sample(Section::Orders),
            number: "#1042".to_owned(),
            order_url: "/dashboard/demo/orders/1042".to_owned(),
            player: "Steve".to_owned(),
            amount: Money::new("39.96", "EUR"),
            effects: vec![
                Effect::new("wallet", "39.96\u{a0}EUR go back through Test payment."),
                Effect::new("undo-2", "1 command that was not sent yet is taken back."),
                Effect::new("terminal", "2 refund commands run on Survival."),
            ],
            reason: Field::default(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut bare = usual.clone();
        bare.effects = vec![
            Effect::new(
                "wallet",
                "The payment was made by hand: give the 39.96\u{a0}EUR back yourself.",
            ),
            Effect::new(
                "terminal",
                "No refund command runs: what was delivered stays with the player.",
            ),
        ];
        let mut refused = usual.clone();
        refused.reason = Field::refused(
            &"very long ".repeat(30),
            "The reason must be at most 200 characters.",
        );
        vec![("usual", usual), ("bare", bare), ("refused", refused)]
    }
}
