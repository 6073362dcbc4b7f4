//! The rules of a package's delivery commands.

use crate::commands::CommandType;
use crate::fields::FieldErrors;
use crate::ids::{PackageCommandId, ServerId};
use crate::templates::Template;

use super::apply::{known, whole};
use super::draft::CommandDraft;
use super::{Execute, MAX_COMMANDS, MAX_DELAY, MAX_SLOTS, Package, PackageCommand, RunPer, Target};

/// Checks the commands of a package, and gives them in their order.
pub(super) fn check(
    package: &Package,
    drafts: &[CommandDraft],
    servers: &[ServerId],
    new_id: &mut dyn FnMut() -> PackageCommandId,
    errors: &mut FieldErrors,
) -> Vec<PackageCommand> {
    if drafts.len() > MAX_COMMANDS {
        errors.add("commands", format!("must be at most {MAX_COMMANDS}"));
    }
    let is_declared = |name: &str| package.inputs.iter().any(|input| input.name == name);
    let mut commands = Vec::with_capacity(drafts.len());
    for (place, draft) in (0_i64..).zip(drafts) {
        let at = format!("commands[{place}]");
        let command = draft.check(&at, servers, is_declared, new_id, errors);
        if draft.target.as_deref() == Some("customerChoice") && !package.server_selection {
            errors.add(
                format!("{at}.target"),
                "needs the customer to choose the server (userServerSelectionEnabled)",
            );
        }
        commands.extend(command.map(|command| (draft.sort_order.unwrap_or(place), command)));
    }
    commands.sort_by_key(|(place, _)| *place);
    commands.into_iter().map(|(_, command)| command).collect()
}

/// Checks that the commands there are still fit a package that has changed around them.
pub(super) fn still_fit(
    package: &Package,
    commands: &[PackageCommand],
    asks_anew: bool,
    errors: &mut FieldErrors,
) {
    let chooses = |command: &PackageCommand| command.target == Target::CustomerChoice;
    if !package.server_selection && commands.iter().any(chooses) {
        errors.add(
            "userServerSelectionEnabled",
            "must be true: a command runs on the server the customer chooses",
        );
    }
    if !asks_anew {
        return;
    }
    for name in commands.iter().flat_map(|it| it.template.inputs()) {
        if !package.inputs.iter().any(|input| input.name == name) {
            let reason = format!("must have {name:?}: a command uses {{input.{name}}}");
            errors.add("inputs", reason);
        }
    }
}

impl CommandDraft {
    /// Checks one command; its fields are named after `at`. `is_declared` knows the inputs it can use.
    pub fn check(
        &self,
        at: &str,
        servers: &[ServerId],
        is_declared: impl Fn(&str) -> bool,
        new_id: &mut dyn FnMut() -> PackageCommandId,
        errors: &mut FieldErrors,
    ) -> Option<PackageCommand> {
        let field = |name: &str| format!("{at}.{name}");
        let template = Template::with_inputs(&self.template, is_declared);
        let template = errors.check(&field("template"), template);
        let kind = self.kind.as_deref().unwrap_or("initial");
        let kind = choice(errors, &field("type"), CommandType::parse(kind));
        let target = match self.target.as_deref().unwrap_or("all") {
            "all" => Some(Target::All),
            "customerChoice" => Some(Target::CustomerChoice),
            id => known(id, servers).ok().map(Target::Server),
        };
        let target = choice(errors, &field("target"), target);
        let execute = self.execute.as_deref().unwrap_or("always");
        let execute = choice(errors, &field("execute"), Execute::parse(execute));
        let run_per = self.run_per.as_deref().unwrap_or("unit");
        let run_per = choice(errors, &field("runPer"), RunPer::parse(run_per));
        let mut number = |name: &str, value: Option<i64>, max: u32| {
            let value = whole(value.unwrap_or(0), 0, i64::from(max));
            errors.check(&field(name), value)
        };
        let delay_seconds = number("delaySeconds", self.delay_seconds, MAX_DELAY);
        let required_slots = number("requiredSlots", self.required_slots, MAX_SLOTS);
        Some(PackageCommand {
            id: new_id(),
            template: template?,
            kind: kind?,
            target: target?,
            execute: execute?,
            delay_seconds: delay_seconds?,
            required_slots: required_slots?,
            run_per: run_per?,
        })
    }
}

fn choice<T>(errors: &mut FieldErrors, field: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        errors.add(field, "is not one of the choices");
    }
    value
}
