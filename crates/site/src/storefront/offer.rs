//! What a package's page asks of its buyer, and what many of it cost.

use crate::view::{Choice, Field, FieldError, Money};

/// Something a package asks for, sent under its own name.
#[derive(Debug, Clone)]
pub struct BuyerInput {
    /// `id` of the field.
    pub id: String,
    /// The name it is sent under.
    pub name: String,
    /// What buyers read.
    pub label: String,
    /// What an answer must look like, in words; may be empty.
    pub hint: String,
    /// Whether it must be answered.
    pub required: bool,
    /// How it is asked for.
    pub control: Control,
    /// What was typed.
    pub field: Field,
}

/// How an input is asked for.
#[derive(Debug, Clone)]
pub enum Control {
    /// A line of text.
    Text {
        /// At most so many characters.
        max: Option<u32>,
    },
    /// A whole number.
    Number {
        /// At least this.
        min: Option<i64>,
        /// At most this.
        max: Option<i64>,
    },
    /// One of a few: tiles, or a select where there are many.
    Choice(Vec<Choice>),
}

impl Control {
    /// Whether it is a choice of few enough to show them all.
    #[must_use]
    pub fn few(&self) -> bool {
        matches!(self, Self::Choice(choices) if choices.len() <= 4)
    }
}

/// The buyer's own price, sent as `price`.
#[derive(Debug, Clone)]
pub struct OwnPrice {
    /// What was typed, or what is suggested.
    pub field: Field,
    /// What may be paid, in words.
    pub hint: String,
    /// The currency's code.
    pub currency: String,
}

/// A row of the tiers table.
#[derive(Debug, Clone)]
pub struct TierRow {
    /// "10 or more".
    pub from: String,
    /// What one costs then.
    pub each: Money,
    /// What one would cost without the sale.
    pub was: Option<Money>,
}

impl BuyerInput {
    /// What is wrong with it, for the summary.
    #[must_use]
    pub fn wrong(&self) -> Option<FieldError> {
        let text = self.field.error.as_ref()?;
        Some(FieldError {
            id: self.id.clone(),
            text: format!("{}: {text}", self.label),
        })
    }

    /// Inputs as the samples use them.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let input = |name: &str, label: &str, hint: &str, control| Self {
            id: format!("input-{name}"),
            name: format!("input.{name}"),
            label: label.to_owned(),
            hint: hint.to_owned(),
            required: name != "level",
            control,
            field: Field::default(),
        };
        let colour = |text: &str| Choice::new(text, text);
        vec![
            input(
                "nickname",
                "Nickname",
                "Letters and digits only. 3 to 16 characters.",
                Control::Text { max: Some(16) },
            ),
            input(
                "colour",
                "Colour",
                "",
                Control::Choice(vec![colour("Gold"), colour("Aqua"), colour("Rose")]),
            ),
            input(
                "level",
                "Start at level",
                "A whole number from 1 to 30.",
                Control::Number {
                    min: Some(1),
                    max: Some(30),
                },
            ),
        ]
    }

    /// The same, refused.
    #[must_use]
    pub fn samples_refused() -> Vec<Self> {
        let mut inputs = Self::samples();
        inputs[0].field = Field::refused(
            "a;b",
            "Use plain text: no quotes, no line breaks, no //, none of \\ ; @ $ | < > { }, and no / - ~ or ^ in front of a word.",
        );
        inputs[1].field = Field::refused("", "Choose one of these.");
        inputs[2].field = Field::refused("99", "Enter a number. A whole number from 1 to 30.");
        inputs
    }
}

impl TierRow {
    /// Tiers as the samples use them.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let row = |from: &str, each: &str| Self {
            from: from.to_owned(),
            each: Money::new(each, "EUR"),
            was: None,
        };
        vec![
            row("1 to 9", "1.00"),
            row("10 to 49", "0.80"),
            row("50 or more", "0.65"),
        ]
    }
}
