//! The page where one pays.

use askama::Template;

use super::codes::{Applied, Codes};
use super::frame::{Frame, Line, Recipient, Totals};
use crate::view::{Field, FieldError, Money, Notice, Sample};

/// `GET /checkout/{id}`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "checkout/session.html")]
pub struct Checkout {
    /// The store's frame.
    pub frame: Frame,
    /// The session's id.
    pub id: String,
    /// Who gets it.
    pub recipient: Recipient,
    /// The e-mail as typed.
    pub email: Field,
    /// Whether the e-mail must be given.
    pub email_required: bool,
    /// Coupon and gift card.
    pub codes: Codes,
    /// What is paid again and again, where it is a subscription.
    pub rhythm: Option<Rhythm>,
    /// Ways to pay; none are needed when nothing is due.
    pub methods: Vec<Method>,
    /// What is wrong with the way to pay.
    pub method_error: Option<String>,
    /// What is bought.
    pub lines: Vec<Line>,
    /// What it sums to.
    pub totals: Totals,
    /// Link that cancels: "Back to the basket" or "Back to {site}".
    pub cancel_url: String,
    /// Words of that link.
    pub cancel_label: String,
}

/// How a subscription goes on after today.
#[derive(Debug, Clone)]
pub struct Rhythm {
    /// What each payment after the first is.
    pub price: Money,
    /// "every month".
    pub every: String,
    /// What is free first: "7 days free".
    pub trial: Option<String>,
    /// When the first payment after today is, where that is known: "27 Nov 2026".
    pub from: Option<String>,
}

/// A way to pay, sent as `method`.
#[derive(Debug, Clone)]
pub struct Method {
    /// The value that is sent.
    pub value: String,
    /// Its name.
    pub label: String,
    /// One line about it.
    pub hint: String,
    /// Its icon in the sprite.
    pub icon: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Method {
    /// The gateway for trying things out.
    #[must_use]
    pub fn test() -> Self {
        Self {
            value: "test".to_owned(),
            label: "Test payment".to_owned(),
            hint: "No money moves. You decide on the next page whether it is approved.".to_owned(),
            icon: "flask-conical".to_owned(),
            chosen: true,
        }
    }
}

impl Checkout {
    /// The words on the button: they start with "Pay" whenever money is due.
    #[must_use]
    pub fn button(&self) -> String {
        let due = &self.totals.total;
        match &self.rhythm {
            None if due.is_zero() && self.codes.gift_card.is_some() => {
                "Pay with your gift card".to_owned()
            }
            None if due.is_zero() => "Get it for free".to_owned(),
            None => format!("Pay {due}"),
            Some(rhythm) if due.is_zero() && rhythm.trial.is_some() => {
                "Start free trial".to_owned()
            }
            Some(_) if due.is_zero() => "Start subscription".to_owned(),
            Some(rhythm) if rhythm.price == *due => format!("Pay {due} {}", rhythm.every),
            Some(_) => format!("Pay {due} now"),
        }
    }

    /// What is due, in large letters.
    #[must_use]
    pub fn due(&self) -> String {
        let trial = self.rhythm.as_ref().and_then(|it| it.trial.clone());
        match trial {
            Some(trial) if self.totals.total.is_zero() => trial,
            None if self.totals.total.is_zero() && self.codes.gift_card.is_none() => {
                "Free".to_owned()
            }
            _ => self.totals.total.to_string(),
        }
    }

    /// What is paid after today, in words.
    #[must_use]
    pub fn later(&self) -> Option<String> {
        let Rhythm {
            price,
            every,
            trial,
            from,
        } = self.rhythm.as_ref()?;
        let until = "until you cancel. You can do that at any time on your receipt.";
        let when = match (trial, from) {
            (Some(trial), Some(from)) => format!("{trial}. From {from} on"),
            (Some(trial), None) => format!("{trial}, then"),
            (None, Some(from)) => format!("The next payment is on {from}; then"),
            (None, None) => "After that".to_owned(),
        };
        let same = *price == self.totals.total;
        Some(match (trial, from) {
            (None, Some(from)) if same => {
                format!("The next payment is on {from}. It renews {until}")
            }
            _ => format!("{when} it is {price} {every}, {until}"),
        })
    }

    /// The number of things bought: "4 items".
    #[must_use]
    pub fn count(&self) -> String {
        match self.lines.iter().map(|line| line.quantity).sum::<u32>() {
            1 => "1 item".to_owned(),
            n => format!("{n} items"),
        }
    }

    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        let method = self.method_error.clone();
        let method = method.map(|text| FieldError {
            id: "method".to_owned(),
            text,
        });
        FieldError::collect(&[("email", &self.email)])
            .into_iter()
            .chain(self.codes.errors())
            .chain(method)
            .collect()
    }
}

