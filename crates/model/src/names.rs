//! Names and texts that people give to things: lengths and characters.

use std::fmt;

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(String);

impl NameError {
    /// An error with this sentence.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A line of text of `min..=max` characters: trimmed, no control characters, no bidi overrides.
pub fn line(text: &str, min: usize, max: usize) -> Result<String, NameError> {
    let text = text.trim();
    if text.chars().any(is_hostile) {
        return Err(NameError::new(
            "must not contain control or text-direction characters",
        ));
    }
    length(text, min, max)?;
    Ok(text.to_owned())
}

/// Text of several lines and at most `max` characters; line breaks and tabs are fine.
pub fn paragraph(text: &str, max: usize) -> Result<String, NameError> {
    let text = text.trim().replace("\r\n", "\n");
    if text
        .chars()
        .any(|c| is_hostile(c) && c != '\n' && c != '\t')
    {
        return Err(NameError::new(
            "must not contain control or text-direction characters",
        ));
    }
    length(&text, 0, max)?;
    Ok(text)
}

/// An e-mail address, loosely: one `@` with something on both sides, and no spaces.
pub fn email(text: &str) -> Result<String, NameError> {
    let text = line(text, 3, 254)?;
    let valid = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.len() <= 64
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains('@')
    });
    if !valid
        || text
            .chars()
            .any(|c| c.is_whitespace() || "<>\"'(),;:\\".contains(c))
    {
        return Err(NameError::new(
            "must be an e-mail address such as steve@example.com",
        ));
    }
    Ok(text)
}

/// First character, three asterisks and the domain: how others than the owner see an address.
pub fn mask_email(email: &str) -> String {
    match email.split_once('@') {
        Some((local, domain)) => {
            format!(
                "{}***@{domain}",
                local.chars().next().map(String::from).unwrap_or_default()
            )
        }
        None => "***".to_owned(),
    }
}

fn length(text: &str, min: usize, max: usize) -> Result<(), NameError> {
    let count = text.chars().count();
    if count == 0 && min > 0 {
        Err(NameError::new("must not be empty"))
    } else if count < min {
        Err(NameError::new(format!(
            "must have at least {min} characters"
        )))
    } else if count > max {
        Err(NameError::new(format!(
            "must have at most {max} characters, this has {count}"
        )))
    } else {
        Ok(())
    }
}

/// Control characters, and those that change the direction of text or hide in it.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// The name of a thing in a web address: `a-z`, `0-9` and single hyphens, 1 to 63 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slug(String);

impl Slug {
    /// Accepts a well-formed slug.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fits = (1..=63).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::new(
                "must have 1 to 63 characters: small letters, digits and single hyphens between them",
            ))
        }
    }

    /// Makes a slug of a name; `fallback` where the name has no letter or digit to keep.
    pub fn from_name(name: &str, fallback: &str) -> Self {
        let mut slug = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.len() >= 50 {
                break;
            }
        }
        let slug = slug.trim_end_matches('-');
        Self(if slug.is_empty() {
            fallback.to_owned()
        } else {
            slug.to_owned()
        })
    }

    /// The same slug with a number behind it, for a name that is taken.
    pub fn numbered(&self, number: u32) -> Self {
        Self(format!("{}-{number}", self.0))
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_of_any_name() {
        assert_eq!(
            Slug::from_name("  VIP+ Rank (30 days)!", "package").as_str(),
            "vip-rank-30-days"
        );
        assert_eq!(Slug::from_name("Größe", "package").as_str(), "gr-e");
        assert_eq!(Slug::from_name("日本", "package").as_str(), "package");
        for bad in ["", "-a", "a-", "a--b", "A", "a b", "a/b"] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hostile_characters_are_refused() {
        for bad in ["a\nb", "a\u{202e}b", "a\0b", "", "   "] {
            assert!(line(bad, 1, 10).is_err(), "{bad:?}");
        }
        assert_eq!(line("  Diamond  ", 1, 10).unwrap(), "Diamond");
        assert_eq!(
            line("elevenchars", 1, 10).unwrap_err().to_string(),
            "must have at most 10 characters, this has 11"
        );
    }

    #[test]
    fn addresses_are_checked_and_masked() {
        assert!(email("steve@example.com").is_ok());
        for bad in [
            "steve",
            "@example.com",
            "a@b",
            "a b@example.com",
            "a@b@c.de",
            "a@x.de\r\nBcc: b@x.de",
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert_eq!(mask_email("steve@example.com"), "s***@example.com");
    }
}
