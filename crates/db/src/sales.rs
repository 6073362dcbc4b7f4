//! Sales.

use tradepost_model::Timestamp;
use tradepost_model::applies_to::Vocabulary;
use tradepost_model::ids::{SaleId, StoreId};
use tradepost_model::percent::Percent;
use tradepost_model::sales::Sale;

use crate::span::{COUNTED, Span};
use crate::{Conn, Error, Result, Row, Tx, Value, applies_to, params};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, name, discount_percentage, application_scope, package_ids, category_ids, is_enabled, start_date, end_date,
            version, created_at, updated_at"
    };
}

crate::statements! {
    INSERT = "INSERT INTO sales
        (id, store_id, name, discount_percentage, application_scope, package_ids, category_ids, is_enabled,
            start_date, end_date, updated_at, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $11)";
    UPDATE = "UPDATE sales
        SET name = $3, discount_percentage = $4, application_scope = $5, package_ids = $6, category_ids = $7,
            is_enabled = $8, start_date = $9, end_date = $10, updated_at = $11, version = version + 1
        WHERE id = $1 AND store_id = $2";
    FIND = concat!("SELECT ", columns!(), " FROM sales WHERE store_id = $1 AND id = $2");
    LOCK = sqlite "SELECT id FROM sales WHERE store_id = $1 AND id = $2"
        postgres "SELECT id FROM sales WHERE store_id = $1 AND id = $2 FOR UPDATE";
    PAGE = concat!("SELECT ", columns!(), "
        FROM sales
        WHERE store_id = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3 OFFSET $4");
    COUNT = "SELECT COUNT(*) AS counted FROM (SELECT 1 FROM sales WHERE store_id = $1 LIMIT $2) AS matching";
    ACTIVE = concat!("SELECT ", columns!(), "
        FROM sales
        WHERE store_id = $1 AND is_enabled AND start_date <= $2 AND (end_date IS NULL OR end_date > $2)
        ORDER BY id");
    DELETE = "DELETE FROM sales WHERE store_id = $1 AND id = $2";
}

/// Adds a sale.
pub async fn insert(tx: &mut Tx, store: StoreId, sale: &Sale) -> Result<()> {
    tx.exec(INSERT, &values(store, sale)).await.map(|_| ())
}

/// Changes a sale; `false` where it does not exist.
pub async fn update(tx: &mut Tx, store: StoreId, sale: &Sale) -> Result<bool> {
    Ok(tx.exec(UPDATE, &values(store, sale)).await? == 1)
}

/// A sale by identity.
pub async fn find(conn: &mut Conn, store: StoreId, sale: SaleId) -> Result<Option<Sale>> {
    conn.query_opt(FIND, &params![store, sale]).await?.map(|row| read(&row)).transpose()
}

/// A sale, which stays as it is until the transaction ends.
pub async fn locked(tx: &mut Tx, store: StoreId, sale: SaleId) -> Result<Option<Sale>> {
    // The row is read after the lock is there, by a statement of its own that sees what came before.
    match tx.query_opt(LOCK, &params![store, sale]).await? {
        Some(_) => find(tx, store, sale).await,
        None => Ok(None),
    }
}

/// Sales, newest first.
pub async fn page(conn: &mut Conn, store: StoreId, span: Span) -> Result<Vec<Sale>> {
    let values = params![store, span.before(), span.take, span.skip];
    conn.query(PAGE, &values).await?.iter().map(read).collect()
}

/// How many sales there are, counted up to one above [`COUNTED`].
pub async fn count(conn: &mut Conn, store: StoreId) -> Result<u32> {
    conn.query_one(COUNT, &params![store, COUNTED + 1]).await?.get("counted")
}

/// The sales that lower prices at this time, oldest first.
pub async fn active(conn: &mut Conn, store: StoreId, now: Timestamp) -> Result<Vec<Sale>> {
    conn.query(ACTIVE, &params![store, now]).await?.iter().map(read).collect()
}

/// Removes a sale; `false` where it does not exist.
pub async fn delete(tx: &mut Tx, store: StoreId, sale: SaleId) -> Result<bool> {
    Ok(tx.exec(DELETE, &params![store, sale]).await? == 1)
}

/// The parameters of [`INSERT`] and [`UPDATE`].
fn values(store: StoreId, sale: &Sale) -> [Value; 11] {
    let (packages, categories) = applies_to::lists(&sale.applies_to);
    params![
        sale.id,
        store,
        &sale.name,
        i64::from(sale.percent.basis_points()),
        sale.applies_to.application_scope(Vocabulary::Others),
        packages,
        categories,
        sale.is_enabled,
        sale.start_date,
        sale.end_date,
        sale.updated_at,
    ]
}

fn read(row: &Row) -> Result<Sale> {
    let percent = u16::try_from(row.get::<i64>("discount_percentage")?).ok().and_then(Percent::from_basis_points);
    Ok(Sale {
        id: row.get("id")?,
        name: row.get("name")?,
        percent: percent.ok_or_else(|| Error::Decode { column: "discount_percentage".to_owned() })?,
        applies_to: applies_to::read(row, Vocabulary::Others)?,
        is_enabled: row.get("is_enabled")?,
        start_date: row.get("start_date")?,
        end_date: row.get("end_date")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
