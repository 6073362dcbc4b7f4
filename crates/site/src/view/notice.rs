//! Messages about what just happened.

use super::Tone;

/// One message above the page's content.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Good news, a warning or a failure.
    pub tone: Tone,
    /// One sentence, two at most.
    pub text: String,
}

impl Notice {
    /// Good news, such as "Saved."
    #[must_use]
    pub fn good(text: &str) -> Self {
        Self {
            tone: Tone::Good,
            text: text.to_owned(),
        }
    }

    /// Something to look at.
    #[must_use]
    pub fn warn(text: &str) -> Self {
        Self {
            tone: Tone::Warn,
            text: text.to_owned(),
        }
    }

    /// Something that did not work.
    #[must_use]
    pub fn bad(text: &str) -> Self {
        Self {
            tone: Tone::Bad,
            text: text.to_owned(),
        }
    }

    /// `alert` interrupts a screen reader, `status` waits.
    #[must_use]
    pub fn role(&self) -> &'static str {
        if self.tone == Tone::Bad {
            "alert"
        } else {
            "status"
        }
    }
}
