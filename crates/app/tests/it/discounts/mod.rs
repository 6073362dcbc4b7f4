//! Coupons, sales and gift cards: making, changing and finding them.

mod gift_cards;
mod ledger;
mod races;

use jiff::{SignedDuration, ToSpan as _};
use tradepost_app::coupons::Filter;
use tradepost_app::lists::{Slice, Span};
use tradepost_app::{Actor, Error, Expect, coupons, packages, sales};
use tradepost_model::applies_to::AppliesToDraft;
use tradepost_model::coupons::{Coupon, CouponDraft, CouponStatus};
use tradepost_model::fields::Given;
use tradepost_model::ids::{CouponId, PackageId, SaleId};
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::sales::{Sale, SaleDraft};

use crate::shop::{Shop, code, new_store, on_both_engines};

on_both_engines!(
    a_coupon_is_made_changed_and_removed,
    a_code_belongs_to_one_coupon_of_a_store,
    coupons_are_found_by_a_part_of_their_code_and_by_how_they_stand,
    a_long_list_is_told_in_parts,
    what_a_discount_is_for_exists_in_its_store,
    what_was_changed_meanwhile_is_left_alone,
    a_sale_lowers_prices_between_its_dates,
    each_area_has_permissions_of_its_own,
);

pub(super) fn text(value: &str) -> Given<String> {
    Given::Value(value.to_owned())
}

pub(super) fn ten_percent(code: &str) -> CouponDraft {
    CouponDraft {
        code: text(code),
        discount_type: text("percentage"),
        discount_value: text("10"),
        ..CouponDraft::default()
    }
}

/// All of them, as far as one page goes.
pub(super) const FIRST: Span = Span {
    after: None,
    skip: 0,
    take: 20,
};

pub(super) async fn coupon_by(
    shop: &Shop,
    actor: &Actor,
    draft: CouponDraft,
) -> Result<Coupon, Error> {
    let (app, actor) = (shop.app.clone(), actor.clone());
    shop.app
        .write(async move |tx| coupons::create(&app, tx, &actor, draft.clone()).await)
        .await
}

pub(super) async fn coupon(shop: &Shop, draft: CouponDraft) -> Result<Coupon, Error> {
    coupon_by(shop, &shop.actor, draft).await
}

pub(super) async fn change_coupon(
    shop: &Shop,
    id: CouponId,
    draft: CouponDraft,
    expect: Expect,
) -> Result<Coupon, Error> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| coupons::update(&app, tx, &actor, id, draft.clone(), &expect).await)
        .await
}

pub(super) async fn remove_coupon(shop: &Shop, id: CouponId, expect: Expect) -> Result<(), Error> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| coupons::delete(&app, tx, &actor, id, &expect).await)
        .await
}

async fn sale(shop: &Shop, draft: SaleDraft) -> Result<Sale, Error> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| sales::create(&app, tx, &actor, draft.clone()).await)
        .await
}

async fn change_sale(shop: &Shop, id: SaleId, draft: SaleDraft) -> Result<Sale, Error> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| {
            sales::update(&app, tx, &actor, id, draft.clone(), &Expect::Any).await
        })
        .await
}

