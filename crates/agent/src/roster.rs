//! Who is online, as far as the agent can see.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::message::Player;

/// How long a player whom the game did not find stays believed to be online after all.
const DOUBT_PAUSE: Duration = Duration::from_secs(600);

pub(crate) struct Roster {
    /// By lower-cased name.
    players: HashMap<String, Player>,
    known: bool,
    /// Whether UUIDs mean anything.
    online_mode: bool,
    doubted: HashMap<String, Instant>,
}

/// What changed.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Changes {
    pub(crate) joined: Vec<Player>,
    pub(crate) left: Vec<Player>,
    /// The whole list is news.
    pub(crate) all: bool,
}

impl Roster {
    pub(crate) fn new(online_mode: bool) -> Self {
        Self {
            players: HashMap::new(),
            known: false,
            online_mode,
            doubted: HashMap::new(),
        }
    }

    /// Whether a player is online; `None` where that cannot be known.
    pub(crate) fn is_online(&self, player: &Player) -> Option<bool> {
        self.known
            .then(|| self.players.values().any(|other| self.same(other, player)))
    }

    /// Everybody who is online, where that is known.
    pub(crate) fn all(&self) -> Option<Vec<Player>> {
        self.known.then(|| self.players.values().cloned().collect())
    }

    /// The game is gone, and with it what was known.
    pub(crate) fn forget(&mut self) {
        self.known = false;
        self.players.clear();
    }

    /// Takes over the whole list.
    pub(crate) fn replace(&mut self, players: Vec<Player>) -> Changes {
        let players = players.into_iter();
        let new: HashMap<_, _> = players.map(|it| (name(&it), it)).collect();
        let old = std::mem::replace(&mut self.players, new);
        if !std::mem::replace(&mut self.known, true) {
            return Changes {
                all: true,
                ..Changes::default()
            };
        }
        let missing = |from: &HashMap<String, Player>, of: &HashMap<String, Player>| {
            let gone = of.iter().filter(|(name, _)| !from.contains_key(*name));
            gone.map(|(_, player)| player.clone()).collect()
        };
        Changes {
            joined: missing(&old, &self.players),
            left: missing(&self.players, &old),
            all: false,
        }
    }

    /// The game did not find a player who is believed to be online. They may have left and come
    /// back unseen: taken off the list, they are reported when they are seen again. Not often, since
    /// the command may have meant somebody else, and would be sent again each time.
    pub(crate) fn doubt(&mut self, player: &Player, now: Instant) {
        let name = name(player);
        self.doubted.retain(|_, until| *until > now);
        if self.players.contains_key(&name) && !self.doubted.contains_key(&name) {
            self.players.remove(&name);
            self.doubted.insert(name, now + DOUBT_PAUSE);
        }
    }

    /// By UUID where both sides know one, else by lower-cased name.
    fn same(&self, one: &Player, other: &Player) -> bool {
        match (digits(one), digits(other)) {
            (Some(one), Some(other)) if self.online_mode => one == other,
            _ => name(one) == name(other),
        }
    }
}

fn name(player: &Player) -> String {
    player.username.to_lowercase()
}

fn digits(player: &Player) -> Option<String> {
    let uuid = player.uuid.as_ref()?.replace('-', "").to_lowercase();
    let is_uuid = uuid.len() == 32 && uuid.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_uuid.then_some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "5627dd98-e6be-3c21-b8a8-e92344183641";
    const TWO: &str = "11111111-e6be-3c21-b8a8-e92344183641";

    fn player(name: &str, uuid: Option<&str>) -> Player {
        Player {
            username: name.to_owned(),
            uuid: uuid.map(str::to_owned),
        }
    }

    #[test]
    fn a_player_is_known_by_uuid_where_both_sides_have_one_and_else_by_name() {
        let mut roster = Roster::new(true);
        assert_eq!(roster.is_online(&player("Steve", None)), None);
        roster.replace(vec![player("Steve", Some(ONE)), player("Alex", None)]);
        for (name, uuid, online) in [
            ("steve", None, true),
            ("Renamed", Some(ONE), true),
            ("x", Some("5627DD98E6BE3C21B8A8E92344183641"), true),
            ("Steve", Some(TWO), false),
            ("ALEX", Some(TWO), true),
            ("Nobody", None, false),
        ] {
            assert_eq!(
                roster.is_online(&player(name, uuid)),
                Some(online),
                "{name} {uuid:?}"
            );
        }
        let mut offline = Roster::new(false);
        offline.replace(vec![player("Steve", Some(ONE))]);
        assert_eq!(offline.is_online(&player("Steve", Some(TWO))), Some(true));
    }

    #[test]
    fn changes_are_seen_once() {
        let mut roster = Roster::new(true);
        let (steve, alex) = (player("Steve", None), player("Alex", None));
        assert!(roster.replace(vec![steve.clone()]).all);
        assert_eq!(roster.replace(vec![steve.clone()]), Changes::default());
        let changes = roster.replace(vec![alex.clone()]);
        assert_eq!(
            (changes.joined, changes.left),
            (vec![alex.clone()], vec![steve.clone()])
        );
        // Not found by the game, though believed to be there: seen again, once.
        let now = Instant::now();
        for expected in [1, 0] {
            roster.doubt(&alex, now);
            assert_eq!(roster.replace(vec![alex.clone()]).joined.len(), expected);
        }
        roster.doubt(&alex, now + DOUBT_PAUSE);
        assert_eq!(roster.is_online(&alex), Some(false));
        roster.forget();
        assert_eq!(roster.is_online(&alex), None);
        assert!(roster.replace(vec![]).all);
    }
}
