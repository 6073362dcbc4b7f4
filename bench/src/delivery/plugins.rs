//! Plugins that note when a command reaches them, and report it as completed.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tradepost_bench::store::Failure;

use crate::signalr::connection::Connection;

/// When the command of each order came.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<HashMap<String, Instant>>>);

/// Connects one plugin per token.
#[expect(clippy::disallowed_methods, reason = "they end with the process")]
pub(super) async fn connect(server: SocketAddr, tokens: &[String]) -> Result<Seen, Failure> {
    let seen = Seen::default();
    for token in tokens {
        let query = format!("?access_token={token}");
        let connection = Connection::upgrade(server, &query)
            .await
            .map_err(|error| error.to_string())?;
        let (mut reader, mut writer) = connection.split();
        let seen = seen.clone();
        tokio::spawn(async move {
            loop {
                let now = &mut Vec::new();
                if reader
                    .next(|record| now.push((Instant::now(), record.to_vec())))
                    .await
                    .is_err()
                {
                    return;
                }
                for (at, record) in now {
                    let results = seen.note(*at, record);
                    if !results.is_empty() {
                        let argument = serde_json::json!({ "results": results });
                        writer
                            .call("ReportResults", &argument.to_string())
                            .await
                            .ok();
                    }
                }
            }
        });
    }
    Ok(seen)
}

impl Seen {
    /// Notes the commands in a record, and gives their results.
    fn note(&self, at: Instant, record: &[u8]) -> Vec<Value> {
        let record: Value = serde_json::from_slice(record).unwrap_or_default();
        let commands = record["arguments"][0]["commands"].as_array();
        let mut seen = self.0.lock();
        commands
            .into_iter()
            .flatten()
            .map(|command| {
                let order = command["orderId"].as_str().unwrap_or_default().to_owned();
                seen.entry(order).or_insert(at);
                serde_json::json!({"id": command["id"], "attempt": command["attempt"], "status": "completed"})
            })
            .collect()
    }

    /// How long each of these orders took, once all are here or nothing more comes.
    pub(super) async fn since(&self, sent: &[(String, Instant)]) -> Vec<Duration> {
        for _ in 0..100 {
            let here = {
                let seen = self.0.lock();
                sent.iter()
                    .filter(|(order, _)| seen.contains_key(order))
                    .count()
            };
            if here == sent.len() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let seen = self.0.lock();
        let times = sent
            .iter()
            .filter_map(|(order, at)| Some(seen.get(order)?.duration_since(*at)));
        times.collect()
    }
}
