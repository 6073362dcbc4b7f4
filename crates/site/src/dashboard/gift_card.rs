//! One gift card: what is on it, what moved, and who has seen its code.

use askama::Template;

use super::order::Fact;
use super::shell::{Section, Shell};
use crate::view::{Field, FieldError, Money, Notice, Sample, Status, Tone, When};

/// `GET {base}/gift-cards/{id}`; its forms post to `{url}/code` and `{url}/void`.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/gift_card.html")]
pub struct GiftCard {
    /// The frame.
    pub shell: Shell,
    /// Its page.
    pub url: String,
    /// "Gift card for Alex", "Gift card of 25.00 EUR".
    pub title: String,
    /// What is typed to void it: "Alex", "25.00 EUR".
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// What can be spent now.
    pub balance: Money,
    /// What it was worth.
    pub amount: Money,
    /// How much of it is left, in hundredths.
    pub left: u32,
    /// What payments under way hold, if anything.
    pub held: Option<Money>,
    /// Whom and what it is for, and its times.
    pub facts: Vec<Fact>,
    /// What the giver says.
    pub message: Option<String>,
    /// Its code, in the one answer that may show it.
    pub code: Option<String>,
    /// Whether this member may see the code.
    pub may_reveal: bool,
    /// Where it is changed, for whom may do that while it can be.
    pub edit_url: Option<String>,
    /// Whether this member may void it, while it can be.
    pub may_void: bool,
    /// `confirm`: its name, typed to void it.
    pub confirm: Field,
    /// What moved, the last first.
    pub entries: Vec<LedgerRow>,
    /// Who has seen the code, the last first.
    pub readings: Vec<(String, When)>,
}

/// One movement of its money.
#[derive(Debug, Clone)]
pub struct LedgerRow {
    /// "Spent", "Held for a payment".
    pub what: &'static str,
    /// "#1042", and the order for whom may see it.
    pub order: Option<(String, Option<String>)>,
    /// "+25.00 EUR", "-9.99 EUR"; without a sign where the balance stays.
    pub amount: String,
    /// What could be spent after it.
    pub left: Money,
    /// When.
    pub when: When,
}

impl GiftCard {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[("confirm", &self.confirm)])
    }
}

impl Sample for GiftCard {
    fn sample() -> Self {
        let fact = |label: &str, value: &str| Fact {
            label: label.to_owned(),
            value: value.to_owned(),
        };
        let order = || {
            let url = "/dashboard/demo/orders/1042".to_owned();
            Some(("#1042".to_owned(), Some(url)))
        };
        let row = |what, order, amount: &str, left: &str, time: &str| LedgerRow {
            what,
            order,
            amount: format!("{amount}\u{a0}EUR"),
            left: Money::new(left, "EUR"),
            when: When::new("2026-11-20T18:04:02Z", time),
        };
        Self {
            shell: Shell::sample(Section::GiftCards),
            url: "/dashboard/demo/gift-cards/g1".to_owned(),
            title: "Gift card for BlockyQueen".to_owned(),
            name: "BlockyQueen".to_owned(),
            status: Status::new(Tone::Good, "Active"),
            balance: Money::new("27.52", "EUR"),
            amount: Money::new("50.00", "EUR"),
            left: 55,
            held: Some(Money::new("9.99", "EUR")),
            facts: vec![
                fact("For", "BlockyQueen"),
                fact("E-mail", "b***@mail.example"),
                fact("Can be spent on", "Ranks, Coins"),
                fact("Created", "12 November 2026, 09:30 UTC"),
                fact("Last day", "31 Dec 2027"),
            ],
            message: Some("Happy birthday!\nBuild something nice with it.".to_owned()),
            code: None,
            may_reveal: true,
            edit_url: Some("/dashboard/demo/gift-cards/g1/edit".to_owned()),
            may_void: true,
            confirm: Field::default(),
            entries: vec![
                row("Held for a payment", order(), "-9.99", "27.52", "2 min ago"),
                row("Spent", order(), "12.49", "37.51", "15 Nov, 20:11"),
                row(
                    "Held for a payment",
                    order(),
                    "-12.49",
                    "37.51",
                    "15 Nov, 20:10",
                ),
                row("Put on the card", None, "+50.00", "50.00", "12 Nov, 09:30"),
            ],
            readings: vec![(
                "Robin".to_owned(),
                When::new("2026-11-20T18:04:02Z", "12 Nov, 09:31"),
            )],
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut code = usual.clone();
        code.code = Some("7KQM-W2XH-9TPB-4RVD-C6NJ".to_owned());
        code.shell.notice = Some(Notice::good(
            "The gift card is made. Show its code to give it away.",
        ));
        let mut refused = usual.clone();
        refused.confirm = Field::refused("queen", "Type BlockyQueen, exactly as it is written.");
        let mut void = usual.clone();
        void.status = Status::new(Tone::Calm, "Void");
        void.balance = Money::new("0.00", "EUR");
        (void.left, void.held, void.message) = (0, None, None);
        (void.may_void, void.may_reveal, void.edit_url) = (false, false, None);
        void.readings.clear();
        vec![
            ("usual", usual),
            ("code", code),
            ("refused", refused),
            ("void", void),
        ]
    }
}
