//! The part of the checkout where coupons and gift cards are entered and taken off.

use crate::view::{Field, FieldError};

/// Coupon and gift card: what is applied, and the fields for what is not.
#[derive(Debug, Clone, Default)]
pub struct Codes {
    /// The coupon that is applied.
    pub coupon: Option<Applied>,
    /// The gift card that is applied.
    pub gift_card: Option<Applied>,
    /// Whether there is anything that a code could lower.
    pub offered: bool,
    /// The field `couponCode`.
    pub coupon_code: Field,
    /// The field `giftCardCode`.
    pub gift_card_code: Field,
}

/// A code that lowers what is to pay.
#[derive(Debug, Clone)]
pub struct Applied {
    /// What it is called: "Coupon WELCOME10", "Gift card".
    pub name: String,
    /// What it takes off: "-4.00 EUR".
    pub amount: String,
}

impl Applied {
    /// A code that is applied.
    #[must_use]
    pub fn new(name: &str, amount: &str) -> Self {
        Self {
            name: name.to_owned(),
            amount: amount.to_owned(),
        }
    }
}

impl Codes {
    /// Whether there is room for another code.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.offered && (self.coupon.is_none() || self.gift_card.is_none())
    }

    /// Whether the fields are shown at once: something is wrong with one of them.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.coupon_code.error.is_some() || self.gift_card_code.error.is_some()
    }

    /// What is wrong, for the summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[
            ("couponCode", &self.coupon_code),
            ("giftCardCode", &self.gift_card_code),
        ])
    }
}
