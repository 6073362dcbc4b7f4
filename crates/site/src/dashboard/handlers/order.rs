//! One order: who, what, money, commands.

use askama::Template as _;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tradepost_app::live::Change;
use tradepost_app::orders::{CommandView, Details};
use tradepost_app::{Actor, App, Error, orders, servers, subscriptions};
use tradepost_model::Timestamp;
use tradepost_model::commands::{Command, CommandStatus, CommandType};
use tradepost_model::ids::{OrderId, ServerId};
use tradepost_model::names::mask_email;
use tradepost_model::orders::{EndReason, Order as Made, OrderItem, OrderStatus};
use tradepost_model::payments::PaymentStatus;
use tradepost_model::permissions::{Access, Area};

use super::member::{Asked, Id, if_allowed};
use super::money::amount;
use super::orders::status;
use super::{Member, Outcome, commands, order_money, refund};
use crate::dashboard::{
    self, CommandActions, Fact, Order, OrderCommands, OrderLine, Section, Transition,
};
use crate::view::{Notice, Status, Tone};
use crate::web::{live_fragment, when};

pub(super) async fn show(State(app): State<App>, member: Member, Id(id): Id<OrderId>) -> Outcome {
    Ok(member.page(&look(&app, &member, id).await?))
}

/// The page again, with a sentence on why something was not done.
pub(super) async fn refused(app: &App, member: &Member, id: OrderId, text: &str) -> Outcome {
    let mut page = look(app, member, id).await?;
    page.shell.notice = Some(Notice::bad(text));
    Ok(member.page_with_status(StatusCode::CONFLICT, &page))
}

async fn look(app: &App, member: &Member, id: OrderId) -> Result<Order, Error> {
    let details = orders::find(app, &member.actor, id).await?;
    let servers = if_allowed(servers::list(app, &member.actor).await)?;
    let server_name = |id: ServerId| {
        let known = servers.iter().find(|(state, _)| state.server.id == id);
        known.map(|(state, _)| state.server.name.clone())
    };
    let (payments, facts) = (payments(&details), facts(&details.order));
    let shown = fragment(app, member, &member.actor, &standing(&details), &details);
    let status = match details.order.status {
        OrderStatus::Chargeback if disputed(&details) => Status::new(Tone::Bad, "Disputed"),
        other => status(other),
    };
    let url = format!("{}/orders/{id}", member.base());
    let add_url = member.may_command()
        && details.order.paid_at.is_some()
        && details.order.status != OrderStatus::Cancelled;
    let may_refund = details.order.status == OrderStatus::Paid && refund::allowed(&member.actor);
    let test_payment = details
        .payments
        .iter()
        .rfind(|it| member.store.test_mode && it.payment.gateway == "test");
    let gateway_url = test_payment.map(|it| format!("/pay/test/{}", it.payment.reference));
    let subscription = subscriptions::of_order(app, member.store.id, id).await?;
    let Details {
        order,
        items,
        payments: _,
        commands: _,
    } = details;
    let labels = order_money::labels(app, member, &items).await?;
    Ok(Order {
        shell: member.shell(Section::Orders),
        number: format!("#{}", order.number),
        status,
        when: when::in_full(order.created_at),
        player: order.player.username.to_string(),
        gift_from: order.gifter.as_ref().map(|it| it.username.to_string()),
        facts,
        refund_url: may_refund.then(|| format!("{url}/refund")),
        gateway_url,
        add_url: add_url.then(|| format!("{url}/commands/new")),
        sums: order_money::sums(&order, &items),
        paid: order_money::paid(member, &order),
        subscription: subscription.map(|it| order_money::subscription(&it, app.now())),
        lines: items
            .into_iter()
            .map(|item| line(item, &order, &labels, server_name, app.now()))
            .collect(),
        total: amount(order.total),
        payments,
        commands: shown,
    })
}

