//! One game server: how it stands, its token, its last commands.

use askama::Template as _;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tradepost_app::live::Change;
use tradepost_app::servers::{NewServer, Presence, Queue, ServerState as Standing};
use tradepost_app::{App, Error, reports, servers};
use tradepost_model::commands::Command;
use tradepost_model::ids::ServerId;
use tradepost_model::permissions::{Access, Area};

use super::member::Id;
use super::servers::{game_words, last_seen, waiting};
use super::{Member, Outcome, commands, once, redelivery, report};
use crate::dashboard::{Connect, Section, Server, ServerCommand, ServerState};
use crate::view::{Field, Notice, Status, Tone};
use crate::web::{CheckedForm, live_fragment, see_other, when};

pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Id(id): Id<ServerId>,
    headers: HeaderMap,
) -> Outcome {
    let mut page = look(&app, &member, id).await?;
    if let Some(token) = once::carried(&app, &headers, id.0) {
        page.connect = Some(connect(&app, Some(token)));
    }
    Ok(once::shown(&headers, id.0, member.page(&page)))
}

/// The state again and again, as it changes.
pub(super) async fn live(State(app): State<App>, member: Member, Id(id): Id<ServerId>) -> Outcome {
    servers::find(&app, &member.actor, id).await?;
    let store = member.store.id;
    let wants = move |change| change == Change::Server(id);
    let render = {
        let app = app.clone();
        move || {
            let (app, member) = (app.clone(), member.clone());
            async move {
                let actor = member.still(&app).await?;
                let (standing, queue, _) = servers::find(&app, &actor, id).await.ok()?;
                state(&app, &member, &standing, queue).render().ok()
            }
        }
    };
    Ok(live_fragment(&app, store, wants, render))
}

/// Gives the server a new token, where its name was typed to confirm that.
pub(super) async fn regenerate(
    State(app): State<App>,
    member: Member,
    Id(id): Id<ServerId>,
    sent: CheckedForm,
) -> Outcome {
    let mut page = look(&app, &member, id).await?;
    let typed = sent.get("confirm");
    if typed.trim() != page.name {
        let error = format!("Type {}, exactly as it is written.", page.name);
        page.confirm = Field::refused(typed, &error);
        page.shell.notice = Some(Notice::bad("The token was not changed."));
        return Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page));
    }
    let made = servers::regenerate_token(&app, &member.actor, id).await?;
    Ok(with_token(&app, &member, made))
}

/// What is only posted to leads back to the server.
pub(super) async fn back(member: Member, Id(id): Id<ServerId>) -> Response {
    see_other(&url(&member, id))
}

/// To the page of a server, which shows its new token this once.
pub(super) fn with_token(app: &App, member: &Member, made: NewServer) -> Response {
    let id = made.server.id;
    if member.actor.may(Area::Servers, Access::View) {
        return once::carry(app, id.0, &made.token, see_other(&url(member, id)));
    }
    // Who may add a server and not look at it still gets the token.
    let standing = Standing {
        server: made.server,
        presence: Presence::Offline,
    };
    let mut page = assemble(app, member, standing, Queue::default(), Vec::new());
    page.connect = Some(connect(app, Some(made.token)));
    member.page(&page)
}

async fn look(app: &App, member: &Member, id: ServerId) -> Result<Server, Error> {
    let (standing, queue, commands) = servers::find(app, &member.actor, id).await?;
    let told = reports::delivery_report(app, &member.actor, id).await?;
    let known = standing.server.first_seen_at.is_some();
    let wipe_url = format!("{}/wipe", url(member, id));
    let mut page = assemble(app, member, standing, queue, commands);
    page.report = report::tell(&told, app.now());
    page.wipe_url = Some(wipe_url).filter(|_| known && member.may_command());
    page.wipe = redelivery::under_way(app, member, Some(id))
        .await?
        .into_iter()
        .next();
    Ok(page)
}

fn assemble(
    app: &App,
    member: &Member,
    standing: Standing,
    queue: Queue,
    commands: Vec<Command>,
) -> Server {
    let state = state(app, member, &standing, queue);
    let there = standing.is_there();
    let server = standing.server;
    let is_new = server.first_seen_at.is_none();
    Server {
        shell: member.shell(Section::Servers),
        url: url(member, server.id),
        id: server.id.to_string(),
        name: server.name,
        address: server.address,
        game: game_words(&server.game),
        state,
        connect: is_new.then(|| connect(app, None)),
        confirm: Field::default(),
        report: None,
        wipe_url: None,
        wipe: None,
        commands: commands
            .into_iter()
            .map(|it| command(app, member, there, it))
            .collect(),
    }
}

fn state(app: &App, member: &Member, standing: &Standing, queue: Queue) -> ServerState {
    let server = &standing.server;
    let (tone, word, text) = match (standing.presence, server.first_seen_at) {
        (Presence::Online { .. }, _) => (
            Tone::Good,
            "Online",
            "Commands arrive the moment they are paid.",
        ),
        (Presence::Polling { .. }, _) => (
            Tone::Good,
            "Polling",
            "Commands arrive when the plugin asks next, at most 5 minutes after they are paid.",
        ),
        (Presence::Offline, Some(_)) => (
            Tone::Bad,
            "Offline",
            "Nothing is lost: what is paid waits and is sent when it is back.",
        ),
        (Presence::Offline, None) => (
            Tone::Busy,
            "Waiting for the first connection",
            "This turns green by itself as soon as the plugin connects.",
        ),
    };
    ServerState {
        status: Status::new(tone, word),
        text: text.to_owned(),
        queue: waiting(queue),
        last_seen: last_seen(standing, app.now()),
        software: server.software.clone(),
        live_url: Some(format!("{}/live", url(member, server.id))),
    }
}

fn connect(app: &App, token: Option<String>) -> Connect {
    Connect {
        hub_url: format!("{}/plugin-hub", app.settings.public_url),
        token,
    }
}

fn command(app: &App, member: &Member, there: bool, command: Command) -> ServerCommand {
    let changed = [command.finished_at, command.sent_at]
        .into_iter()
        .flatten()
        .max();
    ServerCommand {
        status: commands::status(&command, there, app.now()),
        player: command.player.username.to_string(),
        order: format!("#{}", command.order_number),
        order_url: format!("{}/orders/{}", member.base(), command.order),
        when: when::ago(changed.unwrap_or(command.created_at), app.now()),
        output: command
            .output
            .or(command.last_error)
            .filter(|it| !it.trim().is_empty()),
        text: command.text,
    }
}

fn url(member: &Member, id: ServerId) -> String {
    format!("{}/servers/{id}", member.base())
}
