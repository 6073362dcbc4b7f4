//! Bans.

use std::net::IpAddr;

use tradepost_model::Timestamp;
use tradepost_model::bans::{Addresses, Ban, Banned};
use tradepost_model::ids::{BanId, StoreId};
use tradepost_model::players::{Player, Username};
use uuid::Uuid;

use crate::codec::word;
use crate::span::Span;
use crate::{Conn, Result, Row, Tx, params};

macro_rules! columns {
    () => {
        "id, username, uuid, ip_address, reason, expires_at, is_active, version, created_at, updated_at"
    };
}

crate::statements! {
    INSERT = "INSERT INTO bans
        (id, store_id, username, username_key, uuid, ip_address, ip_first, ip_last, reason, expires_at, is_active,
            version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    FIND = concat!("SELECT ", columns!(), " FROM bans WHERE store_id = $1 AND id = $2");
    NEWEST = concat!("SELECT ", columns!(), " FROM bans
        WHERE store_id = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3 OFFSET $4");
    COUNT = "SELECT COUNT(*) AS count
        FROM (SELECT 1 AS one FROM bans WHERE store_id = $1 LIMIT 10001) AS counted";
    OF_USERNAME = concat!("SELECT ", columns!(), " FROM bans
        WHERE store_id = $1 AND username_key = $2 AND is_active AND (expires_at > $3 OR expires_at IS NULL)
        LIMIT 1");
    OF_UUID = concat!("SELECT ", columns!(), " FROM bans
        WHERE store_id = $1 AND uuid = $2 AND is_active AND (expires_at > $3 OR expires_at IS NULL)
        LIMIT 1");
    OF_ADDRESS = concat!("SELECT ", columns!(), " FROM bans
        WHERE store_id = $1 AND ip_first = $2 AND ip_last = $2 AND is_active
            AND (expires_at > $3 OR expires_at IS NULL)
        LIMIT 1");
    OF_NETWORK = concat!("SELECT ", columns!(), " FROM bans
        WHERE store_id = $1 AND ip_first < ip_last AND ip_first <= $2 AND ip_last >= $2 AND is_active
            AND (expires_at > $3 OR expires_at IS NULL)
        LIMIT 1");
    LOCK = "UPDATE bans SET version = version WHERE store_id = $1 AND id = $2";
    UPDATE = "UPDATE bans SET reason = $3, expires_at = $4, is_active = $5, version = version + 1, updated_at = $6
        WHERE store_id = $1 AND id = $2";
    DELETE = "DELETE FROM bans WHERE store_id = $1 AND id = $2";
}

/// Adds a ban.
pub async fn insert(tx: &mut Tx, store: StoreId, ban: &Ban) -> Result<()> {
    let Ban { id, banned, reason, expires_at, is_active, version, created_at, updated_at } = ban;
    let (player, addresses) = match banned {
        Banned::Player(player) => (Some(player), None),
        Banned::Addresses(addresses) => (None, Some(addresses)),
    };
    let values = params![
        *id,
        store,
        player.map(|player| player.username.as_str()),
        player.map(|player| player.username.key()),
        player.and_then(|player| player.uuid),
        addresses.map(ToString::to_string),
        addresses.map(|addresses| addresses.first().to_vec()),
        addresses.map(|addresses| addresses.last().to_vec()),
        reason.as_deref(),
        *expires_at,
        *is_active,
        *version,
        *created_at,
        *updated_at,
    ];
    tx.exec(INSERT, &values).await.map(|_| ())
}

/// A ban by identity.
pub async fn find(conn: &mut Conn, store: StoreId, ban: BanId) -> Result<Option<Ban>> {
    conn.query_opt(FIND, &params![store, ban]).await?.map(|row| read(&row)).transpose()
}

/// Bans, newest first.
pub async fn page(conn: &mut Conn, store: StoreId, span: Span) -> Result<Vec<Ban>> {
    let values = params![store, span.before(), span.take, span.skip];
    conn.query(NEWEST, &values).await?.iter().map(read).collect()
}

/// How many there are, up to one more than a list is counted.
pub async fn count(conn: &mut Conn, store: StoreId) -> Result<u32> {
    conn.query_one(COUNT, &params![store]).await?.get("count")
}

/// A ban that holds of a player, by name or UUID.
pub async fn of_player(conn: &mut Conn, store: StoreId, player: &Player, now: Timestamp) -> Result<Option<Ban>> {
    let by_name = conn.query_opt(OF_USERNAME, &params![store, player.username.key(), now]).await?;
    let found = match (by_name, player.uuid) {
        (None, Some(uuid)) => conn.query_opt(OF_UUID, &params![store, uuid, now]).await?,
        (found, _) => found,
    };
    found.map(|row| read(&row)).transpose()
}

/// A ban that holds of an address, or of a network that it is in.
pub async fn of_address(conn: &mut Conn, store: StoreId, address: IpAddr, now: Timestamp) -> Result<Option<Ban>> {
    let values = params![store, &Addresses::bytes(address)[..], now];
    let found = match conn.query_opt(OF_ADDRESS, &values).await? {
        None => conn.query_opt(OF_NETWORK, &values).await?,
        found => found,
    };
    found.map(|row| read(&row)).transpose()
}

/// Locks a ban until the transaction ends; `false` where there is none.
pub async fn lock(tx: &mut Tx, store: StoreId, ban: BanId) -> Result<bool> {
    Ok(tx.exec(LOCK, &params![store, ban]).await? == 1)
}

/// Writes what can be changed of a ban, as its next version.
pub async fn update(tx: &mut Tx, store: StoreId, ban: &Ban) -> Result<()> {
    let values = params![store, ban.id, ban.reason.as_deref(), ban.expires_at, ban.is_active, ban.updated_at];
    tx.exec(UPDATE, &values).await.map(|_| ())
}

/// Removes a ban.
pub async fn delete(tx: &mut Tx, store: StoreId, ban: BanId) -> Result<()> {
    tx.exec(DELETE, &params![store, ban]).await.map(|_| ())
}

fn read(row: &Row) -> Result<Ban> {
    let banned = match row.get::<Option<String>>("username")? {
        Some(username) => Banned::Player(Player {
            username: Username::from_stored(username),
            uuid: row.get::<Option<Uuid>>("uuid")?,
        }),
        None => Banned::Addresses(word(row, "ip_address", |text| Addresses::parse(text).ok())?),
    };
    Ok(Ban {
        id: row.get("id")?,
        banned,
        reason: row.get("reason")?,
        expires_at: row.get("expires_at")?,
        is_active: row.get("is_active")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
