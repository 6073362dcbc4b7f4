//! The list of API keys, and the origins that checkouts may return to.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tradepost_app::{App, Error, identity, origins};
use tradepost_model::Timestamp;
use tradepost_model::keys::ApiKey;
use tradepost_model::plans::Plan;
use tradepost_model::stores::Store;

use super::flash::Flash;
use super::{Member, Outcome, package_form, permissions};
use crate::dashboard::{KeyRow, Keys, PlanNote, Section};
use crate::view::{Field, Notice, Status, Tone, When};
use crate::web::{CheckedForm, see_other, when};

pub(super) async fn list(State(app): State<App>, member: Member) -> Outcome {
    Ok(member.page(&look(&app, &member).await?))
}

/// Adds an origin.
pub(super) async fn add_origin(
    State(app): State<App>,
    member: Member,
    sent: CheckedForm,
) -> Outcome {
    let typed = sent.get("origin");
    match origins::add(&app, &member.actor, typed).await {
        Ok(_) => Ok(Flash::OriginAdded.carry(&app, back(&member))),
        Err(Error::Invalid(errors)) => {
            let mut page = look(&app, &member).await?;
            let reason = errors.of("origin").unwrap_or_default();
            let error = match reason.strip_prefix("must be an origin") {
                Some(rest) => format!("Write an origin{rest}."),
                None => package_form::sentence("number of origins", reason),
            };
            page.origin = Field::refused(typed, &error);
            Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// Removes an origin; it can be added again.
pub(super) async fn remove_origin(
    State(app): State<App>,
    member: Member,
    sent: CheckedForm,
) -> Outcome {
    origins::remove(&app, &member.actor, sent.get("origin")).await?;
    Ok(Flash::OriginRemoved.carry(&app, back(&member)))
}

/// An address that is only posted to leads back to the list.
pub(super) async fn elsewhere(member: Member) -> Response {
    back(&member)
}

/// The list, with a sentence on why something was not done.
pub(super) async fn refused(app: &App, member: &Member, status: StatusCode, text: &str) -> Outcome {
    let mut page = look(app, member).await?;
    page.shell.notice = Some(Notice::bad(text));
    Ok(member.page_with_status(status, &page))
}

async fn look(app: &App, member: &Member) -> Result<Keys, Error> {
    let keys = identity::list_keys(app, &member.actor).await?;
    let row = |key: ApiKey| row(app, member, key);
    Ok(Keys {
        shell: member.shell(Section::Keys),
        plan: plan_note(&member.store, app.now()),
        rows: keys.into_iter().map(row).collect(),
        origins: super::member::if_allowed(origins::list(app, &member.actor).await)?,
        origin: Field::default(),
        origin_hint: if app.settings.dev {
            "For instance https://shop.example.com or http://localhost:3000. Origins only, a path is not part of the match."
        } else {
            "For instance https://shop.example.com. Origins only, a path is not part of the match."
        },
    })
}

fn row(app: &App, member: &Member, key: ApiKey) -> KeyRow {
    let now = app.now();
    let status = status(&key, &member.store, now);
    KeyRow {
        url: url(member, &key),
        prefix: key.prefix,
        can: permissions::in_short(&key.permissions),
        over: status.tone == Tone::Calm,
        status,
        used: key.last_used_at.map(|at| when::ago(at, now)),
        made: when::ago(key.created_at, now),
        expires: key.expires_at.map(when::day),
        name: key.name,
    }
}

/// How a key of a store stands.
pub(super) fn status(key: &ApiKey, store: &Store, now: Timestamp) -> Status {
    if key.revoked_at.is_some() {
        Status::new(Tone::Calm, "Revoked")
    } else if key.expires_at.is_some_and(|at| at <= now) {
        Status::new(Tone::Calm, "Expired")
    } else if !store.plan.is_pro_at(now) {
        Status::new(Tone::Warn, "Paused")
    } else {
        Status::new(Tone::Good, "Active")
    }
}

/// Why no key works, where the store's plan is the reason.
pub(super) fn plan_note(store: &Store, now: Timestamp) -> Option<PlanNote> {
    if store.plan.is_pro_at(now) {
        return None;
    }
    let lapsed = store
        .plan
        .expires_at
        .filter(|_| store.plan.plan == Plan::Pro);
    Some(match lapsed.map(when::day) {
        Some(When { text, .. }) => PlanNote::lapsed(&text),
        None => PlanNote::free(),
    })
}

pub(super) fn url(member: &Member, key: &ApiKey) -> String {
    format!("{}/keys/{}", member.base(), key.id)
}

pub(super) fn back(member: &Member) -> Response {
    see_other(&format!("{}/keys", member.base()))
}
