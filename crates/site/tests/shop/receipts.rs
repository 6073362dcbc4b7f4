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
