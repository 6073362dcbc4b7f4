//! The first page of a shop.

use askama::Template;

use super::shop::{PackageCard, Shop};
use crate::view::{Html, Sample, When};

/// `GET {base}/`
#[derive(Debug, Clone, Template)]
#[template(path = "storefront/home.html")]
pub struct Home {
    /// Header, footer, accent.
    pub shop: Shop,
    /// One sentence under the name, may be empty.
    pub tagline: String,
    /// Servers with an address to join.
    pub servers: Vec<GameServer>,
    /// Packages to show first.
    pub featured: Vec<PackageCard>,
    /// Categories as cards.
    pub categories: Vec<CategoryCard>,
    /// What players bought lately, newest first.
    pub purchases: Vec<Purchase>,
}

/// A game server's address in the hero.
#[derive(Debug, Clone)]
pub struct GameServer {
    /// Its name.
    pub name: String,
    /// What players type to join.
    pub address: String,
    /// Whether it is connected, where we know.
    pub online: Option<bool>,
}

/// A category on the first page.
#[derive(Debug, Clone)]
pub struct CategoryCard {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// One line about it, may be empty.
    pub line: String,
    /// "6 packages".
    pub count: String,
}

/// "Steve bought VIP, 2 min ago".
#[derive(Debug, Clone)]
pub struct Purchase {
    /// Who.
    pub username: String,
    /// What, in words.
    pub what: String,
    /// When.
    pub when: When,
}

impl Home {
    /// The island behind the name.
    #[must_use]
    pub fn scene(&self) -> Html {
        crate::art::scene(&self.shop.name, &self.shop.accent)
    }
}

impl Sample for Home {
    fn sample() -> Self {
        let category = |slug: &str, name: &str, line: &str, count: &str| CategoryCard {
            slug: slug.to_owned(),
            name: name.to_owned(),
            line: line.to_owned(),
            count: count.to_owned(),
        };
        let bought = |username: &str, what: &str, text: &str| Purchase {
            username: username.to_owned(),
            what: what.to_owned(),
            when: When::new("2026-11-20T17:58:00Z", text),
        };
        let server = |name: &str, address: &str, online| GameServer {
            name: name.to_owned(),
            address: address.to_owned(),
            online,
        };
        Self {
            shop: Shop::sample("/s/demo"),
            tagline: "Ranks, coins and keys for Survival and Skyblock. What you buy is in the game within seconds.".to_owned(),
            servers: vec![
                server("Survival", "play.emberfall.example", Some(true)),
                server("Skyblock", "sky.emberfall.example", Some(false)),
            ],
            featured: PackageCard::sample_grid(),
            categories: vec![
                category("ranks", "Ranks", "A name with a colour, and more homes", "6 packages"),
                category("coins", "Coins", "For the market in Survival", "4 packages"),
                category("keys", "Crate keys", "Open crates at spawn", "3 packages"),
                category("kits", "Kits", "Start ahead", "1 package"),
            ],
            purchases: vec![
                bought("Steve", "VIP", "2 min ago"),
                bought("BlockyQueen", "1,000 Coins × 3", "11 min ago"),
                bought("xX_Herobrine_Xx", "Ember Crate Key", "1 h ago"),
                bought("Alex", "MVP+", "3 h ago"),
                bought("Notch", "Builder Kit", "yesterday"),
            ],
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            shop: Shop {
                categories: Vec::new(),
                ..Shop::sample_named("/s/new", "New Realm", "#7a3cff")
            },
            tagline: String::new(),
            servers: Vec::new(),
            featured: Vec::new(),
            categories: Vec::new(),
            purchases: Vec::new(),
        };
        let mut long = Self {
            shop: Shop::sample_named(
                "/s/long",
                "The Most Unreasonably Long Store Name In All Of Minecraft Land",
                "#12b886",
            ),
            ..usual.clone()
        };
        long.featured.insert(0, PackageCard::sample_long());
        long.servers[0].address =
            "a-very-long-address-of-a-server.play.somewhere-far-away.example:25565".to_owned();
        long.purchases[0].what = long.featured[0].name.clone();
        let quiet = Self {
            shop: Shop::sample_named("/s/quiet", "Northlight", "#2463eb"),
            purchases: Vec::new(),
            servers: usual.servers[..1].to_vec(),
            ..usual.clone()
        };
        vec![
            ("usual", usual),
            ("empty", empty),
            ("long", long),
            ("quiet", quiet),
        ]
    }
}
