//! Errors of input, by field: all that is wrong is told at once.

use std::fmt;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's public name, e.g. `customer.playerUsername` or `items[0].quantity`.
    pub field: String,
    /// What is wrong and how to mend it, e.g. `must be at most 100`.
    pub reason: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.field, self.reason)
        }
    }
}

/// A member of a change: left out, set to null, or given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// It was left out: nothing changes.
    #[default]
    Absent,
    /// It was null: the field is cleared.
    Null,
    /// It was given.
    Value(T),
}

impl<T> Given<T> {
    /// The value, where there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The same of what is made from the value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Null => Given::Null,
            Self::Value(value) => Given::Value(make(value)),
        }
    }

    /// Whether something new can be made with it: it was not left out; notes an error where it was.
    pub fn require(&self, field: &str, errors: &mut FieldErrors) -> bool {
        let was_given = !matches!(self, Self::Absent);
        if !was_given {
            errors.add(field, "is required");
        }
        was_given
    }

    /// Changes a field that can be empty.
    pub fn clear_or_set(self, slot: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *slot = None,
            Self::Value(value) => *slot = Some(value),
        }
    }

    /// Changes a field that can be empty and is of a type made from what was given, such as an id.
    pub fn clear_or_set_as<U: From<T>>(self, slot: &mut Option<U>) {
        match self {
            Self::Absent => {}
            Self::Null => *slot = None,
            Self::Value(value) => *slot = Some(value.into()),
        }
    }

    /// Changes a field that always has a value; notes an error where it was null.
    pub fn set(self, slot: &mut T, field: &str, errors: &mut FieldErrors) {
        match self {
            Self::Absent => {}
            Self::Null => errors.add(field, "cannot be null"),
            Self::Value(value) => *slot = value,
        }
    }

    /// Checks the value, where there is one; notes an error where it does not fit, which leaves the field as
    /// it was.
    pub fn check<U, E: fmt::Display>(
        self,
        field: &str,
        errors: &mut FieldErrors,
        check: impl FnOnce(T) -> Result<U, E>,
    ) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Null => Given::Null,
            Self::Value(value) => errors
                .check(field, check(value))
                .map_or(Given::Absent, Given::Value),
        }
    }
}

/// Collects field errors, so that the sender hears of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// Notes one error.
    pub fn add(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.0.push(FieldError {
            field: field.into(),
            reason: reason.into(),
        });
    }

    /// Keeps the value, or notes the error and gives `None`.
    pub fn check<T, E: fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(field, error.to_string());
                None
            }
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` where nothing is wrong.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The first reason given for a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.reason.as_str())
    }
}
