//! Coupons and gift cards at the checkout: what they take off, and that nothing of them is spent twice.

use tradepost_app::checkout::{self, NewSession};
use tradepost_app::orders::{self, Paying, Settled, refund_order, start_payment};
use tradepost_app::payments::{self, Decision};
use tradepost_app::{Error, coupons, gift_cards, sales};
use tradepost_model::applies_to::AppliesToDraft;
use tradepost_model::checkout::Session;
use tradepost_model::coupons::{Coupon, CouponDraft};
use tradepost_model::fields::Given;
use tradepost_model::gift_cards::{Account, GiftCard, GiftCardDraft, on_account};
use tradepost_model::ids::{CouponId, GiftCardId, PackageId};
use tradepost_model::orders::OrderStatus;
use tradepost_model::packages::{BillingDraft, PackageDraft};
use tradepost_model::payments::PaymentStatus;
use tradepost_model::sales::SaleDraft;

use crate::shop::{Shop, new_session, on_both_engines};

on_both_engines!(
    two_hundred_checkouts_redeem_a_coupon_ten_times,
    fifty_orders_never_overspend_a_gift_card,
    one_customer_at_once_stays_within_a_coupons_limit,
    sale_coupon_and_gift_card_add_up_to_what_is_paid,
    reasons_against_a_code_are_told_under_its_field,
    a_gift_card_that_covers_all_needs_no_gateway,
    a_declined_payment_gives_both_back_and_the_price_can_change,
    the_price_is_final_while_a_payment_is_under_way,
    a_price_that_changed_is_told_before_paying,
    a_late_payment_whose_coupon_is_gone_goes_back,
    a_refund_fills_the_gift_card_again_and_a_dispute_does_not,
    paying_with_codes_is_whole_or_nothing,
    an_attempt_at_an_old_price_is_given_up,
    money_that_is_looked_at_can_go_back,
    nobody_has_two_free_trials,
);

fn value(text: &str) -> Given<String> {
    Given::Value(text.to_owned())
}

fn percent(code: &str, off: &str) -> CouponDraft {
    CouponDraft {
        code: value(code),
        discount_type: value("percentage"),
        discount_value: value(off),
        ..CouponDraft::default()
    }
}

async fn coupon(shop: &Shop, draft: CouponDraft) -> Coupon {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    let made = shop
        .app
        .write(async move |tx| coupons::create(&app, tx, &actor, draft.clone()).await);
    made.await.unwrap()
}

/// A gift card and its code.
async fn card(shop: &Shop, amount: &str) -> (GiftCard, String) {
    let draft = GiftCardDraft {
        amount: value(amount),
        ..GiftCardDraft::default()
    };
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    let made = shop
        .app
        .write(async move |tx| gift_cards::create(&app, tx, &actor, draft.clone()).await);
    let card = made.await.unwrap();
    let code = gift_cards::reveal(&shop.app, &shop.member, card.id)
        .await
        .unwrap();
    let code = code.for_people();
    (card, code)
}

async fn sale(shop: &Shop, percentage: &str) {
    let draft = SaleDraft {
        name: value("Summer Sale"),
        discount_percentage: value(percentage),
        applies_to: AppliesToDraft::default(),
        ..SaleDraft::default()
    };
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    let made = shop
        .app
        .write(async move |tx| sales::create(&app, tx, &actor, draft.clone()).await);
    made.await.unwrap();
}

async fn coupon_now(shop: &Shop, id: CouponId) -> Coupon {
    coupons::find(&shop.app, &shop.actor, id).await.unwrap()
}

/// Balance and held, after checking that the ledger adds up to them and that nothing was made up.
async fn card_now(shop: &Shop, id: GiftCardId) -> (i64, i64) {
    let card = gift_cards::find(&shop.app, &shop.actor, id).await.unwrap();
    let store = shop.store.id;
    let ledger = shop
        .app
        .read(async move |conn| Ok(tradepost_db::gift_card_ledger::ledger(conn, store, id).await?))
        .await
        .unwrap();
    assert_eq!(on_account(&ledger, Account::Card), card.balance.minor());
    assert_eq!(on_account(&ledger, Account::Held), card.held.minor());
    assert_eq!(on_account(&ledger, Account::Issued), -card.amount.minor());
    assert!(ledger.iter().all(|entry| entry.amount.minor() > 0));
    (card.balance.minor(), card.held.minor())
}

