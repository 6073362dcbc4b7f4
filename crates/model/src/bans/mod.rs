//! Bans: who cannot buy in a store. A ban is of a player, or of addresses.

use std::net::IpAddr;

use uuid::Uuid;

use crate::Timestamp;
use crate::fields::{FieldErrors, Given};
use crate::ids::BanId;
use crate::names;
use crate::players::{Game, Player, Username};

pub use addresses::{AddressError, Addresses};

mod addresses;

/// The longest reason.
pub const MAX_REASON: usize = 500;

/// Whom a ban is of. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Banned {
    /// A player, by name, and by UUID where it is known.
    Player(Player),
    /// Whoever comes from these addresses.
    Addresses(Addresses),
}

/// A ban.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Identity.
    pub id: BanId,
    /// Of whom.
    pub banned: Banned,
    /// Why, for the team alone.
    pub reason: Option<String>,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// Whether it counts.
    pub is_active: bool,
    /// Grows with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The members of a new ban, or of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BanDraft {
    /// `playerUsername`; only of a new ban.
    pub player_username: Given<String>,
    /// `playerUuid`; only of a new ban.
    pub player_uuid: Given<String>,
    /// `ipAddress`: an address, or a network as in `10.0.0.0/8`; only of a new ban.
    pub ip_address: Given<String>,
    /// `reason`.
    pub reason: Given<String>,
    /// `expiresAt`.
    pub expires_at: Given<Timestamp>,
    /// `isActive`.
    pub is_active: Given<bool>,
}

impl Ban {
    /// A new ban. Notes all that is wrong with the draft, and gives `None` then.
    pub fn new(
        id: BanId,
        mut draft: BanDraft,
        game: Game,
        now: Timestamp,
        errors: &mut FieldErrors,
    ) -> Option<Self> {
        let banned = banned(&mut draft, game, errors);
        // Where that is wrong, the rest is looked at all the same, so that all errors are told.
        let nobody = Banned::Addresses(Addresses::one(IpAddr::from([0; 4])));
        let mut ban = Self {
            id,
            banned: banned.unwrap_or(nobody),
            reason: None,
            expires_at: None,
            is_active: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        ban.apply(draft, now, errors);
        if ban.expires_at.is_some_and(|end| end <= now) {
            errors.add("expiresAt", "must be in the future");
        }
        errors.is_empty().then_some(ban)
    }

    /// Changes what can be changed of a ban; notes what cannot, or does not fit.
    pub fn apply(&mut self, draft: BanDraft, now: Timestamp, errors: &mut FieldErrors) {
        let BanDraft {
            player_username,
            player_uuid,
            ip_address,
            reason,
            expires_at,
            is_active,
        } = draft;
        let whom = [
            ("playerUsername", player_username),
            ("playerUuid", player_uuid),
            ("ipAddress", ip_address),
        ];
        for (field, given) in whom {
            if given != Given::Absent {
                errors.add(field, "cannot be changed: delete this ban and make another");
            }
        }
        reason
            .check("reason", errors, |text| names::paragraph(&text, MAX_REASON))
            .clear_or_set(&mut self.reason);
        self.reason = self.reason.take().filter(|reason| !reason.is_empty());
        expires_at.clear_or_set(&mut self.expires_at);
        is_active.set(&mut self.is_active, "isActive", errors);
        self.updated_at = now;
    }

    /// Whether it keeps anybody from buying at `now`.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.is_active && self.expires_at.is_none_or(|end| end > now)
    }
}

