//! The requests that are measured, written out beforehand.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use tradepost_bench::store::Failure;

use super::client::Connection;
use super::shop::{ORIGIN, Shop};
use super::{fill, names};
use crate::measure::Chance;

/// How many different requests there are of each kind, where they differ.
const DIFFERENT: u32 = 4096;
/// How many players buy.
const BUYERS: u32 = 5000;

/// An endpoint that is measured.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    /// As it is printed.
    pub(super) name: &'static str,
    /// Its route.
    pub(super) path: &'static str,
    pub(super) post: bool,
    request: fn(&Shop, u32) -> String,
}

/// Those that change nothing come first, so that they see the store as it was filled.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        name: "GET /packages",
        path: "/api/v1/packages",
        post: false,
        request: |shop, _| get(shop, "packages"),
    },
    Endpoint {
        name: "GET /orders/{id}",
        path: "/api/v1/orders/{id}",
        post: false,
        request: |shop, number| {
            let order = fill::order_id(any(number, shop.orders));
            get(shop, &format!("orders/{order}"))
        },
    },
    Endpoint {
        name: "GET /customers?search=ste",
        path: "/api/v1/customers",
        post: false,
        request: |shop, _| get(shop, "customers?search=ste&take=20"),
    },
    Endpoint {
        name: "POST /checkout/sessions",
        path: "/api/v1/checkout/sessions",
        post: true,
        request: |shop, number| {
            let body = json!({
                "items": [{"packageId": package(shop, number), "quantity": 1}],
                "customer": {"playerUsername": buyer(shop, number)},
                "successUrl": format!("{ORIGIN}/thanks?order={{ORDER_ID}}"),
                "cancelUrl": format!("{ORIGIN}/"),
            });
            post(shop, "checkout/sessions", &body)
        },
    },
    Endpoint {
        name: "POST /orders",
        path: "/api/v1/orders",
        post: true,
        request: |shop, number| {
            let body = json!({
                "playerUsername": buyer(shop, number),
                "items": [{"packageId": package(shop, number), "quantity": 1}],
            });
            post(shop, "orders", &body)
        },
    },
];

/// An endpoint with its requests.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) requests: Arc<Vec<Vec<u8>>>,
    endpoint: Endpoint,
}

/// All of them, for a store.
pub(super) fn all(shop: &Shop) -> Vec<Case> {
    let case = |endpoint: &Endpoint| {
        let requests = (0..DIFFERENT).map(|number| (endpoint.request)(shop, number).into_bytes());
        Case {
            name: endpoint.name,
            requests: Arc::new(requests.collect()),
            endpoint: *endpoint,
        }
    };
    ENDPOINTS.iter().map(case).collect()
}

impl Endpoint {
    /// Where its answer is kept for the bare server.
    pub(super) fn file(&self) -> String {
        let verb = if self.post { "post" } else { "get" };
        let path = self.path.replace('/', "-");
        format!("{verb}{path}.json")
    }
}

impl Case {
    pub(super) fn file(&self) -> String {
        self.endpoint.file()
    }

    /// What a server answers the first request.
    pub(super) async fn asked_of(&self, server: SocketAddr) -> Result<Vec<u8>, Failure> {
        let mut connection = Connection::open(server).await?;
        let body = connection.ask(&self.requests[0]).await;
        let body = body.map_err(|error| format!("{}: {error}", self.name))?;
        Ok(body.to_vec())
    }
}

/// A number below `below`, without a pattern.
fn any(number: u32, below: u32) -> u32 {
    let chance = Chance::new(number.into()).next();
    u32::try_from(chance % u64::from(below)).expect("below another")
}

fn package(shop: &Shop, number: u32) -> &str {
    let at = any(number, fill::PACKAGES);
    &shop.packages[usize::try_from(at).unwrap_or_default()]
}

fn buyer(shop: &Shop, number: u32) -> String {
    let customers = fill::customers(shop.orders);
    names::of(any(number + DIFFERENT, customers.min(BUYERS)))
}

fn get(shop: &Shop, path: &str) -> String {
    let key = &shop.key;
    format!("GET /api/v1/{path} HTTP/1.1\r\nHost: bench\r\nX-Api-Key: {key}\r\n\r\n")
}

fn post(shop: &Shop, path: &str, body: &serde_json::Value) -> String {
    let (key, body) = (&shop.key, body.to_string());
    format!(
        "POST /api/v1/{path} HTTP/1.1\r\nHost: bench\r\nX-Api-Key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
