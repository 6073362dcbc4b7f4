//! The form of the package editor: what was typed, and the page that shows it again.

use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_model::fields::FieldErrors;
use tradepost_model::packages::{MAX_COMMANDS, Package, PackageCommand, Target};

use crate::view::Field;
use crate::web::CheckedForm;

/// More rows than a package may have are not read.
const ROWS: usize = MAX_COMMANDS + 1;

/// What a button of the editor asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Save,
    /// Show the form again, with its commands changed in this way.
    Again(Edit),
}

/// A change of the command rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Add,
    Remove(usize),
    Up(usize),
    Down(usize),
    /// Only the final texts are asked for.
    Nothing,
}

impl Action {
    pub(super) fn of(form: &CheckedForm) -> Self {
        Self::parse(form.get("action"))
    }

    fn parse(action: &str) -> Self {
        let (word, row) = action.split_once(':').unwrap_or((action, ""));
        match (word, row.parse()) {
            ("save" | "", _) => Self::Save,
            ("add-command", _) => Self::Again(Edit::Add),
            ("remove-command", Ok(row)) => Self::Again(Edit::Remove(row)),
            ("move-up", Ok(row)) => Self::Again(Edit::Up(row)),
            ("move-down", Ok(row)) => Self::Again(Edit::Down(row)),
            _ => Self::Again(Edit::Nothing),
        }
    }
}

impl Edit {
    /// Changes the rows. A row that is not there stays away.
    pub(super) fn apply(self, rows: &mut Vec<CommandInput>) {
        let last = rows.len();
        match self {
            Self::Add => rows.push(new_row()),
            Self::Remove(row) if row < last => {
                rows.remove(row);
            }
            Self::Up(row) if row > 0 && row < last => rows.swap(row, row - 1),
            Self::Down(row) if row < last.saturating_sub(1) => rows.swap(row, row + 1),
            Self::Remove(_) | Self::Up(_) | Self::Down(_) | Self::Nothing => {}
        }
    }
}

/// Reads what was typed. The place of the package in the shop is no field of the form.
pub(super) fn read(form: &CheckedForm, sort_order: &str) -> PackageInput {
    let get = |name: &str| form.get(name).to_owned();
    PackageInput {
        name: get("name"),
        description: get("description"),
        category: get("category"),
        new_category: get("new_category"),
        image_url: get("image_url"),
        price: get("price"),
        timed_days: get("timed_days"),
        timed_hours: get("timed_hours"),
        global_limit: get("total_limit"),
        per_user_limit: get("player_limit"),
        sort_order: sort_order.to_owned(),
        is_active: form.has("active"),
        server_selection: form.has("server_choice"),
        servers: form.all("servers").map(str::to_owned).collect(),
        commands: read_rows(form),
    }
}

/// Reads the command rows as they were typed.
pub(super) fn read_rows(form: &CheckedForm) -> Vec<CommandInput> {
    let rows = form.get("commands").parse::<usize>().unwrap_or(0).min(ROWS);
    (0..rows).map(|row| read_row(form, row)).collect()
}

/// A package as it would have been typed.
pub(super) fn of_package(package: &Package, commands: &[PackageCommand]) -> PackageInput {
    let limit = |limit: Option<u32>| limit.map(|it| it.to_string()).unwrap_or_default();
    let part = |part: Option<u32>| limit(part.filter(|it| *it > 0));
    PackageInput {
        name: package.name.clone(),
        description: package.description.clone(),
        category: package
            .category
            .map(|id| id.to_string())
            .unwrap_or_default(),
        new_category: String::new(),
        image_url: package.image_url.clone().unwrap_or_default(),
        price: package.price.decimal(),
        timed_days: part(package.timed_hours().map(|hours| hours / 24)),
        timed_hours: part(package.timed_hours().map(|hours| hours % 24)),
        global_limit: limit(package.global_limit),
        per_user_limit: limit(package.per_user_limit),
        sort_order: package.sort_order.to_string(),
        is_active: package.is_active,
        server_selection: package.server_selection,
        servers: package.servers.iter().map(ToString::to_string).collect(),
        commands: commands.iter().map(of_command).collect(),
    }
}

/// A package that nothing was typed for yet.
pub(super) fn blank() -> PackageInput {
    PackageInput {
        is_active: true,
        ..PackageInput::default()
    }
}

/// What stands in a field, with what is wrong about it.
pub(super) fn field(value: &str, label: &str, name: &str, errors: &FieldErrors) -> Field {
    Field {
        value: value.to_owned(),
        error: errors.of(name).map(|reason| sentence(label, reason)),
    }
}

/// "The name must not be empty." A reason that is a sentence of its own stays one.
pub(super) fn sentence(label: &str, reason: &str) -> String {
    let verbs = ["must", "does", "is", "has", "needs", "names"];
    let first = reason.split(' ').next().unwrap_or_default();
    if verbs.contains(&first) {
        return format!("The {label} {reason}.");
    }
    let mut letters = reason.chars();
    let capital: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{capital}{}.", letters.as_str())
}

fn new_row() -> CommandInput {
    CommandInput {
        template: String::new(),
        kind: "initial".to_owned(),
        target: "all".to_owned(),
        execute: "always".to_owned(),
        delay: "0".to_owned(),
        slots: "0".to_owned(),
        run_per: "unit".to_owned(),
    }
}

fn read_row(form: &CheckedForm, row: usize) -> CommandInput {
    let get = |name: &str| form.get(&format!("command-{row}-{name}")).to_owned();
    CommandInput {
        template: get("template"),
        kind: get("type"),
        target: get("target"),
        execute: get("execute"),
        delay: get("delay"),
        slots: get("slots"),
        run_per: get("per"),
    }
}

pub(super) fn of_command(command: &PackageCommand) -> CommandInput {
    let target = match command.target {
        Target::All => "all".to_owned(),
        Target::CustomerChoice => "customerChoice".to_owned(),
        Target::Server(id) => id.to_string(),
    };
    CommandInput {
        template: command.template.source().to_owned(),
        kind: command.kind.word().to_owned(),
        target,
        execute: command.execute.word().to_owned(),
        delay: command.delay_seconds.to_string(),
        slots: command.required_slots.to_string(),
        run_per: command.run_per.word().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_move_and_stay_within_the_list() {
        let mut rows: Vec<_> = ["a", "b", "c"]
            .map(|text| CommandInput {
                template: text.to_owned(),
                ..new_row()
            })
            .to_vec();
        for action in [
            "move-up:2",
            "move-down:0",
            "move-up:0",
            "move-down:2",
            "remove-command:9",
            "move-up:x",
        ] {
            match Action::parse(action) {
                Action::Again(edit) => edit.apply(&mut rows),
                Action::Save => panic!("{action}"),
            }
        }
        let order: String = rows.iter().map(|row| row.template.as_str()).collect();
        assert_eq!(order, "cab");
    }

    #[test]
    fn reasons_become_sentences() {
        assert_eq!(
            sentence("name", "must not be empty"),
            "The name must not be empty."
        );
        assert_eq!(
            sentence("price", "the amount is too large"),
            "The amount is too large."
        );
    }
}
