//! Customers: a buyer, as one store knows them.

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
}
