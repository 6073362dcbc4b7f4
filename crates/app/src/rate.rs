//! Fixed windows of requests, aligned to the wall-clock minute.

use std::collections::HashMap;
use std::net::IpAddr;

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

/// What stands for an address in a limit: the address, and of IPv6 the network of one customer.
pub fn address_key(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        Some(v4) => v4.to_string(),
        None => "unknown".to_owned(),
    }
}

/// Counts per caller, in memory.
#[derive(Debug, Default)]
pub struct Windows {
    counts: Mutex<(i64, HashMap<String, u32>)>,
}

impl Windows {
    /// Counts one request of `caller`. Errors: it was one too many.
    pub fn check(&self, caller: &str, limit: u32, now: Timestamp) -> crate::Result<()> {
        self.check_many(caller, 1, limit, now)
    }

    /// Counts a request of `caller` as so many. Errors: none was left.
    pub fn check_many(
        &self,
        caller: &str,
        count: u32,
        limit: u32,
        now: Timestamp,
    ) -> crate::Result<()> {
        let retry = self.take_many(caller, count, limit, now).retry_after;
        retry.map_or(Ok(()), |retry_seconds| {
            Err(crate::Error::TooMany { retry_seconds })
        })
    }

    /// Whether `caller` may send a request, without counting one. Errors: it would be one too many.
    pub fn look(&self, caller: &str, limit: u32, now: Timestamp) -> crate::Result<()> {
        let minute = now.as_second().div_euclid(60);
        let counts = self.counts.lock();
        let used = counts.1.get(caller).copied().filter(|_| counts.0 == minute);
        if used.unwrap_or_default() < limit {
            return Ok(());
        }
        let retry_seconds = ((minute + 1) * 60 - now.as_second()).max(1);
        Err(crate::Error::TooMany { retry_seconds })
    }

    /// Counts one request of `caller` and tells where it stands.
    pub fn take(&self, caller: &str, limit: u32, now: Timestamp) -> Allowance {
        self.take_many(caller, 1, limit, now)
    }

    fn take_many(&self, caller: &str, count: u32, limit: u32, now: Timestamp) -> Allowance {
        let minute = now.as_second().div_euclid(60);
        let reset = (minute + 1) * 60;
        let mut counts = self.counts.lock();
        if counts.0 != minute {
            *counts = (minute, HashMap::new());
        }
        let used = counts.1.entry(caller.to_owned()).or_default();
        let allowed = *used < limit;
        *used = used.saturating_add(count);
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
    fn one_customer_has_one_key() {
        let key = |text: &str| address_key(Some(text.parse().unwrap()));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:203.0.113.7"), "203.0.113.7");
    }

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
        // What is worth several needs one to be left, and uses up the rest.
        assert!(windows.check_many("c", 5, 6, at(60)).is_ok());
        assert!(windows.check_many("c", 5, 6, at(60)).is_ok());
        assert!(windows.check_many("c", 1, 6, at(60)).is_err());
    }
}
