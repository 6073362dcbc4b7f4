//! Prices with the numbers written out.

use super::*;
use crate::ids::{CouponId, GiftCardId, SaleId};
use crate::percent::Percent;
use uuid::Uuid;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::parse("EUR").unwrap())
}

fn package(number: u128) -> PackageId {
    PackageId(Uuid::from_u128(number))
}

fn category(number: u128) -> CategoryId {
    CategoryId(Uuid::from_u128(number))
}

fn percent(text: &str) -> Percent {
    Percent::parse(text).unwrap()
}

fn line(number: u128, quantity: u32, minor: i64) -> PriceLine {
    PriceLine {
        package: package(number),
        categories: Vec::new(),
        quantity,
        list_price: eur(minor),
        base: Base::List,
        sale: None,
    }
}

fn on_sale(line: PriceLine, text: &str) -> PriceLine {
    let sale = SalePick {
        sale: SaleId(Uuid::nil()),
        name: "Summer Sale".to_owned(),
        percent: percent(text),
    };
    PriceLine {
        sale: Some(sale),
        ..line
    }
}

fn coupon(discount: Discount) -> CouponRule {
    CouponRule {
        id: CouponId(Uuid::nil()),
        code: "SUMMER25".to_owned(),
        discount,
        scope: Scope::Store,
        override_sales: false,
        minimum: None,
        maximum: None,
    }
}

fn percentage(text: &str) -> CouponRule {
    coupon(Discount::Percentage(percent(text)))
}

fn fixed(minor: i64) -> CouponRule {
    coupon(Discount::Fixed(eur(minor)))
}

fn only(number: u128) -> Scope {
    Scope::Targets {
        packages: vec![package(number)],
        categories: Vec::new(),
    }
}

fn gift(minor: i64, scope: Scope) -> GiftRule {
    GiftRule {
        id: GiftCardId(Uuid::nil()),
        balance: eur(minor),
        scope,
    }
}

fn quote(lines: &[PriceLine], coupon: Option<&CouponRule>) -> Quote {
    price(lines, coupon, None, eur(0).currency()).unwrap()
}

fn told(line: &PricedLine) -> Vec<String> {
    line.rules.iter().map(Rule::explain).collect()
}

fn discounts(quote: &Quote) -> Vec<i64> {
    quote
        .lines
        .iter()
        .map(|line| line.discount.minor())
        .collect()
}

#[test]
fn a_list_price_is_multiplied() {
    let quote = quote(&[line(1, 1, 999), line(2, 3, 999)], None);
    assert_eq!(told(&quote.lines[0]), ["List price 9.99 EUR"]);
    assert_eq!(told(&quote.lines[1]), ["3 x 9.99 EUR"]);
    assert_eq!(quote.lines[1].total, eur(2997));
    assert_eq!((quote.subtotal, quote.total), (eur(3996), eur(3996)));
    assert_eq!((quote.tax, quote.due), (eur(0), eur(3996)));
    assert_eq!(quote.coupon, CouponOutcome::None);
}

#[test]
fn tiers_own_prices_and_trials_replace_the_list_price() {
    let with = |base| PriceLine {
        base,
        ..line(1, 10, 100)
    };
    let lines = [
        with(Base::Tier {
            min_quantity: 10,
            unit: eur(80),
        }),
        with(Base::Custom { unit: eur(500) }),
        with(Base::Trial { days: 7 }),
        with(Base::Trial { days: 1 }),
    ];
    let quote = quote(&lines, None);
    assert_eq!(told(&quote.lines[0]), ["From 10: 0.80 EUR each"]);
    assert_eq!(told(&quote.lines[1]), ["Your price 5.00 EUR"]);
    assert_eq!(told(&quote.lines[2]), ["Free for 7 days"]);
    assert_eq!(told(&quote.lines[3]), ["Free for 1 day"]);
    let totals = quote.lines.iter().map(|line| line.total.minor());
    assert_eq!(totals.collect::<Vec<_>>(), [800, 5000, 0, 0]);
}

#[test]
fn a_sale_is_rounded_per_unit() {
    // 12.5 % of 0.99 is 0.12375, so one costs 0.87 and ten 8.70 (not 9.90 - 1.24 = 8.66).
    let quote = quote(&[on_sale(line(1, 10, 99), "12.5")], None);
    assert_eq!(quote.lines[0].unit_price, eur(87));
    assert_eq!(quote.total, eur(870));
    assert_eq!(
        told(&quote.lines[0]),
        ["10 x 0.99 EUR", "Summer Sale: 12.5 % off"]
    );
    assert_eq!(
        quote.lines[0].rules[1],
        Rule::Sale {
            name: "Summer Sale".to_owned(),
            percent: percent("12.5"),
            was: eur(99),
            now: eur(87)
        }
    );
}

