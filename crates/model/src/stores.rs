//! Stores: one shop of one owner.

use crate::Timestamp;
use crate::ids::StoreId;
use crate::money::Currency;
use crate::names::{NameError, Slug};
use crate::plans::Subscribed;
use crate::players::Game;

/// A store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Identity.
    pub id: StoreId,
    /// Eight characters `[a-z0-9]`: the public short id inside API keys.
    pub short_id: String,
    /// The name in web addresses.
    pub subdomain: Slug,
    /// What players call it.
    pub name: String,
    /// One sentence under the name; may be empty.
    pub tagline: String,
    /// The currency of all its prices.
    pub currency: Currency,
    /// BCP 47 language of its pages.
    pub language: String,
    /// What it sells for.
    pub game: Game,
    /// The accent colour, `#rrggbb`.
    pub accent: String,
    /// Whether the Test gateway may take payments.
    pub test_mode: bool,
    /// What it has subscribed to at its operator's.
    pub plan: Subscribed,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a new store needs.
#[derive(Clone, Debug)]
pub struct NewStore {
    /// What players call it.
    pub name: String,
    /// The name in web addresses.
    pub subdomain: Slug,
    /// One sentence under the name.
    pub tagline: String,
    /// The currency.
    pub currency: Currency,
    /// The language.
    pub language: String,
    /// The game.
    pub game: Game,
    /// The accent colour.
    pub accent: String,
}

/// The accent of a store that has chosen none.
pub const DEFAULT_ACCENT: &str = "#2f6fed";

const RESERVED: [&str; 14] = [
    "api",
    "login",
    "logout",
    "www",
    "admin",
    "dashboard",
    "checkout",
    "receipt",
    "assets",
    "static",
    "mail",
    "help",
    "docs",
    "status",
];

/// A subdomain: a slug of 3 characters or more that is not one of our own names.
pub fn subdomain(text: &str) -> Result<Slug, NameError> {
    let slug = Slug::parse(text)?;
    if text.len() < 3 {
        return Err(NameError::new("must have at least 3 characters"));
    }
    if RESERVED.contains(&text) {
        return Err(NameError::new("is a reserved name, choose another"));
    }
    Ok(slug)
}

/// An accent colour: `#` and six hexadecimal digits.
pub fn accent(text: &str) -> Result<String, NameError> {
    let fits = text
        .strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if fits {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(NameError::new("must be a colour such as #2f6fed"))
    }
}