/// The commands again and again, as they change.
pub(super) async fn live(
    State(app): State<App>,
    member: Member,
    Id(id): Id<OrderId>,
    Asked(shown): Asked<Shown>,
) -> Outcome {
    orders::find(&app, &member.actor, id).await?;
    let store = member.store.id;
    let wants = move |change| {
        matches!(change, Change::Order(order) if order == id) || matches!(change, Change::Server(_))
    };
    let shown = shown.status;
    let render = {
        let app = app.clone();
        move || {
            let (app, member, shown) = (app.clone(), member.clone(), shown.clone());
            async move {
                let actor = member.still(&app).await?;
                let details = orders::find(&app, &actor, id).await.ok()?;
                let shown = shown.unwrap_or_else(|| standing(&details));
                fragment(&app, &member, &actor, &shown, &details)
                    .render()
                    .ok()
            }
        }
    };
    Ok(live_fragment(&app, store, wants, render))
}

/// What the page showed when it was loaded.
#[derive(Default, Deserialize)]
pub(super) struct Shown {
    status: Option<String>,
}

/// How an order and its payment stand, as a word: where it differs from what a page shows, that page
/// is old.
fn standing(details: &Details) -> String {
    // A refund that arrives a moment after it was asked for is no news.
    let payments = details.payments.iter().map(|it| match it.payment.status {
        PaymentStatus::Refunding => PaymentStatus::Refunded.word(),
        status => status.word(),
    });
    let words: Vec<_> = std::iter::once(details.order.status.word())
        .chain(payments)
        .collect();
    words.join(".")
}

/// Whether it is not decided yet who keeps the money.
fn disputed(details: &Details) -> bool {
    let mut payments = details.payments.iter();
    payments.any(|it| it.payment.status == PaymentStatus::Disputed)
}

fn fragment(
    app: &App,
    member: &Member,
    actor: &Actor,
    shown: &str,
    details: &Details,
) -> OrderCommands {
    let order = &details.order;
    let url = format!("{}/orders/{}", member.base(), order.id);
    let may_command = actor.may(Area::Commands, Access::Edit);
    let now = app.now();
    let of_order = |view: &CommandView| {
        let actions = may_command.then(|| actions(&url, &view.command, details, now));
        dashboard::OrderCommand {
            actions,
            ..commands::of_order(view.clone(), now)
        }
    };
    OrderCommands {
        commands: details.commands.iter().map(of_order).collect(),
        csrf: member.visitor.csrf.clone(),
        reload: standing(details) != shown,
        live_url: format!("{url}/live?status={shown}"),
    }
}

/// What fits a command as it stands; whoever comes late is told so.
fn actions(url: &str, command: &Command, details: &Details, now: Timestamp) -> CommandActions {
    let to = |deed: &str| format!("{url}/commands/{}{deed}", command.id);
    let goods = matches!(command.kind, CommandType::Initial | CommandType::Renewal);
    let item = details.items.iter().find(|it| Some(it.id) == command.item);
    let ended = item.is_some_and(|it| it.ended.is_some());
    let taken_away = goods && (details.order.status != OrderStatus::Paid || ended);
    let unsent = command.sent_at.is_none();
    let resend = match command.status {
        _ if taken_away => None,
        CommandStatus::Pending if unsent && command.due_at > now => Some("Send now"),
        CommandStatus::Pending | CommandStatus::Delivered => None,
        CommandStatus::Failed if unsent => None,
        _ => Some("Send again"),
    };
    let waits = matches!(
        command.status,
        CommandStatus::Pending | CommandStatus::AwaitingPlayer
    );
    CommandActions {
        resend: resend.map(|words| (to("/resend"), words)),
        cancel: waits.then(|| to("/cancel")),
        edit: (command.status == CommandStatus::Pending && unsent).then(|| to("")),
    }
}

