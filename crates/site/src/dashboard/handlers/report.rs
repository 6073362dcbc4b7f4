//! The delivery report of a server in words.

use tradepost_app::reports::DeliveryReport;
use tradepost_model::Timestamp;

use super::money::count;
use crate::dashboard::{Bucket, Report};

/// The report; nothing before the first command.
pub(super) fn tell(report: &DeliveryReport, now: Timestamp) -> Option<Report> {
    let latency = &report.latency;
    if latency.count == 0 && report.waiting_since.is_none() {
        return None;
    }
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let within = |ms: Option<i64>| ms.map_or_else(|| "Not known yet".to_owned(), span);
    let oldest = report.waiting_since.map(|since| {
        let waited = now.as_millisecond() - since.as_millisecond();
        ("Oldest waits for".to_owned(), span(waited.max(0)))
    });
    let mut facts = vec![
        ("Half within (p50)".to_owned(), within(latency.p50_ms)),
        ("95 % within (p95)".to_owned(), within(latency.p95_ms)),
        ("99 % within (p99)".to_owned(), within(latency.p99_ms)),
        ("Done in 24 h".to_owned(), count(number(report.completed))),
        ("Failed in 24 h".to_owned(), count(number(report.failed))),
    ];
    facts.extend(oldest);
    let mut before = 0;
    let buckets = latency.buckets.iter().map(|(end, commands)| {
        let label = match end {
            Some(end) => format!("up to {}", span(*end)),
            None => format!("over {}", span(before)),
        };
        before = end.unwrap_or(before);
        Bucket {
            label,
            count: u64::try_from(*commands).unwrap_or(u64::MAX),
        }
    });
    let mut buckets: Vec<_> = buckets.collect();
    // Empty rows at either end say nothing.
    while buckets.last().is_some_and(|it| it.count == 0) {
        buckets.pop();
    }
    let first = buckets.iter().position(|it| it.count > 0).unwrap_or(0);
    buckets.drain(..first.saturating_sub(1));
    Some(Report {
        facts,
        buckets,
        of: match latency.count {
            0 => "no command has run yet".to_owned(),
            1 => "of the last command".to_owned(),
            many => format!("of the last {} commands", count(number(many))),
        },
    })
}

/// "12 ms", "1.2 s", "3 min", "5 h".
fn span(ms: i64) -> String {
    match ms {
        ..1000 => format!("{ms} ms"),
        1000..60_000 if ms % 1000 == 0 => format!("{} s", ms / 1000),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        60_000..3_600_000 => format!("{} min", ms / 60_000),
        3_600_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} days", ms / 86_400_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_the_unit_that_fits() {
        for (ms, text) in [
            (12, "12 ms"),
            (1240, "1.2 s"),
            (30_000, "30 s"),
            (190_000, "3 min"),
            (7_200_000, "2 h"),
            (259_200_000, "3 days"),
        ] {
            assert_eq!(span(ms), text);
        }
    }
}
