//! Commands that run once for every order.

use askama::Template;

use super::package_editor::CommandRow;
use super::shell::{Section, Shell};
use crate::view::{Choice, Field, FieldError, Sample};

/// `GET {base}/global-commands`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/global_commands.html")]
pub struct GlobalCommands {
    /// The frame.
    pub shell: Shell,
    /// Where the form posts to.
    pub action_url: String,
    /// The command rows, in order.
    pub commands: Vec<CommandRow>,
    /// Options of `type`.
    pub types: Vec<Choice>,
    /// Options of `target`: servers, "all".
    pub targets: Vec<Choice>,
    /// The variables a template may use: `{player}` and what it stands for.
    pub variables: Vec<(String, String)>,
    /// Whether the reader may change them.
    pub may_edit: bool,
}

impl GlobalCommands {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        CommandRow::errors(&self.commands)
    }

    /// Whether a command says how often it runs for several: here it runs once per order.
    const WITH_PER: bool = false;
}

impl Sample for GlobalCommands {
    fn sample() -> Self {
        let mut thanks = CommandRow::empty();
        thanks.template = Field::new("broadcast {player} supports the server!");
        thanks.dry_run =
            Some("For Steve on Survival: broadcast Steve supports the server!".to_owned());
        let editor = super::PackageEditor::sample();
        Self {
            shell: Shell::sample(Section::GlobalCommands),
            action_url: "/dashboard/demo/global-commands".to_owned(),
            commands: vec![thanks],
            types: CommandRow::types()
                .into_iter()
                .filter(|choice| ["initial", "renewal", "refund"].contains(&&*choice.value))
                .collect(),
            targets: vec![
                Choice::new("all", "All servers"),
                Choice::new("s1", "Survival"),
                Choice::new("s2", "Skyblock"),
            ],
            variables: editor.variables,
            may_edit: true,
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut empty = usual.clone();
        empty.commands.clear();
        let mut errors = usual.clone();
        errors.commands[0].template = Field::refused(
            "broadcast {plyer}",
            "There is no variable {plyer}. Did you mean {player}?",
        );
        errors.commands[0].dry_run = None;
        let mut looker = usual.clone();
        looker.may_edit = false;
        vec![
            ("usual", usual),
            ("empty", empty),
            ("errors", errors),
            ("only-looking", looker),
        ]
    }
}
