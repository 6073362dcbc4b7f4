//! A tiny schema of its own, and a fresh database with it on each engine.

use std::{
    io::Write,
    ops::Deref,
    sync::{
        Once,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use tempfile::TempDir;
use tradepost_db::{Db, Engine, Migration, Options, Result, Tx, params, statements};
use uuid::Uuid;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "shop",
    sqlite: "CREATE TABLE orders (
                 id BLOB NOT NULL PRIMARY KEY,
                 number INTEGER UNIQUE,
                 left_over INTEGER NOT NULL CHECK (left_over >= 0)
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE items (
                 order_id BLOB NOT NULL REFERENCES orders (id),
                 line INTEGER NOT NULL,
                 PRIMARY KEY (order_id, line)
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE things (
                 id INTEGER NOT NULL PRIMARY KEY,
                 a_text TEXT, a_small INTEGER, a_big INTEGER, a_bool INTEGER,
                 a_blob BLOB, a_uuid BLOB, a_time INTEGER, a_json TEXT
             ) STRICT;",
    postgres: "CREATE TABLE orders (
                   id uuid NOT NULL PRIMARY KEY,
                   number bigint UNIQUE,
                   left_over bigint NOT NULL CHECK (left_over >= 0)
               );
               CREATE TABLE items (
                   order_id uuid NOT NULL REFERENCES orders (id),
                   line integer NOT NULL,
                   PRIMARY KEY (order_id, line)
               );
               CREATE TABLE things (
                   id bigint NOT NULL PRIMARY KEY,
                   a_text text, a_small integer, a_big bigint, a_bool boolean,
                   a_blob bytea, a_uuid uuid, a_time bigint, a_json text
               );",
}];

// Here statements are proven by running them; only the product's are gathered and prepared.
const _: &[tradepost_db::Stmt] = STATEMENTS;

statements! {
    INSERT_ORDER = "INSERT INTO orders (id, number, left_over) VALUES ($1, $2, $3)";
    INSERT_ITEM = "INSERT INTO items (order_id, line) VALUES ($1, $2)";
    /// How many orders and items there are.
    COUNT = "SELECT (SELECT COUNT(*) FROM orders) AS orders, (SELECT COUNT(*) FROM items) AS items";
}

/// An open database that disappears with the test.
pub(crate) struct TestDb {
    db: Db,
    pub(crate) url: String,
    pub(crate) options: Options,
    _folder: TempDir,
}

impl Deref for TestDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Where PostgreSQL is, if it is to be tested.
#[expect(clippy::disallowed_methods, reason = "the configuration of the tests")]
pub(crate) fn postgres_url() -> Option<String> {
    let url = std::env::var("TEST_POSTGRES_URL").ok();
    if url.is_none() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| notice("TEST_POSTGRES_URL is not set: running on SQLite only"));
    }
    url
}

/// Says what was not tested, past the capture of the output of tests that pass.
pub(crate) fn notice(text: &str) {
    let line = format!("{text}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A database for each engine there is.
pub(crate) async fn engines() -> Vec<TestDb> {
    let mut databases = vec![sqlite().await];
    databases.extend(postgres().await);
    databases
}

pub(crate) async fn sqlite() -> TestDb {
    let (folder, url) = sqlite_url();
    open(
        url,
        Options {
            migrations: MIGRATIONS,
            ..Options::default()
        },
        folder,
    )
    .await
}

pub(crate) async fn postgres() -> Option<TestDb> {
    let options = Options {
        migrations: MIGRATIONS,
        schema: Some(schema()),
        ..Options::default()
    };
    let folder = TempDir::new().unwrap();
    Some(open(postgres_url()?, options, folder).await)
}

pub(crate) fn sqlite_url() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/shop.db", folder.path().display());
    (folder, url)
}

/// A name nobody has: PostgreSQL keeps the schemas until the cluster of the tests is thrown away.
pub(crate) fn schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "db_{}_{}",
        Uuid::from_u128(nanos()).simple(),
        NEXT.fetch_add(1, Relaxed)
    )
}

async fn open(url: String, options: Options, folder: TempDir) -> TestDb {
    let db = Db::open(&url, options.clone()).await.unwrap();
    TestDb {
        db,
        url,
        options,
        _folder: folder,
    }
}

#[expect(clippy::disallowed_methods, reason = "only has to differ")]
fn nanos() -> u128 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos()
}

/// An order and its two items.
pub(crate) async fn insert_order(tx: &mut Tx, id: Uuid, number: Option<i64>) -> Result<()> {
    tx.exec(INSERT_ORDER, &params![id, number, 0]).await?;
    let items = vec![params![id, 1].to_vec(), params![id, 2].to_vec()];
    tx.exec_many(INSERT_ITEM, items).await?;
    Ok(())
}

pub(crate) async fn order(db: &Db, id: u128) -> Result<()> {
    db.write(async move |tx| insert_order(tx, Uuid::from_u128(id), None).await)
        .await
}

/// How many orders and items there are.
pub(crate) async fn counts(db: &Db) -> (i64, i64) {
    let row = db
        .read(async |conn| conn.query_one(COUNT, &[]).await)
        .await
        .unwrap();
    (row.get("orders").unwrap(), row.get("items").unwrap())
}

pub(crate) fn is_sqlite(db: &Db) -> bool {
    db.engine() == Engine::Sqlite
}
