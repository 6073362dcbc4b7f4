//! Tiers: who buys many of a package pays less for each.

use crate::money::Money;

/// A price of one that holds from a quantity on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// From how many it holds.
    pub min_quantity: u32,
    /// Price of one.
    pub unit_price: Money,
}

/// The tier that holds for a quantity, of tiers in any order: the one that begins last, but not
/// after it. `None` where the list price holds.
pub fn tier_for(tiers: &[Tier], quantity: u32) -> Option<&Tier> {
    tiers
        .iter()
        .filter(|tier| tier.min_quantity <= quantity)
        .max_by_key(|tier| tier.min_quantity)
}