impl Sample for Checkout {
    fn sample() -> Self {
        Self {
            frame: Frame::sample("/checkout/cs_a1B2c3D4e5F6g7H8i9J0k1L2"),
            id: "cs_a1B2c3D4e5F6g7H8i9J0k1L2".to_owned(),
            recipient: Recipient {
                username: "Steve".to_owned(),
                from: None,
                change_url: Some("/s/demo/player?next=/s/demo/basket".to_owned()),
            },
            email: Field::default(),
            email_required: false,
            codes: Codes {
                offered: true,
                ..Codes::default()
            },
            rhythm: None,
            methods: vec![Method::test()],
            method_error: None,
            lines: Line::sample_lines(),
            totals: Totals::sample(),
            cancel_url: "/checkout/cs_a1B2c3D4e5F6g7H8i9J0k1L2/cancel".to_owned(),
            cancel_label: "Back to the basket".to_owned(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut free = usual.clone();
        free.totals = Totals {
            rows: Vec::new(),
            total: Money::new("0.00", "EUR"),
            note: None,
        };
        free.lines.truncate(1);
        free.lines[0].total = Money::new("0.00", "EUR");
        free.lines[0].explanation.clear();
        free.methods.clear();
        free.codes.offered = false;
        let mut declined = usual.clone();
        declined.frame.notice = Some(Notice::bad(
            "Your payment was declined. Nothing was charged.",
        ));
        let mut errors = usual.clone();
        errors.email = Field::refused("steve@", "This is not a complete e-mail address.");
        errors.method_error = Some("Choose how to pay.".to_owned());
        errors.methods[0].chosen = false;
        errors.codes.coupon_code = Field::refused("SUMMER", "This coupon has expired.");
        errors.codes.gift_card_code = Field::refused(
            "ABCD-1234",
            "We do not know this gift card. Please check how you wrote it.",
        );
        let mut lowered = usual.clone();
        lowered.totals = Totals::sample_lowered();
        lowered.codes = Codes {
            coupon: Some(Applied::new("Coupon WELCOME10", "-4.00 EUR")),
            gift_card: Some(Applied::new("Gift card", "-20.00 EUR")),
            ..usual.codes.clone()
        };
        lowered.frame.notice = Some(Notice::good("Your code is applied."));
        lowered.lines[0]
            .explanation
            .push("Coupon WELCOME10: -2.50 EUR".to_owned());
        lowered.lines[1]
            .explanation
            .push("Coupon WELCOME10: -1.50 EUR".to_owned());
        let mut by_card = lowered.clone();
        by_card.codes.coupon = None;
        by_card.codes.gift_card = Some(Applied::new("Gift card", "-39.96 EUR"));
        by_card.totals.rows = vec![
            ("Subtotal".to_owned(), "39.96 EUR".to_owned()),
            ("Gift card".to_owned(), "-39.96 EUR".to_owned()),
        ];
        by_card.totals.total = Money::new("0.00", "EUR");
        by_card.methods.clear();
        by_card.lines = usual.lines.clone();
        let mut gift = lowered.clone();
        gift.recipient = Recipient {
            username: "Alex".to_owned(),
            from: Some("Steve".to_owned()),
            change_url: None,
        };
        gift.codes.gift_card = None;
        gift.totals.rows.pop();
        gift.totals.total = Money::new("35.96", "EUR");
        gift.frame.notice = Some(Notice::warn(
            "The gift card no longer covers its part of the price. It is 35.96 EUR now.",
        ));
        let mut subscription = usual.clone();
        subscription.lines.truncate(1);
        subscription.lines[0].was = None;
        subscription.lines[0].explanation = vec!["Subscription, every month".to_owned()];
        subscription.totals.total = Money::new("24.99", "EUR");
        subscription.rhythm = Some(Rhythm {
            price: Money::new("24.99", "EUR"),
            every: "every month".to_owned(),
            trial: None,
            from: Some("20 Dec 2026".to_owned()),
        });
        let mut trial = subscription.clone();
        trial.totals.total = Money::new("0.00", "EUR");
        trial.lines[0].total = Money::new("0.00", "EUR");
        trial.codes.offered = false;
        if let Some(rhythm) = &mut trial.rhythm {
            rhythm.trial = Some("7 days free".to_owned());
            rhythm.from = Some("27 Nov 2026".to_owned());
        }
        let mut other = usual.clone();
        other.frame.accent = "#ffd43b".to_owned();
        other.frame.base = "/s/sun".to_owned();
        other.frame.store_name = "A Community Site That Sells Through The Interface".to_owned();
        other.frame.store_url = String::new();
        other.frame.test_mode = false;
        other.recipient = Recipient {
            username: "A_Player_With_A_Name_Of_32_Chars".to_owned(),
            from: None,
            change_url: None,
        };
        other.email_required = true;
        other.cancel_label = "Back to shop.example".to_owned();
        for n in 0..10 {
            other.lines.push(Line {
                name: format!("Package number {n} with quite a long name to wrap"),
                ..usual.lines[1].clone()
            });
        }
        vec![
            ("usual", usual),
            ("free", free),
            ("declined", declined),
            ("errors", errors),
            ("codes", lowered),
            ("gift-card", by_card),
            ("gift", gift),
            ("subscription", subscription),
            ("trial", trial),
            ("long", other),
        ]
    }
}
