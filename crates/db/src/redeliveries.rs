//! Redeliveries: what staff send again in bulk, and how far each has come. A redelivery's row is the
//! lock of its batches: each moves `place` from where it found it, so no two can do the same.

use serde_json::{Value as Json, json};
use tradepost_model::Timestamp;
use tradepost_model::commands::CommandStatus;
use tradepost_model::ids::{CommandId, OrderId, OrderItemId, PackageId, RedeliveryId, ServerId, StoreId};
use tradepost_model::redeliveries::{Redelivery, RedeliveryFilter, RedeliveryKind, RedeliveryState};
use uuid::Uuid;

use crate::codec::word;
use crate::staff_commands::first_id;
use crate::{Conn, Error, Result, Row, Tx, params};

/// Which commands can be sent again: as they stood when the redelivery started.
macro_rules! fits {
    () => {
        "id > $2 AND id < $3 AND updated_at <= $4 AND status IN ($5, $6, $7, $8) AND "
    };
}
/// And which of them are still right: they have a text of their own, are not goods that were taken away,
/// and do not take away what the player holds. Written with NOT, so that SQLite goes by the order's
/// lines and not through all of the package.
macro_rules! still_right {
    () => {
        "NOT (status = 'Failed' AND sent_at IS NULL)
            AND NOT (kind IN ('initial', 'renewal') AND (
                EXISTS (SELECT 1 FROM orders o WHERE o.id = commands.order_id AND o.status <> 'Paid')
                OR EXISTS (
                    SELECT 1 FROM order_items i WHERE i.id = commands.item_id AND i.ended_at IS NOT NULL
                        AND NOT (i.end_reason = 'renewed' AND EXISTS (
                            SELECT 1 FROM orders o JOIN subscriptions s ON s.id = o.subscription_id
                            WHERE o.id = i.order_id AND s.ended_at IS NULL)))))
            AND NOT (kind IN ('refund', 'chargeback') AND NOT EXISTS (
                SELECT 1 FROM orders o WHERE o.id = commands.order_id AND o.status IN ('Refunded', 'Chargeback')))
            AND NOT (kind = 'expiry' AND NOT EXISTS (
                SELECT 1 FROM order_items i
                WHERE i.id = commands.item_id AND i.end_reason = 'expired'
                    AND NOT EXISTS (
                        SELECT 1 FROM orders o CROSS JOIN order_items h
                        WHERE o.store_id = $1 AND o.username_key = commands.username_key AND o.status = 'Paid'
                            AND h.order_id = o.id AND NOT (h.package_id <> i.package_id) AND h.ended_at IS NULL
                            AND (h.server_id = i.server_id OR (h.server_id IS NULL AND i.server_id IS NULL))
                            AND h.id <> i.id)))"
    };
}
macro_rules! page {
    () => {
        "
        ORDER BY id
        LIMIT $9"
    };
}
macro_rules! columns {
    () => {
        "id, kind, server_id, filter, per_minute, state, total, seen, queued, place, requested_by, created_at,
            updated_at, finished_at"
    };
}

