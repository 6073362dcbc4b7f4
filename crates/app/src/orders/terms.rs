//! What was promised when a checkout was made, which its order is settled by: what a package costs and lasts
//! by then may be something else.

use tradepost_db::{Tx, checkout};
use tradepost_model::checkout::{SessionItem, TIMED};
use tradepost_model::money::Money;
use tradepost_model::orders::Order;
use tradepost_model::packages::{Billing, Package};
use tradepost_model::pricing::Base;

use crate::Result;

/// The terms of an order; those of the packages as they are now, where it came from no checkout.
#[derive(Debug, Default)]
pub(super) struct Terms(Vec<SessionItem>);

impl Terms {
    /// Those of an order.
    pub(super) async fn of(tx: &mut Tx, order: &Order) -> Result<Self> {
        let session = match &order.session {
            Some(id) => checkout::find(tx, id).await?,
            None => None,
        };
        Ok(Self(session.map(|it| it.items).unwrap_or_default()))
    }

    fn item(&self, package: &Package) -> Option<&SessionItem> {
        self.0.iter().find(|it| it.package == package.id)
    }

    /// For how many hours one is bought, where it is not for ever.
    pub(super) fn hours(&self, package: &Package) -> Option<u32> {
        let shape = self.item(package).map(|it| it.shape.as_str());
        match shape {
            // Checkouts made before their hours were kept.
            None | Some("" | "timed") => package.timed_hours(),
            Some(shape) => shape.strip_prefix(TIMED)?.parse().ok(),
        }
    }

    /// How a subscription is paid for, with the free trial that was promised, and what a renewal costs.
    pub(super) fn subscription(&self, package: &Package) -> Option<(Billing, Money)> {
        let billing = package.kind.billing()?;
        let item = self.item(package);
        let trial_days = match item.map(|it| it.line.base) {
            Some(Base::Trial { days }) => Some(days),
            _ => None,
        };
        let billing = Billing {
            trial_days,
            ..billing
        };
        let price = item.map_or(package.price, |it| it.line.list_price);
        Some((billing, price))
    }
}
