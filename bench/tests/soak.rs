//! A short soak on each engine, with the real program.

use std::path::PathBuf;

use tradepost_bench::soak::{Args, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_on_sqlite() {
    soak(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_on_two_nodes() {
    #[expect(clippy::disallowed_methods, reason = "the test's own setting")]
    match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => soak(Some(url)).await,
        Err(_) => println!("TEST_POSTGRES_URL is not set: this test ran on one engine only"),
    }
}

async fn soak(postgres: Option<String>) {
    // One after the other: there are not cores enough for both.
    static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _one = ONE.lock().await;
    let args = Args {
        commands: 2_000,
        per_second: 100,
        games: 4,
        postgres,
        program: program(),
        seed: 1,
    };
    let counts = run(&args).await.expect("nothing is lost or doubled");
    assert!(
        counts.sent >= 2_000 && counts.completed >= 1_800,
        "{counts}"
    );
}

/// The program beside this test, as `cargo test --workspace` builds it.
fn program() -> PathBuf {
    let here = std::env::current_exe().expect("a test has a program");
    let program = here
        .ancestors()
        .nth(2)
        .expect("it lies in target/*/deps")
        .join("tradepost");
    assert!(
        program.exists(),
        "{} is missing: cargo build -p tradepost",
        program.display()
    );
    program
}
