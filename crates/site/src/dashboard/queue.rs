//! The queue: the commands of all servers that wait or failed.

use askama::Template;

use super::orders::Chip;
use super::shell::{Paging, Section, Shell};
use crate::view::{Sample, Status, Tone, When};

/// `GET {base}/queue?status=&server=&before=`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/queue.html")]
pub struct Queue {
    /// The frame.
    pub shell: Shell,
    /// The status filter.
    pub statuses: Vec<Chip>,
    /// The server filter; empty where there is only one server.
    pub servers: Vec<Chip>,
    /// Whether a filter is in force.
    pub filtered: bool,
    /// The commands found.
    pub rows: Vec<QueueRow>,
    /// The neighbouring pages.
    pub paging: Paging,
    /// Where many are sent again, for whom may do that.
    pub resend_url: Option<String>,
    /// What is being sent again in bulk, newest first.
    pub under_way: Vec<UnderWay>,
}

/// A command in the queue.
#[derive(Debug, Clone)]
pub struct QueueRow {
    /// The text as it is sent.
    pub text: String,
    /// "Refund command"; empty for the usual one.
    pub kind: String,
    /// Who it is for.
    pub player: String,
    /// Its order: "#1042".
    pub order: String,
    /// Address of its order.
    pub order_url: String,
    /// Where it runs.
    pub server: String,
    /// How it stands.
    pub status: Status,
    /// Why it failed, or what it waits for.
    pub detail: String,
    /// When it was made.
    pub when: When,
    /// Posted to, it is sent again; absent where that does not fit.
    pub resend: Option<String>,
}

/// A redelivery in a list.
#[derive(Debug, Clone)]
pub struct UnderWay {
    /// "Failed commands on Survival", "Wipe of Survival".
    pub title: String,
    /// "412 of 1,204 looked at, started by Robin 2 min ago".
    pub text: String,
    /// Its page.
    pub url: String,
    /// How it stands.
    pub status: Status,
}

impl Queue {
    /// Whether any of the commands can be sent again.
    #[must_use]
    pub fn can_resend(&self) -> bool {
        self.rows.iter().any(|row| row.resend.is_some())
    }
}

impl UnderWay {
    /// Redeliveries as the samples use them.
    #[must_use]
    pub fn sample_list() -> Vec<Self> {
        vec![Self {
            title: "Wipe of Survival".to_owned(),
            text: "412 of 1,204 looked at, started by Robin 2 min ago".to_owned(),
            url: "/dashboard/demo/redeliveries/r1".to_owned(),
            status: Status::new(Tone::Busy, "Running"),
        }]
    }
}

impl QueueRow {
    /// Commands as the samples use them.
    #[must_use]
    pub fn sample_rows() -> Vec<Self> {
        let row = |text: &str, player: &str, server: &str, status: (Tone, &str), detail: &str| {
            let failed = status.0 == Tone::Bad;
            Self {
                text: text.to_owned(),
                kind: String::new(),
                player: player.to_owned(),
                order: "#1042".to_owned(),
                order_url: "/dashboard/demo/orders/1042".to_owned(),
                server: server.to_owned(),
                status: Status::new(status.0, status.1),
                detail: detail.to_owned(),
                when: When::new("2026-11-20T18:04:02Z", "2 min ago"),
                resend: failed.then(|| "/dashboard/demo/orders/1042/commands/a/resend".to_owned()),
            }
        };
        let mut refund = row(
            "lp user Alex parent remove mvp",
            "Alex",
            "Skyblock",
            (Tone::Busy, "Waiting for the server"),
            "Not sent yet, sent when Skyblock is back",
        );
        "Refund command".clone_into(&mut refund.kind);
        vec![
            row(
                "lp user BlockyQueen parent add mvp",
                "BlockyQueen",
                "Survival",
                (Tone::Bad, "Failed"),
                "Unknown command. Type \"/help\" for help.",
            ),
            row(
                "eco give Steve 1000",
                "Steve",
                "Survival",
                (Tone::Busy, "Waiting for the player"),
                "1 attempt",
            ),
            refund,
            row(
                "kit builder xX_Herobrine_Xx",
                "xX_Herobrine_Xx",
                "Creative",
                (Tone::Warn, "Will be tried again"),
                "1 of 4 tries failed, next at 18:05:32.000",
            ),
        ]
    }
}

impl Sample for Queue {
    fn sample() -> Self {
        let chip = |label: &str, query: &str, current| Chip {
            label: label.to_owned(),
            value: query.to_owned(),
            url: format!("/dashboard/demo/queue?{query}"),
            current,
        };
        Self {
            shell: Shell::sample(Section::Queue),
            statuses: vec![
                chip("All", "", true),
                chip("Failed", "status=failed", false),
                chip("Waiting for the player", "status=player", false),
                chip("Waiting to be sent", "status=pending", false),
                chip("Sent", "status=sent", false),
            ],
            servers: vec![
                chip("All servers", "", true),
                chip("Survival", "server=s1", false),
                chip("Skyblock", "server=s2", false),
                chip("Creative", "server=s3", false),
            ],
            filtered: false,
            rows: QueueRow::sample_rows(),
            paging: Paging {
                text: "4 commands".to_owned(),
                ..Paging::default()
            },
            resend_url: Some("/dashboard/demo/redeliveries/new".to_owned()),
            under_way: Vec::new(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            rows: Vec::new(),
            paging: Paging::default(),
            resend_url: None,
            ..usual.clone()
        };
        let none = Self {
            filtered: true,
            ..empty.clone()
        };
        let mut many = usual.clone();
        many.rows = (0..5).flat_map(|_| QueueRow::sample_rows()).collect();
        many.rows[0].text = format!("lp user Steve parent add {}", "very-long-group-".repeat(6));
        many.under_way = UnderWay::sample_list();
        many.paging = Paging {
            text: "26 to 50".to_owned(),
            newer: Some("/dashboard/demo/queue".to_owned()),
            older: Some("/dashboard/demo/queue?before=x".to_owned()),
        };
        vec![
            ("usual", usual),
            ("empty", empty),
            ("nothing-found", none),
            ("many", many),
        ]
    }
}
