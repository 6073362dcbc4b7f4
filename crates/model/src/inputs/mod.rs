//! What a buyer is asked for with a package: a colour, a nickname, a number. The answers stand in
//! console commands, so they are typed, and none can end a command or begin another.

use std::collections::BTreeMap;

use crate::names::is_hostile;

/// A buyer's answers, by the names of the inputs. Each has passed [`Input::check`].
pub type Inputs = BTreeMap<String, String>;

/// No answers, where a package asks for nothing.
pub static NONE: Inputs = Inputs::new();

/// How many inputs a package can have.
pub const MAX_INPUTS: usize = 10;
/// The longest answer, in characters.
pub const MAX_LENGTH: usize = 200;
/// The longest pattern, in characters.
pub const MAX_PATTERN: usize = 200;
/// How many choices an input can have.
pub const MAX_CHOICES: usize = 50;
/// With what no word of an answer begins.
const LEADING: [char; 4] = ['/', '-', '~', '^'];
/// What stands for variables or colours in some consoles: in an answer only where the owner's pattern
/// or choices have it.
const SIGNS: [char; 2] = ['%', '&'];
/// Numbers lie between this and its negative.
pub const MAX_NUMBER: i64 = 1_000_000_000_000;

/// Something a buyer is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What templates call it: `{input.<name>}`.
    pub name: String,
    /// What buyers read.
    pub label: String,
    /// What an answer looks like.
    pub kind: InputKind,
    /// Whether it must be answered.
    pub required: bool,
}

/// What an answer looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Safe text.
    Text {
        /// What the whole of it must match.
        pattern: Option<Pattern>,
        /// At least so many characters.
        min: Option<u32>,
        /// At most so many characters.
        max: Option<u32>,
    },
    /// One of these.
    Choice(Vec<String>),
    /// A whole number.
    Number {
        /// At least this.
        min: Option<i64>,
        /// At most this.
        max: Option<i64>,
    },
}

impl InputKind {
    /// The public word, also stored.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Choice(_) => "choice",
            Self::Number { .. } => "number",
        }
    }
}

/// A regular expression that an answer must match from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Accepts an expression that compiles within bounds.
    pub fn parse(text: &str) -> Result<Self, InputError> {
        if text.is_empty() || text.chars().count() > MAX_PATTERN {
            return Err(InputError::Pattern);
        }
        // Alone first: what is none by itself could end the group that anchors it.
        compile(text)?;
        let pattern = Self(text.to_owned());
        pattern.compile()?;
        Ok(pattern)
    }

    /// Trusts an expression that was checked when it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The expression as it was checked.
    pub fn source(&self) -> &str {
        &self.0
    }

    fn compile(&self) -> Result<regex::Regex, InputError> {
        compile(&format!("\\A(?:{})\\z", self.0))
    }

    fn matches(&self, text: &str) -> bool {
        self.compile().is_ok_and(|regex| regex.is_match(text))
    }
}

/// Why an answer, or what is asked, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// Nothing was answered.
    #[error("is required")]
    Required,
    /// Something a console could take for more than text.
    #[error(
        "must be plain text: no line breaks, quotes, // or any of \\ ; @ $ | < > {{ }}, and no word that begins with / - ~ or ^"
    )]
    Unsafe,
    /// Signs that mean something to some consoles, where no pattern asks for them.
    #[error("must not contain % or &")]
    Signs,
    /// Too short.
    #[error("must have at least {0} characters")]
    TooShort(u32),
    /// Too long.
    #[error("must have at most {0} characters")]
    TooLong(u32),
    /// Another form than asked for.
    #[error("does not have the form that is asked for")]
    Form,
    /// None of the choices.
    #[error("must be one of {0}")]
    Choice(String),
    /// No whole number.
    #[error("must be a whole number from {min} to {max}")]
    Number {
        /// At least.
        min: i64,
        /// At most.
        max: i64,
    },
    /// No usable regular expression.
    #[error("must be a regular expression of 1 to {MAX_PATTERN} characters that is quick to match")]
    Pattern,
}

impl Input {
    /// Checks an answer, and gives it in the form that stands in commands; nothing answered is empty
    /// text, where that is allowed.
    pub fn check(&self, raw: &str) -> Result<String, InputError> {
        let text = raw.trim_matches(' ');
        if text.is_empty() {
            return if self.required {
                Err(InputError::Required)
            } else {
                Ok(String::new())
            };
        }
        match &self.kind {
            InputKind::Text { pattern, min, max } => {
                check_length(text, min.unwrap_or(0), *max)?;
                if !is_safe_text(text) {
                    return Err(InputError::Unsafe);
                }
                if pattern
                    .as_ref()
                    .is_some_and(|pattern| !pattern.matches(text))
                {
                    return Err(InputError::Form);
                }
                if pattern.is_none() && text.contains(SIGNS) {
                    return Err(InputError::Signs);
                }
                Ok(text.to_owned())
            }
            InputKind::Choice(choices) => {
                if choices.iter().any(|choice| choice == text) && is_safe_text(text) {
                    Ok(text.to_owned())
                } else {
                    Err(InputError::Choice(choices.join(", ")))
                }
            }
            InputKind::Number { min, max } => {
                let (min, max) = (min.unwrap_or(-MAX_NUMBER), max.unwrap_or(MAX_NUMBER));
                whole_number(text)
                    .filter(|number| (min..=max).contains(number))
                    .map(|number| number.to_string())
                    .ok_or(InputError::Number { min, max })
            }
        }
    }
}

/// Whether a text can stand in a console command without meaning anything to the console: no control
/// characters, quotes, backslash, `;`, `@`, braces and the like, nothing that some console takes for the
/// beginning of a comment, and no word that could be a command, an option or a place relative to a player.
/// What an owner may ask for all the same, `%` and `&`, passes.
pub fn is_safe_text(text: &str) -> bool {
    text.chars().count() <= MAX_LENGTH
        && !text.contains("//")
        && !text.split(' ').any(|word| word.starts_with(LEADING))
        && !text.chars().any(is_forbidden)
}

/// Whether an answer can stand in a command: safe text, or a number.
pub(crate) fn is_safe_answer(text: &str) -> bool {
    is_safe_text(text) || whole_number(text).is_some()
}

/// What no answer ever contains.
fn is_forbidden(c: char) -> bool {
    is_hostile(c)
        || (c.is_whitespace() && c != ' ')
        || "\"'`\\;@{}$|<>\u{a7}".contains(c)
        // Quotes of other scripts, which some consoles make plain ones.
        || matches!(c, '\u{2018}'..='\u{201f}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = (1..=13).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn check_length(text: &str, min: u32, max: Option<u32>) -> Result<(), InputError> {
    let most = u32::try_from(MAX_LENGTH).unwrap_or(u32::MAX);
    let max = max.unwrap_or(most).min(most);
    let count = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    if count < min {
        Err(InputError::TooShort(min))
    } else if count > max {
        Err(InputError::TooLong(max))
    } else {
        Ok(())
    }
}

fn compile(expression: &str) -> Result<regex::Regex, InputError> {
    regex::RegexBuilder::new(expression)
        .size_limit(2 << 20)
        .dfa_size_limit(1 << 20)
        .nest_limit(20)
        .build()
        .map_err(|_| InputError::Pattern)
}

#[cfg(test)]
mod tests;
