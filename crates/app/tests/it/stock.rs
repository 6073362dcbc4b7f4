//! What is scarce is never sold twice, whatever happens at once.

use tradepost_app::orders::Settled;
use tradepost_app::payments::{self, Decision};
use tradepost_app::{Error, jobs};
use tradepost_model::orders::OrderStatus;
use tradepost_model::payments::PaymentStatus;

use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    fifty_buyers_of_the_last_one_and_one_gets_it,
    fifty_late_payments_for_the_last_one_and_the_rest_goes_back,
    one_player_at_once_stays_within_the_limit,
    a_reservation_that_expires_is_given_back,
);

async fn fifty_buyers_of_the_last_one_and_one_gets_it(shop: Shop) {
    let relic = shop
        .package_with("Relic", "49.00", |package| {
            package.global_limit = "1".to_owned()
        })
        .await;
    let mut sessions = Vec::new();
    for number in 0..50 {
        let name = format!("Buyer_{number}");
        sessions.push(shop.session(&name, relic).await.unwrap());
    }
    let mut tasks = Vec::new();
    for session in sessions {
        let app = shop.app.clone();
        tasks.push(shop.app.tasks.spawn(async move {
            tradepost_app::orders::start_payment(
                &app,
                &session.id,
                tradepost_app::orders::Paying::by("test"),
            )
            .await
        }));
    }
    let (mut started, mut sold_out) = (Vec::new(), 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(place) => started.push(place),
            Err(Error::Refused {
                code: "sold_out", ..
            }) => sold_out += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((started.len(), sold_out), (1, 49));
    assert!(
        shop.session("Late_buyer", relic).await.is_err(),
        "told before paying"
    );
}

async fn fifty_late_payments_for_the_last_one_and_the_rest_goes_back(shop: Shop) {
    let relic = shop
        .package_with("Relic", "49.00", |package| {
            package.global_limit = "1".to_owned()
        })
        .await;
    // Each in turn reserves the last one and lets the reservation run out.
    let mut sessions = Vec::new();
    let mut references = Vec::new();
    for number in 0..20 {
        let session = shop
            .session(&format!("Buyer_{number}"), relic)
            .await
            .unwrap();
        references.push(shop.start(&session).await.unwrap());
        sessions.push(session);
        shop.wait(31 * 60).await;
    }
    let mut tasks = Vec::new();
    for reference in &references {
        let told = shop.told(reference, Decision::Approve).await;
        let app = shop.app.clone();
        tasks.push(
            shop.app
                .tasks
                .spawn(async move { payments::settle_now(&app, &told).await.unwrap() }),
        );
    }
    let mut settled = Vec::new();
    for task in tasks {
        settled.push(task.await.unwrap());
    }
    assert_eq!(settled.iter().filter(|it| **it == Settled::Paid).count(), 1);
    assert_eq!(
        settled
            .iter()
            .filter(|it| **it == Settled::Refunding)
            .count(),
        19
    );
    jobs::run_due(&shop.app).await.unwrap();
    for session in &sessions {
        let details = shop.order(session).await;
        let ending = (
            details.order.status,
            details.payments[0].payment.status,
            details.commands.len(),
        );
        let paid = (OrderStatus::Paid, PaymentStatus::Paid, 1);
        let returned = (OrderStatus::Cancelled, PaymentStatus::Refunded, 0);
        assert!(ending == paid || ending == returned, "{ending:?}");
        if ending == returned {
            assert!(details.order.reason.unwrap().contains("sold out"));
        }
    }
}

async fn one_player_at_once_stays_within_the_limit(shop: Shop) {
    let gift = shop
        .package_with("Gift", "1.00", |package| {
            package.per_user_limit = "2".to_owned()
        })
        .await;
    let mut sessions = Vec::new();
    for _ in 0..20 {
        sessions.push(shop.session("Steve", gift).await.unwrap());
    }
    let mut tasks = Vec::new();
    for session in sessions {
        let app = shop.app.clone();
        tasks.push(shop.app.tasks.spawn(async move {
            tradepost_app::orders::start_payment(
                &app,
                &session.id,
                tradepost_app::orders::Paying::by("test"),
            )
            .await
        }));
    }
    let mut started = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => started += 1,
            Err(Error::Refused { code, .. }) => assert_eq!(code, "limit_reached"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(started, 2);
    assert!(
        shop.session("STEVE", gift).await.is_err(),
        "letter case makes no new player"
    );
    assert!(shop.session("Alex", gift).await.is_ok());
}

async fn a_reservation_that_expires_is_given_back(shop: Shop) {
    let relic = shop
        .package_with("Relic", "49.00", |package| {
            package.global_limit = "1".to_owned()
        })
        .await;
    let session = shop.session("Steve", relic).await.unwrap();
    shop.start(&session).await.unwrap();
    shop.wait(29 * 60).await;
    assert!(shop.session("Alex", relic).await.is_err());
    // Paying again lets it last longer.
    shop.start(&session).await.unwrap();
    shop.wait(29 * 60).await;
    assert!(shop.session("Alex", relic).await.is_err());
    shop.wait(2 * 60).await;
    assert_eq!(
        shop.buys("Alex", relic).await.order.status,
        OrderStatus::Paid
    );
}
