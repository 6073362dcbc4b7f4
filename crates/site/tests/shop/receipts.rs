use std::time::Duration;

use axum::http::{StatusCode, header};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::place::Place;

#[tokio::test]
async fn a_receipt_opens_with_its_secret_only() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    let receipt = place.pay(&mut browser, &checkout, "approve").await;
    let (path, secret) = receipt.split_once("?t=").unwrap();
    for bad in ["", "?t=", "?t=x", &format!("?t={}", &secret[1..])] {
        browser
            .get(&format!("{path}{bad}"))
            .await
            .is(StatusCode::NOT_FOUND);
        browser
            .get(&format!("{path}/live{bad}"))
            .await
            .is(StatusCode::NOT_FOUND);
    }
    let other = "/receipt/cs_aaaaaaaaaaaaaaaaaaaaaaaa";
    browser
        .get(&format!("{other}?t={secret}"))
        .await
        .is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_receipt_keeps_itself_up_to_date() {
    let place = Place::open().await;
    let package = place.package("Coins", "4.99").await;
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    browser.get(&checkout).await;
    let page = browser
        .post(&checkout, &[("method", "test")])
        .await
        .is(StatusCode::SEE_OTHER);
    let gateway = page.location().to_owned();
    let session = place.session(&checkout).await;
    let secret = place.app.secrets.sign("receipt", session.id.as_str());
    let page = browser
        .get(&format!("/receipt/{}?t={secret}", session.id))
        .await
        .is(StatusCode::OK);
    page.shows("waiting for your bank");
    let (_, live) = page.body.split_once("data-live=\"").unwrap();
    let live = live.split_once('"').unwrap().0.replace("&#38;", "&");

    let stream = browser.open(&live).await;
    assert_eq!(stream.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    let mut events = stream.into_body().into_data_stream();
    let mut next = async || {
        let event = timeout(Duration::from_secs(5), events.next())
            .await
            .unwrap();
        event.map(|event| String::from_utf8(event.unwrap().to_vec()).unwrap())
    };
    assert!(
        next()
            .await
            .unwrap()
            .contains("the moment the payment arrives")
    );
    browser.get(&gateway).await;
    browser
        .post(&gateway, &[("decision", "approve")])
        .await
        .is(StatusCode::SEE_OTHER);
    assert!(next().await.unwrap().contains("data-reload"));
    place.app.stop.cancel();
    assert_eq!(next().await, None);
}

const _: &[tradepost_db::Stmt] = STATEMENTS;

tradepost_db::statements! {
    MAKE = "UPDATE packages SET kind = 'subscription', billing_interval = 'month', billing_count = 1
        WHERE store_id = $1 AND id = $2";
}

#[tokio::test]
async fn a_buyer_cancels_and_resumes_a_subscription_on_its_receipt() {
    let place = Place::open().await;
    let (store, package) = (place.store.id, place.package("Club", "4.99").await);
    place
        .app
        .write(async move |tx| {
            tx.exec(MAKE, &tradepost_db::params![store, package])
                .await?;
            Ok(())
        })
        .await
        .unwrap();
    let mut browser = place.steve().await;
    let checkout = place.check_out(&mut browser, &[(package, "1")]).await;
    let receipt = place.pay(&mut browser, &checkout, "approve").await;
    let page = browser.get(&receipt).await.is(StatusCode::OK);
    page.shows("4.99\u{a0}EUR every month");
    page.shows("Yes, cancel it");
    let (path, secret) = receipt.split_once("?t=").unwrap();
    let url = format!("{path}/subscription?t={secret}");
    browser
        .post(
            &format!("{path}/subscription?t=x"),
            &[("decision", "cancel")],
        )
        .await
        .is(StatusCode::NOT_FOUND);
    for (decision, shown) in [
        ("cancel", "Resume subscription"),
        ("cancel", "Resume subscription"),
        ("resume", "renews then"),
    ] {
        let page = browser.post(&url, &[("decision", decision)]).await;
        assert_eq!(page.is(StatusCode::SEE_OTHER).location(), receipt);
        browser.get(&receipt).await.shows(shown);
    }
    let session = place.session(&checkout).await;
    let details = tradepost_app::orders::of_session(&place.app, &session).await;
    let payment = details.unwrap().unwrap().payments.remove(0).payment;
    let gateway = format!("/pay/test/{}", payment.reference);
    browser
        .get(&gateway)
        .await
        .shows("Let the next payments fail");
    for (decision, shown) in [
        ("fail", "payments succeed"),
        ("renew", "Renew the subscription"),
    ] {
        let page = browser.post(&gateway, &[("decision", decision)]).await;
        assert_eq!(page.is(StatusCode::SEE_OTHER).location(), gateway);
        browser.get(&gateway).await.shows(shown);
    }
    browser.get(&receipt).await.shows("The last payment failed");
}
