//! Lists of checkout sessions. Their ids are random, so they are ordered by when they were made; the text
//! of an id only decides between those made at once, and engines may differ about that.

use tradepost_model::Timestamp;
use tradepost_model::checkout::SessionStatus;
use tradepost_model::ids::{SessionId, StoreId};

use crate::span::Span;
use crate::{Conn, Result, Value, params};

crate::statements! {
    NEWEST = "SELECT id FROM checkout_sessions
        WHERE store_id = $1 AND (created_at, id) < ($2, $3)
        ORDER BY created_at DESC, id DESC
        LIMIT $4 OFFSET $5";
    COUNT = "SELECT COUNT(*) AS count
        FROM (SELECT 1 AS one FROM checkout_sessions WHERE store_id = $1 LIMIT 10001) AS counted";
    NEWEST_OF_STATUS = "SELECT id FROM checkout_sessions
        WHERE store_id = $1 AND (created_at, id) < ($2, $3) AND status = $6 AND (status <> 'Open' OR expires_at > $7)
        ORDER BY created_at DESC, id DESC
        LIMIT $4 OFFSET $5";
    COUNT_OF_STATUS = "SELECT COUNT(*) AS count
        FROM (
            SELECT 1 AS one FROM checkout_sessions
            WHERE store_id = $1 AND status = $2 AND (status <> 'Open' OR expires_at > $3)
            LIMIT 10001
        ) AS counted";
    /// Those whose job has not come yet count as well. Most sessions end so: looking at all finds them soon.
    NEWEST_EXPIRED = "SELECT id FROM checkout_sessions
        WHERE store_id = $1 AND (created_at, id) < ($2, $3)
            AND CASE status WHEN 'Expired' THEN true WHEN 'Open' THEN expires_at <= $6 ELSE false END
        ORDER BY created_at DESC, id DESC
        LIMIT $4 OFFSET $5";
    COUNT_EXPIRED = "SELECT COUNT(*) AS count
        FROM (
            SELECT 1 AS one FROM checkout_sessions
            WHERE store_id = $1 AND CASE status WHEN 'Expired' THEN true WHEN 'Open' THEN expires_at <= $2 ELSE false END
            LIMIT 10001
        ) AS counted";
    NEWEST_OF_REFERENCE = "SELECT id FROM checkout_sessions
        WHERE store_id = $1 AND client_reference = $6 AND (created_at, id) < ($2, $3)
            AND (CASE WHEN status = 'Open' AND expires_at <= $7 THEN 'Expired' ELSE status END = $8 OR $8 IS NULL)
        ORDER BY created_at DESC, id DESC
        LIMIT $4 OFFSET $5";
    COUNT_OF_REFERENCE = "SELECT COUNT(*) AS count
        FROM (
            SELECT 1 AS one FROM checkout_sessions
            WHERE store_id = $1 AND client_reference = $2
                AND (CASE WHEN status = 'Open' AND expires_at <= $3 THEN 'Expired' ELSE status END = $4 OR $4 IS NULL)
            LIMIT 10001
        ) AS counted";
}

/// What a list of sessions is filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those that stand here; an open one whose time is over is expired.
    pub status: Option<SessionStatus>,
    /// Only those with this reference of their maker's.
    pub client_reference: Option<String>,
}

/// Sessions, newest first, after the one that was made then and has this id. `span.after` says nothing
/// here.
pub async fn ids(
    conn: &mut Conn,
    store: StoreId,
    filter: &Filter,
    after: Option<(Timestamp, SessionId)>,
    span: Span,
    now: Timestamp,
) -> Result<Vec<SessionId>> {
    let (made, id) = match &after {
        Some((made, id)) => (*made, id.as_str()),
        None => (Timestamp::MAX, ""),
    };
    let place = params![store, made, id, span.take, span.skip];
    let more = |values: &[Value]| [&place[..], values].concat();
    let status = filter.status.map(SessionStatus::word);
    let rows = match (&filter.client_reference, filter.status) {
        (Some(reference), _) => {
            conn.query(NEWEST_OF_REFERENCE, &more(&params![reference, now, status])).await?
        }
        (None, None) => conn.query(NEWEST, &place).await?,
        (None, Some(SessionStatus::Expired)) => conn.query(NEWEST_EXPIRED, &more(&params![now])).await?,
        (None, Some(_)) => conn.query(NEWEST_OF_STATUS, &more(&params![status, now])).await?,
    };
    rows.iter().map(|row| row.get("id")).collect()
}

/// How many there are, up to one more than a list is counted.
pub async fn count(conn: &mut Conn, store: StoreId, filter: &Filter, now: Timestamp) -> Result<u32> {
    let status = filter.status.map(SessionStatus::word);
    let row = match (&filter.client_reference, filter.status) {
        (Some(reference), _) => {
            conn.query_one(COUNT_OF_REFERENCE, &params![store, reference, now, status]).await?
        }
        (None, None) => conn.query_one(COUNT, &params![store]).await?,
        (None, Some(SessionStatus::Expired)) => conn.query_one(COUNT_EXPIRED, &params![store, now]).await?,
        (None, Some(_)) => conn.query_one(COUNT_OF_STATUS, &params![store, status, now]).await?,
    };
    row.get("count")
}
