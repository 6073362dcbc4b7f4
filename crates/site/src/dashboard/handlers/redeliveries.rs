//! Starting a redelivery: the choice, what it comes to, and the word to start it.

use axum::extract::State;
use axum::http::StatusCode;
use tradepost_app::redeliveries::{
    self, DEFAULT_PER_MINUTE, NewRedelivery as New, RedeliveryFilter, RedeliveryKind,
};
use tradepost_app::servers::{Queue, ServerState};
use tradepost_app::{App, Error, packages, servers};
use tradepost_model::commands::CommandStatus;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::ServerId;
use tradepost_model::packages::Package;
use tradepost_model::permissions::{Access, Area};

use super::member::{Id, if_allowed};
use super::money::counted;
use super::package_form::sentence;
use super::{Member, Outcome};
use crate::dashboard::{NewRedelivery, Preview, Section};
use crate::view::{Choice, Field, Notice};
use crate::web::{CheckedForm, see_other, when};

/// Which commands can be sent again, as the form offers them.
const STATUSES: [(CommandStatus, &str); 3] = [
    (CommandStatus::Failed, "Failed"),
    (CommandStatus::Completed, "Done"),
    (CommandStatus::Cancelled, "Cancelled"),
];

/// Where a redelivery of everything on a server is meant, the server.
type Wiped = Option<ServerState>;

pub(super) async fn ask(State(app): State<App>, member: Member) -> Outcome {
    blank(&app, &member, None).await
}

pub(super) async fn ask_wipe(
    State(app): State<App>,
    member: Member,
    Id(id): Id<ServerId>,
) -> Outcome {
    let (server, ..) = servers::find(&app, &member.actor, id).await?;
    blank(&app, &member, Some(server)).await
}

pub(super) async fn answer(State(app): State<App>, member: Member, sent: CheckedForm) -> Outcome {
    decide(&app, &member, None, &sent).await
}

pub(super) async fn answer_wipe(
    State(app): State<App>,
    member: Member,
    Id(id): Id<ServerId>,
    sent: CheckedForm,
) -> Outcome {
    let (server, ..) = servers::find(&app, &member.actor, id).await?;
    decide(&app, &member, Some(server), &sent).await
}

async fn blank(app: &App, member: &Member, wiped: Wiped) -> Outcome {
    member.actor.require(Area::Commands, Access::Edit)?;
    let around = Around::look(app, member, wiped).await?;
    let mut page = around.page(member, &CheckedForm::default());
    page.per_minute = Field::new(&DEFAULT_PER_MINUTE.to_string());
    if let Some(failed) = page.statuses.first_mut() {
        failed.chosen = true;
    }
    Ok(member.page(&page))
}

