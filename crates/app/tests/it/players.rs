//! One player is one player: with or without a UUID, under another name, and as the receiver of a gift.

use tradepost_app::checkout::{self, Line, NewSession};
use tradepost_app::orders::{ManualOrder, Paying, give, refund_order, start_payment};
use tradepost_app::payments::{self, Decision};
use tradepost_app::{Error, Expect, coupons, packages};
use tradepost_model::checkout::Session;
use tradepost_model::coupons::CouponDraft;
use tradepost_model::fields::Given;
use tradepost_model::ids::{OrderId, PackageId};
use tradepost_model::orders::OrderStatus;
use tradepost_model::packages::{BillingDraft, PackageDraft};
use tradepost_model::players::{Game, Username};
use uuid::Uuid;

use crate::shop::{Shop, code, new_session, on_both_engines, player};

on_both_engines!(
    a_limit_holds_whether_or_not_a_uuid_is_given,
    a_limit_holds_for_a_player_with_a_new_name,
    a_limit_holds_at_once_however_the_player_is_told,
    what_goes_back_is_given_back_under_name_and_uuid,
    a_coupons_limit_holds_whether_or_not_a_uuid_is_given,
    a_coupons_limit_holds_for_the_receiver_of_gifts,
    a_coupons_use_is_given_back_to_buyer_and_receiver,
    a_gift_to_oneself_is_none,
    a_manual_order_is_no_trial,
);

const STEVES: u128 = 7;

fn by(name: &str, uuid: Option<u128>, package: PackageId) -> NewSession {
    let mut new = new_session(name, package);
    new.buyer.uuid = uuid.map(Uuid::from_u128);
    new
}

fn gift(from: &str, to: &str, package: PackageId, coupon: Option<&str>) -> NewSession {
    NewSession {
        gift: Some(Username::parse(to, Game::Minecraft).unwrap()),
        coupon_code: coupon.map(str::to_owned),
        ..new_session(from, package)
    }
}

async fn session(shop: &Shop, new: NewSession) -> Result<Session, Error> {
    checkout::create(&shop.app, &shop.store, new).await
}

async fn pay(shop: &Shop, session: &Session) -> OrderId {
    let reference = shop.start(session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    let order = shop.order(session).await.order;
    assert_eq!(order.status, OrderStatus::Paid);
    order.id
}

async fn buys(shop: &Shop, new: NewSession) -> OrderId {
    let session = session(shop, new).await.unwrap();
    pay(shop, &session).await
}

async fn is_refused(shop: &Shop, new: NewSession) -> bool {
    match session(shop, new).await {
        Ok(_) => false,
        Err(Error::Invalid(_)) => true,
        Err(other) => panic!("{other:?}"),
    }
}

async fn limited(shop: &Shop, limit: u32) -> PackageId {
    shop.package_with("Relic", "5.00", |package| {
        package.per_user_limit = limit.to_string()
    })
    .await
}

/// A coupon that one customer can use once.
async fn once(shop: &Shop) {
    let value = |text: &str| Given::Value(text.to_owned());
    let draft = CouponDraft {
        code: value("ONCE"),
        discount_type: value("percentage"),
        discount_value: value("10"),
        max_uses_per_user: Given::Value(1),
        ..CouponDraft::default()
    };
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| coupons::create(&app, tx, &actor, draft.clone()).await)
        .await
        .unwrap();
}

async fn a_limit_holds_whether_or_not_a_uuid_is_given(shop: Shop) {
    let relic = limited(&shop, 1).await;
    // Both looked at the shop before either was paid.
    let later = session(&shop, by("steve", None, relic)).await.unwrap();
    buys(&shop, by("Steve", Some(STEVES), relic)).await;
    assert_eq!(code(shop.start(&later).await), "limit_reached");
    for uuid in [None, Some(STEVES), Some(8)] {
        assert!(
            is_refused(&shop, by("STEVE", uuid, relic)).await,
            "{uuid:?}"
        );
    }
    assert!(is_refused(&shop, gift("Alex", "Steve", relic, None)).await);
    buys(&shop, by("Alex", None, relic)).await;
    assert!(is_refused(&shop, by("Alex", Some(9), relic)).await);
}

async fn a_limit_holds_for_a_player_with_a_new_name(shop: Shop) {
    let relic = limited(&shop, 1).await;
    let later = session(&shop, by("Stephen", Some(STEVES), relic))
        .await
        .unwrap();
    buys(&shop, by("Steve", Some(STEVES), relic)).await;
    assert_eq!(code(shop.start(&later).await), "limit_reached");
    assert!(is_refused(&shop, by("Stephen", Some(STEVES), relic)).await);
    // What was refused was not counted.
    buys(&shop, by("Stephen", None, relic)).await;
}

async fn a_limit_holds_at_once_however_the_player_is_told(shop: Shop) {
    let relic = limited(&shop, 2).await;
    let mut sessions = Vec::new();
    for number in 0..18 {
        let (name, uuid) = match number % 3 {
            0 => ("Steve", Some(STEVES)),
            1 => ("Steve", None),
            _ => ("Stephen", Some(STEVES)),
        };
        sessions.push((
            number % 3,
            session(&shop, by(name, uuid, relic)).await.unwrap(),
        ));
    }
    let mut tasks = Vec::new();
    for (who, session) in sessions {
        let app = shop.app.clone();
        tasks.push(shop.app.tasks.spawn(async move {
            (
                who,
                start_payment(&app, &session.id, Paying::by("test")).await,
            )
        }));
    }
    let mut started = [0; 3];
    for task in tasks {
        match task.await.unwrap() {
            (who, Ok(_)) => started[who] += 1,
            (_, Err(Error::Refused { code, .. })) => assert_eq!(code, "limit_reached"),
            (_, Err(other)) => panic!("{other:?}"),
        }
    }
    let [both, name, uuid] = started;
    assert_eq!((both + name, both + uuid), (2, 2), "{started:?}");
}

