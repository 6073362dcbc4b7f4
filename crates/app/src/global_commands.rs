//! The store's global commands, which run once for every order.

use tradepost_db::{global_commands as db, servers};
use tradepost_model::commands::CommandType;
use tradepost_model::fields::FieldErrors;
use tradepost_model::packages::{PackageCommand, Target};
use tradepost_model::permissions::{Access, Area};

use crate::packages::{CommandInput, check_command};
use crate::{Actor, App, Result};

/// How many a store can have.
pub const MAX_GLOBAL_COMMANDS: usize = 20;

/// A store's global commands, in their order.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<PackageCommand>> {
    // Who changes them sees them.
    if !actor.may(Area::Stores, Access::Edit) {
        actor.require(Area::Stores, Access::View)?;
    }
    let store = actor.store;
    app.read(async move |conn| Ok(db::list(conn, store).await?))
        .await
}

/// Replaces a store's global commands. They run once per order, whatever `run_per` says. Errors: every
/// field that does not fit, as `commands[0].template` and so on.
pub async fn save(app: &App, actor: &Actor, inputs: &[CommandInput]) -> Result<()> {
    actor.require(Area::Stores, Access::Edit)?;
    let store = actor.store;
    let servers = app
        .read(async move |conn| Ok(servers::list(conn, store).await?))
        .await?;
    let mut errors = FieldErrors::default();
    if inputs.len() > MAX_GLOBAL_COMMANDS {
        errors.add("commands", format!("must be at most {MAX_GLOBAL_COMMANDS}"));
    }
    let mut commands = Vec::with_capacity(inputs.len());
    for (place, input) in inputs.iter().enumerate() {
        let input = CommandInput {
            run_per: "line".to_owned(),
            ..input.clone()
        };
        let Some(command) = check_command(app, &mut errors, &servers, place, &input) else {
            continue;
        };
        if command.target == Target::CustomerChoice {
            let field = format!("commands[{place}].target");
            errors.add(field, "must be a server or all: an order has no server");
        }
        if matches!(command.kind, CommandType::Expiry | CommandType::Chargeback) {
            let field = format!("commands[{place}].kind");
            errors.add(field, "must be initial, renewal or refund");
        }
        commands.push(command);
    }
    errors.into_result()?;
    app.write(async move |tx| Ok(db::set(tx, store, &commands).await?))
        .await
}
