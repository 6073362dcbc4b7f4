//! The list of API keys, and the origins that checkouts may return to.

use askama::Template;

use super::shell::{Section, Shell};
use crate::view::{Field, FieldError, Notice, Sample, Status, Tone, When};

/// `GET {base}/keys`; origins are posted to `{base}/keys/origins` and `{base}/keys/origins/remove`.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/keys.html")]
pub struct Keys {
    /// The frame.
    pub shell: Shell,
    /// Why no key works or can be made, where the plan is the reason.
    pub plan: Option<PlanNote>,
    /// The keys, newest first.
    pub rows: Vec<KeyRow>,
    /// Where checkouts may return to.
    pub origins: Vec<String>,
    /// `origin`: one to be added.
    pub origin: Field,
    /// What an origin looks like.
    pub origin_hint: &'static str,
}

/// What the store's plan means for its keys.
#[derive(Debug, Clone)]
pub struct PlanNote {
    /// "API keys need the Pro plan".
    pub title: String,
    /// What works and what does not.
    pub text: String,
}

/// One key in the list.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// What its owner calls it.
    pub name: String,
    /// Its page.
    pub url: String,
    /// `flx_7k2m9x4q_Qw3r`
    pub prefix: String,
    /// "View packages, categories. Edit coupons."
    pub can: String,
    /// How it stands.
    pub status: Status,
    /// Whether it works no more.
    pub over: bool,
    /// When it was last used.
    pub used: Option<When>,
    /// When it was made.
    pub made: When,
    /// When it ends by itself.
    pub expires: Option<When>,
}

impl Keys {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[("origin", &self.origin)])
    }
}

impl KeyRow {
    /// Keys as the samples use them.
    #[must_use]
    pub fn sample_rows() -> Vec<Self> {
        let at = |text: &str| When::new("2026-11-20T18:04:02Z", text);
        let row = |name: &str, prefix: &str, can: &str, status: Status, used: Option<&str>| Self {
            name: name.to_owned(),
            url: "/dashboard/demo/keys/k1".to_owned(),
            prefix: format!("flx_7k2m9x4q_{prefix}"),
            can: can.to_owned(),
            over: status.tone == Tone::Calm,
            status,
            used: used.map(at),
            made: at("12 Oct, 09:30"),
            expires: None,
        };
        let mut rows = vec![
            row(
                "Discord bot",
                "Qw3r",
                "View packages, orders and customers",
                Status::new(Tone::Good, "Active"),
                Some("2 min ago"),
            ),
            row(
                "Website",
                "tY8u",
                "View and edit packages and orders; view, edit and delete coupons and gift cards",
                Status::new(Tone::Good, "Active"),
                None,
            ),
            row(
                "Black Friday import",
                "Zx1c",
                "Everything",
                Status::new(Tone::Calm, "Expired"),
                Some("28 Nov 2025"),
            ),
            row(
                "Old website",
                "m4Nb",
                "View everything",
                Status::new(Tone::Calm, "Revoked"),
                Some("3 Oct, 11:12"),
            ),
        ];
        rows[0].expires = Some(at("31 Mar 2027"));
        rows[2].expires = Some(at("1 Dec 2025"));
        rows
    }
}

impl PlanNote {
    /// A store without the plan.
    #[must_use]
    pub fn free() -> Self {
        Self {
            title: "API keys need the Pro plan".to_owned(),
            text: "This store is on the Free plan, so no key can be made and requests with a key are refused. Whoever runs this Tradepost can change the plan."
                .to_owned(),
        }
    }

    /// A store whose plan has lapsed on this day.
    #[must_use]
    pub fn lapsed(day: &str) -> Self {
        Self {
            title: format!("The Pro plan ended on {day}"),
            text: "Requests with a key are refused until it is renewed; then the paused keys work again as they are. Until then you can look at keys and revoke them."
                .to_owned(),
        }
    }
}

impl Sample for Keys {
    fn sample() -> Self {
        Self {
            shell: Shell::sample(Section::Keys),
            plan: None,
            rows: KeyRow::sample_rows(),
            origins: vec![
                "https://shop.emberfall.example".to_owned(),
                "https://www.emberfall.example".to_owned(),
            ],
            origin: Field::default(),
            origin_hint: "For instance https://shop.example.com. Origins only, a path is not part of the match.",
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            rows: Vec::new(),
            origins: Vec::new(),
            ..usual.clone()
        };
        let mut lapsed = usual.clone();
        lapsed.plan = Some(PlanNote::lapsed("3 Nov 2026"));
        for row in &mut lapsed.rows[..2] {
            row.status = Status::new(Tone::Warn, "Paused");
        }
        let free = Self {
            plan: Some(PlanNote::free()),
            ..empty.clone()
        };
        let mut refused = usual.clone();
        refused.origin = Field::refused(
            "https://shop.emberfall.example/thanks",
            "Write an origin such as https://shop.example.com, without a path.",
        );
        refused.rows[0].name =
            "The website's own key, with a name as long as it may be, 64 ch".to_owned();
        refused.shell.notice = Some(Notice::good("The key is revoked."));
        vec![
            ("usual", usual),
            ("empty", empty),
            ("lapsed", lapsed),
            ("free", free),
            ("refused", refused),
        ]
    }
}
