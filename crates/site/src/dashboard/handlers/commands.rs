//! Delivery commands in words.

use tradepost_app::orders::CommandView;
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, RETRY_SECONDS, Transition};

use super::money::counted;
use crate::dashboard;
use crate::view::{Status, Tone};
use crate::web::when;

const TRIES: usize = RETRY_SECONDS.len() + 1;

/// How one command stands.
pub(super) fn status(command: &Command) -> Status {
    let (tone, text) = match command.status {
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

/// How the commands of an order stand together; nothing where there are none.
pub(super) fn together(commands: &[CommandView]) -> Option<Status> {
    let count = |status| {
        commands
            .iter()
            .filter(|view| view.command.status == status)
            .count()
    };
    let failed = count(CommandStatus::Failed);
    let ended = count(CommandStatus::Completed) + count(CommandStatus::Cancelled);
    let waits_for_server =
        |view: &CommandView| view.command.status == CommandStatus::Pending && !view.server_online;
    let status = if commands.is_empty() {
        return None;
    } else if failed > 0 {
        let failed = i64::try_from(failed).unwrap_or(i64::MAX);
        let text = format!("{} failed", counted(failed, "command", "commands"));
        Status::new(Tone::Bad, &text)
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

/// A command of an order with its history.
pub(super) fn of_order(view: CommandView, now: Timestamp) -> dashboard::OrderCommand {
    let CommandView {
        command,
        server_name,
        server_online,
        steps,
    } = view;
    let waits_for_server = command.status == CommandStatus::Pending && !server_online;
    let status = if waits_for_server && command.due_at <= now {
        Status::new(Tone::Busy, "Waiting for the server")
    } else {
        status(&command)
    };
    let step = |step: &Transition| happened(step, &command, &server_name);
    dashboard::OrderCommand {
        status,
        attempts: attempts(&command, now),
        transitions: steps.iter().map(step).collect(),
        package: command.package_name,
        text: command.text,
        output: command.output.filter(|output| !output.trim().is_empty()),
        server: server_name,
    }
}

fn attempts(command: &Command, now: Timestamp) -> String {
    let due = when::to_the_second(command.due_at, now).text;
    match (command.status, command.failures) {
        (CommandStatus::Pending, 0) if command.due_at > now => format!("Held until {due}"),
        (CommandStatus::Pending, 0) if command.attempt == 1 => "Not sent yet".to_owned(),
        (CommandStatus::Pending, failures) if failures > 0 => {
            format!("{failures} of {TRIES} tries failed, next at {due}")
        }
        (CommandStatus::Failed, failures) if failures > 0 => {
            format!("{failures} of {TRIES} tries failed")
        }
        (_, _) => counted(i64::from(command.attempt), "attempt", "attempts"),
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
