//! Customers: a buyer, as one store knows them.

use crate::Timestamp;
use crate::ids::CustomerId;
use crate::players::Player;

/// A customer: (store, UUID, else the name in small letters).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Identity.
    pub id: CustomerId,
    /// Who it is.
    pub player: Player,
    /// All that was paid, in minor units of the store's currency.
    pub total_spent_minor: i64,
    /// How many orders were paid.
    pub orders_count: i64,
    /// When the last one was paid.
    pub last_purchase_at: Option<Timestamp>,
    /// When the first one was paid.
    pub created_at: Timestamp,
}

/// What customers are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CustomerSort {
    /// What they spent.
    TotalSpent,
    /// When they last bought. Who never did comes last, in either direction.
    LastPurchaseAt,
    /// How long they have been customers.
    #[default]
    CreatedAt,
}

impl CustomerSort {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TotalSpent, Self::LastPurchaseAt, Self::CreatedAt];

    /// The public word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TotalSpent => "totalSpent",
            Self::LastPurchaseAt => "lastPurchaseAt",
            Self::CreatedAt => "createdAt",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }
}

/// The shortest part of a name that is looked for anywhere in it; a shorter one has to begin it.
pub const PART: usize = 3;
