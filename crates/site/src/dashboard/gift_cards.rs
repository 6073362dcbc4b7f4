//! The list of gift cards.

use askama::Template;

use super::orders::Chip;
use super::shell::{Paging, Section, Shell};
use crate::view::{Money, Sample, Status, Tone, When};

/// `GET {base}/gift-cards?status=&before=&trail=`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/gift_cards.html")]
pub struct GiftCards {
    /// The frame.
    pub shell: Shell,
    /// How many there are: "6 gift cards"; empty where it was not counted.
    pub count: String,
    /// The filter by how they stand.
    pub chips: Vec<Chip>,
    /// The gift cards found.
    pub rows: Vec<GiftCardRow>,
    /// The neighbouring pages.
    pub paging: Paging,
    /// Whether this member may make some.
    pub may_make: bool,
}

/// One gift card in the list.
#[derive(Debug, Clone)]
pub struct GiftCardRow {
    /// Who it is for; `None` where nobody in particular.
    pub recipient: Option<String>,
    /// Its page.
    pub url: String,
    /// What it was worth.
    pub amount: Money,
    /// What can be spent now.
    pub balance: Money,
    /// What payments under way hold, if anything.
    pub held: Option<Money>,
    /// How it stands.
    pub status: Status,
    /// When it was made.
    pub made: When,
    /// When it ends.
    pub expires: Option<When>,
}

impl GiftCards {
    /// Whether all of them are shown.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        let mut chips = self.chips.iter();
        chips.any(|chip| chip.current && chip.value.is_empty())
    }
}

impl Sample for GiftCards {
    fn sample() -> Self {
        let money = |amount: &str| Money::new(amount, "EUR");
        let row =
            |recipient: Option<&str>, amount: &str, balance: &str, status: Status| GiftCardRow {
                recipient: recipient.map(str::to_owned),
                url: "/dashboard/demo/gift-cards/g1".to_owned(),
                amount: money(amount),
                balance: money(balance),
                held: None,
                status,
                made: When::new("2026-11-20T18:04:02Z", "2 h ago"),
                expires: None,
            };
        let mut rows = vec![
            row(
                Some("Alex"),
                "25.00",
                "25.00",
                Status::new(Tone::Good, "Active"),
            ),
            row(
                Some("BlockyQueen"),
                "50.00",
                "12.51",
                Status::new(Tone::Good, "Active"),
            ),
            row(None, "10.00", "0.00", Status::new(Tone::Calm, "Spent")),
            row(
                Some("Winner of the build contest"),
                "100.00",
                "100.00",
                Status::new(Tone::Warn, "Expired"),
            ),
            row(
                Some("Steve"),
                "20.00",
                "0.00",
                Status::new(Tone::Calm, "Void"),
            ),
        ];
        rows[0].expires = Some(When::new("2027-12-31T23:59:59Z", "31 Dec 2027"));
        rows[1].held = Some(money("9.99"));
        rows[3].expires = Some(When::new("2026-10-31T23:59:59Z", "31 Oct 2026"));
        let chip = |label: &str, value: &str, current| Chip {
            label: label.to_owned(),
            value: value.to_owned(),
            url: format!("/dashboard/demo/gift-cards?status={value}"),
            current,
        };
        Self {
            shell: Shell::sample(Section::GiftCards),
            count: "5 gift cards".to_owned(),
            chips: vec![
                chip("All", "", true),
                chip("Active", "active", false),
                chip("Spent", "redeemed", false),
                chip("Expired", "expired", false),
                chip("Void", "void", false),
            ],
            rows,
            paging: Paging::default(),
            may_make: true,
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            rows: Vec::new(),
            count: String::new(),
            ..usual.clone()
        };
        let looking = Self {
            may_make: false,
            ..empty.clone()
        };
        let mut none = empty.clone();
        for chip in &mut none.chips {
            chip.current = chip.value == "void";
        }
        let mut many = usual.clone();
        many.rows = (0..5).flat_map(|_| usual.rows.clone()).collect();
        many.rows[1].recipient =
            Some("A name as long as it may be, for somebody with many names, 64 ch".to_owned());
        many.paging = Paging {
            text: "26 to 50".to_owned(),
            newer: Some("/dashboard/demo/gift-cards".to_owned()),
            older: Some("/dashboard/demo/gift-cards?before=x".to_owned()),
        };
        vec![
            ("usual", usual),
            ("empty", empty),
            ("may-look", looking),
            ("nothing-found", none),
            ("many", many),
        ]
    }
}
