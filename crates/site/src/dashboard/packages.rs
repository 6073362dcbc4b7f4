//! The list of packages.

use askama::Template;

use super::shell::{Section, Shell};
use crate::view::{Html, Money, Notice, Sample, Status, Tone};

/// `GET {base}/packages?q=`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/packages.html")]
pub struct Packages {
    /// The frame.
    pub shell: Shell,
    /// The search as typed.
    pub search: String,
    /// The packages found.
    pub rows: Vec<PackageRow>,
    /// "6 packages".
    pub count: String,
    /// The store's colour, for the pictures.
    pub accent: String,
}

/// One package in the list.
#[derive(Debug, Clone)]
pub struct PackageRow {
    /// Its name.
    pub name: String,
    /// Its editor.
    pub url: String,
    /// Its category, may be empty.
    pub category: String,
    /// What it costs.
    pub price: Money,
    /// "Active", "Hidden", "Sold out".
    pub status: Status,
    /// How many were sold.
    pub sold: String,
    /// Address of the owner's image.
    pub image_url: Option<String>,
}

impl Packages {
    /// The picture drawn from a package's name.
    #[must_use]
    pub fn art(&self, name: &str) -> Html {
        crate::art::package(name, &self.accent)
    }
}

impl Sample for Packages {
    fn sample() -> Self {
        let row =
            |name: &str, category: &str, amount: &str, sold: &str, status: Status| PackageRow {
                name: name.to_owned(),
                url: "/dashboard/demo/packages/p1".to_owned(),
                category: category.to_owned(),
                price: Money::new(amount, "EUR"),
                status,
                sold: sold.to_owned(),
                image_url: None,
            };
        let active = || Status::new(Tone::Good, "Active");
        Self {
            shell: Shell::sample(Section::Packages),
            search: String::new(),
            rows: vec![
                row("VIP", "Ranks", "9.99", "214", active()),
                row("MVP+", "Ranks", "34.99", "58", active()),
                row("1,000 Coins", "Coins", "4.99", "1,032", active()),
                row("Ember Crate Key", "Crate keys", "2.49", "640", active()),
                row(
                    "Builder Kit",
                    "Kits",
                    "6.00",
                    "0",
                    Status::new(Tone::Calm, "Hidden"),
                ),
                row(
                    "Founder's Relic",
                    "",
                    "49.00",
                    "50",
                    Status::new(Tone::Warn, "Sold out"),
                ),
            ],
            count: "6 packages".to_owned(),
            accent: "#d9480f".to_owned(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            rows: Vec::new(),
            count: "0 packages".to_owned(),
            ..usual.clone()
        };
        let none = Self {
            search: "crown".to_owned(),
            ..empty.clone()
        };
        let mut long = usual.clone();
        long.shell.notice = Some(Notice::good("MVP+ is saved."));
        long.rows[0].name = crate::storefront::PackageCard::sample_long().name;
        long.rows[0].category = "A category with quite a long name".to_owned();
        vec![
            ("usual", usual),
            ("empty", empty),
            ("nothing-found", none),
            ("long", long),
        ]
    }
}
