//! Command templates: text with typed variables. A store is a remote console, so a value that comes
//! from a buyer can never add a second command: what may stand in for a variable is decided by type.
//!
//! A variable is `{` + `[a-z_]+(\.[A-Za-z0-9_]+)?` + `}`; every other brace is literal.

use std::fmt::Write as _;

use crate::Timestamp;
use crate::ids::{OrderId, PackageId};
use crate::inputs::{self, Inputs};
use crate::money::Money;
use crate::names::NameError;
use crate::players::{Player, Username};

/// The longest template, in characters.
pub const MAX_LENGTH: usize = 1000;

/// The longest final text, in bytes.
pub const MAX_TEXT: usize = 4096;

/// A variable that can stand in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    /// The player's name.
    Player,
    /// The player's UUID with dashes.
    Uuid,
    /// The UUID where it is known, else the name.
    Id,
    /// What was paid for the line, in the currency's decimals.
    Price,
    /// The currency's code.
    Currency,
    /// The package's name.
    Package,
    /// The package's id.
    PackageId,
    /// The quantity of the line.
    Quantity,
    /// The order's id.
    OrderId,
    /// The order's number.
    OrderNumber,
    /// The payment's name at the gateway.
    Transaction,
    /// The name of the server it runs on.
    Server,
    /// The date of the order, UTC.
    Date,
    /// The time of the order, UTC.
    Time,
    /// Who paid for it: the buyer of a gift, else the player.
    Gifter,
}

/// Every name a variable answers to, with its meaning for people.
pub const VARIABLES: &[(&str, Variable, &str)] = &[
    ("player", Variable::Player, "the player's name"),
    ("username", Variable::Player, "the player's name"),
    ("name", Variable::Player, "the player's name"),
    ("uuid", Variable::Uuid, "the player's UUID, with dashes"),
    (
        "player_uuid",
        Variable::Uuid,
        "the player's UUID, with dashes",
    ),
    (
        "id",
        Variable::Id,
        "the UUID where it is known, else the name",
    ),
    ("price", Variable::Price, "what was paid for the line"),
    ("amount", Variable::Price, "what was paid for the line"),
    ("currency", Variable::Currency, "the currency's code"),
    ("package", Variable::Package, "the package's name"),
    ("package_id", Variable::PackageId, "the package's id"),
    ("quantity", Variable::Quantity, "how many were bought"),
    ("order_id", Variable::OrderId, "the order's id"),
    ("order_number", Variable::OrderNumber, "the order's number"),
    ("transaction", Variable::Transaction, "the payment's id"),
    ("transaction_id", Variable::Transaction, "the payment's id"),
    ("server", Variable::Server, "the server's name"),
    ("date", Variable::Date, "the order's date (UTC)"),
    ("time", Variable::Time, "the order's time (UTC)"),
    ("gifter", Variable::Gifter, "who paid for it"),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(Variable),
    /// What the buyer answered to the input of this name.
    Input(String),
}

/// A template that was checked: one line, and only known variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

/// What a command is rendered from.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    /// Who receives.
    pub player: &'a Player,
    /// Who paid, where that is somebody else.
    pub gifter: Option<&'a Username>,
    /// What was paid for the line.
    pub paid: Money,
    /// The package's name.
    pub package: &'a str,
    /// The package's id.
    pub package_id: PackageId,
    /// How many were bought.
    pub quantity: u32,
    /// The order's id.
    pub order_id: OrderId,
    /// The order's number.
    pub order_number: i64,
    /// The payment's name at the gateway.
    pub transaction: &'a str,
    /// The server's name.
    pub server: &'a str,
    /// When the order was paid.
    pub at: Timestamp,
    /// What the buyer answered.
    pub inputs: &'a Inputs,
}

/// Why a template cannot be rendered for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// `{uuid}` is used and the player's UUID is not known.
    #[error("needs the player's UUID, which is not known")]
    NoUuid,
    /// The text is longer than [`MAX_TEXT`].
    #[error("is longer than {MAX_TEXT} bytes with its values filled in")]
    TooLong,
    /// An answer of the buyer could mean something to the console.
    #[error("has an answer of the buyer in it that is no plain text")]
    UnsafeInput,
}

