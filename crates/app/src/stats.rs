//! The numbers of the dashboard's first page.

use jiff::ToSpan as _;
use tradepost_db::stats as db;
use tradepost_model::Timestamp;
use tradepost_model::commands::Command;
use tradepost_model::money::Money;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::stores::Store;

use crate::{Actor, App, Result};

/// The numbers of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// What was paid.
    pub revenue: Money,
    /// How many orders were paid.
    pub orders: u32,
    /// Half of the orders were delivered in at most so many milliseconds.
    pub median_delivery_ms: Option<i64>,
    /// What was paid per day, oldest first: the day's start (UTC) and the sum.
    pub days: Vec<(Timestamp, Money)>,
}

impl Period {
    /// The average order.
    pub fn average(&self) -> Money {
        let count = i64::from(self.orders.max(1));
        Money::new(
            (self.revenue.minor() + count / 2) / count,
            self.revenue.currency(),
        )
    }
}

/// What the first page tells.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The period.
    pub now: Period,
    /// The one before, of the same length.
    pub before: Period,
    /// Whether the store has ever sold anything.
    pub ever_sold: bool,
    /// Commands that failed for good, newest first, at most 20.
    pub failed: Vec<Command>,
}

/// The numbers of the last `days` days, today included, and of as many before.
pub async fn overview(app: &App, actor: &Actor, store: &Store, days: u32) -> Result<Overview> {
    actor.require(Area::Orders, Access::View)?;
    let (id, currency, now) = (store.id, store.currency, app.now());
    let day = 24 * 3600;
    let tomorrow =
        Timestamp::from_second((now.as_second().div_euclid(day) + 1) * day).unwrap_or(now);
    let length = i64::from(days) * 24;
    app.scan(async move |conn| {
        let from = tomorrow - length.hours();
        let before = from - length.hours();
        let period = async |conn: &mut tradepost_db::Conn, from: Timestamp, to: Timestamp| {
            let paid = db::paid(conn, id, from, to).await?;
            let deliveries = db::deliveries(conn, id, from, to).await?;
            Ok::<_, crate::Error>(summary(currency, from, days, &paid, &deliveries))
        };
        Ok(Overview {
            now: period(conn, from, tomorrow).await?,
            before: period(conn, before, from).await?,
            ever_sold: db::ever_sold(conn, id).await?,
            failed: tradepost_db::commands::failed(conn, id, 20).await?,
        })
    })
    .await
}

fn summary(
    currency: tradepost_model::money::Currency,
    from: Timestamp,
    days: u32,
    paid: &[(Timestamp, i64)],
    deliveries: &[(Timestamp, Timestamp)],
) -> Period {
    let start = |day: u32| from + (i64::from(day) * 24).hours();
    let sum = |from: Timestamp, to: Timestamp| {
        Money::new(
            paid.iter()
                .filter(|(at, _)| *at >= from && *at < to)
                .map(|(_, total)| total)
                .sum(),
            currency,
        )
    };
    let mut waits: Vec<_> = deliveries
        .iter()
        .map(|(paid, done)| done.as_millisecond() - paid.as_millisecond())
        .collect();
    waits.sort_unstable();
    Period {
        revenue: sum(from, start(days)),
        orders: u32::try_from(paid.len()).unwrap_or(u32::MAX),
        median_delivery_ms: waits.get(waits.len() / 2).copied(),
        days: (0..days)
            .map(|day| (start(day), sum(start(day), start(day + 1))))
            .collect(),
    }
}
