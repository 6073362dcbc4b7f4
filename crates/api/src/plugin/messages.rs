//! The plugin protocol's messages. Every one is a single object; nothing in them is ever null.

use serde::{Deserialize, Deserializer, Serialize};
use tradepost_app::delivery::{Hello, PlayerName, Report};
use tradepost_model::commands::{Command, RunResult};
use tradepost_model::ids::CommandId;
use uuid::Uuid;

const NAME_CHARS: usize = 64;

/// A command as a plugin gets it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommandMessage<'a> {
    id: CommandId,
    attempt: u32,
    idempotency_key: String,
    command: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    player: PlayerMessage<'a>,
    require_online: bool,
    required_slots: u32,
    delay_seconds: u32,
    order_id: String,
    order_number: i64,
    package_name: &'a str,
}

#[derive(Serialize)]
struct PlayerMessage<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<Uuid>,
}

/// The argument of `ExecuteCommands`.
#[derive(Serialize)]
pub(super) struct CommandsMessage<'a> {
    pub(super) commands: Vec<CommandMessage<'a>>,
}

/// The answer to a poll.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolledMessage<'a> {
    pub(super) commands: Vec<CommandMessage<'a>>,
    pub(super) next_check_seconds: u32,
    /// Left out where it is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) more: bool,
}

impl<'a> CommandMessage<'a> {
    pub(super) fn of(command: &'a Command) -> Self {
        Self {
            id: command.id,
            attempt: command.attempt,
            idempotency_key: command.idempotency_key(),
            command: &command.text,
            kind: command.kind.word(),
            player: PlayerMessage {
                username: command.player.username.as_str(),
                uuid: command.player.uuid,
            },
            require_online: command.require_online,
            required_slots: command.required_slots,
            // The server holds a delayed command until it is due.
            delay_seconds: 0,
            order_id: command.order.to_string(),
            order_number: command.order_number,
            package_name: &command.package_name,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HelloMessage {
    #[serde(default)]
    protocol: Option<u32>,
    #[serde(default)]
    instance_id: Option<String>,
    #[serde(default)]
    plugin: Software,
    #[serde(default)]
    platform: Software,
    #[serde(default = "yes")]
    online_mode: bool,
    #[serde(default)]
    players: Vec<PlayerEntry>,
}

#[derive(Deserialize, Default)]
struct Software {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

impl HelloMessage {
    /// How many players it names.
    pub(super) fn players(&self) -> usize {
        self.players.len()
    }

    /// Errors: a protocol that we do not speak, an instance id too long.
    pub(super) fn read(self) -> Result<Hello, String> {
        if let Some(other) = self.protocol.filter(|protocol| *protocol != 1) {
            return Err(format!(
                "protocol: this server speaks protocol 1, not {other}"
            ));
        }
        let instance = self.instance_id.filter(|id| !id.is_empty());
        if instance.as_ref().is_some_and(|id| id.len() > 128) {
            return Err("instanceId: must have at most 128 characters".to_owned());
        }
        let software = [self.plugin, self.platform]
            .map(|it| format!("{} {}", it.name, it.version).trim().to_owned());
        let software = software
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" on ");
        let players = self.players.into_iter().map(PlayerEntry::read).collect();
        Ok(Hello {
            instance,
            software,
            online_mode: self.online_mode,
            players,
        })
    }
}

/// A player in any message. A UUID that is none counts as absent.
#[derive(Deserialize)]
pub(super) struct PlayerEntry {
    username: String,
    #[serde(default, deserialize_with = "lenient_uuid")]
    uuid: Option<Uuid>,
}

impl PlayerEntry {
    pub(super) fn read(self) -> PlayerName {
        PlayerName {
            username: self.username.chars().take(NAME_CHARS).collect(),
            uuid: self.uuid,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct PlayersMessage {
    pub(super) players: Vec<PlayerEntry>,
}

/// Who came and went, or who is there, of a plugin that polls.
#[derive(Deserialize)]
pub(super) struct PlayersRequest {
    #[serde(default)]
    pub(super) joined: Option<Vec<PlayerEntry>>,
    #[serde(default)]
    pub(super) left: Option<Vec<PlayerEntry>>,
    #[serde(default)]
    pub(super) online: Option<Vec<PlayerEntry>>,
}

#[derive(Deserialize, Default)]
pub(super) struct FetchMessage {
    #[serde(default)]
    pub(super) limit: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct AckMessage {
    ids: Vec<String>,
}

impl AckMessage {
    /// What is no id of ours cannot be a command of ours.
    pub(super) fn read(self) -> Vec<CommandId> {
        self.ids.iter().filter_map(|id| id.parse().ok()).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct ResultsMessage {
    results: Vec<ResultEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultEntry {
    id: String,
    #[serde(default)]
    attempt: Option<u32>,
    status: Status,
    #[serde(default)]
    output: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    duration_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Status {
    Completed,
    Failed,
    AwaitingPlayer,
    Interrupted,
}

impl ResultsMessage {
    pub(super) fn read(self) -> Vec<Report> {
        self.results
            .into_iter()
            .filter_map(ResultEntry::read)
            .collect()
    }
}

impl ResultEntry {
    fn read(self) -> Option<Report> {
        let result = match self.status {
            Status::Completed => RunResult::Completed,
            Status::Failed => RunResult::Failed(
                self.error
                    .unwrap_or_else(|| "the plugin gave no reason".to_owned()),
            ),
            Status::AwaitingPlayer => RunResult::AwaitingPlayer,
            Status::Interrupted => RunResult::Interrupted(self.error),
        };
        Some(Report {
            command: self.id.parse().ok()?,
            attempt: self.attempt,
            result,
            output: self.output,
            duration_ms: self.duration_ms.filter(|ms| *ms >= 0),
        })
    }
}

fn yes() -> bool {
    true
}

fn lenient_uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| Uuid::try_parse(&text).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lenient_where_it_costs_nothing_and_strict_where_it_matters() {
        let player: PlayerEntry =
            serde_json::from_value(json!({"username": "Steve", "uuid": "nonsense"})).unwrap();
        assert!(player.read().uuid.is_none());
        let hello: HelloMessage =
            serde_json::from_value(json!({"plugin": {"name": "Bridge", "version": "1"}})).unwrap();
        let hello = hello.read().unwrap();
        assert_eq!(
            (hello.software.as_str(), hello.online_mode),
            ("Bridge 1", true)
        );
        let in_pieces =
            json!({"capabilities": ["x"], "players": [{"username": "a"}], "more": true});
        let hello: HelloMessage = serde_json::from_value(in_pieces.clone()).unwrap();
        assert_eq!(hello.players(), 1);
        assert!(serde_json::from_value::<PlayersMessage>(in_pieces).is_ok());
        let newer: HelloMessage = serde_json::from_value(json!({"protocol": 2})).unwrap();
        assert!(newer.read().is_err());
        let bad = json!({"results": [{"id": "x", "status": "done"}]});
        assert!(serde_json::from_value::<ResultsMessage>(bad).is_err());
    }
}
