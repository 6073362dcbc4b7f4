//! The query of a request, whose parameter names are compared without letter case.

use axum::{extract::Query as Pairs, http::Uri};

pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(uri: &Uri) -> Self {
        Self(
            Pairs::try_from_uri(uri)
                .map(|Pairs(pairs)| pairs)
                .unwrap_or_default(),
        )
    }

    /// The first parameter of this name, percent-decoded.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self
            .0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}
