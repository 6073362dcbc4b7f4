//! The door to the dashboard.

use askama::Template;

use crate::view::{Document, Field, Notice, Sample};

/// `GET /dashboard/login?next=`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/login.html")]
pub struct Login {
    /// Language, colours, csrf.
    pub doc: Document,
    /// The e-mail as typed.
    pub email: Field,
    /// Why the log-in was refused: "E-mail or password is wrong."
    pub error: Option<String>,
    /// What just happened: "You are logged out."
    pub notice: Option<Notice>,
    /// Where to go on, sent back as `next`.
    pub next: String,
}

impl Sample for Login {
    fn sample() -> Self {
        Self {
            doc: Document::sample("/dashboard/login"),
            email: Field::default(),
            error: None,
            notice: None,
            next: "/dashboard".to_owned(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let refused = Self {
            email: Field::new("robin@emberfall.example"),
            error: Some(
                "E-mail or password is wrong. After five tries there is a short pause.".to_owned(),
            ),
            ..Self::sample()
        };
        let left = Self {
            notice: Some(Notice::good("You are logged out.")),
            ..Self::sample()
        };
        vec![
            ("usual", Self::sample()),
            ("refused", refused),
            ("logged-out", left),
        ]
    }
}
