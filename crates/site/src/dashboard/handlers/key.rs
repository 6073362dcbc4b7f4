//! One API key: making it, giving it another secret, ending it. The whole key is shown once, where the form
//! that made it leads to.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tradepost_app::{App, Error, identity};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::ApiKeyId;
use tradepost_model::keys::{ApiKey, KeyDraft};
use tradepost_model::permissions::{Access, Area, Permissions};

use super::flash::Flash;
use super::keys::{back, plan_note, refused, status, url};
use super::member::Id;
use super::{Member, Outcome, days, once, package_form, permissions};
use crate::dashboard::{Fact, Key, NewKey, Section};
use crate::view::{Field, Notice};
use crate::web::{CheckedForm, see_other, when};

const NEEDS_PRO: &str = "No key was made: that needs the Pro plan.";

pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Id(id): Id<ApiKeyId>,
    headers: HeaderMap,
) -> Outcome {
    let key = find(&app, &member, id).await?;
    let mut page = look(&app, &member, key);
    page.secret = once::carried(&app, &headers, id.0);
    Ok(once::shown(&headers, id.0, member.page(&page)))
}

pub(super) async fn blank(State(app): State<App>, member: Member) -> Outcome {
    member.actor.require(Area::Stores, Access::Edit)?;
    if plan_note(&member.store, app.now()).is_some() {
        return Ok(back(&member));
    }
    let page = form(&member, "", "", &Permissions::default());
    Ok(member.page(&page))
}

pub(super) async fn create(State(app): State<App>, member: Member, sent: CheckedForm) -> Outcome {
    let (name, expires) = (sent.get("name"), sent.get("expires"));
    let chosen = permissions::read(sent.all("can"));
    let mut errors = FieldErrors::default();
    let expires_at = errors.check("expiresAt", days::end_of(expires)).flatten();
    let words = chosen.to_words().into_iter().map(|(area, types)| {
        let types = types.into_iter().map(str::to_owned).collect();
        (area.to_owned(), types)
    });
    let draft = KeyDraft {
        name: Some(name.to_owned()),
        permissions: Some(words.collect()),
        expires_at,
    };
    match identity::make_key(&app, &member.actor, &draft, errors).await {
        Ok(made) => Ok(with_secret(&app, &member, &made)),
        Err(Error::PlanRequired) => refused(&app, &member, StatusCode::FORBIDDEN, NEEDS_PRO).await,
        Err(Error::Invalid(errors)) => {
            let mut page = form(&member, name, expires, &chosen);
            page.name = package_form::field(name, "name", "name", &errors);
            page.expires.error = errors.of("expiresAt").map(|reason| match reason {
                "must be in the future" => "This day is over. Choose a later one.".to_owned(),
                other => other.to_owned(),
            });
            let mut of_grid = errors.0.iter().map(|error| error.field.as_str());
            page.grid_error = of_grid
                .any(|field| field.starts_with("permissions"))
                .then(|| "Tick at least one thing that the key may do.".to_owned());
            Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// Gives the key another secret, where its name was typed to confirm that.
pub(super) async fn regenerate(
    State(app): State<App>,
    member: Member,
    Id(id): Id<ApiKeyId>,
    sent: CheckedForm,
) -> Outcome {
    let key = find(&app, &member, id).await?;
    if let Some(field) = unconfirmed(&key, sent.get("regenerate")) {
        let mut page = look(&app, &member, key);
        page.regenerate = field;
        page.shell.notice = Some(Notice::bad("The key was not changed."));
        return Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page));
    }
    match identity::regenerate_key(&app, &member.actor, id).await {
        Ok(made) => Ok(with_secret(&app, &member, &made)),
        Err(Error::Conflict { message, .. }) => {
            let mut page = look(&app, &member, key);
            page.shell.notice = Some(Notice::bad(&package_form::sentence("key", &message)));
            Ok(member.page_with_status(StatusCode::CONFLICT, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// Revokes the key, where its name was typed to confirm that.
pub(super) async fn revoke(
    State(app): State<App>,
    member: Member,
    Id(id): Id<ApiKeyId>,
    sent: CheckedForm,
) -> Outcome {
    let key = find(&app, &member, id).await?;
    if let Some(field) = unconfirmed(&key, sent.get("revoke")) {
        let mut page = look(&app, &member, key);
        page.revoke = field;
        page.shell.notice = Some(Notice::bad("The key was not revoked."));
        return Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page));
    }
    match identity::revoke_key(&app, &member.actor, id).await {
        // It is there, so it was revoked before: that is what was asked for.
        Ok(()) | Err(Error::NotFound(_)) => Ok(Flash::KeyRevoked.carry(&app, back(&member))),
        Err(error) => Err(error.into()),
    }
}

/// What is only posted to leads back to the key.
pub(super) async fn elsewhere(member: Member, Id(id): Id<ApiKeyId>) -> Response {
    see_other(&format!("{}/keys/{id}", member.base()))
}

async fn find(app: &App, member: &Member, id: ApiKeyId) -> Result<ApiKey, Error> {
    let keys = identity::list_keys(app, &member.actor).await?;
    let mut keys = keys.into_iter();
    keys.find(|key| key.id == id).ok_or(Error::NotFound("key"))
}

/// To the page of a key, which shows the whole of it this once.
fn with_secret(app: &App, member: &Member, made: &identity::NewKey) -> Response {
    let page = see_other(&url(member, &made.key));
    once::carry(app, made.key.id.0, &made.text, page)
}

/// The field for a name that was not typed as it is.
fn unconfirmed(key: &ApiKey, typed: &str) -> Option<Field> {
    let error = format!("Type {}, exactly as it is written.", key.name);
    (typed.trim() != key.name).then(|| Field::refused(typed, &error))
}

fn look(app: &App, member: &Member, key: ApiKey) -> Key {
    let now = app.now();
    let plan = plan_note(&member.store, now);
    let is_revoked = key.revoked_at.is_some();
    let is_over = is_revoked || key.expires_at.is_some_and(|at| at <= now);
    Key {
        shell: member.shell(Section::Keys),
        url: url(member, &key),
        status: status(&key, &member.store, now),
        secret: None,
        api_url: format!("{}/api/v1", app.settings.public_url),
        facts: facts(app, &key),
        can: permissions::by_area(&key.permissions),
        can_regenerate: !is_over && plan.is_none(),
        can_revoke: !is_revoked,
        plan,
        regenerate: Field::default(),
        revoke: Field::default(),
        prefix: key.prefix,
        name: key.name,
    }
}

fn facts(app: &App, key: &ApiKey) -> Vec<Fact> {
    let fact = |label: &str, value: String| Fact {
        label: label.to_owned(),
        value,
    };
    let full = |at| when::in_full(at).text;
    let used = key.last_used_at.map(|at| when::ago(at, app.now()).text);
    let mut facts = vec![
        fact("Created", full(key.created_at)),
        fact("Last used", used.unwrap_or_else(|| "Never".to_owned())),
    ];
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => facts.push(fact("Revoked", full(at))),
        (None, at) => facts.push(fact(
            "Works until",
            at.map_or_else(|| "It has no end".to_owned(), full),
        )),
    }
    facts
}

fn form(member: &Member, name: &str, expires: &str, chosen: &Permissions) -> NewKey {
    NewKey {
        shell: member.shell(Section::Keys),
        name: Field::new(name),
        grid: permissions::grid(chosen),
        grid_error: None,
        expires: Field::new(expires),
    }
}
