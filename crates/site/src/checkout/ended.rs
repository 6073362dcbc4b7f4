//! A checkout that is over: expired, completed, cancelled or unknown.

use askama::Template;

use super::frame::Frame;
use crate::view::Sample;

/// The page of a session in which nothing can be paid any more.
#[derive(Debug, Clone, Template)]
#[template(path = "checkout/ended.html")]
pub struct Ended {
    /// The store's frame.
    pub frame: Frame,
    /// The icon in the sprite.
    pub icon: &'static str,
    /// What happened, in a few words.
    pub title: String,
    /// What that means and what to do next.
    pub text: String,
    /// The button below: address and words.
    pub action: Option<(String, String)>,
}

impl Ended {
    /// Its time ran out.
    #[must_use]
    pub fn expired(frame: Frame) -> Self {
        let action = Self::to_store(&frame);
        Self {
            frame,
            icon: "clock",
            title: "This checkout has expired".to_owned(),
            text: "Nothing was charged. Prices are held for a limited time only, so please start again from the store.".to_owned(),
            action,
        }
    }

    /// It is paid already.
    #[must_use]
    pub fn completed(frame: Frame, receipt_url: Option<String>) -> Self {
        Self {
            frame,
            icon: "circle-check",
            title: "This order is paid already".to_owned(),
            text: "You paid once, and once is all it takes. The receipt shows what is on its way."
                .to_owned(),
            action: receipt_url.map(|url| (url, "Show the receipt".to_owned())),
        }
    }

    /// It was cancelled.
    #[must_use]
    pub fn cancelled(frame: Frame) -> Self {
        let action = Self::to_store(&frame);
        Self {
            frame,
            icon: "undo-2",
            title: "This checkout was cancelled".to_owned(),
            text: "Nothing was charged. Whenever you are ready, start again from the store."
                .to_owned(),
            action,
        }
    }

    /// There is no such session.
    #[must_use]
    pub fn unknown(frame: Frame) -> Self {
        Self {
            frame,
            icon: "search",
            title: "We do not know this checkout".to_owned(),
            text: "The link may be incomplete. Nothing was charged. Please go back to the shop you came from and start again.".to_owned(),
            action: None,
        }
    }

    fn to_store(frame: &Frame) -> Option<(String, String)> {
        let url = frame.store_url.clone();
        (!url.is_empty()).then(|| (url, format!("Go to {}", frame.store_name)))
    }
}

impl Sample for Ended {
    fn sample() -> Self {
        Self::expired(Frame::sample("/checkout/cs_x"))
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let frame = || Frame::sample("/checkout/cs_x");
        let nobody = Frame {
            store_name: String::new(),
            store_url: String::new(),
            base: String::new(),
            accent: crate::accent::DEFAULT.to_owned(),
            contact_url: None,
            terms_url: None,
            test_mode: false,
            ..frame()
        };
        vec![
            ("expired", Self::sample()),
            (
                "completed",
                Self::completed(frame(), Some("/receipt/cs_x?t=secret".to_owned())),
            ),
            ("cancelled", Self::cancelled(frame())),
            ("unknown", Self::unknown(nobody)),
        ]
    }
}
