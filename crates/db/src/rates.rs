//! Requests per caller and minute, where several nodes count together (`app::rate`).
//!
//! A row is a caller's running window. The clocks of nodes differ a little, so a window of the next minute
//! is counted in by a node whose clock is behind; one from further ahead is of a clock that was wrong.

use crate::{Conn, Result, Tx, params};

crate::statements! {
    TAKE = "INSERT INTO rate_windows (caller, minute, used)
        VALUES ($1, $2, 1)
        ON CONFLICT (caller) DO UPDATE
        SET used = CASE WHEN rate_windows.minute BETWEEN excluded.minute AND excluded.minute + 1
                THEN rate_windows.used + 1 ELSE 1 END,
            minute = CASE WHEN rate_windows.minute BETWEEN excluded.minute AND excluded.minute + 1
                THEN rate_windows.minute ELSE excluded.minute END
        RETURNING minute, used";
    FORGET = sqlite "DELETE FROM rate_windows
            WHERE caller IN (SELECT caller FROM rate_windows WHERE minute < $1 LIMIT $2)"
        postgres "DELETE FROM rate_windows
            WHERE caller IN (SELECT caller FROM rate_windows WHERE minute < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
}

/// A caller's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its minute, since 1970.
    pub minute: i64,
    /// How many requests were counted in it, those beyond the limit included.
    pub used: i64,
}

/// Counts one request. It is one statement and no more, so that counting costs a request one round trip.
pub async fn take(conn: &mut Conn, caller: &str, minute: i64) -> Result<Window> {
    let row = conn.query_one(TAKE, &params![caller, minute]).await?;
    Ok(Window { minute: row.get("minute")?, used: row.get("used")? })
}

/// Removes some of the windows that ended before a minute, and tells how many.
pub async fn forget(tx: &mut Tx, before: i64, limit: u32) -> Result<u64> {
    tx.exec(FORGET, &params![before, limit]).await
}