#[test]
fn a_sale_that_changes_nothing_is_not_told() {
    let trial = PriceLine {
        base: Base::Trial { days: 7 },
        ..line(1, 1, 999)
    };
    let quote = quote(&[on_sale(trial, "30")], None);
    assert_eq!(told(&quote.lines[0]), ["Free for 7 days"]);
}

#[test]
fn a_percentage_is_rounded_half_up_per_line() {
    let quote = quote(
        &[line(1, 1, 5), line(2, 1, 5), line(3, 1, 4)],
        Some(&percentage("10")),
    );
    assert_eq!(discounts(&quote), [1, 1, 0]);
    assert_eq!((quote.discount, quote.total), (eur(2), eur(12)));
    assert_eq!(quote.lines[0].unit_price, eur(5));
    assert_eq!(
        told(&quote.lines[0])[1..],
        ["Coupon SUMMER25: -0.01 EUR".to_owned()]
    );
    assert_eq!(quote.lines[2].rules.len(), 1);
    assert_eq!(quote.coupon, CouponOutcome::Applied);
}

#[test]
fn a_fixed_amount_is_spread_by_the_largest_remainder() {
    // 2.50 over 9.99, 5.00 and 0.99: 1.5628, 0.7822 and 0.1549.
    let basket = [line(1, 1, 999), line(2, 1, 500), line(3, 1, 99)];
    assert_eq!(discounts(&quote(&basket, Some(&fixed(250)))), [156, 78, 16]);
    let all = quote(&basket, Some(&fixed(5000)));
    assert_eq!((all.discount, all.total), (eur(1598), eur(0)));
}

#[test]
fn the_odd_cent_goes_to_the_same_package_in_any_order() {
    let [a, b, c] = [1, 2, 3].map(|number| line(number, 1, 100));
    let basket = [a.clone(), b.clone(), c.clone()];
    assert_eq!(discounts(&quote(&basket, Some(&fixed(100)))), [34, 33, 33]);
    let other = [c, b, a];
    assert_eq!(discounts(&quote(&other, Some(&fixed(100)))), [33, 33, 34]);
}

#[test]
fn the_maximum_caps_the_whole_discount() {
    let capped = CouponRule {
        maximum: Some(eur(100)),
        ..percentage("50")
    };
    // 5.00 and 2.50 would be taken off; 1.00 is spread 2 : 1.
    let both = quote(&[line(1, 1, 1000), line(2, 1, 500)], Some(&capped));
    assert_eq!(discounts(&both), [67, 33]);
    let small = quote(&[line(1, 1, 202)], Some(&capped));
    assert_eq!(discounts(&small), [100]);
}

#[test]
fn a_coupon_leaves_sales_and_other_packages_alone() {
    let basket = [
        line(1, 1, 1000),
        on_sale(line(2, 1, 1000), "20"),
        line(3, 1, 1000),
    ];
    assert_eq!(
        discounts(&quote(&basket, Some(&percentage("10")))),
        [100, 0, 100]
    );
    let over = CouponRule {
        override_sales: true,
        ..percentage("10")
    };
    assert_eq!(discounts(&quote(&basket, Some(&over))), [100, 80, 100]);
    let scoped = CouponRule {
        scope: only(2),
        ..percentage("10")
    };
    let nothing = quote(&basket, Some(&scoped));
    assert_eq!(nothing.coupon, CouponOutcome::NotForTheseItems);
    assert_eq!(nothing.discount, eur(0));
    let free = quote(&[line(1, 1, 0)], Some(&percentage("10")));
    assert_eq!(free.coupon, CouponOutcome::NotForTheseItems);
}

#[test]
fn the_minimum_looks_at_the_whole_basket_after_sales() {
    let basket = [line(1, 1, 500), on_sale(line(2, 1, 1000), "50")];
    let least = |minor| CouponRule {
        scope: only(1),
        minimum: Some(eur(minor)),
        ..percentage("10")
    };
    let reached = quote(&basket, Some(&least(1000)));
    assert_eq!(
        (reached.coupon, reached.discount),
        (CouponOutcome::Applied, eur(50))
    );
    let below = quote(&basket, Some(&least(1001)));
    let minimum = eur(1001);
    assert_eq!(below.coupon, CouponOutcome::BelowMinimum { minimum });
    assert_eq!((below.discount, below.total), (eur(0), eur(1000)));
}

