//! What every document needs, whatever the page.

/// The reader's choice of colours, remembered in a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the device says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The word in `data-theme`, in the cookie and in the form.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the word of the cookie or the form; anything unknown is [`Theme::Auto`].
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }
}

/// Language, colours and the anti-forgery value of one document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Language tag for `<html lang>`.
    pub lang: String,
    /// Colours for `<html data-theme>`.
    pub theme: Theme,
    /// Value of the hidden `csrf` field in every POST form.
    pub csrf: String,
    /// Path and query of this page, so that the theme switch can lead back to it.
    pub here: String,
}

impl Document {
    /// A document as the samples use it.
    #[must_use]
    pub fn sample(here: &str) -> Self {
        Self {
            lang: "en".to_owned(),
            theme: Theme::Auto,
            csrf: "sample-csrf".to_owned(),
            here: here.to_owned(),
        }
    }

    /// The choices of the theme switch: word, label, icon, chosen.
    #[must_use]
    pub fn themes(&self) -> [(&'static str, &'static str, &'static str, bool); 3] {
        [
            (
                "auto",
                "Same as device",
                "monitor",
                self.theme == Theme::Auto,
            ),
            ("light", "Light", "sun", self.theme == Theme::Light),
            ("dark", "Dark", "moon", self.theme == Theme::Dark),
        ]
    }
}
