//! What was measured, over all rounds, as a table.

/// One number of one round.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) case: String,
    pub(super) value: f64,
    pub(super) unit: Unit,
}

/// What a number says, and whether more of it is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    BytesPerConnection,
    Megabytes,
    PerSecond,
    Milliseconds,
    Seconds,
    /// Of one core. Neither good nor bad: it tells who was the limit.
    PercentOfCore,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::BytesPerConnection => format!("{} B", thousands(value)),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::PerSecond => format!("{} /s", thousands(value)),
            Self::Milliseconds => format!("{value:.3} ms"),
            Self::Seconds => format!("{value:.2} s"),
            Self::PercentOfCore => format!("{value:.0} %"),
        }
    }

    /// How many times better one is than the other.
    fn ratio(self, one: f64, other: f64) -> Option<f64> {
        match self {
            Self::PerSecond => Some(one / other),
            Self::PercentOfCore => None,
            _ => Some(other / one),
        }
    }
}

/// All rounds of one server.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) name: String,
    rows: Vec<(String, Unit, Vec<f64>)>,
}

impl Report {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rows: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, sample: Sample) {
        let Sample { case, value, unit } = sample;
        eprintln!("  {case}: {}", unit.show(value));
        match self.rows.iter_mut().find(|row| row.0 == case) {
            Some((_, _, values)) => values.push(value),
            None => self.rows.push((case, unit, vec![value])),
        }
    }

    fn median(&self, case: &str) -> Option<f64> {
        let (_, _, values) = self.rows.iter().find(|row| row.0 == case)?;
        Some(sorted(values)[values.len() / 2])
    }
}

/// Prints the median of every case, with the smallest and the largest value.
pub(super) fn print(reports: &[Report]) {
    let Some(first) = reports.first() else { return };
    let names: Vec<_> = reports.iter().map(|it| it.name.as_str()).collect();
    println!("| case | {} | ratio |", names.join(" | "));
    println!("|---|{}", "---:|".repeat(names.len() + 1));
    for (case, unit, _) in &first.rows {
        let cells: Vec<_> = reports
            .iter()
            .map(|report| cell(report, case, *unit))
            .collect();
        let ratio = reports
            .get(1)
            .and_then(|other| unit.ratio(first.median(case)?, other.median(case)?))
            .map_or_else(String::new, |ratio| format!("{ratio:.1}"));
        println!("| {case} | {} | {ratio} |", cells.join(" | "));
    }
}

fn cell(report: &Report, case: &str, unit: Unit) -> String {
    let Some((_, _, values)) = report.rows.iter().find(|row| row.0 == case) else {
        return String::new();
    };
    let values = sorted(values);
    let middle = unit.show(values[values.len() / 2]);
    match values.as_slice() {
        [_] => middle,
        [least, .., most] => format!("{middle} ({} to {})", unit.show(*least), unit.show(*most)),
        [] => String::new(),
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// A whole number with commas.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits.as_str()), |rest| ("-", rest));
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    format!("{sign}{}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        assert_eq!(thousands(0.4), "0");
        assert_eq!(thousands(999.6), "1,000");
        assert_eq!(thousands(-1_234_567.0), "-1,234,567");
    }
}
