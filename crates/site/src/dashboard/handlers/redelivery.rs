//! A redelivery: how far it is, and the brake.

use askama::Template as _;
use axum::extract::State;
use tradepost_app::live::Change;
use tradepost_app::redeliveries::{self, RedeliveryKind, RedeliveryState, RedeliveryView};
use tradepost_app::{Actor, App, Error, packages};
use tradepost_model::ids::{RedeliveryId, ServerId};
use tradepost_model::permissions::{Access, Area};

use super::member::{Id, if_allowed};
use super::money::{count, counted};
use super::{Member, Outcome};
use crate::dashboard::{Fact, Progress, Redelivery, Section, UnderWay};
use crate::view::{Status, Tone};
use crate::web::{CheckedForm, live_fragment, see_other, when};

/// How many of the newest redeliveries are looked through for those that have not ended.
const NEWEST: u32 = 20;

pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Id(id): Id<RedeliveryId>,
) -> Outcome {
    let view = redeliveries::find(&app, &member.actor, id).await?;
    let it = &view.redelivery;
    let base = member.base();
    let wiped = it.kind == RedeliveryKind::Entitlements;
    let back = match (it.server, &view.server_name) {
        (Some(server), Some(name)) if wiped => (format!("{base}/servers/{server}"), name.clone()),
        _ => (format!("{base}/queue"), "Queue".to_owned()),
    };
    let section = if wiped {
        Section::Servers
    } else {
        Section::Queue
    };
    let page = Redelivery {
        shell: member.shell(section),
        back,
        title: title(&view),
        facts: facts(&app, &member, &view).await?,
        progress: progress(&member, &member.actor, &view),
    };
    Ok(member.page(&page))
}

/// The progress again and again, as it changes.
pub(super) async fn live(
    State(app): State<App>,
    member: Member,
    Id(id): Id<RedeliveryId>,
) -> Outcome {
    redeliveries::find(&app, &member.actor, id).await?;
    let store = member.store.id;
    let wants = |change| matches!(change, Change::Server(_) | Change::Order(_));
    let render = {
        let app = app.clone();
        move || {
            let (app, member) = (app.clone(), member.clone());
            async move {
                let actor = member.still(&app).await?;
                let view = redeliveries::find(&app, &actor, id).await.ok()?;
                progress(&member, &actor, &view).render().ok()
            }
        }
    };
    Ok(live_fragment(&app, store, wants, render))
}

pub(super) async fn pause(
    State(app): State<App>,
    member: Member,
    Id(id): Id<RedeliveryId>,
    _sent: CheckedForm,
) -> Outcome {
    back(
        &member,
        id,
        redeliveries::pause(&app, &member.actor, id).await,
    )
}

pub(super) async fn resume(
    State(app): State<App>,
    member: Member,
    Id(id): Id<RedeliveryId>,
    _sent: CheckedForm,
) -> Outcome {
    back(
        &member,
        id,
        redeliveries::resume(&app, &member.actor, id).await,
    )
}

pub(super) async fn cancel(
    State(app): State<App>,
    member: Member,
    Id(id): Id<RedeliveryId>,
    sent: CheckedForm,
) -> Outcome {
    let done = redeliveries::cancel(&app, &member.actor, id, sent.has("queued")).await;
    back(&member, id, done)
}

/// Redeliveries that have not ended, newest first: of one server, or all.
pub(super) async fn under_way(
    app: &App,
    member: &Member,
    server: Option<ServerId>,
) -> Result<Vec<UnderWay>, Error> {
    let views = if_allowed(redeliveries::list(app, &member.actor, None, NEWEST).await)?;
    let lasts = |view: &RedeliveryView| {
        let it = &view.redelivery;
        let open = matches!(it.state, RedeliveryState::Running | RedeliveryState::Paused);
        let wipe = it.kind == RedeliveryKind::Entitlements;
        open && server.is_none_or(|server| wipe && it.server == Some(server))
    };
    let row = |view: RedeliveryView| {
        let it = &view.redelivery;
        let (seen, total) = (count(it.seen), count(it.total));
        let started = when::ago(it.created_at, app.now()).text;
        UnderWay {
            title: title(&view),
            text: format!(
                "{seen} of {total} looked at, started by {} {started}",
                it.requested_by
            ),
            url: url(member, it.id),
            status: status(it.state),
        }
    };
    Ok(views.into_iter().filter(lasts).map(row).collect())
}

/// A redelivery that has moved on meanwhile is simply shown as it is.
fn back(member: &Member, id: RedeliveryId, done: Result<(), Error>) -> Outcome {
    match done {
        Ok(()) | Err(Error::Conflict { .. }) => Ok(see_other(&url(member, id))),
        Err(error) => Err(error.into()),
    }
}

