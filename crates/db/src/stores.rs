//! Stores, their counters and the origins a checkout may return to.

use tradepost_model::Timestamp;
use tradepost_model::ids::StoreId;
use tradepost_model::names::Slug;
use tradepost_model::players::Game;
use tradepost_model::stores::Store;

use crate::codec::word;
use crate::{Conn, Result, Row, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO stores
        (id, short_id, subdomain, name, tagline, currency, language, game, accent, test_mode, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
        ON CONFLICT DO NOTHING";
    FIND = "SELECT id, short_id, subdomain, name, tagline, currency, language, game, accent, test_mode, created_at
        FROM stores WHERE id = $1";
    BY_SUBDOMAIN = "SELECT id, short_id, subdomain, name, tagline, currency, language, game, accent, test_mode, created_at
        FROM stores WHERE subdomain = $1";
    BY_USER = "SELECT s.id, s.short_id, s.subdomain, s.name, s.tagline, s.currency, s.language, s.game, s.accent,
            s.test_mode, s.created_at
        FROM stores s
        JOIN memberships m ON m.store_id = s.id
        WHERE m.user_id = $1
        ORDER BY s.created_at, s.id";
    ALL = "SELECT id, short_id, subdomain, name, tagline, currency, language, game, accent, test_mode, created_at
        FROM stores ORDER BY created_at, id";
    NEXT = "INSERT INTO counters (store_id, name, value)
        VALUES ($1, $2, 1)
        ON CONFLICT (store_id, name) DO UPDATE SET value = counters.value + 1
        RETURNING value";
    ORIGINS = "SELECT origin FROM checkout_origins WHERE store_id = $1";
    ADD_ORIGIN = "INSERT INTO checkout_origins (store_id, origin) VALUES ($1, $2) ON CONFLICT DO NOTHING";
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
        created_at: row.get::<Timestamp>("created_at")?,
    })
}
