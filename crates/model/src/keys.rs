//! Keys of the Management API: `flx_{store short id}_{secret}` (source 001).

use std::collections::BTreeMap;

use crate::Timestamp;
use crate::fields::FieldErrors;
use crate::ids::{ApiKeyId, StoreId};
use crate::names;
use crate::permissions::{Access, Area, Permissions};

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Identity.
    pub id: ApiKeyId,
    /// The store it opens.
    pub store: StoreId,
    /// What its owner calls it.
    pub name: String,
    /// `flx_{short id}_` and the first four characters of the secret.
    pub prefix: String,
    /// What it may do.
    pub permissions: Permissions,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, give or take half a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a new key is to be, as somebody asked for it. What is `None` was left out, or was no value of its
/// kind, which is among the errors then.
#[derive(Clone, Debug, Default)]
pub struct KeyDraft {
    /// What its owner calls it: 1 to 64 characters.
    pub name: Option<String>,
    /// Areas, each with what may be done there.
    pub permissions: Option<BTreeMap<String, Vec<String>>>,
    /// When it is to stop working.
    pub expires_at: Option<Timestamp>,
}

impl KeyDraft {
    /// The name and the permissions; notes everything that does not fit.
    pub fn check(&self, now: Timestamp, errors: &mut FieldErrors) -> (String, Permissions) {
        let name = present("name", self.name.as_deref(), errors);
        let name = name.and_then(|name| errors.check("name", names::line(name, 1, 64)));
        let permissions = present("permissions", self.permissions.as_ref(), errors);
        let permissions = permissions.map(|words| of_words(words, errors));
        if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            errors.add("expiresAt", "must be in the future");
        }
        (name.unwrap_or_default(), permissions.unwrap_or_default())
    }
}

/// A member that must be there, unless an error tells already why it is not.
fn present<T>(member: &str, value: Option<T>, errors: &mut FieldErrors) -> Option<T> {
    if value.is_none() && errors.of(member).is_none() {
        errors.add(member, "is required");
    }
    value
}

/// How many areas that do not fit are told.
const MOST_WRONG: usize = 20;

/// Permissions inside what keys can have; notes an error for each area that goes beyond.
fn of_words(words: &BTreeMap<String, Vec<String>>, errors: &mut FieldErrors) -> Permissions {
    let mut permissions = Permissions::default();
    let mut wrong = Vec::new();
    for (name, types) in words {
        match of_area(name, types) {
            Ok((area, types)) => types.for_each(|access| permissions.grant(area, access)),
            Err(reason) => wrong.push((format!("permissions.{name}"), reason)),
        }
    }
    if wrong.is_empty() && permissions == Permissions::default() {
        let reason = "must have at least one permission, such as {\"Packages\": [\"View\"]}";
        errors.add("permissions", reason);
    }
    for (field, reason) in wrong.into_iter().take(MOST_WRONG) {
        errors.add(field, reason);
    }
    permissions
}

fn of_area(name: &str, types: &[String]) -> Result<(Area, impl Iterator<Item = Access>), String> {
    let area = Area::parse(name).filter(|area| !area.key_matrix().is_empty());
    let area = area.ok_or_else(|| format!("is no area of keys; these are {}", areas()))?;
    let allowed = area.key_matrix();
    let fits = |word: &String| Access::parse(word).is_some_and(|it| allowed.contains(&it));
    match types.iter().find(|word| !fits(word)) {
        Some(word) => Err(format!("cannot have {word:?}, only {}", list(allowed))),
        None => Ok((area, types.iter().filter_map(|word| Access::parse(word)))),
    }
}

fn areas() -> String {
    let areas = Area::ALL
        .iter()
        .filter(|area| !area.key_matrix().is_empty());
    areas.map(|area| area.word()).collect::<Vec<_>>().join(", ")
}

fn list(types: &[Access]) -> String {
    let words: Vec<_> = types.iter().map(|access| access.word()).collect();
    words.join(", ")
}

