//! The hub: unpacks what a plugin says, asks the delivery engine, packs the answer.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use signalr_server::{Connection, Credentials, Hub, HubError, Invocation, Refusal, resolve_method};
use tradepost_app::delivery::{self, NEXT_CHECK_SECONDS, Outlet, Plugin};
use tradepost_app::rate::address_key;
use tradepost_app::{App, Error};
use tradepost_model::commands::Command;
use tradepost_model::ids::{ServerId, StoreId};

use super::messages::{
    AckMessage, CommandMessage, CommandsMessage, FetchMessage, HelloMessage, PlayerEntry,
    PlayersMessage, ResultsMessage,
};
use super::{HELLO_CALLS, MOST_AT_ONCE, MOST_PLAYERS, count, count_players};

const METHODS: [&str; 7] = [
    "Hello",
    "FetchPendingCommands",
    "AckCommands",
    "ReportResults",
    "PlayerJoined",
    "PlayerLeft",
    "PlayersOnline",
];
/// How many commands one message carries, and how many bytes of their texts.
const PER_MESSAGE: usize = 20;
const PART_BYTES: usize = 16 * 1024;

/// Whose connection it is, and the hash of the token it came with.
#[derive(Clone, PartialEq)]
pub(crate) struct Identity {
    store: StoreId,
    server: ServerId,
    token: [u8; 32],
}

pub(crate) struct PluginHub {
    app: App,
    /// The place of each connection, by the connection's public id.
    places: Mutex<HashMap<String, Plugin>>,
}

impl PluginHub {
    pub(super) fn new(app: App) -> Self {
        Self {
            app,
            places: Mutex::default(),
        }
    }

    fn place(&self, connection: &Connection<Identity>) -> Result<Plugin, HubError> {
        self.places
            .lock()
            .get(connection.id())
            .copied()
            .ok_or(HubError::Failed)
    }

    async fn call(&self, plugin: Plugin, method: &str, argument: Value) -> Result<Value, HubError> {
        let app = &self.app;
        let calls = match method {
            "Hello" => Some(HELLO_CALLS),
            // As many as there are commands, and those are sent at the plugin's own pace.
            "AckCommands" | "ReportResults" => None,
            _ => Some(1),
        };
        if let Some(calls) = calls {
            count(app, plugin.server, calls).map_err(told)?;
        }
        match method {
            "Hello" => {
                let hello = read::<HelloMessage>(method, argument)?;
                few(method, "players", hello.players(), MOST_PLAYERS)?;
                count_players(app, plugin.server, hello.players()).map_err(told)?;
                let hello = hello.read();
                let hello = hello.map_err(|text| HubError::Message(format!("{method}: {text}")))?;
                let welcome = delivery::hello(app, plugin, hello).await.map_err(told)?;
                Ok(json!({
                    "serverId": plugin.server, "serverName": welcome.server_name, "storeName": welcome.store_name,
                    "storeUrl": welcome.store_url, "nextCheckSeconds": NEXT_CHECK_SECONDS,
                    "serverTime": welcome.now.to_string(),
                }))
            }
            "FetchPendingCommands" => {
                let limit = read::<FetchMessage>(method, argument)?
                    .limit
                    .unwrap_or(MOST_AT_ONCE);
                let (commands, next_check) =
                    delivery::fetch_pending(app, plugin, limit.clamp(1, MOST_AT_ONCE))
                        .await
                        .map_err(told)?;
                let commands: Vec<_> = commands.iter().map(CommandMessage::of).collect();
                Ok(json!({"commands": commands, "nextCheckSeconds": next_check}))
            }
            "AckCommands" => {
                let ids = read::<AckMessage>(method, argument)?.read();
                few(method, "ids", ids.len(), MOST_AT_ONCE)?;
                Ok(json!({"accepted": delivery::ack(app, plugin, ids).await.map_err(told)?}))
            }
            "ReportResults" => {
                let reports = read::<ResultsMessage>(method, argument)?.read();
                few(method, "results", reports.len(), MOST_AT_ONCE)?;
                Ok(
                    json!({"accepted": delivery::report_results(app, plugin, reports).await.map_err(told)?}),
                )
            }
            "PlayerJoined" => {
                let player = read::<PlayerEntry>(method, argument)?.read();
                Ok(
                    json!({"waiting": delivery::player_joined(app, plugin, player).await.map_err(told)?}),
                )
            }
            "PlayerLeft" => {
                read::<PlayerEntry>(method, argument)?;
                Ok(json!({}))
            }
            "PlayersOnline" => {
                let players = read::<PlayersMessage>(method, argument)?.players;
                few(method, "players", players.len(), MOST_PLAYERS)?;
                count_players(app, plugin.server, players.len()).map_err(told)?;
                let players = players.into_iter().map(PlayerEntry::read).collect();
                Ok(
                    json!({"waiting": delivery::players_online(app, plugin, players).await.map_err(told)?}),
                )
            }
            _ => Err(HubError::MethodNotFound),
        }
    }
}

impl Hub for PluginHub {
    type Identity = Identity;

