//! Two nodes on one database (PostgreSQL alone has several): what happens on one is known on the other
//! at once. These tests wait for real messages, so they look again until time is up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tradepost_app::delivery::{self, Hello, Plugin};
use tradepost_app::live::Change;
use tradepost_app::{App, jobs, nodes, orders, servers};
use tradepost_db::{Stmt, params, statements};
use tradepost_model::commands::{Command, CommandStatus};

use crate::delivery::completed;
use crate::shop::{Engine, Recorder, Shop};

const _: &[Stmt] = STATEMENTS;

statements! {
    LISTENERS = sqlite "SELECT 1 AS pid WHERE $1 = ''"
        postgres "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN ' || $1";
    KILL = sqlite "SELECT $1 AS killed" postgres "SELECT pg_terminate_backend($1) AS killed";
}

/// How long a hint may take; far less than a sweep.
const SOON: Duration = Duration::from_secs(5);

struct Nodes {
    shop: Shop,
    other: App,
}

/// A shop on one node, and another node, which listen to each other.
async fn two_nodes() -> Option<Nodes> {
    let Some(shop) = Shop::open(Engine::Postgres).await else {
        println!("TEST_POSTGRES_URL is not set: this test needs PostgreSQL");
        return None;
    };
    let other = shop.another_node("other-node").await;
    let nodes = Nodes { shop, other };
    for app in [&nodes.shop.app, &nodes.other] {
        app.tasks.spawn(nodes::run(app.clone()));
    }
    let channel = nodes.shop.channel();
    until("both listen", async || {
        listeners(&nodes.other, &channel).await.len() == 2
    })
    .await;
    Some(nodes)
}

