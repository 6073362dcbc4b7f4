//! Domain events, in the order of the commits that made them.

use tradepost_model::Timestamp;
use tradepost_model::events::{Event, StoredEvent};
use tradepost_model::ids::{EventId, StoreId};

use crate::{Conn, Result, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO events (store_id, seq, id, name, data, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    AFTER = "SELECT seq, id, name, data, created_at FROM events WHERE store_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
}

/// Writes an event. It takes the store's next sequence number, which stays locked until the
/// transaction ends: so this comes last, and no later commit can appear before one already read.
pub async fn emit(tx: &mut Tx, store: StoreId, id: EventId, event: &Event, now: Timestamp) -> Result<()> {
    let seq = crate::stores::next(tx, store, "events").await?;
    tx.exec(INSERT, &params![store, seq, id, event.name(), event.data(), now]).await.map(|_| ())
}

/// Events after a sequence number, oldest first.
pub async fn after(conn: &mut Conn, store: StoreId, seq: i64, limit: u32) -> Result<Vec<StoredEvent>> {
    let rows = conn.query(AFTER, &params![store, seq, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(StoredEvent {
                id: row.get("id")?,
                seq: row.get("seq")?,
                name: row.get("name")?,
                data: row.get("data")?,
                created_at: row.get("created_at")?,
            })
        })
        .collect()
}
