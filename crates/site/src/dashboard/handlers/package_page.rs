//! The page of the package editor: what was typed, with its choices and what is wrong with it.

use std::collections::HashSet;

use tradepost_app::App;
use tradepost_app::packages::{CommandInput, PackageInput, Surroundings};
use tradepost_model::fields::FieldErrors;
use tradepost_model::packages::{Package, PackageKind};
use tradepost_model::templates::VARIABLES;

use super::package_form::{field, sentence};
use super::package_sample::Sample;
use super::{Member, package_extras};
use crate::dashboard::{CommandRow, PackageEditor, Section};
use crate::view::{Choice, Field, Notice};

/// Fields that have a place for their error on the page; what else is wrong is told above.
const PLACED: [&str; 10] = [
    "name",
    "description",
    "category",
    "newCategory",
    "imageUrl",
    "price",
    "timedDays",
    "timedHours",
    "globalLimit",
    "perUserLimit",
];

/// What is wrong with what was typed.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    pub(super) fields: FieldErrors,
    pub(super) image: Option<String>,
}

/// What the editor's page is made of, besides what was typed.
pub(super) struct Editor<'a> {
    pub(super) app: &'a App,
    pub(super) member: &'a Member,
    pub(super) around: &'a Surroundings,
    /// The package, where it exists.
    pub(super) known: Option<&'a Package>,
}

impl Editor<'_> {
    pub(super) fn page(&self, typed: &PackageInput, wrong: &Wrong) -> PackageEditor {
        let Self {
            member,
            around,
            known,
            ..
        } = self;
        let store = &member.store;
        let of = |value: &str, label: &str, name: &str| field(value, label, name, &wrong.fields);
        let mut shell = member.shell(Section::Packages);
        shell.notice = unplaced(&wrong.fields).or(shell.notice);
        let address = known.map_or_else(|| "new".to_owned(), |package| package.id.to_string());
        let server = |server: &tradepost_model::servers::Server| {
            Choice::new(&server.id.to_string(), &server.name)
        };
        let rows = typed.commands.iter().enumerate();
        let sample = self.sample(typed);
        PackageEditor {
            shell,
            action_url: format!("{}/packages/{address}", member.base()),
            new: known.is_none(),
            shop_url: known
                .filter(|package| package.is_active)
                .map(|package| format!("{}/package/{}", member.shop(), package.slug)),
            name: of(&typed.name, "name", "name"),
            description: of(&typed.description, "description", "description"),
            category: of(&typed.category, "category", "category"),
            categories: std::iter::once(Choice::new("", "No category"))
                .chain(
                    around
                        .categories
                        .iter()
                        .map(|it| Choice::new(&it.id.to_string(), &it.name)),
                )
                .collect(),
            new_category: of(&typed.new_category, "new category", "newCategory"),
            image_url: of(&typed.image_url, "image address", "imageUrl"),
            image_error: wrong.image.clone(),
            price: of(&typed.price, "price", "price"),
            currency: store.currency.code().to_owned(),
            extras: known.and_then(package_extras::tell),
            can_be_timed: known.is_none_or(|package| {
                matches!(
                    package.kind,
                    PackageKind::OneTime | PackageKind::Timed { .. }
                )
            }),
            timed_days: of(&typed.timed_days, "days", "timedDays"),
            timed_hours: of(&typed.timed_hours, "hours", "timedHours"),
            timed_note: timed_note(typed),
            commands: rows
                .map(|(place, row)| command_row(place, row, &wrong.fields, &sample))
                .collect(),
            types: CommandRow::types(),
            targets: [
                Choice::new("all", "All servers"),
                Choice::new("customerChoice", "The server the customer chooses"),
            ]
            .into_iter()
            .chain(around.servers.iter().map(server))
            .collect(),
            variables: variables(),
            servers: around
                .servers
                .iter()
                .map(server)
                .map(|choice| {
                    let chosen = typed.servers.contains(&choice.value);
                    choice.chosen(chosen)
                })
                .collect(),
            total_limit: of(&typed.global_limit, "limit", "globalLimit"),
            player_limit: of(&typed.per_user_limit, "limit", "perUserLimit"),
            active: typed.is_active,
            server_choice: typed.server_selection,
            preview: self.preview(typed),
            accent: store.accent.clone(),
        }
    }
}

/// A row of commands as it was typed, with what is wrong with it, or its text for a sample player.
pub(super) fn command_row(
    place: usize,
    row: &CommandInput,
    errors: &FieldErrors,
    sample: &Sample<'_>,
) -> CommandRow {
    let of = |value: &str, label: &str, name: &str| -> Field {
        let name = format!("commands[{place}].{name}");
        field(value, label, &name, errors)
    };
    let template = of(&row.template, "command", "template");
    let told = template.error.is_some() || row.template.trim().is_empty();
    CommandRow {
        dry_run: (!told).then(|| sample.dry_run(row)),
        template,
        kind: of(&row.kind, "occasion", "kind"),
        target: of(&row.target, "server", "target"),
        execute: of(&row.execute, "choice", "execute"),
        delay: of(&row.delay, "delay", "delay"),
        slots: of(&row.slots, "number of slots", "slots"),
        per: of(&row.run_per, "choice", "runPer"),
    }
}

/// The variables by their usual names.
pub(super) fn variables() -> Vec<(String, String)> {
    let mut known = HashSet::new();
    let usual = VARIABLES
        .iter()
        .filter(|(_, variable, _)| known.insert(*variable));
    usual
        .map(|(name, _, means)| (format!("{{{name}}}"), (*means).to_owned()))
        .collect()
}

/// Goods for a time that nothing ends, or an end that never comes.
fn timed_note(typed: &PackageInput) -> Option<String> {
    let some = |text: &str| !text.trim().trim_matches('0').is_empty();
    let timed = some(&typed.timed_days) || some(&typed.timed_hours);
    let gives = typed.commands.iter().any(|it| it.kind == "initial");
    let ends = typed.commands.iter().any(|it| it.kind == "expiry");
    match (timed, gives, ends) {
        (true, true, false) => Some(
            "Nothing takes it away when its time is over. Add a command for \"When its time is over\".",
        ),
        (false, _, true) => Some(
            "A command waits for its time to be over, but it is bought for ever. Set days or hours.",
        ),
        _ => None,
    }
    .map(str::to_owned)
}

fn unplaced(errors: &FieldErrors) -> Option<Notice> {
    let placed = |field: &str| PLACED.contains(&field) || field.starts_with("commands[");
    let rest: Vec<_> = errors
        .0
        .iter()
        .filter(|error| !placed(&error.field))
        .map(|error| match error.field.as_str() {
            "commands" => sentence("number of commands", &error.reason),
            "servers" => sentence("list of servers", &error.reason),
            _ => sentence("form", &error.reason),
        })
        .collect();
    (!rest.is_empty()).then(|| Notice::bad(&rest.join(" ")))
}
