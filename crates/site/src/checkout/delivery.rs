//! The delivery of an order, step by step: part of the receipt, and sent again when it changes.

use askama::Template;

use crate::view::{Sample, Status, Tone, When};

/// The fragment inside the receipt's live region, also sent as the data of each event.
#[derive(Debug, Clone, Template)]
#[template(path = "checkout/_delivery.html")]
pub struct Delivery {
    /// How it stands as a whole: "All done", "On its way", "Waiting for you".
    pub status: Status,
    /// The same in one sentence.
    pub summary: String,
    /// One group per package.
    pub packages: Vec<DeliveryPackage>,
}

/// A package and its commands.
#[derive(Debug, Clone)]
pub struct DeliveryPackage {
    /// Its name.
    pub name: String,
    /// How many were bought.
    pub quantity: u32,
    /// For how long it is the player's: "Yours until 20 Dec 2026." Empty for what is for ever.
    pub note: String,
    /// Its commands; none means that there is nothing to run.
    pub commands: Vec<DeliveryCommand>,
}

/// One command in words a player understands.
#[derive(Debug, Clone)]
pub struct DeliveryCommand {
    /// Where it goes: "Survival".
    pub server: String,
    /// How it stands: "Done", "Sent", "Waiting for you", "Held up".
    pub status: Status,
    /// What to do now: "Join Survival and it is yours." Empty when there is nothing to do.
    pub advice: String,
    /// Paid, queued, sent, waiting, done.
    pub steps: Vec<Step>,
    /// What the server's console said.
    pub output: Option<String>,
}

/// One step of a command.
#[derive(Debug, Clone)]
pub struct Step {
    /// Whether it is behind us.
    pub state: StepState,
    /// "Sent to Survival".
    pub text: String,
    /// When it happened.
    pub when: Option<When>,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It happened.
    Done,
    /// It is happening.
    Now,
    /// It is to come.
    Next,
    /// It did not work.
    Failed,
}

impl StepState {
    /// The class suffix of this state.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Next => "next",
            Self::Failed => "failed",
        }
    }

    /// The icon of this state.
    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Self::Done => "circle-check",
            Self::Now => "circle-dot",
            Self::Next => "circle",
            Self::Failed => "circle-alert",
        }
    }

    /// What a screen reader says before the step.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Done => "Done:",
            Self::Now => "Now:",
            Self::Next => "Still to come:",
            Self::Failed => "Did not work:",
        }
    }
}

impl Delivery {
    /// A delivery in which `reached` of the five steps are done.
    #[must_use]
    pub fn sample_command(server: &str, reached: usize) -> DeliveryCommand {
        let steps = [
            ("Paid", "18:04:02"),
            ("Queued", "18:04:02"),
            (&*format!("Sent to {server}"), "18:04:02"),
            (&*format!("Waiting for you to join {server}"), "18:04:03"),
            ("Done", "18:06:41"),
        ]
        .iter()
        .enumerate()
        .map(|(index, (text, time))| {
            let state = match index {
                i if i < reached => StepState::Done,
                i if i == reached => StepState::Now,
                _ => StepState::Next,
            };
            let when = (index < reached).then(|| When::new(&format!("2026-11-20T{time}Z"), time));
            Step {
                state,
                text: (*text).to_owned(),
                when,
            }
        })
        .collect();
        let (status, advice) = match reached {
            5 => (Status::new(Tone::Good, "Done"), String::new()),
            3 => (
                Status::new(Tone::Busy, "Waiting for you"),
                format!("Join {server} and it is yours within a second."),
            ),
            _ => (Status::new(Tone::Busy, "On its way"), String::new()),
        };
        DeliveryCommand {
            server: server.to_owned(),
            status,
            advice,
            steps,
            output: None,
        }
    }
}

impl Delivery {
    /// What had been delivered of an order that has ended.
    #[must_use]
    pub fn sample_ended() -> Self {
        let mut ended = Self::sample();
        ended.status = Status::new(Tone::Calm, "Ended");
        ended.summary = "One of 2 had reached the game.".to_owned();
        ended.packages[0].note = "Ended on 23 Nov 2026.".to_owned();
        let last = &mut ended.packages[1].commands[0];
        last.status = Status::new(Tone::Calm, "Taken back");
        last.advice.clear();
        last.steps.truncate(3);
        last.steps.push(Step {
            state: StepState::Done,
            text: "Taken back: the order was refunded".to_owned(),
            when: Some(When::new("2026-11-23T09:12:40Z", "23 Nov, 09:12:40")),
        });
        ended
    }
}

impl Sample for Delivery {
    fn sample() -> Self {
        let mut done = Self::sample_command("Survival", 5);
        done.steps.remove(3);
        Self {
            status: Status::new(Tone::Busy, "Waiting for you"),
            summary: "One of two is done. The other is given to you when you join Survival."
                .to_owned(),
            packages: vec![
                DeliveryPackage {
                    name: "MVP+".to_owned(),
                    quantity: 1,
                    note: "Yours until 20 Dec 2026.".to_owned(),
                    commands: vec![done],
                },
                DeliveryPackage {
                    name: "1,000 Coins".to_owned(),
                    quantity: 3,
                    note: String::new(),
                    commands: vec![Self::sample_command("Survival", 3)],
                },
            ],
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut done = usual.clone();
        done.status = Status::new(Tone::Good, "All done");
        done.summary = "Everything is in the game. Have fun!".to_owned();
        done.packages[1].commands = vec![Self::sample_command("Survival", 5)];
        done.packages[0].commands[0].output = Some(
            "[LuckPerms] Steve now inherits permissions from mvp.\n[Essentials] Balance: 3,000"
                .to_owned(),
        );
        let mut failed = usual.clone();
        failed.status = Status::new(Tone::Warn, "Held up");
        failed.summary =
            "One command did not go through. The team of Emberfall sees this too and can help."
                .to_owned();
        let command = &mut failed.packages[0].commands[0];
        command.status = Status::new(Tone::Warn, "Held up");
        command.advice =
            "Survival did not confirm that this ran. You need not pay again.".to_owned();
        if let Some(last) = command.steps.last_mut() {
            last.state = StepState::Failed;
            "Survival did not confirm it".clone_into(&mut last.text);
        }
        command.output = Some("Unknown command. Type \"/help\" for help.".to_owned());
        failed.packages.push(DeliveryPackage {
            name: "Thank you".to_owned(),
            quantity: 1,
            note: String::new(),
            commands: Vec::new(),
        });
        vec![("usual", usual), ("done", done), ("failed", failed)]
    }
}
