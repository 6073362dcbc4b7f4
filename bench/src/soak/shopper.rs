//! Buys, at a pace, from whichever node is there.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::World;
use super::{Args, Failure, PER_ORDER};

/// Buys until enough commands are paid for, and tells the orders that were answered. One whose answer
/// got lost may have been made; the books tell.
pub(crate) async fn buy(world: &World, args: &Args) -> Result<Vec<String>, Failure> {
    let wanted = args.commands.div_ceil(PER_ORDER);
    let pause = Duration::from_secs_f64(PER_ORDER as f64 / args.per_second as f64);
    let mut pace = tokio::time::interval(pause);
    let mut buying = tokio::task::JoinSet::new();
    let mut answered = Vec::with_capacity(wanted);
    let mut started = 0;
    while answered.len() < wanted {
        tokio::select! {
            _ = pace.tick(), if started < wanted && buying.len() < 200 => {
                let game = started % world.games.len();
                let world = world.clone();
                buying.spawn(async move { one(&world, game, started).await });
                started += 1;
            }
            Some(done) = buying.join_next() => match done? {
                Some(order) => answered.push(order),
                // Nobody was there to sell, or the answer got lost: the buyer comes again.
                None => started -= 1,
            },
        }
    }
    Ok(answered)
}

async fn one(world: &World, game: usize, number: usize) -> Option<String> {
    let body = json!({
        "playerUsername": format!("Player{}", number % 1000),
        "items": [{"packageId": world.package.to_string(), "serverId": world.games[game].server.to_string()}],
    })
    .to_string();
    let node = world.any_node(number)?;
    let asked = post(node, "/api/v1/orders", &world.key, &body);
    let answer = tokio::time::timeout(Duration::from_secs(10), asked)
        .await
        .ok()?
        .ok()?;
    let answer: Value = serde_json::from_str(&answer).ok()?;
    Some(answer["data"]["id"].as_str()?.to_owned())
}

async fn post(
    node: std::net::SocketAddr,
    path: &str,
    key: &str,
    body: &str,
) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(node).await?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {node}\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    let content = answer
        .split_once("\r\n\r\n")
        .map(|(_, content)| content.to_owned());
    Ok(content.unwrap_or_default())
}