async fn decide(app: &App, member: &Member, wiped: Wiped, sent: &CheckedForm) -> Outcome {
    member.actor.require(Area::Commands, Access::Edit)?;
    let around = Around::look(app, member, wiped).await?;
    let mut page = around.page(member, sent);
    let mut errors = FieldErrors::default();
    let new = around.read(sent, &mut errors);
    let found = if errors.is_empty() {
        redeliveries::preview(app, &member.actor, new.clone()).await
    } else {
        Err(Error::Invalid(errors))
    };
    let preview = match found {
        Ok(preview) => around.preview(&preview, &new, chosen(sent)),
        Err(Error::Invalid(errors)) => {
            explain(&mut page, &errors);
            return Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page));
        }
        Err(error) => return Err(error.into()),
    };
    let start = sent.get("action") == "start" && !preview.empty;
    let changed = sent.get("seen") != preview.seen;
    page.preview = Some(preview);
    if !start {
        return Ok(member.page(&page));
    }
    let refused = |mut page: NewRedelivery, text: &str| {
        page.shell.notice = Some(Notice::bad(text));
        Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page))
    };
    if changed {
        return refused(
            page,
            "You changed the choice, so nothing was started. Look at what it comes to now.",
        );
    }
    if let Some(server) = &page.wiped
        && sent.get("confirm").trim() != server
    {
        let error = format!("Type {server}, exactly as it is written.");
        page.confirm = Field::refused(sent.get("confirm"), &error);
        return refused(page, "Nothing was started.");
    }
    match redeliveries::start(app, &member.actor, new).await {
        Ok(id) => Ok(see_other(&format!("{}/redeliveries/{id}", member.base()))),
        Err(Error::Conflict { message, .. }) => {
            page.shell.notice = Some(Notice::bad(&message));
            Ok(member.page_with_status(StatusCode::CONFLICT, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// What was chosen, in one line: so a preview knows whether it is still about that.
fn chosen(sent: &CheckedForm) -> String {
    let one = ["server", "from", "to", "per_minute"].map(|name| sent.get(name));
    let many = ["statuses", "packages"].map(|name| sent.all(name).collect::<Vec<_>>().join(","));
    format!("{}|{}", one.join("|"), many.join("|"))
}

fn explain(page: &mut NewRedelivery, errors: &FieldErrors) {
    let told = |label: &str, key: &str| errors.of(key).map(|reason| sentence(label, reason));
    page.server.error = told("server", "serverId");
    page.statuses_error = told("status", "statuses");
    page.from.error = told("time", "from");
    page.to.error = told("time", "to");
    page.per_minute.error = told("pace", "perMinute");
    if let Some(text) = told("list of packages", "packageIds") {
        page.shell.notice = Some(Notice::bad(&text));
    }
}

/// What the form offers.
struct Around {
    wiped: Wiped,
    servers: Vec<(ServerState, Queue)>,
    packages: Vec<Package>,
}

impl Around {
    async fn look(app: &App, member: &Member, wiped: Wiped) -> Result<Self, Error> {
        let servers = match wiped {
            Some(_) => Vec::new(),
            None => if_allowed(servers::list(app, &member.actor).await)?,
        };
        let packages = match wiped {
            Some(_) => if_allowed(packages::list(app, &member.actor, &member.store).await)?.0,
            None => Vec::new(),
        };
        Ok(Self {
            wiped,
            servers,
            packages,
        })
    }

    /// The form as it was typed.
    fn page(&self, member: &Member, sent: &CheckedForm) -> NewRedelivery {
        let base = member.base();
        let field = |name: &str| Field::new(sent.get(name));
        let ticked = |name: &str, value: &str| sent.all(name).any(|it| it == value);
        let (section, action_url, back) = match &self.wiped {
            Some(state) => {
                let url = format!("{base}/servers/{}", state.server.id);
                let wipe = format!("{url}/wipe");
                (Section::Servers, wipe, (url, state.server.name.clone()))
            }
            None => (
                Section::Queue,
                format!("{base}/redeliveries/new"),
                (format!("{base}/queue"), "Queue".to_owned()),
            ),
        };
        let statuses: &[_] = if self.wiped.is_some() { &[] } else { &STATUSES };
        let all = self.wiped.is_none().then(|| Choice::new("", "All servers"));
        let server = |(state, _): &(ServerState, Queue)| {
            Choice::new(&state.server.id.to_string(), &state.server.name)
        };
        NewRedelivery {
            shell: member.shell(section),
            action_url,
            back,
            wiped: self.wiped.as_ref().map(|it| it.server.name.clone()),
            server: field("server"),
            servers: all
                .into_iter()
                .chain(self.servers.iter().map(server))
                .collect(),
            statuses: statuses
                .iter()
                .map(|(status, label)| {
                    let word = status.word();
                    Choice::new(word, label).chosen(ticked("statuses", word))
                })
                .collect(),
            statuses_error: None,
            packages: self
                .packages
                .iter()
                .map(|package| {
                    let id = package.id.to_string();
                    Choice::new(&id, &package.name).chosen(ticked("packages", &id))
                })
                .collect(),
            from: field("from"),
            to: field("to"),
            per_minute: field("per_minute"),
            preview: None,
            confirm: field("confirm"),
        }
    }

    /// What the form asks for. What cannot be read is told in `errors`.
    fn read(&self, sent: &CheckedForm, errors: &mut FieldErrors) -> New {
        let mut time = |name: &str| {
            let text = sent.get(name);
            let read = when::parse_local(text);
            if read.is_none() && !text.trim().is_empty() {
                errors.add(name, "must be a date, such as 2026-11-20");
            }
            read
        };
        let (from, to) = (time("from"), time("to"));
        let per_minute = sent.get("per_minute").trim().parse().unwrap_or(0);
        let statuses: Vec<_> = sent
            .all("statuses")
            .filter_map(CommandStatus::parse)
            .collect();
        if self.wiped.is_none() && statuses.is_empty() {
            errors.add("statuses", "choose at least one");
        }
        let server = match &self.wiped {
            Some(state) => Some(state.server.id),
            None => match sent.get("server") {
                "" => None,
                id => {
                    let id = id.parse().ok();
                    if id.is_none() {
                        errors.add("serverId", "names a server that does not exist");
                    }
                    id
                }
            },
        };
        let packages: Vec<_> = sent
            .all("packages")
            .filter_map(|id| id.parse().ok())
            .collect();
        New {
            kind: match self.wiped {
                Some(_) => RedeliveryKind::Entitlements,
                None => RedeliveryKind::Commands,
            },
            server,
            filter: RedeliveryFilter {
                statuses: if self.wiped.is_some() {
                    Vec::new()
                } else {
                    statuses
                },
                packages: if self.wiped.is_some() {
                    packages
                } else {
                    Vec::new()
                },
                from,
                to,
            },
            per_minute,
        }
    }

    fn preview(&self, found: &redeliveries::Preview, new: &New, seen: String) -> Preview {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let commands = counted(number(found.commands), "command", "commands");
        let players = counted(number(found.players), "player", "players");
        let minutes = number(found.commands) / i64::from(new.per_minute.max(1)) + 1;
        let takes = match minutes {
            1 => "less than a minute".to_owned(),
            minutes => format!("about {}", counted(minutes, "minute", "minutes")),
        };
        let empty = found.commands == 0;
        // Purchases without a command count as well, so the players can be more than the commands.
        let players = (found.players <= found.commands).then(|| format!(" for {players}"));
        Preview {
            title: if empty {
                "Nothing to send".to_owned()
            } else {
                format!("{commands}{}", players.unwrap_or_default())
            },
            text: match (&self.wiped, empty) {
                (Some(state), true) => format!(
                    "Nobody holds anything on {} that fits the choice, or it has no commands.",
                    state.server.name
                ),
                (None, true) => "No command fits the choice.".to_owned(),
                (_, false) => format!(
                    "At {} a minute this takes {takes}. Commands that need their player online wait for them.",
                    new.per_minute
                ),
            },
            empty,
            samples: found.texts.clone(),
            seen,
            button: match self.wiped {
                Some(_) => format!("Give {commands} again"),
                None => format!("Send {commands} again"),
            },
        }
    }
}
