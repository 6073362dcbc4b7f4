//! The dashboard's form: a package as text, to be shown again where something does not fit. What the form
//! does not show stays as it is. The rules are the same as everywhere.

use tradepost_db::packages as db;
use tradepost_model::fields::{FieldErrors, Given};
use tradepost_model::ids::PackageId;
use tradepost_model::names;
use tradepost_model::packages::{CommandDraft, PackageCommand, PackageDraft, TimedDraft};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::servers::Server;
use tradepost_model::stores::Store;

use super::change::{self, Around};
use crate::{Actor, App, Error, Expect, Result};

/// A delivery command as it was entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandInput {
    /// The template's text.
    pub template: String,
    /// `initial`, `renewal`, ...
    pub kind: String,
    /// `all`, `customerChoice` or a server's id.
    pub target: String,
    /// `always` or `whenOnline`.
    pub execute: String,
    /// Seconds.
    pub delay: String,
    /// Inventory slots.
    pub slots: String,
    /// `unit` or `line`.
    pub run_per: String,
}

/// A package as it was entered: text, to be shown again where something does not fit. Errors name
/// these fields; those of the commands are `commands[0].template` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageInput {
    /// The name.
    pub name: String,
    /// Rich text.
    pub description: String,
    /// The id of a category, or nothing.
    pub category: String,
    /// The name of a category to be made, or nothing.
    pub new_category: String,
    /// `https://...`, `/media/...` or nothing.
    pub image_url: String,
    /// A decimal.
    pub price: String,
    /// A number or nothing.
    pub global_limit: String,
    /// A number or nothing.
    pub per_user_limit: String,
    /// A number.
    pub sort_order: String,
    /// For how long one is bought: a number of days; with no hours either, for ever.
    pub timed_days: String,
    /// And a number of hours.
    pub timed_hours: String,
    /// Whether it can be bought.
    pub is_active: bool,
    /// Whether the buyer chooses the server.
    pub server_selection: bool,
    /// The ids of the servers offered; none = all.
    pub servers: Vec<String>,
    /// The delivery commands.
    pub commands: Vec<CommandInput>,
}

/// Saves a new package, or the one named. Errors: every field that does not fit; no such package.
pub async fn save(
    app: &App,
    actor: &Actor,
    store: &Store,
    package: Option<PackageId>,
    input: &PackageInput,
) -> Result<PackageId> {
    actor.require(Area::Packages, Access::Edit)?;
    let (app_, actor, store, input) = (app.clone(), actor.clone(), store.id, input.clone());
    app.write(async move |tx| {
        let (app, actor) = (&app_, &actor);
        let (mut errors, mut draft) = (FieldErrors::default(), draft_of(&input));
        if let Some(category) = new_category(&input, &mut errors) {
            let id = crate::categories::named(app, tx, store, &category).await?;
            draft.category_id = Given::Value(id.to_string());
        }
        let saved = match package {
            Some(id) => change::update(app, tx, actor, id, draft, &Expect::Any).await,
            None => change::create(app, tx, actor, draft).await,
        };
        match saved {
            Ok((package, _)) => errors
                .into_result()
                .map(|()| package.id)
                .map_err(Error::from),
            Err(error) => Err(as_form_error(error, errors)),
        }
    })
    .await
}

/// Checks everything that was entered for a new package, or the one named. Errors: every field that does
/// not fit; no such package.
pub async fn check(
    app: &App,
    actor: &Actor,
    package: Option<PackageId>,
    input: &PackageInput,
) -> Result<()> {
    actor.require(Area::Packages, Access::Edit)?;
    let (app_, store, input) = (app.clone(), actor.store, input.clone());
    app.read(async move |conn| {
        let app = &app_;
        let around = Around::load(conn, store).await?;
        let (mut found, mut commands) = (around.blank(app), Vec::new());
        if let Some(id) = package {
            let known = db::find(conn, store, id, found.price.currency()).await?;
            found = known.ok_or(Error::NotFound("package"))?;
            commands = db::commands(conn, store, id).await?;
        }
        let (mut errors, mut wrong) = (FieldErrors::default(), FieldErrors::default());
        let draft = draft_of(&input);
        new_category(&input, &mut errors);
        around.lay_over(app, &mut found, &mut commands, draft, &mut wrong);
        errors.0.extend(renamed(wrong).0);
        Ok(errors.into_result()?)
    })
    .await
}

