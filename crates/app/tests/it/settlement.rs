//! What a gateway tells is made true once, whole, and for what was agreed.

use jiff::SignedDuration;
use tradepost_app::orders::Settled;
use tradepost_app::payments::{self, Decision};
use tradepost_app::{checkout, jobs};
use tradepost_model::checkout::SessionStatus;
use tradepost_model::orders::OrderStatus;
use tradepost_model::payments::PaymentStatus;

use crate::shop::{Shop, code, new_session, on_both_engines};

on_both_engines!(
    one_notification_fifty_times_settles_once,
    a_declined_payment_leaves_the_checkout_open,
    starting_a_payment_again_leads_to_the_same_attempt,
    paying_twice_sends_the_second_payment_back,
    a_late_payment_for_an_expired_session_settles,
    a_payment_for_a_cancelled_checkout_goes_back,
    another_amount_is_not_settled,
    a_notification_that_was_kept_survives_a_crash,
    a_forged_notification_is_refused,
    one_idempotency_key_makes_one_session,
    a_session_that_ended_cannot_be_paid,
);

async fn one_notification_fifty_times_settles_once(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    let (signature, body) = shop.notification(&reference, Decision::Approve).await;
    let mut tasks = Vec::new();
    for _ in 0..50 {
        let (app, signature, body) = (shop.app.clone(), signature.clone(), body.clone());
        tasks.push(shop.app.tasks.spawn(async move {
            let received = payments::receive(&app, "test", &signature, &body)
                .await
                .unwrap();
            payments::settle_now(&app, &received).await.unwrap()
        }));
    }
    let mut paid = 0;
    for task in tasks {
        paid += usize::from(task.await.unwrap() == Settled::Paid);
    }
    assert_eq!(paid, 1);
    let details = shop.order(&session).await;
    assert_eq!(details.order.status, OrderStatus::Paid);
    assert_eq!(details.commands.len(), 1);
    assert_eq!(events(&shop, "order.completed").await, 1);
    assert_eq!(
        jobs::run_due(&shop.app).await.unwrap(),
        0,
        "settling did the job that stood for it"
    );
    let found = checkout::find(&shop.app, &session.id).await.unwrap();
    assert_eq!(
        (found.status, found.order),
        (SessionStatus::Completed, Some(details.order.id))
    );
}

async fn a_declined_payment_leaves_the_checkout_open(shop: Shop) {
    let relic = shop
        .package_with("Relic", "49.00", |package| {
            package.global_limit = "1".to_owned()
        })
        .await;
    let session = shop.session("Steve", relic).await.unwrap();
    let first = shop.start(&session).await.unwrap();
    let told = shop.told(&first, Decision::Decline).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Declined
    );
    let details = shop.order(&session).await;
    assert_eq!(
        (details.order.status, details.commands.len()),
        (OrderStatus::Pending, 0)
    );
    assert_eq!(
        checkout::find(&shop.app, &session.id).await.unwrap().status,
        SessionStatus::Open
    );
    // What it held is free again, for anybody.
    let other = shop.buys("Alex", relic).await;
    assert_eq!(other.order.status, OrderStatus::Paid);
    assert_eq!(code(shop.start(&session).await), "sold_out");
}

async fn starting_a_payment_again_leads_to_the_same_attempt(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..10 {
        let (app, id) = (shop.app.clone(), session.id.clone());
        tasks.push(shop.app.tasks.spawn(async move {
            tradepost_app::orders::start_payment(
                &app,
                &id,
                tradepost_app::orders::Paying::by("test"),
            )
            .await
        }));
    }
    let mut places = Vec::new();
    for task in tasks {
        places.push(task.await.unwrap().unwrap());
    }
    places.dedup();
    assert_eq!(places.len(), 1);
    let details = shop.order(&session).await;
    assert_eq!((details.payments.len(), details.order.number), (1, 1));
    assert_eq!(events(&shop, "order.created").await, 1);
}

async fn paying_twice_sends_the_second_payment_back(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let first = shop.start(&session).await.unwrap();
    let told = shop.told(&first, Decision::Decline).await;
    payments::settle_now(&shop.app, &told).await.unwrap();
    shop.wait(1).await;
    let second = shop.start(&session).await.unwrap();
    assert_ne!(first, second);
    // The gateway changes its mind about the first, and the second arrives too.
    let told = shop.told(&first, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Paid
    );
    let told = shop.told(&second, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Refunding
    );
    assert_eq!(jobs::run_due(&shop.app).await.unwrap(), 1);
    let details = shop.order(&session).await;
    let statuses: Vec<_> = details
        .payments
        .iter()
        .map(|record| record.payment.status)
        .collect();
    assert_eq!(statuses, [PaymentStatus::Paid, PaymentStatus::Refunded]);
    assert_eq!(
        (details.order.status, details.commands.len()),
        (OrderStatus::Paid, 1)
    );
}

