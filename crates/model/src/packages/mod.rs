//! Packages: what a store sells, and the commands that deliver it.

mod apply;
mod commands;
mod details;
mod draft;
mod kind;
mod limits;

use crate::Timestamp;
use crate::commands::CommandType;
use crate::ids::{CategoryId, PackageCommandId, PackageId, ServerId};
use crate::inputs::Input;
use crate::money::Money;
use crate::names::Slug;
use crate::pricing::Tier;
use crate::servers::Server;
use crate::templates::Template;

pub use apply::Surroundings;
pub use draft::{
    BillingDraft, CommandDraft, CustomPriceDraft, InputDraft, LimitPeriodDraft, PackageDraft,
    TierDraft, TimedDraft,
};
pub use kind::{Billing, CustomPrice, Interval, PackageKind};
pub use limits::{LimitPeriod, PeriodUnit};

/// What an owner writes down about a package, for programs.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// Something a store sells.
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
    /// How it is paid for.
    pub kind: PackageKind,
    /// The list price.
    pub price: Money,
    /// What one costs from which quantity on, by quantity.
    pub tiers: Vec<Tier>,
    /// A picture: `https://...`, or `/media/...` for an uploaded one.
    pub image_url: Option<String>,
    /// Whether it can be bought.
    pub is_active: bool,
    /// Its place; smaller first.
    pub sort_order: i32,
    /// From when on it is in the shop.
    pub visible_from: Option<Timestamp>,
    /// Until when it is in the shop.
    pub visible_until: Option<Timestamp>,
    /// How many can be sold in all, or in a period.
    pub global_limit: Option<u32>,
    /// How many one player can buy, in all or in a period.
    pub per_user_limit: Option<u32>,
    /// When the limits begin anew, where they do.
    pub limit_period: Option<LimitPeriod>,
    /// Whether a player's limit never begins anew.
    pub is_cumulative: bool,
    /// What must have been bought before.
    pub required_packages: Vec<PackageId>,
    /// Whether one of them is enough.
    pub require_any: bool,
    /// Whether the buyer chooses the server.
    pub server_selection: bool,
    /// The servers offered to choose from and meant by `all`; empty = every server of the store.
    pub servers: Vec<ServerId>,
    /// What the buyer is asked for.
    pub inputs: Vec<Input>,
    /// The owner's own notes, for programs.
    pub metadata: Metadata,
    /// How many are sold.
    pub sold: i64,
    /// How many are reserved by payments under way.
    pub reserved: i64,
    /// The period of the limits that was counted last.
    pub period: i64,
    /// How many were sold or reserved in it.
    pub period_taken: i64,
    /// Grows with each change by people.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Package {
    /// A package of which nothing is known but what it is called.
    pub fn new(id: PackageId, slug: Slug, price: Money, now: Timestamp) -> Self {
        Self {
            id,
            category: None,
            name: String::new(),
            slug,
            description: String::new(),
            kind: PackageKind::OneTime,
            price,
            tiers: Vec::new(),
            image_url: None,
            is_active: true,
            sort_order: 0,
            visible_from: None,
            visible_until: None,
            global_limit: None,
            per_user_limit: None,
            limit_period: None,
            is_cumulative: false,
            required_packages: Vec::new(),
            require_any: false,
            server_selection: false,
            servers: Vec::new(),
            inputs: Vec::new(),
            metadata: Metadata::new(),
            sold: 0,
            reserved: 0,
            period: 0,
            period_taken: 0,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// For how many hours one is bought, where it is not for ever.
    pub const fn timed_hours(&self) -> Option<u32> {
        match self.kind {
            PackageKind::Timed { hours } => Some(hours),
            PackageKind::OneTime | PackageKind::Subscription(_) | PackageKind::Custom(_) => None,
        }
    }

    /// Whether it can be seen and bought.
    pub fn is_buyable_at(&self, now: Timestamp) -> bool {
        self.is_active
            && self.visible_from.is_none_or(|from| from <= now)
            && self.visible_until.is_none_or(|until| now < until)
    }

    /// How many are left, where the number is limited.
    pub fn stock(&self, now: Timestamp) -> Option<i64> {
        let taken = match self.limit_period {
            None => self.sold + self.reserved,
            Some(period) if self.period < period.index_at(now) => 0,
            Some(_) => self.period_taken,
        };
        self.global_limit
            .map(|limit| (i64::from(limit) - taken).max(0))
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
/// The most tiers a package can have.
pub const MAX_TIERS: usize = 20;
/// How many packages another can require.
pub const MAX_REQUIRED: usize = 50;
/// The largest limit.
pub const MAX_LIMIT: i64 = 1_000_000;
/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 10_000;
/// The most metadata, in bytes of JSON.
pub const MAX_METADATA: usize = 4096;
/// The most commands a package can have.
pub const MAX_COMMANDS: usize = 50;
/// The longest delay, in seconds: 30 days.
pub const MAX_DELAY: u32 = 2_592_000;
/// The most slots a player's inventory can be asked for.
pub const MAX_SLOTS: u32 = 36;
