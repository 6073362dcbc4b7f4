//! The editor of the global commands: what was typed is shown again until it is saved.

use axum::extract::State;
use axum::http::StatusCode;
use tradepost_app::packages::CommandInput;
use tradepost_app::{App, Error, global_commands, servers};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::PackageId;
use tradepost_model::inputs::Inputs;
use tradepost_model::money::Money;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::servers::Server;
use uuid::Uuid;

use super::flash::Flash;
use super::member::if_allowed;
use super::package_form::{self as form, Action, sentence};
use super::package_page::{command_row, variables};
use super::package_sample::Sample;
use super::{Member, Outcome};
use crate::dashboard::{CommandRow, GlobalCommands, Section};
use crate::view::{Choice, Notice};
use crate::web::{CheckedForm, see_other};

pub(super) async fn show(State(app): State<App>, member: Member) -> Outcome {
    let known = global_commands::list(&app, &member.actor).await?;
    let typed: Vec<_> = known.iter().map(form::of_command).collect();
    let page = page(&app, &member, &typed, &FieldErrors::default()).await?;
    Ok(member.page(&page))
}

pub(super) async fn save(State(app): State<App>, member: Member, sent: CheckedForm) -> Outcome {
    member.actor.require(Area::Stores, Access::Edit)?;
    let mut typed = form::read_rows(&sent);
    if let Action::Again(change) = Action::of(&sent) {
        change.apply(&mut typed);
        let page = page(&app, &member, &typed, &FieldErrors::default()).await?;
        return Ok(member.page(&page));
    }
    match global_commands::save(&app, &member.actor, &typed).await {
        Ok(()) => Ok(Flash::Saved.carry(&app, see_other(&url(&member)))),
        Err(Error::Invalid(errors)) => {
            let page = page(&app, &member, &typed, &errors).await?;
            Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    member: &Member,
    typed: &[CommandInput],
    errors: &FieldErrors,
) -> Result<GlobalCommands, Error> {
    let found = if_allowed(servers::list(app, &member.actor).await)?;
    let servers: Vec<_> = found.into_iter().map(|(state, _)| state.server).collect();
    let sample = Sample {
        app,
        servers: &servers,
        paid: Money::zero(member.store.currency),
        package: "VIP",
        package_id: PackageId(Uuid::nil()),
        inputs: Inputs::new(),
    };
    let mut shell = member.shell(Section::GlobalCommands);
    if let Some(reason) = errors.of("commands") {
        shell.notice = Some(Notice::bad(&sentence("number of commands", reason)));
    }
    let server = |server: &Server| Choice::new(&server.id.to_string(), &server.name);
    let kinds = ["initial", "renewal", "refund"];
    let rows = typed.iter().enumerate();
    Ok(GlobalCommands {
        shell,
        action_url: url(member),
        commands: rows
            .map(|(place, row)| command_row(place, row, errors, &sample))
            .collect(),
        types: CommandRow::types()
            .into_iter()
            .filter(|choice| kinds.contains(&&*choice.value))
            .collect(),
        targets: std::iter::once(Choice::new("all", "All servers"))
            .chain(servers.iter().map(server))
            .collect(),
        variables: variables(),
        may_edit: member.actor.may(Area::Stores, Access::Edit),
    })
}

fn url(member: &Member) -> String {
    format!("{}/global-commands", member.base())
}
