//! Players: who is delivered to. A [`Username`] has passed its game's rule, so it is safe in a command.

use std::collections::BTreeSet;
use std::fmt;

use uuid::Uuid;

/// The kind of game a store sells for; it decides what a username looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Game {
    /// Minecraft, Java and Bedrock edition.
    Minecraft,
    /// Games that know players by their Steam id: Rust, Garry's Mod, ARK and others.
    Steam,
    /// Any other game.
    Other,
}

impl Game {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minecraft, Self::Steam, Self::Other];

    /// The stored and public word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minecraft => "minecraft",
            Self::Steam => "steam",
            Self::Other => "other",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|game| game.word() == word)
    }

    /// What a username looks like, for people.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Minecraft => {
                "3 to 16 letters, digits or underscores. Bedrock names start with a dot."
            }
            Self::Steam => "Your 17-digit SteamID64, for example 76561198000000000.",
            Self::Other => "3 to 32 letters, digits, dots, hyphens or underscores.",
        }
    }
}

/// Which Minecraft a player plays; the server's bridge puts a dot before Bedrock names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// Java edition.
    Java,
    /// Bedrock edition.
    Bedrock,
}

/// A username that fits its game's rule.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

/// Why a username is refused, with the rule in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// Nothing was entered.
    #[error("enter a username")]
    Empty,
    /// It does not fit the game's rule.
    #[error(
        "is not a Minecraft username: 3 to 16 letters, digits or underscores, no spaces (Bedrock names start with a dot)"
    )]
    Minecraft,
    /// It is no SteamID64.
    #[error("is not a SteamID64: 17 digits that start with 7656119")]
    Steam,
    /// It does not fit the general rule.
    #[error("is not a username: 3 to 32 letters, digits, dots, hyphens or underscores, no spaces")]
    Other,
}

impl Username {
    /// Accepts a name that fits the game's rule, exactly as given.
    pub fn parse(text: &str, game: Game) -> Result<Self, UsernameError> {
        if text.is_empty() {
            return Err(UsernameError::Empty);
        }
        let word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let (fits, error) = match game {
            Game::Minecraft => {
                let fits = match text.strip_prefix('.') {
                    Some(bedrock) => (1..=16).contains(&bedrock.len()) && word(bedrock),
                    None => (3..=16).contains(&text.len()) && word(text),
                };
                (fits, UsernameError::Minecraft)
            }
            Game::Steam => {
                let digits = text.len() == 17 && text.bytes().all(|b| b.is_ascii_digit());
                (digits && text.starts_with("7656119"), UsernameError::Steam)
            }
            Game::Other => {
                // Not first a hyphen: a console could take the name for an option.
                let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
                (
                    (3..=32).contains(&text.len())
                        && text.bytes().all(plain)
                        && !text.starts_with('-'),
                    UsernameError::Other,
                )
            }
        };
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(error)
        }
    }

    /// Reads what a player typed on a page: trimmed, and with the edition's dot where it is missing.
    pub fn from_form(text: &str, game: Game, edition: Edition) -> Result<Self, UsernameError> {
        let text = text.trim();
        if game == Game::Minecraft && edition == Edition::Bedrock && !text.is_empty() {
            let name = text.strip_prefix('.').unwrap_or(text).replace(' ', "_");
            return Self::parse(&format!(".{name}"), game);
        }
        Self::parse(text, game)
    }

    /// Trusts a name that was checked when it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in small letters: how names are compared.
    pub fn key(&self) -> String {
        username_key(&self.0)
    }
}

