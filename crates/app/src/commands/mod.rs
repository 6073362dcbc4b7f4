//! Commands as staff see and handle them: every one can be found with its history, sent again, taken
//! back, and changed until it is sent. Each step is noted with the name of who did it.

mod add;
mod change;

use std::collections::HashMap;

use tradepost_db::staff_commands as db;
use tradepost_db::{Conn, servers, users};
use tradepost_model::commands::{Command, Transition};
use tradepost_model::ids::{CommandId, ServerId, StoreId, UserId};
use tradepost_model::permissions::{Access, Area};

use crate::{Actor, App, Error, Result};

pub use add::{NewCommand, add};
pub use change::{Edit, cancel, edit, resend};
pub use db::Filter;

/// Where counting stops.
pub const MOST_COUNTED: usize = 10_000;

/// A command in a list.
#[derive(Clone, Debug)]
pub struct ListedCommand {
    /// The command, with its player and its order's number.
    pub command: Command,
    /// The name of its server.
    pub server_name: String,
}

/// A command with its history.
#[derive(Clone, Debug)]
pub struct CommandDetails {
    /// The command.
    pub command: Command,
    /// The name of its server.
    pub server_name: String,
    /// Its history, oldest first.
    pub steps: Vec<Transition>,
}

/// Commands, newest first.
#[derive(Clone, Debug)]
pub struct CommandPage {
    /// This page of them.
    pub commands: Vec<ListedCommand>,
    /// How many there are, up to [`MOST_COUNTED`]; `None` where the page was asked for by its place.
    pub total: Option<usize>,
    /// Whether there are more than were counted.
    pub capped: bool,
    /// Whether more follow.
    pub more: bool,
}

/// Commands from a place on, newest first: with `filter.before` the next `take` behind that one,
/// without counting; else `skip` are left out and all are counted.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: Filter,
    skip: usize,
    take: usize,
) -> Result<CommandPage> {
    actor.require(Area::Commands, Access::View)?;
    let store = actor.store;
    app.scan(async move |conn| {
        let counts = filter.before.is_none();
        let limit = if counts { MOST_COUNTED + 1 } else { take + 1 };
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let ids = db::ids(conn, store, &filter, limit).await?;
        let skip = if counts { skip } else { 0 };
        let names = server_names(conn, store).await?;
        let mut commands = Vec::with_capacity(take.min(ids.len()));
        for id in ids.iter().skip(skip).take(take) {
            if let Some(command) = db::find(conn, store, *id).await? {
                let server_name = names.get(&command.server).cloned().unwrap_or_default();
                commands.push(ListedCommand {
                    command,
                    server_name,
                });
            }
        }
        Ok(CommandPage {
            commands,
            total: counts.then(|| ids.len().min(MOST_COUNTED)),
            capped: counts && ids.len() > MOST_COUNTED,
            more: ids.len() > skip.saturating_add(take),
        })
    })
    .await
}

/// A command with its history. Errors: no such command.
pub async fn find(app: &App, actor: &Actor, command: CommandId) -> Result<CommandDetails> {
    may_look(actor)?;
    let store = actor.store;
    let found = app
        .read(async move |conn| {
            let Some(command) = db::find(conn, store, command).await? else {
                return Ok(None);
            };
            let server = servers::find(conn, store, command.server).await?;
            Ok(Some(CommandDetails {
                server_name: server.map(|server| server.name).unwrap_or_default(),
                steps: db::steps(conn, store, command.id).await?,
                command,
            }))
        })
        .await?;
    found.ok_or(Error::NotFound("command"))
}

/// Errors: an actor who may neither see nor change commands; who changes one sees it.
pub(crate) fn may_look(actor: &Actor) -> Result<()> {
    if actor.may(Area::Commands, Access::Edit) {
        return Ok(());
    }
    actor.require(Area::Commands, Access::View)
}

/// The names of a store's servers.
pub(crate) async fn server_names(
    conn: &mut Conn,
    store: StoreId,
) -> Result<HashMap<ServerId, String>> {
    let servers = servers::list(conn, store).await?;
    Ok(servers.into_iter().map(|it| (it.id, it.name)).collect())
}

/// What histories call who acts.
pub(crate) async fn name_of(conn: &mut Conn, user: Option<UserId>) -> Result<String> {
    let user = match user {
        Some(user) => users::find(conn, user).await?,
        None => None,
    };
    Ok(user.map_or_else(|| "the operator".to_owned(), |user| user.name))
}
