//! A bar chart, drawn here: it needs no script.

use std::fmt::Write as _;

use crate::view::Html;

/// Bars over time.
#[derive(Debug, Clone, Default)]
pub struct Chart {
    /// One bar per day or week, oldest first.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// "20 Nov".
    pub label: String,
    /// The value as it is shown: "39.96 EUR".
    pub text: String,
    /// The value as a height; the unit does not matter.
    pub value: u64,
}

const HEIGHT: u64 = 1000;

impl Chart {
    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.bars.iter().all(|bar| bar.value == 0)
    }

    /// The highest bar, as the label of the scale.
    #[must_use]
    pub fn peak(&self) -> Option<&Bar> {
        self.bars.iter().max_by_key(|bar| bar.value)
    }

    /// Up to five labels, evenly spaced from the first to the last bar.
    #[must_use]
    pub fn ticks(&self) -> Vec<&str> {
        let last = self.bars.len().saturating_sub(1);
        let count = last.min(4);
        (0..=count)
            .filter_map(|tick| self.bars.get((tick * last).checked_div(count).unwrap_or(0)))
            .map(|bar| bar.label.as_str())
            .collect()
    }

    /// The bars; the table beside them says the same to a screen reader.
    #[must_use]
    pub fn svg(&self) -> Html {
        let top = self.peak().map_or(1, |bar| bar.value).max(1);
        let width = self.bars.len().max(1) * 10;
        let mut svg = format!(
            r#"<svg class="bars" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="200" preserveAspectRatio="none" aria-hidden="true">"#
        );
        for (index, bar) in self.bars.iter().enumerate() {
            // The quotient is at most HEIGHT, so it fits whatever the unit was.
            let height =
                u64::try_from(u128::from(bar.value) * u128::from(HEIGHT) / u128::from(top))
                    .unwrap_or(HEIGHT)
                    .max(if bar.value > 0 { 12 } else { 4 });
            let empty = if bar.value == 0 {
                r#" class="none""#
            } else {
                ""
            };
            let x = index * 10 + 1;
            let y = HEIGHT - height;
            let title = escape(&format!("{}: {}", bar.label, bar.text));
            let _ = write!(
                svg,
                r#"<g><title>{title}</title><rect class="hit" x="{}" y="0" width="10" height="{HEIGHT}"/><rect{empty} x="{x}" y="{y}" width="8" height="{height}"/></g>"#,
                index * 10
            );
        }
        svg.push_str("</svg>");
        Html(svg)
    }

    /// Days as the samples use them.
    #[must_use]
    pub fn sample(days: u64) -> Self {
        let bars = (0..days)
            .map(|day| {
                let value = (day * 37 % 23) * 410
                    + (day * 13 % 7) * 230
                    + if day % 7 > 4 { 4000 } else { 0 };
                Bar {
                    label: format!(
                        "{} {}",
                        (day + 22) % 31 + 1,
                        if day < 9 { "Oct" } else { "Nov" }
                    ),
                    text: format!("{}.{:02} EUR", value / 100, value % 100),
                    value,
                }
            })
            .collect();
        Self { bars }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_run_from_the_first_bar_to_the_last() {
        let chart = Chart::sample(30);
        let ticks = chart.ticks();
        assert_eq!(ticks.len(), 5);
        assert_eq!(
            ticks.first(),
            chart.bars.first().map(|bar| &*bar.label).as_ref()
        );
        assert_eq!(
            ticks.last(),
            chart.bars.last().map(|bar| &*bar.label).as_ref()
        );
        assert_eq!(Chart::sample(1).ticks().len(), 1);
        assert!(Chart::default().ticks().is_empty());
    }

    #[test]
    fn what_owners_wrote_stays_text() {
        let bar = Bar {
            label: "<b>".to_owned(),
            text: "1".to_owned(),
            value: u64::MAX,
        };
        assert!(!Chart { bars: vec![bar] }.svg().0.contains("<b>"));
    }
}
