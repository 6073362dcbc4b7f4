//! Text that is markup already.

use std::fmt;

/// Markup that needs no escaping: drawn by this crate or sanitised by the caller.
#[derive(Debug, Clone, Default)]
pub struct Html(pub String);

impl Html {
    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}

/// An icon of the sprite. It is decoration: a word always stands beside it or in the label.
#[must_use]
pub fn icon(name: &str) -> Html {
    let sprite = crate::asset_url("icons.svg");
    Html(format!(
        r##"<svg class="icon" width="20" height="20" aria-hidden="true"><use href="{sprite}#{name}"/></svg>"##
    ))
}
