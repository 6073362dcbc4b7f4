//! What a request says about who sent it.

use crate::query::Query;
use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, header::AUTHORIZATION, request::Parts},
};
use std::{fmt, net::SocketAddr};

/// What a request says about who sent it.
#[derive(Clone)]
pub struct Credentials {
    token: Option<String>,
    extensions: Extensions,
}

impl Credentials {
    /// The token: of `Authorization: Bearer`, else of `X-Connection-Token`, else of the query
    /// parameter `access_token`. Browsers can send only the last one with a WebSocket.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The address at the other end of the TCP connection, where the application is served with
    /// `into_make_service_with_connect_info::<SocketAddr>()`.
    #[must_use]
    pub fn remote_address(&self) -> Option<SocketAddr> {
        self.extension::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(address)| *address)
    }

    /// Whatever a middleware has put into the request, for instance the address a proxy reports.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    pub(crate) fn of(parts: &Parts, query: &Query) -> Self {
        let token = bearer(&parts.headers)
            .or_else(|| header(&parts.headers, "x-connection-token"))
            .or_else(|| query.get("access_token"))
            .filter(|token| !token.is_empty());
        Self {
            token: token.map(str::to_owned),
            extensions: parts.extensions.clone(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "(hidden)");
        f.debug_struct("Credentials")
            .field("token", &token)
            .finish_non_exhaustive()
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = header(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn token(uri: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Credentials::of(&parts, &Query::of(&parts.uri))
            .token()
            .map(str::to_owned)
    }

    #[test]
    fn a_token_is_found_in_three_places() {
        assert_eq!(
            token("/h", &[("authorization", "bearer  a.b")]).unwrap(),
            "a.b"
        );
        assert_eq!(
            token("/h", &[("x-connection-token", "abc")]).unwrap(),
            "abc"
        );
        assert_eq!(token("/h?Access_Token=a%2Bb", &[]).unwrap(), "a+b");
        assert_eq!(
            token("/h?access_token=x", &[("authorization", "Bearer y")]).unwrap(),
            "y"
        );
        assert_eq!(
            token("/h?access_token=", &[("authorization", "Basic y")]),
            None
        );
    }

    #[test]
    fn debug_output_hides_the_token() {
        let (parts, ()) = Request::builder()
            .uri("/h?access_token=s3cret")
            .body(())
            .unwrap()
            .into_parts();
        let credentials = Credentials::of(&parts, &Query::of(&parts.uri));
        assert!(!format!("{credentials:?}").contains("s3cret"));
    }
}