crate::statements! {
    LOCK_SERVER = sqlite "SELECT id FROM servers WHERE store_id = $1 AND id = $2"
        postgres "SELECT id FROM servers WHERE store_id = $1 AND id = $2 FOR NO KEY UPDATE";
    INSERT = "INSERT INTO redeliveries
        (id, store_id, kind, server_id, filter, per_minute, state, total, seen, queued, place, requested_by,
            created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, 0, 0, $8, $9, $10, $10)";
    INSERT_ALONE = "INSERT INTO redeliveries
        (id, store_id, kind, server_id, filter, per_minute, state, total, seen, queued, place, requested_by,
            created_at, updated_at)
        SELECT $1, $2, $3, $4, $5, $6, 'running', $7, 0, 0, $8, $9, $10, $10
        WHERE NOT EXISTS (
            SELECT 1 FROM redeliveries r
            WHERE r.server_id = $4 AND r.kind = 'entitlements' AND r.state IN ('running', 'paused'))";
    FIND = concat!("SELECT ", columns!(), " FROM redeliveries WHERE store_id = $1 AND id = $2");
    NEWEST = concat!("SELECT ", columns!(), "
        FROM redeliveries
        WHERE store_id = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3");
    ADVANCE = "UPDATE redeliveries SET place = $4, seen = seen + $5, updated_at = $6
        WHERE store_id = $1 AND id = $2 AND place = $3 AND state = 'running'";
    ADD_QUEUED = "UPDATE redeliveries SET queued = queued + $3 WHERE store_id = $1 AND id = $2";
    FINISH = "UPDATE redeliveries SET state = 'done', seen = total, updated_at = $4, finished_at = $4
        WHERE store_id = $1 AND id = $2 AND place = $3 AND state = 'running'";
    SET_STATE = "UPDATE redeliveries SET state = $4, updated_at = $5, finished_at = $6
        WHERE store_id = $1 AND id = $2 AND state = $3";
    FAILED = concat!("SELECT id, order_id, item_id, username_key FROM commands
        WHERE store_id = $1 AND status = 'Failed' AND (server_id = $10 OR $10 IS NULL) AND ",
        fits!(), still_right!(), page!());
    OF_SERVER = concat!("SELECT id, order_id, item_id, username_key FROM commands
        WHERE store_id = $1 AND server_id = $10 AND ", fits!(), still_right!(), page!());
    OF_STORE = concat!("SELECT id, order_id, item_id, username_key FROM commands
        WHERE store_id = $1 AND position >= 0 AND ", fits!(), still_right!(), page!());
    /// Once more asks for what is still right: between the page that was read and the locks that are held
    /// now, an order may have been refunded.
    SEND_AGAIN = concat!("UPDATE commands
        SET status = 'Pending', attempt = attempt + 1, failures = 0, due_at = $8, lease_connection = NULL,
            sent_at = NULL, acked_at = NULL, finished_at = NULL, updated_at = $8, redelivery_id = $9
        WHERE store_id = $1 AND id = $2 AND updated_at <= $3 AND status IN ($4, $5, $6, $7) AND ", still_right!(), "
        RETURNING server_id");
    LINES = "SELECT i.id, i.order_id, i.package_id, i.server_id, i.quantity, o.username_key
        FROM order_items i CROSS JOIN orders o
        WHERE i.store_id = $1 AND i.position >= 0 AND i.id > $2 AND o.id = i.order_id
            AND o.paid_at <= $3 AND o.paid_at >= $4 AND o.paid_at < $5
            AND (i.ended_at > $3 OR (i.ended_at IS NULL AND o.status = 'Paid'))
        ORDER BY i.id
        LIMIT $6";
    UNDER_WAY = "SELECT content
        FROM commands
        WHERE store_id = $1 AND order_id = $2 AND item_id = $3 AND NOT (server_id <> $4) AND kind = 'initial'
            AND (status IN ('Pending', 'Delivered', 'AwaitingPlayer') OR created_at > $5)
            AND (redelivery_id <> $6 OR redelivery_id IS NULL)";
    UNDER_WAY_AT = "SELECT item_id FROM commands
            WHERE store_id = $1 AND server_id = $2 AND status = 'Pending' AND kind = 'initial'
        UNION ALL
        SELECT item_id FROM commands
            WHERE store_id = $1 AND server_id = $2 AND status = 'Delivered' AND kind = 'initial'
        UNION ALL
        SELECT item_id FROM commands
            WHERE store_id = $1 AND server_id = $2 AND status = 'AwaitingPlayer' AND kind = 'initial'";
    COUNTS = "SELECT status, COUNT(*) AS count FROM commands
        WHERE redelivery_id = $2 AND store_id = $1
        GROUP BY status";
    /// What waited for its player before it was sent again is left alone: it is still to arrive.
    CANCEL_QUEUED = "UPDATE commands
        SET status = 'Cancelled', lease_connection = NULL, finished_at = $3, updated_at = $3
        WHERE store_id = $1 AND (status = 'AwaitingPlayer' OR (status = 'Pending' AND sent_at IS NULL)) AND id IN (
            SELECT c.id FROM commands c
            WHERE c.redelivery_id = $2
                AND (c.status = 'AwaitingPlayer' OR (c.status = 'Pending' AND c.sent_at IS NULL))
                AND NOT EXISTS (
                    SELECT 1 FROM command_transitions w CROSS JOIN command_transitions t
                    WHERE w.command_id = c.id AND w.status = 'AwaitingPlayer' AND t.command_id = c.id
                        AND t.position = w.position + 1 AND t.reason LIKE $5)
            LIMIT $4)
        RETURNING id, order_id, server_id";
}

/// How the step of a command's history begins that sends it again in bulk; who did it follows.
pub const RESENT: &str = "resent in bulk by ";

/// A command that can be sent again.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The command.
    pub id: CommandId,
    /// Its order.
    pub order: OrderId,
    /// The line it belongs to.
    pub item: Option<OrderItemId>,
    /// Whose it is.
    pub username_key: String,
}

/// A line that stands for something a player holds.
#[derive(Clone, Debug)]
pub struct HeldLine {
    /// The line.
    pub id: OrderItemId,
    /// Its order.
    pub order: OrderId,
    /// What was bought.
    pub package: PackageId,
    /// The server the buyer chose.
    pub server: Option<ServerId>,
    /// How many.
    pub quantity: u32,
    /// Whose it is.
    pub username_key: String,
}

/// Where a redelivery begins to read.
pub fn beginning(kind: RedeliveryKind, filter: &RedeliveryFilter) -> Uuid {
    match (kind, filter.from) {
        (RedeliveryKind::Commands, Some(from)) => first_id(from),
        _ => Uuid::nil(),
    }
}

/// Adds a redelivery. Of entitlements a server has one at a time that has not ended; `false` where it
/// has one already.
pub async fn insert(tx: &mut Tx, store: StoreId, new: &Redelivery) -> Result<bool> {
    let values = params![
        new.id,
        store,
        new.kind.word(),
        new.server,
        filter_json(&new.filter),
        new.per_minute,
        new.total,
        new.place,
        &new.requested_by,
        new.created_at,
    ];
    match (new.kind, new.server) {
        (RedeliveryKind::Entitlements, Some(server)) => {
            // Who is second waits here, and then sees the first.
            tx.query_opt(LOCK_SERVER, &params![store, server]).await?;
            Ok(tx.exec(INSERT_ALONE, &values).await? == 1)
        }
        _ => Ok(tx.exec(INSERT, &values).await? == 1),
    }
}

/// A redelivery by identity.
pub async fn find(conn: &mut Conn, store: StoreId, id: RedeliveryId) -> Result<Option<Redelivery>> {
    conn.query_opt(FIND, &params![store, id]).await?.map(|row| read(&row)).transpose()
}

/// Redeliveries before one, newest first.
pub async fn newest(
    conn: &mut Conn,
    store: StoreId,
    before: Option<RedeliveryId>,
    limit: u32,
) -> Result<Vec<Redelivery>> {
    let before = before.unwrap_or(RedeliveryId(Uuid::max()));
    conn.query(NEWEST, &params![store, before, limit]).await?.iter().map(read).collect()
}

/// Takes a batch: moves a running redelivery on from where `seen` stood. `false` where it no longer
/// stands there.
pub async fn advance(
    tx: &mut Tx,
    store: StoreId,
    seen: &Redelivery,
    place: Uuid,
    count: i64,
    now: Timestamp,
) -> Result<bool> {
    let values = params![store, seen.id, seen.place, place, count, now];
    Ok(tx.exec(ADVANCE, &values).await? == 1)
}

/// Counts commands that a batch has queued.
pub async fn add_queued(tx: &mut Tx, store: StoreId, id: RedeliveryId, count: i64) -> Result<()> {
    tx.exec(ADD_QUEUED, &params![store, id, count]).await.map(|_| ())
}

/// Ends a redelivery behind whose place nothing is left; `false` where it is no longer as `seen`.
pub async fn finish(tx: &mut Tx, store: StoreId, seen: &Redelivery, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(FINISH, &params![store, seen.id, seen.place, now]).await? == 1)
}

/// Moves a redelivery from one state to another; `false` where it is not in the first.
pub async fn set_state(
    tx: &mut Tx,
    store: StoreId,
    id: RedeliveryId,
    (from, to): (RedeliveryState, RedeliveryState),
    now: Timestamp,
) -> Result<bool> {
    let ended = matches!(to, RedeliveryState::Done | RedeliveryState::Cancelled).then_some(now);
    let values = params![store, id, from.word(), to.word(), now, ended];
    Ok(tx.exec(SET_STATE, &values).await? == 1)
}

/// The commands behind the place of a redelivery that it sends again, in the order of their ids.
pub async fn candidates(
    conn: &mut Conn,
    store: StoreId,
    it: &Redelivery,
    place: Uuid,
    limit: u32,
) -> Result<Vec<Candidate>> {
    let [a, b, c, d] = statuses(&it.filter);
    let end = it.filter.to.map_or_else(Uuid::max, first_id);
    let (last, server) = (it.created_at, it.server);
    let rows = match (it.filter.statuses.as_slice(), server) {
        ([CommandStatus::Failed], server) => {
            let values = params![store, place, end, last, a, b, c, d, limit, server];
            conn.query(FAILED, &values).await?
        }
        (_, Some(server)) => {
            let values = params![store, place, end, last, a, b, c, d, limit, server];
            conn.query(OF_SERVER, &values).await?
        }
        (_, None) => {
            let values = params![store, place, end, last, a, b, c, d, limit];
            conn.query(OF_STORE, &values).await?
        }
    };
    rows.iter()
        .map(|row| {
            Ok(Candidate {
                id: row.get("id")?,
                order: row.get("order_id")?,
                item: row.get("item_id")?,
                username_key: row.get("username_key")?,
            })
        })
        .collect()
}

/// Queues a command as a new attempt, where it stands as it did when the redelivery started; gives
/// its server.
pub async fn send_again(
    tx: &mut Tx,
    store: StoreId,
    it: &Redelivery,
    command: CommandId,
    now: Timestamp,
) -> Result<Option<ServerId>> {
    let [a, b, c, d] = statuses(&it.filter);
    let values = params![store, command, it.created_at, a, b, c, d, now, it.id];
    let row = tx.query_opt(SEND_AGAIN, &values).await?;
    row.map(|row| row.get("server_id")).transpose()
}

/// The lines behind a place that were held when the redelivery started, in the order of their ids; of
/// all packages.
pub async fn lines(
    conn: &mut Conn,
    store: StoreId,
    it: &Redelivery,
    place: Uuid,
    limit: u32,
) -> Result<Vec<HeldLine>> {
    let from = it.filter.from.unwrap_or(Timestamp::UNIX_EPOCH);
    let to = it.filter.to.unwrap_or(Timestamp::MAX);
    let rows = conn.query(LINES, &params![store, place, it.created_at, from, to, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(HeldLine {
                id: row.get("id")?,
                order: row.get("order_id")?,
                package: row.get("package_id")?,
                server: row.get("server_id")?,
                quantity: row.get("quantity")?,
                username_key: row.get("username_key")?,
            })
        })
        .collect()
}

/// The texts of a line's initial commands for the server that arrive without a redelivery: they are
/// under way, or were made since it started.
pub async fn under_way(conn: &mut Conn, store: StoreId, it: &Redelivery, line: &HeldLine) -> Result<Vec<String>> {
    let values = params![store, line.order, line.id, it.server, it.created_at, it.id];
    let rows = conn.query(UNDER_WAY, &values).await?;
    rows.iter().map(|row| row.get("content")).collect()
}

/// The lines whose initial commands are under way to a server, once for each command.
pub async fn under_way_at(conn: &mut Conn, store: StoreId, server: ServerId) -> Result<Vec<OrderItemId>> {
    let rows = conn.query(UNDER_WAY_AT, &params![store, server]).await?;
    let items = rows.iter().map(|row| row.get::<Option<OrderItemId>>("item_id"));
    items.filter_map(Result::transpose).collect()
}

/// How many commands of a redelivery stand where.
pub async fn counts(conn: &mut Conn, store: StoreId, id: RedeliveryId) -> Result<Vec<(CommandStatus, i64)>> {
    let rows = conn.query(COUNTS, &params![store, id]).await?;
    rows.iter().map(|row| Ok((word(row, "status", CommandStatus::parse)?, row.get("count")?))).collect()
}

/// Takes back up to `limit` commands of a redelivery that were not sent, and did not wait for their player
/// before it; gives them with their orders and servers.
pub async fn cancel_queued(
    tx: &mut Tx,
    store: StoreId,
    id: RedeliveryId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(CommandId, OrderId, ServerId)>> {
    let rows = tx.query(CANCEL_QUEUED, &params![store, id, now, limit, format!("{RESENT}%")]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("order_id")?, row.get("server_id")?))).collect()
}

/// The statuses asked for, some of them repeated: a statement has four places for them.
fn statuses(filter: &RedeliveryFilter) -> [&'static str; 4] {
    let first = filter.statuses.first().map_or("", |it| it.word());
    std::array::from_fn(|place| filter.statuses.get(place).map_or(first, |it| it.word()))
}

fn filter_json(filter: &RedeliveryFilter) -> Json {
    let RedeliveryFilter { statuses, packages, from, to } = filter;
    json!({
        "statuses": statuses.iter().map(|it| it.word()).collect::<Vec<_>>(),
        "packages": packages,
        "from": from.map(|at| at.to_string()),
        "to": to.map(|at| at.to_string()),
    })
}

fn read_filter(json: &Json) -> Option<RedeliveryFilter> {
    let time = |name: &str| match json.get(name) {
        None | Some(Json::Null) => Some(None),
        Some(at) => at.as_str()?.parse::<Timestamp>().ok().map(Some),
    };
    let texts = |name: &str| json.get(name)?.as_array()?.iter().map(Json::as_str).collect::<Option<Vec<_>>>();
    Some(RedeliveryFilter {
        statuses: texts("statuses")?.into_iter().map(CommandStatus::parse).collect::<Option<_>>()?,
        packages: texts("packages")?.into_iter().map(|id| id.parse().ok()).collect::<Option<_>>()?,
        from: time("from")?,
        to: time("to")?,
    })
}

fn read(row: &Row) -> Result<Redelivery> {
    let filter = read_filter(&row.get::<Json>("filter")?);
    Ok(Redelivery {
        id: row.get("id")?,
        kind: word(row, "kind", RedeliveryKind::parse)?,
        server: row.get("server_id")?,
        filter: filter.ok_or_else(|| Error::Decode { column: "filter".to_owned() })?,
        per_minute: row.get("per_minute")?,
        state: word(row, "state", RedeliveryState::parse)?,
        total: row.get("total")?,
        seen: row.get("seen")?,
        queued: row.get("queued")?,
        place: row.get::<Option<Uuid>>("place")?.unwrap_or_default(),
        requested_by: row.get("requested_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        finished_at: row.get("finished_at")?,
    })
}
