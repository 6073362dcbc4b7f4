//! The database of a test: SQLite, or with `TEST_ENGINE=postgres` a schema of its own on
//! `TEST_POSTGRES_URL`. `./test.sh` runs these tests on both.

use std::path::Path;

use tradepost_db::{Db, Options};
use tradepost_model::clock::Ids;

pub(crate) async fn open(folder: &Path) -> Db {
    #[expect(clippy::disallowed_methods, reason = "the tests' own settings")]
    let setting = |name: &str| std::env::var(name).unwrap_or_default();
    match setting("TEST_ENGINE").as_str() {
        "postgres" => {
            let schema = Some(format!("site_{}", Ids.short(12)));
            let options = Options {
                schema,
                postgres_pool: 4,
                ..Options::default()
            };
            Db::open(&setting("TEST_POSTGRES_URL"), options)
                .await
                .unwrap()
        }
        "" | "sqlite" => {
            let url = format!("sqlite://{}", folder.join("shop.db").display());
            Db::open(&url, Options::default()).await.unwrap()
        }
        other => panic!("TEST_ENGINE is {other}, and must be sqlite or postgres"),
    }
}
