//! Who acts, in which store, and what they may do.

use tradepost_model::ids::{StoreId, UserId};
use tradepost_model::permissions::{Access, Area, Flag, Permissions};

use crate::{Error, Result};

/// Somebody who acts in one store.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The store.
    pub store: StoreId,
    /// The member, where it is one and not a key.
    pub user: Option<UserId>,
    permissions: Permissions,
}

impl Actor {
    /// A key of the Management API.
    pub fn key(store: StoreId, permissions: Permissions) -> Self {
        Self {
            store,
            user: None,
            permissions,
        }
    }

    /// A member of the store.
    pub fn member(store: StoreId, user: UserId, permissions: Permissions) -> Self {
        Self {
            store,
            user: Some(user),
            permissions,
        }
    }

    /// The operator at the command line.
    pub fn operator(store: StoreId) -> Self {
        Self {
            store,
            user: None,
            permissions: Permissions::owner(),
        }
    }

    /// Whether the actor may do this.
    pub fn may(&self, area: Area, access: Access) -> bool {
        self.permissions.allow(area, access)
    }

    /// Whether the actor has this flag.
    pub fn has(&self, flag: Flag) -> bool {
        self.permissions.has(flag)
    }

    /// Errors: [`Error::Forbidden`] where the actor lacks this flag.
    pub fn require_flag(&self, flag: Flag) -> Result<()> {
        if self.permissions.has(flag) {
            Ok(())
        } else {
            let permission = flag.word().to_owned();
            Err(Error::Forbidden { permission })
        }
    }

    /// Errors: [`Error::Forbidden`] where the actor may not.
    pub fn require(&self, area: Area, access: Access) -> Result<()> {
        if self.may(area, access) {
            Ok(())
        } else {
            let permission = format!("{}:{}", area.word(), access.word());
            Err(Error::Forbidden { permission })
        }
    }
}
