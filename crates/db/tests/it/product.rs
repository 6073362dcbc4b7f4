//! The product's own schema and statements, on both engines.

use std::{collections::BTreeSet, fs, path::Path};

use tradepost_db::{Db, Error, MIGRATIONS, Options, Stmt, statements};

use crate::shop;

const _: &[Stmt] = STATEMENTS;

statements! {
    /// Table, column, type, whether it may be NULL.
    COLUMNS = sqlite "SELECT m.name AS place, p.name AS name, p.type AS type,
                             p.\"notnull\" = 0 AND p.pk = 0 AS optional
                      FROM sqlite_schema m, pragma_table_info(m.name) p
                      WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
              postgres "SELECT c.table_name::text AS place, c.column_name::text AS name,
                               c.data_type::text AS type, c.is_nullable = 'YES' AS optional
                        FROM information_schema.columns c
                        WHERE c.table_schema = current_schema()";
    /// Indexes with a name of their own, and whether they are unique.
    INDEXES = sqlite "SELECT m.name AS place, l.name AS name, '' AS type, l.\"unique\" AS optional
                      FROM sqlite_schema m, pragma_index_list(m.name) l
                      WHERE m.type = 'table' AND l.origin = 'c'"
              postgres "SELECT t.relname::text AS place, i.relname::text AS name, '' AS type,
                               x.indisunique AS optional
                        FROM pg_index x
                        JOIN pg_class i ON i.oid = x.indexrelid
                        JOIN pg_class t ON t.oid = x.indrelid
                        WHERE i.relnamespace = current_schema()::regnamespace
                          AND NOT EXISTS (
                              SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid
                          )";
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
