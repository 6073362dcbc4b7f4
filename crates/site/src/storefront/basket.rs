//! What somebody means to buy.

use askama::Template;

use super::shop::{PackageCard, Picture, Shop};
use crate::view::{Field, FieldError, Money, Sample};

/// `GET {base}/basket`; its forms post to `{base}/basket/update`, `…/remove` and `…/checkout`.
#[derive(Debug, Clone, Template)]
#[template(path = "storefront/basket.html")]
pub struct Basket {
    /// Header, footer, accent.
    pub shop: Shop,
    /// What is in it.
    pub lines: Vec<BasketLine>,
    /// What is to be paid.
    pub total: Money,
    /// Notes on the total: "You save 10.00 EUR", "Then 9.99 EUR every month".
    pub notes: Vec<String>,
    /// The field of who gets it, where it is a gift.
    pub gift: Field,
    /// Why checkout is not possible now, if it is not.
    pub blocked: Option<String>,
}

/// One line of a basket.
#[derive(Debug, Clone)]
pub struct BasketLine {
    /// Its id, sent as `line`.
    pub id: String,
    /// Slug of the package; empty where it is gone.
    pub slug: String,
    /// Name of the package.
    pub name: String,
    /// The owner's image.
    pub picture: Option<Picture>,
    /// The server chosen: "On Survival".
    pub server: Option<String>,
    /// How many, as typed.
    pub quantity: Field,
    /// The most that can be bought at once.
    pub quantity_max: u32,
    /// What the buyer entered for it: label and answer.
    pub entered: Vec<(String, String)>,
    /// Price of one.
    pub unit: Money,
    /// Price of all.
    pub total: Money,
    /// Price of all without the sale.
    pub was: Option<Money>,
    /// How the price comes about.
    pub explanation: Vec<String>,
    /// Why this line cannot be bought: "This package is no longer sold. Remove it to go on."
    pub error: Option<String>,
}

impl Basket {
    /// The errors of the checkout's form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[("gift", &self.gift)])
    }
}

impl Sample for Basket {
    fn sample() -> Self {
        let line = |card: &PackageCard, id: &str| BasketLine {
            id: id.to_owned(),
            slug: card.slug.clone(),
            name: card.name.clone(),
            picture: None,
            server: None,
            quantity: Field::new("1"),
            quantity_max: 10,
            entered: Vec::new(),
            unit: card.price.clone(),
            total: card.price.clone(),
            was: card.was.clone(),
            explanation: Vec::new(),
            error: None,
        };
        let cards = PackageCard::sample_grid();
        let mut lines = vec![line(&cards[1], "l1"), line(&cards[2], "l2")];
        lines[0].server = Some("On Survival".to_owned());
        lines[0].quantity_max = 1;
        lines[0].explanation = vec!["Autumn sale: 28.58 % off".to_owned()];
        lines[0].entered = vec![
            ("Nickname".to_owned(), "Ember".to_owned()),
            ("Colour".to_owned(), "Gold".to_owned()),
        ];
        lines[1].quantity = Field::new("3");
        lines[1].total = Money::new("14.97", "EUR");
        lines[1].explanation = vec!["3 x 4.99 EUR".to_owned()];
        Self {
            shop: Shop::sample("/s/demo/basket"),
            lines,
            total: Money::new("39.96", "EUR"),
            notes: vec!["You save 10.00 EUR.".to_owned()],
            gift: Field::default(),
            blocked: None,
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            shop: Shop {
                basket_count: 0,
                ..usual.shop.clone()
            },
            lines: Vec::new(),
            ..usual.clone()
        };
        let mut errors = usual.clone();
        errors.lines[0].error =
            Some("This package is no longer sold. Remove it to go on.".to_owned());
        errors.lines[1].quantity = Field::refused("40", "You can buy 10 at most.");
        errors.gift = Field::refused(
            "A!",
            "This name must be 3 to 16 letters, digits or underscores.",
        );
        errors.blocked = Some("One line needs a look before you can go on.".to_owned());
        let mut many = usual.clone();
        let long = PackageCard::sample_long();
        many.shop.player = None;
        many.lines[0].name = long.name;
        many.lines[0].total = long.price.clone();
        many.total = long.price;
        many.notes.clear();
        for n in 0..8 {
            many.lines.push(BasketLine {
                id: format!("m{n}"),
                ..usual.lines[1].clone()
            });
        }
        vec![
            ("usual", usual),
            ("empty", empty),
            ("errors", errors),
            ("many", many),
        ]
    }
}
