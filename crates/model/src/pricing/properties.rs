//! What holds for every price, whatever the basket.

use super::*;
use crate::ids::{CouponId, GiftCardId, SaleId};
use crate::percent::Percent;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

fn currency() -> impl Strategy<Value = Currency> {
    "JPY|EUR|KWD".prop_map(|code| Currency::parse(&code).unwrap())
}

fn percent() -> impl Strategy<Value = Percent> {
    (0..=10_000_u16).prop_map(|points| Percent::from_basis_points(points).unwrap())
}

/// Small prices find the rounding, equal ones the ties, large ones the rest.
fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![0..20_i64, Just(100), 0..100_000_i64]
}

/// Every package is in a category of its own kind, and half of those are below another.
fn categories(package: u128) -> Vec<CategoryId> {
    let own = [100 + package % 3].into_iter();
    let parent = package.is_multiple_of(2).then_some(200);
    own.chain(parent)
        .map(|it| CategoryId(Uuid::from_u128(it)))
        .collect()
}

fn scope() -> impl Strategy<Value = Scope> {
    let packages = vec(
        (0..6_u128).prop_map(|it| PackageId(Uuid::from_u128(it))),
        0..3,
    );
    let categories = prop_oneof![100..103_u128, Just(200)];
    let categories = vec(
        categories.prop_map(|it| CategoryId(Uuid::from_u128(it))),
        0..3,
    );
    let targets = (packages, categories).prop_map(|(packages, categories)| Scope::Targets {
        packages,
        categories,
    });
    prop_oneof![Just(Scope::Store), targets]
}

fn base(currency: Currency) -> impl Strategy<Value = Base> {
    let money = move || minor().prop_map(move |minor| Money::new(minor, currency));
    prop_oneof![
        4 => Just(Base::List),
        1 => (1..=10_u32, money())
            .prop_map(|(min_quantity, unit)| Base::Tier { min_quantity, unit }),
        1 => money().prop_map(|unit| Base::Custom { unit }),
        1 => (1..30_u32).prop_map(|days| Base::Trial { days }),
    ]
}

fn line(currency: Currency) -> impl Strategy<Value = PriceLine> {
    let sale = percent().prop_map(|percent| SalePick {
        sale: SaleId(Uuid::nil()),
        name: "Sale".to_owned(),
        percent,
    });
    let quantity = prop_oneof![Just(1), 1..=100_u32];
    let parts = (
        0..6_u128,
        quantity,
        minor(),
        base(currency),
        option::of(sale),
    );
    parts.prop_map(move |(package, quantity, minor, base, sale)| PriceLine {
        package: PackageId(Uuid::from_u128(package)),
        categories: categories(package),
        quantity,
        list_price: Money::new(minor, currency),
        base,
        sale,
    })
}

fn coupon(currency: Currency) -> impl Strategy<Value = CouponRule> {
    let money = move || {
        prop_oneof![minor(), 0..1_000_000_i64].prop_map(move |minor| Money::new(minor, currency))
    };
    let discount = prop_oneof![
        percent().prop_map(Discount::Percentage),
        money().prop_map(Discount::Fixed),
    ];
    let parts = (
        discount,
        scope(),
        any::<bool>(),
        option::weighted(0.2, money()),
        option::of(money()),
    );
    parts.prop_map(
        |(discount, scope, override_sales, minimum, maximum)| CouponRule {
            id: CouponId(Uuid::nil()),
            code: "CODE".to_owned(),
            discount,
            scope,
            override_sales,
            minimum,
            maximum,
        },
    )
}

fn gift(currency: Currency) -> impl Strategy<Value = GiftRule> {
    (0..2_000_000_i64, scope()).prop_map(move |(minor, scope)| GiftRule {
        id: GiftCardId(Uuid::nil()),
        balance: Money::new(minor, currency),
        scope,
    })
}

/// All that a price depends on.
#[derive(Clone, Debug)]
struct Basket {
    lines: Vec<PriceLine>,
    coupon: CouponRule,
    gift: GiftRule,
    currency: Currency,
}

impl Basket {
    fn price(&self) -> Quote {
        price(
            &self.lines,
            Some(&self.coupon),
            Some(&self.gift),
            self.currency,
        )
        .unwrap()
    }