/// What is wrong with the fields, one sentence each.
pub(super) fn wrong<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result.unwrap_err() {
        Error::Invalid(errors) => errors.0.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

async fn found(shop: &Shop, filter: Filter) -> Vec<String> {
    let slice = coupons::list(&shop.app, &shop.actor, filter, FIRST).await;
    codes(&slice.unwrap())
}

fn codes(slice: &Slice<Coupon>) -> Vec<String> {
    slice.items.iter().map(|it| it.code.to_string()).collect()
}

async fn a_coupon_is_made_changed_and_removed(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let now = shop.app.now();
    let draft = CouponDraft {
        discount_type: text("fixed"),
        discount_value: text("2.50"),
        applies_to: AppliesToDraft {
            application_scope: text("packages"),
            package_scope: text("specific"),
            package_ids: Given::Value(vec![vip]),
            ..AppliesToDraft::default()
        },
        max_uses: Given::Value(100),
        max_uses_per_user: Given::Value(1),
        valid_from: Given::Value(now),
        valid_until: Given::Value(now + 24.hours()),
        is_active: Given::Value(false),
        override_sales: Given::Value(true),
        minimum_purchase: text("5"),
        maximum_discount: text("2"),
        ..ten_percent("Summer_25")
    };
    let made = coupon(&shop, draft).await.unwrap();
    let find = async || coupons::find(&shop.app, &shop.actor, made.id).await;
    assert_eq!(find().await.unwrap(), made);
    shop.clock.advance(SignedDuration::from_secs(60));
    let draft = CouponDraft {
        discount_value: text("3"),
        max_uses: Given::Null,
        valid_until: Given::Null,
        is_active: Given::Value(true),
        minimum_purchase: Given::Null,
        ..CouponDraft::default()
    };
    let changed = change_coupon(&shop, made.id, draft, Expect::Any)
        .await
        .unwrap();
    assert_eq!(find().await.unwrap(), changed);
    assert_eq!((changed.version, changed.max_uses), (2, None));
    assert_eq!(changed.max_uses_per_user, Some(1), "what is absent stays");
    assert_eq!(changed.applies_to, made.applies_to);
    assert_eq!(changed.status_at(shop.app.now()), CouponStatus::Active);
    assert!(changed.updated_at > changed.created_at);
    remove_coupon(&shop, made.id, Expect::Any).await.unwrap();
    assert_eq!(code(find().await), "not_found");
    let again = remove_coupon(&shop, made.id, Expect::Any).await;
    assert_eq!(code(again), "not_found");
}

async fn a_code_belongs_to_one_coupon_of_a_store(shop: Shop) {
    let first = coupon(&shop, ten_percent("Summer")).await.unwrap();
    let second = coupon(&shop, ten_percent("WINTER")).await.unwrap();
    assert_eq!(
        code(coupon(&shop, ten_percent("SUMMER")).await),
        "code_taken"
    );
    let rename = |id, code: &str| {
        let draft = CouponDraft {
            code: text(code),
            ..CouponDraft::default()
        };
        change_coupon(&shop, id, draft, Expect::Any)
    };
    assert_eq!(code(rename(second.id, "sUMMER").await), "code_taken");
    let renamed = rename(first.id, "SUMMER").await.unwrap();
    assert_eq!(renamed.code.as_str(), "SUMMER", "its own code is free");
    let other = Actor::operator(new_store(&shop.app, "other").await.id);
    coupon_by(&shop, &other, ten_percent("Summer"))
        .await
        .unwrap();
    let foreign = coupons::find(&shop.app, &other, first.id).await;
    assert_eq!(code(foreign), "not_found");
}

async fn coupons_are_found_by_a_part_of_their_code_and_by_how_they_stand(shop: Shop) {
    let now = shop.app.now();
    let off = CouponDraft {
        is_active: Given::Value(false),
        valid_until: Given::Value(now - 1.hours()),
        ..ten_percent("OFF")
    };
    let over = CouponDraft {
        valid_until: Given::Value(now),
        ..ten_percent("OVER_10")
    };
    let later = CouponDraft {
        valid_from: Given::Value(now + 1.hours()),
        ..ten_percent("LATER-10")
    };
    let once = CouponDraft {
        max_uses: Given::Value(1),
        ..ten_percent("ONCE")
    };
    let mut ids = Vec::new();
    for draft in [off, over, later, once, ten_percent("NOW10")] {
        ids.push(coupon(&shop, draft).await.unwrap().id);
        shop.clock.advance(SignedDuration::from_millis(1));
    }
    let (store, once) = (shop.store.id, ids[3]);
    let used = shop
        .app
        .write(async move |tx| Ok(tradepost_db::coupons::redeem(tx, store, once).await?));
    assert!(used.await.unwrap());
    let search = |part: &str| {
        let search = Some(part.to_owned());
        found(
            &shop,
            Filter {
                search,
                status: None,
            },
        )
    };
    let all = ["NOW10", "ONCE", "LATER-10", "OVER_10", "OFF"];
    assert_eq!(search("").await, all, "newest first");
    assert_eq!(search("o").await, ["NOW10", "ONCE", "OVER_10", "OFF"]);
    assert_eq!(search("_1").await, ["OVER_10"], "no wildcard");
    assert!(search("%").await.is_empty() && search("\\").await.is_empty());
    for (status, code) in [
        (CouponStatus::Inactive, "OFF"),
        (CouponStatus::Expired, "OVER_10"),
        (CouponStatus::Exhausted, "ONCE"),
        (CouponStatus::Scheduled, "LATER-10"),
        (CouponStatus::Active, "NOW10"),
    ] {
        let status = Some(status);
        let filter = Filter {
            search: None,
            status,
        };
        assert_eq!(found(&shop, filter).await, [code]);
    }
    let long = Filter {
        search: Some("x".repeat(65)),
        status: None,
    };
    let long = coupons::list(&shop.app, &shop.actor, long, FIRST).await;
    assert_eq!(wrong(long), ["search: must have at most 64 characters"]);
}

async fn a_long_list_is_told_in_parts(shop: Shop) {
    for number in 0..5 {
        let made = coupon(&shop, ten_percent(&format!("C{number}"))).await;
        made.unwrap();
        shop.clock.advance(SignedDuration::from_millis(1));
    }
    let part = |after, skip| {
        let span = Span {
            after,
            skip,
            take: 2,
        };
        coupons::list(&shop.app, &shop.actor, Filter::default(), span)
    };
    let first = part(None, 0).await.unwrap();
    assert_eq!(codes(&first), ["C4", "C3"]);
    assert_eq!(
        (first.total, first.capped, first.more),
        (Some(5), false, true)
    );
    let last = part(None, 4).await.unwrap();
    assert_eq!((codes(&last), last.more), (vec!["C0".to_owned()], false));
    let next = part(Some(first.items[1].id.0), 0).await.unwrap();
    assert_eq!(codes(&next), ["C2", "C1"]);
    assert_eq!((next.total, next.more), (None, true));
}

fn of_packages(ids: &[PackageId]) -> SaleDraft {
    SaleDraft {
        name: text("Sale"),
        discount_percentage: text("12.5"),
        applies_to: AppliesToDraft {
            application_scope: text("package"),
            package_ids: Given::Value(ids.to_vec()),
            ..AppliesToDraft::default()
        },
        ..SaleDraft::default()
    }
}

async fn what_a_discount_is_for_exists_in_its_store(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let other = new_store(&shop.app, "other").await;
    let actor = Actor::operator(other.id);
    let input = packages::PackageInput {
        name: "VIP".to_owned(),
        price: "9.99".to_owned(),
        ..packages::PackageInput::default()
    };
    let foreign = packages::save(&shop.app, &actor, &other, None, &input).await;
    let foreign = foreign.unwrap();
    let bad = SaleDraft {
        discount_percentage: text("101"),
        ..of_packages(&[vip, foreign])
    };
    assert_eq!(
        wrong(sale(&shop, bad).await),
        [
            "discountPercentage: must be from 0 to 100",
            "packageIds[1]: does not exist",
        ]
    );
    let made = sale(&shop, of_packages(&[vip])).await.unwrap();
    let wider = change_sale(&shop, made.id, of_packages(&[foreign])).await;
    assert_eq!(wrong(wider), ["packageIds[0]: does not exist"]);
    let nowhere = CouponDraft {
        applies_to: AppliesToDraft {
            application_scope: text("categories"),
            category_ids: Given::Value(vec![shop.app.id()]),
            ..AppliesToDraft::default()
        },
        ..ten_percent("NOWHERE")
    };
    assert_eq!(
        wrong(coupon(&shop, nowhere).await),
        ["categoryIds[0]: does not exist"]
    );
}

async fn what_was_changed_meanwhile_is_left_alone(shop: Shop) {
    let made = coupon(&shop, ten_percent("SUMMER")).await.unwrap();
    let draft = CouponDraft {
        is_active: Given::Value(false),
        ..CouponDraft::default()
    };
    let change = |expect| change_coupon(&shop, made.id, draft.clone(), expect);
    let first = change(Expect::OneOf(vec![1])).await;
    assert_eq!(first.unwrap().version, 2);
    let second = change(Expect::OneOf(vec![1])).await;
    assert!(matches!(second, Err(Error::Stale)));
    let removed = remove_coupon(&shop, made.id, Expect::OneOf(vec![1])).await;
    assert!(matches!(removed, Err(Error::Stale)));
    // Uses are no change of people.
    let (store, id) = (shop.store.id, made.id);
    let used = shop
        .app
        .write(async move |tx| Ok(tradepost_db::coupons::redeem(tx, store, id).await?));
    assert!(!used.await.unwrap(), "it is switched off");
    remove_coupon(&shop, made.id, Expect::OneOf(vec![2]))
        .await
        .unwrap();
}

async fn a_sale_lowers_prices_between_its_dates(shop: Shop) {
    let (store, start) = (shop.store.id, shop.app.now());
    let summer = SaleDraft {
        start_date: Given::Value(start + 1.hours()),
        end_date: Given::Value(start + 2.hours()),
        name: text("Summer"),
        discount_percentage: text("30"),
        ..SaleDraft::default()
    };
    let summer = sale(&shop, summer).await.unwrap();
    let always = SaleDraft {
        name: text("Always"),
        discount_percentage: text("5"),
        ..SaleDraft::default()
    };
    let always = sale(&shop, always).await.unwrap();
    assert_eq!(always.start_date, start, "absent is now");
    let found = sales::find(&shop.app, &shop.actor, summer.id).await;
    assert_eq!(found.unwrap(), summer);
    let active = async || {
        let now = shop.app.now();
        let active = shop
            .app
            .read(async move |conn| Ok(tradepost_db::sales::active(conn, store, now).await?))
            .await
            .unwrap();
        for sale in [&summer, &always] {
            let is_active = active.iter().any(|it| it.id == sale.id);
            assert_eq!(is_active, sale.is_active_at(now), "{}", sale.name);
        }
        active.len()
    };
    assert_eq!(active().await, 1);
    shop.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(active().await, 2);
    shop.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(active().await, 1);
    let off = SaleDraft {
        is_enabled: Given::Value(false),
        ..SaleDraft::default()
    };
    let off = change_sale(&shop, always.id, off).await.unwrap();
    assert_eq!((off.version, off.is_enabled), (2, false));
    let slice = sales::list(&shop.app, &shop.actor, FIRST).await.unwrap();
    assert_eq!((slice.items.len(), slice.total), (2, Some(2)));
    let (app, actor, id) = (shop.app.clone(), shop.actor.clone(), always.id);
    let removed = shop
        .app
        .write(async move |tx| sales::delete(&app, tx, &actor, id, &Expect::Any).await);
    removed.await.unwrap();
    let gone = sales::find(&shop.app, &shop.actor, always.id).await;
    assert_eq!(code(gone), "not_found");
}

async fn each_area_has_permissions_of_its_own(shop: Shop) {
    let mut permissions = Permissions::default();
    permissions.grant(Area::Coupons, Access::View);
    permissions.grant(Area::Sales, Access::Edit);
    let key = Actor::key(shop.store.id, permissions);
    let refused = coupon_by(&shop, &key, ten_percent("SUMMER")).await;
    let Err(Error::Forbidden { permission }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(permission, "Coupons:Edit");
    let listed = coupons::list(&shop.app, &key, Filter::default(), FIRST).await;
    assert!(listed.unwrap().items.is_empty());
    let refused = sales::list(&shop.app, &key, FIRST).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}
