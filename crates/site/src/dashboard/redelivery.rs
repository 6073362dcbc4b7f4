//! Sending many again: failed commands of a time, or all that players hold on a wiped server. First
//! the choice, then what it comes to, then how far it is.

use askama::Template;

use super::order::Fact;
use super::shell::{Section, Shell};
use crate::view::{Choice, Field, FieldError, Notice, Sample, Status, Tone};

/// `GET {base}/redeliveries/new` for commands and `{base}/servers/{id}/wipe` for what players hold;
/// the form posts to the same path, with `action` `preview` or `start`.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/redelivery_new.html")]
pub struct NewRedelivery {
    /// The frame.
    pub shell: Shell,
    /// Where the form posts to.
    pub action_url: String,
    /// Where "Cancel" leads to: address and words.
    pub back: (String, String),
    /// The wiped server's name; nothing for commands.
    pub wiped: Option<String>,
    /// `server`; compared with `servers`.
    pub server: Field,
    /// The servers there are, for commands.
    pub servers: Vec<Choice>,
    /// `statuses`, repeated: which commands.
    pub statuses: Vec<Choice>,
    /// What is wrong with the choice of statuses.
    pub statuses_error: Option<String>,
    /// `packages`, repeated: none chosen means every package.
    pub packages: Vec<Choice>,
    /// `from`
    pub from: Field,
    /// `to`
    pub to: Field,
    /// `per_minute`
    pub per_minute: Field,
    /// What it comes to, once that was asked for.
    pub preview: Option<Preview>,
    /// `confirm`: the server's name, typed.
    pub confirm: Field,
}

/// What a redelivery comes to.
#[derive(Debug, Clone)]
pub struct Preview {
    /// "318 commands for 204 players".
    pub title: String,
    /// "At 600 a minute this takes about a minute."
    pub text: String,
    /// Whether there is nothing to send.
    pub empty: bool,
    /// A few of the commands, in their final text.
    pub samples: Vec<String>,
    /// What was chosen, sent as `seen`: where it differs, it is shown again before anything starts.
    pub seen: String,
    /// Words of the button that starts it: "Send 318 commands again".
    pub button: String,
}

/// `GET {base}/redeliveries/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/redelivery.html")]
pub struct Redelivery {
    /// The frame.
    pub shell: Shell,
    /// Where it belongs: address and words.
    pub back: (String, String),
    /// "Wipe of Survival".
    pub title: String,
    /// What was chosen.
    pub facts: Vec<Fact>,
    /// How far it is, live.
    pub progress: Progress,
}

/// How far a redelivery is, as a fragment, also sent as the data of each event.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/_redelivery.html")]
pub struct Progress {
    /// "Running", "Paused", "Done", "Cancelled".
    pub status: Status,
    /// The same in one sentence.
    pub text: String,
    /// How many were looked at.
    pub seen: i64,
    /// Of how many.
    pub total: i64,
    /// Numbers in words: "Sent again", "Done", "Failed", "Waiting".
    pub counts: Vec<Fact>,
    /// Posted to, it rests.
    pub pause: Option<String>,
    /// Posted to, it goes on.
    pub resume: Option<String>,
    /// Posted to, it ends.
    pub cancel: Option<String>,
    /// Posted to with `queued`, what waits is taken back as well.
    pub take_back: Option<String>,
    /// The anti-forgery value of these forms.
    pub csrf: String,
    /// Address of the event stream that sends this again; nothing once it has ended.
    pub live_url: Option<String>,
}

impl NewRedelivery {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = FieldError::collect(&[("server", &self.server)]);
        errors.extend(self.statuses_error.clone().map(|text| FieldError {
            id: "statuses".to_owned(),
            text,
        }));
        errors.extend(FieldError::collect(&[
            ("from", &self.from),
            ("to", &self.to),
            ("per_minute", &self.per_minute),
            ("confirm", &self.confirm),
        ]));
        errors
    }

    /// The heading.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.wiped {
            Some(server) => format!("{server} was wiped"),
            None => "Resend many".to_owned(),
        }
    }
}

impl Progress {
    /// How far it is of a hundred.
    #[must_use]
    pub fn percent(&self) -> i64 {
        (self.seen * 100)
            .checked_div(self.total)
            .unwrap_or(100)
            .clamp(0, 100)
    }
}

