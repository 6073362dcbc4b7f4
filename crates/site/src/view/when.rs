//! Points in time as they are shown.

/// A time for people and for machines: `<time datetime="{iso}">{text}</time>`.
#[derive(Debug, Clone)]
pub struct When {
    /// RFC 3339, in UTC.
    pub iso: String,
    /// For people: "2 min ago", "20 Nov, 18:04".
    pub text: String,
}

impl When {
    /// A time to show.
    #[must_use]
    pub fn new(iso: &str, text: &str) -> Self {
        Self {
            iso: iso.to_owned(),
            text: text.to_owned(),
        }
    }
}
