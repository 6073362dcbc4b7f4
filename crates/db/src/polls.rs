//! Plugins that ask by single requests: their pace, and the connection that lasts from poll to poll.
//!
//! A server's row in `server_polls` is locked first by every poll, so polls of one server follow each
//! other, on whatever nodes they arrive. The connection itself is a row in `server_connections`, as a
//! hub's is: leases, takeovers and who is online need not know the difference.

use tradepost_model::Timestamp;
use tradepost_model::ids::{CommandId, ConnectionId, ServerId, StoreId};

use crate::{Conn, Result, Tx, params};

crate::statements! {
    LOCK = "INSERT INTO server_polls (server_id, store_id, connection_id, next_check, hasty, polled_at, busy_until)
        VALUES ($1, $2, $3, 0, 0, NULL, 0)
        ON CONFLICT (server_id) DO UPDATE SET hasty = server_polls.hasty
        RETURNING connection_id, next_check, hasty, polled_at, busy_until";
    SAVE = "UPDATE server_polls
        SET connection_id = $3, next_check = $4, hasty = $5, polled_at = $6, busy_until = $7
        WHERE store_id = $1 AND server_id = $2";
    FREE = "UPDATE server_polls SET next_check = 0, hasty = 0, polled_at = NULL WHERE store_id = $1 AND server_id = $2";
    HOLD = "INSERT INTO server_connections
        (server_id, store_id, connection_id, instance_id, node, since, until, transport)
        VALUES ($1, $2, $3, NULL, $4, $5, $6, 'poll')
        ON CONFLICT (server_id) DO UPDATE
        SET connection_id = excluded.connection_id, instance_id = NULL, node = excluded.node,
            since = CASE WHEN server_connections.connection_id = excluded.connection_id
                THEN server_connections.since ELSE excluded.since END,
            until = excluded.until, transport = 'poll'
        WHERE server_connections.transport = 'poll' OR server_connections.until <= $5";
    WAITING = "SELECT
            (SELECT MIN(due_at) FROM commands WHERE store_id = $1 AND server_id = $2 AND status = 'Pending') AS due_at,
            EXISTS (SELECT 1 FROM commands WHERE store_id = $1 AND server_id = $2 AND status = 'Delivered') AS sent";
    AWAITS_PLAYER = "SELECT EXISTS (
            SELECT 1 FROM commands WHERE store_id = $1 AND server_id = $2 AND status = 'AwaitingPlayer') AS awaits";
    NOTE_SILENCE = "INSERT INTO command_transitions (command_id, position, store_id, status, attempt, reason, at)
        SELECT c.id, (SELECT COUNT(*) FROM command_transitions t WHERE t.command_id = c.id), c.store_id, c.status,
            c.attempt, 'acknowledged, and no result came', CAST($3 AS bigint)
        FROM commands c
        WHERE c.store_id = $1 AND c.id = $2
            AND NOT EXISTS (
                SELECT 1 FROM command_transitions t
                WHERE t.command_id = c.id AND t.attempt = c.attempt AND t.reason = 'acknowledged, and no result came')";
    FORGET_ACKS = "UPDATE commands SET acked_at = NULL, updated_at = $4
        WHERE store_id = $1 AND server_id = $2 AND status = 'Delivered' AND lease_connection = $3 AND acked_at <= $5
        RETURNING id";
    LAPSED = "SELECT store_id, server_id, connection_id FROM server_connections
        WHERE transport = 'poll' AND until <= $1
        LIMIT $2";
    LAPSE = "DELETE FROM server_connections
        WHERE store_id = $1 AND server_id = $2 AND connection_id = $3 AND transport = 'poll' AND until <= $4";
}

/// How a plugin polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Its connection, from poll to poll.
    pub connection: ConnectionId,
    /// After how many seconds it was told to ask again; 0 before it was told anything.
    pub next_check: u32,
    /// How many times running it asked much too early.
    pub hasty: u32,
    /// When it was last answered; none where it may ask at once.
    pub polled_at: Option<Timestamp>,
    /// Until when commands count as having come lately.
    pub busy_until: Timestamp,
}

/// The pace of a server's plugin, behind the lock that its polls take first. `new` is the connection of
/// one that never polled.
pub async fn lock(tx: &mut Tx, store: StoreId, server: ServerId, new: ConnectionId) -> Result<Pace> {
    let row = tx.query_one(LOCK, &params![server, store, new]).await?;
    Ok(Pace {
        connection: row.get("connection_id")?,
        next_check: row.get("next_check")?,
        hasty: row.get("hasty")?,
        polled_at: row.get("polled_at")?,
        busy_until: row.get("busy_until")?,
    })
}

/// Keeps a pace.
pub async fn save(tx: &mut Tx, store: StoreId, server: ServerId, pace: &Pace) -> Result<()> {
    let Pace { connection, next_check, hasty, polled_at, busy_until } = pace;
    let values = params![store, server, *connection, *next_check, *hasty, *polled_at, *busy_until];
    tx.exec(SAVE, &values).await.map(|_| ())
}

/// Lets a server's plugin ask at once.
pub async fn free(tx: &mut Tx, store: StoreId, server: ServerId) -> Result<()> {
    tx.exec(FREE, &params![store, server]).await.map(|_| ())
}

/// Makes or keeps this polling connection the server's live one; `false` where a hub connection is live.
pub async fn hold(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    node: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    let values = params![server, store, connection, node, now, until];
    Ok(tx.exec(HOLD, &values).await? == 1)
}

/// When the next pending command of a server is due, and whether one was sent and has no result.
pub async fn waiting(conn: &mut Conn, store: StoreId, server: ServerId) -> Result<(Option<Timestamp>, bool)> {
    let row = conn.query_one(WAITING, &params![store, server]).await?;
    Ok((row.get("due_at")?, row.get("sent")?))
}

/// Whether any command of a server waits for its player.
pub async fn awaits_player(conn: &mut Conn, store: StoreId, server: ServerId) -> Result<bool> {
    let row = conn.query_one(AWAITS_PLAYER, &params![store, server]).await?;
    row.get("awaits")
}

/// Takes back the acknowledgements of this connection up to `before`: what they were for has had no
/// result and is to be sent again.
pub async fn forget_acks(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    now: Timestamp,
    before: Timestamp,
) -> Result<()> {
    let values = params![store, server, connection, now, before];
    // Noted behind the locks of the update, as whatever else is noted in a history.
    for row in tx.query(FORGET_ACKS, &values).await? {
        let command: CommandId = row.get("id")?;
        tx.exec(NOTE_SILENCE, &params![store, command, now]).await?;
    }
    Ok(())
}

/// Polling connections whose time ran out, of any store: `(store, server, connection)`.
pub async fn lapsed(
    conn: &mut Conn,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(StoreId, ServerId, ConnectionId)>> {
    let rows = conn.query(LAPSED, &params![now, limit]).await?;
    rows.iter()
        .map(|row| Ok((row.get("store_id")?, row.get("server_id")?, row.get("connection_id")?)))
        .collect()
}

/// Ends a polling connection whose time ran out; `false` where it was ended or polled again meanwhile.
pub async fn lapse(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(LAPSE, &params![store, server, connection, now]).await? == 1)
}
