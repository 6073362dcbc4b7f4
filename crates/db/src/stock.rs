//! What is scarce: how many of a package are left, in all and for one player. Every change is a
//! conditional update; nothing is checked first and written later.
//!
//! Where limits begin anew with each period, what is taken counts in the period in which it was taken:
//! a row holds the number of the period it counted last and how many were taken in it, beside the counts
//! of all time. A later period begins at nothing; what an earlier one had taken is given back to it alone.

use tradepost_model::Timestamp;
use tradepost_model::ids::{OrderId, PackageId, StoreId};
use tradepost_model::packages::{LimitPeriod, Package};
use tradepost_model::players::{Player, counted_under};

use crate::{Conn, Result, Stmt, Tx, params};

crate::statements! {
    RESERVE = "UPDATE packages
        SET reserved = reserved + $3
        WHERE store_id = $1 AND id = $2 AND limit_every IS NULL
            AND (global_limit IS NULL OR sold + reserved + $3 <= global_limit)";
    RESERVE_IN_PERIOD = "UPDATE packages
        SET reserved = reserved + $3,
            period_taken = CASE WHEN period < $4 THEN $3 ELSE period_taken + $3 END,
            period = CASE WHEN period < $4 THEN $4 ELSE period END
        WHERE store_id = $1 AND id = $2 AND limit_every = $5 AND limit_unit = $6
            AND (global_limit IS NULL
                OR CASE WHEN period < $4 THEN $3 ELSE period_taken + $3 END <= global_limit)";
    SELL_RESERVED = "UPDATE packages
        SET reserved = reserved - $3, sold = sold + $3
        WHERE store_id = $1 AND id = $2";
    SELL = "UPDATE packages
        SET sold = sold + $3
        WHERE store_id = $1 AND id = $2 AND limit_every IS NULL
            AND (global_limit IS NULL OR sold + reserved + $3 <= global_limit)";
    SELL_IN_PERIOD = "UPDATE packages
        SET sold = sold + $3,
            period_taken = CASE WHEN period < $4 THEN $3 ELSE period_taken + $3 END,
            period = CASE WHEN period < $4 THEN $4 ELSE period END
        WHERE store_id = $1 AND id = $2 AND limit_every = $5 AND limit_unit = $6
            AND (global_limit IS NULL
                OR CASE WHEN period < $4 THEN $3 ELSE period_taken + $3 END <= global_limit)";
    RELEASE = "UPDATE packages
        SET reserved = reserved - $3,
            period_taken = CASE WHEN period <> $4 THEN period_taken
                WHEN period_taken > $3 THEN period_taken - $3 ELSE 0 END
        WHERE store_id = $1 AND id = $2";
    UNSELL = "UPDATE packages
        SET sold = sold - $3,
            period_taken = CASE WHEN period <> $4 THEN period_taken
                WHEN period_taken > $3 THEN period_taken - $3 ELSE 0 END
        WHERE store_id = $1 AND id = $2";
    TAKE_FOR_PLAYER = "INSERT INTO player_limits (store_id, package_id, customer_key, used, period, period_used)
        SELECT $1, $2, $3, CAST($4 AS bigint), CAST($6 AS bigint), CAST($4 AS bigint)
        WHERE CAST($4 AS bigint) <= CAST($5 AS bigint)
        ON CONFLICT (package_id, customer_key) DO UPDATE
        SET used = player_limits.used + excluded.used,
            period_used = CASE WHEN player_limits.period < excluded.period THEN excluded.period_used
                ELSE player_limits.period_used + excluded.period_used END,
            period = CASE WHEN player_limits.period < excluded.period THEN excluded.period
                ELSE player_limits.period END
        WHERE player_limits.used + excluded.used <= CAST($5 AS bigint)";
    TAKE_FOR_PLAYER_IN_PERIOD = "INSERT INTO player_limits
            (store_id, package_id, customer_key, used, period, period_used)
        SELECT $1, $2, $3, CAST($4 AS bigint), CAST($6 AS bigint), CAST($4 AS bigint)
        WHERE CAST($4 AS bigint) <= CAST($5 AS bigint)
        ON CONFLICT (package_id, customer_key) DO UPDATE
        SET used = player_limits.used + excluded.used,
            period_used = CASE WHEN player_limits.period < excluded.period THEN excluded.period_used
                ELSE player_limits.period_used + excluded.period_used END,
            period = CASE WHEN player_limits.period < excluded.period THEN excluded.period
                ELSE player_limits.period END
        WHERE CASE WHEN player_limits.period < excluded.period THEN excluded.period_used
            ELSE player_limits.period_used + excluded.period_used END <= CAST($5 AS bigint)";
    GIVE_BACK_FOR_PLAYER = "UPDATE player_limits
        SET used = CASE WHEN used > $4 THEN used - $4 ELSE 0 END,
            period_used = CASE WHEN period <> $5 THEN period_used
                WHEN period_used > $4 THEN period_used - $4 ELSE 0 END
        WHERE store_id = $1 AND package_id = $2 AND customer_key = $3";
    USED_BY_PLAYER = "SELECT used, period, period_used
        FROM player_limits
        WHERE store_id = $1 AND package_id = $2 AND customer_key = $3";
    SET_PERIOD = "UPDATE order_items SET limit_period = $4
        WHERE store_id = $1 AND order_id = $2 AND package_id = $3";
    HOLD = "INSERT INTO reservations (store_id, order_id, state, expires_at)
        VALUES ($1, $2, 'held', $3)
        ON CONFLICT (order_id) DO UPDATE SET state = 'held', expires_at = excluded.expires_at
        WHERE reservations.state = 'released'";
    EXTEND = "UPDATE reservations SET expires_at = $3 WHERE store_id = $1 AND order_id = $2 AND state = 'held'";
    USE = "UPDATE reservations SET state = 'used' WHERE store_id = $1 AND order_id = $2 AND state = 'held'";
    USE_RELEASED = "UPDATE reservations SET state = 'used' WHERE store_id = $1 AND order_id = $2 AND state = 'released'";
    LET_GO_EXPIRED = "UPDATE reservations SET state = 'released'
        WHERE store_id = $1 AND order_id = $2 AND state = 'held' AND expires_at <= $3";
    LET_GO = "UPDATE reservations SET state = 'released' WHERE store_id = $1 AND order_id = $2 AND state = 'held'";
    EXPIRY = "SELECT expires_at FROM reservations WHERE store_id = $1 AND order_id = $2 AND state = 'held'";
}

