//! Who the purchases are for.

use askama::Template;

use super::shop::Shop;
use crate::view::{Field, FieldError, Sample};

/// `GET {base}/player?next=`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "storefront/player.html")]
pub struct PlayerPage {
    /// Header, footer, accent.
    pub shop: Shop,
    /// The name as typed.
    pub username: Field,
    /// The game's rule in words.
    pub rule: String,
    /// The edition, where it matters.
    pub edition: Option<Edition>,
    /// Where to go on, sent back as `next`.
    pub next: String,
    /// What happens after this: "Next: checkout", may be empty.
    pub next_step: String,
}

/// Which Minecraft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// `java`
    Java,
    /// `bedrock`
    Bedrock,
}

impl PlayerPage {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[("username", &self.username)])
    }

    /// Whether this edition is chosen.
    #[must_use]
    pub fn is(&self, edition: Edition) -> bool {
        self.edition == Some(edition)
    }
}

impl Sample for PlayerPage {
    fn sample() -> Self {
        Self {
            shop: Shop {
                player: None,
                ..Shop::sample("/s/demo/player")
            },
            username: Field::default(),
            rule: "3 to 16 letters, digits or underscores, exactly as in the game.".to_owned(),
            edition: Some(Edition::Java),
            next: "/s/demo/basket".to_owned(),
            next_step: "Next: checkout".to_owned(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let errors = Self {
            username: Field::refused(
                "not a name!",
                "A name has 3 to 16 letters, digits or underscores. Please check yours in the game.",
            ),
            edition: Some(Edition::Bedrock),
            ..usual.clone()
        };
        let change = Self {
            shop: Shop::sample("/s/demo/player"),
            username: Field::new("Steve"),
            edition: None,
            rule: "The name you have on Steam, or your SteamID64.".to_owned(),
            next_step: String::new(),
            ..usual.clone()
        };
        vec![("usual", usual), ("errors", errors), ("change", change)]
    }
}
