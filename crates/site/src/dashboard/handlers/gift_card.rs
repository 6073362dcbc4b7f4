//! One gift card. Its code is shown once for each time that somebody asks for it, which is noted.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tradepost_app::gift_cards::{self, Movement};
use tradepost_app::{App, Error, Expect, packages};
use tradepost_model::applies_to::AppliesTo;
use tradepost_model::gift_cards::{Account, GiftCard as Card};
use tradepost_model::ids::GiftCardId;
use tradepost_model::money::Money;
use tradepost_model::names::mask_email;
use tradepost_model::permissions::{Access, Area, Flag};

use super::flash::Flash;
use super::gift_cards::{status, url};
use super::member::{Id, if_allowed};
use super::money::amount;
use super::{Member, Outcome, once};
use crate::dashboard::{Fact, GiftCard, LedgerRow, Section};
use crate::view::{Field, Notice};
use crate::web::{CheckedForm, see_other, when};

pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Id(id): Id<GiftCardId>,
    headers: HeaderMap,
) -> Outcome {
    let mut page = look(&app, &member, id).await?;
    page.code = once::carried(&app, &headers, id.0);
    Ok(once::shown(&headers, id.0, member.page(&page)))
}

/// Shows the code, and notes who has seen it.
pub(super) async fn reveal(
    State(app): State<App>,
    member: Member,
    Id(id): Id<GiftCardId>,
    _sent: CheckedForm,
) -> Outcome {
    let code = gift_cards::reveal(&app, &member.actor, id).await?;
    let page = see_other(&format!("{}/{id}", url(&member)));
    Ok(once::carry(&app, id.0, &code.for_people(), page))
}

/// Voids the gift card, where its name was typed to confirm that.
pub(super) async fn void(
    State(app): State<App>,
    member: Member,
    Id(id): Id<GiftCardId>,
    sent: CheckedForm,
) -> Outcome {
    let mut page = look(&app, &member, id).await?;
    let typed = sent.get("confirm");
    if typed.replace('\u{a0}', " ").trim() != page.name {
        let error = format!("Type {}, exactly as it is written.", page.name);
        page.confirm = Field::refused(typed, &error);
        page.shell.notice = Some(Notice::bad("The gift card was not voided."));
        return Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page));
    }
    let (app_, actor) = (app.clone(), member.actor.clone());
    let voided =
        app.write(async move |tx| gift_cards::delete(&app_, tx, &actor, id, &Expect::Any).await);
    voided.await?;
    Ok(Flash::CardVoided.carry(&app, see_other(&page.url)))
}

/// What is only posted to leads back to the gift card.
pub(super) async fn elsewhere(member: Member, Id(id): Id<GiftCardId>) -> Response {
    see_other(&format!("{}/{id}", url(&member)))
}

/// What a gift card is called: whom it is for, or else what it was worth.
pub(super) fn name(card: &Card) -> String {
    let worth = || amount(card.amount).to_string().replace('\u{a0}', " ");
    card.recipient_name.clone().unwrap_or_else(worth)
}

/// "Gift card for Alex", "Gift card of 25.00 EUR".
pub(super) fn title(card: &Card) -> String {
    let word = match card.recipient_name {
        Some(_) => "for",
        None => "of",
    };
    format!("Gift card {word} {}", name(card))
}

/// An e-mail address as this member may see it.
pub(super) fn email(member: &Member, card: &Card) -> Option<String> {
    let email = card.recipient_email.as_deref()?;
    Some(match member.actor.has(Flag::ShowCustomerPII) {
        true => email.to_owned(),
        false => mask_email(email),
    })
}

async fn look(app: &App, member: &Member, id: GiftCardId) -> Result<GiftCard, Error> {
    let card = gift_cards::find(app, &member.actor, id).await?;
    let movements = gift_cards::movements(app, &member.actor, id).await?;
    let readings = gift_cards::readings(app, &member.actor, id).await?;
    let scope = scope(app, member, &card.applies_to).await?;
    let now = app.now();
    let url = format!("{}/{id}", url(member));
    let may = |access| member.actor.may(Area::GiftCards, access);
    let is_void = card.voided_at.is_some();
    Ok(GiftCard {
        shell: member.shell(Section::GiftCards),
        title: title(&card),
        name: name(&card),
        status: status(&card, now),
        balance: amount(card.balance),
        amount: amount(card.amount),
        left: percent(card.balance, card.amount),
        held: (!card.held.is_zero()).then(|| amount(card.held)),
        facts: facts(member, &card, scope),
        message: card.message.clone(),
        code: None,
        may_reveal: may(Access::Edit) && !is_void,
        edit_url: (may(Access::Edit) && !is_void).then(|| format!("{url}/edit")),
        may_void: may(Access::Delete) && !is_void,
        confirm: Field::default(),
        entries: ledger(app, member, &card, movements),
        readings: readings
            .into_iter()
            .map(|it| (it.name, when::ago(it.at, now)))
            .collect(),
        url,
    })
}