/// The period of a package's limits in which something is taken.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    /// How long periods are.
    pub period: LimitPeriod,
    /// Its number.
    pub index: i64,
}

impl Running {
    /// The period that runs; `None` where a package's limits are for all time.
    pub fn of(package: &Package, now: Timestamp) -> Option<Self> {
        let period = package.limit_period?;
        Some(Self { period, index: period.index_at(now) })
    }
}

/// Reserves some of a package; `false` where not so many are left, or its limits have other periods than
/// `running` says.
pub async fn reserve(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    quantity: u32,
    running: Option<Running>,
) -> Result<bool> {
    take(tx, (RESERVE, RESERVE_IN_PERIOD), store, package, quantity, running).await
}

/// Turns reserved ones into sold ones.
pub async fn sell_reserved(tx: &mut Tx, store: StoreId, package: PackageId, quantity: u32) -> Result<()> {
    tx.exec(SELL_RESERVED, &params![store, package, quantity]).await.map(|_| ())
}

/// Sells without a reservation; `false` as [`reserve`].
pub async fn sell(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    quantity: u32,
    running: Option<Running>,
) -> Result<bool> {
    take(tx, (SELL, SELL_IN_PERIOD), store, package, quantity, running).await
}

async fn take(
    tx: &mut Tx,
    (of_all_time, in_period): (Stmt, Stmt),
    store: StoreId,
    package: PackageId,
    quantity: u32,
    running: Option<Running>,
) -> Result<bool> {
    let taken = match running {
        None => tx.exec(of_all_time, &params![store, package, quantity]).await?,
        Some(Running { period, index }) => {
            let values = params![store, package, quantity, index, period.every, period.unit.word()];
            tx.exec(in_period, &values).await?
        }
    };
    Ok(taken == 1)
}

/// Gives reserved ones back, to the period they were taken in.
pub async fn release(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    quantity: u32,
    period: Option<i64>,
) -> Result<()> {
    let values = params![store, package, quantity, period.unwrap_or(NO_PERIOD)];
    tx.exec(RELEASE, &values).await.map(|_| ())
}

/// Takes sold ones back, to the period they were taken in.
pub async fn unsell(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    quantity: u32,
    period: Option<i64>,
) -> Result<()> {
    let values = params![store, package, quantity, period.unwrap_or(NO_PERIOD)];
    tx.exec(UNSELL, &values).await.map(|_| ())
}

/// What no period's number is.
const NO_PERIOD: i64 = -1;

