//! This test binary run again as a process of its own, to be killed, traced or starved.
//!
//! It writes orders from sixteen tasks and says which were answered, one line each.

use std::{
    io::Write,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use tokio::task::JoinSet;
use tradepost_db::{Db, Options};
use uuid::Uuid;

use crate::shop::{self, TestDb};

/// What the child is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Orders {
    /// The number of the first order.
    pub(crate) from: u32,
    /// The number after the last.
    pub(crate) to: u32,
}

/// The command that runs a test of this binary as a child, behind `wrapper` if there is one.
pub(crate) fn command(test: &str, db: &TestDb, orders: Orders, wrapper: &[&str]) -> Command {
    let exe = std::env::current_exe().unwrap();
    let mut command = match wrapper {
        [] => Command::new(exe),
        [program, args @ ..] => {
            let mut command = Command::new(program);
            command.args(args).arg(exe);
            command
        }
    };
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("TEST_CHILD_URL", &db.url)
        .env("TEST_CHILD_FROM", orders.from.to_string())
        .env("TEST_CHILD_TO", orders.to.to_string())
        .stdout(Stdio::piped());
    if let Some(schema) = &db.options.schema {
        command.env("TEST_CHILD_SCHEMA", schema);
    }
    command
}

/// The child's side of [`command`]; `None` when the test is run as a test.
#[expect(
    clippy::disallowed_methods,
    reason = "how the parent talks to its child"
)]
pub(crate) async fn started() -> Option<(Db, Orders)> {
    let told = |name: &str| std::env::var(name).ok();
    let url = told("TEST_CHILD_URL")?;
    let (from, to) = (told("TEST_CHILD_FROM")?, told("TEST_CHILD_TO")?);
    let orders = Orders {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    };
    let schema = told("TEST_CHILD_SCHEMA");
    let options = Options {
        migrations: shop::MIGRATIONS,
        schema,
        ..Options::default()
    };
    Some((Db::open(&url, options).await.unwrap(), orders))
}

/// The id of an order, which shows its number in a trace.
pub(crate) fn id(number: u32) -> Uuid {
    let text = format!("order-{number:010}");
    Uuid::from_slice(text.as_bytes()).unwrap()
}

/// Prints a line with one system call.
pub(crate) fn say(line: &str) {
    std::io::stdout()
        .lock()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

/// The numbers of the orders a child has said something about, if it could finish the line.
pub(crate) fn said(output: &str, word: &str) -> Vec<u32> {
    let complete = &output[..output.rfind('\n').map_or(0, |end| end + 1)];
    let numbers = complete
        .lines()
        .filter_map(|line| line.split_once(&format!("{word} ")));
    numbers.map(|(_, number)| number.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_orders() {
    let Some((db, orders)) = started().await else {
        return;
    };
    let (mut tasks, next) = (
        JoinSet::new(),
        std::sync::Arc::new(AtomicU32::new(orders.from)),
    );
    for _ in 0..16 {
        let (db, next) = (db.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, SeqCst);
                if number >= orders.to {
                    return;
                }
                let wrote = shop::order(&db, id(number).as_u128()).await;
                say(&format!(
                    "{} {number}",
                    if wrote.is_ok() { "answered" } else { "refused" }
                ));
            }
        });
    }
    tasks.join_all().await;
}
