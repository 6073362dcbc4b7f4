//! The numbers of the first page: tiles and the chart.

use tradepost_app::stats::{Overview, Period};

use super::money::{amount, count};
use crate::dashboard::{Bar, Change, Chart, Tile};

/// Revenue, orders, average order, and how long a delivery takes.
pub(super) fn tiles(overview: &Overview) -> Vec<Tile> {
    let Overview { now, before, .. } = overview;
    let (orders, orders_before) = (i64::from(now.orders), i64::from(before.orders));
    let tile = |label: &str, value: String, change| Tile {
        label: label.to_owned(),
        value,
        change,
    };
    let none = || "None yet".to_owned();
    let average = if orders == 0 {
        none()
    } else {
        amount(now.average()).to_string()
    };
    let both = orders > 0 && orders_before > 0;
    vec![
        tile(
            "Revenue",
            amount(now.revenue).to_string(),
            percent(now.revenue.minor(), before.revenue.minor()),
        ),
        tile("Orders", count(orders), percent(orders, orders_before)),
        tile(
            "Average order",
            average,
            both.then(|| percent(now.average().minor(), before.average().minor()))
                .flatten(),
        ),
        tile(
            "Paid to delivered, median",
            now.median_delivery_ms.map_or_else(none, duration),
            slower(now.median_delivery_ms, before.median_delivery_ms),
        ),
    ]
}

/// Revenue per day.
pub(super) fn chart(period: &Period) -> Chart {
    let bar = |(day, sum): &(tradepost_model::Timestamp, tradepost_model::money::Money)| Bar {
        label: day.strftime("%-d %b").to_string(),
        text: amount(*sum).to_string(),
        value: u64::try_from(sum.minor()).unwrap_or(0),
    };
    Chart {
        bars: period.days.iter().map(bar).collect(),
    }
}

/// Against the period before, where that had any.
fn percent(now: i64, before: i64) -> Option<Change> {
    if before <= 0 {
        return None;
    }
    let (now, before) = (i128::from(now), i128::from(before));
    let difference = (now - before).abs();
    let percent = (difference * 100 + before / 2) / before;
    Some(Change {
        text: format!("{percent} %"),
        up: now >= before,
        good: now >= before,
    })
}

/// A longer delivery is no good news.
fn slower(now: Option<i64>, before: Option<i64>) -> Option<Change> {
    let difference = now? - before?;
    let up = difference > 0;
    Some(Change {
        text: duration(difference.abs()),
        up,
        good: !up,
    })
}

fn duration(ms: i64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        60_000..3_600_000 => format!("{} min", ms / 60_000),
        _ => format!("{} h", ms / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_against_the_period_before() {
        let change = percent(112, 100).unwrap();
        assert_eq!(
            (change.text.as_str(), change.up, change.good),
            ("12 %", true, true)
        );
        let change = percent(90, 100).unwrap();
        assert_eq!(
            (change.text.as_str(), change.up, change.good),
            ("10 %", false, false)
        );
        assert!(percent(5, 0).is_none());
        let change = slower(Some(1_100), Some(800)).unwrap();
        assert_eq!(
            (change.text.as_str(), change.up, change.good),
            ("300 ms", true, false)
        );
        assert!(slower(Some(1), None).is_none());
        assert_eq!(duration(120_000), "2 min");
    }
}
