//! Game servers and their connection tokens (source 002).

use crate::Timestamp;
use crate::ids::ServerId;

/// A game server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Identity.
    pub id: ServerId,
    /// What the owner calls it.
    pub name: String,
    /// Where players connect, shown on the storefront; may be empty.
    pub address: String,
    /// Which game, in the owner's words; may be empty.
    pub game: String,
    /// When it was first connected.
    pub first_seen_at: Option<Timestamp>,
    /// When a plugin was last heard of.
    pub last_seen_at: Option<Timestamp>,
    /// The plugin and platform it last named.
    pub software: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How a server's plugin speaks to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Over the hub: it is sent commands at once.
    Hub,
    /// By single requests: it asks from time to time.
    Poll,
}

impl Transport {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Poll => "poll",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Hub, Self::Poll]
            .into_iter()
            .find(|it| it.word() == text)
    }
}

/// The length of a connection token's secret.
pub const SECRET: usize = 32;

/// Writes a connection token: the server's id without dashes, `_`, and the secret.
pub fn token(server: ServerId, secret: &str) -> String {
    format!("{}_{secret}", server.0.simple())
}

/// Takes a connection token apart; `None` where it has not the form of a token.
pub fn parse_token(text: &str) -> Option<(ServerId, &str)> {
    let (id, secret) = text.split_once('_')?;
    let fits = id.len() == 32
        && secret.len() == SECRET
        && secret.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        return None;
    }
    uuid::Uuid::try_parse(id)
        .ok()
        .map(|id| (ServerId(id), secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_one_form() {
        let server = ServerId(uuid::Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_0001,
        ));
        let secret = "x".repeat(SECRET);
        let text = token(server, &secret);
        assert_eq!(text.len(), 65);
        assert_eq!(parse_token(&text), Some((server, secret.as_str())));
        for bad in ["", "_", "abc_def", &text[1..], &format!("{text}x")] {
            assert_eq!(parse_token(bad), None, "{bad}");
        }
    }
}
