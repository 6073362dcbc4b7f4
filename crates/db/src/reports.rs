//! How a server's deliveries went, read from its newest commands.

use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus};
use tradepost_model::ids::{ServerId, StoreId};

use crate::codec::word;
use crate::commands::{columns, read};
use crate::{Conn, Result, params};

crate::statements! {
    RUNS = "SELECT status, due_at, finished_at
        FROM (
            SELECT store_id, status, due_at, sent_at, finished_at
            FROM commands
            WHERE server_id = $2
            ORDER BY id DESC
            LIMIT $3) newest
        WHERE store_id = $1 AND sent_at IS NOT NULL AND finished_at IS NOT NULL
            AND status IN ('Completed', 'Failed')";
    RESULTS = concat!("SELECT ", columns!(), " FROM (SELECT store_id, ", columns!(), "
            FROM commands
            WHERE server_id = $2
            ORDER BY id DESC
            LIMIT $3) newest
        WHERE store_id = $1 AND finished_at IS NOT NULL AND status IN ('Completed', 'Failed')
        ORDER BY finished_at DESC, id DESC
        LIMIT $4");
}

/// How one command ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// As `Completed` or `Failed`.
    pub status: CommandStatus,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// How those of a server's newest `window` commands ended that ran, in no order.
pub async fn runs(conn: &mut Conn, store: StoreId, server: ServerId, window: u32) -> Result<Vec<Ended>> {
    let rows = conn.query(RUNS, &params![store, server, window]).await?;
    rows.iter()
        .map(|row| {
            Ok(Ended {
                status: word(row, "status", CommandStatus::parse)?,
                due_at: row.get("due_at")?,
                finished_at: row.get("finished_at")?,
            })
        })
        .collect()
}

/// The last results among a server's newest `window` commands, latest first.
pub async fn results(
    conn: &mut Conn,
    store: StoreId,
    server: ServerId,
    window: u32,
    limit: u32,
) -> Result<Vec<Command>> {
    let rows = conn.query(RESULTS, &params![store, server, window, limit]).await?;
    rows.iter().map(read).collect()
}
