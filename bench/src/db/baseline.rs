//! What SQLite does without group commit: one thread, one commit per order.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, Result};

use super::shop::{PRODUCTS, SQLITE, STORE, created_at, order_id, player, product_id};
use crate::measure::{Chance, Rate, quantile};

pub(super) fn orders(path: &Path, time: Duration) -> Result<Rate> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536;",
    )?;
    connection.execute_batch(SQLITE)?;
    let filling = connection.transaction()?;
    for number in 0..PRODUCTS {
        filling.prepare_cached(
            "INSERT INTO products VALUES (?1, ?2, 'slug', 'name', 'text', 499, 'EUR', 0, NULL, 0)",
        )?
        .execute((product_id(number).as_bytes(), STORE.as_bytes()))?;
    }
    filling.commit()?;

    let (mut chance, mut times) = (Chance::new(1), Vec::new());
    let began = Instant::now();
    while began.elapsed() < time {
        let start = Instant::now();
        order(&mut connection, &mut chance)?;
        times.push(start.elapsed());
    }
    let took = began.elapsed();
    times.sort_unstable();
    let count = u32::try_from(times.len()).expect("fewer operations than that");
    Ok(Rate {
        per_second: f64::from(count) / took.as_secs_f64(),
        p50: quantile(&times, 50),
        p99: quantile(&times, 99),
    })
}

fn order(connection: &mut Connection, chance: &mut Chance) -> Result<()> {
    let id = order_id(chance);
    let (player, created_at) = (player(chance), created_at(id));
    let tx = connection.transaction()?;
    tx.prepare_cached("INSERT INTO orders VALUES (?1, ?2, ?3, 'paid', 998, ?4)")?
        .execute((id.as_bytes(), STORE.as_bytes(), player, created_at))?;
    for line in 1..=2 {
        let product = product_id(chance.next() % PRODUCTS);
        tx.prepare_cached("INSERT INTO items VALUES (?1, ?2, ?3, 1, 499)")?
            .execute((id.as_bytes(), line, product.as_bytes()))?;
    }
    tx.commit()
}
