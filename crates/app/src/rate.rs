//! Fixed windows of requests, aligned to the wall-clock minute.

use std::collections::HashMap;

use parking_lot::Mutex;
use tradepost_model::Timestamp;

/// Where a caller stands in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Requests per window.
    pub limit: u32,
    /// How many are left.
    pub remaining: u32,
    /// The window's end, in Unix seconds.
    pub reset: i64,
    /// Seconds to wait, where none was left for this request.
    pub retry_after: Option<i64>,
}

/// Counts per caller, in memory.
#[derive(Debug, Default)]
pub struct Windows {
    counts: Mutex<(i64, HashMap<String, u32>)>,
}

impl Windows {
    /// Counts one request of `caller` and tells where it stands.
    pub fn take(&self, caller: &str, limit: u32, now: Timestamp) -> Allowance {
        let minute = now.as_second().div_euclid(60);
        let reset = (minute + 1) * 60;
        let mut counts = self.counts.lock();
        if counts.0 != minute {
            *counts = (minute, HashMap::new());
        }
        let used = counts.1.entry(caller.to_owned()).or_default();
        let allowed = *used < limit;
        *used = used.saturating_add(1);
        let retry_after = (!allowed).then(|| (reset - now.as_second()).max(1));
        Allowance {
            limit,
            remaining: limit.saturating_sub(*used),
            reset,
            retry_after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_with_its_minute() {
        let windows = Windows::default();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        assert_eq!(windows.take("a", 2, at(10)).remaining, 1);
        assert_eq!(windows.take("a", 2, at(59)).remaining, 0);
        let over = windows.take("a", 2, at(59));
        assert_eq!(
            (over.remaining, over.retry_after, over.reset),
            (0, Some(1), 1_800_000_060)
        );
        assert_eq!(windows.take("b", 2, at(59)).retry_after, None);
        assert_eq!(windows.take("a", 2, at(60)).retry_after, None);
    }
}
