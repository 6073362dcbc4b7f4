//! A store is at `/s/{subdomain}` on any host, and on a host of its own.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;

use crate::shop::{Shop, on_both_engines};

on_both_engines!(a_store_is_found_by_path_and_by_host);

async fn a_store_is_found_by_path_and_by_host(shop: Shop) {
    shop.package("VIP", "9.99").await;
    let page = async |host: &str, path: &str| {
        let request = Request::get(path)
            .header("host", host)
            .body(Body::empty())
            .unwrap();
        let request = tradepost_site::rewrite_store_host(request, Some("shops.example"));
        let response = tradepost_site::router(shop.app.clone())
            .oneshot(request)
            .await
            .unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let (status, body) = page("anything.example", "/s/lobby").await;
    assert!(status == 200 && body.contains("href=\"/s/lobby/package/vip\""));
    let (status, body) = page("lobby.shops.example:8080", "/").await;
    assert!(status == 200 && body.contains("href=\"/package/vip\""));
    assert_eq!(page("lobby.shops.example", "/package/vip").await.0, 200);
    assert_eq!(page("nobody.shops.example", "/").await.0, 404);
    assert_eq!(page("anything.example", "/s/nobody").await.0, 404);
    assert_eq!(
        page("anything.example", "/s/lobby/package/nothing").await.0,
        404
    );
}