async fn what_goes_back_is_given_back_under_name_and_uuid(shop: Shop) {
    let relic = limited(&shop, 1).await;
    let order = buys(&shop, by("Steve", Some(STEVES), relic)).await;
    refund_order(&shop.app, &shop.actor, order, None)
        .await
        .unwrap();
    // By name alone, and let go by the clock.
    let held = session(&shop, by("Steve", None, relic)).await.unwrap();
    shop.start(&held).await.unwrap();
    assert!(is_refused(&shop, by("Steve", Some(STEVES), relic)).await);
    shop.wait(31 * 60).await;
    // By UUID alone, which the name alone had not taken.
    let held = session(&shop, by("Stephen", Some(STEVES), relic))
        .await
        .unwrap();
    shop.start(&held).await.unwrap();
    assert!(is_refused(&shop, by("Steve", Some(STEVES), relic)).await);
    shop.wait(31 * 60).await;
    buys(&shop, by("Steve", Some(STEVES), relic)).await;
    assert!(
        is_refused(&shop, by("Steve", None, relic)).await,
        "nothing was given back twice"
    );
    assert!(is_refused(&shop, by("Stephen", Some(STEVES), relic)).await);
}

async fn a_coupons_limit_holds_whether_or_not_a_uuid_is_given(shop: Shop) {
    once(&shop).await;
    let vip = shop.package("VIP", "10.00").await;
    let with = |name: &str, uuid| NewSession {
        coupon_code: Some("ONCE".to_owned()),
        ..by(name, uuid, vip)
    };
    let later = session(&shop, with("steve", None)).await.unwrap();
    buys(&shop, with("Steve", Some(STEVES))).await;
    assert_eq!(code(shop.start(&later).await), "price_changed");
    for (name, uuid) in [
        ("Steve", None),
        ("Steve", Some(8)),
        ("Stephen", Some(STEVES)),
    ] {
        assert!(is_refused(&shop, with(name, uuid)).await, "{name} {uuid:?}");
    }
    buys(&shop, with("Alex", Some(9))).await;
}

async fn a_coupons_limit_holds_for_the_receiver_of_gifts(shop: Shop) {
    once(&shop).await;
    let vip = shop.package("VIP", "10.00").await;
    let coupon = Some("ONCE");
    let mut waiting = Vec::new();
    for name in ["Anybody1", "Anybody2"] {
        waiting.push(
            session(&shop, gift(name, "Steve", vip, coupon))
                .await
                .unwrap(),
        );
    }
    pay(&shop, &waiting[0]).await;
    assert_eq!(code(shop.start(&waiting[1]).await), "price_changed");
    assert!(is_refused(&shop, gift("Anybody3", "Steve", vip, coupon)).await);
    assert!(
        is_refused(&shop, gift("Anybody1", "Alex", vip, coupon)).await,
        "the buyer's use"
    );
    assert!(
        is_refused(&shop, gift("Steve", "Alex", vip, coupon)).await,
        "the receiver's use"
    );
    buys(&shop, gift("Anybody3", "Alex", vip, coupon)).await;
}

async fn a_coupons_use_is_given_back_to_buyer_and_receiver(shop: Shop) {
    once(&shop).await;
    let vip = shop.package("VIP", "10.00").await;
    let held = session(&shop, gift("Alex", "Steve", vip, Some("ONCE")))
        .await
        .unwrap();
    shop.start(&held).await.unwrap();
    for name in ["Alex", "Steve"] {
        assert!(
            is_refused(&shop, gift(name, "Somebody", vip, Some("ONCE"))).await,
            "{name}"
        );
    }
    checkout::cancel(&shop.app, &held).await.unwrap();
    buys(&shop, gift("Steve", "Somebody", vip, Some("ONCE"))).await;
    buys(&shop, gift("Alex", "Nobody", vip, Some("ONCE"))).await;
}

async fn a_gift_to_oneself_is_none(shop: Shop) {
    let vip = shop.package("VIP", "10.00").await;
    let mut new = gift("Steve", "sTEVE", vip, None);
    new.buyer.uuid = Some(Uuid::from_u128(STEVES));
    let made = session(&shop, new).await.unwrap();
    assert_eq!(made.gift, None);
    pay(&shop, &made).await;
    let order = shop.order(&made).await.order;
    assert_eq!((order.gifter, order.player), (None, made.buyer));
}

async fn a_manual_order_is_no_trial(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let draft = PackageDraft {
        kind: Given::Value("subscription".to_owned()),
        subscription: Given::Value(BillingDraft {
            interval: "month".to_owned(),
            interval_count: None,
            trial_days: Some(7),
        }),
        ..PackageDraft::default()
    };
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| {
            packages::update(&app, tx, &actor, vip, draft.clone(), &Expect::Any).await
        })
        .await
        .unwrap();
    let order = ManualOrder {
        player: player("Steve"),
        email: None,
        items: vec![Line::plain(vip, 1, None)],
    };
    let order = give(&shop.app, &shop.actor, order).await.unwrap();
    let store = shop.store.id;
    let found = shop
        .app
        .read(async move |conn| Ok(tradepost_db::orders::find(conn, store, order).await?))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.status, found.total.minor()),
        (OrderStatus::Paid, 999)
    );
    // At the checkout there is one, for whoever had nothing of it.
    let theirs = |name: &'static str| session(&shop, by(name, None, vip));
    assert!(theirs("Alex").await.unwrap().amounts.due.is_zero());
    assert_eq!(theirs("Steve").await.unwrap().amounts.due.minor(), 999);
}
