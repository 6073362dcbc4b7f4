//! One command in words a player understands: what happened, what happens now, what is to come.

use tradepost_app::orders::CommandView;
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandOrigin, CommandStatus, Transition};
use tradepost_model::stores::Store;

use super::frame::time;
use crate::checkout::{DeliveryCommand, Step, StepState};
use crate::view::{Status, Tone};

/// The most steps of a history that are told; of a longer one, the first and the last.
const TOLD: usize = 8;

/// How the reason of a command begins that was taken back because its order ended.
const TAKEN_BACK: &str = "taken back: ";

/// How a command stands at `now`.
pub(super) fn tell(
    view: &CommandView,
    paid_at: Option<Timestamp>,
    store: &Store,
    now: Timestamp,
) -> DeliveryCommand {
    let (status, advice) = standing(view, store, now);
    let day = paid_at.unwrap_or(view.command.created_at);
    // What was made later was not paid for then: it is given once more.
    let again = view.command.origin == CommandOrigin::Redelivery;
    let mut steps = vec![Step {
        state: StepState::Done,
        text: if again { "Given again" } else { "Paid" }.to_owned(),
        when: Some(if again {
            time(view.command.created_at, day)
        } else {
            time(day, day)
        }),
    }];
    let history = history(&view.steps);
    let last = history.len().saturating_sub(1);
    for (place, transition) in history.iter().enumerate() {
        let before = place.checked_sub(1).map(|index| history[index].status);
        steps.push(Step {
            state: state(transition.status, place == last),
            text: happened(transition, before, view),
            when: Some(time(transition.at, day)),
        });
    }
    steps.extend(to_come(view));
    DeliveryCommand {
        server: view.server_name.clone(),
        status,
        advice,
        steps,
        output: view.command.output.clone(),
    }
}

fn history(steps: &[Transition]) -> Vec<&Transition> {
    if steps.len() <= TOLD {
        return steps.iter().collect();
    }
    steps
        .iter()
        .take(1)
        .chain(&steps[steps.len() - (TOLD - 1)..])
        .collect()
}

fn state(status: CommandStatus, is_last: bool) -> StepState {
    match status {
        CommandStatus::Failed => StepState::Failed,
        CommandStatus::Completed | CommandStatus::Cancelled => StepState::Done,
        _ if is_last => StepState::Now,
        _ => StepState::Done,
    }
}

fn happened(step: &Transition, before: Option<CommandStatus>, view: &CommandView) -> String {
    let server = &view.server_name;
    match (step.status, before) {
        (CommandStatus::Pending, None) => "Queued".to_owned(),
        (CommandStatus::Pending, Some(CommandStatus::AwaitingPlayer)) => {
            format!("You joined {server}")
        }
        (CommandStatus::Pending, Some(_)) if step.reason.starts_with("failed") => {
            "Did not work, is tried again".to_owned()
        }
        (CommandStatus::Pending, Some(_)) => "Queued again".to_owned(),
        (CommandStatus::Delivered, Some(CommandStatus::Delivered)) => {
            format!("Sent to {server} again")
        }
        (CommandStatus::Delivered, _) => format!("Sent to {server}"),
        (CommandStatus::AwaitingPlayer, _) => format!("Waiting for you to join {server}"),
        (CommandStatus::Completed, _) => "Done".to_owned(),
        (CommandStatus::Failed, _) if view.command.sent_at.is_none() => {
            "It could not be sent".to_owned()
        }
        (CommandStatus::Failed, _) => format!("{server} did not confirm it"),
        (CommandStatus::Cancelled, _) => match step.reason.strip_prefix(TAKEN_BACK) {
            Some(why) => format!("Taken back: {why}"),
            None => "Taken back by the team".to_owned(),
        },
    }
}

fn to_come(view: &CommandView) -> Vec<Step> {
    let next = |text: String| Step {
        state: StepState::Next,
        text,
        when: None,
    };
    let done = || next("Done".to_owned());
    match view.command.status {
        CommandStatus::Pending => vec![next(format!("Sent to {}", view.server_name)), done()],
        CommandStatus::Delivered | CommandStatus::AwaitingPlayer => vec![done()],
        CommandStatus::Completed | CommandStatus::Failed | CommandStatus::Cancelled => Vec::new(),
    }
}

/// How it stands, and what to do now.
fn standing(view: &CommandView, store: &Store, now: Timestamp) -> (Status, String) {
    let server = &view.server_name;
    let last = view.steps.last().map_or("", |step| &step.reason);
    match view.command.status {
        CommandStatus::Completed => (Status::new(Tone::Good, "Done"), String::new()),
        CommandStatus::Delivered => (Status::new(Tone::Busy, "On its way"), String::new()),
        CommandStatus::Pending => (
            Status::new(Tone::Busy, "On its way"),
            pending(&view.command, view, now),
        ),
        CommandStatus::AwaitingPlayer if view.server_online => (
            Status::new(Tone::Busy, "Waiting for you"),
            format!(
                "Join {server} and it is yours within a second.{}",
                slots(&view.command)
            ),
        ),
        CommandStatus::AwaitingPlayer => (
            Status::new(Tone::Busy, "Waiting for you"),
            format!("{server} is offline right now. Join it once it is back, and it is yours."),
        ),
        CommandStatus::Failed if view.command.sent_at.is_none() => (
            Status::new(Tone::Warn, "Held up"),
            format!(
                "This could not be sent to {server}. The team of {} sees it too. You need not pay again.",
                store.name
            ),
        ),
        CommandStatus::Failed => (
            Status::new(Tone::Warn, "Held up"),
            format!(
                "{server} did not confirm that this ran. The team of {} sees it too. You need not pay again.",
                store.name
            ),
        ),
        CommandStatus::Cancelled if last.starts_with(TAKEN_BACK) => {
            (Status::new(Tone::Calm, "Taken back"), String::new())
        }
        CommandStatus::Cancelled => (
            Status::new(Tone::Calm, "Taken back"),
            format!(
                "The team of {} took this back. Ask them if you did not expect it.",
                store.name
            ),
        ),
    }
}

fn pending(command: &Command, view: &CommandView, now: Timestamp) -> String {
    if !view.server_online {
        return format!(
            "{} is offline right now; it gets this as soon as it is back.",
            view.server_name
        );
    }
    if command.due_at <= now {
        return String::new();
    }
    let at = command.due_at.strftime("%H:%M:%S UTC");
    if command.failures > 0 {
        format!("It did not work yet and is tried again at {at}.")
    } else {
        format!("It is sent at {at}.")
    }
}

fn slots(command: &Command) -> String {
    match command.required_slots {
        0 => String::new(),
        1 => " Keep one inventory slot free.".to_owned(),
        n => format!(" Keep {n} inventory slots free."),
    }
}