#[test]
fn a_scope_reaches_packages_and_their_categories() {
    let scope = Scope::Targets {
        packages: vec![package(1)],
        categories: vec![category(7)],
    };
    assert!(scope.covers(package(1), &[]));
    assert!(scope.covers(package(2), &[category(6), category(7)]));
    assert!(!scope.covers(package(2), &[category(6)]));
    assert!(Scope::Store.covers(package(2), &[]));
}

#[test]
fn of_equal_sales_the_one_with_the_smallest_id_is_taken() {
    let sale = |number, text| SaleRule {
        id: SaleId(Uuid::from_u128(number)),
        name: number.to_string(),
        percent: percent(text),
        scope: Scope::Store,
    };
    let name = |sales: &[SaleRule]| best_sale(package(1), &[], sales).map(|pick| pick.name);
    let (a, b, less) = (sale(1, "30"), sale(2, "30"), sale(0, "29.99"));
    assert_eq!(name(&[less.clone(), b.clone(), a.clone()]).unwrap(), "1");
    assert_eq!(name(&[a, b, less]).unwrap(), "1");
    assert_eq!(name(&[sale(1, "0")]), None);
}

#[test]
fn a_gift_card_pays_after_the_coupon_and_only_its_own_lines() {
    let basket = [line(1, 1, 1000), line(2, 1, 500)];
    let half = percentage("50");
    let with = |gift: &GiftRule| {
        let quote = price(&basket, Some(&half), Some(gift), eur(0).currency()).unwrap();
        (quote.total, quote.gift_card, quote.due)
    };
    assert_eq!(
        with(&gift(300, Scope::Store)),
        (eur(750), eur(300), eur(450))
    );
    assert_eq!(
        with(&gift(9000, Scope::Store)),
        (eur(750), eur(750), eur(0))
    );
    assert_eq!(with(&gift(9000, only(2))), (eur(750), eur(250), eur(500)));
    assert_eq!(with(&gift(9000, only(3))), (eur(750), eur(0), eur(750)));
}

#[test]
fn amounts_that_cannot_be_are_errors() {
    let jpy = Money::new(1, Currency::parse("JPY").unwrap());
    let try_price = |line: PriceLine, coupon: Option<CouponRule>, gift: Option<GiftRule>| {
        price(&[line], coupon.as_ref(), gift.as_ref(), eur(0).currency()).map(|_| ())
    };
    let (mixed, negative) = (Err(MoneyError::MixedCurrencies), Err(MoneyError::Negative));
    for (wrong, error) in [(jpy, mixed), (eur(-1), negative)] {
        let wrong_line = PriceLine {
            list_price: wrong,
            ..line(1, 1, 1)
        };
        let wrong_minimum = CouponRule {
            minimum: Some(wrong),
            ..fixed(1)
        };
        let wrong_maximum = CouponRule {
            maximum: Some(wrong),
            ..fixed(1)
        };
        let wrong_amount = coupon(Discount::Fixed(wrong));
        let wrong_gift = GiftRule {
            balance: wrong,
            ..gift(1, Scope::Store)
        };
        assert_eq!(try_price(wrong_line, None, None), error);
        for coupon in [wrong_minimum, wrong_maximum, wrong_amount] {
            assert_eq!(try_price(line(1, 1, 1), Some(coupon), None), error);
        }
        assert_eq!(try_price(line(1, 1, 1), None, Some(wrong_gift)), error);
    }
}

#[test]
fn a_total_too_large_is_an_error_and_nothing_overflows() {
    let try_price = |quantity, minor| {
        price(&[line(1, quantity, minor)], None, None, eur(0).currency()).map(|it| it.total)
    };
    assert_eq!(try_price(1, MAX_MINOR), Ok(eur(MAX_MINOR)));
    assert_eq!(try_price(1, MAX_MINOR + 1), Err(MoneyError::TooLarge));
    assert_eq!(try_price(100, MAX_MINOR), Err(MoneyError::TooLarge));
    assert_eq!(try_price(u32::MAX, i64::MAX), Err(MoneyError::TooLarge));
    let large = [line(1, 1, i64::MAX), line(2, 1, i64::MAX)];
    let summed = price(&large, None, None, eur(0).currency());
    assert_eq!(summed, Err(MoneyError::TooLarge));
    // The subtotal may be larger than what is accepted where the total is not.
    let free = quote(&[line(1, 1, i64::MAX)], Some(&fixed(i64::MAX)));
    assert_eq!((free.subtotal, free.total), (eur(i64::MAX), eur(0)));
}
