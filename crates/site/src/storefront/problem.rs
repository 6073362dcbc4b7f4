//! What a shop says when a page cannot be shown.

use askama::Template;

use super::shop::Shop;
use crate::view::Sample;

/// Any error page of a shop.
#[derive(Debug, Clone, Template)]
#[template(path = "storefront/problem.html")]
pub struct Problem {
    /// Header, footer, accent.
    pub shop: Shop,
    /// The HTTP status, shown small.
    pub code: u16,
    /// What happened, in a few words.
    pub title: String,
    /// What to do next.
    pub text: String,
}

impl Problem {
    /// 404: there is no such page, category or package.
    #[must_use]
    pub fn not_found(shop: Shop) -> Self {
        Self {
            shop,
            code: 404,
            title: "This page does not exist".to_owned(),
            text: "The link may be old, or a letter got lost on the way. Everything on sale is one click away.".to_owned(),
        }
    }

    /// 410: it was here and is gone.
    #[must_use]
    pub fn gone(shop: Shop) -> Self {
        Self {
            shop,
            code: 410,
            title: "This is no longer sold".to_owned(),
            text: "What you bought before stays yours. Have a look at what there is now."
                .to_owned(),
        }
    }

    /// 500: our fault.
    #[must_use]
    pub fn failed(shop: Shop) -> Self {
        Self {
            shop,
            code: 500,
            title: "That went wrong, and it was us".to_owned(),
            text:
                "Nothing was charged. Please try again in a moment; your basket is as you left it."
                    .to_owned(),
        }
    }
}

impl Sample for Problem {
    fn sample() -> Self {
        Self::not_found(Shop::sample("/s/demo/nowhere"))
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let shop = || Shop::sample("/s/demo/nowhere");
        let other = Self {
            shop: shop(),
            code: 403,
            title: "This form is too old".to_owned(),
            text: "For your safety a form can be sent for a day. Go back, reload the page and try again.".to_owned(),
        };
        vec![
            ("not-found", Self::sample()),
            ("gone", Self::gone(shop())),
            ("failed", Self::failed(shop())),
            ("other", other),
        ]
    }
}
