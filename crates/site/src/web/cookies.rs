//! Cookies: read from a request, and written for an answer.

use axum::http::{HeaderMap, HeaderValue, header};

/// The value of a cookie of a request.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// A cookie to be set. Values are URL-safe text of ours: no quotes, commas, semicolons or spaces.
#[derive(Debug)]
pub(crate) struct Cookie {
    name: String,
    value: String,
    max_age: i64,
    secure: bool,
}

impl Cookie {
    /// A cookie of this host that scripts cannot read.
    pub(crate) fn new(
        name: impl Into<String>,
        value: impl Into<String>,
        max_age_days: i64,
    ) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            max_age: max_age_days * 86_400,
            secure: false,
        }
    }

    /// The order to forget a cookie.
    pub(crate) fn forget(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: String::new(),
            max_age: 0,
            secure: false,
        }
    }

    /// Only over TLS, where the site is reached by it.
    pub(crate) fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// The header's value.
    pub(crate) fn header(&self) -> HeaderValue {
        let Self {
            name,
            value,
            max_age,
            secure,
        } = self;
        let secure = if *secure { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("invalid=; Max-Age=0"))
    }
}
