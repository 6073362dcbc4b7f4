//! What the dashboard says when a page cannot be shown.

use askama::Template;

use crate::view::{Document, Sample};

/// Any error page of the dashboard, with or without a store.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/problem.html")]
pub struct Problem {
    /// Language, colours, csrf.
    pub doc: Document,
    /// The HTTP status, shown small.
    pub code: u16,
    /// What happened, in a few words.
    pub title: String,
    /// What to do next.
    pub text: String,
    /// The button below: address and words.
    pub action: (String, String),
}

impl Problem {
    /// 403: this user may not see it.
    #[must_use]
    pub fn forbidden(doc: Document) -> Self {
        Self::of(
            doc,
            403,
            "You may not see this",
            "Your role in this store does not include it. Somebody who manages the team can change that.",
        )
    }

    /// 404: there is no such thing, or it belongs to somebody else.
    #[must_use]
    pub fn not_found(doc: Document) -> Self {
        Self::of(
            doc,
            404,
            "There is nothing here",
            "It may have been removed, or the link belongs to another store.",
        )
    }

    /// 500: our fault.
    #[must_use]
    pub fn failed(doc: Document) -> Self {
        Self::of(
            doc,
            500,
            "That went wrong, and it was us",
            "Nothing was changed. Please try again in a moment.",
        )
    }

    fn of(doc: Document, code: u16, title: &str, text: &str) -> Self {
        let action = ("/dashboard".to_owned(), "To the dashboard".to_owned());
        Self {
            doc,
            code,
            title: title.to_owned(),
            text: text.to_owned(),
            action,
        }
    }
}

impl Sample for Problem {
    fn sample() -> Self {
        Self::not_found(Document::sample("/dashboard/x"))
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let doc = || Document::sample("/dashboard/x");
        vec![
            ("not-found", Self::sample()),
            ("forbidden", Self::forbidden(doc())),
            ("failed", Self::failed(doc())),
        ]
    }
}
