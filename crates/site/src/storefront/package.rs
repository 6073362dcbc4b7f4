//! One package of a shop.

use askama::Template;

use super::offer::{BuyerInput, OwnPrice, TierRow};
use super::shop::{PackageCard, Picture, Shop};
use crate::view::{Choice, Field, FieldError, Html, Money, Sample};

/// `GET {base}/package/{slug}`; its form posts to `{base}/basket/add`.
#[derive(Debug, Clone, Template)]
#[template(path = "storefront/package.html")]
pub struct PackagePage {
    /// Header, footer, accent.
    pub shop: Shop,
    /// Its id, sent as `package`.
    pub id: String,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The category it is in: name and slug.
    pub category: Option<(String, String)>,
    /// The owner's image; drawn from the name where there is none.
    pub picture: Option<Picture>,
    /// What the owner wrote about it, sanitised; may be empty.
    pub description: Html,
    /// What one costs now.
    pub price: Money,
    /// What one cost before the sale.
    pub was: Option<Money>,
    /// How often a subscription is paid: "every month".
    pub cadence: Option<String>,
    /// What is free first: "7 days free".
    pub trial: Option<String>,
    /// The sale's name, what it takes off and its end: "Autumn sale: 20 % off, until 30 Nov".
    pub sale: Option<String>,
    /// How the price comes about: "The sale is for the first payment".
    pub explanation: Vec<String>,
    /// What many of it cost; empty where one always costs the same.
    pub tiers: Vec<TierRow>,
    /// What the buyer is asked for.
    pub inputs: Vec<BuyerInput>,
    /// The price, where the buyer decides it.
    pub own_price: Option<OwnPrice>,
    /// Which server, where the buyer must choose.
    pub server: Option<ServerChoice>,
    /// How many, as typed.
    pub quantity: Field,
    /// The most that can be bought at once; 1 hides the field.
    pub quantity_max: u32,
    /// What one gets, and where.
    pub delivered: Vec<Delivered>,
    /// For how long one is bought: "For 30 days"; nothing for ever.
    pub lasts: Option<String>,
    /// Limits in words: "2 per player every week", "12 left".
    pub limits: Vec<String>,
    /// What one must have first: "For players who have VIP".
    pub requirement: Option<String>,
    /// Why it cannot be bought, if it cannot: "Sold out".
    pub unavailable: Option<String>,
    /// Packages of the same kind.
    pub related: Vec<PackageCard>,
}

/// The buyer's choice of a server, sent as `server`.
#[derive(Debug, Clone)]
pub struct ServerChoice {
    /// The servers on offer.
    pub options: Vec<Choice>,
    /// What is wrong with the choice.
    pub error: Option<String>,
}

impl ServerChoice {
    /// Few servers are radio buttons, many are a select.
    #[must_use]
    pub fn few(&self) -> bool {
        self.options.len() <= 4
    }
}

/// One line of "what you get and where".
#[derive(Debug, Clone)]
pub struct Delivered {
    /// "Runs on Survival right away", "Delivered when you join Hub".
    pub text: String,
    /// Whether it waits for the player to join.
    pub waits: bool,
}

impl PackagePage {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        let server = self.server.as_ref().and_then(|server| server.error.clone());
        let server = server.map(|text| FieldError {
            id: "server".to_owned(),
            text,
        });
        let own = self.own_price.as_ref().map(|own| ("price", &own.field));
        let own: Vec<_> = own.into_iter().collect();
        server
            .into_iter()
            .chain(self.inputs.iter().filter_map(BuyerInput::wrong))
            .chain(FieldError::collect(&own))
            .chain(FieldError::collect(&[("quantity", &self.quantity)]))
            .collect()
    }

    /// Whether the page is a subscription's.
    #[must_use]
    pub fn is_subscription(&self) -> bool {
        self.cadence.is_some()
    }
}

