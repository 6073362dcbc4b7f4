//! The first page: numbers, what needs a person, what is new.

use axum::extract::State;
use serde::Deserialize;
use tradepost_app::servers::{Queue, ServerState};
use tradepost_app::stats::{self, Overview};
use tradepost_app::{App, Error, orders, packages, servers, stores};
use tradepost_model::Timestamp;
use tradepost_model::commands::Command;
use tradepost_model::orders::OrderStatus;
use tradepost_model::payments::PaymentStatus;
use tradepost_model::permissions::{Access, Area};

use super::member::{Asked, SignedIn, if_allowed};
use super::money::{amount, counted};
use super::servers::{table, waiting};
use super::{Member, Outcome, numbers};
use crate::dashboard::{FirstStep, Home, Need, Period, Problem, Section};
use crate::web::{page, see_other, when};

const PERIODS: [u32; 3] = [7, 30, 90];
const RECENT: u32 = 5;
/// How many orders with failed commands are named one by one.
const FAILED_ORDERS: usize = 5;
/// How many of the newest orders in chargeback are looked at for open disputes.
const CHARGEBACKS: u32 = 10;

#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    days: Option<u32>,
}

/// `/dashboard`: the user's first store.
pub(super) async fn first_store(State(app): State<App>, who: SignedIn) -> Outcome {
    let stores = stores::of_user(&app, &who.user).await?;
    if let Some(store) = stores.first() {
        return Ok(see_other(&format!("/dashboard/{}", store.subdomain)));
    }
    let doc = who.visitor.document("en");
    let none = Problem {
        code: 200,
        title: "No store yet".to_owned(),
        text: format!(
            "{} is not a member of any store. Ask a store's owner to add you, or make a store on the server with \"tradepost store create\".",
            who.user.email
        ),
        action: ("/dashboard".to_owned(), "Look again".to_owned()),
        ..Problem::not_found(doc)
    };
    Ok(page(&none))
}

pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Asked(wanted): Asked<Wanted>,
) -> Outcome {
    let days = wanted
        .days
        .filter(|days| PERIODS.contains(days))
        .unwrap_or(30);
    let overview = match stats::overview(&app, &member.actor, &member.store, days).await {
        Err(error @ Error::Forbidden { .. }) => {
            return elsewhere(&member).ok_or_else(|| error.into());
        }
        other => other?,
    };
    let recent = orders::list(&app, &member.actor, orders::Filter::default(), RECENT).await?;
    let servers = if_allowed(servers::list(&app, &member.actor).await)?;
    let first_steps = if overview.ever_sold {
        Vec::new()
    } else {
        let (packages, _) = if_allowed(packages::list(&app, &member.actor, &member.store).await)?;
        first_steps(&member, !packages.is_empty(), &servers)
    };
    let page = Home {
        shell: member.shell(Section::Home),
        periods: PERIODS.map(|choice| period(&member, choice, days)).to_vec(),
        tiles: numbers::tiles(&overview),
        chart: numbers::chart(&overview.now),
        needs: needs(&app, &member, &overview, &servers).await?,
        orders: super::orders::rows(&app, &member, recent).await?,
        servers: table(&app, &member, servers),
        first_steps,
    };
    Ok(member.page(&page))
}

/// The first page is about orders; a member who may not see them starts where they may.
fn elsewhere(member: &Member) -> Option<axum::response::Response> {
    let pages = [(Area::Packages, "packages"), (Area::Servers, "servers")];
    let (_, page) = pages
        .into_iter()
        .find(|(area, _)| member.actor.may(*area, Access::View))?;
    Some(see_other(&format!("{}/{page}", member.base())))
}

fn period(member: &Member, days: u32, shown: u32) -> Period {
    Period {
        label: format!("{days} days"),
        url: format!("{}?days={days}", member.base()),
        current: days == shown,
    }
}

async fn needs(
    app: &App,
    member: &Member,
    overview: &Overview,
    servers: &[(ServerState, Queue)],
) -> Result<Vec<Need>, Error> {
    let now = app.now();
    let mut by_order: Vec<Vec<&Command>> = Vec::new();
    for command in &overview.failed {
        match by_order
            .iter_mut()
            .find(|group| group[0].order == command.order)
        {
            Some(group) => group.push(command),
            None => by_order.push(vec![command]),
        }
    }
    let failed = by_order
        .iter()
        .take(FAILED_ORDERS)
        .map(|group| failed(member, group, servers));
    let gone = servers
        .iter()
        .filter(|(state, _)| !state.is_there() && state.server.first_seen_at.is_some())
        .map(|(state, queue)| offline(member, state, *queue, now));
    let disputed = disputes(app, member).await?;
    Ok(disputed.into_iter().chain(failed).chain(gone).collect())
}

