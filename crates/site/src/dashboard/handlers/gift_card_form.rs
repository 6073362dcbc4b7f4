//! Making a gift card, and changing whom it is for.

use axum::extract::State;
use axum::http::StatusCode;
use tradepost_app::{App, Error, Expect, gift_cards, packages};
use tradepost_model::applies_to::AppliesToDraft;
use tradepost_model::fields::{FieldErrors, Given};
use tradepost_model::gift_cards::{GiftCard, GiftCardDraft};
use tradepost_model::ids::GiftCardId;
use tradepost_model::permissions::{Access, Area, Flag};

use super::flash::Flash;
use super::gift_card::{email, title};
use super::gift_cards::url;
use super::member::{Id, if_allowed};
use super::{Member, Outcome, days, package_form};
use crate::dashboard::{EditGiftCard, GiftCardFields, NewGiftCard, Section};
use crate::view::{Choice, Field, Notice};
use crate::web::{CheckedForm, see_other};

const CHANGED: &str = "Somebody else has changed this gift card meanwhile, so nothing was saved. Look at it, or save again to have it as below.";

pub(super) async fn blank(State(app): State<App>, member: Member) -> Outcome {
    member.actor.require(Area::GiftCards, Access::Edit)?;
    let (nothing, fine) = (CheckedForm::default(), FieldErrors::default());
    Ok(member.page(&form(&app, &member, &nothing, &fine).await?))
}

