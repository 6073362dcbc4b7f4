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

/// "20 December 2026, 18:04 UTC" is too long for a line: "20 Dec 2026".
pub(crate) fn day(at: Timestamp) -> When {
    When {
        iso: iso(at),
        text: at.strftime("%-d %b %Y").to_string(),
    }
}

/// "30 days", "1 day and 12 hours", "6 hours".
pub(crate) fn span(hours: u32) -> String {
    let counted =
        |number: u32, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    match (hours / 24, hours % 24) {
        (0, hours) => counted(hours, "hour"),
        (days, 0) => counted(days, "day"),
        (days, hours) => format!("{} and {}", counted(days, "day"), counted(hours, "hour")),
    }
}

/// "18:05:32" on the same day as `now`, "21 Nov, 18:05:32" on another.
pub(crate) fn clock(at: Timestamp, now: Timestamp) -> When {
    let same_day = at.strftime("%F").to_string() == now.strftime("%F").to_string();
    let format = if same_day {
        "%H:%M:%S"
    } else {
        "%-d %b, %H:%M:%S"
    };
    When {
        iso: iso(at),
        text: at.strftime(format).to_string(),
    }
}

/// What a field for a date and a time, or for a date alone, holds; it is in UTC.
pub(crate) fn parse_local(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = match text.parse::<jiff::civil::DateTime>() {
        Ok(time) => time,
        Err(_) => text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0),
    };
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
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
        assert_eq!(day(now).text, "20 Nov 2026");
        assert_eq!(clock(now, now).text, "18:04:02");
    }

    #[test]
    fn fields_of_dates_and_times_are_in_utc() {
        for (text, read) in [
            ("2026-11-20T16:00", Some("2026-11-20T16:00:00Z")),
            ("2026-11-20", Some("2026-11-20T00:00:00Z")),
            ("yesterday", None),
            ("", None),
        ] {
            let at = parse_local(text).map(|at| at.to_string());
            assert_eq!(at.as_deref(), read, "{text}");
        }
    }

    #[test]
    fn spans_are_told_in_days_and_hours() {
        for (hours, text) in [
            (1, "1 hour"),
            (24, "1 day"),
            (36, "1 day and 12 hours"),
            (720, "30 days"),
        ] {
            assert_eq!(span(hours), text);
        }
    }
}