fn facts(member: &Member, card: &Card, scope: String) -> Vec<Fact> {
    let end = match card.expires_at {
        Some(at) => when::day(at).text,
        None => "No end".to_owned(),
    };
    let voided = card.voided_at.map(|at| when::in_full(at).text);
    [
        ("For", card.recipient_name.clone()),
        ("E-mail", email(member, card)),
        ("Can be spent on", Some(scope)),
        ("Last day", Some(end)),
        ("Created", Some(when::in_full(card.created_at).text)),
        ("Voided", voided),
        ("Id", Some(card.id.to_string())),
    ]
    .into_iter()
    .filter_map(|(label, value)| {
        Some(Fact {
            label: label.to_owned(),
            value: value?,
        })
    })
    .collect()
}

/// What it can be spent on, by names.
async fn scope(app: &App, member: &Member, applies_to: &AppliesTo) -> Result<String, Error> {
    if matches!(applies_to, AppliesTo::Store | AppliesTo::AllPackages) {
        return Ok("Everything".to_owned());
    }
    let known = packages::list(app, &member.actor, &member.store).await;
    let (packages, categories) = if_allowed(known)?;
    let of = |ids: &[tradepost_model::ids::PackageId]| {
        let found = packages.iter().filter(|it| ids.contains(&it.id));
        found.map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    let (names, count, nouns) = match applies_to {
        AppliesTo::Categories(ids) => {
            let found = categories.iter().filter(|it| ids.contains(&it.id));
            let names = found.map(|it| it.name.clone()).collect();
            (names, ids.len(), ("category", "categories"))
        }
        other => {
            let ids = other.packages();
            (of(ids), ids.len(), ("package", "packages"))
        }
    };
    let missing = i64::try_from(count - names.len()).unwrap_or(i64::MAX);
    let counted = |number| super::money::counted(number, nouns.0, nouns.1);
    Ok(match (names.is_empty(), missing) {
        (true, _) => counted(missing),
        (false, 0) => names.join(", "),
        (false, _) => format!("{} and {} more", names.join(", "), counted(missing)),
    })
}

/// What moved, the last first, with what could be spent after it.
fn ledger(app: &App, member: &Member, card: &Card, movements: Vec<Movement>) -> Vec<LedgerRow> {
    let may_look = member.actor.may(Area::Orders, Access::View);
    let (mut left, currency) = (0, card.amount.currency());
    let row = |it: Movement| {
        let entry = it.entry;
        let moved = entry.amount.minor();
        let sign = match (entry.debit, entry.credit) {
            (_, Account::Card) => {
                left += moved;
                "+"
            }
            (Account::Card, _) => {
                left -= moved;
                "-"
            }
            _ => "",
        };
        let order = it.order_number.zip(entry.order).map(|(number, id)| {
            let url = may_look.then(|| format!("{}/orders/{id}", member.base()));
            (format!("#{number}"), url)
        });
        LedgerRow {
            what: words(entry.debit, entry.credit),
            order,
            amount: format!("{sign}{}", amount(entry.amount)),
            left: amount(Money::new(left, currency)),
            when: when::ago(entry.at, app.now()),
        }
    };
    let mut rows: Vec<_> = movements.into_iter().map(row).collect();
    rows.reverse();
    rows
}

fn words(from: Account, to: Account) -> &'static str {
    match (from, to) {
        (Account::Issued, _) => "Put on the card",
        (Account::Card, Account::Held) => "Held for a payment",
        (Account::Held, Account::Card) => "Not paid, back on the card",
        (_, Account::Spent) => "Spent",
        (Account::Spent, Account::Card) => "Refunded",
        (Account::Spent, Account::Void) => "Refunded, void",
        (_, Account::Void) => "Voided",
        _ => "Moved",
    }
}

/// How much is left, in hundredths; what is left is never nothing.
fn percent(left: Money, of: Money) -> u32 {
    let (left, of) = (i128::from(left.minor()), i128::from(of.minor().max(1)));
    u32::try_from((left * 100 + of - 1) / of).unwrap_or(0)
}