impl Nodes {
    async fn connect_to(&self, app: &App, recorder: Recorder) -> (Plugin, Arc<Recorder>) {
        let plugin = Plugin {
            store: self.shop.store.id,
            server: self.shop.survival,
            connection: app.id(),
        };
        let recorder = Arc::new(recorder);
        delivery::connect(app, plugin, recorder.clone())
            .await
            .unwrap();
        (plugin, recorder)
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.shop.app.stop.cancel();
        self.other.stop.cancel();
    }
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < SOON, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn arrives(recorder: &Recorder) -> Vec<Command> {
    let start = Instant::now();
    loop {
        let commands = recorder.take();
        if !commands.is_empty() {
            return commands;
        }
        assert!(start.elapsed() < SOON, "nothing came");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn listeners(app: &App, channel: &str) -> Vec<i64> {
    let channel = channel.to_owned();
    app.read(async move |conn| {
        let rows = conn.query(LISTENERS, &params![&channel]).await?;
        let pids = rows.iter().map(|row| row.get("pid"));
        Ok(pids.collect::<tradepost_db::Result<_>>()?)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paid_on_one_node_goes_out_on_the_other() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let Nodes { shop, other } = &nodes;
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = nodes.connect_to(other, Recorder::default()).await;
    let mut slowest = Duration::ZERO;
    for round in 0..20 {
        let details = shop.buys(&format!("Buyer_{round}"), vip).await;
        let paid = Instant::now();
        let sent = arrives(&recorder).await;
        slowest = slowest.max(paid.elapsed());
        assert_eq!(sent.len(), 1);
        // The page of the order on the first node changes when the plugin on the other reports.
        let mut changes = shop.app.live.listen();
        delivery::report_results(other, plugin, completed(&sent))
            .await
            .unwrap();
        let changed = async {
            while changes.recv().await.unwrap() != (shop.store.id, Change::Order(details.order.id))
            {
            }
        };
        tokio::time::timeout(SOON, changed).await.expect("a change");
        let views = orders::delivery(&shop.app, shop.store.id, details.order.id)
            .await
            .unwrap();
        assert_eq!(views[0].command.status, CommandStatus::Completed);
    }
    println!("slowest of 20: {slowest:?}");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_comes_to_another_node_leaves_the_first() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let Nodes { shop, other } = &nodes;
    let vip = shop.package("VIP", "9.99").await;
    let (_, here) = nodes.connect_to(&shop.app, Recorder::default()).await;
    shop.buys("Steve", vip).await;
    let sent = arrives(&here).await;
    let (_, there) = nodes.connect_to(other, Recorder::default()).await;
    let again = arrives(&there).await;
    assert_eq!(again[0].idempotency_key(), sent[0].idempotency_key());
    until("the first is closed", async || here.closed.lock().is_some()).await;
    assert_eq!(shop.app.delivery.connected(), 0);
    shop.buys("Alex", vip).await;
    assert_eq!(arrives(&there).await.len(), 1);
    assert!(here.take().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_waits_receives_when_the_other_node_lets_go() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let Nodes { shop, other } = &nodes;
    let vip = shop.package("VIP", "9.99").await;
    let (first, _) = nodes.connect_to(&shop.app, Recorder::default()).await;
    let hello = Hello {
        instance: Some("a".to_owned()),
        online_mode: true,
        ..Hello::default()
    };
    delivery::hello(&shop.app, first, hello).await.unwrap();
    let (_, waits) = nodes.connect_to(other, Recorder::default()).await;
    shop.buys("Steve", vip).await;
    assert!(waits.take().is_empty());
    delivery::disconnect(&shop.app, first).await.unwrap();
    assert_eq!(arrives(&waits).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_regenerated_on_one_node_ends_the_connection_on_the_other() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let Nodes { shop, other } = &nodes;
    let (.., token) = delivery::authenticate(other, Some(&shop.token))
        .await
        .unwrap();
    let (_, recorder) = nodes.connect_to(other, Recorder::with_token(token)).await;
    servers::regenerate_token(&shop.app, &shop.actor, shop.survival)
        .await
        .unwrap();
    until("it is closed", async || recorder.closed.lock().is_some()).await;
    let closed = recorder.closed.lock().clone();
    let sentence = "Connection token was regenerated.".to_owned();
    assert_eq!(closed, Some((Some(sentence), false)));
    assert_eq!(other.delivery.connected(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hints_go_on_after_their_connection_was_lost() {
    let Some(nodes) = two_nodes().await else {
        return;
    };
    let Nodes { shop, other } = &nodes;
    let vip = shop.package("VIP", "9.99").await;
    let (_, recorder) = nodes.connect_to(other, Recorder::default()).await;
    let channel = shop.channel();
    for round in 0..3 {
        let before = listeners(other, &channel).await;
        for pid in before.clone() {
            other
                .read(async move |conn| Ok(conn.query_one(KILL, &params![pid]).await?))
                .await
                .unwrap();
        }
        // Paid while nobody listens: whoever listens again looks at everything.
        shop.buys(&format!("Early_{round}"), vip).await;
        assert_eq!(arrives(&recorder).await.len(), 1);
        until("both listen again", async || {
            let now = listeners(other, &channel).await;
            now.len() == 2 && now.iter().all(|pid| !before.contains(pid))
        })
        .await;
        shop.buys(&format!("Late_{round}"), vip).await;
        assert_eq!(arrives(&recorder).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_hints_the_sweep_finds_it() {
    let Some(shop) = Shop::open(Engine::Postgres).await else {
        return;
    };
    let other = shop.another_node("other-node").await;
    let vip = shop.package("VIP", "9.99").await;
    let plugin = Plugin {
        store: shop.store.id,
        server: shop.survival,
        connection: other.id(),
    };
    let recorder = Arc::new(Recorder::default());
    delivery::connect(&other, plugin, recorder.clone())
        .await
        .unwrap();
    let details = shop.buys("Steve", vip).await;
    jobs::run_due(&shop.app).await.unwrap();
    assert!(recorder.take().is_empty());
    let views = shop.commands(&details).await;
    assert_eq!(views[0].command.status, CommandStatus::Pending);
    delivery::sweep(&other).await.unwrap();
    assert_eq!(recorder.take().len(), 1);
}
