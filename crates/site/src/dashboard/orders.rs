//! The list of orders.

use askama::Template;

use super::shell::{Paging, Section, Shell};
use crate::view::{Money, Sample, Status, Tone, When};

/// `GET {base}/orders?player=&status=&before=`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/orders.html")]
pub struct Orders {
    /// The frame.
    pub shell: Shell,
    /// The player searched for, as typed.
    pub search: String,
    /// The status filter.
    pub chips: Vec<Chip>,
    /// The orders found.
    pub rows: Vec<OrderRow>,
    /// The neighbouring pages.
    pub paging: Paging,
}

/// One choice of a filter.
#[derive(Debug, Clone)]
pub struct Chip {
    /// "Paid".
    pub label: String,
    /// The value in the address, kept when searching: `status`.
    pub value: String,
    /// Its address.
    pub url: String,
    /// Whether it is the one shown.
    pub current: bool,
}

/// One order in a list.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// "#1042".
    pub number: String,
    /// The order.
    pub url: String,
    /// Who gets it.
    pub player: String,
    /// "MVP+, 3 × 1,000 Coins".
    pub items: String,
    /// What was paid.
    pub total: Money,
    /// "Paid", "Refunded".
    pub status: Status,
    /// "Delivered", "Waiting for the player"; empty before payment.
    pub delivery: Option<Status>,
    /// When it was made.
    pub when: When,
}

impl Orders {
    /// The filter in force, to keep when searching.
    #[must_use]
    pub fn filter(&self) -> &str {
        self.chips
            .iter()
            .find(|chip| chip.current)
            .map_or("", |chip| &chip.value)
    }
}

impl OrderRow {
    /// Orders as the samples use them.
    #[must_use]
    pub fn sample_rows() -> Vec<Self> {
        let row = |number: &str,
                   player: &str,
                   items: &str,
                   total: &str,
                   status: (Tone, &str),
                   delivery: Option<(Tone, &str)>,
                   when: &str| Self {
            number: format!("#{number}"),
            url: format!("/dashboard/demo/orders/{number}"),
            player: player.to_owned(),
            items: items.to_owned(),
            total: Money::new(total, "EUR"),
            status: Status::new(status.0, status.1),
            delivery: delivery.map(|(tone, text)| Status::new(tone, text)),
            when: When::new("2026-11-20T18:04:02Z", when),
        };
        let paid = (Tone::Good, "Paid");
        vec![
            row(
                "1042",
                "Steve",
                "MVP+, 3 × 1,000 Coins",
                "39.96",
                paid,
                Some((Tone::Busy, "Waiting for the player")),
                "2 min ago",
            ),
            row(
                "1041",
                "BlockyQueen",
                "3 × 1,000 Coins",
                "14.97",
                paid,
                Some((Tone::Good, "Delivered")),
                "11 min ago",
            ),
            row(
                "1040",
                "xX_Herobrine_Xx",
                "Ember Crate Key",
                "2.49",
                (Tone::Busy, "Awaiting payment"),
                None,
                "1 h ago",
            ),
            row(
                "1039",
                "Alex",
                "MVP+",
                "24.99",
                (Tone::Calm, "Refunded"),
                Some((Tone::Good, "Delivered")),
                "3 h ago",
            ),
            row(
                "1038",
                "BlockyQueen",
                "Builder Kit",
                "6.00",
                paid,
                Some((Tone::Bad, "1 command failed")),
                "19 Nov, 21:40",
            ),
        ]
    }
}

impl Sample for Orders {
    fn sample() -> Self {
        let chip = |label: &str, value: &str, current| Chip {
            label: label.to_owned(),
            value: value.to_owned(),
            url: format!("/dashboard/demo/orders?status={value}"),
            current,
        };
        Self {
            shell: Shell::sample(Section::Orders),
            search: String::new(),
            chips: vec![
                chip("All", "", true),
                chip("Paid", "paid", false),
                chip("Awaiting payment", "pending", false),
                chip("Refunded", "refunded", false),
                chip("Cancelled", "cancelled", false),
            ],
            rows: OrderRow::sample_rows(),
            paging: Paging {
                text: "5 orders".to_owned(),
                newer: None,
                older: None,
            },
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            rows: Vec::new(),
            paging: Paging::default(),
            ..usual.clone()
        };
        let none = Self {
            search: "Nobody".to_owned(),
            ..empty.clone()
        };
        let mut many = usual.clone();
        many.rows = (0..5).flat_map(|_| OrderRow::sample_rows()).collect();
        many.rows[0].items = crate::storefront::PackageCard::sample_long().name;
        many.rows[1].player = "A_Player_With_A_Name_Of_32_Chars".to_owned();
        many.paging = Paging {
            text: "26 to 50 of 1,204".to_owned(),
            newer: Some("/dashboard/demo/orders".to_owned()),
            older: Some("/dashboard/demo/orders?before=x".to_owned()),
        };
        vec![
            ("usual", usual),
            ("empty", empty),
            ("nothing-found", none),
            ("many", many),
        ]
    }
}
