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
use crate::{Conn, Error, Result, Row, Tx, params};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, category_id, name, slug, description, price, image_url, is_active, sort_order, global_limit,
            per_user_limit, server_selection, timed_hours, sold, reserved, created_at, updated_at"
    };
}

crate::statements! {
    INSERT = "INSERT INTO packages
        (id, store_id, category_id, name, slug, description, price, image_url, is_active, sort_order,
            global_limit, per_user_limit, server_selection, sold, reserved, created_at, updated_at, timed_hours)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, $14, $14, $15)
        ON CONFLICT (store_id, slug) DO NOTHING";
    UPDATE = "UPDATE packages
        SET category_id = $3, name = $4, description = $5, price = $6, image_url = $7, is_active = $8,
            sort_order = $9, global_limit = $10, per_user_limit = $11, server_selection = $12, updated_at = $13,
            timed_hours = $14
        WHERE store_id = $1 AND id = $2 AND archived_at IS NULL";
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
    CLEAR_COMMANDS = "DELETE FROM package_commands WHERE store_id = $1 AND package_id = $2";
    ADD_COMMAND = "INSERT INTO package_commands
        (id, store_id, package_id, position, template, kind, target, server_id, execute, delay_seconds,
            required_slots, run_per)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
}

/// Adds a package without servers and commands; `false` where its slug is taken.
pub async fn insert(tx: &mut Tx, store: StoreId, package: &Package) -> Result<bool> {
    let values = params![
        package.id,
        store,
        package.category,
        &package.name,
        &package.slug,
        &package.description,
        package.price.minor(),
        package.image_url.as_deref(),
        package.is_active,
        package.sort_order,
        package.global_limit,
        package.per_user_limit,
        package.server_selection,
        package.created_at,
        package.timed_hours,
    ];
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// Changes a package, all but its slug and counts; `false` where it does not exist.
pub async fn update(tx: &mut Tx, store: StoreId, package: &Package) -> Result<bool> {
    let values = params![
        store,
        package.id,
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
        package.updated_at,
        package.timed_hours,
    ];
    Ok(tx.exec(UPDATE, &values).await? == 1)
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
            Ok(Package { servers: servers.remove(&package.id).unwrap_or_default(), ..package })
        })
        .collect::<Result<Vec<_>>>()?;
    list.sort_by(|a, b| a.sort_order.cmp(&b.sort_order).then_with(|| a.name.cmp(&b.name)));
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
    Ok(Some(package))
}

fn read(row: &Row, currency: Currency) -> Result<Package> {
    Ok(Package {
        id: row.get("id")?,
        category: row.get("category_id")?,
        name: row.get("name")?,
        slug: row.get("slug")?,
        description: row.get("description")?,
        price: Money::new(row.get("price")?, currency),
        image_url: row.get("image_url")?,
        is_active: row.get("is_active")?,
        sort_order: row.get("sort_order")?,
        global_limit: row.get("global_limit")?,
        per_user_limit: row.get("per_user_limit")?,
        server_selection: row.get("server_selection")?,
        servers: Vec::new(),
        timed_hours: row.get("timed_hours")?,
        sold: row.get("sold")?,
        reserved: row.get("reserved")?,
        created_at: row.get::<Timestamp>("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn read_command(row: &Row) -> Result<PackageCommand> {
    let decode = |column: &str| Error::Decode { column: column.to_owned() };
    let target = match row.get::<String>("target")?.as_str() {
        "server" => Target::Server(row.get("server_id")?),
        "all" => Target::All,
        "customerChoice" => Target::CustomerChoice,
        _ => return Err(decode("target")),
    };
    Ok(PackageCommand {
        id: row.get("id")?,
        template: Template::parse(&row.get::<String>("template")?).map_err(|_| decode("template"))?,
        kind: word(row, "kind", CommandType::parse)?,
        target,
        execute: word(row, "execute", Execute::parse)?,
        delay_seconds: row.get("delay_seconds")?,
        required_slots: row.get("required_slots")?,
        run_per: word(row, "run_per", RunPer::parse)?,
    })
}
