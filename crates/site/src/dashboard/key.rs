//! One API key: what it may do, and its end. Making one.

use askama::Template;

use super::keys::PlanNote;
use super::order::Fact;
use super::shell::{Section, Shell};
use crate::view::{Field, FieldError, Sample, Status, Tone};

/// `GET {base}/keys/{id}`; its forms post to `{base}/keys/{id}/regenerate` and `{base}/keys/{id}/revoke`.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/key.html")]
pub struct Key {
    /// The frame.
    pub shell: Shell,
    /// Its page.
    pub url: String,
    /// What its owner calls it.
    pub name: String,
    /// `flx_7k2m9x4q_Qw3r`
    pub prefix: String,
    /// How it stands.
    pub status: Status,
    /// What the store's plan means for it.
    pub plan: Option<PlanNote>,
    /// The whole key, in the one answer that may show it.
    pub secret: Option<String>,
    /// Where the API is.
    pub api_url: String,
    /// When it was made and used, and when it ends.
    pub facts: Vec<Fact>,
    /// What it may do: the area and the words.
    pub can: Vec<(String, String)>,
    /// Whether it can get another secret.
    pub can_regenerate: bool,
    /// Whether it can be revoked.
    pub can_revoke: bool,
    /// `regenerate`: its name, typed to confirm another secret.
    pub regenerate: Field,
    /// `revoke`: its name, typed to confirm its end.
    pub revoke: Field,
}

/// `GET {base}/keys/new`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/key_new.html")]
pub struct NewKey {
    /// The frame.
    pub shell: Shell,
    /// `name`
    pub name: Field,
    /// `can`, repeated: `Packages:View`, or `all:View`.
    pub grid: Vec<GridRow>,
    /// What is wrong with the permissions.
    pub grid_error: Option<String>,
    /// `expires`: a date.
    pub expires: Field,
}

/// One area of the grid.
#[derive(Debug, Clone)]
pub struct GridRow {
    /// "Gift cards".
    pub label: String,
    /// View, edit, delete; `None` where keys cannot have it.
    pub cells: [Option<Cell>; 3],
}

/// One permission to be ticked.
#[derive(Debug, Clone)]
pub struct Cell {
    /// `GiftCards:View`.
    pub value: String,
    /// "View gift cards".
    pub label: String,
    /// Whether it is ticked.
    pub chosen: bool,
}

impl Key {
    /// The errors of the forms, for their summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[("regenerate", &self.regenerate), ("revoke", &self.revoke)])
    }
}

impl NewKey {
    /// The columns: the value of all of it, and its word.
    const COLUMNS: [(&'static str, &'static str); 3] =
        [("View", "View"), ("Edit", "Edit"), ("Delete", "Delete")];

    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = FieldError::collect(&[("name", &self.name)]);
        errors.extend(self.grid_error.clone().map(|text| FieldError {
            id: "permissions".to_owned(),
            text,
        }));
        errors.extend(FieldError::collect(&[("expires", &self.expires)]));
        errors
    }
}

impl Sample for Key {
    fn sample() -> Self {
        let fact = |label: &str, value: &str| Fact {
            label: label.to_owned(),
            value: value.to_owned(),
        };
        let can = |area: &str, words: &str| (area.to_owned(), words.to_owned());
        Self {
            shell: Shell::sample(Section::Keys),
            url: "/dashboard/demo/keys/k1".to_owned(),
            name: "Discord bot".to_owned(),
            prefix: "flx_7k2m9x4q_Qw3r".to_owned(),
            status: Status::new(Tone::Good, "Active"),
            plan: None,
            secret: None,
            api_url: "https://shops.example/api/v1".to_owned(),
            facts: vec![
                fact("Created", "12 October 2026, 09:30 UTC"),
                fact("Last used", "2 min ago"),
                fact("Expires", "Never"),
            ],
            can: vec![
                can("Packages", "View, edit"),
                can("Gift cards", "View, edit, delete"),
                can("Orders", "View"),
            ],
            can_regenerate: true,
            can_revoke: true,
            regenerate: Field::default(),
            revoke: Field::default(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut new = usual.clone();
        new.secret = Some("flx_7k2m9x4q_Qw3rTy7uIoP9aSdF1gHjK5lZxCvBnM2q".to_owned());
        let mut refused = usual.clone();
        refused.revoke = Field::refused("discord", "Type Discord bot, exactly as it is written.");
        let mut revoked = usual.clone();
        revoked.status = Status::new(Tone::Calm, "Revoked");
        (revoked.can_regenerate, revoked.can_revoke) = (false, false);
        let mut lapsed = usual.clone();
        lapsed.plan = Some(PlanNote::lapsed("3 Nov 2026"));
        lapsed.status = Status::new(Tone::Warn, "Paused");
        lapsed.can_regenerate = false;
        vec![
            ("usual", usual),
            ("new", new),
            ("refused", refused),
            ("revoked", revoked),
            ("lapsed", lapsed),
        ]
    }
}

impl Sample for NewKey {
    fn sample() -> Self {
        let row = |label: &str, area: &str, types: usize, chosen: usize| GridRow {
            label: label.to_owned(),
            cells: std::array::from_fn(|place| {
                let word = Self::COLUMNS[place].0;
                (place < types).then(|| Cell {
                    value: format!("{area}:{word}"),
                    label: format!("{word} {}", label.to_lowercase()),
                    chosen: place < chosen,
                })
            }),
        };
        Self {
            shell: Shell::sample(Section::Keys),
            name: Field::default(),
            grid: vec![
                row("Packages", "Packages", 3, 2),
                row("Categories", "Categories", 3, 0),
                row("Coupons", "Coupons", 3, 0),
                row("Sales", "Sales", 3, 0),
                row("Gift cards", "GiftCards", 3, 1),
                row("Orders", "Orders", 2, 1),
                row("Customers", "Customers", 1, 0),
                row("Bans", "Bans", 3, 0),
                row("Subscriptions", "Subscriptions", 1, 0),
            ],
            grid_error: None,
            expires: Field::default(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut refused = usual.clone();
        refused.name = Field::refused("", "Give the key a name, such as Discord bot.");
        refused.grid_error = Some("Tick at least one thing that the key may do.".to_owned());
        refused.expires = Field::refused("2020-01-01", "The date must be in the future.");
        vec![("usual", usual), ("refused", refused)]
    }
}
