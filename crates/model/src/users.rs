//! Users: people who can log in, and what they may do in each store.

use crate::Timestamp;
use crate::ids::{StoreId, UserId};
use crate::names::NameError;
use crate::permissions::Permissions;

/// A person who can log in. The password hash stays in the database layer's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// The address as the user wrote it.
    pub email: String,
    /// What to call them.
    pub name: String,
    /// Counts password changes and log-outs everywhere; tokens of an earlier count are void.
    pub token_epoch: i64,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// A user's place in one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The store.
    pub store: StoreId,
    /// The user.
    pub user: UserId,
    /// What the user may do there.
    pub permissions: Permissions,
}

/// The longest password, in characters.
pub const MAX_PASSWORD: usize = 200;

/// Checks a new password: 10 to 200 characters.
pub fn password(text: &str) -> Result<(), NameError> {
    match text.chars().count() {
        0..=9 => Err(NameError::new("must have at least 10 characters")),
        10..=MAX_PASSWORD => Ok(()),
        _ => Err(NameError::new("must have at most 200 characters")),
    }
}
