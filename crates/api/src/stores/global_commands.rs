//! `/global-commands`

use axum::extract::State;
use serde::Serialize;
use tradepost_app::packages::CommandInput;
use tradepost_app::{Actor, App, Error, global_commands};
use tradepost_model::fields::FieldErrors;
use tradepost_model::packages::{PackageCommand, Target};

use super::Caller;
use crate::body::{Body, Fields};
use crate::envelope::{Failure, Success};

/// What the operation calls a field, and what the API calls it.
const NAMES: [(&str, &str); 3] = [
    (".kind", ".type"),
    (".delay", ".delaySeconds"),
    (".slots", ".requiredSlots"),
];

#[derive(Serialize)]
pub(super) struct GlobalCommandsView {
    commands: Vec<GlobalCommandView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GlobalCommandView {
    id: String,
    template: String,
    #[serde(rename = "type")]
    kind: &'static str,
    target: String,
    execute: &'static str,
    delay_seconds: u32,
    required_slots: u32,
}

pub(super) async fn list(
    State(app): State<App>,
    Caller(actor): Caller,
) -> Result<Success<GlobalCommandsView>, Failure> {
    all(&app, &actor).await
}

pub(super) async fn save(
    State(app): State<App>,
    Caller(actor): Caller,
    Body(mut body): Body,
) -> Result<Success<GlobalCommandsView>, Failure> {
    let mut errors = FieldErrors::default();
    let commands = body.objects(&mut errors, "commands");
    let inputs: Vec<_> = commands
        .into_iter()
        .map(|command| input(command, &mut errors))
        .collect();
    body.finish(&mut errors);
    errors.into_result().map_err(Error::from)?;
    let saved = global_commands::save(&app, &actor, &inputs).await;
    saved.map_err(renamed)?;
    all(&app, &actor).await
}

async fn all(app: &App, actor: &Actor) -> Result<Success<GlobalCommandsView>, Failure> {
    let commands = global_commands::list(app, actor).await?;
    let commands = commands.into_iter().map(view).collect();
    Ok(Success(GlobalCommandsView { commands }))
}

fn input(mut command: Fields, errors: &mut FieldErrors) -> CommandInput {
    let mut number = |name: &str| {
        let number = command.optional::<u32>(errors, name, "a whole number");
        number.map(|number| number.to_string()).unwrap_or_default()
    };
    let (delay, slots) = (number("delaySeconds"), number("requiredSlots"));
    let mut text = |name: &str| command.required::<String>(errors, name, "a text");
    let (template, kind, target) = (text("template"), text("type"), text("target"));
    let execute = command.text(errors, "execute");
    command.finish(errors);
    CommandInput {
        template: template.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
        target: target.unwrap_or_default(),
        execute: execute.unwrap_or_else(|| "always".to_owned()),
        delay,
        slots,
        run_per: String::new(),
    }
}

fn renamed(error: Error) -> Error {
    let Error::Invalid(mut errors) = error else {
        return error;
    };
    for error in &mut errors.0 {
        for (ours, theirs) in NAMES {
            if let Some(start) = error.field.strip_suffix(ours) {
                error.field = format!("{start}{theirs}");
            }
        }
    }
    Error::Invalid(errors)
}

fn view(command: PackageCommand) -> GlobalCommandView {
    let PackageCommand {
        id,
        template,
        kind,
        target,
        execute,
        delay_seconds,
        required_slots,
        run_per: _,
    } = command;
    GlobalCommandView {
        id: id.to_string(),
        template: template.source().to_owned(),
        kind: kind.word(),
        target: match target {
            Target::Server(server) => server.to_string(),
            Target::All | Target::CustomerChoice => "all".to_owned(),
        },
        execute: execute.word(),
        delay_seconds,
        required_slots,
    }
}
