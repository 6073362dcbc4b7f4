//! What the pages around a payment share.

use crate::view::{Document, Html, Money, Notice};

/// The frame around a checkout, a payment or a receipt.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Language, colours, csrf.
    pub doc: Document,
    /// The store, where there is one.
    pub store_name: String,
    /// Link to the store's first page; empty leaves the name without a link.
    pub store_url: String,
    /// Where the store's `accent.css` lies: `/s/demo`, or empty on its own host.
    pub base: String,
    /// Its logo.
    pub logo_url: Option<String>,
    /// The owner's colour, `#rrggbb`.
    pub accent: String,
    /// Address of its contact page or a `mailto:`.
    pub contact_url: Option<String>,
    /// Address of its terms.
    pub terms_url: Option<String>,
    /// Whether purchases are only tried out.
    pub test_mode: bool,
    /// What just happened: "Your payment was declined. Nothing was charged."
    pub notice: Option<Notice>,
}

/// Who gets what was paid for.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The name in the game.
    pub username: String,
    /// Who pays for it, where it is a gift.
    pub from: Option<String>,
    /// Where to change it; only sessions of the storefront have one.
    pub change_url: Option<String>,
}

/// One line of the summary.
#[derive(Debug, Clone)]
pub struct Line {
    /// The package.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// "On Survival", may be empty.
    pub server: String,
    /// What the buyer entered for it: label and answer.
    pub entered: Vec<(String, String)>,
    /// Price of all, before a coupon on the whole.
    pub total: Money,
    /// Price of all without the sale.
    pub was: Option<Money>,
    /// How the price comes about.
    pub explanation: Vec<String>,
}

/// The sum of the summary.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Rows between lines and total: "Subtotal", "Autumn sale", "VAT 19 %", each with its amount.
    pub rows: Vec<(String, String)>,
    /// What is due.
    pub total: Money,
    /// A note on it: "VAT is included".
    pub note: Option<String>,
}

impl Frame {
    /// Address of the accent's style sheet.
    #[must_use]
    pub fn accent_url(&self) -> String {
        format!(
            "{}/accent.css?v={}",
            self.base,
            crate::accent::version(&self.accent)
        )
    }

    /// The first letter of the store's name, for the mark.
    #[must_use]
    pub fn initial(&self) -> String {
        let letter = self.store_name.chars().find(|c| c.is_alphanumeric());
        letter.unwrap_or('T').to_uppercase().to_string()
    }

    /// The picture drawn from a package's name.
    #[must_use]
    pub fn art(&self, name: &str) -> Html {
        crate::art::package(name, &self.accent)
    }

    /// A frame as the samples use it.
    #[must_use]
    pub fn sample(here: &str) -> Self {
        Self {
            doc: Document::sample(here),
            store_name: "Emberfall".to_owned(),
            store_url: "/s/demo".to_owned(),
            base: "/s/demo".to_owned(),
            logo_url: None,
            accent: "#d9480f".to_owned(),
            contact_url: Some("/s/demo/contact".to_owned()),
            terms_url: Some("/s/demo/terms".to_owned()),
            test_mode: true,
            notice: None,
        }
    }
}

impl Line {
    /// Lines as the samples use them.
    #[must_use]
    pub fn sample_lines() -> Vec<Self> {
        let line = |name: &str, quantity, server: &str, total: &str| Self {
            name: name.to_owned(),
            quantity,
            server: server.to_owned(),
            entered: Vec::new(),
            total: Money::new(total, "EUR"),
            was: None,
            explanation: Vec::new(),
        };
        let mut lines = vec![
            line("MVP+", 1, "On Survival", "24.99"),
            line("1,000 Coins", 3, "", "14.97"),
        ];
        lines[0].was = Some(Money::new("34.99", "EUR"));
        lines[0].entered = vec![("Nickname".to_owned(), "Ember".to_owned())];
        lines[0].explanation = vec!["Autumn sale: 28.58 % off".to_owned()];
        lines[1].explanation = vec!["3 x 4.99 EUR".to_owned()];
        lines
    }
}

impl Totals {
    /// The same with a coupon and a gift card.
    #[must_use]
    pub fn sample_lowered() -> Self {
        let row = |name: &str, amount: &str| (name.to_owned(), amount.to_owned());
        Self {
            rows: vec![
                row("Subtotal", "39.96 EUR"),
                row("Coupon WELCOME10", "-4.00 EUR"),
                row("Gift card", "-20.00 EUR"),
            ],
            total: Money::new("15.96", "EUR"),
            note: None,
        }
    }

    /// The sum of [`Line::sample_lines`].
    #[must_use]
    pub fn sample() -> Self {
        Self {
            rows: Vec::new(),
            total: Money::new("39.96", "EUR"),
            note: None,
        }
    }
}