    fn without_coupon(&self) -> Quote {
        price(&self.lines, None, Some(&self.gift), self.currency).unwrap()
    }
}

fn basket() -> impl Strategy<Value = Basket> {
    currency().prop_flat_map(|currency| {
        let parts = (vec(line(currency), 0..12), coupon(currency), gift(currency));
        parts.prop_map(move |(lines, coupon, gift)| Basket {
            lines,
            coupon,
            gift,
            currency,
        })
    })
}

fn two_orders() -> impl Strategy<Value = (Basket, Basket)> {
    basket().prop_flat_map(|basket| {
        let lines = Just(basket.lines.clone()).prop_shuffle();
        lines.prop_map(move |lines| {
            let other = Basket {
                lines,
                ..basket.clone()
            };
            (basket.clone(), other)
        })
    })
}

fn added(quote: &Quote, part: impl Fn(&PricedLine) -> Money) -> i64 {
    quote.lines.iter().map(|line| part(line).minor()).sum()
}

proptest! {
    #[test]
    fn nothing_is_negative(basket in basket()) {
        let quote = basket.price();
        for line in &quote.lines {
            for amount in [line.unit_price, line.subtotal, line.discount, line.total] {
                prop_assert!(amount.minor() >= 0);
            }
        }
        let Quote { subtotal, discount, tax, total, gift_card, due, .. } = quote;
        for amount in [subtotal, discount, tax, total, gift_card, due] {
            prop_assert!(amount.minor() >= 0);
            prop_assert_eq!(amount.currency(), basket.currency);
        }
    }

    #[test]
    fn everything_adds_up(basket in basket()) {
        let quote = basket.price();
        prop_assert_eq!(quote.lines.len(), basket.lines.len());
        for (line, given) in quote.lines.iter().zip(&basket.lines) {
            prop_assert_eq!(line.package, given.package);
            prop_assert_eq!(line.subtotal, line.unit_price.checked_mul(given.quantity).unwrap());
            prop_assert_eq!(line.total, line.subtotal.checked_sub(line.discount).unwrap());
        }
        prop_assert_eq!(added(&quote, |line| line.subtotal), quote.subtotal.minor());
        prop_assert_eq!(added(&quote, |line| line.discount), quote.discount.minor());
        prop_assert_eq!(added(&quote, |line| line.total), quote.total.minor());
        prop_assert_eq!(quote.due.checked_add(quote.gift_card).unwrap(), quote.total);
    }

    #[test]
    fn a_coupon_never_raises_anything(basket in basket()) {
        let (with, without) = (basket.price(), basket.without_coupon());
        prop_assert!(with.total.minor() <= without.total.minor());
        prop_assert!(with.due.minor() <= without.due.minor());
        prop_assert_eq!(with.subtotal, without.subtotal);
        for (with, without) in with.lines.iter().zip(&without.lines) {
            prop_assert!(with.total.minor() <= without.total.minor());
            prop_assert_eq!(with.unit_price, without.unit_price);
        }
        if with.coupon != CouponOutcome::Applied {
            prop_assert_eq!(with.lines, without.lines);
        }
    }

    #[test]
    fn a_coupon_touches_only_what_it_is_for(basket in basket()) {
        let coupon = &basket.coupon;
        for (priced, line) in basket.price().lines.iter().zip(&basket.lines) {
            let on_sale = line.sale.is_some() && !coupon.override_sales;
            if on_sale || !coupon.scope.covers(line.package, &line.categories) {
                prop_assert!(priced.discount.is_zero());
            }
            let told = priced.rules.iter().any(|rule| matches!(rule, Rule::Coupon { .. }));
            prop_assert_eq!(told, !priced.discount.is_zero());
        }
    }

    #[test]
    fn the_minimum_and_the_maximum_are_kept(basket in basket()) {
        let quote = basket.price();
        if let Some(maximum) = basket.coupon.maximum {
            prop_assert!(quote.discount.minor() <= maximum.minor());
        }
        if let Some(minimum) = basket.coupon.minimum
            && quote.subtotal.minor() < minimum.minor()
        {
            prop_assert!(quote.discount.is_zero());
            prop_assert_ne!(quote.coupon, CouponOutcome::Applied);
        }
    }

    #[test]
    fn a_fixed_amount_is_spread_to_the_last_unit(mut basket in basket(), minor in minor()) {
        basket.coupon.discount = Discount::Fixed(Money::new(minor, basket.currency));
        let quote = basket.price();
        let coupon = &basket.coupon;
        let eligible = quote.lines.iter().zip(&basket.lines).filter(|(_, line)| {
            coupon.scope.covers(line.package, &line.categories)
                && (coupon.override_sales || line.sale.is_none())
        });
        let most = eligible.map(|(priced, _)| priced.subtotal.minor()).sum::<i64>();
        let most = coupon.maximum.map_or(most, |maximum| most.min(maximum.minor()));
        let expected = match quote.coupon {
            CouponOutcome::Applied => minor.min(most),
            _ => 0,
        };
        prop_assert_eq!(quote.discount.minor(), expected);
    }

    #[test]
    fn a_percentage_is_that_of_each_line(mut basket in basket(), percent in percent()) {
        basket.coupon = CouponRule {
            discount: Discount::Percentage(percent),
            minimum: None,
            maximum: None,
            ..basket.coupon
        };
        for line in basket.price().lines {
            prop_assert!(line.discount.is_zero() || line.discount == percent.of(line.subtotal));
        }
    }

    #[test]
    fn a_hundred_percent_leave_nothing(mut basket in basket()) {
        basket.coupon = CouponRule {
            discount: Discount::Percentage(Percent::ALL),
            scope: Scope::Store,
            override_sales: true,
            minimum: None,
            maximum: None,
            ..basket.coupon
        };
        let quote = basket.price();
        prop_assert!(quote.total.is_zero() && quote.due.is_zero() && quote.gift_card.is_zero());
    }

    #[test]
    fn a_gift_card_pays_what_it_can_and_no_more(basket in basket()) {
        let quote = basket.price();
        let covered = quote.lines.iter().zip(&basket.lines).filter(|(_, line)| {
            basket.gift.scope.covers(line.package, &line.categories)
        });
        let covered = covered.map(|(priced, _)| priced.total.minor()).sum::<i64>();
        prop_assert_eq!(quote.gift_card.minor(), covered.min(basket.gift.balance.minor()));
        prop_assert!(quote.gift_card.minor() <= quote.total.minor());
    }

    #[test]
    fn the_order_of_lines_is_irrelevant((basket, other) in two_orders()) {
        let sums = |quote: Quote| {
            let Quote { lines, subtotal, discount, tax, total, gift_card, due, coupon } = quote;
            let mut lines: Vec<_> = lines
                .iter()
                .map(|line| (line.package, line.unit_price.minor(), line.total.minor()))
                .collect();
            lines.sort();
            (lines, subtotal, discount, tax, total, gift_card, due, coupon)
        };
        prop_assert_eq!(sums(basket.price()), sums(other.price()));
    }

    #[test]
    fn the_tier_is_the_last_one_reached(starts in vec(1..50_u32, 0..8), quantity in 1..60_u32) {
        let eur = Currency::parse("EUR").unwrap();
        let tiers: Vec<_> = starts
            .iter()
            .map(|&min_quantity| Tier { min_quantity, unit_price: Money::zero(eur) })
            .collect();
        let naive = (1..=quantity).rev().find(|it| starts.contains(it));
        prop_assert_eq!(tier_for(&tiers, quantity).map(|tier| tier.min_quantity), naive);
    }

    #[test]
    fn no_other_sale_takes_off_more(
        sales in vec((0..100_u128, percent(), scope()), 0..8),
        package in 0..6_u128,
    ) {
        let (id, categories) = (PackageId(Uuid::from_u128(package)), categories(package));
        let mut sales: Vec<_> = sales
            .into_iter()
            .map(|(id, percent, scope)| {
                let id = SaleId(Uuid::from_u128(id));
                SaleRule { id, name: id.to_string(), percent, scope }
            })
            .collect();
        let best = best_sale(id, &categories, &sales);
        let fitting = sales.iter().filter(|sale| sale.scope.covers(id, &categories));
        let largest = fitting.map(|sale| sale.percent.basis_points()).max().unwrap_or(0);
        let found = best.as_ref().map_or(0, |pick| pick.percent.basis_points());
        prop_assert_eq!(found, largest);
        sales.reverse();
        prop_assert_eq!(best_sale(id, &categories, &sales), best);
    }
}
