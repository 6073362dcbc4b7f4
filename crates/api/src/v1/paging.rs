//! `skip` and `take`.

use std::collections::HashMap;

use tradepost_app::Error;
use tradepost_model::fields::FieldErrors;

/// The most that a list of packages gives at once.
const MOST: usize = 1000;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paging {
    pub(crate) skip: usize,
    pub(crate) take: usize,
}

/// Reads `skip` and `take` of a list that gives everything by default. Errors: what is no number or
/// outside its range; parameters nobody knows.
pub(crate) fn of_short_list(query: &HashMap<String, String>) -> Result<Paging, Error> {
    let mut errors = FieldErrors::default();
    let mut number = |name: &str, default: usize, min: usize, max: usize| {
        let Some(text) = query.get(name) else {
            return default;
        };
        text.parse()
            .ok()
            .filter(|value| (min..=max).contains(value))
            .unwrap_or_else(|| {
                errors.add(name, format!("must be a whole number from {min} to {max}"));
                default
            })
    };
    let paging = Paging {
        skip: number("skip", 0, 0, 1_000_000),
        take: number("take", MOST, 1, MOST),
    };
    for name in query
        .keys()
        .filter(|name| !matches!(name.as_str(), "skip" | "take"))
    {
        errors.add(name.clone(), "is not a known parameter");
    }
    errors.into_result()?;
    Ok(paging)
}