impl Template {
    /// Checks a template as its author wrote it, for a command that has no buyer's answers. A leading
    /// slash is dropped.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::with_inputs(text, |_| false)
    }

    /// Checks the template of a package's command; `is_declared` knows the package's inputs.
    pub fn with_inputs(text: &str, is_declared: impl Fn(&str) -> bool) -> Result<Self, NameError> {
        let template = Self::from_stored(text)?;
        let unknown = template.inputs().find(|name| !is_declared(name));
        match unknown.map(undeclared) {
            Some(error) => Err(error),
            None => Ok(template),
        }
    }

    /// Reads a template that was checked when it was stored, whatever inputs it uses.
    pub fn from_stored(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let text = text.strip_prefix('/').unwrap_or(text);
        let source = crate::names::line(text, 1, MAX_LENGTH)?;
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = source.as_str();
        while let Some(open) = rest.find('{') {
            literal.push_str(&rest[..open]);
            let Some(name) = variable_name(&rest[open..]) else {
                literal.push('{');
                rest = &rest[open + 1..];
                continue;
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(variable(name)?);
            rest = &rest[open + name.len() + 2..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { source, parts })
    }

    /// The inputs whose answers it uses.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Input(name) => Some(name.as_str()),
            Part::Text(_) | Part::Variable(_) => None,
        })
    }

    /// The text as it was checked.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the player's UUID must be known.
    pub fn needs_uuid(&self) -> bool {
        self.parts.contains(&Part::Variable(Variable::Uuid))
    }

    /// The final text of a command.
    pub fn render(&self, values: &Values<'_>) -> Result<String, RenderError> {
        let mut text = String::with_capacity(self.source.len() + 32);
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Variable(variable) => write_value(&mut text, *variable, values)?,
                Part::Input(name) => text.push_str(answer(name, values.inputs)?),
            }
        }
        if text.len() > MAX_TEXT {
            Err(RenderError::TooLong)
        } else {
            Ok(text)
        }
    }
}

/// The name in `{name}` at the start of `text`, where it has a variable's form.
fn variable_name(text: &str) -> Option<&str> {
    let name = &text[1..text.find('}')?];
    let (head, tail) = match name.split_once('.') {
        Some((head, tail)) => (head, Some(tail)),
        None => (name, None),
    };
    let head_fits = !head.is_empty() && head.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let tail_fits = tail.is_none_or(|tail| {
        !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    (head_fits && tail_fits).then_some(name)
}

fn variable(name: &str) -> Result<Part, NameError> {
    if let Some((_, variable, _)) = VARIABLES.iter().find(|(known, ..)| *known == name) {
        return Ok(Part::Variable(*variable));
    }
    match name.strip_prefix("input.") {
        Some(input) => Ok(Part::Input(input.to_owned())),
        None => Err(NameError::new(format!(
            "does not know the variable {{{name}}}; the known ones are listed below the field"
        ))),
    }
}

fn undeclared(name: &str) -> NameError {
    NameError::new(format!(
        "uses {{input.{name}}}, but buyers are not asked for an input of this name here"
    ))
}

/// What the buyer answered; nothing where the question was left out. It was checked when it was
/// given, and is looked at again: the rule may have been another then.
fn answer<'a>(name: &str, inputs: &'a Inputs) -> Result<&'a str, RenderError> {
    let answer = inputs.get(name).map_or("", String::as_str);
    if inputs::is_safe_answer(answer) {
        Ok(answer)
    } else {
        Err(RenderError::UnsafeInput)
    }
}

