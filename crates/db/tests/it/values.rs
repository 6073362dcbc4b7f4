//! Every type of value goes in and comes out alike on both engines.

use jiff::Timestamp;
use serde_json::json;
use tradepost_db::{Db, Error, FromValue, Result, Row, Stmt, Value, params, statements};
use uuid::Uuid;

use crate::shop;

const _: &[Stmt] = STATEMENTS;

statements! {
    INSERT = "INSERT INTO things (
                  id, a_text, a_small, a_big, a_bool, a_blob, a_uuid, a_time, a_json
              ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
              RETURNING id";
    FIND = "SELECT id, a_text, a_small, a_big, a_bool, a_blob, a_uuid, a_time, a_json,
                   EXISTS (SELECT 1 FROM things WHERE id = $1) AS there,
                   CASE WHEN a_big IS NULL THEN 0 ELSE 1 END AS known
            FROM things
            WHERE id = $1";
    SELECT_TWO = "SELECT 1 AS one UNION ALL SELECT 2 AS one";
    BY_TEXT = "SELECT id FROM things WHERE a_text = $2 AND id = $1";
}

const COLUMNS: [&str; 8] = [
    "a_text", "a_small", "a_big", "a_bool", "a_blob", "a_uuid", "a_time", "a_json",
];

async fn insert(db: &Db, values: [Value; 9]) -> Result<i64> {
    db.write(async move |tx| tx.query_one(INSERT, &values).await?.get("id"))
        .await
}

async fn find(db: &Db, id: i64) -> Row {
    db.read::<_, Error, _>(async move |conn| conn.query_one(FIND, &params![id]).await)
        .await
        .unwrap()
}

fn same<T: FromValue + PartialEq + std::fmt::Debug>(row: &Row, column: &str, value: T) {
    assert_eq!(row.get::<T>(column).unwrap(), value);
    assert_eq!(row.get::<Option<T>>(column).unwrap(), Some(value));
}

#[tokio::test]
async fn a_value_of_every_type_comes_back() {
    for db in shop::engines().await {
        let (uuid, time) = (Uuid::from_u128(7), Timestamp::from_microsecond(-5).unwrap());
        let json = json!({ "b": [1, null], "a": "ü" });
        let blob = vec![0_u8, 255, 7];
        let values = params![
            1_i64,
            "tëxt'$1",
            -3,
            i64::MIN,
            true,
            blob.clone(),
            uuid,
            time,
            json.clone()
        ];
        assert_eq!(insert(&db, values).await.unwrap(), 1);
        let row = find(&db, 1).await;
        same(&row, "a_text", "tëxt'$1".to_owned());
        same(&row, "a_small", -3_i32);
        same(&row, "a_small", -3_i64);
        same(&row, "a_big", i64::MIN);
        same(&row, "a_bool", true);
        same(&row, "a_blob", blob);
        same(&row, "a_uuid", uuid);
        same(&row, "a_time", time);
        same(&row, "a_json", json);
        same(&row, "there", true);
        same(&row, "known", 1_u32);
    }
}

#[tokio::test]
async fn a_null_of_every_type_comes_back() {
    for db in shop::engines().await {
        let nothing = None::<&str>;
        insert(
            &db,
            params![
                2,
                nothing,
                None::<i32>,
                None::<i64>,
                None::<bool>,
                None::<Vec<u8>>,
                None::<Uuid>,
                None::<Timestamp>,
                Value::Null
            ],
        )
        .await
        .unwrap();
        let row = find(&db, 2).await;
        for column in COLUMNS {
            assert_eq!(row.get::<Option<String>>(column).unwrap(), None);
            assert_eq!(row.get::<Option<i64>>(column).unwrap(), None);
            assert!(matches!(row.get::<Uuid>(column), Err(Error::Decode { .. })));
        }
        same(&row, "known", false);
    }
}

#[tokio::test]
async fn a_wrong_type_is_an_error_that_names_the_column() {
    for db in shop::engines().await {
        insert(
            &db,
            params![
                3,
                "x",
                -1,
                i64::MAX,
                false,
                vec![1_u8],
                Uuid::nil(),
                Timestamp::UNIX_EPOCH,
                "[]"
            ],
        )
        .await
        .unwrap();
        let row = find(&db, 3).await;
        let said = row.get::<i64>("a_text").unwrap_err().to_string();
        assert_eq!(said, "could not decode column a_text");
        let said = row.get::<i64>("none").unwrap_err().to_string();
        assert_eq!(said, "could not decode column none");
        assert!(row.get::<u32>("a_small").is_err() && row.get::<i32>("a_big").is_err());
        assert!(row.get::<Uuid>("a_blob").is_err() && row.get::<bool>("a_big").is_err());
        assert!(row.get::<serde_json::Value>("a_text").is_err());
    }
}

#[tokio::test]
async fn a_misfit_is_an_error_without_the_value() {
    for db in shop::engines().await {
        let null = || Value::Null;
        for values in [
            params![
                4,
                "secret",
                "secret",
                0,
                null(),
                null(),
                null(),
                null(),
                null()
            ],
            params![
                4,
                "secret",
                null(),
                null(),
                null(),
                null(),
                "secret",
                null(),
                null()
            ],
        ] {
            let error = insert(&db, values).await.unwrap_err();
            let Error::Statement { name, source } = &error else {
                panic!("{error:?}")
            };
            assert!(name.ends_with("::values::INSERT"));
            assert!(
                !format!("{error} {source} {error:?}").contains("secret"),
                "{error:?}"
            );
        }
        let few: Result<_> = db.read(async |conn| conn.query(FIND, &[]).await).await;
        assert!(matches!(few, Err(Error::Statement { .. })), "{few:?}");
    }
}

#[tokio::test]
async fn one_row_means_one_row() {
    for db in shop::engines().await {
        let none: Result<_> = db
            .read(async |conn| conn.query_one(BY_TEXT, &params![1, "x"]).await)
            .await;
        assert!(matches!(none, Err(Error::NoRow)), "{none:?}");
        let none: Option<Row> = db
            .scan::<_, Error, _>(async |conn| conn.query_opt(FIND, &params![1]).await)
            .await
            .unwrap();
        assert!(none.is_none());
        let two: Result<_> = db
            .read(async |conn| conn.query_one(SELECT_TWO, &[]).await)
            .await;
        assert!(matches!(two, Err(Error::ManyRows)), "{two:?}");
    }
}
