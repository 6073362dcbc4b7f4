//! Fixed windows of requests, aligned to the wall-clock minute.
//!
//! [`Windows`] count in the memory of one node. [`Limits`] hold for the whole installation: where several
//! nodes can share a database they count there, in a table that no crash needs to preserve. Who is over
//! the limit is remembered here until the minute ends, so that a flood does not reach the database.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use tradepost_db::{Engine, rates as db};
use tradepost_model::Timestamp;
use tradepost_model::ids::{ApiKeyId, UserId};
use tradepost_model::plans::Subscribed;

use crate::{App, Result};

/// Requests per minute of a member with a token, unless the operator says otherwise.
pub const MEMBER_REQUESTS_PER_MINUTE: u32 = 120;
/// How often windows that have ended are removed.
const SWEEP: Duration = Duration::from_secs(60);
/// How many are removed at once.
const SWEEP_BATCH: u32 = 1000;

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

impl Allowance {
    /// Where a caller stands after its `used`-th request in a window.
    fn after(used: u32, limit: u32, minute: i64, now: Timestamp) -> Self {
        let reset = (minute + 1) * 60;
        Self {
            limit,
            remaining: limit.saturating_sub(used),
            reset,
            retry_after: (used > limit).then(|| (reset - now.as_second()).max(1)),
        }
    }

    /// Errors: the request was one too many.
    pub fn check(&self) -> Result<()> {
        self.retry_after.map_or(Ok(()), |retry_seconds| {
            Err(crate::Error::TooMany { retry_seconds })
        })
    }
}

/// Whose requests are counted, and for what.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// A key of the Management API.
    Key(ApiKeyId),
    /// A member with a token.
    Member(UserId),
    /// An address from which somebody logs in.
    LoginFrom(&'a str),
    /// An account into which somebody logs in, by its e-mail address in small letters.
    LoginTo(&'a str),
    /// An address from which keys or tokens come that are not good.
    Refused(&'a str),
}

impl Caller<'_> {
    /// What stands for the caller in the table: nothing in it is anybody's address.
    fn name(self, app: &App) -> String {
        let hidden = |kind: &str, text: &str| {
            let signed = app.secrets.sign("rate", &format!("{kind}:{text}"));
            format!("{kind}:{signed}")
        };
        match self {
            Self::Key(key) => format!("key:{key}"),
            Self::Member(user) => format!("user:{user}"),
            Self::LoginFrom(address) => hidden("login-from", address),
            Self::LoginTo(email) => hidden("login-to", email),
            Self::Refused(address) => hidden("refused", address),
        }
    }
}

/// Limits that hold on all nodes together.
#[derive(Debug, Default)]
pub struct Limits {
    /// Everything, where there is one node.
    memory: Windows,
    /// Who is over the limit in the running minute, and in which window.
    spent: Mutex<(i64, HashMap<String, i64>)>,
}

impl Limits {
    /// Counts one request of `caller` and tells where it stands. Errors: it could not be counted.
    pub async fn take(&self, app: &App, caller: Caller<'_>, limit: u32) -> Result<Allowance> {
        let (name, now) = (caller.name(app), app.now());
        if app.db.engine() == Engine::Sqlite {
            return Ok(self.memory.take(&name, limit, now));
        }
        let minute = minute_of(now);
        if let Some(window) = self.spent_in(&name, minute) {
            return Ok(Allowance::after(u32::MAX, limit, window, now));
        }
        let key = name.clone();
        let counted = app
            .read(async move |conn| Ok(db::take(conn, &key, minute).await?))
            .await?;
        let used = u32::try_from(counted.used).unwrap_or(u32::MAX);
        if used >= limit {
            self.spent.lock().1.insert(name, counted.minute);
        }
        Ok(Allowance::after(used, limit, counted.minute, now))
    }

    /// Counts one request of `caller`. Errors: it was one too many, or could not be counted.
    pub async fn check(&self, app: &App, caller: Caller<'_>, limit: u32) -> Result<()> {
        self.take(app, caller, limit).await?.check()
    }

    fn spent_in(&self, name: &str, minute: i64) -> Option<i64> {
        let mut spent = self.spent.lock();
        if spent.0 != minute {
            spent.0 = minute;
            spent.1.retain(|_, window| *window >= minute);
        }
        spent
            .1
            .get(name)
            .copied()
            .filter(|window| *window >= minute)
    }
}

/// Requests per minute of a key of a store with this plan.
pub fn requests_per_minute(app: &App, plan: &Subscribed) -> u32 {
    let operators = app.settings.requests_per_minute;
    operators.unwrap_or(plan.plan.requests_per_minute())
}

/// Removes windows that have ended until the process stops.
pub async fn run(app: App) {
    if app.db.engine() == Engine::Sqlite {
        return;
    }
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
        if let Err(error) = forget(&app).await {
            tracing::warn!(error = ?error, "could not remove old windows of requests, will try again");
        }
    }
}

/// Removes the windows that have ended, and tells how many.
pub async fn forget(app: &App) -> Result<u64> {
    let before = minute_of(app.now()) - 1;
    let mut all = 0;
    loop {
        let some = app
            .write(async move |tx| Ok(db::forget(tx, before, SWEEP_BATCH).await?))
            .await?;
        all += some;
        if some < u64::from(SWEEP_BATCH) {
            return Ok(all);
        }
    }
}

fn minute_of(now: Timestamp) -> i64 {
    now.as_second().div_euclid(60)
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
        self.take_many(caller, count, limit, now).check()
    }

    /// Whether `caller` may send a request, without counting one. Errors: it would be one too many.
    pub fn look(&self, caller: &str, limit: u32, now: Timestamp) -> crate::Result<()> {
        let minute = minute_of(now);
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

    /// Takes back one request of `caller` that was counted at this time, where its window has not ended.
    pub fn give_back(&self, caller: &str, counted_at: Timestamp) {
        let mut counts = self.counts.lock();
        if counts.0 == minute_of(counted_at)
            && let Some(used) = counts.1.get_mut(caller)
        {
            *used = used.saturating_sub(1);
        }
    }

    fn take_many(&self, caller: &str, count: u32, limit: u32, now: Timestamp) -> Allowance {
        let minute = minute_of(now);
        let mut counts = self.counts.lock();
        if counts.0 != minute {
            *counts = (minute, HashMap::new());
        }
        let used = counts.1.entry(caller.to_owned()).or_default();
        let was_left = *used < limit;
        *used = used.saturating_add(count);
        // What is worth several needs one to be left, and uses up the rest.
        let counted = if was_left { (*used).min(limit) } else { *used };
        Allowance::after(counted, limit, minute, now)
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
        assert!(windows.check_many("c", 5, 6, at(60)).is_ok());
        assert!(windows.check_many("c", 5, 6, at(60)).is_ok());
        assert!(windows.check_many("c", 1, 6, at(60)).is_err());
        windows.give_back("a", at(60));
        windows.give_back("a", at(59));
        assert_eq!(windows.take("a", 2, at(61)).remaining, 1);
    }
}