/// Takes whom to ban out of a draft.
fn banned(draft: &mut BanDraft, game: Game, errors: &mut FieldErrors) -> Option<Banned> {
    let username = std::mem::take(&mut draft.player_username).value();
    let uuid = std::mem::take(&mut draft.player_uuid).value();
    let address = std::mem::take(&mut draft.ip_address).value();
    match (username, uuid, address) {
        (None, None, None) => {
            errors.add("playerUsername", "is needed, or ipAddress");
            errors.add("ipAddress", "is needed, or playerUsername");
            None
        }
        (None, Some(_), None) => {
            errors.add("playerUsername", "is needed beside playerUuid");
            None
        }
        (None, None, Some(address)) => {
            let addresses = errors.check("ipAddress", Addresses::parse(address.trim()));
            addresses.map(Banned::Addresses)
        }
        (Some(username), uuid, None) => {
            let username = errors.check("playerUsername", Username::parse(username.trim(), game));
            let uuid = uuid.map(|text| {
                let uuid = Uuid::try_parse(text.trim());
                errors.check("playerUuid", uuid.map_err(|_| "must be a UUID"))
            });
            Some(Banned::Player(Player {
                username: username?,
                uuid: match uuid {
                    None => None,
                    Some(uuid) => Some(uuid?),
                },
            }))
        }
        (username, _, Some(_)) => {
            let player = if username.is_some() {
                "playerUsername"
            } else {
                "playerUuid"
            };
            errors.add(
                player,
                "cannot go together with ipAddress: ban a player or an address",
            );
            errors.add("ipAddress", format!("cannot go together with {player}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(draft: BanDraft) -> Result<Ban, Vec<String>> {
        let mut errors = FieldErrors::default();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let ban = Ban::new(BanId(Uuid::nil()), draft, Game::Minecraft, now, &mut errors);
        ban.ok_or_else(|| errors.0.iter().map(|error| error.field.clone()).collect())
    }

    fn given(text: &str) -> Given<String> {
        Given::Value(text.to_owned())
    }

    #[test]
    fn a_ban_is_of_a_player_or_of_addresses() {
        let player = BanDraft {
            player_username: given("griefer123"),
            player_uuid: given("069a79f4-44e9-4726-a5be-fca90e38aaf5"),
            ..BanDraft::default()
        };
        let Banned::Player(banned) = new(player.clone()).unwrap().banned else {
            panic!("a player is banned")
        };
        assert!(banned.username.as_str() == "griefer123" && banned.uuid.is_some());
        assert_eq!(
            new(BanDraft::default()).unwrap_err(),
            ["playerUsername", "ipAddress"]
        );
        let both = BanDraft {
            ip_address: given("10.0.0.1"),
            ..player.clone()
        };
        assert_eq!(new(both).unwrap_err(), ["playerUsername", "ipAddress"]);
        let nameless = BanDraft {
            player_username: Given::Null,
            ..player.clone()
        };
        assert_eq!(new(nameless).unwrap_err(), ["playerUsername"]);
        let wrong = BanDraft {
            player_username: given("ab"),
            player_uuid: given("no"),
            reason: given(&"x".repeat(501)),
            expires_at: Given::Value(Timestamp::from_second(1_800_000_000).unwrap()),
            is_active: Given::Null,
            ..BanDraft::default()
        };
        let all = [
            "playerUsername",
            "playerUuid",
            "reason",
            "isActive",
            "expiresAt",
        ];
        assert_eq!(new(wrong).unwrap_err(), all);
    }

    #[test]
    fn a_change_is_of_the_reason_the_end_and_whether_it_counts() {
        let of = BanDraft {
            ip_address: given("10.0.0.1"),
            reason: given(" Abuse "),
            ..BanDraft::default()
        };
        let mut ban = new(of.clone()).unwrap();
        assert_eq!(ban.reason.as_deref(), Some("Abuse"));
        let mut errors = FieldErrors::default();
        let now = ban.created_at;
        ban.apply(of, now, &mut errors);
        assert!(errors.of("ipAddress").is_some() && errors.0.len() == 1);
        let mut errors = FieldErrors::default();
        let lifted = BanDraft {
            reason: Given::Null,
            is_active: Given::Value(false),
            ..BanDraft::default()
        };
        ban.apply(lifted, now, &mut errors);
        assert!(errors.is_empty() && ban.reason.is_none() && !ban.holds_at(now));
    }
}
