//! Keys of the Management API: `flx_{store short id}_{secret}` (source 001).

use crate::Timestamp;
use crate::ids::{ApiKeyId, StoreId};
use crate::permissions::Permissions;

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
    /// When it was made.
    pub created_at: Timestamp,
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
