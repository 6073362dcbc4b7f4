//! Checkout sessions: what a buyer intends to pay for, priced, until they pay or it ends.

use crate::Timestamp;
use crate::ids::{CouponId, GiftCardId, OrderId, PackageId, ServerId, SessionId, StoreId};
use crate::money::Money;
use crate::players::{Player, Username};
use crate::pricing::{PriceLine, PricedLine, Quote};

pub use crate::inputs::Inputs as Entered;

/// Where a session stands (source 003's words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionStatus {
    /// It can be paid.
    Open,
    /// It was paid; its order exists.
    Completed,
    /// The buyer or the store ended it.
    Cancelled,
    /// Its time ran out.
    Expired,
}

impl SessionStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Completed, Self::Cancelled, Self::Expired];

    /// The public word, also stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
            Self::Expired => "Expired",
        }
    }

    /// Finds by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// Where a session came from, which decides where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Our own storefront: it ends at the receipt, or back in the basket.
    Storefront,
    /// The Management API: it ends at the addresses its maker gave.
    Api {
        /// Where a buyer goes after paying, placeholders not yet filled.
        success_url: String,
        /// Where a buyer goes after giving up.
        cancel_url: String,
    },
}

/// One line of a session. Its unit price and sale were fixed when the session was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionItem {
    /// What.
    pub package: PackageId,
    /// Its name then.
    pub name: String,
    /// How it was sold then: nothing is delivered by other terms.
    pub shape: String,
    /// How many.
    pub quantity: u32,
    /// The server the buyer chose.
    pub server: Option<ServerId>,
    /// What the buyer entered for it.
    pub inputs: Entered,
    /// What its price is made of.
    pub line: PriceLine,
    /// What it comes to, with the coupon.
    pub priced: PricedLine,
}

/// What a checkout comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// The lines at their unit prices, after sales.
    pub subtotal: Money,
    /// What the coupon takes off.
    pub discount: Money,
    /// Tax.
    pub tax: Money,
    /// What all of it costs: `subtotal - discount + tax`.
    pub total: Money,
    /// What of it a gift card pays.
    pub gift_card: Money,
    /// What is left to pay.
    pub due: Money,
}

impl From<&Quote> for Amounts {
    fn from(quote: &Quote) -> Self {
        Self {
            subtotal: quote.subtotal,
            discount: quote.discount,
            tax: quote.tax,
            total: quote.total,
            gift_card: quote.gift_card,
            due: quote.due,
        }
    }
}

/// The coupon on a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedCoupon {
    /// Which.
    pub id: CouponId,
    /// Its code, as its owner wrote it.
    pub code: String,
}

/// A checkout session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// The store.
    pub store: StoreId,
    /// Where it stands. An `Open` session past `expires_at` counts as expired.
    pub status: SessionStatus,
    /// Where it came from.
    pub origin: Origin,
    /// Who buys.
    pub buyer: Player,
    /// Who receives, where it is a gift.
    pub gift: Option<Username>,
    /// The buyer's address.
    pub email: Option<String>,
    /// What is bought.
    pub items: Vec<SessionItem>,
    /// What it comes to.
    pub amounts: Amounts,
    /// The coupon that was entered.
    pub coupon: Option<AppliedCoupon>,
    /// The gift card that was entered.
    pub gift_card: Option<GiftCardId>,
    /// The maker's own reference, echoed.
    pub client_reference: Option<String>,
    /// The maker's own data, echoed.
    pub metadata: Option<serde_json::Value>,
    /// The order, once paid.
    pub order: Option<OrderId>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Session {
    /// Who receives.
    pub fn receiver(&self) -> Player {
        match &self.gift {
            Some(username) => Player {
                username: username.clone(),
                uuid: None,
            },
            None => self.buyer.clone(),
        }
    }

    /// Whether a gateway takes part: something is to pay, now or when a trial ends.
    pub fn needs_gateway(&self) -> bool {
        !self.amounts.due.is_zero() || self.is_paid_for_later()
    }

    /// Whether something is to pay later, as for a subscription.
    pub fn is_paid_for_later(&self) -> bool {
        self.items
            .iter()
            .any(|item| item.shape.starts_with(SUBSCRIPTION) && !item.line.list_price.is_zero())
    }

    /// Where it stands at `now`: an open session whose time ran out is expired.
    pub fn status_at(&self, now: Timestamp) -> SessionStatus {
        if self.status == SessionStatus::Open && now >= self.expires_at {
            SessionStatus::Expired
        } else {
            self.status
        }
    }
}

/// How the shape of a subscription begins.
pub const SUBSCRIPTION: &str = "subscription/";
/// How the shape begins of what is bought for a time: its hours follow.
pub const TIMED: &str = "timed/";
/// The most lines a basket or session can have.
pub const MAX_LINES: usize = 50;
/// The most of one package in a line.
pub const MAX_QUANTITY: u32 = 100;
/// The most commands one order can queue.
pub const MAX_COMMANDS: usize = 1000;
/// How long a session lives by itself, in seconds.
pub const DEFAULT_SECONDS: i64 = 3600;
/// The shortest and longest life a maker can ask for, in seconds.
pub const SECONDS: std::ops::RangeInclusive<i64> = 60..=86_400;
/// How long what is scarce stays reserved after payment starts, in minutes.
pub const RESERVATION_MINUTES: i64 = 30;