impl Sample for PackagePage {
    fn sample() -> Self {
        let delivered = |text: &str, waits| Delivered {
            text: text.to_owned(),
            waits,
        };
        let mut related = PackageCard::sample_grid();
        related.truncate(4);
        Self {
            shop: Shop::sample("/s/demo/package/mvp"),
            id: "0197f0aa-0000-7000-8000-000000000001".to_owned(),
            slug: "mvp".to_owned(),
            name: "MVP+".to_owned(),
            category: Some(("Ranks".to_owned(), "ranks".to_owned())),
            picture: None,
            description: Html("<p>Everything in VIP, and then some. For players who live here.</p><h2>In the game</h2><ul><li>A name in ember orange with a plus</li><li>Flight in the hub</li><li><code>/hat</code>, <code>/nick</code> and <code>/workbench</code></li><li>Six homes instead of two</li></ul><h2>Beside it</h2><p>A channel of your own on Discord, and the thanks of everybody who plays on a server without lag.</p>".to_owned()),
            price: Money::new("24.99", "EUR"),
            was: Some(Money::new("34.99", "EUR")),
            cadence: None,
            trial: None,
            sale: Some("Autumn sale: 28.58 % off, until 30 Nov".to_owned()),
            explanation: Vec::new(),
            tiers: Vec::new(),
            inputs: Vec::new(),
            own_price: None,
            server: Some(ServerChoice {
                options: vec![Choice::new("s1", "Survival").chosen(true), Choice::new("s2", "Skyblock")],
                error: None,
            }),
            quantity: Field::new("1"),
            quantity_max: 10,
            delivered: vec![
                delivered("The rank runs on the server you choose right away", false),
                delivered("500 coins are delivered when you join Survival", true),
            ],
            lasts: Some("For 30 days".to_owned()),
            limits: vec!["2 per player every week".to_owned(), "12 left".to_owned()],
            requirement: Some("For players who have VIP".to_owned()),
            unavailable: None,
            related,
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let sold_out = Self {
            unavailable: Some("Sold out".to_owned()),
            was: None,
            sale: None,
            related: Vec::new(),
            ..usual.clone()
        };
        let errors = Self {
            server: Some(ServerChoice {
                options: vec![Choice::new("s1", "Survival"), Choice::new("s2", "Skyblock")],
                error: Some("Choose the server this is for.".to_owned()),
            }),
            quantity: Field::refused("99", "You can buy 10 at most."),
            inputs: BuyerInput::samples_refused(),
            ..usual.clone()
        };
        let inputs = Self {
            name: "Custom title".to_owned(),
            inputs: BuyerInput::samples(),
            was: None,
            sale: None,
            server: None,
            quantity_max: 1,
            ..usual.clone()
        };
        let tiers = Self {
            name: "Coins".to_owned(),
            price: Money::new("1.00", "EUR"),
            was: None,
            sale: None,
            tiers: TierRow::samples(),
            server: None,
            lasts: None,
            quantity_max: 100,
            ..usual.clone()
        };
        let subscription = Self {
            name: "VIP every month".to_owned(),
            price: Money::new("7.99", "EUR"),
            was: Some(Money::new("9.99", "EUR")),
            cadence: Some("every month".to_owned()),
            explanation: vec![
                "The sale is for the first payment; after that it is 9.99 EUR every month."
                    .to_owned(),
            ],
            server: None,
            lasts: None,
            quantity_max: 1,
            ..usual.clone()
        };
        let trial = Self {
            price: Money::new("9.99", "EUR"),
            was: None,
            sale: None,
            trial: Some("7 days free".to_owned()),
            explanation: Vec::new(),
            ..subscription.clone()
        };
        let own_price = |field| Self {
            name: "Donation".to_owned(),
            price: Money::new("1.00", "EUR"),
            was: None,
            sale: None,
            own_price: Some(OwnPrice {
                field,
                hint: "From 1.00 EUR to 500.00 EUR.".to_owned(),
                currency: "EUR".to_owned(),
            }),
            server: None,
            lasts: None,
            quantity_max: 1,
            limits: Vec::new(),
            requirement: None,
            ..usual.clone()
        };
        let donation = own_price(Field::new("5.00"));
        let stingy = own_price(Field::refused("0.50", "It costs at least 1.00 EUR."));
        let plain = Self {
            shop: Shop {
                player: None,
                basket_count: 0,
                ..Shop::sample("/s/demo/package/coins")
            },
            name: "1,000 Coins".to_owned(),
            description: Html::default(),
            was: None,
            sale: None,
            requirement: None,
            server: None,
            quantity_max: 1,
            lasts: None,
            limits: Vec::new(),
            ..usual.clone()
        };
        let long = PackageCard::sample_long();
        let many = (0..9).map(|n| {
            Choice::new(
                &n.to_string(),
                &format!("Server number {n} with a long name"),
            )
        });
        let long = Self {
            name: long.name,
            price: long.price,
            was: Some(Money::new("2,345,678.90", "EUR")),
            server: Some(ServerChoice {
                options: many.collect(),
                error: None,
            }),
            ..usual.clone()
        };
        vec![
            ("usual", usual),
            ("sold-out", sold_out),
            ("errors", errors),
            ("plain", plain),
            ("long", long),
            ("inputs", inputs),
            ("tiers", tiers),
            ("subscription", subscription),
            ("trial", trial),
            ("own-price", donation),
            ("own-price-refused", stingy),
        ]
    }
}
