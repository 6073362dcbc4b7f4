//! Stores, their counters and the origins a checkout may return to.

use tradepost_model::Timestamp;
use tradepost_model::ids::StoreId;
use tradepost_model::names::Slug;
use tradepost_model::plans::{Plan, Subscribed};
use tradepost_model::players::Game;
use tradepost_model::stores::Store;

use crate::codec::word;
use crate::{Conn, Result, Row, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO stores
        (id, short_id, subdomain, name, tagline, currency, language, game, accent, test_mode, plan, plan_expires_at,
            created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
        ON CONFLICT DO NOTHING";
    FIND = "SELECT id, short_id, subdomain, name, tagline, currency, language, game, accent, test_mode, plan,
            plan_expires_at, created_at
        FROM stores WHERE id = $1";
    BY_SUBDOMAIN = "SELECT id, short_id, subdomain, name, tagline, currency, language, game, accent, test_mode, plan,
            plan_expires_at, created_at
        FROM stores WHERE subdomain = $1";
    BY_USER = "SELECT s.id, s.short_id, s.subdomain, s.name, s.tagline, s.currency, s.language, s.game, s.accent,
            s.test_mode, s.plan, s.plan_expires_at, s.created_at
        FROM stores s
        JOIN memberships m ON m.store_id = s.id
        WHERE m.user_id = $1
        ORDER BY s.created_at, s.id";
    ALL = "SELECT id, short_id, subdomain, name, tagline, currency, language, game, accent, test_mode, plan,
            plan_expires_at, created_at
        FROM stores ORDER BY created_at, id";
    NEXT = "INSERT INTO counters (store_id, name, value)
        VALUES ($1, $2, 1)
        ON CONFLICT (store_id, name) DO UPDATE SET value = counters.value + 1
        RETURNING value";
    ORIGINS = "SELECT origin FROM checkout_origins WHERE store_id = $1";
    ADD_ORIGIN = "INSERT INTO checkout_origins (store_id, origin) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    REMOVE_ORIGIN = "DELETE FROM checkout_origins WHERE store_id = $1 AND origin = $2";
    TOUCH = "UPDATE stores SET updated_at = $2 WHERE id = $1";
    CLEAR_ORIGINS = "DELETE FROM checkout_origins WHERE store_id = $1";
    SET_PLAN = "UPDATE stores SET plan = $2, plan_expires_at = $3, updated_at = $4 WHERE id = $1";
}

/// Adds a store; `false` where its subdomain or short id is taken.
pub async fn insert(tx: &mut Tx, store: &Store) -> Result<bool> {
    let Store {
        id,
        short_id,
        subdomain,
        name,
        tagline,
        currency,
        language,
        game,
        accent,
        test_mode,
        plan,
        created_at,
    } = store;
    let values = params![
        *id,
        short_id,
        subdomain,
        name,
        tagline,
        currency.code(),
        language,
        game.word(),
        accent,
        *test_mode,
        plan.plan.word(),
        plan.expires_at,
        *created_at,
    ];
    Ok(tx.exec(INSERT, &values).await? == 1)
}

/// A store by its identity.
pub async fn find(conn: &mut Conn, store: StoreId) -> Result<Option<Store>> {
    conn.query_opt(FIND, &params![store]).await?.map(|row| read(&row)).transpose()
}

/// A store by its name in web addresses.
pub async fn by_subdomain(conn: &mut Conn, subdomain: &Slug) -> Result<Option<Store>> {
    conn.query_opt(BY_SUBDOMAIN, &params![subdomain]).await?.map(|row| read(&row)).transpose()
}

/// The stores a user is a member of, oldest first.
pub async fn by_user(conn: &mut Conn, user: tradepost_model::ids::UserId) -> Result<Vec<Store>> {
    conn.query(BY_USER, &params![user]).await?.iter().map(read).collect()
}

/// All stores, oldest first. For the operator's command line; may look at many rows.
pub async fn all(conn: &mut Conn) -> Result<Vec<Store>> {
    conn.query(ALL, &params![]).await?.iter().map(read).collect()
}

/// The next number of one of a store's sequences. Holds the counter until the transaction ends, so
/// it is called late.
pub async fn next(tx: &mut Tx, store: StoreId, counter: &str) -> Result<i64> {
    tx.query_one(NEXT, &params![store, counter]).await?.get("value")
}

/// The origins a checkout of this store may return to.
pub async fn origins(conn: &mut Conn, store: StoreId) -> Result<Vec<String>> {
    conn.query(ORIGINS, &params![store]).await?.iter().map(|row| row.get("origin")).collect()
}

/// Allows an origin.
pub async fn add_origin(tx: &mut Tx, store: StoreId, origin: &str) -> Result<()> {
    tx.exec(ADD_ORIGIN, &params![store, origin]).await.map(|_| ())
}

/// Allows an origin no more.
pub async fn remove_origin(tx: &mut Tx, store: StoreId, origin: &str, now: Timestamp) -> Result<()> {
    tx.exec(TOUCH, &params![store, now]).await?;
    tx.exec(REMOVE_ORIGIN, &params![store, origin]).await.map(|_| ())
}

/// Takes the store's row until the transaction ends, and gives its origins then.
pub async fn origins_locked(tx: &mut Tx, store: StoreId, now: Timestamp) -> Result<Vec<String>> {
    tx.exec(TOUCH, &params![store, now]).await?;
    origins(tx, store).await
}

/// Replaces the origins of a store. Takes the store's row first, so that of two that replace at once one
/// comes after the other.
pub async fn replace_origins(tx: &mut Tx, store: StoreId, origins: &[String], now: Timestamp) -> Result<()> {
    tx.exec(TOUCH, &params![store, now]).await?;
    tx.exec(CLEAR_ORIGINS, &params![store]).await?;
    let rows = origins.iter().map(|origin| params![store, origin].to_vec());
    tx.exec_many(ADD_ORIGIN, rows.collect()).await.map(|_| ())
}

/// Sets a store's plan; `false` where there is no such store.
pub async fn set_plan(tx: &mut Tx, store: StoreId, plan: Subscribed, now: Timestamp) -> Result<bool> {
    let values = params![store, plan.plan.word(), plan.expires_at, now];
    Ok(tx.exec(SET_PLAN, &values).await? == 1)
}

/// A plan from the columns `plan` and `plan_expires_at`.
pub(crate) fn read_plan(row: &Row) -> Result<Subscribed> {
    Ok(Subscribed { plan: word(row, "plan", Plan::parse)?, expires_at: row.get("plan_expires_at")? })
}

fn read(row: &Row) -> Result<Store> {
    Ok(Store {
        id: row.get("id")?,
        short_id: row.get("short_id")?,
        subdomain: row.get("subdomain")?,
        name: row.get("name")?,
        tagline: row.get("tagline")?,
        currency: row.get("currency")?,
        language: row.get("language")?,
        game: word(row, "game", Game::parse)?,
        accent: row.get("accent")?,
        test_mode: row.get("test_mode")?,
        plan: read_plan(row)?,
        created_at: row.get::<Timestamp>("created_at")?,
    })
}
