//! What every page of a shop shows: header, footer, accent.

use crate::view::{Document, Html, Money, Notice};

/// The frame around a shop's page.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Language, colours, csrf.
    pub doc: Document,
    /// Prefix of every link: `/s/demo`, or empty on the store's own host.
    pub base: String,
    /// The store's name.
    pub name: String,
    /// Its logo; an initial in the accent stands in where there is none.
    pub logo_url: Option<String>,
    /// The owner's colour, `#rrggbb`.
    pub accent: String,
    /// Top-level categories for the header.
    pub categories: Vec<NavCategory>,
    /// Number of items in the basket.
    pub basket_count: u32,
    /// Who shops here, once they said so.
    pub player: Option<Buyer>,
    /// Address of the contact page or a `mailto:`.
    pub contact_url: Option<String>,
    /// Address of the terms.
    pub terms_url: Option<String>,
    /// Whether purchases are only tried out.
    pub test_mode: bool,
    /// What just happened.
    pub notice: Option<Notice>,
}

/// A category in the header.
#[derive(Debug, Clone)]
pub struct NavCategory {
    /// Its name.
    pub name: String,
    /// Its slug.
    pub slug: String,
    /// Whether this is the page.
    pub current: bool,
}

/// The player who shops.
#[derive(Debug, Clone)]
pub struct Buyer {
    /// The name in the game.
    pub username: String,
}

/// An image of the owner. Width and height keep the page still while it loads.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Its address.
    pub url: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// A package in a grid.
#[derive(Debug, Clone)]
pub struct PackageCard {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// One line about it, may be empty.
    pub line: String,
    /// The owner's image; drawn from the name where there is none.
    pub picture: Option<Picture>,
    /// What it costs now.
    pub price: Money,
    /// What it cost before the sale.
    pub was: Option<Money>,
    /// The sale's name and end: "Autumn sale, until 30 Nov".
    pub sale: Option<String>,
    /// How it is paid where that is not once: "every month".
    pub cadence: Option<String>,
    /// How it is sold, where that is not once and for ever: "7 days free", "Cheaper from 10".
    pub note: Option<String>,
    /// Whether its buyer decides the price, of which `price` is the least.
    pub own_price: bool,
    /// Whether there is none left.
    pub sold_out: bool,
}

impl Shop {
    /// Address of the accent's style sheet.
    #[must_use]
    pub fn accent_url(&self) -> String {
        format!(
            "{}/accent.css?v={}",
            self.base,
            crate::accent::version(&self.accent)
        )
    }

    /// The first letter of the name, for the mark.
    #[must_use]
    pub fn initial(&self) -> String {
        self.name
            .chars()
            .find(|c| c.is_alphanumeric())
            .unwrap_or('T')
            .to_uppercase()
            .to_string()
    }

    /// Where the logo leads.
    #[must_use]
    pub fn home(&self) -> &str {
        if self.base.is_empty() {
            "/"
        } else {
            &self.base
        }
    }

    /// The picture drawn from a package's name.
    #[must_use]
    pub fn art(&self, name: &str) -> Html {
        crate::art::package(name, &self.accent)
    }

    /// A shop as the samples use it.
    #[must_use]
    pub fn sample(here: &str) -> Self {
        let nav = |name: &str, slug: &str| NavCategory {
            name: name.to_owned(),
            slug: slug.to_owned(),
            current: here.ends_with(slug),
        };
        Self {
            doc: Document::sample(here),
            base: "/s/demo".to_owned(),
            name: "Emberfall".to_owned(),
            logo_url: None,
            accent: "#d9480f".to_owned(),
            categories: vec![
                nav("Ranks", "ranks"),
                nav("Coins", "coins"),
                nav("Crate keys", "keys"),
                nav("Kits", "kits"),
            ],
            basket_count: 2,
            player: Some(Buyer {
                username: "Steve".to_owned(),
            }),
            contact_url: Some("/s/demo/contact".to_owned()),
            terms_url: Some("/s/demo/terms".to_owned()),
            test_mode: true,
            notice: None,
        }
    }

    /// The same shop under another name and colour, for somebody new.
    #[must_use]
    pub fn sample_named(base: &str, name: &str, accent: &str) -> Self {
        Self {
            name: name.to_owned(),
            accent: accent.to_owned(),
            base: base.to_owned(),
            basket_count: 0,
            player: None,
            contact_url: None,
            terms_url: None,
            test_mode: false,
            ..Self::sample(base)
        }
    }
}

impl PackageCard {
    /// A card as the samples use it.
    #[must_use]
    pub fn sample(name: &str, line: &str, amount: &str) -> Self {
        Self {
            slug: name.to_lowercase().replace(' ', "-"),
            name: name.to_owned(),
            line: line.to_owned(),
            picture: None,
            price: Money::new(amount, "EUR"),
            was: None,
            sale: None,
            cadence: None,
            note: None,
            own_price: false,
            sold_out: false,
        }
    }

    /// A grid with a bit of everything.
    #[must_use]
    pub fn sample_grid() -> Vec<Self> {
        let mut cards = vec![
            Self::sample(
                "VIP",
                "A golden name, two homes more and the /hat command",
                "9.99",
            ),
            Self::sample("MVP+", "Everything in VIP, plus flight in the hub", "24.99"),
            Self::sample(
                "1,000 Coins",
                "Spend them at the market in Survival",
                "4.99",
            ),
            Self::sample("Ember Crate Key", "Opens one Ember Crate at spawn", "2.49"),
            Self::sample(
                "Builder Kit",
                "Stone, wood and glass, 64 stacks of each",
                "6.00",
            ),
            Self::sample("Founder's Relic", "Only 50 were ever made", "49.00"),
            Self::sample("Donation", "Helps to keep the servers running", "1.00"),
        ];
        cards[1].was = Some(Money::new("34.99", "EUR"));
        cards[1].sale = Some("Autumn sale, until 30 Nov".to_owned());
        cards[2].note = Some("Cheaper from 10".to_owned());
        cards[3].cadence = Some("every month".to_owned());
        cards[3].note = Some("7 days free".to_owned());
        cards[5].sold_out = true;
        cards[6].own_price = true;
        cards[6].note = Some("You choose the price".to_owned());
        cards
    }

    /// A name that hardly fits.
    #[must_use]
    pub fn sample_long() -> Self {
        Self::sample(
            "The Extraordinarily Long Package Name Nobody Shortened ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            "A line that goes on for quite a while, because its owner had much to say about what is in it and did not stop",
            "1,234,567.89",
        )
    }
}