fn title(view: &RedeliveryView) -> String {
    let place = view.server_name.as_deref();
    match (view.redelivery.kind, place) {
        (RedeliveryKind::Entitlements, place) => {
            format!("Wipe of {}", place.unwrap_or("a server"))
        }
        (RedeliveryKind::Commands, Some(place)) => format!("Commands on {place} again"),
        (RedeliveryKind::Commands, None) => "Commands on all servers again".to_owned(),
    }
}

fn status(state: RedeliveryState) -> Status {
    match state {
        RedeliveryState::Running => Status::new(Tone::Busy, "Running"),
        RedeliveryState::Paused => Status::new(Tone::Warn, "Paused"),
        RedeliveryState::Done => Status::new(Tone::Good, "All queued"),
        RedeliveryState::Cancelled => Status::new(Tone::Calm, "Ended"),
    }
}

fn progress(member: &Member, actor: &Actor, view: &RedeliveryView) -> Progress {
    let it = &view.redelivery;
    let url = url(member, it.id);
    let may = actor.may(Area::Commands, Access::Edit);
    let post = |fits: bool, deed: &str| (may && fits).then(|| format!("{url}/{deed}"));
    let (running, paused) = (
        it.state == RedeliveryState::Running,
        it.state == RedeliveryState::Paused,
    );
    let left = (it.total - it.seen).max(0);
    let minutes = left / i64::from(it.per_minute.max(1)) + 1;
    let text = match it.state {
        RedeliveryState::Running if minutes == 1 => "Less than a minute to go.".to_owned(),
        RedeliveryState::Running => format!("About {minutes} minutes to go."),
        RedeliveryState::Paused => "It rests until somebody lets it go on.".to_owned(),
        RedeliveryState::Done if view.waiting > 0 => {
            "Everything is queued; what waits arrives as its server and player allow.".to_owned()
        }
        RedeliveryState::Done => "Nothing is left to send.".to_owned(),
        RedeliveryState::Cancelled => "It was ended by hand. What had arrived stays.".to_owned(),
    };
    let fact = |label: &str, number: i64| Fact {
        label: label.to_owned(),
        value: count(number),
    };
    let mut counts = vec![
        fact("Queued", it.queued),
        fact("Done", view.completed),
        fact("Waiting", view.waiting),
        fact("Failed", view.failed),
    ];
    if view.cancelled > 0 {
        counts.push(fact("Taken back", view.cancelled));
    }
    Progress {
        status: status(it.state),
        text,
        seen: it.seen,
        total: it.total,
        counts,
        pause: post(running, "pause"),
        resume: post(paused, "resume"),
        cancel: post(running || paused, "cancel"),
        take_back: post(view.waiting > 0, "cancel"),
        csrf: member.visitor.csrf.clone(),
        live_url: Some(format!("{url}/live")),
    }
}

async fn facts(app: &App, member: &Member, view: &RedeliveryView) -> Result<Vec<Fact>, Error> {
    let it = &view.redelivery;
    let wiped = it.kind == RedeliveryKind::Entitlements;
    let time = |at| {
        if wiped {
            when::day(at).text
        } else {
            when::in_full(at).text
        }
    };
    let verb = if wiped { "Bought" } else { "Made" };
    let range = match (it.filter.from, it.filter.to) {
        (None, None) => "at any time".to_owned(),
        (Some(from), None) => format!("since {}", time(from)),
        (None, Some(to)) => format!("before {}", time(to)),
        (Some(from), Some(to)) => format!("since {} and before {}", time(from), time(to)),
    };
    let what = if wiped {
        let (known, _) = if_allowed(packages::list(app, &member.actor, &member.store).await)?;
        let chosen = |id| {
            known
                .iter()
                .find(|it| it.id == id)
                .map(|it| it.name.as_str())
        };
        let names: Vec<_> = it
            .filter
            .packages
            .iter()
            .filter_map(|id| chosen(*id))
            .collect();
        let names = match names.as_slice() {
            [] if it.filter.packages.is_empty() => "All of them".to_owned(),
            [] => counted(
                i64::try_from(it.filter.packages.len()).unwrap_or(i64::MAX),
                "package",
                "packages",
            ),
            names => names.join(", "),
        };
        ("Packages", names)
    } else {
        let words = it.filter.statuses.iter().map(|it| match it {
            tradepost_model::commands::CommandStatus::Completed => "Done",
            other => other.word(),
        });
        ("Status", words.collect::<Vec<_>>().join(", "))
    };
    let pace = counted(i64::from(it.per_minute), "command", "commands");
    let started = when::in_full(it.created_at).text;
    Ok([
        what,
        (verb, range),
        ("Pace", format!("{pace} a minute")),
        ("Started", format!("{started} by {}", it.requested_by)),
    ]
    .into_iter()
    .map(|(label, value)| Fact {
        label: label.to_owned(),
        value,
    })
    .collect())
}

fn url(member: &Member, id: RedeliveryId) -> String {
    format!("{}/redeliveries/{id}", member.base())
}
