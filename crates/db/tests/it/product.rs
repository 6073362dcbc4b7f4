//! The product's own schema and statements, on both engines.

use std::{collections::BTreeSet, fs, path::Path};

use tradepost_db::customers::{Search, count};
use tradepost_db::{Conn, Db, Engine, Error, MIGRATIONS, Options, Stmt, params, statements};
use tradepost_model::ids::StoreId;
use uuid::Uuid;

use crate::shop;

const _: &[Stmt] = STATEMENTS;

statements! {
    /// Table, column, type, whether it may be NULL.
    COLUMNS = sqlite "SELECT m.name AS place, p.name AS name, p.type AS type,
                             p.\"notnull\" = 0 AND p.pk = 0 AS optional
                      FROM pragma_table_list m, pragma_table_info(m.name) p
                      WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
              postgres "SELECT c.table_name::text AS place, c.column_name::text AS name,
                               c.data_type::text AS type, c.is_nullable = 'YES' AS optional
                        FROM information_schema.columns c
                        WHERE c.table_schema = current_schema()";
    /// Indexes with a name of their own, and whether they are unique.
    INDEXES = sqlite "SELECT m.name AS place, l.name AS name, '' AS type, l.\"unique\" AS optional
                      FROM pragma_table_list m, pragma_index_list(m.name) l
                      WHERE m.type = 'table' AND l.origin = 'c'"
              postgres "SELECT t.relname::text AS place, i.relname::text AS name, '' AS type,
                               x.indisunique AS optional
                        FROM pg_index x
                        JOIN pg_class i ON i.oid = x.indexrelid
                        JOIN pg_class t ON t.oid = x.indrelid
                        WHERE i.relnamespace = current_schema()::regnamespace
                          AND i.relam = (SELECT oid FROM pg_am WHERE amname = 'btree')
                          AND NOT EXISTS (
                              SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid
                          )";
    OLD_STORE = "INSERT INTO stores (id, short_id, subdomain, name, tagline, currency, language, game, accent,
            test_mode, created_at, updated_at)
        VALUES ($1, 's', 's', 's', 's', 'EUR', 'en', 'minecraft', 's', $2, 1, 1)";
    OLD_CUSTOMER = "INSERT INTO customers (id, store_id, customer_key, username, total_spent, orders_count, created_at)
        VALUES ($1, $1, 'k', 'Steve_OLD', 1, 1, 1)";
    /// What one engine has of its own: on SQLite virtual tables, which keep tables of theirs behind
    /// them, and triggers; on PostgreSQL indexes that are no trees.
    OWN = sqlite "SELECT name FROM pragma_table_list WHERE type = 'virtual'
                  UNION ALL SELECT name FROM sqlite_schema WHERE type = 'trigger'
                  ORDER BY name"
          postgres "SELECT i.relname::text AS name
                    FROM pg_class i
                    JOIN pg_am a ON a.oid = i.relam
                    WHERE i.relnamespace = current_schema()::regnamespace AND i.relkind = 'i'
                      AND a.amname <> 'btree'
                    ORDER BY 1";
}

async fn open(url: &str) -> Db {
    let options = Options {
        schema: Some(shop::schema()),
        ..Options::default()
    };
    Db::open(url, options).await.unwrap()
}

/// One line per column and index, in SQLite's terms.
async fn schema(db: &Db) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for stmt in [COLUMNS, INDEXES] {
        let rows = db.scan::<_, Error, _>(async move |conn| conn.query(stmt, &[]).await);
        for row in rows.await.unwrap() {
            let [place, name, ty] =
                ["place", "name", "type"].map(|column| row.get::<String>(column).unwrap());
            let ty = match ty.as_str() {
                "bigint" | "integer" | "smallint" | "boolean" => "INTEGER",
                "uuid" | "bytea" => "BLOB",
                "text" => "TEXT",
                other => other,
            };
            lines.insert(format!(
                "{place}.{name} {ty} {}",
                row.get::<bool>("optional").unwrap()
            ));
        }
    }
    lines
}

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let (_folder, url) = shop::sqlite_url();
    let sqlite = schema(&open(&url).await).await;
    assert!(
        sqlite.contains("schema_migrations.version INTEGER false"),
        "{sqlite:?}"
    );
    let Some(url) = shop::postgres_url() else {
        return;
    };
    let postgres = schema(&open(&url).await).await;
    let differing: Vec<_> = sqlite.symmetric_difference(&postgres).collect();
    assert!(differing.is_empty(), "only on one engine: {differing:#?}");
}

#[tokio::test]
async fn what_is_one_engines_own_is_the_search_for_parts_of_names() {
    let (_folder, url) = shop::sqlite_url();
    for url in [Some(url), shop::postgres_url()].into_iter().flatten() {
        let db = open(&url).await;
        let rows = db.scan::<_, Error, _>(async |conn| conn.query(OWN, &[]).await);
        let names: Vec<String> = rows
            .await
            .unwrap()
            .iter()
            .map(|row| row.get("name").unwrap())
            .collect();
        let expected = match db.engine() {
            Engine::Sqlite => vec![
                "customer_names",
                "customers_added",
                "customers_removed",
                "customers_renamed",
            ],
            Engine::Postgres => vec!["customers_by_part"],
        };
        assert_eq!(names, expected, "{:?}", db.engine());
    }
}

#[tokio::test]
async fn customers_of_before_the_search_are_found_by_it() {
    let (_folder, url) = shop::sqlite_url();
    for url in [Some(url), shop::postgres_url()].into_iter().flatten() {
        let mut options = Options {
            schema: Some(shop::schema()),
            migrations: &MIGRATIONS[..2],
            ..Options::default()
        };
        let (id, db) = (Uuid::from_u128(1), Db::open(&url, options.clone()).await);
        let db = db.unwrap();
        db.write::<_, Error, _>(async move |tx| {
            tx.exec(OLD_STORE, &params![id, true]).await?;
            tx.exec(OLD_CUSTOMER, &params![id]).await
        })
        .await
        .unwrap();
        db.close().await;
        options.migrations = MIGRATIONS;
        let db = Db::open(&url, options).await.unwrap();
        for text in ["S", "steve", "E_o"] {
            let search = Search::new(text);
            let count = async move |conn: &mut Conn| count(conn, StoreId(id), &search).await;
            assert_eq!(db.scan::<_, Error, _>(count).await.unwrap(), 1, "{text}");
        }
    }
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let (_folder, url) = shop::sqlite_url();
    for url in [Some(url), shop::postgres_url()].into_iter().flatten() {
        let db = open(&url).await;
        let checked = db.check_statements().await.unwrap();
        println!("{:?}: {checked} statements", db.engine());
    }
}

#[test]
fn every_migration_in_the_folders_is_listed() {
    for engine in ["sqlite", "postgres"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(engine);
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed: Vec<_> = MIGRATIONS
            .iter()
            .map(|m| format!("{}.sql", m.name))
            .collect();
        assert_eq!(files, listed, "{engine}");
        for migration in MIGRATIONS {
            assert!(
                migration
                    .name
                    .starts_with(&format!("{:04}_", migration.version))
            );
        }
    }
}
