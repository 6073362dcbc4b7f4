//! The first page of the dashboard.

use askama::Template;

use super::chart::Chart;
use super::orders::OrderRow;
use super::servers::ServerTable;
use super::shell::{Section, Shell};
use crate::view::Sample;

/// `GET /dashboard/{store}?days=7|30|90`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/home.html")]
pub struct Home {
    /// The frame.
    pub shell: Shell,
    /// The period switch.
    pub periods: Vec<Period>,
    /// Revenue, orders, average order, median paid-to-delivered time.
    pub tiles: Vec<Tile>,
    /// Revenue per day.
    pub chart: Chart,
    /// What needs a person; first on the page when there is something.
    pub needs: Vec<Need>,
    /// The newest orders.
    pub orders: Vec<OrderRow>,
    /// The servers, live.
    pub servers: ServerTable,
    /// What to do first; empty once the store sold something.
    pub first_steps: Vec<FirstStep>,
}

/// One choice of the period switch.
#[derive(Debug, Clone)]
pub struct Period {
    /// "7 days".
    pub label: String,
    /// Its address.
    pub url: String,
    /// Whether it is the one shown.
    pub current: bool,
}

/// One number.
#[derive(Debug, Clone)]
pub struct Tile {
    /// What it counts.
    pub label: String,
    /// The number.
    pub value: String,
    /// Against the period before, if that had any.
    pub change: Option<Change>,
}

/// A change against the period before.
#[derive(Debug, Clone)]
pub struct Change {
    /// "12 %".
    pub text: String,
    /// Whether the number rose.
    pub up: bool,
    /// Whether that is welcome: a longer delivery is not.
    pub good: bool,
}

/// Something that needs a person.
#[derive(Debug, Clone)]
pub struct Need {
    /// The icon in the sprite: `terminal` for commands, `server` for servers.
    pub icon: String,
    /// "3 commands failed on Survival".
    pub title: String,
    /// What it means.
    pub text: String,
    /// Where to look.
    pub url: String,
    /// Words of that link: "Show the order".
    pub action: String,
}

/// One step of a new store.
#[derive(Debug, Clone)]
pub struct FirstStep {
    /// "Add a package".
    pub title: String,
    /// Why and how, in a sentence.
    pub text: String,
    /// Where it is done.
    pub url: String,
    /// Whether it is done.
    pub done: bool,
}

impl Home {
    /// The number of steps done and of all steps: "1 of 3 done".
    #[must_use]
    pub fn progress(&self) -> String {
        let done = self.first_steps.iter().filter(|step| step.done).count();
        format!("{done} of {} done", self.first_steps.len())
    }
}

impl Sample for Home {
    fn sample() -> Self {
        let period = |days: &str, current| Period {
            label: format!("{days} days"),
            url: format!("/dashboard/demo?days={days}"),
            current,
        };
        let tile = |label: &str, value: &str, change: Option<(&str, bool, bool)>| Tile {
            label: label.to_owned(),
            value: value.to_owned(),
            change: change.map(|(text, up, good)| Change {
                text: text.to_owned(),
                up,
                good,
            }),
        };
        Self {
            shell: Shell::sample(Section::Home),
            periods: vec![period("7", false), period("30", true), period("90", false)],
            tiles: vec![
                tile("Revenue", "1,842.60 EUR", Some(("12 %", true, true))),
                tile("Orders", "131", Some(("4 %", false, false))),
                tile("Average order", "14.07 EUR", Some(("17 %", true, true))),
                tile(
                    "Paid to delivered, median",
                    "0.8 s",
                    Some(("0.3 s", false, true)),
                ),
            ],
            chart: Chart::sample(30),
            needs: vec![
                Need {
                    icon: "gavel".to_owned(),
                    title: "Order #1031 is disputed".to_owned(),
                    text: "The bank of Alex asks for 24.99 EUR, since 2 h ago. Answer it at your payment provider.".to_owned(),
                    url: "/dashboard/demo/orders/1031".to_owned(),
                    action: "Show the order".to_owned(),
                },
                Need {
                    icon: "terminal".to_owned(),
                    title: "2 commands failed on Survival".to_owned(),
                    text: "Order #1038 for BlockyQueen: \"Unknown command\", after 4 tries."
                        .to_owned(),
                    url: "/dashboard/demo/queue?status=failed".to_owned(),
                    action: "Show the queue".to_owned(),
                },
                Need {
                    icon: "server".to_owned(),
                    title: "Skyblock is offline".to_owned(),
                    text: "Last seen 3 h ago. 14 commands wait and are sent when it is back."
                        .to_owned(),
                    url: "/dashboard/demo/servers/s2".to_owned(),
                    action: "Show the server".to_owned(),
                },
            ],
            orders: OrderRow::sample_rows(),
            servers: ServerTable::sample(),
            first_steps: Vec::new(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let calm = Self {
            needs: Vec::new(),
            ..usual.clone()
        };
        let step = |title: &str, text: &str, url: &str, done| FirstStep {
            title: title.to_owned(),
            text: text.to_owned(),
            url: format!("/dashboard/demo{url}"),
            done,
        };
        let mut new = Self {
            needs: Vec::new(),
            chart: Chart {
                bars: Chart::sample(30)
                    .bars
                    .into_iter()
                    .map(|bar| super::Bar { value: 0, ..bar })
                    .collect(),
            },
            orders: Vec::new(),
            servers: ServerTable {
                rows: Vec::new(),
                ..ServerTable::sample()
            },
            first_steps: vec![
                step(
                    "Add a package",
                    "A rank, a kit, coins: whatever players should buy, with the commands it runs.",
                    "/packages/new",
                    true,
                ),
                step(
                    "Connect a server",
                    "Give its plugin an address and a token. The page shows when it is there.",
                    "/servers/new",
                    false,
                ),
                step(
                    "Try a purchase",
                    "Buy from your own store with the Test payment and watch it arrive.",
                    "/try",
                    false,
                ),
            ],
            ..usual.clone()
        };
        for tile in &mut new.tiles {
            tile.change = None;
            "0".clone_into(&mut tile.value);
        }
        "0.00 EUR".clone_into(&mut new.tiles[0].value);
        "None yet".clone_into(&mut new.tiles[2].value);
        "None yet".clone_into(&mut new.tiles[3].value);
        new.shell.stores.truncate(1);
        vec![("usual", usual), ("calm", calm), ("new", new)]
    }
}
