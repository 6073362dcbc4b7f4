//! `tradepost agent check`: tries everything, and says in plain words what is wrong.

use std::io::Write;

use crate::Failure;
use crate::config::Config;
use crate::game::{Game, Seen};
use crate::hub::{Connection, End, Identity, Refused, greet, hub_url};
use crate::journal::{OpenError, lock};
use crate::net::Tls;

/// Tries the data folder, the store, the token and the game, and writes what came of each.
///
/// # Errors
/// Where anything is wrong.
pub async fn check(config: &Config, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let tls = Tls::new(&config.ca_file)?;
    let mut wrong = 0;
    let mut say = |what: &str, found: Result<String, String>| -> std::io::Result<()> {
        match found {
            Ok(text) => writeln!(out, "ok     {what}: {text}"),
            Err(text) => {
                wrong += 1;
                writeln!(out, "WRONG  {what}: {text}")
            }
        }
    };
    say("settings", Ok("they can be read".to_owned()))?;
    let folder = config.data.display().to_string();
    let lock = lock(&config.data);
    let running = matches!(lock, Err(OpenError::Locked(_)));
    say(
        "data folder",
        match &lock {
            Ok(_) => Ok(format!("{folder} can be written to")),
            Err(OpenError::Locked(_)) => Ok(format!("{folder} is used by an agent that runs")),
            Err(error) => Err(error.to_string()),
        },
    )?;
    say("store and token", store(config, &tls, running).await)?;
    let mut game = Game::new(config, &tls)?;
    let ready = game.ready().await;
    let is_ready = ready.is_ok();
    say(
        "game",
        match ready {
            Ok(()) => Ok("it can be reached, and takes commands".to_owned()),
            Err(down) => Err(down.reason),
        },
    )?;
    if is_ready && game.watches() {
        say(
            "players",
            match game.look().await {
                Ok(Seen::Players(players)) => Ok(format!("{} online", players.len())),
                Ok(Seen::Nothing(reason)) => Err(reason),
                Err(down) => Err(down.reason),
            },
        )?;
    }
    match wrong {
        0 => Ok(()),
        1 => Err("one thing is wrong, see above".into()),
        wrong => Err(format!("{wrong} things are wrong, see above").into()),
    }
}

/// Greets the store. Beside an agent that runs it only connects: a greeting with the same name would
/// take that one's place.
async fn store(config: &Config, tls: &Tls, running: bool) -> Result<String, String> {
    let mut connection = match Connection::open(config, tls).await {
        Ok(connection) => connection,
        Err(Refused::Token(reason) | Refused::Other(reason)) => return Err(reason),
    };
    let url = hub_url(&config.store);
    if running {
        connection.close().await;
        return Ok(format!("{url} takes the token"));
    }
    let identity = Identity::load(config).map_err(|cause| cause.to_string())?;
    // Commands that come meanwhile are not acknowledged, so that they stay with the store.
    let greeting = greet(&mut connection, &identity, drop);
    let greeting = tokio::time::timeout(crate::net::CONNECT_TIME, greeting).await;
    let greeting = greeting.map_err(|_| format!("{url} does not answer"))?;
    match greeting {
        Ok(welcome) => {
            connection.close().await;
            let (store, server) = (welcome.store_name, welcome.server_name);
            Ok(format!("this is the server {server} of {store}"))
        }
        Err(End::Lost(reason) | End::Refused(reason)) => Err(reason),
        Err(End::Stopped) => Err("stopped".to_owned()),
    }
}
