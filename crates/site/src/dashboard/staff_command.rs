//! A command that staff add to an order or change before it is sent.

use askama::Template;

use super::shell::{Section, Shell};
use crate::view::{Choice, Field, FieldError, Sample};

/// `GET {base}/orders/{id}/commands/new` and `{base}/orders/{id}/commands/{command}`; its form posts to
/// the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/staff_command.html")]
pub struct StaffCommand {
    /// The frame.
    pub shell: Shell,
    /// Where the form posts to.
    pub action_url: String,
    /// "#1042".
    pub number: String,
    /// The order.
    pub order_url: String,
    /// Whether it is added; else it is changed.
    pub new: bool,
    /// Who it is for.
    pub player: String,
    /// `text`
    pub text: Field,
    /// `server`; compared with `servers`.
    pub server: Field,
    /// The servers there are.
    pub servers: Vec<Choice>,
    /// `execute`: `always` or `whenOnline`.
    pub execute: Field,
    /// `delay`: seconds.
    pub delay: Field,
    /// `slots`: free slots the player needs.
    pub slots: Field,
    /// The variables the text may use; none where it is final.
    pub variables: Vec<(String, String)>,
}

impl StaffCommand {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[
            ("text", &self.text),
            ("server", &self.server),
            ("execute", &self.execute),
            ("delay", &self.delay),
            ("slots", &self.slots),
        ])
    }

    /// The heading.
    #[must_use]
    pub fn title(&self) -> &'static str {
        if self.new {
            "Add a command"
        } else {
            "Edit the command"
        }
    }
}

impl Sample for StaffCommand {
    fn sample() -> Self {
        Self {
            shell: Shell::sample(Section::Orders),
            action_url: "/dashboard/demo/orders/1042/commands/new".to_owned(),
            number: "#1042".to_owned(),
            order_url: "/dashboard/demo/orders/1042".to_owned(),
            new: true,
            player: "Steve".to_owned(),
            text: Field::default(),
            server: Field::new("s1"),
            servers: vec![Choice::new("s1", "Survival"), Choice::new("s2", "Skyblock")],
            execute: Field::new("always"),
            delay: Field::new("0"),
            slots: Field::new("0"),
            variables: super::PackageEditor::sample().variables,
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let edit = Self {
            new: false,
            text: Field::new("lp user Steve parent add mvp"),
            variables: Vec::new(),
            ..usual.clone()
        };
        let errors = Self {
            text: Field::refused("", "The command must not be empty."),
            delay: Field::refused("soon", "The delay must be a whole number."),
            ..usual.clone()
        };
        vec![("usual", usual), ("edit", edit), ("errors", errors)]
    }
}