/// Checks the command at a place of the list that was entered for the whole store, by the rules of
/// packages' commands.
pub(crate) fn check_command(
    app: &App,
    errors: &mut FieldErrors,
    servers: &[Server],
    place: usize,
    command: &CommandInput,
) -> Option<PackageCommand> {
    let servers: Vec<_> = servers.iter().map(|server| server.id).collect();
    let at = format!("commands[{place}]");
    let mut wrong = FieldErrors::default();
    let draft = command_draft(command);
    let command = draft.check(&at, &servers, |_| false, &mut || app.id(), &mut wrong);
    errors.0.extend(renamed(wrong).0);
    command
}

fn draft_of(input: &PackageInput) -> PackageDraft {
    let text = |text: &str| match text.trim() {
        "" => Given::Null,
        text => Given::Value(text.to_owned()),
    };
    let limit = |text: &str| number(text).map_or(Given::Null, Given::Value);
    let (days, hours) = (number(&input.timed_days), number(&input.timed_hours));
    let is_timed = [days, hours].into_iter().flatten().any(|it| it != 0);
    PackageDraft {
        name: Given::Value(input.name.clone()),
        description: Given::Value(input.description.clone()),
        price: Given::Value(input.price.trim().to_owned()),
        image_url: text(&input.image_url),
        is_active: Given::Value(input.is_active),
        sort_order: Given::Value(number(&input.sort_order).unwrap_or(0)),
        category_id: text(&input.category),
        server_ids: Given::Value(input.servers.clone()),
        user_server_selection_enabled: Given::Value(input.server_selection),
        timed: match is_timed {
            true => Given::Value(TimedDraft { days, hours }),
            false => Given::Null,
        },
        global_limit: limit(&input.global_limit),
        per_user_limit: limit(&input.per_user_limit),
        commands: Given::Value(input.commands.iter().map(command_draft).collect()),
        ..PackageDraft::default()
    }
}

fn command_draft(input: &CommandInput) -> CommandDraft {
    CommandDraft {
        template: input.template.clone(),
        kind: Some(input.kind.clone()),
        target: Some(input.target.clone()),
        execute: Some(input.execute.clone()),
        delay_seconds: number(&input.delay),
        required_slots: number(&input.slots),
        run_per: Some(input.run_per.clone()),
        sort_order: None,
    }
}

/// A number as it was typed; what is none becomes one that fits nowhere, so that the rule of its field
/// says what would.
fn number(text: &str) -> Option<i64> {
    match text.trim() {
        "" => None,
        text => Some(text.parse().unwrap_or(i64::MIN)),
    }
}

fn new_category(input: &PackageInput, errors: &mut FieldErrors) -> Option<String> {
    let typed = input.new_category.trim();
    if typed.is_empty() {
        return None;
    }
    errors.check("newCategory", names::line(typed, 1, 64))
}

/// What stands in the way of saving, by the form's fields, after what was wrong before.
fn as_form_error(error: Error, mut errors: FieldErrors) -> Error {
    match error {
        Error::Invalid(wrong) => errors.0.extend(renamed(wrong).0),
        Error::Conflict {
            code: "pricing_shape_fixed",
            ..
        } => errors.add(
            "timedDays",
            "customers have bought this package, so whether it is for a time can no longer change",
        ),
        other => return other,
    }
    Error::Invalid(errors)
}

/// The errors of the rules by the names of the form's fields.
fn renamed(mut errors: FieldErrors) -> FieldErrors {
    for error in &mut errors.0 {
        let (field, reason) = (error.field.as_str(), &mut error.reason);
        let ours = match field {
            "categoryId" => {
                reason.push_str(", choose another");
                "category".to_owned()
            }
            "timed" | "timed.days" => "timedDays".to_owned(),
            "timed.hours" => "timedHours".to_owned(),
            _ if field.starts_with("serverIds") => {
                "names a server that does not exist".clone_into(reason);
                "servers".to_owned()
            }
            _ => match field.rsplit_once('.') {
                Some((at, "type")) => format!("{at}.kind"),
                Some((at, "delaySeconds")) => format!("{at}.delay"),
                Some((at, "requiredSlots")) => format!("{at}.slots"),
                Some((_, "target")) if reason.starts_with("needs") => {
                    "needs \"Customers choose the server\" to be on".clone_into(reason);
                    continue;
                }
                _ => continue,
            },
        };
        error.field = ours;
    }
    errors
}
