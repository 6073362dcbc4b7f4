//! Delivery commands in words.

use tradepost_app::orders::CommandView;
use tradepost_model::Timestamp;
use tradepost_model::commands::{
    Command, CommandOrigin, CommandStatus, CommandType, RETRY_SECONDS, Transition,
};

use super::money::counted;
use crate::dashboard;
use crate::view::{Status, Tone};
use crate::web::when;

const TRIES: usize = RETRY_SECONDS.len() + 1;

/// How one command stands, where its server is there or not.
pub(super) fn status(command: &Command, server_online: bool, now: Timestamp) -> Status {
    let (tone, text) = match command.status {
        CommandStatus::Pending if command.due_at > now && command.failures == 0 => {
            (Tone::Busy, "Delayed")
        }
        CommandStatus::Pending if !server_online => (Tone::Busy, "Waiting for the server"),
        CommandStatus::Pending if command.failures > 0 => (Tone::Warn, "Will be tried again"),
        CommandStatus::Pending => (Tone::Busy, "Queued"),
        CommandStatus::Delivered => (Tone::Busy, "Sent"),
        CommandStatus::Completed => (Tone::Good, "Done"),
        CommandStatus::AwaitingPlayer => (Tone::Busy, "Waiting for the player"),
        CommandStatus::Failed => (Tone::Bad, "Failed"),
        CommandStatus::Cancelled => (Tone::Calm, "Cancelled"),
    };
    Status::new(tone, text)
}

/// How often a command was tried and what comes next, in one sentence that agrees with its status.
pub(super) fn attempts(
    command: &Command,
    server: &str,
    server_online: bool,
    now: Timestamp,
) -> String {
    let failed = match command.failures {
        0 => String::new(),
        failures => format!("{failures} of {TRIES} tries failed"),
    };
    match command.status {
        CommandStatus::Pending => {
            let start = match command.failures {
                0 if command.attempt == 1 => "Not sent yet".to_owned(),
                0 => "Not sent again yet".to_owned(),
                _ => failed,
            };
            let waits = command.due_at > now;
            let due = when::clock(command.due_at, now).text;
            match (waits, server_online) {
                (true, true) => format!("{start}, next at {due}"),
                (true, false) => format!("{start}, next at {due} if {server} is back by then"),
                (false, true) => start,
                (false, false) => format!("{start}, sent when {server} is back"),
            }
        }
        CommandStatus::Failed if command.failures > 0 => failed,
        CommandStatus::Failed if command.sent_at.is_none() => "Never sent".to_owned(),
        _ => counted(i64::from(command.attempt), "attempt", "attempts"),
    }
}

/// How the commands of an order stand together; nothing where there are none.
pub(super) fn together(commands: &[CommandView]) -> Option<Status> {
    let count = |status| {
        commands
            .iter()
            .filter(|view| view.command.status == status)
            .count()
    };
    let failed = count(CommandStatus::Failed);
    let done = count(CommandStatus::Completed);
    let ended = done + count(CommandStatus::Cancelled);
    let waits_for_server =
        |view: &CommandView| view.command.status == CommandStatus::Pending && !view.server_online;
    let status = if commands.is_empty() {
        return None;
    } else if failed > 0 {
        let failed = i64::try_from(failed).unwrap_or(i64::MAX);
        let text = format!("{} failed", counted(failed, "command", "commands"));
        Status::new(Tone::Bad, &text)
    } else if ended == commands.len() && done == 0 {
        Status::new(Tone::Calm, "Cancelled")
    } else if ended == commands.len() {
        Status::new(Tone::Good, "Delivered")
    } else if commands.iter().any(waits_for_server) {
        Status::new(Tone::Busy, "Waiting for the server")
    } else if count(CommandStatus::AwaitingPlayer) > 0 {
        Status::new(Tone::Busy, "Waiting for the player")
    } else {
        Status::new(Tone::Busy, "On its way")
    };
    Some(status)
}

/// What a command is beyond the usual one of a package after its purchase; empty for that.
pub(super) fn kind(command: &Command) -> String {
    let kind = match command.kind {
        CommandType::Initial => None,
        CommandType::Renewal => Some("Renewal command"),
        CommandType::Expiry => Some("Expiry command"),
        CommandType::Refund => Some("Refund command"),
        CommandType::Chargeback => Some("Chargeback command"),
    };
    let origin = match command.origin {
        CommandOrigin::Package => None,
        CommandOrigin::Global => Some("global"),
        CommandOrigin::Staff => Some("added by staff"),
        CommandOrigin::Redelivery => Some("given again"),
    };
    match (kind, origin) {
        (None, None) => String::new(),
        (Some(kind), None) => kind.to_owned(),
        (None, Some("global")) => "Global command".to_owned(),
        (None, Some("added by staff")) => "Added by staff".to_owned(),
        (None, Some(_)) => "Given again".to_owned(),
        (Some(kind), Some(origin)) => format!("{kind}, {origin}"),
    }
}

/// A command of an order with its history.
pub(super) fn of_order(view: CommandView, now: Timestamp) -> dashboard::OrderCommand {
    let CommandView {
        command,
        server_name,
        server_online,
        steps,
    } = view;
    let step = |step: &Transition| happened(step, &command, &server_name);
    dashboard::OrderCommand {
        id: command.id.to_string(),
        status: status(&command, server_online, now),
        attempts: attempts(&command, &server_name, server_online, now),
        transitions: steps.iter().map(step).collect(),
        kind: kind(&command),
        actions: None,
        package: command.package_name,
        text: command.text,
        output: command.output.filter(|output| !output.trim().is_empty()),
        server: server_name,
    }
}

fn happened(step: &Transition, command: &Command, server: &str) -> dashboard::Transition {
    let player = &command.player.username;
    let plain = ["queued", "sent"].contains(&step.reason.as_str());
    let (tone, text) = match step.status {
        CommandStatus::Pending if plain || step.reason.is_empty() => {
            (Tone::Calm, "Queued".to_owned())
        }
        CommandStatus::Pending => (Tone::Warn, "Queued again".to_owned()),
        CommandStatus::Delivered => (Tone::Busy, format!("Sent to {server}")),
        CommandStatus::Completed => (Tone::Good, "Done".to_owned()),
        CommandStatus::AwaitingPlayer => {
            (Tone::Busy, format!("Waiting for {player} to join {server}"))
        }
        CommandStatus::Failed => (Tone::Bad, "Failed".to_owned()),
        CommandStatus::Cancelled => (Tone::Calm, "Cancelled".to_owned()),
    };
    dashboard::Transition {
        text,
        tone,
        detail: if plain {
            String::new()
        } else {
            step.reason.clone()
        },
        when: when::to_the_second(step.at, command.created_at),
    }
}