    async fn authenticate(&self, credentials: Credentials) -> Result<Identity, Refusal> {
        let address = address_key(credentials.remote_address().map(|it| it.ip()));
        match delivery::authenticate_from(&self.app, credentials.token(), &address).await {
            Ok((store, server, token)) => Ok(Identity {
                store,
                server,
                token,
            }),
            Err(Error::Unauthenticated(sentence)) => Err(Refusal::unauthorized(sentence)),
            Err(error @ Error::TooMany { .. }) => Err(Refusal::new(
                axum::http::StatusCode::TOO_MANY_REQUESTS,
                error.to_string(),
            )),
            Err(error) => {
                tracing::error!(error = ?error, "a plugin could not be authenticated");
                Err(Refusal::new(
                    axum::http::StatusCode::SERVICE_UNAVAILABLE,
                    "The store is busy, try again in a moment.",
                ))
            }
        }
    }

    async fn connected(&self, connection: &Connection<Identity>) {
        let Identity {
            store,
            server,
            token: _,
        } = *connection.identity();
        let plugin = Plugin {
            store,
            server,
            connection: self.app.id(),
        };
        self.places
            .lock()
            .insert(connection.id().to_owned(), plugin);
        let outlet = Arc::new(HubOutlet {
            connection: connection.clone(),
        });
        // One that cannot be connected has been closed, with the reason.
        if let Err(error) = delivery::connect(&self.app, plugin, outlet).await
            && !matches!(error, Error::Unauthenticated(_))
        {
            tracing::error!(error = ?error, server.id = %server, "a plugin could not be connected");
            connection.close(Some("The store is busy, connect again in a moment."), true);
        }
    }

    async fn invoke(
        &self,
        connection: &Connection<Identity>,
        method: &str,
        mut arguments: Vec<Value>,
    ) -> Result<Option<Value>, HubError> {
        let method = resolve_method(method, &METHODS).ok_or(HubError::MethodNotFound)?;
        if arguments.len() > 1 {
            return Err(HubError::BadArguments);
        }
        let argument = arguments
            .pop()
            .filter(|argument| !argument.is_null())
            .unwrap_or_else(|| json!({}));
        let plugin = self.place(connection)?;
        let answer = self.call(plugin, method, argument).await;
        if let Err(HubError::Message(text)) = &answer
            && method == "Hello"
            && text.starts_with("Another plugin")
        {
            connection.close(Some(text), false);
        }
        answer.map(Some)
    }

    async fn disconnected(&self, connection: &Connection<Identity>) {
        let place = self.places.lock().remove(connection.id());
        if let Some(plugin) = place
            && let Err(error) = delivery::disconnect(&self.app, plugin).await
        {
            tracing::error!(error = ?error, server.id = %plugin.server, "a plugin's end could not be noted");
        }
    }
}

/// A plugin's connection, as the delivery engine uses it.
struct HubOutlet {
    connection: Connection<Identity>,
}

impl Outlet for HubOutlet {
    fn execute(&self, commands: &[Command]) -> usize {
        let mut taken = 0;
        for part in parts(commands) {
            let message = CommandsMessage {
                commands: part.iter().map(CommandMessage::of).collect(),
            };
            let offered = Invocation::new("ExecuteCommands", &message)
                .and_then(|invocation| self.connection.offer_invocation(&invocation));
            match offered {
                Ok(true) => taken += part.len(),
                Ok(false) => break,
                Err(error) => {
                    tracing::debug!(error = %error, "commands could not be handed over");
                    break;
                }
            }
        }
        taken
    }

    fn renamed(&self, name: &str) {
        let message = json!({"serverName": name, "nextCheckSeconds": NEXT_CHECK_SECONDS});
        if let Err(error) = self.connection.send("ServerUpdated", &message) {
            tracing::debug!(error = %error, "a plugin was not told its server's new name");
        }
    }

    fn token(&self) -> Option<[u8; 32]> {
        Some(self.connection.identity().token)
    }

    fn close(&self, error: Option<&str>, allow_reconnect: bool) {
        self.connection.close(error, allow_reconnect);
    }
}

/// Splits commands into messages of some number and size.
fn parts(mut commands: &[Command]) -> impl Iterator<Item = &[Command]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |command: &&Command| {
            bytes += command.text.len();
            bytes <= PART_BYTES
        };
        let count = commands.iter().take(PER_MESSAGE).take_while(fits).count();
        // One command alone always goes.
        let (part, rest) = commands.split_at(count.max(1).min(commands.len()));
        commands = rest;
        (!part.is_empty()).then_some(part)
    })
}

fn read<T: DeserializeOwned>(method: &str, argument: Value) -> Result<T, HubError> {
    serde_json::from_value(argument)
        .map_err(|error| HubError::Message(format!("{method}: {error}")))
}

fn few(method: &str, field: &str, count: usize, most: usize) -> Result<(), HubError> {
    if count <= most {
        Ok(())
    } else {
        Err(HubError::Message(format!(
            "{method}: {field} must be at most {most}, send several"
        )))
    }
}

fn told(error: Error) -> HubError {
    match error {
        Error::TooMany { .. } => HubError::Message("rate limited".to_owned()),
        Error::Internal(_) | Error::Unavailable(_) => {
            tracing::error!(error = ?error, "a plugin's call failed");
            HubError::Failed
        }
        other => HubError::Message(other.to_string()),
    }
}
