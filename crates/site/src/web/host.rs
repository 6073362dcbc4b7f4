//! Stores on their own host: `{subdomain}.{base domain}/x` is `/s/{subdomain}/x`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, Uri, header};
use std::convert::Infallible;

/// What is the same on every host.
const SHARED: [&str; 10] = [
    "/assets/",
    "/media/",
    "/checkout/",
    "/receipt/",
    "/pay/",
    "/theme",
    "/api/",
    "/s/",
    "/callbacks/",
    "/plugin-hub",
];

/// Marks a request that came to a store's own host, with the path and query it came with.
#[derive(Clone, Debug)]
pub(super) struct StoreHost {
    pub(super) here: String,
}

/// Whether a request came to the store's own host, where its links have no prefix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnHost(pub(crate) bool);

impl<S: Send + Sync> FromRequestParts<S> for OwnHost {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<StoreHost>().is_some()))
    }
}

/// The prefix of a shop's links.
pub(crate) fn shop_base(own_host: OwnHost, subdomain: &str) -> String {
    if own_host.0 {
        String::new()
    } else {
        format!("/s/{subdomain}")
    }
}

/// Points a request for `{subdomain}.{base domain}` at that store's shop. Must run before routing.
pub fn rewrite_store_host<B>(mut request: Request<B>, base_domain: Option<&str>) -> Request<B> {
    let Some(path) = base_domain.and_then(|base| store_path(&request, base)) else {
        return request;
    };
    if let Ok(uri) = path.parse::<Uri>() {
        let before = std::mem::replace(request.uri_mut(), uri);
        let here = before
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned();
        request.extensions_mut().insert(StoreHost { here });
    }
    request
}

fn store_path<B>(request: &Request<B>, base_domain: &str) -> Option<String> {
    let host = request
        .headers()
        .get(header::HOST)?
        .to_str()
        .ok()?
        .to_ascii_lowercase();
    let host = host
        .rsplit_once(':')
        .map_or(host.as_str(), |(name, _)| name);
    let subdomain = host.strip_suffix(base_domain)?.strip_suffix('.')?;
    let path = request.uri().path_and_query()?.as_str();
    let is_store = tradepost_model::stores::subdomain(subdomain).is_ok();
    if !is_store || SHARED.iter().any(|shared| path.starts_with(shared)) {
        return None;
    }
    let path = if path == "/" { "" } else { path };
    Some(format!("/s/{subdomain}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(host: &str, path: &str) -> String {
        let request = Request::builder()
            .uri(path)
            .header(header::HOST, host)
            .body(())
            .unwrap();
        rewrite_store_host(request, Some("shops.example"))
            .uri()
            .to_string()
    }

    #[test]
    fn a_store_has_its_own_host() {
        assert_eq!(rewritten("demo.shops.example", "/"), "/s/demo");
        assert_eq!(
            rewritten("Demo.Shops.Example:8080", "/category/ranks?a=b"),
            "/s/demo/category/ranks?a=b"
        );
        assert_eq!(
            rewritten("demo.shops.example", "/assets/shop.css"),
            "/assets/shop.css"
        );
        for host in [
            "shops.example",
            "other.example",
            "a.b.shops.example",
            "www.shops.example",
            "evilshops.example",
        ] {
            assert_eq!(rewritten(host, "/"), "/", "{host}");
        }
    }
}
