//! Times in words, in UTC.

use tradepost_model::Timestamp;

use crate::view::When;

/// "2 min ago" for what is recent, "20 Nov, 18:04" for the rest, with the year where it is another.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> When {
    let seconds = now.as_second() - at.as_second();
    let text = match seconds {
        i64::MIN..0 => written(at, now),
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => written(at, now),
    };
    When { iso: iso(at), text }
}

/// "20 November 2026, 18:04 UTC".
pub(crate) fn in_full(at: Timestamp) -> When {
    When {
        iso: iso(at),
        text: at.strftime("%-d %B %Y, %H:%M UTC").to_string(),
    }
}

/// "18:04:02.104" on the same day as `day`, "21 Nov, 18:04:02" on another.
pub(crate) fn to_the_second(at: Timestamp, day: Timestamp) -> When {
    let same_day = at.strftime("%F").to_string() == day.strftime("%F").to_string();
    let format = if same_day {
        "%H:%M:%S%.3f"
    } else {
        "%-d %b, %H:%M:%S"
    };
    When {
        iso: iso(at),
        text: at.strftime(format).to_string(),
    }
}

fn written(at: Timestamp, now: Timestamp) -> String {
    let same_year = at.strftime("%Y").to_string() == now.strftime("%Y").to_string();
    let format = if same_year {
        "%-d %b, %H:%M"
    } else {
        "%-d %b %Y"
    };
    at.strftime(format).to_string()
}

fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_times_are_told_by_distance() {
        let now: Timestamp = "2026-11-20T18:04:02.5Z".parse().unwrap();
        for (at, text) in [
            ("2026-11-20T18:04:02Z", "just now"),
            ("2026-11-20T18:02:02Z", "2 min ago"),
            ("2026-11-20T15:04:02Z", "3 h ago"),
            ("2026-11-19T15:04:02Z", "19 Nov, 15:04"),
            ("2025-11-19T15:04:02Z", "19 Nov 2025"),
            ("2026-11-20T19:04:02Z", "20 Nov, 19:04"),
        ] {
            assert_eq!(ago(at.parse().unwrap(), now).text, text);
        }
        assert_eq!(in_full(now).text, "20 November 2026, 18:04 UTC");
        assert_eq!(to_the_second(now, now).text, "18:04:02.500");
        assert_eq!(iso(now), "2026-11-20T18:04:02.500Z");
    }
}
