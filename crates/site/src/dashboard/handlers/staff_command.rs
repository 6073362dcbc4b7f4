//! What staff do with the commands of an order: add one, change one that was not sent, send one again,
//! take one back.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use tradepost_app::commands::{self, Edit, NewCommand};
use tradepost_app::orders::{self, Details};
use tradepost_app::{App, Error, servers};
use tradepost_model::commands::Command;
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{CommandId, OrderId, ServerId};
use tradepost_model::packages::Execute;
use tradepost_model::permissions::{Access, Area};

use super::flash::Flash;
use super::member::{CommandOf, Id, if_allowed};
use super::package_form::sentence;
use super::package_page::variables;
use super::{Member, Outcome, order};
use crate::dashboard::{Section, StaffCommand};
use crate::view::{Choice, Field};
use crate::web::{CheckedForm, see_other};

pub(super) async fn blank(State(app): State<App>, member: Member, Id(id): Id<OrderId>) -> Outcome {
    member.actor.require(Area::Commands, Access::Edit)?;
    let details = orders::find(&app, &member.actor, id).await?;
    let page = page(&app, &member, &details, None).await?;
    Ok(member.page(&page))
}

pub(super) async fn add(
    State(app): State<App>,
    member: Member,
    Id(id): Id<OrderId>,
    sent: CheckedForm,
) -> Outcome {
    member.actor.require(Area::Commands, Access::Edit)?;
    let mut errors = FieldErrors::default();
    let typed = Typed::read(&sent, &mut errors);
    let done = match typed {
        Some(typed) if errors.is_empty() => {
            let new = NewCommand {
                server: typed.server,
                text: sent.get("text").to_owned(),
                kind: None,
                require_online: typed.require_online,
                required_slots: typed.slots,
                delay_seconds: typed.delay,
                item: None,
            };
            let added = commands::add(&app, &member.actor, id, new).await;
            added.map(|_| Flash::Queued)
        }
        _ => Err(Error::Invalid(errors)),
    };
    finish(&app, &member, id, None, &sent, done).await
}

pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    CommandOf(id, command): CommandOf<OrderId>,
) -> Outcome {
    member.actor.require(Area::Commands, Access::Edit)?;
    let details = orders::find(&app, &member.actor, id).await?;
    let found = of_order(&details, command)?;
    let page = page(&app, &member, &details, Some(&found)).await?;
    Ok(member.page(&page))
}

pub(super) async fn edit(
    State(app): State<App>,
    member: Member,
    CommandOf(id, command): CommandOf<OrderId>,
    sent: CheckedForm,
) -> Outcome {
    member.actor.require(Area::Commands, Access::Edit)?;
    let details = orders::find(&app, &member.actor, id).await?;
    let found = of_order(&details, command)?;
    let mut errors = FieldErrors::default();
    let typed = Typed::read(&sent, &mut errors);
    let done = match typed {
        Some(typed) if errors.is_empty() => {
            // A delay counts from now; an empty one leaves the time as it is.
            let delay = sent.get("delay").trim();
            let after = SignedDuration::from_secs(i64::from(typed.delay));
            let edit = Edit {
                text: Some(sent.get("text").to_owned()),
                require_online: Some(typed.require_online),
                required_slots: Some(typed.slots),
                due_at: (!delay.is_empty()).then(|| app.now() + after),
                server: Some(typed.server),
            };
            let changed = commands::edit(&app, &member.actor, command, edit).await;
            changed.map(|()| Flash::Changed)
        }
        _ => Err(Error::Invalid(errors)),
    };
    finish(&app, &member, id, Some(&found), &sent, done).await
}

pub(super) async fn resend(
    State(app): State<App>,
    member: Member,
    CommandOf(id, command): CommandOf<OrderId>,
    sent: CheckedForm,
) -> Outcome {
    belongs(&app, &member, id, command).await?;
    let done = commands::resend(&app, &member.actor, command).await;
    finish(&app, &member, id, None, &sent, done.map(|()| Flash::Resent)).await
}

pub(super) async fn cancel(
    State(app): State<App>,
    member: Member,
    CommandOf(id, command): CommandOf<OrderId>,
    sent: CheckedForm,
) -> Outcome {
    belongs(&app, &member, id, command).await?;
    let done = commands::cancel(&app, &member.actor, command).await;
    let done = done.map(|()| Flash::Cancelled);
    finish(&app, &member, id, None, &sent, done).await
}

/// What the fields of the form hold, beside the text.
struct Typed {
    server: ServerId,
    require_online: bool,
    delay: u32,
    slots: u32,
}