/// How much a player may take.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// At most so many.
    pub limit: u32,
    /// The period in which it counts; 0 where there are none.
    pub period: i64,
    /// Whether the limit begins anew with the period.
    pub begins_anew: bool,
}

impl Allowance {
    /// What a package allows a player in the period that runs.
    pub fn of(package: &Package, now: Timestamp) -> Self {
        let period = Running::of(package, now).map(|running| running.index);
        Self {
            limit: package.per_user_limit.unwrap_or(u32::MAX),
            period: period.unwrap_or(0),
            begins_anew: period.is_some() && !package.is_cumulative,
        }
    }
}

/// Counts a purchase towards a player's limit, by name and by UUID; `false` where it would go over, after
/// which the transaction is to be rolled back.
pub async fn take_for_player(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    player: &Player,
    quantity: u32,
    allowance: Allowance,
) -> Result<bool> {
    let Allowance { limit, period, begins_anew } = allowance;
    let statement = if begins_anew { TAKE_FOR_PLAYER_IN_PERIOD } else { TAKE_FOR_PLAYER };
    for key in counted_under(&[player]) {
        let values = params![store, package, key, quantity, limit, period];
        if tx.exec(statement, &values).await? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes a purchase off a player's count, and off that of the period it was counted in.
pub async fn give_back_for_player(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    player: &Player,
    quantity: u32,
    period: Option<i64>,
) -> Result<()> {
    for key in counted_under(&[player]) {
        let values = params![store, package, key, quantity, period.unwrap_or(NO_PERIOD)];
        tx.exec(GIVE_BACK_FOR_PLAYER, &values).await?;
    }
    Ok(())
}

/// How many a player has bought or reserved of what the limit of the package allows now. For showing; the
/// limit itself is held by [`take_for_player`].
pub async fn used_by_player(
    conn: &mut Conn,
    store: StoreId,
    package: &Package,
    player: &Player,
    now: Timestamp,
) -> Result<u32> {
    let Allowance { period, begins_anew, .. } = Allowance::of(package, now);
    let mut most = 0;
    for key in counted_under(&[player]) {
        let row = conn.query_opt(USED_BY_PLAYER, &params![store, package.id, key]).await?;
        let Some(row) = row else { continue };
        let used = match begins_anew {
            false => row.get("used")?,
            true if row.get::<i64>("period")? < period => 0,
            true => row.get("period_used")?,
        };
        most = most.max(used);
    }
    Ok(most)
}

/// Remembers in which period the lines of an order for a package were counted.
pub async fn set_period(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    package: PackageId,
    period: Option<i64>,
) -> Result<()> {
    tx.exec(SET_PERIOD, &params![store, order, package, period]).await.map(|_| ())
}

/// Notes that an order holds its goods; `false` where it holds or has used them already.
pub async fn hold(tx: &mut Tx, store: StoreId, order: OrderId, expires_at: Timestamp) -> Result<bool> {
    Ok(tx.exec(HOLD, &params![store, order, expires_at]).await? == 1)
}

/// Lets a held reservation last longer; `false` where none is held.
pub async fn extend(tx: &mut Tx, store: StoreId, order: OrderId, expires_at: Timestamp) -> Result<bool> {
    Ok(tx.exec(EXTEND, &params![store, order, expires_at]).await? == 1)
}

/// Uses a held reservation up; `false` where none is held.
pub async fn consume(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<bool> {
    Ok(tx.exec(USE, &params![store, order]).await? == 1)
}

/// Uses up a reservation that was let go, for a payment that came late; `false` where there is none.
pub async fn consume_released(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<bool> {
    Ok(tx.exec(USE_RELEASED, &params![store, order]).await? == 1)
}

/// Lets a held reservation go; `false` where none is held.
pub async fn let_go(tx: &mut Tx, store: StoreId, order: OrderId) -> Result<bool> {
    Ok(tx.exec(LET_GO, &params![store, order]).await? == 1)
}

/// Lets a held reservation go whose time is over; `false` where there is none.
pub async fn let_go_expired(
    tx: &mut Tx,
    store: StoreId,
    order: OrderId,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(LET_GO_EXPIRED, &params![store, order, now]).await? == 1)
}

/// When a held reservation expires; `None` where none is held.
pub async fn expiry(conn: &mut Conn, store: StoreId, order: OrderId) -> Result<Option<Timestamp>> {
    let row = conn.query_opt(EXPIRY, &params![store, order]).await?;
    row.map(|row| row.get("expires_at")).transpose()
}
