//! One game server: connecting it, and what it did lately.

use askama::Template;

use super::queue::UnderWay;
use super::report::Report;
use super::shell::{Section, Shell};
use crate::view::{Field, Notice, Sample, Status, Tone, When};

/// `GET {base}/servers/{id}`; the token form posts to `{base}/servers/{id}/token`.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/server.html")]
pub struct Server {
    /// The frame.
    pub shell: Shell,
    /// Its page.
    pub url: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What players type to join, may be empty.
    pub address: String,
    /// Its game in words.
    pub game: String,
    /// How it stands, live.
    pub state: ServerState,
    /// How to connect; shown with a fresh token and until the first connection.
    pub connect: Option<Connect>,
    /// The name typed to confirm a new token, sent as `confirm`.
    pub confirm: Field,
    /// How its deliveries went; absent before the first one.
    pub report: Option<Report>,
    /// Where all that players hold is given again, for whom may do that.
    pub wipe_url: Option<String>,
    /// The last redelivery of it that has not ended.
    pub wipe: Option<UnderWay>,
    /// The newest commands.
    pub commands: Vec<ServerCommand>,
}

/// How a server stands, as a fragment, also sent as the data of each event.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/_server_state.html")]
pub struct ServerState {
    /// "Online", "Polling", "Offline", "Waiting for the first connection".
    pub status: Status,
    /// What that means, in one sentence.
    pub text: String,
    /// How many commands wait for it.
    pub queue: u32,
    /// When it was last there.
    pub last_seen: Option<When>,
    /// Plugin and platform: "Tradepost 0.1.0 on Paper 1.21.8"; empty before the first connection.
    pub software: String,
    /// Address of the event stream that sends this again.
    pub live_url: Option<String>,
}

/// What is needed to connect.
#[derive(Debug, Clone)]
pub struct Connect {
    /// The token, in the one answer that may show it.
    pub token: Option<String>,
    /// The address that a plugin connects to.
    pub hub_url: String,
}

/// A command that went to this server.
#[derive(Debug, Clone)]
pub struct ServerCommand {
    /// The text as it was sent.
    pub text: String,
    /// Who it was for.
    pub player: String,
    /// Its order: "#1042".
    pub order: String,
    /// Address of its order.
    pub order_url: String,
    /// How it stands.
    pub status: Status,
    /// When it last changed.
    pub when: When,
    /// What the console said, or why it failed.
    pub output: Option<String>,
}

impl Sample for Server {
    fn sample() -> Self {
        let command = |text: &str, player: &str, tone, status: &str, when: &str| ServerCommand {
            text: text.to_owned(),
            player: player.to_owned(),
            order: "#1042".to_owned(),
            order_url: "/dashboard/demo/orders/1042".to_owned(),
            status: Status::new(tone, status),
            when: When::new("2026-11-20T18:04:02Z", when),
            output: match tone {
                Tone::Good => {
                    Some("[LuckPerms] Steve now inherits permissions from mvp.".to_owned())
                }
                Tone::Bad => Some("Unknown command. Type \"/help\" for help.".to_owned()),
                _ => None,
            },
        };
        Self {
            shell: Shell::sample(Section::Servers),
            url: "/dashboard/demo/servers/s1".to_owned(),
            id: "s1".to_owned(),
            name: "Survival".to_owned(),
            address: "play.emberfall.example".to_owned(),
            game: "Minecraft".to_owned(),
            state: ServerState {
                status: Status::new(Tone::Good, "Online"),
                text: "Commands arrive the moment they are paid.".to_owned(),
                queue: 1,
                last_seen: None,
                software: "Tradepost 0.1.0 on Paper 1.21.8".to_owned(),
                live_url: Some("/dashboard/demo/servers/s1/live".to_owned()),
            },
            connect: None,
            confirm: Field::default(),
            report: Some(Report::sample()),
            wipe_url: Some("/dashboard/demo/servers/s1/wipe".to_owned()),
            wipe: None,
            commands: vec![
                command(
                    "lp user Steve parent add mvp",
                    "Steve",
                    Tone::Good,
                    "Done",
                    "2 min ago",
                ),
                command(
                    "eco give Steve 1000",
                    "Steve",
                    Tone::Busy,
                    "Waiting for the player",
                    "2 min ago",
                ),
                command(
                    "kit builder BlockyQueen",
                    "BlockyQueen",
                    Tone::Bad,
                    "Failed",
                    "19 Nov, 21:40",
                ),
            ],
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let token = "0197f0aa1b2c7d3e8f4a5b6c7d8e9f00_Qw3rTy7uIoP9aSdF1gHjK5lZxCvBnM2q";
        let mut new = usual.clone();
        new.commands.clear();
        new.report = None;
        new.wipe_url = None;
        new.state = ServerState {
            status: Status::new(Tone::Busy, "Waiting for the first connection"),
            text: "This turns green by itself as soon as the plugin connects.".to_owned(),
            queue: 0,
            last_seen: None,
            software: String::new(),
            live_url: usual.state.live_url.clone(),
        };
        new.connect = Some(Connect {
            token: Some(token.to_owned()),
            hub_url: "https://shops.example/plugin-hub".to_owned(),
        });
        let mut hidden = new.clone();
        hidden.connect = Some(Connect {
            token: None,
            hub_url: "https://shops.example/plugin-hub".to_owned(),
        });
        let mut offline = usual.clone();
        offline.state.status = Status::new(Tone::Bad, "Offline");
        offline.state.text =
            "Nothing is lost: what is paid waits and is sent when it is back.".to_owned();
        offline.state.queue = 14;
        offline.wipe = UnderWay::sample_list().pop();
        offline.state.last_seen = Some(When::new("2026-11-20T15:04:02Z", "3 h ago"));
        offline.confirm = Field::refused("survival", "Type Survival, with the capital letter.");
        offline.shell.notice = Some(Notice::bad("The token was not changed."));
        let mut polling = usual.clone();
        polling.state.status = Status::new(Tone::Good, "Polling");
        polling.state.text =
            "Commands arrive when the plugin asks next, at most 5 minutes after they are paid."
                .to_owned();
        vec![
            ("usual", usual),
            ("polling", polling),
            ("new", new),
            ("token-hidden", hidden),
            ("offline", offline),
        ]
    }
}
