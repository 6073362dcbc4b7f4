//! What somebody wants a coupon to be, and what of it fits.

use super::{Coupon, CouponCode, DiscountType, MAX_USES};
use crate::Timestamp;
use crate::applies_to::{AppliesTo, AppliesToDraft, Vocabulary};
use crate::fields::{FieldErrors, Given};
use crate::ids::CouponId;
use crate::money::{Currency, Money};
use crate::pricing::Discount;

/// What somebody wants a coupon to be; members as in the API. Amounts are decimal text.
#[derive(Clone, Debug, Default)]
pub struct CouponDraft {
    /// `code`.
    pub code: Given<String>,
    /// `discountType`.
    pub discount_type: Given<String>,
    /// `discountValue`.
    pub discount_value: Given<String>,
    /// `applicationScope`, `packageScope`, `packageIds`, `categoryIds`.
    pub applies_to: AppliesToDraft,
    /// `maxUses`.
    pub max_uses: Given<i64>,
    /// `maxUsesPerUser`.
    pub max_uses_per_user: Given<i64>,
    /// `validFrom`.
    pub valid_from: Given<Timestamp>,
    /// `validUntil`.
    pub valid_until: Given<Timestamp>,
    /// `isActive`.
    pub is_active: Given<bool>,
    /// `overrideSales`.
    pub override_sales: Given<bool>,
    /// `minimumPurchaseAmount`.
    pub minimum_purchase: Given<String>,
    /// `maximumDiscountAmount`.
    pub maximum_discount: Given<String>,
}

impl Coupon {
    /// A new coupon. Notes what does not fit and what is missing: it is one only where
    /// nothing was noted.
    pub fn create(
        id: CouponId,
        mut draft: CouponDraft,
        currency: Currency,
        now: Timestamp,
        errors: &mut FieldErrors,
    ) -> Self {
        draft.code.require("code", errors);
        draft.discount_value.require("discountValue", errors);
        if !draft.discount_type.require("discountType", errors) {
            // What the value means is not known.
            draft.discount_value = Given::Absent;
        }
        let mut coupon = Self {
            id,
            code: CouponCode(String::new()),
            discount: Discount::Fixed(Money::zero(currency)),
            applies_to: AppliesTo::Store,
            max_uses: None,
            max_uses_per_user: None,
            uses: 0,
            reserved: 0,
            valid_from: None,
            valid_until: None,
            is_active: true,
            override_sales: false,
            minimum_purchase: None,
            maximum_discount: None,
            currency,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        coupon.apply(draft, errors);
        coupon
    }

    /// Overlays what was given and notes what does not fit.
    pub fn apply(&mut self, draft: CouponDraft, errors: &mut FieldErrors) {
        let CouponDraft {
            code,
            discount_type,
            discount_value,
            applies_to,
            max_uses,
            max_uses_per_user,
            valid_from,
            valid_until,
            is_active,
            override_sales,
            minimum_purchase,
            maximum_discount,
        } = draft;
        code.check("code", errors, |text| CouponCode::parse(&text))
            .set(&mut self.code, "code", errors);
        self.apply_discount(discount_type, discount_value, errors);
        self.applies_to
            .apply(applies_to, Vocabulary::Coupons, errors);
        max_uses
            .check("maxUses", errors, limit)
            .clear_or_set(&mut self.max_uses);
        max_uses_per_user
            .check("maxUsesPerUser", errors, limit)
            .clear_or_set(&mut self.max_uses_per_user);
        valid_from.clear_or_set(&mut self.valid_from);
        valid_until.clear_or_set(&mut self.valid_until);
        if let (Some(from), Some(until)) = (self.valid_from, self.valid_until)
            && from >= until
        {
            errors.add("validUntil", "must be after validFrom");
        }
        is_active.set(&mut self.is_active, "isActive", errors);
        override_sales.set(&mut self.override_sales, "overrideSales", errors);
        let currency = self.currency;
        minimum_purchase
            .check("minimumPurchaseAmount", errors, |text| {
                Money::parse(&text, currency)
            })
            .clear_or_set(&mut self.minimum_purchase);
        maximum_discount
            .check("maximumDiscountAmount", errors, |text| {
                match Money::parse(&text, currency) {
                    Ok(amount) if amount.is_zero() => {
                        Err("must be more than 0, or null for no maximum".to_owned())
                    }
                    other => other.map_err(|error| error.to_string()),
                }
            })
            .clear_or_set(&mut self.maximum_discount);
    }

    /// A value means something else under another type, so the two change together.
    fn apply_discount(
        &mut self,
        kind: Given<String>,
        value: Given<String>,
        errors: &mut FieldErrors,
    ) {
        let was = DiscountType::of(&self.discount);
        let (mut is, mut wrong) = (was, FieldErrors::default());
        let parse = |word: String| DiscountType::parse(&word).ok_or("must be percentage or fixed");
        kind.check("discountType", &mut wrong, parse)
            .set(&mut is, "discountType", &mut wrong);
        if !wrong.is_empty() {
            errors.0.append(&mut wrong.0);
            return;
        }
        if value == Given::Absent && is != was && errors.of("discountValue").is_none() {
            errors.add("discountValue", "must be given with another discountType");
        }
        value
            .check("discountValue", errors, |text| {
                is.read(&text, self.currency)
            })
            .set(&mut self.discount, "discountValue", errors);
    }
}

fn limit(number: i64) -> Result<u32, String> {
    u32::try_from(number)
        .ok()
        .filter(|number| (1..=MAX_USES).contains(&i64::from(*number)))
        .ok_or_else(|| format!("must be from 1 to {MAX_USES}, or null for no limit"))
}
