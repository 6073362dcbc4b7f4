//! The queue: the commands of all servers that wait or failed, 25 to a page.

use axum::extract::State;
use serde::Deserialize;
use tradepost_app::commands::{Filter, ListedCommand};
use tradepost_app::servers::{Queue as Waiting, ServerState};
use tradepost_app::{App, commands as staff, servers};
use tradepost_model::Timestamp;
use tradepost_model::commands::CommandStatus;
use tradepost_model::ids::{CommandId, ServerId};

use super::member::{Asked, if_allowed};
use super::money::{count, counted};
use super::trail::Trail;
use super::{Member, Outcome, commands, redelivery};
use crate::dashboard::{Chip, Paging, Queue, QueueRow, Section};
use crate::web::when;

const PER_PAGE: usize = 25;

/// The choices of the status filter: word, label, statuses.
const STATUSES: [(&str, &str, &[CommandStatus]); 5] = [
    (
        "",
        "All",
        &[
            CommandStatus::Failed,
            CommandStatus::Pending,
            CommandStatus::Delivered,
            CommandStatus::AwaitingPlayer,
        ],
    ),
    ("failed", "Failed", &[CommandStatus::Failed]),
    (
        "player",
        "Waiting for the player",
        &[CommandStatus::AwaitingPlayer],
    ),
    ("pending", "Waiting to be sent", &[CommandStatus::Pending]),
    ("sent", "Sent", &[CommandStatus::Delivered]),
];

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    status: String,
    server: String,
    before: String,
    trail: String,
}

pub(super) async fn list(
    State(app): State<App>,
    member: Member,
    Asked(mut wanted): Asked<Wanted>,
) -> Outcome {
    let known = if_allowed(servers::list(&app, &member.actor).await)?;
    let server = wanted.server.parse::<ServerId>().ok();
    let server = server.filter(|id| known.iter().any(|(it, _)| it.server.id == *id));
    wanted.server = server.map(|id| id.to_string()).unwrap_or_default();
    let chosen = STATUSES.iter().find(|it| it.0 == wanted.status);
    let (word, _, statuses) = chosen.unwrap_or(&STATUSES[0]);
    (*word).clone_into(&mut wanted.status);
    let before = wanted.before.parse::<CommandId>().ok();
    let filter = Filter {
        server,
        statuses: statuses.to_vec(),
        before,
        ..Filter::default()
    };
    let page = staff::list(&app, &member.actor, filter, 0, PER_PAGE).await?;
    let url = format!("{}/queue", member.base());
    let may_command = member.may_command();
    let last = page.commands.last().map(|it| it.command.id);
    let trail = Trail {
        before: before.map(|id| id.0),
        trail: &wanted.trail,
    };
    let shown = page.commands.len();
    let first = trail.pages_before() * PER_PAGE + 1;
    let last_shown = first + shown.saturating_sub(1);
    let text = match page.total {
        Some(total) if !page.more => counted(
            i64::try_from(total).unwrap_or(i64::MAX),
            "command",
            "commands",
        ),
        Some(total) => {
            let total = count(i64::try_from(total).unwrap_or(i64::MAX));
            let more = if page.capped { "more than " } else { "" };
            format!("{first} to {last_shown} of {more}{total}")
        }
        None => format!("{first} to {last_shown}"),
    };
    let to = |(before, trail): (String, String)| {
        let wanted = Wanted {
            before,
            trail,
            ..wanted.clone()
        };
        wanted.url(&url)
    };
    let paging = Paging {
        text,
        newer: trail.newer().map(to),
        older: last.filter(|_| page.more).map(|id| to(trail.older(id.0))),
    };
    let now = app.now();
    let shown = Queue {
        shell: member.shell(Section::Queue),
        statuses: status_chips(&url, &wanted),
        servers: server_chips(&url, &wanted, &known),
        filtered: !wanted.status.is_empty() || server.is_some(),
        rows: page
            .commands
            .into_iter()
            .map(|it| row(&member, &known, it, may_command, now))
            .collect(),
        paging,
        resend_url: may_command.then(|| format!("{}/redeliveries/new", member.base())),
        under_way: redelivery::under_way(&app, &member, None).await?,
    };
    Ok(member.page(&shown))
}

fn row(
    member: &Member,
    servers: &[(ServerState, Waiting)],
    listed: ListedCommand,
    may_command: bool,
    now: Timestamp,
) -> QueueRow {
    let ListedCommand {
        command,
        server_name,
    } = listed;
    let state = servers
        .iter()
        .find(|(it, _)| it.server.id == command.server);
    let there = state.is_none_or(|(it, _)| it.is_there());
    let order_url = format!("{}/orders/{}", member.base(), command.order);
    let failed = command.status == CommandStatus::Failed;
    let why = command.last_error.as_deref().filter(|_| failed);
    let resend = may_command && failed && command.sent_at.is_some();
    QueueRow {
        kind: commands::kind(&command),
        player: command.player.username.to_string(),
        order: format!("#{}", command.order_number),
        status: commands::status(&command, there, now),
        detail: why.map_or_else(
            || commands::attempts(&command, &server_name, there, now),
            str::to_owned,
        ),
        when: when::ago(command.created_at, now),
        resend: resend.then(|| format!("{order_url}/commands/{}/resend", command.id)),
        order_url,
        server: server_name,
        text: command.text,
    }
}

fn status_chips(url: &str, wanted: &Wanted) -> Vec<Chip> {
    let chip = |(word, label, _): &(&str, &str, &[CommandStatus])| Chip {
        label: (*label).to_owned(),
        value: (*word).to_owned(),
        url: Wanted {
            status: (*word).to_owned(),
            server: wanted.server.clone(),
            ..Wanted::default()
        }
        .url(url),
        current: wanted.status == *word,
    };
    STATUSES.iter().map(chip).collect()
}

/// Where there is one server there is nothing to choose.
fn server_chips(url: &str, wanted: &Wanted, servers: &[(ServerState, Waiting)]) -> Vec<Chip> {
    if servers.len() < 2 {
        return Vec::new();
    }
    let all = std::iter::once((String::new(), "All servers".to_owned()));
    let each = servers
        .iter()
        .map(|(state, _)| (state.server.id.to_string(), state.server.name.clone()));
    all.chain(each)
        .map(|(id, label)| Chip {
            label,
            url: Wanted {
                status: wanted.status.clone(),
                server: id.clone(),
                ..Wanted::default()
            }
            .url(url),
            current: wanted.server == id,
            value: id,
        })
        .collect()
}

impl Wanted {
    fn url(&self, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("status", &self.status),
            ("server", &self.server),
            ("before", &self.before),
            ("trail", &self.trail),
        ];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        match query.finish().as_str() {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}