impl Typed {
    fn read(sent: &CheckedForm, errors: &mut FieldErrors) -> Option<Self> {
        let number = |errors: &mut FieldErrors, name: &str, field: &str| {
            let text = sent.get(name).trim();
            let number = if text.is_empty() {
                Ok(0)
            } else {
                text.parse::<u32>()
            };
            if number.is_err() {
                errors.add(field, "must be a whole number");
            }
            number.ok()
        };
        let slots = number(errors, "slots", "requiredSlots");
        let delay = number(errors, "delay", "delaySeconds");
        let server = sent.get("server").parse().ok();
        if server.is_none() {
            errors.add("serverId", "names a server that does not exist");
        }
        Some(Self {
            server: server?,
            require_online: sent.get("execute") == Execute::WhenOnline.word(),
            delay: delay?,
            slots: slots?,
        })
    }
}

/// To the order, with a word on what happened; or the form again, or the order with what stood in the
/// way.
async fn finish(
    app: &App,
    member: &Member,
    id: OrderId,
    known: Option<&Command>,
    sent: &CheckedForm,
    done: Result<Flash, Error>,
) -> Outcome {
    let order_url = format!("{}/orders/{id}", member.base());
    match done {
        Ok(flash) => Ok(flash.carry(app, see_other(&member.next(sent, &order_url)))),
        Err(Error::Invalid(errors)) => {
            let details = orders::find(app, &member.actor, id).await?;
            let mut page = page(app, member, &details, known).await?;
            for (field, name, label, key) in [
                (&mut page.text, "text", "command", "text"),
                (&mut page.server, "server", "server", "serverId"),
                (&mut page.execute, "execute", "choice", "execute"),
                (&mut page.delay, "delay", "delay", "delaySeconds"),
                (&mut page.slots, "slots", "number of slots", "requiredSlots"),
            ] {
                let due = if key == "delaySeconds" {
                    errors.of("dueAt")
                } else {
                    None
                };
                let reason = errors.of(key).or(due);
                *field = Field {
                    value: sent.get(name).to_owned(),
                    error: reason.map(|reason| sentence(label, reason)),
                };
            }
            Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page))
        }
        Err(Error::Conflict { message, .. }) => order::refused(app, member, id, &message).await,
        Err(error) => Err(error.into()),
    }
}

/// Errors: the command is no command of this order.
async fn belongs(app: &App, member: &Member, id: OrderId, command: CommandId) -> Result<(), Error> {
    member.actor.require(Area::Commands, Access::Edit)?;
    let found = commands::find(app, &member.actor, command).await?;
    let ours = found.command.order == id;
    ours.then_some(()).ok_or(Error::NotFound("command"))
}

fn of_order(details: &Details, command: CommandId) -> Result<Command, Error> {
    let mut views = details.commands.iter();
    let found = views.find(|view| view.command.id == command);
    found
        .map(|view| view.command.clone())
        .ok_or(Error::NotFound("command"))
}

/// The form: for a new command, or for one as it stands.
async fn page(
    app: &App,
    member: &Member,
    details: &Details,
    known: Option<&Command>,
) -> Result<StaffCommand, Error> {
    let order = &details.order;
    let order_url = format!("{}/orders/{}", member.base(), order.id);
    let servers = if_allowed(servers::list(app, &member.actor).await)?;
    let mut choices: Vec<_> = servers
        .iter()
        .map(|(state, _)| Choice::new(&state.server.id.to_string(), &state.server.name))
        .collect();
    // Who may not see the servers still sees those of the order.
    for view in &details.commands {
        let id = view.command.server.to_string();
        if choices.iter().all(|choice| choice.value != id) {
            choices.push(Choice::new(&id, &view.server_name));
        }
    }
    let server = known
        .map(|it| it.server)
        .or_else(|| details.commands.first().map(|view| view.command.server));
    let server = server.map(|id| id.to_string());
    let delay = known.map(|it| it.due_at.as_second() - app.now().as_second());
    let execute = match known {
        Some(it) if it.require_online => Execute::WhenOnline,
        _ => Execute::Always,
    };
    Ok(StaffCommand {
        shell: member.shell(Section::Orders),
        action_url: match known {
            Some(it) => format!("{order_url}/commands/{}", it.id),
            None => format!("{order_url}/commands/new"),
        },
        number: format!("#{}", order.number),
        order_url,
        new: known.is_none(),
        player: order.player.username.to_string(),
        text: Field::new(known.map_or("", |it| &it.text)),
        server: Field::new(&server.unwrap_or_default()),
        servers: choices,
        execute: Field::new(execute.word()),
        delay: Field::new(&delay.unwrap_or(0).max(0).to_string()),
        slots: Field::new(&known.map_or(0, |it| it.required_slots).to_string()),
        variables: variables(),
    })
}
