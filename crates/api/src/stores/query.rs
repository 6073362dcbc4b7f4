//! What follows the `?`, and the lists that are asked for by it.

use std::collections::HashMap;
use std::str::FromStr;

use serde::Serialize;
use tradepost_app::Error;
use tradepost_model::Timestamp;
use tradepost_model::fields::FieldErrors;

/// The parameters that are still to be read. Errors are told all at once.
pub(super) struct Parameters {
    map: HashMap<String, String>,
    errors: FieldErrors,
}

impl Parameters {
    pub(super) fn new(map: HashMap<String, String>) -> Self {
        Self {
            map,
            errors: FieldErrors::default(),
        }
    }

    /// A parameter of some type. `what` tells what it must be.
    pub(super) fn of<T>(
        &mut self,
        name: &str,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.map.remove(name).filter(|text| !text.is_empty())?;
        let value = parse(&text);
        if value.is_none() {
            self.errors.add(name, format!("must be {what}"));
        }
        value
    }

    pub(super) fn id<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.of(name, "an id", |text| text.parse().ok())
    }

    pub(super) fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.of(name, A_TIME, |text| text.parse().ok())
    }

    pub(super) fn number(&mut self, name: &str, default: usize, min: usize, max: usize) -> usize {
        let what = format!("a whole number from {min} to {max}");
        let fits = |text: &str| text.parse().ok().filter(|it| (min..=max).contains(it));
        self.of(name, &what, fits).unwrap_or(default)
    }

    /// `skip` and `take`.
    pub(super) fn paging(&mut self) -> (usize, usize) {
        let skip = self.number("skip", 0, 0, 10_000);
        (skip, self.number("take", 20, 1, 100))
    }

    /// Errors: what does not fit; parameters nobody has read.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        let mut unknown: Vec<_> = self.map.into_keys().collect();
        unknown.sort();
        for name in unknown {
            self.errors.add(name, "is not a known parameter");
        }
        Ok(self.errors.into_result()?)
    }
}

/// How a time is written.
pub(super) const A_TIME: &str = "a time such as 2026-11-20T10:00:00Z";

/// A page of a list, by number or, behind `after`, without counting.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total_count: Option<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) total_count_capped: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skip: Option<usize>,
    pub(super) take: usize,
    pub(super) has_more: bool,
}

impl<T> List<T> {
    /// A page of a list that is known as a whole.
    pub(super) fn of_all(all: Vec<T>, (skip, take): (usize, usize)) -> Self {
        let total = all.len();
        Self {
            items: all.into_iter().skip(skip).take(take).collect(),
            total_count: Some(total),
            total_count_capped: false,
            skip: Some(skip),
            take,
            has_more: total > skip + take,
        }
    }
}
