//! Fields for a day, on which something works for the last time.

use jiff::ToSpan as _;
use tradepost_model::Timestamp;

use crate::web::when;

/// From the beginning of a day to its last second.
const LAST_SECOND: i64 = 86_399;

/// The last second of the day that a field holds; `None` where it holds none. Errors: what is no day.
pub(super) fn end_of(text: &str) -> Result<Option<Timestamp>, &'static str> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    when::parse_local(text)
        .and_then(|day| day.checked_add(LAST_SECOND.seconds()).ok())
        .map(Some)
        .ok_or("Write a day as in 2027-03-31.")
}

/// What a field for this time holds.
pub(super) fn field(at: Option<Timestamp>) -> String {
    at.map(|at| at.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_to_its_end() {
        let end = end_of("2027-03-31").unwrap();
        assert_eq!(end.unwrap().to_string(), "2027-03-31T23:59:59Z");
        assert_eq!(field(end), "2027-03-31");
        assert_eq!(end_of(" "), Ok(None));
        assert!(end_of("soon").is_err());
    }
}
