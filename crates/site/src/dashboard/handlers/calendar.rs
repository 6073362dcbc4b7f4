//! The calendar: thirty days of what ends and what runs later.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use tradepost_app::calendar::{self, EntryKind};
use tradepost_app::{App, Error, commands};
use tradepost_model::Timestamp;
use tradepost_model::commands::CommandType;
use tradepost_model::ids::{CommandId, OrderItemId};

use super::flash::Flash;
use super::member::{Asked, Id};
use super::{Member, Outcome};
use crate::dashboard::{Calendar, Day, Entry, Section};
use crate::view::{Notice, When};
use crate::web::{CheckedForm, see_other, when};

const DAYS: i64 = 30;
/// The most entries of one page.
const MOST: usize = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    from: String,
}

pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Asked(wanted): Asked<Wanted>,
) -> Outcome {
    Ok(member.page(&look(&app, &member, &wanted.from).await?))
}

/// What would end stays for ever.
pub(super) async fn keep(
    State(app): State<App>,
    member: Member,
    Id(item): Id<OrderItemId>,
    sent: CheckedForm,
) -> Outcome {
    let done = calendar::cancel_expiry(&app, &member.actor, item).await;
    finish(&app, &member, &sent, done.map(|()| Flash::Kept)).await
}

/// What would run does not.
pub(super) async fn cancel(
    State(app): State<App>,
    member: Member,
    Id(command): Id<CommandId>,
    sent: CheckedForm,
) -> Outcome {
    let done = commands::cancel(&app, &member.actor, command).await;
    finish(&app, &member, &sent, done.map(|()| Flash::Cancelled)).await
}

async fn finish(
    app: &App,
    member: &Member,
    sent: &CheckedForm,
    done: Result<Flash, Error>,
) -> Outcome {
    match done {
        Ok(flash) => {
            let to = member.next(sent, &url(member));
            Ok(flash.carry(app, see_other(&to)))
        }
        Err(Error::Conflict { message, .. }) => {
            let mut page = look(app, member, "").await?;
            page.shell.notice = Some(Notice::bad(&message));
            Ok(member.page_with_status(StatusCode::CONFLICT, &page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn look(app: &App, member: &Member, from: &str) -> Result<Calendar, Error> {
    let now = app.now();
    let today = midnight(now);
    let asked = when::parse_local(from).map(midnight);
    // A year that no calendar has is as good as none.
    let year = SignedDuration::from_hours(24 * 366 * 20);
    let from = asked
        .filter(|at| *at > today && *at < now + year)
        .unwrap_or(today);
    let days = SignedDuration::from_hours(24 * DAYS);
    let to = from + days;
    let limit = u32::try_from(MOST + 1).unwrap_or(u32::MAX);
    let mut found = calendar::upcoming(app, &member.actor, from, to, limit).await?;
    let more = found.len() > MOST;
    let mut next = to;
    if more {
        // The last day may have more than is known: it is for the next page, unless it is the only one.
        let last = midnight(found[MOST].at);
        let whole = found.iter().filter(|it| midnight(it.at) < last).count();
        found.truncate(if whole > 0 { whole } else { MOST });
        next = if whole > 0 {
            last
        } else {
            last + SignedDuration::from_hours(24)
        };
    }
    let may_command = member.may_command();
    let mut shown: Vec<Day> = Vec::new();
    for it in found {
        let iso = it.at.strftime("%F").to_string();
        if shown.last().is_none_or(|day| day.iso != iso) {
            shown.push(Day {
                title: title(it.at, today),
                iso,
                entries: Vec::new(),
            });
        }
        if let Some(day) = shown.last_mut() {
            day.entries.push(entry(member, &it, may_command));
        }
    }
    let page = |at: Timestamp| format!("{}?from={}", url(member), at.strftime("%F"));
    let earlier = (from > today).then(|| {
        if from - days <= today {
            url(member)
        } else {
            page(from - days)
        }
    });
    let last = next - SignedDuration::from_secs(1);
    Ok(Calendar {
        shell: member.shell(Section::Calendar),
        span: format!(
            "{} to {}",
            from.strftime("%-d %B"),
            last.strftime("%-d %B %Y")
        ),
        days: shown,
        earlier,
        later: page(next),
        more,
    })
}

fn entry(member: &Member, it: &calendar::Entry, may_command: bool) -> Entry {
    let server = it.server_name.as_deref();
    let base = url(member);
    let (title, text, stop_url) = match &it.kind {
        EntryKind::Expiry { item, quantity } => {
            let times = match quantity {
                1 => String::new(),
                many => format!("{many} × "),
            };
            let place = server.map(|name| format!(" on {name}")).unwrap_or_default();
            (
                format!("{times}{}{place} ends", it.package_name),
                String::new(),
                format!("{base}/keep/{item}"),
            )
        }
        EntryKind::Command {
            command,
            kind,
            text,
        } => {
            let what = match kind {
                CommandType::Initial | CommandType::Renewal => "Runs",
                CommandType::Expiry => "Expiry command runs",
                CommandType::Refund => "Refund command runs",
                CommandType::Chargeback => "Chargeback command runs",
            };
            (
                format!("{what} on {}", server.unwrap_or("its server")),
                text.clone(),
                format!("{base}/cancel/{command}"),
            )
        }
    };
    Entry {
        is_command: matches!(it.kind, EntryKind::Command { .. }),
        when: When::new(&it.at.to_string(), &it.at.strftime("%H:%M").to_string()),
        title,
        text,
        player: it.player.username.to_string(),
        order: format!("#{}", it.order_number),
        order_url: format!("{}/orders/{}", member.base(), it.order),
        stop_url: may_command.then_some(stop_url),
    }
}

fn title(at: Timestamp, today: Timestamp) -> String {
    let day = at.strftime("%-d %B");
    match (midnight(at).as_second() - today.as_second()) / 86_400 {
        0 => format!("Today, {day}"),
        1 => format!("Tomorrow, {day}"),
        _ => at.strftime("%A, %-d %B %Y").to_string(),
    }
}

/// The beginning of a day, in UTC.
fn midnight(at: Timestamp) -> Timestamp {
    when::parse_local(&at.strftime("%F").to_string()).unwrap_or(at)
}

fn url(member: &Member) -> String {
    format!("{}/calendar", member.base())
}
