//! How the deliveries of a server went.

use crate::view::Html;

/// The report on a server's page.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The numbers: a word and a value.
    pub facts: Vec<(String, String)>,
    /// How long commands took from when they were due to their end; empty before the first one.
    pub buckets: Vec<Bucket>,
    /// What was measured: "the last 200 commands".
    pub of: String,
}

/// One row of the histogram.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// "10 to 25 ms".
    pub label: String,
    /// How many commands.
    pub count: u64,
}

impl Report {
    /// The bar of a bucket; the number beside it says the same.
    #[must_use]
    pub fn bar(&self, bucket: &Bucket) -> Html {
        let top = self.buckets.iter().map(|it| it.count).max().unwrap_or(1);
        let width = (u128::from(bucket.count) * 1000)
            .checked_div(u128::from(top))
            .unwrap_or(0)
            .max(if bucket.count > 0 { 8 } else { 0 });
        Html(format!(
            r#"<svg class="hbar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect width="{width}" height="10"/></svg>"#
        ))
    }

    /// A report as the samples use it.
    #[must_use]
    pub fn sample() -> Self {
        let fact = |word: &str, value: &str| (word.to_owned(), value.to_owned());
        let bucket = |label: &str, count| Bucket {
            label: label.to_owned(),
            count,
        };
        Self {
            facts: vec![
                fact("Half within (p50)", "12 ms"),
                fact("95 % within (p95)", "48 ms"),
                fact("99 % within (p99)", "1.2 s"),
                fact("Done in 24 h", "197"),
                fact("Failed in 24 h", "3"),
                fact("Oldest waits for", "2 min"),
            ],
            buckets: vec![
                bucket("up to 10 ms", 62),
                bucket("up to 50 ms", 118),
                bucket("up to 250 ms", 13),
                bucket("up to 1 s", 4),
                bucket("up to 10 s", 2),
                bucket("up to 1 min", 0),
                bucket("longer", 1),
            ],
            of: "of the last 200 commands".to_owned(),
        }
    }
}
