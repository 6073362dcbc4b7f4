//! Commands as staff handle them: found by every filter, and changed one at a time.
//!
//! What changes a command reads it behind a lock first, and an order's row before its commands'. So
//! what is decided about a command is decided on what it is.

use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, CommandType, Transition};
use tradepost_model::orders::EndReason;
use tradepost_model::ids::{CommandId, OrderId, OrderItemId, ServerId, StoreId};
use uuid::Uuid;

use crate::codec::word;
use crate::commands::{columns, read};
use crate::{Conn, Result, Tx, params};

crate::statements! {
    FIND = concat!("SELECT ", columns!(), " FROM commands WHERE store_id = $1 AND id = $2");
    STEPS = "SELECT status, attempt, reason, at
        FROM command_transitions
        WHERE store_id = $1 AND command_id = $2
        ORDER BY position";
    ORDER_OF = "SELECT order_id, item_id FROM commands WHERE store_id = $1 AND id = $2";
    LOCK_ORDER = sqlite "SELECT id FROM orders WHERE store_id = $1 AND id = $2"
        postgres "SELECT id FROM orders WHERE store_id = $1 AND id = $2 FOR NO KEY UPDATE";
    LOCK_ITEM = sqlite "SELECT id, end_reason, ended_at IS NULL AS live FROM order_items WHERE store_id = $1 AND id = $2"
        postgres "SELECT id, end_reason, ended_at IS NULL AS live FROM order_items
            WHERE store_id = $1 AND id = $2 FOR NO KEY UPDATE";
    GOES_ON = sqlite "SELECT s.id
        FROM order_items i
        JOIN orders o ON o.id = i.order_id
        JOIN subscriptions s ON s.id = o.subscription_id
        WHERE i.store_id = $1 AND i.id = $2 AND s.ended_at IS NULL"
        postgres "SELECT s.id
        FROM order_items i
        JOIN orders o ON o.id = i.order_id
        JOIN subscriptions s ON s.id = o.subscription_id
        WHERE i.store_id = $1 AND i.id = $2 AND s.ended_at IS NULL
        FOR NO KEY UPDATE OF s";
    LOCK = sqlite "SELECT id FROM commands WHERE store_id = $1 AND id = $2"
        postgres "SELECT id FROM commands WHERE store_id = $1 AND id = $2 FOR NO KEY UPDATE";
    RESEND = "UPDATE commands
        SET status = 'Pending', attempt = attempt + 1, failures = 0, due_at = $5, lease_connection = NULL,
            sent_at = NULL, acked_at = NULL, finished_at = NULL, updated_at = $5, redelivery_id = NULL
        WHERE store_id = $1 AND id = $2 AND attempt = $3 AND status = $4";
    HASTEN = "UPDATE commands SET due_at = $4, updated_at = $4
        WHERE store_id = $1 AND id = $2 AND attempt = $3 AND status = 'Pending' AND sent_at IS NULL";
    CANCEL = "UPDATE commands
        SET status = 'Cancelled', lease_connection = NULL, finished_at = $5, updated_at = $5
        WHERE store_id = $1 AND id = $2 AND attempt = $3 AND status = $4";
    EDIT = "UPDATE commands
        SET content = $4, require_online = $5, required_slots = $6, due_at = $7, server_id = $8, updated_at = $9
        WHERE store_id = $1 AND id = $2 AND attempt = $3 AND status = 'Pending' AND sent_at IS NULL";
    SET_FIRST_REASON = "UPDATE command_transitions SET reason = $3
        WHERE store_id = $1 AND command_id = $2 AND position = 0";
    OF_STORE = "SELECT id FROM commands
        WHERE store_id = $1 AND position >= 0 AND id > $2 AND id < $3 AND (kind = $4 OR $4 IS NULL) AND (status = $5 OR $5 IS NULL)
        ORDER BY id DESC
        LIMIT $6";
    OF_SERVER = "SELECT id FROM commands
        WHERE store_id = $1 AND server_id = $7 AND id > $2 AND id < $3 AND (kind = $4 OR $4 IS NULL)
            AND (status = $5 OR $5 IS NULL)
        ORDER BY id DESC
        LIMIT $6";
    OF_ORDER = "SELECT id FROM commands
        WHERE store_id = $1 AND order_id = $7 AND id > $2 AND id < $3 AND (kind = $4 OR $4 IS NULL)
            AND (status = $5 OR $5 IS NULL) AND (server_id = $8 OR $8 IS NULL)
        ORDER BY id DESC
        LIMIT $6";
    FAILED = "SELECT id FROM commands
        WHERE store_id = $1 AND status = 'Failed' AND id > $2 AND id < $3 AND (kind = $4 OR $4 IS NULL)
            AND (server_id = $6 OR $6 IS NULL)
        ORDER BY id DESC
        LIMIT $5";
    /// Written with NOT, as the two below, so that SQLite takes the index of what waits.
    PENDING = "SELECT c.id
        FROM servers s CROSS JOIN commands c
        WHERE s.store_id = $1 AND (s.id = $6 OR $6 IS NULL) AND c.server_id = s.id AND c.status = 'Pending'
            AND NOT (c.id <= $2 OR c.id >= $3) AND (c.kind = $4 OR $4 IS NULL)
        ORDER BY c.id DESC
        LIMIT $5";
    DELIVERED = "SELECT c.id
        FROM servers s CROSS JOIN commands c
        WHERE s.store_id = $1 AND (s.id = $6 OR $6 IS NULL) AND c.server_id = s.id AND c.status = 'Delivered'
            AND NOT (c.id <= $2 OR c.id >= $3) AND (c.kind = $4 OR $4 IS NULL)
        ORDER BY c.id DESC
        LIMIT $5";
    AWAITING = "SELECT c.id
        FROM servers s CROSS JOIN commands c
        WHERE s.store_id = $1 AND (s.id = $6 OR $6 IS NULL) AND c.server_id = s.id AND c.status = 'AwaitingPlayer'
            AND NOT (c.id <= $2 OR c.id >= $3) AND (c.kind = $4 OR $4 IS NULL)
        ORDER BY c.id DESC
        LIMIT $5";
}