fn with(
    username: &str,
    package: PackageId,
    coupon: Option<&str>,
    card: Option<&str>,
) -> NewSession {
    NewSession {
        coupon_code: coupon.map(str::to_owned),
        gift_card_code: card.map(str::to_owned),
        ..new_session(username, package)
    }
}

async fn session(shop: &Shop, new: NewSession) -> Session {
    checkout::create(&shop.app, &shop.store, new).await.unwrap()
}

async fn again(shop: &Shop, session: &Session) -> Session {
    checkout::find(&shop.app, &session.id).await.unwrap()
}

fn amounts(session: &Session) -> [i64; 5] {
    let it = session.amounts;
    [it.subtotal, it.discount, it.total, it.gift_card, it.due].map(|money| money.minor())
}

async fn two_hundred_checkouts_redeem_a_coupon_ten_times(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let draft = CouponDraft {
        max_uses: Given::Value(10),
        ..percent("TEN", "50")
    };
    let ten = coupon(&shop, draft).await;
    let mut sessions = Vec::new();
    for number in 0..200 {
        let new = with(&format!("Buyer_{number}"), vip, Some("ten"), None);
        sessions.push(session(&shop, new).await);
    }
    let mut tasks = Vec::new();
    for session in sessions {
        let app = shop.app.clone();
        let pay = async move {
            let started = start_payment(&app, &session.id, Paying::by("test")).await;
            (session, started)
        };
        tasks.push(shop.app.tasks.spawn(pay));
    }
    let mut started = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            (session, Ok(_)) => started.push(session),
            (session, Err(Error::Refused { .. })) => {
                // What it costs without the coupon is what the page shows now.
                assert_eq!(
                    amounts(&again(&shop, &session).await),
                    [1000, 0, 1000, 0, 1000]
                );
            }
            (_, Err(other)) => panic!("{other:?}"),
        }
    }
    assert_eq!(started.len(), 10);
    let now = coupon_now(&shop, ten.id).await;
    assert_eq!((now.uses, now.reserved), (0, 10));
    let mut tasks = Vec::new();
    for session in &started {
        let reference = shop.start(session).await.unwrap();
        let told = shop.told(&reference, Decision::Approve).await;
        let app = shop.app.clone();
        let settle = async move { payments::settle_now(&app, &told).await };
        tasks.push(shop.app.tasks.spawn(settle));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), Settled::Paid);
    }
    let now = coupon_now(&shop, ten.id).await;
    assert_eq!((now.uses, now.reserved), (10, 0));
    let refused = checkout::create(&shop.app, &shop.store, with("Late", vip, Some("TEN"), None));
    assert_eq!(reason(refused.await, "couponCode"), "exhausted");
}

