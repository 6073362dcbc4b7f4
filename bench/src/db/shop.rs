//! A shop of 20,000 products to read, and orders of two items to write.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use tradepost_db::{Conn, Db, Migration, Options, Result, Row, Stmt, params, statements};
use uuid::Uuid;

use super::options;
use crate::measure::{Caller, Chance};

/// The schema of the survey that chose the libraries: both engines index orders twice.
pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "bench",
    sqlite: SQLITE,
    postgres: "CREATE TABLE products (
                   id uuid NOT NULL PRIMARY KEY, store_id uuid NOT NULL, slug text NOT NULL,
                   name text NOT NULL, description text NOT NULL, price bigint NOT NULL,
                   currency text NOT NULL, hidden boolean NOT NULL, image text,
                   created_at bigint NOT NULL
               );
               CREATE TABLE orders (
                   id uuid NOT NULL PRIMARY KEY, store_id uuid NOT NULL, player text NOT NULL,
                   state text NOT NULL, total bigint NOT NULL, created_at bigint NOT NULL
               );
               CREATE INDEX orders_by_store ON orders (store_id, created_at);
               CREATE INDEX orders_by_player ON orders (store_id, player);
               CREATE TABLE items (
                   order_id uuid NOT NULL REFERENCES orders (id), line integer NOT NULL,
                   product_id uuid NOT NULL REFERENCES products (id), quantity integer NOT NULL,
                   price bigint NOT NULL, PRIMARY KEY (order_id, line)
               );",
}];

pub(super) const SQLITE: &str = "
    CREATE TABLE products (
        id BLOB NOT NULL PRIMARY KEY, store_id BLOB NOT NULL, slug TEXT NOT NULL,
        name TEXT NOT NULL, description TEXT NOT NULL, price INTEGER NOT NULL,
        currency TEXT NOT NULL, hidden INTEGER NOT NULL, image TEXT,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE orders (
        id BLOB NOT NULL PRIMARY KEY, store_id BLOB NOT NULL, player TEXT NOT NULL,
        state TEXT NOT NULL, total INTEGER NOT NULL, created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX orders_by_store ON orders (store_id, created_at);
    CREATE INDEX orders_by_player ON orders (store_id, player);
    CREATE TABLE items (
        order_id BLOB NOT NULL REFERENCES orders (id), line INTEGER NOT NULL,
        product_id BLOB NOT NULL REFERENCES products (id), quantity INTEGER NOT NULL,
        price INTEGER NOT NULL, PRIMARY KEY (order_id, line)
    ) STRICT, WITHOUT ROWID;";

const _: &[Stmt] = STATEMENTS;

statements! {
    INSERT_PRODUCT = "INSERT INTO products (
                          id, store_id, slug, name, description, price, currency, hidden, image,
                          created_at
                      ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    FIND_PRODUCT = "SELECT id, store_id, slug, name, description, price, currency, hidden, image,
                           created_at
                    FROM products
                    WHERE id = $1";
    INSERT_ORDER = "INSERT INTO orders (id, store_id, player, state, total, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6)";
    INSERT_ITEM = "INSERT INTO items (order_id, line, product_id, quantity, price)
                   VALUES ($1, $2, $3, $4, $5)";
}

pub(super) const PRODUCTS: u64 = 20_000;
pub(super) const STORE: Uuid = Uuid::from_u128(1);

/// Reads one product by its key, and every column of it.
#[derive(Clone)]
pub(super) struct Reads(pub(super) Db);

/// Writes an order and its two items in a transaction.
#[derive(Clone)]
pub(super) struct Orders(pub(super) Db);

struct Product {
    name: String,
    _rest: (
        Uuid,
        Uuid,
        String,
        String,
        i64,
        String,
        bool,
        Option<String>,
        i64,
    ),
}

pub(super) async fn sqlite(folder: &Path) -> Result<Db> {
    open(
        &format!("sqlite://{}/bench.db", folder.display()),
        options(),
    )
    .await
}

/// A new database with all products in it.
pub(super) async fn open(url: &str, options: Options) -> Result<Db> {
    let db = Db::open(url, options).await?;
    for part in 0..20 {
        db.write::<_, tradepost_db::Error, _>(async move |tx| {
            let numbers = part * PRODUCTS / 20..(part + 1) * PRODUCTS / 20;
            tx.exec_many(INSERT_PRODUCT, numbers.map(product).collect())
                .await
        })
        .await?;
    }
    Ok(db)
}

fn product(number: u64) -> Vec<tradepost_db::Value> {
    let name = format!("Product number {number}");
    let slug = format!("product-{number}");
    params![
        product_id(number),
        STORE,
        slug,
        name,
        "What it is and does. ".repeat(10),
        499_i64,
        "EUR",
        false,
        None::<String>,
        1_700_000_000_000_000_i64
    ]
    .to_vec()
}

/// Keys are spread over the whole tree.
pub(super) fn product_id(number: u64) -> Uuid {
    Uuid::from_u64_pair(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number)
}

/// A key that sorts after the earlier ones, as time-ordered UUIDs do.
pub(super) fn order_id(chance: &mut Chance) -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u64_pair(NEXT.fetch_add(1, Relaxed), chance.next())
}

/// One of many players, so that the index by player is written to all over.
pub(super) fn player(chance: &mut Chance) -> String {
    format!("player-{}", chance.next() % 50_000)
}

/// A time that passes from order to order.
pub(super) fn created_at(id: Uuid) -> i64 {
    i64::try_from(id.as_u64_pair().0).expect("not that many orders")
}

async fn find(conn: &mut Conn, id: Uuid) -> Result<Product> {
    let row: Row = conn.query_one(FIND_PRODUCT, &params![id]).await?;
    Ok(Product {
        name: row.get("name")?,
        _rest: (
            row.get("id")?,
            row.get("store_id")?,
            row.get("slug")?,
            row.get("description")?,
            row.get("price")?,
            row.get("currency")?,
            row.get("hidden")?,
            row.get("image")?,
            row.get("created_at")?,
        ),
    })
}

impl Caller for Reads {
    async fn once(&mut self, chance: &mut Chance) {
        let id = product_id(chance.next() % PRODUCTS);
        let product = self.0.read(async move |conn| find(conn, id).await).await;
        assert!(
            product
                .expect("the product is there")
                .name
                .starts_with("Product")
        );
    }
}

impl Caller for Orders {
    async fn once(&mut self, chance: &mut Chance) {
        let id = order_id(chance);
        let products = [chance.next(), chance.next()].map(|n| product_id(n % PRODUCTS));
        let (player, created_at) = (player(chance), created_at(id));
        let written = self.0.write::<_, tradepost_db::Error, _>(async move |tx| {
            let order = params![id, STORE, player.as_str(), "paid", 998_i64, created_at];
            tx.exec(INSERT_ORDER, &order).await?;
            let items = (1..)
                .zip(products)
                .map(|(line, product)| params![id, line, product, 1, 499_i64].to_vec());
            tx.exec_many(INSERT_ITEM, items.collect()).await
        });
        assert_eq!(written.await.expect("the order is written"), 2);
    }
}
