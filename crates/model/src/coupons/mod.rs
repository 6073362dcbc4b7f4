//! Coupons: codes that lower a price at the checkout.

mod draft;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::Timestamp;
use crate::applies_to::AppliesTo;
use crate::ids::CouponId;
use crate::money::{Currency, Money};
use crate::names::NameError;
use crate::percent::Percent;
use crate::pricing::{CouponRule, Discount};

pub use draft::CouponDraft;

/// The most uses that can be set as a limit.
pub const MAX_USES: i64 = 1_000_000_000;
/// The longest code.
pub const MAX_CODE: usize = 64;

/// A coupon's code: 1 to 64 letters, digits, hyphens and underscores. Case makes no difference.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CouponCode(String);

impl CouponCode {
    /// Accepts a well-formed code, exactly as given.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let fits = (1..=MAX_CODE).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::new(
                "must have 1 to 64 characters: letters, digits, hyphens and underscores",
            ))
        }
    }

    /// The code as its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in small letters: how codes are compared.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CouponCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a coupon's value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscountType {
    /// So many per cent.
    Percentage,
    /// An amount of the store's currency.
    Fixed,
}

impl DiscountType {
    /// The public word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Percentage => "percentage",
            Self::Fixed => "fixed",
        }
    }

    /// Finds by the public word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Percentage, Self::Fixed]
            .into_iter()
            .find(|it| it.word() == word)
    }

    /// Of a discount.
    pub const fn of(discount: &Discount) -> Self {
        match discount {
            Discount::Percentage(_) => Self::Percentage,
            Discount::Fixed(_) => Self::Fixed,
        }
    }

    fn read(self, value: &str, currency: Currency) -> Result<Discount, String> {
        match self {
            Self::Percentage => Percent::parse(value)
                .map(Discount::Percentage)
                .map_err(|error| error.to_string()),
            Self::Fixed => Money::parse(value, currency)
                .map(Discount::Fixed)
                .map_err(|error| error.to_string()),
        }
    }
}

/// How a coupon stands. The first that fits, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponStatus {
    /// Switched off.
    Inactive,
    /// Its time is over.
    Expired,
    /// Used as often as it may be.
    Exhausted,
    /// Its time has not come.
    Scheduled,
    /// It can be used.
    Active,
}

impl CouponStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Inactive,
        Self::Expired,
        Self::Exhausted,
        Self::Scheduled,
        Self::Active,
    ];

    /// The public word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Scheduled => "scheduled",
            Self::Active => "active",
        }
    }

    /// Finds by the public word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// Identity.
    pub id: CouponId,
    /// What is entered at the checkout; unique in its store, ignoring case.
    pub code: CouponCode,
    /// What it takes off.
    pub discount: Discount,
    /// What it is for.
    pub applies_to: AppliesTo,
    /// How often it can be used in all.
    pub max_uses: Option<u32>,
    /// How often one customer can use it.
    pub max_uses_per_user: Option<u32>,
    /// How often it was used.
    pub uses: i64,
    /// How many uses payments under way hold.
    pub reserved: i64,
    /// From when on it can be used.
    pub valid_from: Option<Timestamp>,
    /// Until when it can be used; not at that time itself.
    pub valid_until: Option<Timestamp>,
    /// Whether it is switched on.
    pub is_active: bool,
    /// Whether it also lowers what is on sale.
    pub override_sales: bool,
    /// What a basket must cost at least.
    pub minimum_purchase: Option<Money>,
    /// What it takes off at most.
    pub maximum_discount: Option<Money>,
    /// The currency of its store.
    pub currency: Currency,
    /// Grows with each change by people.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody last changed it.
    pub updated_at: Timestamp,
}

impl Coupon {
    /// How it stands.
    pub fn status_at(&self, now: Timestamp) -> CouponStatus {
        let limit = self.max_uses.map(i64::from);
        if !self.is_active {
            CouponStatus::Inactive
        } else if self.valid_until.is_some_and(|until| until <= now) {
            CouponStatus::Expired
        } else if limit.is_some_and(|limit| self.uses >= limit) {
            CouponStatus::Exhausted
        } else if self.valid_from.is_some_and(|from| from > now) {
            CouponStatus::Scheduled
        } else {
            CouponStatus::Active
        }
    }

    /// Whether all uses are taken, those included that payments under way hold.
    pub fn is_taken(&self) -> bool {
        self.max_uses
            .is_some_and(|limit| self.uses + self.reserved >= i64::from(limit))
    }

    /// The same for the computation of prices.
    pub fn rule(&self) -> CouponRule {
        CouponRule {
            id: self.id,
            code: self.code.as_str().to_owned(),
            discount: self.discount,
            scope: self.applies_to.scope(),
            override_sales: self.override_sales,
            minimum: self.minimum_purchase,
            maximum: self.maximum_discount,
        }
    }
}
