//! Queued commands: claims, leases, results and the history of every step.
//!
//! A command in `Delivered` is leased to the connection it was sent on. The lease is worth as much
//! as that connection's row in `server_connections`, so renewing one row renews all its leases.

use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandOrigin, CommandStatus, CommandType, Transition};
use tradepost_model::ids::{CommandId, ConnectionId, OrderId, OrderItemId, ServerId, StoreId};

use crate::codec::{player, word};
use crate::{Conn, Result, Row, Tx, params};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, order_id, order_number, item_id, origin, redelivery_id, package_id, package_name, server_id, kind, content,
            username, uuid, require_online, required_slots, status, attempt, failures, due_at, sent_at, acked_at,
            finished_at, last_error, output, duration_ms, created_at, position"
    };
}
pub(crate) use columns;

crate::statements! {
    INSERT = "INSERT INTO commands
        (id, store_id, order_id, order_number, package_id, package_name, server_id, position, kind, content,
            username, username_key, uuid, require_online, required_slots, status, attempt, failures, due_at,
            lease_connection, sent_at, created_at, updated_at, last_error, finished_at, item_id, origin, redelivery_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, 0, $17, $18, $19, $20, $20,
            $21, $22, $23, $24, $25)";
    NEXT_POSITION = "SELECT COALESCE(MAX(position) + 1, 0) AS position FROM commands WHERE store_id = $1 AND order_id = $2";
    CANCEL_UNSENT = "UPDATE commands
        SET status = 'Cancelled', lease_connection = NULL, finished_at = $4, updated_at = $4
        WHERE store_id = $1 AND order_id = $2 AND kind = $3
            AND (status = 'AwaitingPlayer' OR (status = 'Pending' AND sent_at IS NULL))
        RETURNING id";
    CANCEL_UNSENT_OF_ITEM = "UPDATE commands
        SET status = 'Cancelled', lease_connection = NULL, finished_at = $4, updated_at = $4
        WHERE store_id = $1 AND order_id = $2 AND item_id = $3 AND kind IN ('initial', 'renewal')
            AND (status = 'AwaitingPlayer' OR (status = 'Pending' AND sent_at IS NULL))
        RETURNING id";
    QUEUE_AGAIN = "UPDATE commands
        SET status = 'Pending', attempt = attempt + 1, failures = 0, lease_connection = NULL, sent_at = NULL,
            acked_at = NULL, finished_at = NULL, redelivery_id = NULL, updated_at = $4,
            due_at = CASE WHEN due_at > $4 THEN due_at ELSE $4 END
        WHERE store_id = $1 AND order_id = $2 AND status = 'Cancelled'
            AND $3 = (
                SELECT t.reason FROM command_transitions t
                WHERE t.command_id = commands.id
                ORDER BY t.position DESC
                LIMIT 1)
        RETURNING id";
    INSERT_STEP = "INSERT INTO command_transitions (command_id, position, store_id, status, attempt, reason, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    STEP = "INSERT INTO command_transitions (command_id, position, store_id, status, attempt, reason, at)
        SELECT c.id, (SELECT COUNT(*) FROM command_transitions t WHERE t.command_id = c.id), c.store_id, c.status,
            c.attempt, $3, $4
        FROM commands c
        WHERE c.store_id = $1 AND c.id = $2";
    STEP_ONCE = "INSERT INTO command_transitions (command_id, position, store_id, status, attempt, reason, at)
        SELECT c.id, (SELECT COUNT(*) FROM command_transitions t WHERE t.command_id = c.id), c.store_id, c.status,
            c.attempt, $3, $4
        FROM commands c
        WHERE c.store_id = $1 AND c.id = $2
            AND NOT EXISTS (
                SELECT 1 FROM command_transitions t
                WHERE t.command_id = c.id AND t.attempt = c.attempt AND t.reason = $3)";
    OF_ORDER = concat!("SELECT ", columns!(), "
        FROM commands
        WHERE store_id = $1 AND order_id = $2
        ORDER BY position");
    TOLD_OF_ORDER = concat!("SELECT ", columns!(), ",
            (SELECT s.name FROM servers s WHERE s.store_id = $1 AND s.id = commands.server_id) AS server_name
        FROM commands
        WHERE store_id = $1 AND order_id = $2
        ORDER BY position");
    OF_SERVER = concat!("SELECT ", columns!(), "
        FROM commands
        WHERE store_id = $1 AND server_id = $2
        ORDER BY id DESC
        LIMIT $3");
    FAILED = concat!("SELECT ", columns!(), "
        FROM commands
        WHERE store_id = $1 AND status = 'Failed'
        ORDER BY id DESC
        LIMIT $2");
    STEPS_OF_ORDER = "SELECT t.command_id, t.status, t.attempt, t.reason, t.at
        FROM commands c
        JOIN command_transitions t ON t.command_id = c.id
        WHERE c.store_id = $1 AND c.order_id = $2
        ORDER BY t.command_id, t.position";
    /// What was chosen is looked at again, since a person may have changed it while this waited for
    /// its lock. Written with NOT, so that SQLite goes by the ids and not through the whole queue.
    CLAIM = concat!("UPDATE commands
        SET status = 'Delivered', lease_connection = $3, sent_at = $4, acked_at = NULL, updated_at = $4
        WHERE store_id = $1 AND status = 'Pending' AND NOT (server_id <> $2 OR due_at > $4) AND id IN (
            SELECT id FROM commands
            WHERE server_id = $2 AND status = 'Pending' AND due_at <= $4
            ORDER BY due_at, position
            LIMIT $5)
        AND EXISTS (
            SELECT 1 FROM server_connections WHERE server_id = $2 AND connection_id = $3 AND until > $4)
        RETURNING ", columns!());
    TAKE_OVER = concat!("UPDATE commands
        SET lease_connection = $3, sent_at = $4, acked_at = NULL, updated_at = $4
        WHERE store_id = $1 AND status = 'Delivered' AND id IN (
            SELECT id FROM commands
            WHERE server_id = $2 AND status = 'Delivered' AND lease_connection <> $3
            ORDER BY due_at, position
            LIMIT $5)
        RETURNING ", columns!());
    QUEUE_THE_REST = "UPDATE commands
        SET status = 'Pending', lease_connection = NULL, updated_at = $4
        WHERE store_id = $1 AND server_id = $2 AND status = 'Delivered' AND lease_connection <> $3
        RETURNING id";
    HAS_UNACKED = "SELECT id FROM commands
        WHERE store_id = $1 AND server_id = $2 AND status = 'Delivered' AND lease_connection = $3
            AND acked_at IS NULL AND sent_at <= $4
        LIMIT 1";
    RESEND = concat!("UPDATE commands
        SET sent_at = $4, updated_at = $4
        WHERE store_id = $1 AND status = 'Delivered' AND id IN (
            SELECT id FROM commands
            WHERE server_id = $2 AND status = 'Delivered' AND lease_connection = $3
                AND acked_at IS NULL AND sent_at <= $5
            ORDER BY due_at, position
            LIMIT $6)
        RETURNING ", columns!());
    NEXT_DUE = "SELECT MIN(due_at) AS due_at FROM commands WHERE server_id = $2 AND status = 'Pending' AND store_id = $1";
    QUEUE = "SELECT 'Pending' AS status, COUNT(*) AS count FROM commands
            WHERE store_id = $1 AND server_id = $2 AND status = 'Pending'
        UNION ALL
        SELECT 'Delivered' AS status, COUNT(*) AS count FROM commands
            WHERE store_id = $1 AND server_id = $2 AND status = 'Delivered'
        UNION ALL
        SELECT 'AwaitingPlayer' AS status, COUNT(*) AS count FROM commands
            WHERE store_id = $1 AND server_id = $2 AND status = 'AwaitingPlayer'";
    ACK = "UPDATE commands SET acked_at = $4, updated_at = $4
        WHERE store_id = $1 AND server_id = $2 AND id = $3 AND status = 'Delivered' AND acked_at IS NULL";
    CURRENT = concat!("SELECT ", columns!(), "
        FROM commands
        WHERE store_id = $1 AND server_id = $2 AND id = $3 AND sent_at IS NOT NULL
            AND status IN ('Pending', 'Delivered')");
    FINISH = "UPDATE commands
        SET status = $5, finished_at = $6, last_error = $7, output = $8, duration_ms = $9, lease_connection = NULL,
            updated_at = $6
        WHERE store_id = $1 AND server_id = $2 AND id = $3 AND attempt = $4 AND sent_at IS NOT NULL
            AND status IN ('Pending', 'Delivered')";
    AWAIT = "UPDATE commands
        SET status = 'AwaitingPlayer', lease_connection = NULL, updated_at = $5
        WHERE store_id = $1 AND server_id = $2 AND id = $3 AND attempt = $4 AND sent_at IS NOT NULL
            AND status IN ('Pending', 'Delivered')";
    RETRY = "UPDATE commands
        SET status = 'Pending', attempt = attempt + 1, failures = failures + 1, due_at = $5, sent_at = NULL,
            acked_at = NULL, lease_connection = NULL, last_error = $6, output = $7, updated_at = $8
        WHERE store_id = $1 AND server_id = $2 AND id = $3 AND attempt = $4 AND sent_at IS NOT NULL
            AND status IN ('Pending', 'Delivered')";
    JOINED_BY_NAME = "UPDATE commands
        SET status = 'Pending', attempt = attempt + 1, due_at = $5, sent_at = NULL, acked_at = NULL, updated_at = $5
        WHERE store_id = $1 AND server_id = $2 AND status = 'AwaitingPlayer' AND username_key = $3
            AND (uuid = $4 OR $4 IS NULL OR uuid IS NULL)
        RETURNING id";
    JOINED_BY_UUID = "UPDATE commands
        SET status = 'Pending', attempt = attempt + 1, due_at = $4, sent_at = NULL, acked_at = NULL, updated_at = $4
        WHERE store_id = $1 AND server_id = $2 AND status = 'AwaitingPlayer' AND uuid = $3
        RETURNING id";
    JOINED_OFFLINE_MODE = "UPDATE commands
        SET status = 'Pending', attempt = attempt + 1, due_at = $4, sent_at = NULL, acked_at = NULL, updated_at = $4
        WHERE store_id = $1 AND server_id = $2 AND status = 'AwaitingPlayer' AND username_key = $3
        RETURNING id";
    ORPHANS = "SELECT c.id, c.store_id, c.server_id
        FROM commands c
        LEFT JOIN server_connections s ON s.server_id = c.server_id AND s.connection_id = c.lease_connection
        WHERE c.status = 'Delivered' AND (s.until IS NULL OR s.until <= $1)
        LIMIT $2";
    GIVE_BACK = "UPDATE commands
        SET status = 'Pending', lease_connection = NULL, updated_at = $3
        WHERE store_id = $1 AND id = $2 AND status = 'Delivered'
            AND NOT EXISTS (
                SELECT 1 FROM server_connections s
                WHERE s.server_id = commands.server_id AND s.connection_id = commands.lease_connection
                    AND s.until > $3)";
}

/// A command that is queued, and the lease it gets at once where its server is connected.
#[derive(Clone, Debug)]
pub struct NewCommand {
    /// The command.
    pub command: Command,
    /// The connection it is leased to.
    pub lease: Option<ConnectionId>,
}

/// The place behind an order's last command.
pub async fn next_position(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<i64> {
    conn.query_one(NEXT_POSITION, &params![store, order]).await?.get("position")
}

/// Takes back an order's commands of a type that were not sent yet; how many there were.
pub async fn cancel_unsent(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    kind: CommandType,
    reason: &str,
    now: Timestamp,
) -> Result<usize> {
    let rows = tx.query(CANCEL_UNSENT, &params![store, order, kind.word(), now]).await?;
    for row in &rows {
        note(tx, store, row.get("id")?, reason, now).await?;
    }
    Ok(rows.len())
}

/// Takes back what a line's commands would still give; how many there were.
pub async fn cancel_unsent_of_item(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    item: OrderItemId,
    reason: &str,
    now: Timestamp,
) -> Result<usize> {
    let rows = tx.query(CANCEL_UNSENT_OF_ITEM, &params![store, order, item, now]).await?;
    for row in &rows {
        note(tx, store, row.get("id")?, reason, now).await?;
    }
    Ok(rows.len())
}

/// Queues those of an order's commands again that were taken back last for this reason, as new attempts.
pub async fn queue_again(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    taken_back: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<CommandId>> {
    let rows = tx.query(QUEUE_AGAIN, &params![store, order, taken_back, now]).await?;
    let ids = rows.iter().map(|row| row.get("id")).collect::<Result<Vec<CommandId>>>()?;
    for id in &ids {
        note(tx, store, *id, reason, now).await?;
    }
    Ok(ids)
}

/// Queues commands in the order given, from this place of their order on, with the first steps of
/// their history.
pub async fn insert(tx: &mut Tx, store: StoreId, first: i64, commands: &[NewCommand]) -> Result<()> {
    let mut rows = Vec::with_capacity(commands.len());
    let mut steps = Vec::with_capacity(commands.len() * 2);
    for (position, NewCommand { command, lease }) in (first..).zip(commands) {
        let sent_at = lease.map(|_| command.created_at);
        rows.push(
            params![
                command.id,
                store,
                command.order,
                command.order_number,
                command.package,
                &command.package_name,
                command.server,
                position,
                command.kind.word(),
                &command.text,
                command.player.username.as_str(),
                command.player.username.key(),
                command.player.uuid,
                command.require_online,
                command.required_slots,
                if lease.is_some() { CommandStatus::Delivered.word() } else { command.status.word() },
                command.due_at,
                *lease,
                sent_at,
                command.created_at,
                command.last_error.as_deref(),
                command.finished_at,
                command.item,
                command.origin.word(),
                command.redelivery,
            ]
            .to_vec(),
        );
        let mut step = |position: i64, status: CommandStatus, reason: &str| {
            let values = params![command.id, position, store, status.word(), 1_i64, reason, command.created_at];
            steps.push(values.to_vec());
        };
        step(0, CommandStatus::Pending, "queued");
        if lease.is_some() {
            step(1, CommandStatus::Delivered, "sent");
        }
        if command.status == CommandStatus::Failed {
            step(1, CommandStatus::Failed, command.last_error.as_deref().unwrap_or_default());
        }
    }
    tx.exec_many(INSERT, rows).await?;
    tx.exec_many(INSERT_STEP, steps).await.map(|_| ())
}

/// Notes in a command's history what it has just become, and why.
pub async fn note(tx: &mut Tx, store: StoreId, command: CommandId, reason: &str, now: Timestamp) -> Result<()> {
    tx.exec(STEP, &params![store, command, reason, now]).await.map(|_| ())
}

/// As [`note`], once per attempt: for what can repeat without end.
async fn note_once(
    tx: &mut Tx,
    store: StoreId,
    command: CommandId,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let values = params![store, command, reason, now];
    tx.exec(STEP_ONCE, &values).await.map(|_| ())
}

/// The commands of an order, in their order.
pub async fn of_order(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Vec<Command>> {
    conn.query(OF_ORDER, &params![store, order]).await?.iter().map(read).collect()
}

/// The commands of an order, in their order, each with the name of its server.
pub async fn told_of_order(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Vec<(Command, String)>> {
    let rows = conn.query(TOLD_OF_ORDER, &params![store, order]).await?;
    let told = rows.iter().map(|row| {
        let name: Option<String> = row.get("server_name")?;
        Ok((read(row)?, name.unwrap_or_default()))
    });
    told.collect()
}

/// A server's last commands, newest first.
pub async fn of_server(conn: &mut Conn, store: StoreId, server: ServerId, limit: u32) -> Result<Vec<Command>> {
    conn.query(OF_SERVER, &params![store, server, limit]).await?.iter().map(read).collect()
}

/// A store's commands that failed for good, newest first.
pub async fn failed(conn: &mut Conn, store: StoreId, limit: u32) -> Result<Vec<Command>> {
    conn.query(FAILED, &params![store, limit]).await?.iter().map(read).collect()
}

/// The histories of an order's commands, each in its order.
pub async fn steps_of_order(
    conn: &mut Conn,
    store: StoreId,
    order: OrderId,
) -> Result<Vec<(CommandId, Transition)>> {
    let rows = conn.query(STEPS_OF_ORDER, &params![store, order]).await?;
    rows.iter()
        .map(|row| {
            let step = Transition {
                status: word(row, "status", CommandStatus::parse)?,
                attempt: row.get("attempt")?,
                reason: row.get("reason")?,
                at: row.get("at")?,
            };
            Ok((row.get("command_id")?, step))
        })
        .collect()
}

/// Claims up to `limit` due commands of a server for its connection, oldest first. Nothing is
/// claimed for a connection that is no longer the server's live one.
pub async fn claim(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Command>> {
    let rows = tx.query(CLAIM, &params![store, server, connection, now, limit]).await?;
    let commands = in_order(&rows)?;
    for command in &commands {
        note(tx, store, command.id, "sent", now).await?;
    }
    Ok(commands)
}

/// Takes over what older connections of the server were sent and have not answered: the same
/// attempts with the same keys, the oldest `limit` of them. The rest goes back into the queue.
pub async fn take_over(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Command>> {
    let values = params![store, server, connection, now, limit];
    let rows = tx.query(TAKE_OVER, &values).await?;
    let commands = in_order(&rows)?;
    for command in &commands {
        note_once(tx, store, command.id, "sent again: the server reconnected", now).await?;
    }
    let values = params![store, server, connection, now];
    // Noted behind the locks of the update: what is reported meanwhile has the next place in a history.
    for row in tx.query(QUEUE_THE_REST, &values).await? {
        note(tx, store, row.get("id")?, "queued again: the server reconnected", now).await?;
    }
    Ok(commands)
}

/// What was sent on this connection up to `before` and never acknowledged, to be sent again: the
/// oldest `limit` of it.
pub async fn resend(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    now: Timestamp,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Command>> {
    let rows = tx.query(RESEND, &params![store, server, connection, now, before, limit]).await?;
    let commands = in_order(&rows)?;
    for command in &commands {
        note_once(tx, store, command.id, "sent again: no acknowledgement came", now).await?;
    }
    Ok(commands)
}

/// Whether something sent on this connection up to `before` was never acknowledged.
pub async fn has_unacked(
    conn: &mut Conn,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    before: Timestamp,
) -> Result<bool> {
    let values = params![store, server, connection, before];
    Ok(conn.query_opt(HAS_UNACKED, &values).await?.is_some())
}

/// When the next pending command of a server is due, which may be long ago.
pub async fn next_due(conn: &mut Conn, store: StoreId, server: ServerId) -> Result<Option<Timestamp>> {
    conn.query_one(NEXT_DUE, &params![store, server]).await?.get("due_at")
}

/// How many of a server's commands are pending, delivered and awaiting their player.
pub async fn queue(conn: &mut Conn, store: StoreId, server: ServerId) -> Result<[i64; 3]> {
    let mut counts = [0; 3];
    for row in conn.query(QUEUE, &params![store, server]).await? {
        let place = match word(&row, "status", CommandStatus::parse)? {
            CommandStatus::Pending => 0,
            CommandStatus::Delivered => 1,
            _ => 2,
        };
        counts[place] = row.get("count")?;
    }
    Ok(counts)
}

/// Notes that the plugin has a command; `false` where there was nothing to note.
pub async fn ack(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    command: CommandId,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(ACK, &params![store, server, command, now]).await? == 1)
}

/// A command of this server that was sent and awaits its result.
pub async fn current(
    conn: &mut Conn,
    store: StoreId,
    server: ServerId,
    command: CommandId,
) -> Result<Option<Command>> {
    conn.query_opt(CURRENT, &params![store, server, command]).await?.map(|row| read(&row)).transpose()
}

/// What is kept of a run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What the console printed.
    pub output: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: Option<i64>,
}

/// Ends an attempt as `Completed` or `Failed`; `false` where it is not the attempt under way.
pub async fn finish(
    tx: &mut Tx,
    store: StoreId,
    command: &Command,
    status: CommandStatus,
    run: &Run,
    now: Timestamp,
) -> Result<bool> {
    let values = params![
        store,
        command.server,
        command.id,
        command.attempt,
        status.word(),
        now,
        run.error.as_deref(),
        run.output.as_deref(),
        run.duration_ms,
    ];
    Ok(tx.exec(FINISH, &values).await? == 1)
}

/// Lets a command wait for its player; `false` where it is not the attempt under way.
pub async fn await_player(tx: &mut Tx, store: StoreId, command: &Command, now: Timestamp) -> Result<bool> {
    let values = params![store, command.server, command.id, command.attempt, now];
    Ok(tx.exec(AWAIT, &values).await? == 1)
}

/// Queues the next attempt of a failed command; `false` where it is not the attempt under way.
pub async fn retry(
    tx: &mut Tx,
    store: StoreId,
    command: &Command,
    due_at: Timestamp,
    run: &Run,
    now: Timestamp,
) -> Result<bool> {
    let values = params![
        store,
        command.server,
        command.id,
        command.attempt,
        due_at,
        run.error.as_deref(),
        run.output.as_deref(),
        now,
    ];
    Ok(tx.exec(RETRY, &values).await? == 1)
}

/// Queues what waits for a player who joined, as new attempts; how many there were. A player is
/// matched by UUID where both sides have one, else by name; in offline mode by name alone.
pub async fn player_joined(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    username_key: &str,
    uuid: Option<uuid::Uuid>,
    offline_mode: bool,
    now: Timestamp,
) -> Result<usize> {
    let mut rows = if offline_mode {
        let values = params![store, server, username_key, now];
        tx.query(JOINED_OFFLINE_MODE, &values).await?
    } else {
        let values = params![store, server, username_key, uuid, now];
        tx.query(JOINED_BY_NAME, &values).await?
    };
    if let (Some(uuid), false) = (uuid, offline_mode) {
        let values = params![store, server, uuid, now];
        rows.extend(tx.query(JOINED_BY_UUID, &values).await?);
    }
    for row in &rows {
        note(tx, store, row.get("id")?, "the player joined", now).await?;
    }
    Ok(rows.len())
}

/// Delivered commands whose connection is gone, of any store: `(store, server, command)`.
pub async fn orphans(
    conn: &mut Conn,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(StoreId, ServerId, CommandId)>> {
    let rows = conn.query(ORPHANS, &params![now, limit]).await?;
    rows.iter().map(|row| Ok((row.get("store_id")?, row.get("server_id")?, row.get("id")?))).collect()
}

/// Puts a command whose connection is gone back into the queue, with the same key; `false` where its
/// connection lives after all.
pub async fn give_back(tx: &mut Tx, store: StoreId, command: CommandId, now: Timestamp) -> Result<bool> {
    let returned = tx.exec(GIVE_BACK, &params![store, command, now]).await? == 1;
    if returned {
        note_once(tx, store, command, "queued again: the connection is gone", now).await?;
    }
    Ok(returned)
}

/// `RETURNING` promises no order: oldest first, and within one order as configured.
fn in_order(rows: &[Row]) -> Result<Vec<Command>> {
    let mut keyed = rows
        .iter()
        .map(|row| Ok((row.get::<i64>("position")?, read(row)?)))
        .collect::<Result<Vec<_>>>()?;
    keyed.sort_by_key(|(position, command)| (command.due_at, command.order, *position));
    Ok(keyed.into_iter().map(|(_, command)| command).collect())
}

pub(crate) fn read(row: &Row) -> Result<Command> {
    Ok(Command {
        id: row.get("id")?,
        order: row.get("order_id")?,
        order_number: row.get("order_number")?,
        item: row.get("item_id")?,
        origin: word(row, "origin", CommandOrigin::parse)?,
        redelivery: row.get("redelivery_id")?,
        package: row.get("package_id")?,
        package_name: row.get("package_name")?,
        server: row.get("server_id")?,
        kind: word(row, "kind", CommandType::parse)?,
        text: row.get("content")?,
        player: player(row)?,
        require_online: row.get("require_online")?,
        required_slots: row.get("required_slots")?,
        status: word(row, "status", CommandStatus::parse)?,
        attempt: row.get("attempt")?,
        failures: row.get("failures")?,
        due_at: row.get("due_at")?,
        sent_at: row.get("sent_at")?,
        acked_at: row.get("acked_at")?,
        finished_at: row.get("finished_at")?,
        last_error: row.get("last_error")?,
        output: row.get("output")?,
        duration_ms: row.get("duration_ms")?,
        created_at: row.get("created_at")?,
    })
}
