//! Kinds of members: texts, words, switches, times, ids.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tradepost_model::Timestamp;
use tradepost_model::fields::FieldErrors;
use tradepost_model::names;
use uuid::Uuid;

use super::Member;

/// A kind of value: reads it, and describes it.
pub(crate) trait Kind {
    /// What is read.
    type Value;

    /// Reads a value that is not null; `name` is where it is. Notes what does not fit.
    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Self::Value>;

    /// Its JSON schema.
    fn schema(&self) -> Value;
}

/// A kind of value that can also be a parameter after the `?`.
pub(crate) trait Scalar: Kind {
    /// Reads the text of a parameter. Errors: why it does not fit.
    fn parse(&self, text: &str) -> Result<Self::Value, String>;
}

/// Reads a JSON string by what reads a parameter.
fn of_string<K: Scalar>(
    kind: &K,
    raw: &RawValue,
    name: &str,
    errors: &mut FieldErrors,
) -> Option<K::Value> {
    let text = serde_json::from_str::<String>(raw.get());
    let text = errors.check(name, text.map_err(|_| "must be a text"))?;
    errors.check(name, kind.parse(&text))
}

/// A text; see [`text`], [`paragraph`], [`email`].
#[derive(Clone)]
pub(crate) struct Text {
    min: usize,
    max: usize,
    form: Form,
}

#[derive(Clone)]
enum Form {
    Line,
    Verbatim,
    Paragraph,
    Email,
    Pattern {
        pattern: &'static str,
        fits: fn(&str) -> bool,
        what: &'static str,
    },
}

/// A line of text of so many characters, without those that deceive.
pub(crate) fn text(min: usize, max: usize) -> Member<Text> {
    let form = Form::Line;
    Member::new(Text { min, max, form })
}

/// A text of at most so many characters that is looked at by whoever knows what it must be.
pub(crate) fn verbatim(max: usize) -> Member<Text> {
    let (min, form) = (1, Form::Verbatim);
    Member::new(Text { min, max, form })
}

/// A text that may have several lines.
pub(crate) fn paragraph(max: usize) -> Member<Text> {
    let form = Form::Paragraph;
    Member::new(Text { min: 0, max, form })
}

/// An e-mail address.
pub(crate) fn email() -> Member<Text> {
    let form = Form::Email;
    Member::new(Text {
        min: 3,
        max: 254,
        form,
    })
}

impl Member<Text> {
    /// A form that the text must have: as a regular expression, as code, and in words that follow "must".
    pub(crate) fn matching(
        self,
        pattern: &'static str,
        fits: fn(&str) -> bool,
        what: &'static str,
    ) -> Self {
        self.with(|text| {
            text.form = Form::Pattern {
                pattern,
                fits,
                what,
            };
        })
    }
}

impl Kind for Text {
    type Value = String;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<String> {
        of_string(self, raw, name, errors)
    }

    fn schema(&self) -> Value {
        let mut schema = json!({"type": "string", "minLength": self.min, "maxLength": self.max});
        match self.form {
            Form::Email => schema["format"] = json!("email"),
            Form::Pattern { pattern, .. } => schema["pattern"] = json!(pattern),
            Form::Line | Form::Verbatim | Form::Paragraph => {}
        }
        schema
    }
}

impl Scalar for Text {
    fn parse(&self, text: &str) -> Result<String, String> {
        let text = match self.form {
            Form::Verbatim => {
                let (max, count) = (self.max, text.chars().count());
                if text.chars().any(char::is_control) {
                    return Err("must have no control characters".to_owned());
                }
                return match count <= max {
                    true => Ok(text.to_owned()),
                    false => Err(format!(
                        "must have at most {max} characters, this has {count}"
                    )),
                };
            }
            Form::Paragraph => names::paragraph(text, self.max),
            Form::Email => names::email(text),
            Form::Line | Form::Pattern { .. } => names::line(text, self.min, self.max),
        };
        let text = text.map_err(|error| error.to_string())?;
        match self.form {
            Form::Pattern { fits, what, .. } if !fits(&text) => Err(format!("must {what}")),
            _ => Ok(text),
        }
    }
}

/// One of some words; see [`words`].
#[derive(Clone)]
pub(crate) struct Words(pub(super) &'static [&'static str], bool);

/// One of some words.
pub(crate) fn words(words: &'static [&'static str]) -> Member<Words> {
    Member::new(Words(words, false))
}

impl Member<Words> {
    /// In small letters or large ones.
    pub(crate) fn in_any_case(self) -> Self {
        self.with(|words| words.1 = true)
    }
}

impl Kind for Words {
    type Value = String;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<String> {
        of_string(self, raw, name, errors)
    }

    fn schema(&self) -> Value {
        json!({"type": "string", "enum": self.0})
    }
}

impl Scalar for Words {
    fn parse(&self, text: &str) -> Result<String, String> {
        let fits = |word: &&&str| **word == text || (self.1 && word.eq_ignore_ascii_case(text));
        let word = self.0.iter().find(fits);
        word.map(|word| (*word).to_owned())
            .ok_or_else(|| format!("must be one of {}", self.0.join(", ")))
    }
}

/// Yes or no; see [`boolean`].
#[derive(Clone)]
pub(crate) struct Boolean;

/// Yes or no.
pub(crate) fn boolean() -> Member<Boolean> {
    Member::new(Boolean)
}

impl Kind for Boolean {
    type Value = bool;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<bool> {
        errors.check(name, self.parse(raw.get()))
    }

    fn schema(&self) -> Value {
        json!({"type": "boolean"})
    }
}

impl Scalar for Boolean {
    fn parse(&self, text: &str) -> Result<bool, String> {
        text.parse().map_err(|_| "must be true or false".to_owned())
    }
}

/// A time; see [`timestamp`].
#[derive(Clone)]
pub(crate) struct Time;

/// A time of RFC 3339, with its offset.
pub(crate) fn timestamp() -> Member<Time> {
    Member::new(Time)
}

impl Kind for Time {
    type Value = Timestamp;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Timestamp> {
        of_string(self, raw, name, errors)
    }

    fn schema(&self) -> Value {
        json!({"type": "string", "format": "date-time"})
    }
}

impl Scalar for Time {
    fn parse(&self, text: &str) -> Result<Timestamp, String> {
        // The parser takes more than RFC 3339 has, such as the name of a zone in brackets.
        let form = text.len() <= 35
            && text.as_bytes().get(10) == Some(&b'T')
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || b"-:.+TZ".contains(&b));
        let time = text.parse::<Timestamp>().ok().filter(|_| form);
        // The database keeps microseconds.
        time.and_then(|time| Timestamp::from_microsecond(time.as_microsecond()).ok())
            .ok_or_else(|| {
                "must be a time with its offset, such as 2026-11-20T10:00:00Z".to_owned()
            })
    }
}

/// An id; see [`uuid`].
#[derive(Clone)]
pub(crate) struct Id;

/// The id of something.
pub(crate) fn uuid() -> Member<Id> {
    Member::new(Id)
}

impl Kind for Id {
    type Value = Uuid;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Uuid> {
        of_string(self, raw, name, errors)
    }

    fn schema(&self) -> Value {
        json!({"type": "string", "format": "uuid"})
    }
}

impl Scalar for Id {
    fn parse(&self, text: &str) -> Result<Uuid, String> {
        let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        id.ok_or_else(|| "must be an id such as 01931f3c-5a00-7000-8000-000000000001".to_owned())
    }
}
