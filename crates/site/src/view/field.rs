//! Form fields that keep what was typed.

/// What stands in a field and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// The text as it was typed.
    pub value: String,
    /// A sentence that says what to change, if something is wrong.
    pub error: Option<String>,
}

impl Field {
    /// A field with a value and no error.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            error: None,
        }
    }

    /// A field with a value that was refused.
    #[must_use]
    pub fn refused(value: &str, error: &str) -> Self {
        Self {
            value: value.to_owned(),
            error: Some(error.to_owned()),
        }
    }
}

/// One option of a select, a radio group or a list of check boxes.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The value that is sent.
    pub value: String,
    /// The words that are shown.
    pub label: String,
    /// Whether it is chosen. Selects that compare with a [`Field`] ignore it.
    pub chosen: bool,
}

impl Choice {
    /// An option that is not chosen.
    #[must_use]
    pub fn new(value: &str, label: &str) -> Self {
        Self {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: false,
        }
    }

    /// The same option, chosen or not.
    #[must_use]
    pub fn chosen(mut self, chosen: bool) -> Self {
        self.chosen = chosen;
        self
    }
}

/// One line of an error summary: a link to the field and its sentence.
#[derive(Debug, Clone)]
pub struct FieldError {
    /// `id` of the field.
    pub id: String,
    /// The sentence beside that field.
    pub text: String,
}

impl FieldError {
    /// The errors among `fields`, in order.
    #[must_use]
    pub fn collect(fields: &[(&str, &Field)]) -> Vec<Self> {
        fields
            .iter()
            .filter_map(|(id, field)| {
                let text = field.error.clone()?;
                Some(Self {
                    id: (*id).to_owned(),
                    text,
                })
            })
            .collect()
    }
}
