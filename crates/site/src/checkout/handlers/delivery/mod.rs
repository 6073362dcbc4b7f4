//! The delivery of an order in the words of its receipt.

use tradepost_app::orders::{CommandView, Details};
use tradepost_model::Timestamp;
use tradepost_model::commands::{CommandOrigin, CommandStatus, CommandType};
use tradepost_model::ids::PackageId;
use tradepost_model::orders::{EndReason, OrderItem, OrderStatus};
use tradepost_model::stores::Store;

use super::steps;
use crate::checkout::{Delivery, DeliveryCommand, DeliveryPackage};
use crate::view::{Status, Tone};
use crate::web::when;

/// From how many commands of a package on those that went the same way are told as one.
const MANY: usize = 10;

/// How the delivery of an order stands at `now`.
pub(super) fn of(details: &Details, store: &Store, now: Timestamp) -> Delivery {
    let mut packages: Vec<(PackageId, DeliveryPackage)> = Vec::new();
    for item in &details.items {
        if let Some((_, known)) = packages.iter_mut().find(|(id, _)| *id == item.package) {
            known.quantity += item.quantity;
            continue;
        }
        let commands = goods(details).filter(|view| view.command.package == item.package);
        let told = commands.map(|view| steps::tell(view, details.order.paid_at, store, now));
        let told: Vec<_> = told.collect();
        packages.push((
            item.package,
            DeliveryPackage {
                name: item.package_name.clone(),
                quantity: item.quantity,
                note: note(item, now),
                commands: if told.len() > MANY {
                    together(told)
                } else {
                    told
                },
            },
        ));
    }
    let commands: Vec<_> = goods(details).cloned().collect();
    let (status, summary) = match details.order.status {
        OrderStatus::Refunded | OrderStatus::Chargeback => ended(&commands),
        _ => overall(&commands, store),
    };
    Delivery {
        status,
        summary,
        packages: packages.into_iter().map(|(_, package)| package).collect(),
    }
}

/// The commands that bring what was bought. Those that take it back, and those that the store runs
/// for every order, are its own business.
fn goods(details: &Details) -> impl Iterator<Item = &CommandView> {
    details.commands.iter().filter(|view| {
        matches!(
            view.command.kind,
            CommandType::Initial | CommandType::Renewal
        ) && view.command.origin != CommandOrigin::Global
    })
}

/// For how long something is the player's; nothing where it is for ever.
fn note(item: &OrderItem, now: Timestamp) -> String {
    let day = |at| when::day(at).text;
    match (item.ended, item.expires_at) {
        (Some((at, EndReason::Expired)), _) => format!("Its time was over on {}.", day(at)),
        // Another payment stands for it now: the card of the subscription tells how long.
        (Some((_, EndReason::Renewed)), _) => String::new(),
        (Some((at, EndReason::Refunded | EndReason::Chargeback)), _) => {
            format!("Ended on {}.", day(at))
        }
        (None, Some(at)) if at > now => format!("Yours until {}.", day(at)),
        (None, Some(_)) => "Its time is over.".to_owned(),
        (None, None) => String::new(),
    }
}

/// How far the delivery of an order had come when it ended.
fn ended(commands: &[CommandView]) -> (Status, String) {
    let done = |view: &&CommandView| view.command.status == CommandStatus::Completed;
    let text = match (commands.iter().filter(done).count(), commands.len()) {
        (0, _) => "Nothing had reached the game.".to_owned(),
        (done, all) if done == all => "Everything had reached the game.".to_owned(),
        (1, all) => format!("One of {all} had reached the game."),
        (done, all) => format!("{done} of {all} had reached the game."),
    };
    (Status::new(Tone::Calm, "Ended"), text)
}

fn overall(commands: &[CommandView], store: &Store) -> (Status, String) {
    let count = |status| {
        commands
            .iter()
            .filter(|view| view.command.status == status)
            .count()
    };
    let (all, done) = (commands.len(), count(CommandStatus::Completed));
    let (failed, waiting) = (
        count(CommandStatus::Failed),
        count(CommandStatus::AwaitingPlayer),
    );
    let started = match done {
        0 => String::new(),
        1 => format!("One of {all} is done. "),
        n => format!("{n} of {all} are done. "),
    };
    let not_done = |view: &&CommandView| {
        !matches!(
            view.command.status,
            CommandStatus::Completed | CommandStatus::Cancelled
        )
    };
    if failed > 0 {
        let what = if failed == 1 {
            "One command".to_owned()
        } else {
            format!("{failed} commands")
        };
        let text = format!(
            "{what} did not go through. The team of {} sees this too and can help.",
            store.name
        );
        return (Status::new(Tone::Warn, "Held up"), text);
    }
    if all == 0 {
        return (
            Status::new(Tone::Good, "All done"),
            "There is nothing to deliver in the game.".to_owned(),
        );
    }
    let Some(next) = commands.iter().find(not_done) else {
        let text = match done {
            0 => format!("The team of {} took this back.", store.name),
            _ => "Everything is in the game. Have fun!".to_owned(),
        };
        return (Status::new(Tone::Good, "All done"), text);
    };
    if waiting > 0 {
        let waits = |view: &&CommandView| view.command.status == CommandStatus::AwaitingPlayer;
        let server = commands
            .iter()
            .find(waits)
            .map_or("", |view| &view.server_name);
        let text = format!("{started}The rest is given to you when you join {server}.");
        let text = if done == 0 {
            format!("It is given to you when you join {server}.")
        } else {
            text
        };
        return (Status::new(Tone::Busy, "Waiting for you"), text);
    }
    let offline = commands
        .iter()
        .filter(not_done)
        .find(|view| !view.server_online);
    let text = match offline {
        Some(view) => format!(
            "{started}{} is offline right now; it gets this as soon as it is back.",
            view.server_name
        ),
        None if started.is_empty() => format!("{} gets it in a moment.", next.server_name),
        None => format!("{started}The rest follows in a moment."),
    };
    (Status::new(Tone::Busy, "On its way"), text)
}

/// Commands that went the same way as one, with how many they are; times are those of the last.
fn together(told: Vec<DeliveryCommand>) -> Vec<DeliveryCommand> {
    let mut groups: Vec<(usize, DeliveryCommand)> = Vec::new();
    for command in told {
        match groups.iter_mut().find(|(_, known)| same(known, &command)) {
            Some((count, known)) => {
                *count += 1;
                let output = known.output.take().or_else(|| command.output.clone());
                *known = DeliveryCommand { output, ..command };
            }
            None => groups.push((1, command)),
        }
    }
    let named = groups.into_iter().map(|(count, mut command)| {
        if count > 1 {
            command.server = format!("{} × {count}", command.server);
        }
        command
    });
    named.collect()
}

fn same(a: &DeliveryCommand, b: &DeliveryCommand) -> bool {
    let way = |command: &DeliveryCommand| {
        let steps = command
            .steps
            .iter()
            .map(|step| (step.state, step.text.clone()));
        (
            command.server.clone(),
            command.advice.clone(),
            steps.collect::<Vec<_>>(),
        )
    };
    way(a) == way(b)
}

#[cfg(test)]
mod tests;