async fn a_late_payment_for_an_expired_session_settles(shop: Shop) {
    let vip = shop
        .package_with("VIP", "9.99", |package| {
            package.per_user_limit = "1".to_owned()
        })
        .await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    shop.wait(3 * 3600).await;
    assert_eq!(
        checkout::find(&shop.app, &session.id).await.unwrap().status,
        SessionStatus::Expired
    );
    let told = shop.told(&reference, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Paid
    );
    let details = shop.order(&session).await;
    assert_eq!(
        (details.order.status, details.commands.len()),
        (OrderStatus::Paid, 1)
    );
    assert_eq!(
        checkout::find(&shop.app, &session.id).await.unwrap().status,
        SessionStatus::Completed
    );
    assert!(
        shop.session("Steve", vip).await.is_err(),
        "the limit per player counts it"
    );
}

async fn a_payment_for_a_cancelled_checkout_goes_back(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    checkout::cancel(&shop.app, &session).await.unwrap();
    let told = shop.told(&reference, Decision::Approve).await;
    assert_eq!(
        payments::settle_now(&shop.app, &told).await.unwrap(),
        Settled::Refunding
    );
    jobs::run_due(&shop.app).await.unwrap();
    let details = shop.order(&session).await;
    assert_eq!(details.order.status, OrderStatus::Cancelled);
    assert_eq!(details.payments[0].payment.status, PaymentStatus::Refunded);
    assert!(details.commands.is_empty());
    assert_eq!(events(&shop, "payment.refunded").await, 1);
}

async fn another_amount_is_not_settled(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
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
    let details = shop.order(&session).await;
    assert_eq!(details.order.status, OrderStatus::Pending);
    assert_eq!(details.payments[0].payment.status, PaymentStatus::Review);
    assert!(details.commands.is_empty());
}

async fn a_notification_that_was_kept_survives_a_crash(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    shop.told(&reference, Decision::Approve).await;
    // The process ended here. The next one finds the job, which had left it time to settle itself.
    assert_eq!(jobs::run_due(&shop.app).await.unwrap(), 0);
    shop.clock.advance(jiff::SignedDuration::from_secs(2));
    assert_eq!(jobs::run_due(&shop.app).await.unwrap(), 1);
    assert_eq!(shop.order(&session).await.order.status, OrderStatus::Paid);
}

async fn a_forged_notification_is_refused(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    let reference = shop.start(&session).await.unwrap();
    let (signature, body) = shop.notification(&reference, Decision::Approve).await;
    let mut changed = body.clone();
    changed.push(b' ');
    assert!(
        payments::receive(&shop.app, "test", &signature, &changed)
            .await
            .is_err()
    );
    assert!(
        payments::receive(&shop.app, "test", "", &body)
            .await
            .is_err()
    );
    assert!(
        payments::receive(&shop.app, "nonsense", &signature, &body)
            .await
            .is_err()
    );
    assert_eq!(jobs::run_due(&shop.app).await.unwrap(), 0);
}

async fn one_idempotency_key_makes_one_session(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mut tasks = Vec::new();
    for _ in 0..50 {
        let (app, store) = (shop.app.clone(), shop.store.clone());
        let mut new = new_session("Steve", vip);
        new.idempotency_key = Some("order-1".to_owned());
        tasks.push(
            shop.app
                .tasks
                .spawn(async move { checkout::create(&app, &store, new).await }),
        );
    }
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap().unwrap().id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let session = checkout::find(&shop.app, &ids[0]).await.unwrap();
    checkout::cancel(&shop.app, &session).await.unwrap();
    let mut new = new_session("Steve", vip);
    new.idempotency_key = Some("order-1".to_owned());
    let refused = checkout::create(&shop.app, &shop.store, new)
        .await
        .unwrap_err();
    let expected = format!(
        "Idempotency-Key already used by Cancelled session {}",
        session.id
    );
    assert_eq!(refused.to_string(), expected);
}

async fn a_session_that_ended_cannot_be_paid(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let session = shop.session("Steve", vip).await.unwrap();
    shop.clock.advance(SignedDuration::from_secs(3600));
    assert_eq!(code(shop.start(&session).await), "session_expired");
    let session = shop.session("Steve", vip).await.unwrap();
    checkout::cancel(&shop.app, &session).await.unwrap();
    assert_eq!(code(shop.start(&session).await), "session_cancelled");
    let details = shop.buys("Steve", vip).await;
    let session = checkout::find(&shop.app, &details.order.session.unwrap())
        .await
        .unwrap();
    assert_eq!(code(shop.start(&session).await), "session_completed");
}

/// How many events of a name the store has.
async fn events(shop: &Shop, name: &str) -> usize {
    let store = shop.store.id;
    let all: Vec<_> = shop
        .app
        .read(async move |conn| Ok(tradepost_db::events::after(conn, store, 0, 1000).await?))
        .await
        .unwrap();
    assert!(
        all.iter().zip(1..).all(|(event, seq)| event.seq == seq),
        "the sequence has no gaps"
    );
    all.iter().filter(|event| event.name == name).count()
}