async fn fifty_orders_never_overspend_a_gift_card(shop: Shop) {
    let cheap = shop.package("Cheap", "0.70").await;
    let dear = shop.package("Dear", "3.00").await;
    let (card, code) = card(&shop, "25.00").await;
    let mut sessions = Vec::new();
    for number in 0..50 {
        let package = if number % 2 == 0 { cheap } else { dear };
        let new = with(&format!("Buyer_{number}"), package, None, Some(&code));
        sessions.push(session(&shop, new).await);
    }
    let mut tasks = Vec::new();
    for session in &sessions {
        let (app, id) = (shop.app.clone(), session.id.clone());
        tasks.push(shop.app.tasks.spawn(async move {
            // Who is told that the price changed tries once more with what is left.
            for _ in 0..3 {
                match start_payment(&app, &id, Paying::by("test")).await {
                    Ok(_) => return,
                    Err(Error::Refused { .. } | Error::Invalid(_)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut paid_by_card = 0;
    for session in &sessions {
        let Some(details) = orders::of_session(&shop.app, session).await.unwrap() else {
            continue;
        };
        let by_card = details
            .order
            .gift_card
            .map_or(0, |card| card.amount.minor());
        assert_eq!(
            details.order.due().minor() + by_card,
            details.order.total.minor()
        );
        paid_by_card += by_card;
        if details.order.status == OrderStatus::Pending {
            let reference = details.payments[0].payment.reference.clone();
            let told = shop.told(&reference, Decision::Approve).await;
            assert_eq!(
                payments::settle_now(&shop.app, &told).await.unwrap(),
                Settled::Paid
            );
        }
    }
    let (balance, held) = card_now(&shop, card.id).await;
    assert!(balance >= 0 && held == 0, "{balance} {held}");
    assert_eq!(paid_by_card + balance, 2500);
    assert!(paid_by_card > 2000, "it was used: {paid_by_card}");
}

async fn one_customer_at_once_stays_within_a_coupons_limit(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let draft = CouponDraft {
        max_uses_per_user: Given::Value(2),
        ..percent("TWO", "10")
    };
    let two = coupon(&shop, draft).await;
    let mut sessions = Vec::new();
    for _ in 0..20 {
        sessions.push(session(&shop, with("Steve", vip, Some("TWO"), None)).await);
    }
    let mut tasks = Vec::new();
    for session in sessions {
        let app = shop.app.clone();
        let pay = async move { start_payment(&app, &session.id, Paying::by("test")).await };
        tasks.push(shop.app.tasks.spawn(pay));
    }
    let mut started = 0;
    for task in tasks {
        started += usize::from(task.await.unwrap().is_ok());
    }
    assert_eq!(started, 2);
    assert_eq!(
        coupon_now(&shop, two.id).await.reserved,
        2,
        "what failed holds nothing"
    );
    let refused = checkout::create(
        &shop.app,
        &shop.store,
        with("steve", vip, Some("TWO"), None),
    );
    assert_eq!(
        reason(refused.await, "couponCode"),
        "limit per customer reached"
    );
    session(&shop, with("Alex", vip, Some("TWO"), None)).await;
}

async fn sale_coupon_and_gift_card_add_up_to_what_is_paid(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    sale(&shop, "30").await;
    let draft = CouponDraft {
        override_sales: Given::Value(true),
        ..percent("EXTRA", "10")
    };
    let extra = coupon(&shop, draft).await;
    let plain = coupon(&shop, percent("PLAIN", "50")).await;
    let (card, code) = card(&shop, "5.00").await;
    let refused = checkout::create(
        &shop.app,
        &shop.store,
        with("Steve", vip, Some("PLAIN"), None),
    );
    assert_eq!(
        reason(refused.await, "couponCode"),
        "not valid for these items",
        "sale prices keep priority over coupon {}",
        plain.id
    );
    let session = session(&shop, with("Steve", vip, Some("extra"), Some(&code))).await;
    // 9.99 - 30 % = 6.99; - 10 % = 6.29; the card pays 5.00 of it.
    assert_eq!(amounts(&session), [699, 70, 629, 500, 129]);
    let reference = shop.start(&session).await.unwrap();
    assert_eq!(card_now(&shop, card.id).await, (0, 500));
    let told = shop.told(&reference, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Paid
    );
    let details = shop.order(&session).await;
    assert_eq!(details.payments[0].payment.amount.minor(), 129);
    assert_eq!(details.order.total.minor(), 629);
    assert_eq!(details.items[0].unit_price.minor(), 699);
    assert_eq!(
        details.order.coupon.as_ref().map(|it| it.discount.minor()),
        Some(70)
    );
    assert_eq!(card_now(&shop, card.id).await, (0, 0));
    assert_eq!(coupon_now(&shop, extra.id).await.uses, 1);
    let refused = checkout::create(&shop.app, &shop.store, with("Alex", vip, None, Some(&code)));
    assert_eq!(
        reason(refused.await, "giftCardCode"),
        "nothing is left on it"
    );
}

async fn reasons_against_a_code_are_told_under_its_field(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let now = shop.app.now();
    let hour = jiff::SignedDuration::from_hours(1);
    let drafts = [
        (
            "OLD",
            "expired",
            CouponDraft {
                valid_until: Given::Value(now - hour),
                ..percent("OLD", "5")
            },
        ),
        (
            "SOON",
            "not found",
            CouponDraft {
                valid_from: Given::Value(now + hour),
                ..percent("SOON", "5")
            },
        ),
        (
            "OFF",
            "not found",
            CouponDraft {
                is_active: Given::Value(false),
                ..percent("OFF", "5")
            },
        ),
        (
            "BIG",
            "does not meet minimum",
            CouponDraft {
                minimum_purchase: value("20"),
                ..percent("BIG", "5")
            },
        ),
    ];
    for (code, expected, draft) in drafts {
        coupon(&shop, draft).await;
        let refused =
            checkout::create(&shop.app, &shop.store, with("Steve", vip, Some(code), None));
        assert_eq!(reason(refused.await, "couponCode"), expected, "{code}");
    }
    for code in ["NOPE", "' OR 1=1", "", "é"] {
        let refused = checkout::create(
            &shop.app,
            &shop.store,
            with("Steve", vip, Some(code), Some(code)),
        );
        let refused = refused.await;
        assert_eq!(reason(refused, "giftCardCode"), "not found", "{code}");
    }
}

async fn a_gift_card_that_covers_all_needs_no_gateway(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (card, code) = card(&shop, "20.00").await;
    let session = session(&shop, with("Steve", vip, None, Some(&code))).await;
    assert!(!session.needs_gateway());
    let started = start_payment(&shop.app, &session.id, Paying::default()).await;
    assert_eq!(started.unwrap(), orders::Started::Complete);
    let details = shop.order(&session).await;
    assert_eq!(
        (details.order.status, details.order.provider.as_str()),
        (OrderStatus::Paid, "GiftCard")
    );
    assert_eq!(card_now(&shop, card.id).await, (1001, 0));
    // Again changes nothing.
    assert!(
        start_payment(&shop.app, &session.id, Paying::default())
            .await
            .is_err()
    );
    assert_eq!(card_now(&shop, card.id).await, (1001, 0));
}

async fn a_declined_payment_gives_both_back_and_the_price_can_change(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let ten = coupon(&shop, percent("TEN", "10")).await;
    let (card, code) = card(&shop, "4.00").await;
    let session = session(&shop, with("Steve", vip, Some("TEN"), Some(&code))).await;
    let first = shop.start(&session).await.unwrap();
    let told = shop.told(&first, Decision::Decline).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    assert_eq!(card_now(&shop, card.id).await, (400, 0));
    assert_eq!(coupon_now(&shop, ten.id).await.reserved, 0);
    checkout::set_gift_card(&shop.app, &session.id, None, None)
        .await
        .unwrap();
    checkout::set_coupon(&shop.app, &session.id, None, None)
        .await
        .unwrap();
    assert_eq!(
        amounts(&again(&shop, &session).await),
        [1000, 0, 1000, 0, 1000]
    );
    let second = shop.start(&session).await.unwrap();
    assert_ne!(first, second);
    // The first attempt comes through after all: it is not what the order costs now.
    let late = shop.told(&first, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &late).await.unwrap(),
        Settled::Refunding
    );
    let told = shop.told(&second, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Paid
    );
    let details = shop.order(&session).await;
    assert_eq!(
        (details.order.total.minor(), details.order.coupon),
        (1000, None)
    );
    assert_eq!(card_now(&shop, card.id).await, (400, 0));
}

async fn the_price_is_final_while_a_payment_is_under_way(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    coupon(&shop, percent("TEN", "10")).await;
    let session = session(&shop, with("Steve", vip, None, None)).await;
    checkout::set_coupon(&shop.app, &session.id, Some(" ten "), None)
        .await
        .unwrap();
    assert_eq!(again(&shop, &session).await.amounts.due.minor(), 900);
    shop.start(&session).await.unwrap();
    let refused = checkout::set_coupon(&shop.app, &session.id, None, None).await;
    assert!(matches!(
        refused,
        Err(Error::Refused {
            code: "payment_under_way",
            ..
        })
    ));
    for _ in 0..12 {
        checkout::set_coupon(&shop.app, &session.id, Some("GUESS"), None)
            .await
            .unwrap_err();
    }
    let refused = checkout::set_coupon(&shop.app, &session.id, Some("GUESS"), None).await;
    assert!(
        matches!(refused, Err(Error::TooMany { .. })),
        "nobody finds codes by trying"
    );
}

async fn a_price_that_changed_is_told_before_paying(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let (card, code) = card(&shop, "15.00").await;
    let one = session(&shop, with("Steve", vip, None, Some(&code))).await;
    let other = session(&shop, with("Alex", vip, None, Some(&code))).await;
    start_payment(&shop.app, &one.id, Paying::default())
        .await
        .unwrap();
    let told = start_payment(&shop.app, &other.id, Paying::default()).await;
    assert!(
        matches!(
            told,
            Err(Error::Refused {
                code: "price_changed",
                ..
            })
        ),
        "{told:?}"
    );
    assert_eq!(
        amounts(&again(&shop, &other).await),
        [1000, 0, 1000, 500, 500]
    );
    assert_eq!(card_now(&shop, card.id).await, (500, 0));
    shop.start(&other).await.unwrap();
    assert_eq!(card_now(&shop, card.id).await, (0, 500));
}

async fn a_late_payment_whose_coupon_is_gone_goes_back(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let draft = CouponDraft {
        max_uses: Given::Value(1),
        ..percent("ONCE", "10")
    };
    let once = coupon(&shop, draft).await;
    let late = session(&shop, with("Steve", vip, Some("ONCE"), None)).await;
    let reference = shop.start(&late).await.unwrap();
    shop.wait(31 * 60).await;
    assert_eq!(coupon_now(&shop, once.id).await.reserved, 0);
    let quick = session(&shop, with("Alex", vip, Some("ONCE"), None)).await;
    let quick_reference = shop.start(&quick).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Refunding
    );
    assert_eq!(shop.order(&late).await.order.status, OrderStatus::Cancelled);
    let told = shop.told(&quick_reference, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Paid
    );
    let now = coupon_now(&shop, once.id).await;
    assert_eq!((now.uses, now.reserved), (1, 0));
}

async fn a_refund_fills_the_gift_card_again_and_a_dispute_does_not(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let (card, code) = card(&shop, "6.00").await;
    let bought = session(&shop, with("Steve", vip, None, Some(&code))).await;
    let reference = shop.start(&bought).await.unwrap();
    for decision in [Decision::Approve, Decision::Dispute] {
        let told = shop.told(&reference, decision).await;
        payments::settle_now(&shop.app, &told).await.unwrap();
    }
    assert_eq!(card_now(&shop, card.id).await, (0, 0));
    let told = shop.told(&reference, Decision::WinDispute).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let order = shop.order(&bought).await.order.id;
    refund_order(&shop.app, &shop.actor, order, None)
        .await
        .unwrap();
    assert_eq!(card_now(&shop, card.id).await, (600, 0));
    refund_order(&shop.app, &shop.actor, order, None)
        .await
        .unwrap_err();
    assert_eq!(card_now(&shop, card.id).await, (600, 0), "once");
}

async fn paying_with_codes_is_whole_or_nothing(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let ten = coupon(&shop, percent("TEN", "10")).await;
    let (card, code) = card(&shop, "4.00").await;
    let session = session(&shop, with("Steve", vip, Some("TEN"), Some(&code))).await;
    let mut failures = 0;
    let reference = loop {
        failures += 1;
        assert!(failures < 200);
        shop.app.db.fail_at(Some(failures));
        let started = shop.start(&session).await;
        shop.app.db.fail_at(None);
        match started {
            Ok(reference) => break reference,
            Err(_) => {
                assert_eq!(card_now(&shop, card.id).await, (400, 0), "at {failures}");
                assert_eq!(coupon_now(&shop, ten.id).await.reserved, 0, "at {failures}");
            }
        }
    };
    assert!(failures > 20, "only {failures}");
    assert_eq!(card_now(&shop, card.id).await, (0, 400));
    let told = shop.told(&reference, Decision::Approve).await;
    for statement in 1..200 {
        shop.app.db.fail_at(Some(statement));
        let settled = payments::settle_now(&shop.app, &told).await;
        shop.app.db.fail_at(None);
        if settled.is_ok() {
            assert!(statement > 20, "only {statement}");
            break;
        }
        assert_eq!(card_now(&shop, card.id).await, (0, 400), "at {statement}");
        let now = coupon_now(&shop, ten.id).await;
        assert_eq!((now.uses, now.reserved), (0, 1), "at {statement}");
    }
    assert_eq!(card_now(&shop, card.id).await, (0, 0));
    let now = coupon_now(&shop, ten.id).await;
    assert_eq!((now.uses, now.reserved), (1, 0));
}

async fn an_attempt_at_an_old_price_is_given_up(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let (card, code) = card(&shop, "5.00").await;
    let slow = session(&shop, with("Steve", vip, None, Some(&code))).await;
    let old = shop.start(&slow).await.unwrap();
    // The hold ends while the buyer hesitates, and the card is spent elsewhere.
    shop.wait(31 * 60).await;
    let quick = session(&shop, with("Alex", vip, None, Some(&code))).await;
    let reference = shop.start(&quick).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    shop.start(&slow).await.unwrap_err();
    assert_eq!(again(&shop, &slow).await.amounts.due.minor(), 1000);
    let new = shop.start(&slow).await.unwrap();
    assert_ne!(old, new, "the attempt at 5.00 is not offered again");
    let late = shop.told(&old, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &late).await.unwrap(),
        Settled::Refunding
    );
    assert_eq!(shop.order(&slow).await.order.status, OrderStatus::Pending);
    let told = shop.told(&new, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Paid
    );
    shop.wait(1).await;
    let details = shop.order(&slow).await;
    let paid: Vec<_> = details
        .payments
        .iter()
        .map(|it| it.payment.status)
        .collect();
    assert_eq!(paid, [PaymentStatus::Refunded, PaymentStatus::Paid]);
    assert_eq!(card_now(&shop, card.id).await, (0, 0));
    let store = shop.store.id;
    let events = shop
        .app
        .read(async move |conn| Ok(tradepost_db::events::after(conn, store, 0, 100).await?))
        .await
        .unwrap();
    assert!(
        events.iter().all(|event| event.name != "payment.refunded"),
        "the order itself was not refunded"
    );
}

async fn money_that_is_looked_at_can_go_back(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let session = session(&shop, with("Steve", vip, None, None)).await;
    let reference = shop.start(&session).await.unwrap();
    let (_, mut payment) = payments::by_reference(&shop.app, "test", &reference)
        .await
        .unwrap();
    payment.amount = tradepost_model::money::Money::new(1, payment.amount.currency());
    let (signature, body) = shop
        .app
        .gateways
        .test
        .notification(&payment, Decision::Approve)
        .unwrap();
    let told = payments::receive(&shop.app, "test", &signature, &body)
        .await
        .unwrap();
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Review
    );
    let order = shop.order(&session).await.order.id;
    let preview = orders::preview_refund(&shop.app, &shop.actor, order).await;
    assert!(preview.unwrap().runs.is_empty());
    refund_order(&shop.app, &shop.actor, order, None)
        .await
        .unwrap();
    shop.wait(1).await;
    let details = shop.order(&session).await;
    assert_eq!(details.order.status, OrderStatus::Cancelled);
    assert_eq!(details.payments[0].payment.status, PaymentStatus::Refunded);
    refund_order(&shop.app, &shop.actor, order, None)
        .await
        .unwrap_err();
}

async fn nobody_has_two_free_trials(shop: Shop) {
    let draft = PackageDraft {
        subscription: Given::Value(BillingDraft {
            interval: "month".to_owned(),
            interval_count: None,
            trial_days: Some(7),
        }),
        ..PackageDraft::default()
    };
    let vip = shop.package("VIP", "9.99").await;
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| {
            let any = tradepost_app::Expect::Any;
            tradepost_app::packages::update(&app, tx, &actor, vip, draft.clone(), &any).await
        })
        .await
        .unwrap();
    let mut told = Vec::new();
    let mut sessions = Vec::new();
    for _ in 0..5 {
        let session = session(&shop, with("Steve", vip, None, None)).await;
        assert!(session.amounts.due.is_zero() && session.needs_gateway());
        let reference = shop.start(&session).await.unwrap();
        told.push(shop.told(&reference, Decision::Approve).await);
        sessions.push(session);
    }
    let mut tasks = Vec::new();
    for told in told {
        let app = shop.app.clone();
        let settle = async move { payments::settle_now(&app, &told).await.unwrap() };
        tasks.push(shop.app.tasks.spawn(settle));
    }
    let mut paid = 0;
    for task in tasks {
        paid += usize::from(task.await.unwrap() == Settled::Paid);
    }
    assert_eq!(paid, 1);
    let late = session(&shop, with("steve", vip, None, None)).await;
    assert_eq!(late.amounts.due.minor(), 999, "the second one costs");
}

/// What was said against a field.
fn reason<T: std::fmt::Debug>(result: Result<T, Error>, field: &str) -> String {
    match result {
        Err(Error::Invalid(errors)) => {
            let found = errors.of(field).map(str::to_owned);
            found.unwrap_or_else(|| panic!("nothing about {field}: {errors:?}"))
        }
        other => panic!("{other:?}"),
    }
}