fn write_value(
    text: &mut String,
    variable: Variable,
    values: &Values<'_>,
) -> Result<(), RenderError> {
    let Player { username, uuid } = values.player;
    let written = match variable {
        Variable::Player => write!(text, "{username}"),
        Variable::Uuid => write!(text, "{}", uuid.ok_or(RenderError::NoUuid)?),
        Variable::Id => match uuid {
            Some(uuid) => write!(text, "{uuid}"),
            None => write!(text, "{username}"),
        },
        Variable::Price => write!(text, "{}", values.paid.decimal()),
        Variable::Currency => write!(text, "{}", values.paid.currency()),
        Variable::Package => write!(text, "{}", values.package),
        Variable::PackageId => write!(text, "{}", values.package_id),
        Variable::Quantity => write!(text, "{}", values.quantity),
        Variable::OrderId => write!(text, "{}", values.order_id),
        Variable::OrderNumber => write!(text, "{}", values.order_number),
        // A gateway's name for a payment is checked when the gateway tells it; what would not be
        // one plain word here is cut out all the same.
        Variable::Transaction => {
            text.extend(
                values
                    .transaction
                    .chars()
                    .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')),
            );
            Ok(())
        }
        Variable::Server => write!(text, "{}", values.server),
        Variable::Date => write!(text, "{}", values.at.strftime("%Y-%m-%d")),
        Variable::Time => write!(text, "{}", values.at.strftime("%H:%M:%S")),
        Variable::Gifter => write!(text, "{}", values.gifter.unwrap_or(username)),
    };
    written.expect("writing to a string does not fail");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::players::Game;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn rendered(
        template: &Template,
        uuid: Option<Uuid>,
        gifter: Option<&Username>,
        inputs: &Inputs,
    ) -> Result<String, RenderError> {
        let player = Player {
            username: Username::parse("Steve", Game::Minecraft).unwrap(),
            uuid,
        };
        template.render(&Values {
            player: &player,
            gifter,
            paid: Money::new(1998, Currency::parse("EUR").unwrap()),
            package: "VIP",
            package_id: PackageId(Uuid::from_u128(1)),
            quantity: 2,
            order_id: OrderId(Uuid::from_u128(2)),
            order_number: 17,
            transaction: "tx_1; stop",
            server: "Survival",
            at: "2026-11-20T10:20:30Z".parse().unwrap(),
            inputs,
        })
    }

    fn render(template: &str, uuid: Option<Uuid>) -> Result<String, RenderError> {
        rendered(
            &Template::parse(template).unwrap(),
            uuid,
            None,
            &inputs::NONE,
        )
    }

    #[test]
    fn every_variable_has_its_value() {
        let uuid = Uuid::from_u128(9);
        for (name, ..) in VARIABLES {
            let text = render(&format!("x {{{name}}} y"), Some(uuid)).unwrap();
            assert!(text.len() > 4 && !text.contains('{'), "{name}: {text}");
        }
        let line = "/eco give {username} {quantity} {price} {currency} {date} {time} {transaction}";
        assert_eq!(
            render(line, None).unwrap(),
            "eco give Steve 2 19.98 EUR 2026-11-20 10:20:30 tx_1stop"
        );
        assert_eq!(render("{id}", None).unwrap(), "Steve");
        assert_eq!(render("{id}", Some(uuid)).unwrap(), uuid.to_string());
        assert_eq!(render("{uuid}", None), Err(RenderError::NoUuid));
    }

    #[test]
    fn other_braces_are_literal_and_unknown_variables_are_refused() {
        let nbt = r#"give {player} stone{display:{Name:'{"text":"Hi"}'}} {}{ {1} {A} {a b}"#;
        assert_eq!(render(nbt, None).unwrap(), nbt.replace("{player}", "Steve"));
        for unknown in ["say {foo}", "say {input.colour}", "{playr}"] {
            assert!(Template::parse(unknown).is_err(), "{unknown}");
        }
        for bad in ["", "  ", "/", "say a\nop b", "say \u{202e}"] {
            assert!(Template::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Template::parse(&"x".repeat(MAX_LENGTH + 1)).is_err());
    }

    #[test]
    fn answers_stand_in_for_declared_inputs() {
        let text = "nick {player} {input.nick} by {gifter}";
        let declared = |name: &str| name == "nick";
        let template = Template::with_inputs(text, declared).unwrap();
        assert_eq!(template.inputs().collect::<Vec<_>>(), ["nick"]);
        let error = Template::with_inputs("nick {input.colour}", declared).unwrap_err();
        assert!(error.to_string().contains("{input.colour}"), "{error}");

        let alex = Username::parse("Alex", Game::Minecraft).unwrap();
        let mut inputs = Inputs::from([("nick".to_owned(), "Blue Bird".to_owned())]);
        let with = |inputs: &Inputs| rendered(&template, None, Some(&alex), inputs);
        assert_eq!(with(&inputs).unwrap(), "nick Steve Blue Bird by Alex");
        assert_eq!(with(&inputs::NONE).unwrap(), "nick Steve  by Alex");
        inputs.insert("nick".to_owned(), "x; op Steve".to_owned());
        assert_eq!(with(&inputs), Err(RenderError::UnsafeInput));
        inputs.insert("nick".to_owned(), "-7".to_owned());
        assert_eq!(with(&inputs).unwrap(), "nick Steve -7 by Alex");
        assert_eq!(render("{gifter}", None).unwrap(), "Steve");
    }

    #[test]
    fn a_text_that_grows_too_long_is_refused() {
        let ids = |count| "{order_id}".repeat(count);
        assert_eq!(render(&ids(100), None).map(|text| text.len()), Ok(3600));
        let mixed = format!("{}{}", ids(90), "\u{1f600}".repeat(100));
        assert_eq!(render(&mixed, None).map(|text| text.len()), Ok(3640));
        let player = Player {
            username: Username::parse("Steve", Game::Minecraft).unwrap(),
            uuid: None,
        };
        let name = "\u{1f600}".repeat(128);
        let text = Template::parse(&"{package}".repeat(9))
            .unwrap()
            .render(&Values {
                player: &player,
                gifter: None,
                paid: Money::new(1, Currency::parse("EUR").unwrap()),
                package: &name,
                package_id: PackageId(Uuid::nil()),
                quantity: 1,
                order_id: OrderId(Uuid::nil()),
                order_number: 1,
                transaction: "",
                server: "",
                at: "2026-11-20T10:20:30Z".parse().unwrap(),
                inputs: &inputs::NONE,
            });
        assert_eq!(text, Err(RenderError::TooLong));
    }

    proptest! {
        #[test]
        fn rendering_never_adds_a_line(text in "[ -~]{1,80}") {
            if let Ok(template) = Template::parse(&text) {
                prop_assert!(Template::parse(template.source()).is_ok());
                if let Ok(rendered) = render(template.source(), None) {
                    prop_assert!(!rendered.contains(['\n', '\r']));
                }
            }
        }
    }
}