fn facts(order: &Made) -> Vec<Fact> {
    let uuid = order.player.uuid.map(|uuid| uuid.to_string());
    let email = order
        .email
        .as_deref()
        .map_or_else(|| "Not given".to_owned(), mask_email);
    let why = match order.status {
        OrderStatus::Refunded => "Why it was refunded",
        OrderStatus::Chargeback => "Why it was charged back",
        _ => "Why it was cancelled",
    };
    let origin = if order.session.is_some() {
        "Checkout"
    } else {
        "Made by hand or by an integration"
    };
    [
        ("UUID", uuid),
        ("E-mail", Some(email)),
        ("Came from", Some(origin.to_owned())),
        ("Payment method", Some(order.provider.clone())),
        (why, order.reason.clone()),
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

/// Until when what was bought is the player's, or when and why it ended.
fn ends(item: &OrderItem, now: Timestamp) -> Option<Status> {
    let day = |at| when::day(at).text;
    let text = match (item.ended, item.expires_at) {
        (Some((at, why)), _) => {
            let why = match why {
                EndReason::Expired => "its time was over",
                EndReason::Refunded => "refunded",
                EndReason::Chargeback => "charged back",
                EndReason::Renewed => "renewed by the next payment",
            };
            format!("Ended on {}: {why}", day(at))
        }
        (None, Some(at)) if at > now => format!("Until {}", when::in_full(at).text),
        (None, Some(at)) => format!("Ends now, since {}", day(at)),
        (None, None) => return None,
    };
    Some(Status::new(Tone::Calm, &text))
}

fn line(
    item: OrderItem,
    order: &Made,
    labels: &order_money::Labels,
    server_name: impl Fn(ServerId) -> Option<String>,
    now: Timestamp,
) -> OrderLine {
    let server = item.server.and_then(server_name);
    OrderLine {
        quantity: item.quantity,
        server: server.map(|name| format!("On {name}")).unwrap_or_default(),
        total: amount(item.total),
        ends: ends(&item, now),
        explanation: order_money::explanation(&item, order),
        answers: order_money::answers(&item, labels),
        name: item.package_name,
    }
}

fn payments(details: &Details) -> Vec<Transition> {
    let order = &details.order;
    let at = |tone, text: &str, detail: String, at| Transition {
        text: text.to_owned(),
        tone,
        detail,
        when: when::to_the_second(at, order.created_at),
    };
    let mut history = vec![at(
        Tone::Calm,
        "Order made",
        String::new(),
        order.created_at,
    )];
    for record in &details.payments {
        let money = amount(record.payment.amount);
        // An attempt says only how it stands now: what came before is told from the order.
        let came = matches!(
            record.payment.status,
            PaymentStatus::Refunding
                | PaymentStatus::Refunded
                | PaymentStatus::Disputed
                | PaymentStatus::ChargedBack
        );
        if let Some(paid_at) = order.paid_at.filter(|_| came) {
            let text = format!("{money} received");
            history.push(at(Tone::Good, &text, String::new(), paid_at));
        }
        let (tone, text) = match record.payment.status {
            PaymentStatus::Pending => (Tone::Busy, format!("Payment of {money} started")),
            PaymentStatus::Paid => (Tone::Good, format!("{money} received")),
            PaymentStatus::Declined => (Tone::Warn, "Payment declined".to_owned()),
            PaymentStatus::Refunding => (Tone::Busy, format!("{money} on its way back")),
            PaymentStatus::Refunded => (Tone::Calm, format!("{money} sent back")),
            PaymentStatus::Review => (
                Tone::Bad,
                "The amount received is another than asked for".to_owned(),
            ),
            PaymentStatus::Disputed => (Tone::Bad, format!("Disputed: the bank asks for {money}")),
            PaymentStatus::ChargedBack => {
                (Tone::Bad, format!("Dispute lost: the bank took {money}"))
            }
        };
        let named = format!("{} {}", record.payment.gateway, record.payment.reference);
        let detail = match &record.note {
            Some(note) => format!("{named}: {note}"),
            None => named,
        };
        history.push(at(tone, &text, detail, record.updated_at));
    }
    if let (Some(paid_at), true) = (order.paid_at, details.payments.is_empty()) {
        history.push(at(
            Tone::Good,
            "Counts as paid",
            order.provider.clone(),
            paid_at,
        ));
    }
    if order.status == OrderStatus::Cancelled {
        let reason = order.reason.clone().unwrap_or_default();
        history.push(at(Tone::Calm, "Order cancelled", reason, order.updated_at));
    }
    if order.status == OrderStatus::Refunded {
        let reason = order.reason.clone().unwrap_or_default();
        history.push(at(Tone::Calm, "Order refunded", reason, order.updated_at));
    }
    history
}