/// Payments that the buyer's bank asks for, as long as it is not decided who keeps the money.
async fn disputes(app: &App, member: &Member) -> Result<Vec<Need>, Error> {
    let filter = orders::Filter {
        status: Some(OrderStatus::Chargeback),
        ..orders::Filter::default()
    };
    let mut needs = Vec::new();
    for (order, _) in orders::list(app, &member.actor, filter, CHARGEBACKS).await? {
        let details = orders::find(app, &member.actor, order.id).await?;
        let mut payments = details.payments.iter();
        if payments.any(|it| it.payment.status == PaymentStatus::Disputed) {
            let money = amount(order.total);
            let since = when::ago(order.updated_at, app.now()).text;
            needs.push(Need {
                icon: "gavel".to_owned(),
                title: format!("Order #{} is disputed", order.number),
                text: format!(
                    "The bank of {} asks for {money}, since {since}. Answer it at your payment provider.",
                    order.player.username
                ),
                url: format!("{}/orders/{}", member.base(), order.id),
                action: "Show the order".to_owned(),
            });
        }
    }
    Ok(needs)
}

fn failed(member: &Member, commands: &[&Command], servers: &[(ServerState, Queue)]) -> Need {
    let newest = commands[0];
    let count = i64::try_from(commands.len()).unwrap_or(i64::MAX);
    let server = servers
        .iter()
        .find(|(state, _)| state.server.id == newest.server);
    let place = server
        .map(|(state, _)| format!(" on {}", state.server.name))
        .unwrap_or_default();
    let reason = newest
        .last_error
        .as_deref()
        .unwrap_or("no reason was given");
    let base = member.base();
    // In the queue it can be sent again at once.
    let (url, action) = if member.actor.may(Area::Commands, Access::View) {
        let url = format!("{base}/queue?status=failed&server={}", newest.server);
        (url, "Show the queue")
    } else {
        (format!("{base}/orders/{}", newest.order), "Show the order")
    };
    Need {
        icon: "terminal".to_owned(),
        title: format!("{} failed{place}", counted(count, "command", "commands")),
        text: format!(
            "Order #{} for {}: \"{reason}\", after {}.",
            newest.order_number,
            newest.player.username,
            counted(i64::from(newest.failures.max(1)), "try", "tries"),
        ),
        url,
        action: action.to_owned(),
    }
}

fn offline(member: &Member, state: &ServerState, queue: Queue, now: Timestamp) -> Need {
    let server = &state.server;
    let seen = server
        .last_seen_at
        .map(|at| format!("Last seen {}. ", when::ago(at, now).text));
    let text = match waiting(queue) {
        0 => "No commands wait for it.".to_owned(),
        1 => "1 command waits and is sent when it is back.".to_owned(),
        number => format!("{number} commands wait and are sent when it is back."),
    };
    Need {
        icon: "server".to_owned(),
        title: format!("{} is offline", server.name),
        text: format!("{}{text}", seen.unwrap_or_default()),
        url: format!("{}/servers/{}", member.base(), server.id),
        action: "Show the server".to_owned(),
    }
}

fn first_steps(
    member: &Member,
    has_package: bool,
    servers: &[(ServerState, Queue)],
) -> Vec<FirstStep> {
    let base = member.base();
    let connected = servers
        .iter()
        .any(|(state, _)| state.server.first_seen_at.is_some());
    let server = match servers.first() {
        Some((state, _)) => format!("{base}/servers/{}", state.server.id),
        None => format!("{base}/servers/new"),
    };
    let step = |title: &str, text: &str, url: String, done| FirstStep {
        title: title.to_owned(),
        text: text.to_owned(),
        url,
        done,
    };
    vec![
        step(
            "Add a package",
            "A rank, a kit, coins: whatever players should buy, with the commands it runs.",
            format!("{base}/packages/new"),
            has_package,
        ),
        step(
            "Connect a server",
            "Give its plugin an address and a token. The page shows when it is there.",
            server,
            connected,
        ),
        step(
            "Try a purchase",
            "Buy from your own store with the Test payment and watch it arrive.",
            member.shop(),
            false,
        ),
    ]
}
