//! Many at once: what is scarce is never given out twice.

use std::collections::BTreeMap;

use tradepost_app::{App, Error, Expect, coupons};
use tradepost_db::coupons as db;
use tradepost_model::coupons::CouponDraft;
use tradepost_model::fields::Given;

use super::gift_cards::{gift_card, void, worth};
use super::ledger::{Act, act, an_order, balance};
use super::{change_coupon, coupon, remove_coupon, ten_percent, text};
use crate::shop::{Shop, on_both_engines, player};

on_both_engines!(
    two_hundred_at_once_share_ten_uses,
    one_customer_at_once_stays_within_the_limit,
    fifty_holds_at_once_never_overdraw_a_card,
    a_card_is_voided_while_others_hold_of_it,
    fifty_at_once_make_one_coupon_of_a_code,
    ten_at_once_rename_to_one_code_and_one_does,
    a_coupon_is_removed_while_it_is_used,
);

/// Does something `count` times at once.
async fn at_once<T, F>(shop: &Shop, count: usize, what: impl Fn(App, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count)
        .map(|number| shop.app.tasks.spawn(what(shop.app.clone(), number)))
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

fn count_of(results: &[bool]) -> usize {
    results.iter().filter(|it| **it).count()
}

async fn two_hundred_at_once_share_ten_uses(shop: Shop) {
    let draft = CouponDraft {
        max_uses: Given::Value(10),
        ..ten_percent("TEN")
    };
    let id = coupon(&shop, draft).await.unwrap().id;
    let store = shop.store.id;
    // Every fourth comes late, without a reservation.
    let took = at_once(&shop, 200, |app, number| async move {
        let now = app.now();
        app.write(async move |tx| {
            Ok(match number % 4 {
                0 => db::redeem(tx, store, id).await?,
                _ => db::reserve(tx, store, id, now).await?,
            })
        })
        .await
        .unwrap()
    })
    .await;
    assert_eq!(count_of(&took), 10);
    let find = async || coupons::find(&shop.app, &shop.actor, id).await.unwrap();
    let taken = find().await;
    assert_eq!(taken.uses + taken.reserved, 10);
    assert!(taken.is_taken());
    // Each of two for one reservation: those that are left are used, and nothing twice.
    at_once(&shop, 20, |app, number| async move {
        app.write(async move |tx| {
            if number % 2 == 0 {
                db::redeem_reserved(tx, store, id).await?;
            } else {
                db::release(tx, store, id).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    })
    .await;
    let after = find().await;
    assert_eq!(after.reserved, 0);
    assert!(after.uses <= 10 && after.uses >= taken.uses);
}

async fn one_customer_at_once_stays_within_the_limit(shop: Shop) {
    let id = coupon(&shop, ten_percent("TWICE")).await.unwrap().id;
    let store = shop.store.id;
    let take = |app: App, number: usize| async move {
        let (now, player) = (app.now(), player(&format!("customer_{}", number % 5)));
        app.write(async move |tx| {
            if db::reserve(tx, store, id, now).await?
                && db::reserve_for_customer(tx, store, id, &[&player], Some(2)).await?
            {
                return Ok(());
            }
            // So that the reservation goes with it.
            Err(Error::refused("limit", "limit per customer reached"))
        })
        .await
        .is_ok()
    };
    let took = at_once(&shop, 50, take).await;
    let mut each = BTreeMap::new();
    for (number, took) in took.iter().enumerate() {
        *each.entry(number % 5).or_insert(0) += usize::from(*took);
    }
    assert!(each.values().all(|count| *count == 2), "{each:?}");
    let found = coupons::find(&shop.app, &shop.actor, id).await.unwrap();
    assert_eq!(found.reserved, 10);
    shop.app
        .write(async move |tx| {
            let first = player("customer_0");
            Ok(db::release_for_customer(tx, store, id, &[&first]).await?)
        })
        .await
        .unwrap();
    let used = shop
        .app
        .read(async move |conn| {
            let first = player("customer_0");
            Ok(db::used_by_customer(conn, store, id, &[&first]).await?)
        })
        .await;
    assert_eq!(used.unwrap(), 1);
    assert_eq!(count_of(&at_once(&shop, 5, take).await), 1);
    let none = shop.app.write(async move |tx| {
        let other = player("customer_9");
        Ok(db::reserve_for_customer(tx, store, id, &[&other], None).await?)
    });
    assert!(none.await.unwrap(), "no limit");
}

async fn fifty_holds_at_once_never_overdraw_a_card(shop: Shop) {
    let card = gift_card(&shop, worth("25.00")).await.unwrap();
    let (order, store) = (an_order(&shop).await, shop.store.id);
    let amount = |number: usize| [100, 199, 350, 777, 1][number % 5];
    let held = at_once(&shop, 50, |app, number| {
        let card = card.clone();
        async move {
            let held = act(&app, store, Act::Hold, &card, order, amount(number)).await;
            // Some go on at once: to the card or out of it.
            let next = match number % 3 {
                0 => Act::Release,
                1 => Act::SpendHeld,
                _ => return held,
            };
            if held {
                assert!(act(&app, store, next, &card, order, amount(number)).await);
            }
            held
        }
    })
    .await;
    let sum = |keep: usize| -> i64 {
        let numbers = held.iter().enumerate().filter(|(_, held)| **held);
        let kept = numbers.filter(|(number, _)| number % 3 == keep);
        kept.map(|(number, _)| amount(number)).sum()
    };
    let (spent, still_held) = (sum(1), sum(2));
    assert_eq!(
        balance(&shop, card.id).await,
        (2500 - spent - still_held, still_held)
    );
    assert!(spent + still_held <= 2500 && held.contains(&false));
}

async fn a_card_is_voided_while_others_hold_of_it(shop: Shop) {
    let (order, store) = (an_order(&shop).await, shop.store.id);
    for _ in 0..5 {
        let card = gift_card(&shop, worth("25.00")).await.unwrap();
        let holds = at_once(&shop, 10, |app, number| {
            let card = card.clone();
            async move {
                let held = act(&app, store, Act::Hold, &card, order, 200).await;
                if held && number % 2 == 0 {
                    assert!(act(&app, store, Act::Release, &card, order, 200).await);
                }
                held && number % 2 == 1
            }
        });
        let (held, voided) = tokio::join!(holds, void(&shop, card.id));
        voided.unwrap();
        let held = i64::try_from(count_of(&held)).unwrap() * 200;
        assert_eq!(balance(&shop, card.id).await, (0, held));
    }
}

async fn fifty_at_once_make_one_coupon_of_a_code(shop: Shop) {
    let made = at_once(&shop, 50, |app, number| {
        let actor = shop.actor.clone();
        let draft = ten_percent(["Summer", "SUMMER"][number % 2]);
        async move {
            let own = app.clone();
            app.write(async move |tx| coupons::create(&own, tx, &actor, draft.clone()).await)
                .await
        }
    })
    .await;
    let mut done = 0;
    for made in made {
        match made {
            Ok(_) => done += 1,
            Err(Error::Conflict { code, .. }) => assert_eq!(code, "code_taken"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(done, 1);
}

async fn ten_at_once_rename_to_one_code_and_one_does(shop: Shop) {
    let mut ids = Vec::new();
    for number in 0..10 {
        let made = coupon(&shop, ten_percent(&format!("C{number}"))).await;
        ids.push(made.unwrap().id);
    }
    let renamed = at_once(&shop, 10, |app, number| {
        let (actor, id) = (shop.actor.clone(), ids[number]);
        async move {
            let own = app.clone();
            app.write(async move |tx| {
                let draft = CouponDraft {
                    code: text("summer"),
                    ..CouponDraft::default()
                };
                coupons::update(&own, tx, &actor, id, draft, &Expect::Any).await
            })
            .await
        }
    })
    .await;
    let mut done = 0;
    for renamed in renamed {
        match renamed {
            Ok(_) => done += 1,
            Err(Error::Conflict { code, .. }) => assert_eq!(code, "code_taken"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(done, 1);
}

async fn a_coupon_is_removed_while_it_is_used(shop: Shop) {
    let store = shop.store.id;
    for round in 0..5 {
        let made = coupon(&shop, ten_percent(&format!("ROUND{round}"))).await;
        let id = made.unwrap().id;
        let uses = at_once(&shop, 10, |app, number| async move {
            let (now, player) = (app.now(), player(&format!("customer_{number}")));
            app.write(async move |tx| {
                Ok(db::reserve(tx, store, id, now).await?
                    && db::reserve_for_customer(tx, store, id, &[&player], None).await?)
            })
            .await
            .unwrap()
        });
        let removed = async { remove_coupon(&shop, id, Expect::Any).await };
        let (_, removed) = tokio::join!(uses, removed);
        removed.unwrap();
        // What is left of the uses finds nothing, and that is no error.
        let none = shop.app.write(async move |tx| {
            db::release(tx, store, id).await?;
            db::release_for_customer(tx, store, id, &[&player("customer_0")]).await?;
            Ok(db::redeem_reserved(tx, store, id).await?)
        });
        assert!(!none.await.unwrap());
    }
    let gone = change_coupon(&shop, shop.app.id(), CouponDraft::default(), Expect::Any).await;
    assert!(matches!(gone, Err(Error::NotFound("coupon"))));
}
