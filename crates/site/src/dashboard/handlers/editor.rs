//! The package editor: what was typed is shown again until it is saved.

use axum::extract::State;
use axum::http::StatusCode;
use tradepost_app::packages::PackageInput;
use tradepost_app::{App, Error, images, packages};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::PackageId;
use tradepost_model::packages::Package;

use super::flash::Flash;
use super::member::Id;
use super::package_form::{self as form, Action};
use super::package_page::{Editor, Wrong};
use super::{Member, Outcome};
use crate::web::{CheckedForm, see_other};

pub(super) async fn blank(State(app): State<App>, member: Member) -> Outcome {
    let around = packages::surroundings(&app, &member.actor).await?;
    let editor = Editor {
        app: &app,
        member: &member,
        around: &around,
        known: None,
    };
    Ok(member.page(&editor.page(&form::blank(), &Wrong::default())))
}

pub(super) async fn edit(State(app): State<App>, member: Member, Id(id): Id<PackageId>) -> Outcome {
    let (package, commands) = packages::find(&app, &member.actor, &member.store, id).await?;
    let around = packages::surroundings(&app, &member.actor).await?;
    let editor = Editor {
        app: &app,
        member: &member,
        around: &around,
        known: Some(&package),
    };
    let typed = form::of_package(&package, &commands);
    Ok(member.page(&editor.page(&typed, &Wrong::default())))
}

pub(super) async fn create(State(app): State<App>, member: Member, sent: CheckedForm) -> Outcome {
    answer(&app, &member, None, &sent).await
}

pub(super) async fn change(
    State(app): State<App>,
    member: Member,
    Id(id): Id<PackageId>,
    sent: CheckedForm,
) -> Outcome {
    let (package, _) = packages::find(&app, &member.actor, &member.store, id).await?;
    answer(&app, &member, Some(&package), &sent).await
}

async fn answer(
    app: &App,
    member: &Member,
    known: Option<&Package>,
    sent: &CheckedForm,
) -> Outcome {
    let sort_order = known
        .map(|package| package.sort_order.to_string())
        .unwrap_or_default();
    let mut typed = form::read(sent, &sort_order);
    let mut wrong = Wrong {
        image: upload(app, member, sent, &mut typed).await?,
        ..Wrong::default()
    };
    match Action::of(sent) {
        Action::Again(change) => {
            change.apply(&mut typed.commands);
            let around = packages::surroundings(app, &member.actor).await?;
            let editor = Editor {
                app,
                member,
                around: &around,
                known,
            };
            return Ok(member.page(&editor.page(&typed, &wrong)));
        }
        Action::Save if wrong.image.is_none() => {
            let id = known.map(|package| package.id);
            match packages::save(app, &member.actor, &member.store, id, &typed).await {
                Ok(id) => {
                    let to = see_other(&format!("{}/packages/{id}", member.base()));
                    return Ok(Flash::Saved.carry(app, to));
                }
                Err(Error::Invalid(errors)) => wrong.fields = errors,
                Err(error) => return Err(error.into()),
            }
        }
        // The picture alone stands in the way of saving; all else that is wrong is told with it.
        Action::Save => {}
    }
    let around = packages::surroundings(app, &member.actor).await?;
    if wrong.fields.is_empty() {
        wrong.fields = {
            let id = known.map(|package| package.id);
            errors(packages::check(app, &member.actor, id, &typed).await)?
        };
    }
    let editor = Editor {
        app,
        member,
        around: &around,
        known,
    };
    Ok(member.page_with_status(StatusCode::BAD_REQUEST, &editor.page(&typed, &wrong)))
}

/// Keeps a picture that was sent, so that it is not lost when the form is shown again. Gives what
/// is wrong with it.
async fn upload(
    app: &App,
    member: &Member,
    sent: &CheckedForm,
    typed: &mut PackageInput,
) -> Result<Option<String>, Error> {
    let Some(file) = sent.file("image") else {
        return Ok(None);
    };
    match images::upload(app, &member.actor, file.to_vec()).await {
        Ok(url) => {
            typed.image_url = url;
            Ok(None)
        }
        Err(Error::Invalid(errors)) => {
            let reason = errors
                .0
                .first()
                .map(|error| form::sentence("file", &error.reason));
            Ok(Some(
                reason.unwrap_or_else(|| "This file cannot be used.".to_owned()),
            ))
        }
        Err(error) => Err(error),
    }
}

fn errors<T>(checked: Result<T, Error>) -> Result<FieldErrors, Error> {
    match checked {
        Ok(_) => Ok(FieldErrors::default()),
        Err(Error::Invalid(errors)) => Ok(errors),
        Err(error) => Err(error),
    }
}