impl Sample for NewRedelivery {
    fn sample() -> Self {
        Self {
            shell: Shell::sample(Section::Servers),
            action_url: "/dashboard/demo/servers/s1/wipe".to_owned(),
            back: (
                "/dashboard/demo/servers/s1".to_owned(),
                "Survival".to_owned(),
            ),
            wiped: Some("Survival".to_owned()),
            server: Field::default(),
            servers: Vec::new(),
            statuses: Vec::new(),
            statuses_error: None,
            packages: vec![
                Choice::new("p1", "VIP").chosen(true),
                Choice::new("p2", "MVP+").chosen(true),
                Choice::new("p3", "1,000 Coins"),
                Choice::new("p4", "Builder Kit"),
            ],
            from: Field::new("2026-01-01"),
            to: Field::default(),
            per_minute: Field::new("600"),
            preview: None,
            confirm: Field::default(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let wipe = Self::sample();
        let mut preview = wipe.clone();
        preview.preview = Some(Preview {
            title: "318 commands for 204 players".to_owned(),
            text: "At 600 a minute this takes about a minute. Players who are away get theirs as each command says.".to_owned(),
            empty: false,
            samples: vec![
                "lp user Steve parent add vip".to_owned(),
                format!("lp user BlockyQueen parent add {}", "mvp-".repeat(30)),
            ],
            seen: "p1".to_owned(),
            button: "Give 318 commands again".to_owned(),
        });
        let mut unconfirmed = preview.clone();
        unconfirmed.confirm =
            Field::refused("survival", "Type Survival, exactly as it is written.");
        unconfirmed.shell.notice = Some(Notice::bad("Nothing was started."));
        let mut nothing = wipe.clone();
        nothing.preview = Some(Preview {
            title: "Nothing to send".to_owned(),
            text: "Nobody holds one of these packages on Survival.".to_owned(),
            empty: true,
            samples: Vec::new(),
            seen: String::new(),
            button: String::new(),
        });
        let commands = Self {
            shell: Shell::sample(Section::Queue),
            action_url: "/dashboard/demo/redeliveries/new".to_owned(),
            back: ("/dashboard/demo/queue".to_owned(), "Queue".to_owned()),
            wiped: None,
            servers: vec![
                Choice::new("", "All servers"),
                Choice::new("s1", "Survival"),
                Choice::new("s2", "Skyblock"),
            ],
            statuses: vec![
                Choice::new("Failed", "Failed").chosen(true),
                Choice::new("Completed", "Done"),
            ],
            packages: Vec::new(),
            from: Field::new("2026-11-20T16:00"),
            ..wipe.clone()
        };
        let errors = Self {
            statuses_error: Some("Choose at least one.".to_owned()),
            from: Field::refused("yesterday", "Write a date and a time."),
            per_minute: Field::refused("0", "The pace must be from 1 to 6000."),
            ..commands.clone()
        };
        vec![
            ("wipe", wipe),
            ("preview", preview),
            ("not-confirmed", unconfirmed),
            ("nothing", nothing),
            ("commands", commands),
            ("errors", errors),
        ]
    }
}

impl Sample for Redelivery {
    fn sample() -> Self {
        let fact = |label: &str, value: &str| Fact {
            label: label.to_owned(),
            value: value.to_owned(),
        };
        let url = "/dashboard/demo/redeliveries/r1";
        Self {
            shell: Shell::sample(Section::Servers),
            back: (
                "/dashboard/demo/servers/s1".to_owned(),
                "Survival".to_owned(),
            ),
            title: "Wipe of Survival".to_owned(),
            facts: vec![
                fact("Packages", "VIP, MVP+"),
                fact("Bought", "since 1 Jan 2026"),
                fact("Pace", "600 commands a minute"),
                fact("Started", "20 November 2026, 18:04 UTC by Robin"),
            ],
            progress: Progress {
                status: Status::new(Tone::Busy, "Running"),
                text: "About a minute to go.".to_owned(),
                seen: 412,
                total: 1204,
                counts: vec![
                    fact("Given again", "398"),
                    fact("Done", "371"),
                    fact("Waiting", "24"),
                    fact("Failed", "3"),
                ],
                pause: Some(format!("{url}/pause")),
                resume: None,
                cancel: Some(format!("{url}/cancel")),
                take_back: Some(format!("{url}/cancel")),
                csrf: "sample-csrf".to_owned(),
                live_url: Some(format!("{url}/live")),
            },
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut paused = usual.clone();
        let url = "/dashboard/demo/redeliveries/r1/resume".to_owned();
        paused.progress.status = Status::new(Tone::Warn, "Paused");
        paused.progress.text = "It rests until somebody lets it go on.".to_owned();
        paused.progress.resume = Some(url);
        paused.progress.pause = None;
        let mut done = usual.clone();
        done.progress.status = Status::new(Tone::Good, "Done");
        done.progress.text = "All 1,204 were looked at.".to_owned();
        done.progress.seen = 1204;
        done.progress.pause = None;
        done.progress.cancel = None;
        done.progress.take_back = None;
        vec![("usual", usual), ("paused", paused), ("done", done)]
    }
}
