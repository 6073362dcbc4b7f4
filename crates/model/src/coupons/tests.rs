//! What a coupon can be.

use super::*;
use crate::fields::{FieldErrors, Given};
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn value(text: &str) -> Given<String> {
    Given::Value(text.to_owned())
}

fn summer() -> CouponDraft {
    CouponDraft {
        code: value("SUMMER25"),
        discount_type: value("percentage"),
        discount_value: value("25"),
        ..CouponDraft::default()
    }
}

fn create(draft: CouponDraft) -> Result<Coupon, Vec<String>> {
    let currency = Currency::parse("EUR").unwrap();
    let id = CouponId(Uuid::from_u128(1));
    let (now, mut errors) = (at("2026-06-01T00:00:00Z"), FieldErrors::default());
    let coupon = Coupon::create(id, draft, currency, now, &mut errors);
    let words = |errors: FieldErrors| errors.0.iter().map(ToString::to_string).collect();
    errors.into_result().map_err(words).map(|()| coupon)
}

#[test]
fn a_coupon_of_the_least_is_for_the_whole_store_and_on() {
    let coupon = create(summer()).unwrap();
    let percent = Percent::parse("25").unwrap();
    assert_eq!(coupon.discount, Discount::Percentage(percent));
    assert_eq!(coupon.applies_to, AppliesTo::Store);
    assert!(coupon.is_active && !coupon.override_sales);
}

#[test]
fn everything_that_does_not_fit_is_told_at_once() {
    assert_eq!(
        create(CouponDraft::default()).unwrap_err(),
        [
            "code: is required",
            "discountValue: is required",
            "discountType: is required",
        ]
    );
    let draft = CouponDraft {
        code: value("no spaces"),
        discount_type: value("fixed"),
        discount_value: value("9.999"),
        max_uses: Given::Value(0),
        max_uses_per_user: Given::Value(MAX_USES + 1),
        valid_from: Given::Value(at("2026-06-02T00:00:00Z")),
        valid_until: Given::Value(at("2026-06-02T00:00:00Z")),
        is_active: Given::Null,
        minimum_purchase: value("-1"),
        maximum_discount: value("0"),
        ..CouponDraft::default()
    };
    assert_eq!(
        create(draft).unwrap_err(),
        [
            "code: must have 1 to 64 characters: letters, digits, hyphens and underscores",
            "discountValue: has more decimals than the currency allows",
            "maxUses: must be from 1 to 1000000000, or null for no limit",
            "maxUsesPerUser: must be from 1 to 1000000000, or null for no limit",
            "validUntil: must be after validFrom",
            "isActive: cannot be null",
            "minimumPurchaseAmount: must be a number such as 9.99",
            "maximumDiscountAmount: must be more than 0, or null for no maximum",
        ]
    );
    let draft = CouponDraft {
        discount_value: value("100.01"),
        ..summer()
    };
    assert_eq!(
        create(draft).unwrap_err(),
        ["discountValue: must be from 0 to 100"]
    );
}

#[test]
fn type_and_value_change_together() {
    let mut coupon = create(summer()).unwrap();
    let mut errors = FieldErrors::default();
    let draft = CouponDraft {
        discount_type: value("fixed"),
        ..CouponDraft::default()
    };
    coupon.apply(draft.clone(), &mut errors);
    assert_eq!(
        errors.of("discountValue"),
        Some("must be given with another discountType")
    );
    let mut errors = FieldErrors::default();
    let draft = CouponDraft {
        discount_value: value("30"),
        ..draft
    };
    coupon.apply(draft, &mut errors);
    let amount = Money::parse("30", coupon.currency).unwrap();
    assert!(errors.is_empty());
    assert_eq!(coupon.discount, Discount::Fixed(amount));
    coupon.apply(
        CouponDraft {
            discount_type: value("fixed"),
            ..CouponDraft::default()
        },
        &mut errors,
    );
    assert!(errors.is_empty(), "the same type needs no value");
}

#[test]
fn the_first_of_inactive_expired_exhausted_scheduled_is_told() {
    let (early, now, late) = (
        at("2026-06-01T00:00:00Z"),
        at("2026-06-02T00:00:00Z"),
        at("2026-06-03T00:00:00Z"),
    );
    let mut coupon = create(summer()).unwrap();
    assert_eq!(coupon.status_at(now), CouponStatus::Active);
    coupon.valid_from = Some(late);
    assert_eq!(coupon.status_at(now), CouponStatus::Scheduled);
    assert_eq!(coupon.status_at(late), CouponStatus::Active);
    (coupon.max_uses, coupon.uses) = (Some(1), 1);
    assert_eq!(coupon.status_at(now), CouponStatus::Exhausted);
    (coupon.valid_from, coupon.valid_until) = (Some(early), Some(now));
    assert_eq!(coupon.status_at(now), CouponStatus::Expired);
    coupon.is_active = false;
    assert_eq!(coupon.status_at(now), CouponStatus::Inactive);
}
