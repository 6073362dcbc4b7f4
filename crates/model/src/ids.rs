//! Identities. Each kind of thing has its own type, so that two ids cannot be swapped.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// A store (tenant).
    StoreId;
    /// A person who can log in to the dashboard.
    UserId;
    /// A category of packages.
    CategoryId;
    /// A package: what a store sells.
    PackageId;
    /// A delivery command configured on a package.
    PackageCommandId;
    /// A game server.
    ServerId;
    /// A live connection of a game server.
    ConnectionId;
    /// A buyer, as one store knows them.
    CustomerId;
    /// An order.
    OrderId;
    /// A line of an order.
    OrderItemId;
    /// One attempt to pay an order.
    PaymentId;
    /// A command queued for a game server.
    CommandId;
    /// A key of the Management API.
    ApiKeyId;
    /// A domain event.
    EventId;
    /// A job: work due at a time.
    JobId;
    /// An uploaded image.
    ImageId;
    /// Something staff send again in bulk.
    RedeliveryId;
    /// A coupon.
    CouponId;
    /// A sale.
    SaleId;
    /// A gift card.
    GiftCardId;
    /// A movement in the ledger of gift cards.
    LedgerEntryId;
    /// A ban.
    BanId;
    /// A subscription.
    SubscriptionId;
}

/// A checkout session's id: `cs_` and 24 alphanumerics (source 003).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// The length of the random part.
    pub const RANDOM: usize = 24;

    /// Makes an id from its random part, 24 alphanumerics.
    pub fn from_random(random: &str) -> Self {
        Self(format!("cs_{random}"))
    }

    /// Accepts exactly the form this type writes.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix("cs_")?;
        let fits =
            random.len() == Self::RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_have_one_form() {
        let id = SessionId::from_random("abcdefghijklmnopqrstuvw9");
        assert_eq!(SessionId::parse(id.as_str()), Some(id));
        for bad in [
            "",
            "cs_",
            "cs_short",
            "xx_abcdefghijklmnopqrstuvw9",
            "cs_abcdefghijklmnopqrstuvw-",
        ] {
            assert_eq!(SessionId::parse(bad), None, "{bad}");
        }
    }
}
