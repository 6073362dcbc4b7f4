//! Commands queued for game servers, and their life cycle (source 002, `delivery` in the docs).
//!
//! `Pending` -> `Delivered` -> `Completed`, `AwaitingPlayer` or `Failed`; a person can make it
//! `Cancelled`. A failed run goes back to `Pending` three times before it is `Failed`.

use crate::Timestamp;
use crate::ids::{CommandId, OrderId, OrderItemId, PackageId, RedeliveryId, ServerId};
use crate::players::Player;

/// What makes a command run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandType {
    /// The purchase.
    Initial,
    /// A subscription's renewal.
    Renewal,
    /// The end of what was bought for a time.
    Expiry,
    /// A refund.
    Refund,
    /// A chargeback.
    Chargeback,
}

impl CommandType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Initial,
        Self::Renewal,
        Self::Expiry,
        Self::Refund,
        Self::Chargeback,
    ];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Renewal => "renewal",
            Self::Expiry => "expiry",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Where a command comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandOrigin {
    /// A package of the order.
    Package,
    /// The store's global commands.
    Global,
    /// Somebody of the staff.
    Staff,
    /// A redelivery, as after a wipe.
    Redelivery,
}

impl CommandOrigin {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Package, Self::Global, Self::Staff, Self::Redelivery];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Global => "global",
            Self::Staff => "staff",
            Self::Redelivery => "redelivery",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandStatus {
    /// Waits to be sent.
    Pending,
    /// Sent; the result is awaited.
    Delivered,
    /// Ran.
    Completed,
    /// Waits for the player to join.
    AwaitingPlayer,
    /// Failed for good.
    Failed,
    /// Taken back by a person.
    Cancelled,
}

impl CommandStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Delivered,
        Self::Completed,
        Self::AwaitingPlayer,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Delivered => "Delivered",
            Self::Completed => "Completed",
            Self::AwaitingPlayer => "AwaitingPlayer",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// A queued command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Identity.
    pub id: CommandId,
    /// Its order.
    pub order: OrderId,
    /// The order's number.
    pub order_number: i64,
    /// The line of the order that it belongs to; a global command belongs to the whole order.
    pub item: Option<OrderItemId>,
    /// Where it comes from.
    pub origin: CommandOrigin,
    /// The redelivery it belongs to.
    pub redelivery: Option<RedeliveryId>,
    /// The package it delivers.
    pub package: PackageId,
    /// The package's name then.
    pub package_name: String,
    /// Where it runs.
    pub server: ServerId,
    /// What made it run.
    pub kind: CommandType,
    /// The final text, without a leading slash.
    pub text: String,
    /// Who receives.
    pub player: Player,
    /// Whether the player must be on the server.
    pub require_online: bool,
    /// How many free inventory slots the player needs.
    pub required_slots: u32,
    /// Where it stands.
    pub status: CommandStatus,
    /// Which attempt this is, from 1; a part of the delivery identity.
    pub attempt: u32,
    /// How many runs failed.
    pub failures: u32,
    /// When it may be sent.
    pub due_at: Timestamp,
    /// When it was last sent.
    pub sent_at: Option<Timestamp>,
    /// When the plugin said that it has it.
    pub acked_at: Option<Timestamp>,
    /// When it reached its end.
    pub finished_at: Option<Timestamp>,
    /// Why the last run failed.
    pub last_error: Option<String>,
    /// What the console printed.
    pub output: Option<String>,
    /// How long the last run took, as the plugin says.
    pub duration_ms: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Command {
    /// The delivery identity: re-delivery of one attempt keeps it, a new attempt has a new one.
    pub fn idempotency_key(&self) -> String {
        format!("{}:{}", self.id, self.attempt)
    }
}

/// A step in a command's life, with its time and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// What it became.
    pub status: CommandStatus,
    /// The attempt then.
    pub attempt: u32,
    /// Why, for people.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What a plugin says of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunResult {
    /// It ran.
    Completed,
    /// It failed, for this reason.
    Failed(String),
    /// The player is not there.
    AwaitingPlayer,
    /// The plugin cannot know whether it ran; with what it says about that.
    Interrupted(Option<String>),
}

/// What becomes of a command after a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is done.
    Complete,
    /// It waits for the player.
    AwaitPlayer,
    /// It is tried again after so many seconds, as a new attempt.
    Retry {
        /// The wait.
        seconds: i64,
        /// Why.
        reason: String,
    },
    /// It is over.
    Fail {
        /// Why.
        reason: String,
    },
}

/// The waits before the first, second and third retry, in seconds (source 002).
pub const RETRY_SECONDS: [i64; 3] = [30, 60, 120];

/// Decides what follows from a result, where `failures` runs failed before.
pub fn after(result: RunResult, failures: u32) -> Next {
    match result {
        RunResult::Completed => Next::Complete,
        RunResult::AwaitingPlayer => Next::AwaitPlayer,
        RunResult::Interrupted(said) => Next::Fail {
            reason: match said {
                Some(said) => format!("interrupted: it may or may not have run: {said}"),
                None => "interrupted: it may or may not have run".to_owned(),
            },
        },
        RunResult::Failed(reason) => match RETRY_SECONDS.get(failures as usize) {
            Some(seconds) => Next::Retry {
                seconds: *seconds,
                reason,
            },
            None => Next::Fail { reason },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_retries_and_then_it_is_over() {
        let failed = || RunResult::Failed("no such player".to_owned());
        for (failures, seconds) in [(0, 30), (1, 60), (2, 120)] {
            assert_eq!(
                after(failed(), failures),
                Next::Retry {
                    seconds,
                    reason: "no such player".to_owned()
                }
            );
        }
        assert_eq!(
            after(failed(), 3),
            Next::Fail {
                reason: "no such player".to_owned()
            }
        );
        assert_eq!(after(RunResult::AwaitingPlayer, 3), Next::AwaitPlayer);
        assert!(matches!(
            after(RunResult::Interrupted(None), 0),
            Next::Fail { .. }
        ));
    }
}
