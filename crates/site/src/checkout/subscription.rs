//! A subscription on its buyer's receipt: how it stands, and the way out of it.

use crate::view::Sample;

/// The card of a subscription.
#[derive(Debug, Clone)]
pub struct SubscriptionCard {
    /// What is subscribed to.
    pub name: String,
    /// "9.99 EUR every month".
    pub terms: String,
    /// How it stands, in a sentence or two.
    pub state: String,
    /// What its buyer can do about it.
    pub choice: Option<Choice>,
    /// Where the choice is sent: `decision` is `cancel` or `resume`.
    pub url: String,
}

/// What a buyer can do about a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Let it end; with what that means.
    Cancel(String),
    /// Take that back.
    Resume,
}

impl Sample for SubscriptionCard {
    fn sample() -> Self {
        Self {
            name: "VIP".to_owned(),
            terms: "9.99\u{a0}EUR every month".to_owned(),
            state: "It is paid until 20 Dec 2026 and renews then.".to_owned(),
            choice: Some(Choice::Cancel(
                "You keep what you bought until 20 Dec 2026. Nothing more is charged.".to_owned(),
            )),
            url: "/receipt/cs_x/subscription?t=secret".to_owned(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let with = |state: &str, choice| Self {
            state: state.to_owned(),
            choice,
            ..usual.clone()
        };
        let cancelled = "It was cancelled: you keep what you bought until 20 Dec 2026, and nothing more is charged.";
        vec![
            ("subscription", usual.clone()),
            (
                "subscription-cancelled",
                with(cancelled, Some(Choice::Resume)),
            ),
            ("subscription-over", with("It ended on 20 Dec 2026.", None)),
        ]
    }
}
