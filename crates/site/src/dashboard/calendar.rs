//! The calendar: what ends and what runs later, day by day.

use askama::Template;

use super::shell::{Section, Shell};
use crate::view::{Sample, When};

/// `GET {base}/calendar?from=2026-11-20`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/calendar.html")]
pub struct Calendar {
    /// The frame.
    pub shell: Shell,
    /// "20 November to 20 December 2026".
    pub span: String,
    /// The days on which something happens, soonest first.
    pub days: Vec<Day>,
    /// The time before, where it is not the past.
    pub earlier: Option<String>,
    /// The time after.
    pub later: String,
    /// Whether there was more than is shown.
    pub more: bool,
}

/// A day with what happens on it.
#[derive(Debug, Clone)]
pub struct Day {
    /// "Today, 20 November".
    pub title: String,
    /// `2026-11-20`
    pub iso: String,
    /// What happens, soonest first.
    pub entries: Vec<Entry>,
}

/// Something that will happen by itself.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whether it is a command; else something ends.
    pub is_command: bool,
    /// "18:04"
    pub when: When,
    /// "VIP ends", "Runs on Survival".
    pub title: String,
    /// The command's text; empty for an end.
    pub text: String,
    /// Who it is about.
    pub player: String,
    /// Its order: "#1042".
    pub order: String,
    /// Address of its order.
    pub order_url: String,
    /// Posted to, it does not happen; nothing for whom may only look.
    pub stop_url: Option<String>,
}

impl Entry {
    /// Words of its button.
    #[must_use]
    pub fn stop(&self) -> &'static str {
        if self.is_command {
            "Cancel"
        } else {
            "Keep for ever"
        }
    }

    /// Icon of its button.
    #[must_use]
    pub fn stop_icon(&self) -> &'static str {
        if self.is_command { "x" } else { "infinity" }
    }
}

impl Sample for Calendar {
    fn sample() -> Self {
        let entry = |command: &str, time: &str, title: &str, player: &str, order: &str| Entry {
            is_command: !command.is_empty(),
            when: When::new(&format!("2026-11-20T{time}:00Z"), time),
            title: title.to_owned(),
            text: command.to_owned(),
            player: player.to_owned(),
            order: order.to_owned(),
            order_url: "/dashboard/demo/orders/1042".to_owned(),
            stop_url: Some("/dashboard/demo/calendar/keep/i1".to_owned()),
        };
        let day = |iso: &str, title: &str, entries| Day {
            title: title.to_owned(),
            iso: iso.to_owned(),
            entries,
        };
        Self {
            shell: Shell::sample(Section::Calendar),
            span: "20 November to 20 December 2026".to_owned(),
            days: vec![
                day(
                    "2026-11-20",
                    "Today, 20 November",
                    vec![
                        entry(
                            "broadcast Steve has the crate",
                            "18:40",
                            "Runs on Survival",
                            "Steve",
                            "#1042",
                        ),
                        entry("", "21:15", "VIP ends", "Alex", "#871"),
                    ],
                ),
                day(
                    "2026-11-21",
                    "Tomorrow, 21 November",
                    vec![entry(
                        "",
                        "09:30",
                        "2 × Flight on Skyblock ends",
                        "BlockyQueen",
                        "#902",
                    )],
                ),
                day(
                    "2026-12-18",
                    "Friday, 18 December",
                    vec![entry("", "18:04", "MVP+ ends", "Steve", "#1042")],
                ),
            ],
            earlier: None,
            later: "/dashboard/demo/calendar?from=2026-12-20".to_owned(),
            more: false,
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let empty = Self {
            days: Vec::new(),
            ..usual.clone()
        };
        let mut many = usual.clone();
        many.more = true;
        many.earlier = Some("/dashboard/demo/calendar".to_owned());
        let day = &mut many.days[0];
        day.entries[0].text = format!("lp user Steve parent add {}", "very-long-group-".repeat(8));
        day.entries[1].title = format!(
            "{} ends",
            crate::storefront::PackageCard::sample_long().name
        );
        day.entries[1].player = "A_Player_With_A_Name_Of_32_Chars".to_owned();
        vec![("usual", usual), ("empty", empty), ("many", many)]
    }
}
