//! The list of game servers, and adding one.

use askama::Template as _;
use axum::extract::State;
use axum::http::StatusCode;
use tradepost_app::live::Change;
use tradepost_app::servers::{Presence, Queue, ServerState};
use tradepost_app::{App, Error, servers};
use tradepost_model::players::Game;

use super::{Member, Outcome, server};
use crate::dashboard::{NewServer, Section, ServerRow, ServerTable, Servers};
use crate::view::{Choice, Field, Status, Tone};
use crate::web::{CheckedForm, live_fragment, when};

pub(super) async fn list(State(app): State<App>, member: Member) -> Outcome {
    let found = servers::list(&app, &member.actor).await?;
    let page = Servers {
        shell: member.shell(Section::Servers),
        table: table(&app, &member, found),
    };
    Ok(member.page(&page))
}

/// The table again and again, as it changes.
pub(super) async fn live(State(app): State<App>, member: Member) -> Outcome {
    servers::list(&app, &member.actor).await?;
    let store = member.store.id;
    let wants = |change| matches!(change, Change::Server(_));
    let render = {
        let app = app.clone();
        move || {
            let (app, member) = (app.clone(), member.clone());
            async move {
                let actor = member.still(&app).await?;
                let found = servers::list(&app, &actor).await.ok()?;
                table(&app, &member, found).render().ok()
            }
        }
    };
    Ok(live_fragment(&app, store, wants, render))
}

pub(super) async fn blank(member: Member) -> Outcome {
    let game = member.store.game.word();
    Ok(member.page(&form(&member, ["", "", game])))
}

pub(super) async fn create(State(app): State<App>, member: Member, sent: CheckedForm) -> Outcome {
    let typed = ["name", "address", "game"].map(|field| sent.get(field));
    let [name, address, game] = typed;
    match servers::create(&app, &member.actor, name, address, game).await {
        Ok(made) => Ok(server::with_token(&app, &member, made)),
        Err(Error::Invalid(errors)) => {
            let mut page = form(&member, typed);
            for (field, label) in [
                (&mut page.name, "name"),
                (&mut page.address, "address"),
                (&mut page.game, "game"),
            ] {
                field.error = errors
                    .of(label)
                    .map(|reason| format!("The {label} {reason}."));
            }
            Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// The servers as they stand now.
pub(super) fn table(app: &App, member: &Member, servers: Vec<(ServerState, Queue)>) -> ServerTable {
    let row = |(state, queue): (ServerState, Queue)| {
        let now = app.now();
        ServerRow {
            url: format!("{}/servers/{}", member.base(), state.server.id),
            status: status(&state),
            last_seen: last_seen(&state, now),
            queue: waiting(queue),
            name: state.server.name,
            address: state.server.address,
        }
    };
    ServerTable {
        rows: servers.into_iter().map(row).collect(),
        live_url: Some(format!("{}/servers/live", member.base())),
    }
}

/// When a server was last there; nothing while it is.
pub(super) fn last_seen(
    state: &ServerState,
    now: tradepost_model::Timestamp,
) -> Option<crate::view::When> {
    let seen = state.server.last_seen_at.filter(|_| !state.is_there());
    seen.map(|at| when::ago(at, now))
}

/// How many commands wait for a server.
pub(super) fn waiting(queue: Queue) -> u32 {
    let Queue {
        pending,
        delivered,
        awaiting,
    } = queue;
    u32::try_from(pending + delivered + awaiting).unwrap_or(u32::MAX)
}

/// A game in words.
pub(super) fn game_words(game: &str) -> String {
    let known = Game::parse(game).map(label);
    known.unwrap_or(game).to_owned()
}

fn status(state: &ServerState) -> Status {
    match (state.presence, state.server.first_seen_at) {
        (Presence::Online { .. }, _) => Status::new(Tone::Good, "Online"),
        (Presence::Polling { .. }, _) => Status::new(Tone::Good, "Polling"),
        (Presence::Offline, Some(_)) => Status::new(Tone::Bad, "Offline"),
        (Presence::Offline, None) => Status::new(Tone::Calm, "Never connected"),
    }
}

fn form(member: &Member, [name, address, game]: [&str; 3]) -> NewServer {
    NewServer {
        shell: member.shell(Section::Servers),
        name: Field::new(name),
        address: Field::new(address),
        game: Field::new(game),
        games: Game::ALL
            .map(|game| Choice::new(game.word(), label(game)))
            .to_vec(),
    }
}

fn label(game: Game) -> &'static str {
    match game {
        Game::Minecraft => "Minecraft",
        Game::Steam => "A game with Steam players, such as Rust",
        Game::Other => "Another game",
    }
}
