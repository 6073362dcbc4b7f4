//! Packages: what a store sells, and the commands that deliver it.

use crate::Timestamp;
use crate::commands::CommandType;
use crate::ids::{CategoryId, PackageCommandId, PackageId, ServerId};
use crate::money::Money;
use crate::names::Slug;
use crate::servers::Server;
use crate::templates::Template;

/// A package with a one-time price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Identity.
    pub id: PackageId,
    /// Its category, or none ("Other").
    pub category: Option<CategoryId>,
    /// Its name.
    pub name: String,
    /// Its name in web addresses.
    pub slug: Slug,
    /// Rich text, already reduced to safe HTML.
    pub description: String,
    /// The list price.
    pub price: Money,
    /// A picture: `https://...`, or `/media/...` for an uploaded one.
    pub image_url: Option<String>,
    /// Whether it can be bought.
    pub is_active: bool,
    /// Its place; smaller first.
    pub sort_order: i32,
    /// How many can be sold in all.
    pub global_limit: Option<u32>,
    /// How many one player can buy.
    pub per_user_limit: Option<u32>,
    /// Whether the buyer chooses the server.
    pub server_selection: bool,
    /// The servers offered to choose from and meant by `all`; empty = every server of the store.
    pub servers: Vec<ServerId>,
    /// For how many hours one is bought, where it is not for ever.
    pub timed_hours: Option<u32>,
    /// How many are sold.
    pub sold: i64,
    /// How many are reserved by payments under way.
    pub reserved: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Package {
    /// How many are left, where the number is limited.
    pub fn stock(&self) -> Option<i64> {
        self.global_limit
            .map(|limit| (i64::from(limit) - self.sold - self.reserved).max(0))
    }
}

/// Where a delivery command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// On this server.
    Server(ServerId),
    /// On all servers of the package.
    All,
    /// On the server the buyer chose.
    CustomerChoice,
}

/// When a delivery command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Execute {
    /// At once, wherever the player is.
    Always,
    /// When the player is on the server.
    WhenOnline,
}

impl Execute {
    /// The public word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::WhenOnline => "whenOnline",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Always, Self::WhenOnline]
            .into_iter()
            .find(|it| it.word() == word)
    }
}

/// How often a delivery command runs for a line of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunPer {
    /// Once for each one bought.
    Unit,
    /// Once, whatever the quantity.
    Line,
}

impl RunPer {
    /// The public word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Line => "line",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Unit, Self::Line]
            .into_iter()
            .find(|it| it.word() == word)
    }
}

/// A delivery command of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageCommand {
    /// Identity.
    pub id: PackageCommandId,
    /// The text with its variables.
    pub template: Template,
    /// What makes it run.
    pub kind: CommandType,
    /// Where it runs.
    pub target: Target,
    /// When it runs.
    pub execute: Execute,
    /// How long it waits after it is due, in seconds.
    pub delay_seconds: u32,
    /// How many free inventory slots the player needs.
    pub required_slots: u32,
    /// Once per unit or once per line.
    pub run_per: RunPer,
}

impl PackageCommand {
    /// The servers it runs on, of a store's `servers`; none where it has no target any more.
    pub fn targets<'a>(
        &self,
        package: &Package,
        chosen: Option<ServerId>,
        servers: &'a [Server],
    ) -> Vec<&'a Server> {
        let fits = |server: &&Server| match self.target {
            Target::Server(id) => server.id == id,
            Target::All => package.servers.is_empty() || package.servers.contains(&server.id),
            Target::CustomerChoice => chosen == Some(server.id),
        };
        servers.iter().filter(fits).collect()
    }

    /// Whether it runs on this server, as a command of the whole store.
    pub fn runs_on(&self, server: ServerId) -> bool {
        match self.target {
            Target::Server(id) => server == id,
            Target::All => true,
            Target::CustomerChoice => false,
        }
    }

    /// How often it runs on each of them, for so many bought.
    pub fn runs(&self, quantity: u32) -> u32 {
        match self.run_per {
            RunPer::Unit => quantity,
            RunPer::Line => 1,
        }
    }
}

/// The longest time a package can be bought for, in hours: ten years.
pub const MAX_TIMED_HOURS: u32 = 87_600;
/// The most commands a package can have.
pub const MAX_COMMANDS: usize = 50;
/// The longest delay, in seconds: 30 days.
pub const MAX_DELAY: u32 = 2_592_000;
/// The most slots a player's inventory can be asked for.
pub const MAX_SLOTS: u32 = 36;
