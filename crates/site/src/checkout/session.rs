//! The page where one pays.

use askama::Template;

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
        if self.totals.total.is_zero() {
            "Get it for free".to_owned()
        } else {
            format!("Pay {}", self.totals.total)
        }
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
                change_url: Some("/s/demo/player?next=/s/demo/basket".to_owned()),
            },
            email: Field::default(),
            email_required: false,
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
        let mut declined = usual.clone();
        declined.frame.notice = Some(Notice::bad(
            "Your payment was declined. Nothing was charged.",
        ));
        let mut errors = usual.clone();
        errors.email = Field::refused("steve@", "This is not a complete e-mail address.");
        errors.method_error = Some("Choose how to pay.".to_owned());
        errors.methods[0].chosen = false;
        let mut other = usual.clone();
        other.frame.accent = "#ffd43b".to_owned();
        other.frame.base = "/s/sun".to_owned();
        other.frame.store_name = "A Community Site That Sells Through The Interface".to_owned();
        other.frame.store_url = String::new();
        other.frame.test_mode = false;
        other.recipient = Recipient {
            username: "A_Player_With_A_Name_Of_32_Chars".to_owned(),
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
            ("long", other),
        ]
    }
}
