//! Many may start at once; a history that is not ours is refused.

use tokio::task::JoinSet;
use tradepost_db::{Db, Error, Migration, Options, Result, Stmt, statements};

use crate::shop;

const _: &[Stmt] = STATEMENTS;

statements! {
    VERSIONS = "SELECT version, name, applied_at FROM schema_migrations ORDER BY version";
}

const FIRST: Migration = Migration {
    version: 1,
    name: "first",
    sqlite: "CREATE TABLE a (id INTEGER NOT NULL PRIMARY KEY) STRICT; INSERT INTO a VALUES (1);
             CREATE TABLE b (a_id INTEGER NOT NULL REFERENCES a (id)) STRICT;
             INSERT INTO b VALUES (1);",
    postgres: "CREATE TABLE a (id bigint PRIMARY KEY); INSERT INTO a VALUES (1);",
};
/// SQLite rebuilds a table that others refer to.
const SECOND: Migration = Migration {
    version: 2,
    name: "second",
    sqlite: "CREATE TABLE new_a (id INTEGER NOT NULL PRIMARY KEY, name TEXT) STRICT;
             INSERT INTO new_a SELECT id, 'x' FROM a;
             DROP TABLE a;
             ALTER TABLE new_a RENAME TO a;",
    postgres: "ALTER TABLE a ADD COLUMN name text",
};
const CHANGED: Migration = Migration {
    sqlite: "CREATE TABLE c (id INTEGER) STRICT",
    postgres: "CREATE TABLE c (id bigint)",
    ..FIRST
};
const BROKEN: Migration = Migration {
    sqlite: "CREATE TABLE d (id INTEGER) STRICT; CREATE TABEL e (id INTEGER)",
    postgres: "CREATE TABLE d (id bigint); CREATE TABEL e (id bigint)",
    ..SECOND
};
const DANGLING: Migration = Migration {
    sqlite: "DELETE FROM a",
    ..SECOND
};

async fn open(url: &str, schema: &str, migrations: &'static [Migration]) -> Result<Db> {
    let options = Options {
        migrations,
        schema: Some(schema.to_owned()),
        ..Options::default()
    };
    Db::open(url, options).await
}

async fn versions(db: &Db) -> Vec<i64> {
    let rows = db
        .read::<_, Error, _>(async |conn| conn.query(VERSIONS, &[]).await)
        .await
        .unwrap();
    assert!(
        rows.iter()
            .all(|row| row.get::<i64>("applied_at").unwrap() > 0)
    );
    rows.iter().map(|row| row.get("version").unwrap()).collect()
}

/// A place for a new database on each engine.
fn places() -> Vec<(Option<tempfile::TempDir>, String)> {
    let (folder, url) = shop::sqlite_url();
    let mut places = vec![(Some(folder), url)];
    places.extend(shop::postgres_url().map(|url| (None, url)));
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_starts_at_once_migrate_once() {
    for (_folder, url) in places() {
        let (schema, mut starts) = (shop::schema(), JoinSet::new());
        for _ in 0..8 {
            let (url, schema) = (url.clone(), schema.clone());
            starts.spawn(async move { open(&url, &schema, &[FIRST, SECOND]).await });
        }
        for db in starts.join_all().await {
            assert_eq!(versions(&db.unwrap()).await, [1, 2]);
        }
    }
}

#[tokio::test]
async fn an_older_database_gets_what_is_missing() {
    for (_folder, url) in places() {
        let schema = shop::schema();
        let db = open(&url, &schema, &[FIRST]).await.unwrap();
        assert_eq!(versions(&db).await, [1]);
        db.close().await;
        let db = open(&url, &schema, &[FIRST, SECOND]).await.unwrap();
        assert_eq!(versions(&db).await, [1, 2]);
    }
}

#[tokio::test]
async fn a_history_that_is_not_ours_is_refused() {
    for (_folder, url) in places() {
        let schema = shop::schema();
        open(&url, &schema, &[FIRST, SECOND])
            .await
            .unwrap()
            .close()
            .await;
        let newer = open(&url, &schema, &[FIRST])
            .await
            .map(drop)
            .unwrap_err()
            .to_string();
        assert_eq!(
            newer,
            "migration: the database has schema version 2, this program knows only up to 1: \
             it was used by a newer version, which has to be installed again"
        );
        let changed = open(&url, &schema, &[CHANGED, SECOND])
            .await
            .map(drop)
            .unwrap_err();
        let said = "migration: number 1 (first) was changed after it had been applied";
        assert_eq!(changed.to_string(), said);
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    for (_folder, url) in places() {
        let schema = shop::schema();
        open(&url, &schema, &[FIRST]).await.unwrap().close().await;
        let broken = open(&url, &schema, &[FIRST, BROKEN])
            .await
            .map(drop)
            .unwrap_err();
        assert!(
            broken
                .to_string()
                .starts_with("migration: number 2 (second): "),
            "{broken}"
        );
        if url.starts_with("sqlite") {
            let dangling = open(&url, &schema, &[FIRST, DANGLING])
                .await
                .map(drop)
                .unwrap_err();
            assert_eq!(
                dangling.to_string(),
                "migration: 1 rows would refer to missing ones"
            );
        }
        assert_eq!(
            versions(&open(&url, &schema, &[FIRST]).await.unwrap()).await,
            [1]
        );
    }
}

#[tokio::test]
async fn a_url_that_leads_nowhere_is_unavailable() {
    for url in [
        "mysql://x",
        "sqlite:///no/such/folder/x.db",
        "postgres://127.0.0.1:1/x",
    ] {
        let opened = Db::open(url, Options::default()).await.map(drop);
        assert!(
            matches!(opened, Err(Error::Unavailable { .. })),
            "{url}: {opened:?}"
        );
    }
}
