//! Packages, their delivery commands, and how much of them is left.

use std::collections::HashMap;

use tradepost_model::Timestamp;
use tradepost_model::commands::CommandType;
use tradepost_model::ids::{PackageId, ServerId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::names::Slug;
use tradepost_model::packages::{Execute, Package, PackageCommand, RunPer, Target};
use tradepost_model::templates::Template;

use crate::codec::word;
use crate::{Conn, Error, Result, Row, Tx, Value, params};

mod parts;

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, category_id, name, slug, description, price, image_url, is_active, sort_order, global_limit,
            per_user_limit, server_selection, kind, timed_hours, billing_interval, billing_count, trial_days,
            custom_min, custom_max, custom_suggested, tiers, inputs, required_packages, require_any, is_cumulative,
            limit_every, limit_unit, period, period_taken, visible_from, visible_until, metadata, version, sold,
            reserved, created_at, updated_at"
    };
}

crate::statements! {
    INSERT = "INSERT INTO packages
        (id, store_id, slug, created_at, updated_at, category_id, name, description, price, image_url, is_active,
            sort_order, global_limit, per_user_limit, server_selection, require_any, is_cumulative, limit_every,
            limit_unit, visible_from, visible_until, kind, timed_hours, billing_interval, billing_count, trial_days,
            custom_min, custom_max, custom_suggested, tiers, inputs, required_packages, metadata, sold, reserved)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, 0, 0)
        ON CONFLICT (store_id, slug) DO NOTHING";
    LOCK = "UPDATE packages SET version = version WHERE store_id = $1 AND id = $2 AND archived_at IS NULL";
    UPDATE = "UPDATE packages
        SET slug = $3, updated_at = $4, category_id = $5, name = $6, description = $7, price = $8, image_url = $9,
            is_active = $10, sort_order = $11, global_limit = $12, per_user_limit = $13, server_selection = $14,
            require_any = $15, is_cumulative = $16, limit_every = $17, limit_unit = $18, visible_from = $19,
            visible_until = $20, kind = $21, timed_hours = $22, billing_interval = $23, billing_count = $24,
            trial_days = $25, custom_min = $26, custom_max = $27, custom_suggested = $28, tiers = $29, inputs = $30,
            required_packages = $31, metadata = $32, version = version + 1
        WHERE store_id = $1 AND id = $2 AND archived_at IS NULL";
    SLUG_TAKEN = "SELECT id FROM packages WHERE store_id = $1 AND slug = $2 AND id <> $3";
    BEGIN_ANEW = "UPDATE packages SET period = 0, period_taken = 0 WHERE store_id = $1 AND id = $2";
    BEGIN_ANEW_FOR_PLAYERS = "UPDATE player_limits SET period = 0, period_used = 0
        WHERE store_id = $1 AND package_id = $2";
    WAS_BOUGHT = "SELECT 1 AS found FROM order_items WHERE store_id = $1 AND package_id = $2 LIMIT 1";
    ARCHIVE = "UPDATE packages SET archived_at = $3, updated_at = $3, version = version + 1
        WHERE store_id = $1 AND id = $2 AND archived_at IS NULL";
    IDS = "SELECT id FROM packages WHERE store_id = $1 AND archived_at IS NULL";
    LIST = concat!("SELECT ", columns!(), "
        FROM packages
        WHERE store_id = $1 AND archived_at IS NULL");
    FIND = concat!("SELECT ", columns!(), "
        FROM packages
        WHERE store_id = $1 AND id = $2 AND archived_at IS NULL");
    FIND_EVER = concat!("SELECT ", columns!(), "
        FROM packages
        WHERE store_id = $1 AND id = $2");
    BY_SLUG = concat!("SELECT ", columns!(), "
        FROM packages
        WHERE store_id = $1 AND slug = $2 AND archived_at IS NULL");
    SERVERS = "SELECT package_id, server_id FROM package_servers WHERE store_id = $1";
    SERVERS_OF = "SELECT server_id FROM package_servers WHERE store_id = $1 AND package_id = $2";
    CLEAR_SERVERS = "DELETE FROM package_servers WHERE store_id = $1 AND package_id = $2";
    ADD_SERVER = "INSERT INTO package_servers (store_id, package_id, server_id) VALUES ($1, $2, $3)";
    COMMANDS = "SELECT id, template, kind, target, server_id, execute, delay_seconds, required_slots, run_per
        FROM package_commands
        WHERE store_id = $1 AND package_id = $2
        ORDER BY position";
    ALL_COMMANDS = "SELECT c.package_id, c.id, c.template, c.kind, c.target, c.server_id, c.execute, c.delay_seconds,
            c.required_slots, c.run_per
        FROM packages p
        JOIN package_commands c ON c.package_id = p.id
        WHERE p.store_id = $1 AND c.store_id = $1 AND p.archived_at IS NULL
        ORDER BY c.package_id, c.position";
    CLEAR_COMMANDS = "DELETE FROM package_commands WHERE store_id = $1 AND package_id = $2";
    ADD_COMMAND = "INSERT INTO package_commands
        (id, store_id, package_id, position, template, kind, target, server_id, execute, delay_seconds,
            required_slots, run_per)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
}

/// Adds a package without servers and commands; `false` where its slug is taken.
pub async fn insert(tx: &mut Tx, store: StoreId, package: &Package) -> Result<bool> {
    let mut values = params![package.id, store, &package.slug, package.created_at].to_vec();
    values.extend(values_of(package));
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// Takes the lock on a package's row, so that nobody else changes it until this transaction ends; `false`
/// where there is none.
pub async fn lock(tx: &mut Tx, store: StoreId, package: PackageId) -> Result<bool> {
    Ok(tx.exec(LOCK, &params![store, package]).await? == 1)
}

/// Changes a package, all but its counts; `false` where it does not exist. That its slug is free was asked
/// before, see [`slug_taken`].
pub async fn update(tx: &mut Tx, store: StoreId, package: &Package) -> Result<bool> {
    let mut values = params![store, package.id, &package.slug].to_vec();
    values.extend(values_of(package));
    Ok(tx.exec(UPDATE, &values).await? == 1)
}

/// Whether another package of the store, now or archived, has this slug.
pub async fn slug_taken(conn: &mut Conn, store: StoreId, slug: &Slug, package: PackageId) -> Result<bool> {
    Ok(conn.query_opt(SLUG_TAKEN, &params![store, slug, package]).await?.is_some())
}

/// Forgets what was counted in the running period of a package's limits, because periods are others now.
pub async fn begin_anew(tx: &mut Tx, store: StoreId, package: PackageId) -> Result<()> {
    tx.exec(BEGIN_ANEW, &params![store, package]).await?;
    tx.exec(BEGIN_ANEW_FOR_PLAYERS, &params![store, package]).await.map(|_| ())
}

/// Whether somebody has bought it, or is about to.
pub async fn was_bought(conn: &mut Conn, store: StoreId, package: PackageId) -> Result<bool> {
    Ok(conn.query_opt(WAS_BOUGHT, &params![store, package]).await?.is_some())
}

/// Takes a package out of the shop for ever; `false` where it does not exist, or not any more.
pub async fn archive(tx: &mut Tx, store: StoreId, package: PackageId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(ARCHIVE, &params![store, package, now]).await? == 1)
}

/// The ids of a store's packages.
pub async fn ids(conn: &mut Conn, store: StoreId) -> Result<Vec<PackageId>> {
    conn.query(IDS, &params![store]).await?.iter().map(|row| row.get("id")).collect()
}

/// The columns from `updated_at` to `metadata`, in the order of the statements.
fn values_of(package: &Package) -> Vec<Value> {
    let mut values = params![
        package.updated_at,
        package.category,
        &package.name,
        &package.description,
        package.price.minor(),
        package.image_url.as_deref(),
        package.is_active,
        package.sort_order,
        package.global_limit,
        package.per_user_limit,
        package.server_selection,
        package.require_any,
        package.is_cumulative,
        package.limit_period.map(|period| period.every),
        package.limit_period.map(|period| period.unit.word()),
        package.visible_from,
        package.visible_until,
    ]
    .to_vec();
    values.extend(parts::kind_values(package.kind));
    values.extend(parts::json_values(package));
    values
}

/// Replaces the servers that a package offers.
pub async fn set_servers(tx: &mut Tx, store: StoreId, package: PackageId, servers: &[ServerId]) -> Result<()> {
    tx.exec(CLEAR_SERVERS, &params![store, package]).await?;
    for server in servers {
        tx.exec(ADD_SERVER, &params![store, package, *server]).await?;
    }
    Ok(())
}

/// Replaces a package's delivery commands, in the order given.
pub async fn set_commands(
    tx: &mut Tx,
    store: StoreId,
    package: PackageId,
    commands: &[PackageCommand],
) -> Result<()> {
    tx.exec(CLEAR_COMMANDS, &params![store, package]).await?;
    for (position, command) in (0_i64..).zip(commands) {
        let (target, server) = match command.target {
            Target::Server(server) => ("server", Some(server)),
            Target::All => ("all", None),
            Target::CustomerChoice => ("customerChoice", None),
        };
        let values = params![
            command.id,
            store,
            package,
            position,
            command.template.source(),
            command.kind.word(),
            target,
            server,
            command.execute.word(),
            command.delay_seconds,
            command.required_slots,
            command.run_per.word(),
        ];
        tx.exec(ADD_COMMAND, &values).await?;
    }
    Ok(())
}

/// A store's packages, by their place and then their name.
pub async fn list(conn: &mut Conn, store: StoreId, currency: Currency) -> Result<Vec<Package>> {
    let mut servers: HashMap<PackageId, Vec<ServerId>> = HashMap::new();
    for row in conn.query(SERVERS, &params![store]).await? {
        servers.entry(row.get("package_id")?).or_default().push(row.get("server_id")?);
    }
    let rows = conn.query(LIST, &params![store]).await?;
    let mut list = rows
        .iter()
        .map(|row| {
            let package = read(row, currency)?;
            let mut servers = servers.remove(&package.id).unwrap_or_default();
            servers.sort_unstable();
            Ok(Package { servers, ..package })
        })
        .collect::<Result<Vec<_>>>()?;
    list.sort_by_cached_key(|package| (package.sort_order, package.name.to_lowercase(), package.id));
    Ok(list)
}

/// A package by identity.
pub async fn find(conn: &mut Conn, store: StoreId, package: PackageId, currency: Currency) -> Result<Option<Package>> {
    let row = conn.query_opt(FIND, &params![store, package]).await?;
    with_servers(conn, store, row, currency).await
}

/// A package by identity, also one that is archived: what was bought is still to be delivered, and taken back.
pub async fn find_ever(
    conn: &mut Conn,
    store: StoreId,
    package: PackageId,
    currency: Currency,
) -> Result<Option<Package>> {
    let row = conn.query_opt(FIND_EVER, &params![store, package]).await?;
    with_servers(conn, store, row, currency).await
}

/// A package by its name in web addresses.
pub async fn by_slug(conn: &mut Conn, store: StoreId, slug: &Slug, currency: Currency) -> Result<Option<Package>> {
    let row = conn.query_opt(BY_SLUG, &params![store, slug]).await?;
    with_servers(conn, store, row, currency).await
}

/// A package's delivery commands, in their order.
pub async fn commands(conn: &mut Conn, store: StoreId, package: PackageId) -> Result<Vec<PackageCommand>> {
    conn.query(COMMANDS, &params![store, package]).await?.iter().map(read_command).collect()
}

/// The delivery commands of all packages that [`list`] gives, in their order; of those that have some.
pub async fn all_commands(conn: &mut Conn, store: StoreId) -> Result<HashMap<PackageId, Vec<PackageCommand>>> {
    let mut commands: HashMap<_, Vec<_>> = HashMap::new();
    for row in conn.query(ALL_COMMANDS, &params![store]).await? {
        commands.entry(row.get("package_id")?).or_default().push(read_command(&row)?);
    }
    Ok(commands)
}

async fn with_servers(
    conn: &mut Conn,
    store: StoreId,
    row: Option<Row>,
    currency: Currency,
) -> Result<Option<Package>> {
    let Some(row) = row else { return Ok(None) };
    let mut package = read(&row, currency)?;
    let rows = conn.query(SERVERS_OF, &params![store, package.id]).await?;
    package.servers = rows.iter().map(|row| row.get("server_id")).collect::<Result<_>>()?;
    package.servers.sort_unstable();
    Ok(Some(package))
}

fn read(row: &Row, currency: Currency) -> Result<Package> {
    Ok(Package {
        id: row.get("id")?,
        category: row.get("category_id")?,
        name: row.get("name")?,
        slug: row.get("slug")?,
        description: row.get("description")?,
        kind: parts::read_kind(row, currency)?,
        price: Money::new(row.get("price")?, currency),
        tiers: parts::read_tiers(row, currency)?,
        image_url: row.get("image_url")?,
        is_active: row.get("is_active")?,
        sort_order: row.get("sort_order")?,
        visible_from: row.get("visible_from")?,
        visible_until: row.get("visible_until")?,
        global_limit: row.get("global_limit")?,
        per_user_limit: row.get("per_user_limit")?,
        limit_period: parts::read_period(row)?,
        is_cumulative: row.get("is_cumulative")?,
        required_packages: parts::read_required(row)?,
        require_any: row.get("require_any")?,
        server_selection: row.get("server_selection")?,
        servers: Vec::new(),
        inputs: parts::read_inputs(row)?,
        metadata: parts::read_metadata(row)?,
        sold: row.get("sold")?,
        reserved: row.get("reserved")?,
        period: row.get("period")?,
        period_taken: row.get("period_taken")?,
        version: row.get("version")?,
        created_at: row.get::<Timestamp>("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_command(row: &Row) -> Result<PackageCommand> {
    let decode = |column: &str| Error::Decode { column: column.to_owned() };
    let target = match row.text("target")? {
        "server" => Target::Server(row.get("server_id")?),
        "all" => Target::All,
        "customerChoice" => Target::CustomerChoice,
        _ => return Err(decode("target")),
    };
    Ok(PackageCommand {
        id: row.get("id")?,
        template: Template::from_stored(row.text("template")?).map_err(|_| decode("template"))?,
        kind: word(row, "kind", CommandType::parse)?,
        target,
        execute: word(row, "execute", Execute::parse)?,
        delay_seconds: row.get("delay_seconds")?,
        required_slots: row.get("required_slots")?,
        run_per: word(row, "run_per", RunPer::parse)?,
    })
}
