//! Redeliveries: commands or entitlements that staff send again in bulk, at a pace.

use crate::Timestamp;
use crate::commands::CommandStatus;
use crate::ids::{PackageId, RedeliveryId, ServerId};
use uuid::Uuid;

/// What is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RedeliveryKind {
    /// Commands that exist, each as a new attempt.
    Commands,
    /// What players hold, on one server: the initial commands of every line that has not ended.
    Entitlements,
}

impl RedeliveryKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Commands, Self::Entitlements];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commands => "commands",
            Self::Entitlements => "entitlements",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Where a redelivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RedeliveryState {
    /// Goes on by itself.
    Running,
    /// Waits for a person.
    Paused,
    /// Has looked at all there was.
    Done,
    /// Ended by a person.
    Cancelled,
}

impl RedeliveryState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Running, Self::Paused, Self::Done, Self::Cancelled];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What a redelivery is limited to; nothing = no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedeliveryFilter {
    /// Only commands that stand here (of commands).
    pub statuses: Vec<CommandStatus>,
    /// Only these packages (of entitlements).
    pub packages: Vec<PackageId>,
    /// Only commands made, or lines bought, since.
    pub from: Option<Timestamp>,
    /// And before.
    pub to: Option<Timestamp>,
}

/// A redelivery and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redelivery {
    /// Identity.
    pub id: RedeliveryId,
    /// What is sent again.
    pub kind: RedeliveryKind,
    /// Where; commands of all servers where it is nothing.
    pub server: Option<ServerId>,
    /// What it is limited to.
    pub filter: RedeliveryFilter,
    /// How many commands a minute.
    pub per_minute: u32,
    /// Where it stands.
    pub state: RedeliveryState,
    /// How many commands or lines there were when it started.
    pub total: i64,
    /// How many of them were looked at.
    pub seen: i64,
    /// How many commands were queued.
    pub queued: i64,
    /// Behind which command or line it goes on.
    pub place: Uuid,
    /// Who started it.
    pub requested_by: String,
    /// When; what came later does not count.
    pub created_at: Timestamp,
    /// When it last went on.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// The most commands a minute.
pub const MAX_PER_MINUTE: u32 = 6000;
/// How many commands a minute, where nobody says.
pub const DEFAULT_PER_MINUTE: u32 = 600;