/// What a list of commands is filtered by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this server.
    pub server: Option<ServerId>,
    /// Only those that stand here; all where it is empty.
    pub statuses: Vec<CommandStatus>,
    /// Only those of this type.
    pub kind: Option<CommandType>,
    /// Only those of this order.
    pub order: Option<OrderId>,
    /// Only those made since.
    pub from: Option<Timestamp>,
    /// And before.
    pub to: Option<Timestamp>,
    /// Only those older than this one.
    pub before: Option<CommandId>,
}

/// The first id that something made at `at` can have: ids begin with their time.
pub fn first_id(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

/// A command by identity.
pub async fn find(conn: &mut Conn, store: StoreId, command: CommandId) -> Result<Option<Command>> {
    conn.query_opt(FIND, &params![store, command]).await?.map(|row| read(&row)).transpose()
}

/// The history of a command, oldest first.
pub async fn steps(conn: &mut Conn, store: StoreId, command: CommandId) -> Result<Vec<Transition>> {
    let rows = conn.query(STEPS, &params![store, command]).await?;
    rows.iter()
        .map(|row| {
            Ok(Transition {
                status: word(row, "status", CommandStatus::parse)?,
                attempt: row.get("attempt")?,
                reason: row.get("reason")?,
                at: row.get("at")?,
            })
        })
        .collect()
}

/// The order of a command, and the line it belongs to.
pub async fn order_of(
    conn: &mut Conn,
    store: StoreId,
    command: CommandId,
) -> Result<Option<(OrderId, Option<OrderItemId>)>> {
    let row = conn.query_opt(ORDER_OF, &params![store, command]).await?;
    row.map(|row| Ok((row.get("order_id")?, row.get("item_id")?))).transpose()
}

/// Keeps an order as it is until the transaction ends; `false` where there is none.
pub async fn lock_order(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<bool> {
    Ok(tx.query_opt(LOCK_ORDER, &params![store, order]).await?.is_some())
}

/// Keeps a line from ending until the transaction does; `false` where it has ended. A line of a subscription
/// that was renewed goes on as long as the subscription does.
pub async fn lock_item(tx: &mut Tx, store: StoreId, item: OrderItemId) -> Result<bool> {
    let Some(row) = tx.query_opt(LOCK_ITEM, &params![store, item]).await? else { return Ok(false) };
    if row.get("live")? {
        return Ok(true);
    }
    let renewed = row.get::<Option<String>>("end_reason")?.as_deref() == Some(EndReason::Renewed.word());
    Ok(renewed && tx.query_opt(GOES_ON, &params![store, item]).await?.is_some())
}

/// A command, which stays as it is until the transaction ends.
pub async fn locked(tx: &mut Tx, store: StoreId, command: CommandId) -> Result<Option<Command>> {
    // The row is read after the lock is there, by a statement of its own that sees what came before.
    match tx.query_opt(LOCK, &params![store, command]).await? {
        Some(_) => find(tx, store, command).await,
        None => Ok(None),
    }
}

/// Queues a command that is over or waits for its player as a new attempt, of no redelivery; `false` where it is no
/// longer as `seen`.
pub async fn resend(tx: &mut Tx, store: StoreId, seen: &Command, now: Timestamp) -> Result<bool> {
    let values = params![store, seen.id, seen.attempt, seen.status.word(), now];
    Ok(tx.exec(RESEND, &values).await? == 1)
}

/// Makes a pending command due now; `false` where it is no longer as `seen`.
pub async fn hasten(tx: &mut Tx, store: StoreId, seen: &Command, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(HASTEN, &params![store, seen.id, seen.attempt, now]).await? == 1)
}

/// Takes a command back; `false` where it is no longer as `seen`.
pub async fn cancel(tx: &mut Tx, store: StoreId, seen: &Command, now: Timestamp) -> Result<bool> {
    let values = params![store, seen.id, seen.attempt, seen.status.word(), now];
    Ok(tx.exec(CANCEL, &values).await? == 1)
}

/// Changes a command that was not sent to what `changed` says; `false` where it was sent meanwhile.
pub async fn edit(tx: &mut Tx, store: StoreId, changed: &Command, now: Timestamp) -> Result<bool> {
    let values = params![
        store,
        changed.id,
        changed.attempt,
        &changed.text,
        changed.require_online,
        changed.required_slots,
        changed.due_at,
        changed.server,
        now,
    ];
    Ok(tx.exec(EDIT, &values).await? == 1)
}

/// Says why a new command was queued.
pub async fn set_first_reason(tx: &mut Tx, store: StoreId, command: CommandId, reason: &str) -> Result<()> {
    tx.exec(SET_FIRST_REASON, &params![store, command, reason]).await.map(|_| ())
}

/// The ids of commands, newest first. Each status that is asked for is looked up by an index of its
/// own where there is one, so that what is rare is found without reading what is not.
pub async fn ids(conn: &mut Conn, store: StoreId, filter: &Filter, limit: u32) -> Result<Vec<CommandId>> {
    let wanted: Vec<_> = match filter.statuses.as_slice() {
        [] => vec![None],
        some => CommandStatus::ALL.into_iter().filter(|it| some.contains(it)).map(Some).collect(),
    };
    let several = wanted.len() > 1;
    let mut ids = Vec::new();
    for status in wanted {
        ids.extend(of_status(conn, store, filter, status, limit).await?);
    }
    if several {
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.truncate(limit as usize);
    }
    Ok(ids)
}

async fn of_status(
    conn: &mut Conn,
    store: StoreId,
    filter: &Filter,
    status: Option<CommandStatus>,
    limit: u32,
) -> Result<Vec<CommandId>> {
    let after = CommandId(filter.from.map_or_else(Uuid::nil, first_id));
    let newest = filter.to.map_or_else(Uuid::max, first_id);
    let before = filter.before.map_or(newest, |id| id.0.min(newest));
    let (before, kind) = (CommandId(before), filter.kind.map(CommandType::word));
    let server = filter.server;
    let in_state = params![store, after, before, kind, limit, server];
    let word = status.map(CommandStatus::word);
    let rows = match (filter.order, status) {
        (Some(order), _) => {
            let values = params![store, after, before, kind, word, limit, order, server];
            conn.query(OF_ORDER, &values).await?
        }
        (None, Some(CommandStatus::Pending)) => conn.query(PENDING, &in_state).await?,
        (None, Some(CommandStatus::Delivered)) => conn.query(DELIVERED, &in_state).await?,
        (None, Some(CommandStatus::AwaitingPlayer)) => conn.query(AWAITING, &in_state).await?,
        (None, Some(CommandStatus::Failed)) => conn.query(FAILED, &in_state).await?,
        (None, _) => match server {
            Some(server) => {
                let values = params![store, after, before, kind, word, limit, server];
                conn.query(OF_SERVER, &values).await?
            }
            None => conn.query(OF_STORE, &params![store, after, before, kind, word, limit]).await?,
        },
    };
    rows.iter().map(|row| row.get("id")).collect()
}
