//! Refunding an order: first what will happen, then the deed.

use axum::extract::State;
use axum::http::StatusCode;
use tradepost_app::orders::{self, Details, RefundPreview};
use tradepost_app::{Actor, App, Error};
use tradepost_model::ids::OrderId;
use tradepost_model::payments::PaymentStatus;
use tradepost_model::permissions::{Access, Area, Flag};

use super::flash::Flash;
use super::member::Id;
use super::money::{amount, counted};
use super::package_form::sentence;
use super::{Member, Outcome, order};
use crate::dashboard::{Effect, Refund, Section};
use crate::view::Field;
use crate::web::{CheckedForm, see_other};

/// Whether somebody may refund.
pub(super) fn allowed(actor: &Actor) -> bool {
    actor.may(Area::Orders, Access::Edit) && actor.require_flag(Flag::IssueRefunds).is_ok()
}

pub(super) async fn ask(State(app): State<App>, member: Member, Id(id): Id<OrderId>) -> Outcome {
    check(&member.actor)?;
    match look(&app, &member, id, Field::default()).await {
        Ok(page) => Ok(member.page(&page)),
        Err(error) => not_possible(&app, &member, id, error).await,
    }
}

pub(super) async fn refund(
    State(app): State<App>,
    member: Member,
    Id(id): Id<OrderId>,
    sent: CheckedForm,
) -> Outcome {
    let reason = sent.get("reason");
    match orders::refund_order(&app, &member.actor, id, Some(reason)).await {
        Ok(()) => {
            let to = see_other(&format!("{}/orders/{id}", member.base()));
            Ok(Flash::Refunded.carry(&app, to))
        }
        Err(Error::Invalid(errors)) => {
            let error = errors.of("reason").map(|reason| sentence("reason", reason));
            let value = reason.to_owned();
            let page = look(&app, &member, id, Field { value, error }).await?;
            Ok(member.page_with_status(StatusCode::BAD_REQUEST, &page))
        }
        Err(error) => not_possible(&app, &member, id, error).await,
    }
}

fn check(actor: &Actor) -> Result<(), Error> {
    actor.require(Area::Orders, Access::Edit)?;
    actor.require_flag(Flag::IssueRefunds)
}

/// An order that cannot be refunded is shown, with the reason.
async fn not_possible(app: &App, member: &Member, id: OrderId, error: Error) -> Outcome {
    match error {
        Error::Conflict { message, .. } => order::refused(app, member, id, &message).await,
        error => Err(error.into()),
    }
}

async fn look(app: &App, member: &Member, id: OrderId, reason: Field) -> Result<Refund, Error> {
    let preview = orders::preview_refund(app, &member.actor, id).await?;
    let details = orders::find(app, &member.actor, id).await?;
    let order = &details.order;
    Ok(Refund {
        shell: member.shell(Section::Orders),
        number: format!("#{}", order.number),
        order_url: format!("{}/orders/{id}", member.base()),
        player: order.player.username.to_string(),
        amount: amount(order.total),
        effects: effects(app, member, &details, &preview),
        reason,
    })
}

fn effects(app: &App, member: &Member, details: &Details, preview: &RefundPreview) -> Vec<Effect> {
    let money = amount(details.order.total);
    let paid = details
        .payments
        .iter()
        .find(|it| it.payment.status == PaymentStatus::Paid);
    let gateway = paid.and_then(|record| {
        let mut gateways = app.gateways.of_store(&member.store);
        gateways.find(|it| it.word() == record.payment.gateway)
    });
    let money = match gateway {
        _ if money.is_zero() => "It was free: no money goes back.".to_owned(),
        Some(gateway) => format!("{money} go back through {}.", gateway.title()),
        None => format!("The payment came by another way: give the {money} back yourself."),
    };
    let mut effects = vec![Effect::new("wallet", &money)];
    let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
    match number(preview.taken_back) {
        0 => {}
        1 => effects.push(Effect::new(
            "undo-2",
            "1 command that was not sent yet is taken back.",
        )),
        many => effects.push(Effect::new(
            "undo-2",
            &format!("{many} commands that were not sent yet are taken back."),
        )),
    }
    if preview.ends_subscription {
        effects.push(Effect::new(
            "calendar",
            "The subscription ends now, and nothing is charged for it any more.",
        ));
    }
    for (server, count) in &preview.runs {
        let count = number(*count);
        let runs = if count == 1 { "runs" } else { "run" };
        let what = counted(count, "refund command", "refund commands");
        effects.push(Effect::new(
            "terminal",
            &format!("{what} {runs} on {server}."),
        ));
    }
    if preview.runs.is_empty() {
        effects.push(Effect::new(
            "terminal",
            "No refund command runs: what was delivered stays with the player.",
        ));
    }
    effects
}