/// The length of a key's secret.
pub const SECRET: usize = 32;
/// The length of a store's short id.
pub const SHORT_ID: usize = 8;

/// A key as its bearer shows it, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented<'a> {
    /// The store's short id.
    pub short_id: &'a str,
    /// The secret.
    pub secret: &'a str,
}

/// Writes a whole key.
pub fn format(short_id: &str, secret: &str) -> String {
    format!("flx_{short_id}_{secret}")
}

/// What is shown of a key for as long as it lives.
pub fn prefix(short_id: &str, secret: &str) -> String {
    let start = secret.get(..4).unwrap_or(secret);
    format!("flx_{short_id}_{start}")
}

/// Takes a key apart; `None` where it has not the form of a key.
pub fn parse(text: &str) -> Option<Presented<'_>> {
    let (short_id, secret) = text.strip_prefix("flx_")?.split_once('_')?;
    let fits = short_id.len() == SHORT_ID
        && short_id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && secret.len() == SECRET
        && secret.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then_some(Presented { short_id, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(permissions: &[(&str, &[&str])]) -> KeyDraft {
        let words = permissions.iter().map(|(area, types)| {
            let types = types.iter().map(|it| (*it).to_owned()).collect();
            ((*area).to_owned(), types)
        });
        KeyDraft {
            name: Some(" bot ".to_owned()),
            permissions: Some(words.collect()),
            expires_at: None,
        }
    }

    fn checked(draft: &KeyDraft) -> Result<(String, Permissions), Vec<String>> {
        let (mut errors, now) = (FieldErrors::default(), Timestamp::UNIX_EPOCH);
        let good = draft.check(now, &mut errors);
        match errors.is_empty() {
            true => Ok(good),
            false => Err(errors.0.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_key_has_what_keys_can_have_and_nothing_else() {
        for area in Area::ALL {
            for access in Access::ALL {
                let asked = draft(&[(area.word(), &[access.word()])]);
                let can = area.key_matrix().contains(access);
                match checked(&asked) {
                    Ok((name, permissions)) => {
                        assert!(can && permissions.allow(*area, *access) && name == "bot");
                    }
                    Err(errors) => {
                        let field = format!("permissions.{}: ", area.word());
                        assert!(!can && errors[0].starts_with(&field), "{errors:?}");
                    }
                }
            }
        }
        let orders = draft(&[
            ("Orders", &["View", "Delete"]),
            ("Moon", &[]),
            ("Flags", &[]),
        ]);
        let areas = "Packages, Categories, Coupons, Sales, GiftCards, Orders, Customers, Bans, Subscriptions";
        assert_eq!(
            checked(&orders).unwrap_err(),
            [
                format!("permissions.Flags: is no area of keys; these are {areas}"),
                format!("permissions.Moon: is no area of keys; these are {areas}"),
                "permissions.Orders: cannot have \"Delete\", only View, Edit".to_owned(),
            ]
        );
        for nothing in [draft(&[]), draft(&[("Orders", &[])])] {
            assert!(checked(&nothing).unwrap_err()[0].starts_with("permissions: must have"));
        }
    }

    #[test]
    fn everything_that_does_not_fit_is_told_once() {
        let blank = KeyDraft {
            expires_at: Some(Timestamp::UNIX_EPOCH),
            ..KeyDraft::default()
        };
        let mut errors = FieldErrors::default();
        errors.add("name", "must be a text");
        blank.check(Timestamp::UNIX_EPOCH, &mut errors);
        let told: Vec<_> = errors.0.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "name: must be a text",
                "permissions: is required",
                "expiresAt: must be in the future"
            ]
        );
    }

    #[test]
    fn keys_have_one_form() {
        let secret = "a".repeat(SECRET);
        let key = format("demo1234", &secret);
        assert_eq!(
            parse(&key),
            Some(Presented {
                short_id: "demo1234",
                secret: &secret
            })
        );
        for bad in [
            "",
            "flx_",
            "flx_demo1234_short",
            "flx_DEMO1234_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
