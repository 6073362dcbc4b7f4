//! States in words; the colour only repeats what the word and the icon say.

/// How a state feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Needs a look.
    Warn,
    /// Went wrong.
    Bad,
    /// On its way.
    Busy,
    /// Neither good nor bad.
    Calm,
}

impl Tone {
    /// The class suffix of this tone.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Busy => "busy",
            Self::Calm => "calm",
        }
    }

    /// The icon that repeats this tone.
    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Good => "circle-check",
            Self::Warn => "triangle-alert",
            Self::Bad => "circle-x",
            Self::Busy => "clock",
            Self::Calm => "circle-minus",
        }
    }
}

/// A state: a tone and a word.
#[derive(Debug, Clone)]
pub struct Status {
    /// How it feels.
    pub tone: Tone,
    /// What it is, in one to three words.
    pub text: String,
}

impl Status {
    /// A state to show.
    #[must_use]
    pub fn new(tone: Tone, text: &str) -> Self {
        Self {
            tone,
            text: text.to_owned(),
        }
    }
}
