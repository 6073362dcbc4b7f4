//! How often codes can be tried: nobody finds one by guessing.

use std::net::IpAddr;

use tradepost_model::Timestamp;
use tradepost_model::ids::SessionId;

use crate::rate::address_key;
use crate::{App, Error, Result};

/// Codes tried per session and minute.
const TRIES_PER_MINUTE: u32 = 10;
/// Codes that fail per store, address and minute.
const FAILURES_PER_ADDRESS: u32 = 30;
/// Codes that fail per store and minute.
const FAILURES_PER_STORE: u32 = 600;

/// The windows in which a try is counted as a failed one until it turns out not to be.
pub(super) struct Tries {
    windows: Vec<String>,
    at: Timestamp,
}

impl Tries {
    /// Takes a try back that told nothing about codes which are not good.
    pub(super) fn end(self, app: &App, entered: &Result<()>) {
        if !matches!(entered, Err(Error::Invalid(_))) {
            for window in &self.windows {
                app.windows.give_back(window, self.at);
            }
        }
    }
}

/// Nobody finds a code by trying: not on one checkout, and since checkouts cost nothing, not on many
/// from one address, nor from many addresses in one store. Counted before the code is looked at, so that
/// many at once are no way around it. Errors: too many tries.
pub(super) async fn tries(
    app: &App,
    session: &SessionId,
    code: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<Tries> {
    let at = app.now();
    let mut tries = Tries {
        windows: Vec::new(),
        at,
    };
    if code.is_none() {
        return Ok(tries);
    }
    let caller = format!("codes:{session}");
    app.windows.check(&caller, TRIES_PER_MINUTE, at)?;
    let store = super::find(app, session).await?.store;
    let address = format!("codes:{store}:{}", address_key(ip));
    app.windows.check(&address, FAILURES_PER_ADDRESS, at)?;
    tries.windows.push(address);
    let all = format!("codes:{store}");
    if let Err(error) = app.windows.check(&all, FAILURES_PER_STORE, at) {
        // It is not this address that failed.
        tries.end(app, &Ok(()));
        return Err(error);
    }
    tries.windows.push(all);
    Ok(tries)
}