pub(super) async fn create(State(app): State<App>, member: Member, sent: CheckedForm) -> Outcome {
    let mut wrong = FieldErrors::default();
    let draft = GiftCardDraft {
        amount: Given::Value(sent.get("amount").trim().to_owned()),
        applies_to: applies_to(&sent),
        expires_at: wrong
            .check("expiresAt", days::end_of(sent.get("expires")))
            .flatten()
            .map_or(Given::Null, Given::Value),
        ..texts(&sent)
    };
    let (app_, actor) = (app.clone(), member.actor.clone());
    // A day that cannot be read is told with all else that is wrong.
    let is_wrong = !wrong.is_empty();
    let made = app
        .write(async move |tx| {
            let card = gift_cards::create(&app_, tx, &actor, draft.clone()).await?;
            match is_wrong {
                true => Err(FieldErrors::default().into()),
                false => Ok(card),
            }
        })
        .await;
    match made {
        Ok(card) => {
            let to = see_other(&format!("{}/{}", url(&member), card.id));
            Ok(Flash::CardMade.carry(&app, to))
        }
        Err(Error::Invalid(errors)) => {
            wrong.0.extend(errors.0);
            let page = form(&app, &member, &sent, &wrong).await?;
            Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn edit(
    State(app): State<App>,
    member: Member,
    Id(id): Id<GiftCardId>,
) -> Outcome {
    member.actor.require(Area::GiftCards, Access::Edit)?;
    let card = gift_cards::find(&app, &member.actor, id).await?;
    let text = |text: &Option<String>| Field::new(text.as_deref().unwrap_or_default());
    let shown = card.recipient_email.clone().filter(|_| may_see(&member));
    let fields = GiftCardFields {
        name: text(&card.recipient_name),
        email: text(&shown),
        masked: masked(&member, &card),
        message: text(&card.message),
        expires: Field::new(&days::field(card.expires_at)),
    };
    Ok(member.page(&changing(&member, &card, fields)))
}

pub(super) async fn change(
    State(app): State<App>,
    member: Member,
    Id(id): Id<GiftCardId>,
    sent: CheckedForm,
) -> Outcome {
    let card = gift_cards::find(&app, &member.actor, id).await?;
    let mut wrong = FieldErrors::default();
    let mut draft = texts(&sent);
    if draft.recipient_email == Given::Null && masked(&member, &card).is_some() {
        draft.recipient_email = Given::Absent;
    }
    // A day that was not touched keeps its hour, also one that is over.
    if sent.get("expires").trim() != days::field(card.expires_at) {
        let end = wrong.check("expiresAt", days::end_of(sent.get("expires")));
        draft.expires_at = end.flatten().map_or(Given::Null, Given::Value);
    }
    let version = sent.get("version").parse().unwrap_or(card.version);
    let (app_, actor) = (app.clone(), member.actor.clone());
    let is_wrong = !wrong.is_empty();
    let changed = app
        .write(async move |tx| {
            let expect = Expect::OneOf(vec![version]);
            gift_cards::update(&app_, tx, &actor, id, draft.clone(), &expect).await?;
            match is_wrong {
                true => Err(FieldErrors::default().into()),
                false => Ok(()),
            }
        })
        .await;
    let (status, notice) = match changed {
        Ok(()) => {
            let to = see_other(&format!("{}/{id}", url(&member)));
            return Ok(Flash::Saved.carry(&app, to));
        }
        Err(Error::Invalid(errors)) => {
            wrong.0.extend(errors.0);
            (StatusCode::BAD_REQUEST, None)
        }
        Err(Error::Stale) => (StatusCode::PRECONDITION_FAILED, Some(CHANGED)),
        Err(error) => return Err(error.into()),
    };
    let fields = typed(&sent, masked(&member, &card), &wrong);
    let mut page = changing(&member, &card, fields);
    page.shell.notice = notice.map(Notice::bad).or(page.shell.notice);
    Ok(member.page_with_status(status, &page))
}

/// What was typed into the fields for text; an empty one is nothing.
fn texts(sent: &CheckedForm) -> GiftCardDraft {
    let text = |name: &str| match sent.get(name).trim() {
        "" => Given::Null,
        text => Given::Value(text.replace("\r\n", "\n")),
    };
    GiftCardDraft {
        recipient_name: text("recipient_name"),
        recipient_email: text("recipient_email"),
        message: text("message"),
        ..GiftCardDraft::default()
    }
}

/// What it is to be spent on; ticks of a list that was not chosen do not count.
fn applies_to(sent: &CheckedForm) -> AppliesToDraft {
    fn ids<T: std::str::FromStr>(sent: &CheckedForm, name: &str) -> Given<Vec<T>> {
        Given::Value(sent.all(name).filter_map(|id| id.parse().ok()).collect())
    }
    let scope = match sent.get("scope") {
        "" => "store",
        scope => scope,
    };
    AppliesToDraft {
        application_scope: Given::Value(scope.to_owned()),
        package_ids: match scope {
            "package" => ids(sent, "packages"),
            _ => Given::Absent,
        },
        category_ids: match scope {
            "category" => ids(sent, "categories"),
            _ => Given::Absent,
        },
        ..AppliesToDraft::default()
    }
}

/// The form for a new gift card as it was typed.
async fn form(
    app: &App,
    member: &Member,
    sent: &CheckedForm,
    wrong: &FieldErrors,
) -> Result<NewGiftCard, Error> {
    let known = packages::list(app, &member.actor, &member.store).await;
    let (packages, categories) = if_allowed(known)?;
    let choice = |name: &str, id: String, label: &str| {
        let chosen = sent.all(name).any(|it| it == id);
        Choice::new(&id, label).chosen(chosen)
    };
    let scope = sent.get("scope");
    let scopes = [
        ("store", "Everything", true),
        ("category", "Some categories", !categories.is_empty()),
        ("package", "Some packages", !packages.is_empty()),
    ];
    Ok(NewGiftCard {
        shell: member.shell(Section::GiftCards),
        amount: package_form::field(sent.get("amount"), "amount", "amount", wrong),
        currency: member.store.currency.code().to_owned(),
        fields: typed(sent, None, wrong),
        scopes: scopes
            .into_iter()
            .filter(|(_, _, there)| *there)
            .map(|(value, label, _)| {
                let chosen = scope == value || (scope.is_empty() && value == "store");
                Choice::new(value, label).chosen(chosen)
            })
            .collect(),
        scope_error: scope_error(scope, wrong),
        packages: packages
            .iter()
            .map(|it| choice("packages", it.id.to_string(), &it.name))
            .collect(),
        categories: categories
            .iter()
            .map(|it| choice("categories", it.id.to_string(), &it.name))
            .collect(),
    })
}

fn scope_error(scope: &str, wrong: &FieldErrors) -> Option<String> {
    let of = |field: &str| wrong.0.iter().any(|it| it.field.starts_with(field));
    let words = match scope {
        _ if of("applicationScope") => "Choose what it can be spent on.",
        _ if wrong.of("categoryIds").is_some() => "Choose at least one category.",
        _ if wrong.of("packageIds").is_some() => "Choose at least one package.",
        _ if of("categoryIds") || of("packageIds") => "One of these is gone: choose again.",
        _ => return None,
    };
    Some(words.to_owned())
}

fn typed(sent: &CheckedForm, masked: Option<String>, wrong: &FieldErrors) -> GiftCardFields {
    let of = |name: &str, label: &str, field: &str| {
        package_form::field(sent.get(name), label, field, wrong)
    };
    let expires = Field {
        value: sent.get("expires").to_owned(),
        error: wrong.of("expiresAt").map(|reason| match reason {
            "must be in the future" => "This day is over. Choose a later one.".to_owned(),
            other => other.to_owned(),
        }),
    };
    GiftCardFields {
        name: of("recipient_name", "recipient", "recipientName"),
        email: of("recipient_email", "e-mail", "recipientEmail"),
        masked,
        message: of("message", "message", "message"),
        expires,
    }
}

fn changing(member: &Member, card: &GiftCard, fields: GiftCardFields) -> EditGiftCard {
    EditGiftCard {
        shell: member.shell(Section::GiftCards),
        title: title(card),
        url: format!("{}/{}", url(member), card.id),
        version: card.version.to_string(),
        fields,
    }
}

/// The address that this member may not see, masked.
fn masked(member: &Member, card: &GiftCard) -> Option<String> {
    email(member, card).filter(|_| !may_see(member))
}

fn may_see(member: &Member) -> bool {
    member.actor.has(Flag::ShowCustomerPII)
}
