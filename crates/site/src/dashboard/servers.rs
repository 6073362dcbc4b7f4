//! The list of game servers, and the form for a new one.

use askama::Template;

use super::shell::{Section, Shell};
use crate::view::{Choice, Field, FieldError, Sample, Status, Tone, When};

/// `GET {base}/servers`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/servers.html")]
pub struct Servers {
    /// The frame.
    pub shell: Shell,
    /// The servers.
    pub table: ServerTable,
}

/// The servers as a fragment, also sent as the data of each event.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/_servers.html")]
pub struct ServerTable {
    /// The servers.
    pub rows: Vec<ServerRow>,
    /// Address of the event stream that sends the table again.
    pub live_url: Option<String>,
}

/// One server in the list.
#[derive(Debug, Clone)]
pub struct ServerRow {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// What players type to join, may be empty.
    pub address: String,
    /// "Online", "Polling", "Offline", "Never connected".
    pub status: Status,
    /// When it was last there; absent while it is online or never was.
    pub last_seen: Option<When>,
    /// How many commands wait for it.
    pub queue: u32,
}

/// `GET {base}/servers/new`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/server_new.html")]
pub struct NewServer {
    /// The frame.
    pub shell: Shell,
    /// `name`
    pub name: Field,
    /// `address`
    pub address: Field,
    /// `game`; compared with `games`.
    pub game: Field,
    /// The games there are.
    pub games: Vec<Choice>,
}

impl ServerTable {
    /// Servers as the samples use them.
    #[must_use]
    pub fn sample() -> Self {
        let row =
            |name: &str, address: &str, tone, text: &str, seen: Option<&str>, queue| ServerRow {
                name: name.to_owned(),
                url: "/dashboard/demo/servers/s1".to_owned(),
                address: address.to_owned(),
                status: Status::new(tone, text),
                last_seen: seen.map(|seen| When::new("2026-11-20T15:04:02Z", seen)),
                queue,
            };
        Self {
            rows: vec![
                row(
                    "Survival",
                    "play.emberfall.example",
                    Tone::Good,
                    "Online",
                    None,
                    0,
                ),
                row(
                    "Skyblock",
                    "sky.emberfall.example",
                    Tone::Bad,
                    "Offline",
                    Some("3 h ago"),
                    14,
                ),
                row("Creative", "", Tone::Good, "Polling", None, 0),
                row("Events", "", Tone::Calm, "Never connected", None, 2),
            ],
            live_url: Some("/dashboard/demo/servers/live".to_owned()),
        }
    }
}

impl NewServer {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[
            ("name", &self.name),
            ("address", &self.address),
            ("game", &self.game),
        ])
    }
}

impl Sample for Servers {
    fn sample() -> Self {
        Self {
            shell: Shell::sample(Section::Servers),
            table: ServerTable::sample(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            table: ServerTable {
                rows: Vec::new(),
                live_url: None,
            },
            ..usual.clone()
        };
        let mut long = usual.clone();
        long.table.rows[0].name =
            "The very first survival server of the whole network, season 12".to_owned();
        long.table.rows[0].address =
            "a-very-long-address-of-a-server.play.somewhere-far-away.example:25565".to_owned();
        vec![("usual", usual), ("empty", empty), ("long", long)]
    }
}

impl Sample for NewServer {
    fn sample() -> Self {
        Self {
            shell: Shell::sample(Section::Servers),
            name: Field::default(),
            address: Field::default(),
            game: Field::new("minecraft"),
            games: vec![
                Choice::new("minecraft", "Minecraft"),
                Choice::new("rust", "Rust"),
                Choice::new("other", "Another game"),
            ],
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let errors = Self {
            name: Field::refused("", "Give the server a name, such as Survival."),
            address: Field::refused(
                "not an address",
                "An address looks like play.example.com or 203.0.113.7:25565.",
            ),
            ..Self::sample()
        };
        vec![("usual", Self::sample()), ("errors", errors)]
    }
}