/// How usernames are compared wherever no UUID decides: in small letters.
pub fn username_key(username: &str) -> String {
    username.to_lowercase()
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A player: the name, and the UUID where it is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Player {
    /// The name.
    pub username: Username,
    /// The game's UUID for the player.
    pub uuid: Option<Uuid>,
}

impl Player {
    /// Stands for somebody whose name could not be read, while the rest is looked at. Fits no game's rule.
    pub fn unknown() -> Self {
        Self {
            username: Username(String::new()),
            uuid: None,
        }
    }

    /// What makes a player one customer of a store: the UUID, else the name in small letters.
    pub fn customer_key(&self) -> String {
        match self.uuid {
            Some(uuid) => uuid.to_string(),
            None => self.username.key(),
        }
    }
}

/// Under what is counted of which people have a limited number: their names in small letters, and their
/// UUIDs where these are known. All of it has to fit, so a UUID that is given or left out makes nobody
/// another player, and nor does another name. Always in one order, names first.
pub fn counted_under(people: &[&Player]) -> Vec<String> {
    let names: BTreeSet<_> = people.iter().map(|it| it.username.key()).collect();
    let uuids: BTreeSet<_> = people.iter().filter_map(|it| it.uuid).collect();
    names
        .into_iter()
        .chain(uuids.iter().map(Uuid::to_string))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What no game takes for a username.
    pub(crate) const HOSTILE: [&str; 25] = [
        "",
        " ",
        "ab",
        "a b c",
        "Steve\n",
        "Steve\nop Steve",
        "@a",
        "@a[r=1]",
        "\"Steve\"",
        "'x'x'",
        "Steve;op",
        "<script>",
        "<script>alert(1)</script>",
        "Ste\u{202e}ve",
        "Stéve",
        "{player}",
        "/op",
        "\\Steve",
        "a,b,c",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "..Steve",
        ".",
        "$(id)",
        "--op",
        "a|b|c",
    ];

    #[test]
    fn hostile_usernames_never_pass() {
        for game in Game::ALL {
            for name in HOSTILE
                .iter()
                .filter(|name| **name != "..Steve" || game == Game::Minecraft)
            {
                assert!(Username::parse(name, game).is_err(), "{game:?} {name:?}");
            }
        }
    }

    #[test]
    fn each_game_has_its_rule() {
        assert!(Username::parse("Steve_1", Game::Minecraft).is_ok());
        assert!(Username::parse("a23456789012345678", Game::Minecraft).is_err());
        assert!(Username::parse(".Bob", Game::Minecraft).is_ok());
        assert!(Username::parse("76561198000000000", Game::Steam).is_ok());
        assert!(Username::parse("1234", Game::Steam).is_err());
        assert!(Username::parse("some.body-x", Game::Other).is_ok());
        let bedrock = Username::from_form(" Big Bob ", Game::Minecraft, Edition::Bedrock);
        assert_eq!(bedrock.unwrap().as_str(), ".Big_Bob");
        assert_eq!(
            Username::from_form(" Steve ", Game::Minecraft, Edition::Java)
                .unwrap()
                .key(),
            "steve"
        );
    }

    #[test]
    fn a_customer_is_known_by_uuid_first() {
        let username = Username::parse("Steve", Game::Minecraft).unwrap();
        let uuid = Uuid::from_u128(7);
        assert_eq!(
            Player {
                username: username.clone(),
                uuid: None
            }
            .customer_key(),
            "steve"
        );
        assert_eq!(
            Player {
                username,
                uuid: Some(uuid)
            }
            .customer_key(),
            uuid.to_string()
        );
    }

    #[test]
    fn people_are_counted_under_each_name_and_uuid_once_and_in_one_order() {
        let player = |name: &str, uuid: Option<u128>| Player {
            username: Username::parse(name, Game::Minecraft).unwrap(),
            uuid: uuid.map(Uuid::from_u128),
        };
        let (steve, alex) = (player("Steve", Some(7)), player("Alex", None));
        let seven = Uuid::from_u128(7).to_string();
        let counted = counted_under(&[&steve, &player("STEVE", None), &alex]);
        assert_eq!(counted, ["alex", "steve", &seven]);
        assert_eq!(counted_under(&[&alex, &steve]), counted);
        assert_eq!(counted_under(&[&alex]), ["alex"]);
    }
}
